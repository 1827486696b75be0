"""One step in the hands of one attempt: what is called for it, in which order, and what is told of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from temporalio import activity

from panka.activities.aws.errors import NotOurs
from panka.activities.aws.secrets import concealed, meanings
from panka.activities.aws.session import Cloud
from panka.activities.failing import NotReady
from panka.activities.handing import hand_over
from panka.activities.providers.provider import Ending, Failed, Observed, Provider, Readiness, Ready, tag_map
from panka.activities.untold import recalled, with_untold
from panka.planner import estimate
from panka.planner.changes import changes
from panka.planner.owner import Owner
from panka.planner.plan import Action, Step
from panka.planner.record import Outcome, Undoing, resolve
from panka.planner.resource import Properties, decode, references, substitute
from panka.planner.resource_types import facts

_LARGEST = 200_000
"""Bytes of observed properties that travel through Temporal; a larger resource is recorded without them."""


@dataclass(slots=True)
class Beat:
    """What the heartbeat tells: enough for the next attempt to go on, and for people to see what is waited for."""

    id: str | None = None
    waits: str = ""
    before: Properties | None = None
    """What an update found, as it may be told."""
    first: bool = True
    """No earlier attempt may have changed anything."""

    @classmethod
    def heard(cls) -> Self:
        """What earlier attempts of this activity have told."""
        id, _, before = (*activity.info().heartbeat_details, None, None, None)[:3]
        return cls(id=str(id) if id else None, before=before, first=activity.info().attempt == 1)

    def send(self) -> None:
        activity.heartbeat(self.id, self.waits, self.before)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one operation may take from now on."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return self.seconds - (time.monotonic() - self.began)


@dataclass(slots=True)
class Work:
    """One step in the hands of one attempt."""

    step: Step
    owner: Owner
    cloud: Cloud
    provider: Provider
    beat: Beat
    run: int
    secrets: dict[str, str] = field(default_factory=dict)
    """Values that this attempt has looked up, with the references that they came from."""

    async def carry_out(self, inputs: dict[str, Properties]) -> Outcome:
        match self.step.action:
            case Action.CREATE | Action.REPLACE:
                return await self._create(inputs)
            case Action.ADOPT:
                return await self._adopt(inputs)
            case Action.UPDATE:
                return await self._update(inputs)
            case Action.DELETE:
                await self._delete(self.step.id or await self._find_left(inputs))
                return Outcome(key=self.step.key)
            case Action.ACCEPT:
                return self._accept()
            case Action.FORGET:
                return Outcome(key=self.step.key)

    async def take_back(self, done: Outcome, inputs: dict[str, Properties], *, started_only: bool) -> Undoing:
        match self.step.action:
            case Action.UPDATE:
                return await self._restore(done, inputs)
            case Action.ADOPT:
                return await self._give_back(done)
            case Action.CREATE | Action.REPLACE:
                id = done.id or (await self._find_left(inputs) if started_only else None)
                await self._delete(id)
                return Undoing(key=self.step.key)
            case Action.DELETE | Action.FORGET | Action.ACCEPT:
                raise AssertionError("The cleanup phase is never taken back.")

    async def _create(self, inputs: dict[str, Properties]) -> Outcome:
        wanted = await self._resolved(resolve(self.step.properties, inputs))
        if self.step.delete_first and self.beat.id is None:
            await self._delete(self.step.replaced)
        id, patience = self.beat.id, self._patience("create")
        if id is None and (self.step.probe or activity.info().attempt > 1):
            id = await self.provider.find(self.owner, wanted)
            if id is not None:
                await self._converge(id, wanted, patience)
        made = wanted if id is None else None
        if id is None:
            id = await self._make(wanted, patience)
        # From here on another attempt finds the id in a heartbeat, once there was one, and only waits on; until then
        # `find` sees the resource by its tags.
        self.beat.id = id
        await self._until(lambda: self.provider.ready(id), patience)
        return self._outcome(id, inputs, await self._read(id, made))

    async def _resolved(self, properties: Properties) -> Properties:
        resolved = await self.cloud.resolve_secrets(properties)
        self.secrets |= meanings(properties, resolved)
        return resolved

    def _remember(self, live: Properties) -> None:
        """Tells what is there before the first change of it; a later attempt may see what an earlier one has changed.

        Where what the first one told was lost with its worker, a rollback goes by the record.
        """
        if self.beat.first:
            self.beat.before = self._told(live, self.step.before)
            self.beat.send()

    def _told(self, live: Properties, said: Properties | None) -> Properties | None:
        """What is told of properties that were applied as `said`: no secrets, and nothing too large to travel."""
        return _small(concealed(live, said, self.secrets))

    async def _make(self, wanted: Properties, patience: Patience) -> str:
        try:
            async with asyncio.timeout(patience.left) as clock:
                return await self.provider.create(self.owner, wanted, self.owner.token(self.run))
        except TimeoutError:
            if not clock.expired():
                raise
            raise NotReady(f"Not made after {patience.seconds:.0f} s: {self.beat.waits}.") from None

    async def _converge(self, id: str, wanted: Properties, patience: Patience) -> None:
        """What an earlier attempt left may lack the later calls of its create, or differ from what is wanted now."""
        await self._until(lambda: self.provider.ready(id), patience)
        live = await self.provider.read(id)
        if live is not None:
            await self.provider.update(id, live.properties, {**live.properties, **wanted})

    async def _update(self, inputs: dict[str, Properties]) -> Outcome:
        assert self.step.id is not None  # noqa: S101  # an update has what it updates
        id, patience = self.step.id, self._patience("update")
        planned = resolve(self.step.properties, inputs)
        wanted = await self._resolved({**planned, **self.step.besides})
        before = await self._read(id)
        known = before.properties
        if self.provider.recalls:
            known = recalled(self.step.type, known, self.step.before or {}, planned, wanted)
        self._remember(before.properties)
        await self.provider.update(id, known, _with_what_goes(self.step, before.properties, wanted))
        await self._until(lambda: self.provider.ready(id), patience)
        outcome = self._outcome(id, inputs, await self._read(id))
        return outcome.model_copy(update={"before": self.beat.before})

    def _accept(self) -> Outcome:
        """Calls nothing: exactly what the plan has shown becomes the record."""
        assert self.step.id is not None  # noqa: S101  # an acceptance has what it accepts
        assert self.step.seen is not None  # noqa: S101  # as above
        seen = self.step.seen
        observed = _small(seen.properties) or {}
        return Outcome(key=self.step.key, id=self.step.id, attributes=seen.attributes, observed=observed)

    async def _adopt(self, inputs: dict[str, Properties]) -> Outcome:
        """Takes over what somebody else made, at the user's explicit word: the one exception to ownership.

        Safe to repeat: the resource is found by its id, and an update to what it is already calls nothing.
        """
        assert self.step.id is not None  # noqa: S101  # an adoption names what it takes over
        id, patience = self.step.id, self._patience("update")
        wanted = await self._resolved(resolve(self.step.properties, inputs))
        before = await self.provider.read(id)
        if before is None:
            raise NotReady(f"There is no {self.step.type} {id} to import.")
        self._refuse_foreign(before.properties)
        self._refuse_replacement(before.properties, wanted)
        self._remember(before.properties)
        await self.provider.update(id, before.properties, {**before.properties, **wanted})
        await self._until(lambda: self.provider.ready(id), patience)
        outcome = self._outcome(id, inputs, await self._read(id))
        return outcome.model_copy(update={"before": self.beat.before})

    def _refuse_foreign(self, live: Properties) -> None:
        """Nothing of another tenant is ever taken, not even when it is named."""
        known = facts(self.step.type)
        tags = live.get(known.tag_property, {}) if known and known.tag_property else {}
        tenant = (tag_map(tags) if isinstance(tags, list) else tags).get("panka:tenant", self.owner.scope.tenant)
        if tenant != self.owner.scope.tenant:
            raise NotOurs(f"{self.step.type} {self.step.id} belongs to another tenant.")

    def _refuse_replacement(self, live: Properties, wanted: Properties) -> None:
        """What could only be changed by a replacement must be as the stack says: an import never makes anew."""
        known = facts(self.step.type)
        both = {name: value for name, value in wanted.items() if name in live}
        differ = [one.path for one in changes({name: live[name] for name in both}, both)]
        fixed = [path for path in differ if known is not None and known.replaces(path)]
        if fixed:
            raise NotReady(
                f"{self.step.type} {self.step.id} cannot be imported: {', '.join(fixed)} cannot change in place. "
                "Write it in the stack as it is in AWS."
            )

    async def _give_back(self, done: Outcome) -> Undoing:
        """Leaves an imported resource in AWS as it was before, where that is known, and off the record."""
        id, patience = self.step.id, self._patience("update")
        live = await self.provider.read(id) if id is not None and done.before is not None else None
        if id is not None and live is not None and done.before is not None:
            # What was told of it has references where secrets stood.
            await self.provider.update(id, live.properties, await self._resolved(done.before))
            await self._until(lambda: self.provider.ready(id), patience)
        return Undoing(key=self.step.key)

    async def _restore(self, done: Outcome, inputs: dict[str, Properties]) -> Undoing:
        assert self.step.id is not None  # noqa: S101  # an update has what it updates
        id, patience = self.step.id, self._patience("update")
        live = await self._read(id)
        known, recorded = live.properties, self.step.before or {}
        # An attempt that never told what it found leaves only what was recorded.
        earlier = done.before if done.before is not None else recorded
        if self.provider.recalls:
            earlier = with_untold(self.step.type, earlier, recorded)
        wanted = await self._resolved(earlier)
        if self.provider.recalls:
            known = recalled(self.step.type, known, resolve(self.step.properties, inputs), recorded, wanted)
        await self.provider.update(id, known, wanted)
        await self._until(lambda: self.provider.ready(id), patience)
        now = await self._read(id)
        return Undoing(
            key=self.step.key,
            restored=True,
            attributes=concealed(now.attributes, None, self.secrets),
            observed=self._told(now.properties, self.step.before) or {},
        )

    async def _delete(self, id: str | None) -> None:
        if id is None:
            return
        patience = self._patience("delete")
        how = Ending(
            # Of each run another one: what is made again under its old name may leave a second snapshot.
            snapshot=f"panka-{self.owner.token(self.run)[:12]}-final" if self.step.lifecycle.snapshot else None,
            force=self.step.lifecycle.force,
        )
        await self.provider.delete(id, how)
        await self._until(lambda: self.provider.gone(id), patience)

    async def _find_left(self, inputs: dict[str, Properties]) -> str | None:
        """What an unfinished create may have left. Properties that cannot be known any more are left out: where they
        named the resource, what they referred to is gone, and the resource with it."""
        wanted = substitute(
            decode(self.step.properties), lambda ref: inputs.get(ref.address, {}).get(ref.attribute, ref)
        )
        known = {name: value for name, value in wanted.items() if not any(references(value))}
        try:
            return await self.provider.find(self.owner, known)
        except NotOurs:
            return None

    async def _read(self, id: str, made: Properties | None = None) -> Observed:
        """What is there; `made`: with which properties it was made just now."""
        live = await (self.provider.read(id) if made is None else self.provider.read_new(id, made))
        if live is None:
            raise NotReady(f"{self.step.type} {id} was deleted outside Panka.")
        return live

    def _patience(self, operation: estimate.Operation) -> Patience:
        return Patience(estimate.limit(self.step, operation))

    async def _until(self, look: Callable[[], Awaitable[Readiness]], patience: Patience) -> None:
        """Asks with growing pauses until AWS has ended, at most until patience ends."""
        pause = 0.2
        while True:
            now = await look()
            if isinstance(now, Ready):
                return
            if isinstance(now, Failed):
                raise NotReady(now.reason)
            if patience.left < 0:
                raise NotReady(f"Not ready after {patience.seconds:.0f} s: {now.reason}.")
            self.beat.waits = now.reason
            self.beat.send()
            hand_over()
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    def _outcome(self, id: str, inputs: dict[str, Properties], live: Observed) -> Outcome:
        return Outcome(
            key=self.step.key,
            id=id,
            inputs=inputs,
            attributes=concealed(live.attributes, None, self.secrets),
            observed=self._told(live.properties, self.step.properties) or {},
        )


def _small(properties: Properties) -> Properties | None:
    return properties if len(str(properties)) <= _LARGEST else None


def _with_what_goes(step: Step, live: Properties, wanted: Properties) -> Properties:
    """What is wanted; a property that the stack no longer names is left to the provider as absent."""
    gone = {change.path for change in step.changes if change.after is None}
    return {**{name: value for name, value in live.items() if name not in wanted and name not in gone}, **wanted}
