"""The activities of a drift check: they read AWS and the record, and write nothing but reports and plans.

Each may run again at any time: what they write is named by its content, or by the check that it belongs to.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from panka.activities.archive import Archive
from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.aws.secrets import NoSuchSecret, concealed, meanings
from panka.activities.aws.session import Cloud
from panka.activities.failing import DEFECTS, defect, translated
from panka.activities.providers.provider import Provider
from panka.activities.state import check_account
from panka.activities.stores.store import LockStore
from panka.planner.answering import restoration
from panka.planner.authored import HIDDEN
from panka.planner.drift import Finding, Findings, Report, Status, Verdict, compared, telling, unknown
from panka.planner.owned import Surroundings
from panka.planner.owner import Scope
from panka.planner.plan import Seen
from panka.planner.state import Recorded, State, Target
from panka.workflows import ports
from panka.workflows.ports import Lease

T = TypeVar("T")

_PULSE = 4.0
"""Seconds between heartbeats."""
_AT_ONCE = 8
"""Resources of one batch that are read at once."""
_AGAIN = 2.0
"""Seconds after which what seems to have changed is looked at once more: some services tell of a change with delay."""
_NAMED = 20
"""Addresses that travel with a verdict; the report has all."""


class DriftActivities:
    """Compares what is on record with what is there."""

    def __init__(
        self,
        archive: Archive,
        locks: LockStore,
        cloud: Callable[[Lease, Target], Awaitable[Cloud]],
        provider: Callable[[str, Cloud], Provider],
        threads: Executor,
        account: Callable[[Lease, Target], Awaitable[str]],
        asks: Callable[[Scope], bool] = lambda _scope: False,
    ) -> None:
        """`account` says to which account the credentials for a target belong, `asks` where somebody must approve."""
        self._archive = archive
        self._locks = locks
        self._cloud = cloud
        self._provider = provider
        self._threads = threads
        self._account = account
        self._asks = asks

    @activity.defn(name=ports.SURVEY.name)
    async def survey(self, look: ports.Look) -> ports.Survey:
        """What is to be looked at, unless a run is at work."""
        with translated():
            state, survey = await self._blocking(lambda: self._recorded(look))
            if state is not None:
                await check_account(self._account, reading(look.scope), state.target)
            return survey

    @activity.defn(name=ports.LOOK.name)
    async def look(self, batch: ports.Batch) -> ports.Looked:
        """Reads resources in AWS, those that seem to have changed twice, and files what there is to say of them."""
        pulse = asyncio.create_task(_pulse())
        try:
            with translated():
                state = await self._blocking(lambda: self._archive.state(batch.state))
                # In another account nothing of the record is there, and that must not be taken for deleted.
                await check_account(self._account, reading(batch.scope), state.target)
                found = await self._found(batch, state)
                if not found:
                    return ports.Looked(part=None)
                findings = Findings(findings=tuple(found))
                part = await self._blocking(lambda: self._archive.save_findings(batch.scope, findings))
                return ports.Looked(part=part)
        finally:
            pulse.cancel()

    @activity.defn(name=ports.JUDGE.name)
    async def judge(self, judging: ports.Judging) -> ports.Judged:
        """The verdict on what was found, and whether the state is still that which it was compared with."""
        with translated():
            return await self._blocking(lambda: self._judged(judging))

    @activity.defn(name=ports.REPORT.name)
    async def file(self, filing: ports.Filing) -> ports.Reported:
        """Writes the report."""
        with translated():
            return await self._blocking(lambda: self._filed(filing))

    @activity.defn(name=ports.MEND.name)
    async def mend(self, mending: ports.Mending) -> ports.Mended:
        """Makes and files the plan that restores what the latest report has found."""
        with translated():
            return await self._blocking(lambda: self._mended(mending))

    def _recorded(self, look: ports.Look) -> tuple[State | None, ports.Survey]:
        # The lock first: a run that begins after this look moves the pointer before it changes anything.
        holder = self._locks.holder(look.scope)
        pointer = self._locks.pointer(look.scope)
        if pointer is None:
            return None, ports.Survey(state=None)
        state = self._archive.state(pointer)
        if holder is not None and state.operation is not None:
            busy = f"{look.scope} is held by {holder.who}, who runs {holder.operation} since {holder.since}"
            return None, ports.Survey(state=pointer, busy=busy)
        return state, ports.Survey(state=pointer, addresses=tuple(sorted(state.resources)))

    async def _found(self, batch: ports.Batch, state: State) -> list[Finding]:
        cloud = await self._cloud(reading(batch.scope), state.target)
        reader = _Reader(cloud, self._provider, Surroundings.of(state.resources.values()))
        asked = [state.resources[address] for address in batch.addresses]
        found = {one.address: one for one in await reader.read(asked)}
        doubtful = [one for one in asked if found[one.address].status in (Status.CHANGED, Status.MISSING)]
        if doubtful:
            await reader.cloud.pause(_AGAIN, f"{len(doubtful)} seem to have changed, looks again")
            found |= {one.address: one for one in await reader.read(doubtful)}
        return [one for one in found.values() if telling(one)]

    def _report(self, judging: ports.Judging, told: str = "") -> Report:
        state = self._archive.state(judging.state)
        findings = [one for part in judging.parts for one in self._archive.findings(part).findings]
        for why, addresses in judging.unread.items():
            findings += [unknown(state.resources[address], why) for address in addresses]
        return Report(
            scope=judging.scope,
            target=state.target,
            state=judging.state,
            started=judging.started,
            finished=judging.finished,
            by=judging.by,
            total=judging.total,
            findings=tuple(sorted(findings, key=lambda one: one.address)),
            moved=judging.moved,
            told=told,
        )

    def _judged(self, judging: ports.Judging) -> ports.Judged:
        report = self._report(judging)
        last = self._archive.report(judging.scope)
        gone = (Status.CHANGED, Status.MISSING)
        return ports.Judged(
            verdict=report.verdict,
            counts={status: report.count(status) for status in Status},
            addresses=tuple(one.address for one in report.findings if one.status in gone)[:_NAMED],
            moved=self._locks.pointer(judging.scope) != judging.state,
            gist=report.gist,
            told=last[0].told if last else "",
            approval=report.verdict is Verdict.DRIFTED and self._asks(judging.scope),
        )

    def _filed(self, filing: ports.Filing) -> ports.Reported:
        return ports.Reported(key=self._archive.save_report(self._report(filing.judging, filing.told), filing.name))

    def _mended(self, mending: ports.Mending) -> ports.Mended:
        latest = self._archive.report(mending.scope)
        if latest is None or latest[0].state != mending.state:
            return ports.Mended(plan=None, left=("the state has moved since the report",))
        plan, left = restoration(latest[0], self._archive.state(mending.state))
        return ports.Mended(plan=None if plan.empty else self._archive.save_plan(plan), left=left)

    async def _blocking(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Reader:
    """Reads some resources of one place, a few at a time, at the pace that AWS allows to all who call it."""

    def __init__(self, cloud: Cloud, provider: Callable[[str, Cloud], Provider], around: Surroundings) -> None:
        self.cloud = cloud
        self._provider = provider
        self._around = around
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(self, asked: list[Recorded]) -> list[Finding]:
        return await asyncio.gather(*(self._one(recorded) for recorded in asked))

    async def _one(self, recorded: Recorded) -> Finding:
        """What could not be read is told as that, with the reason: it is never taken for unchanged."""
        async with self._turns:
            try:
                return compared(recorded, await self._seen(recorded), self._around)
            except (AwsError, NotOurs, NoSuchSecret, TryLater) as error:
                return unknown(recorded, str(error))
            except ApplicationError as error:
                return unknown(recorded, error.message)
            except DEFECTS as error:
                return unknown(recorded, defect(error))

    async def _seen(self, recorded: Recorded) -> Seen | None:
        """The live resource without secrets; None when it is not there."""
        observed = await self._provider(recorded.type, self.cloud).read(recorded.id)
        if observed is None:
            return None
        resolved = await self.cloud.resolve_secrets(recorded.properties)
        known = meanings(recorded.properties, resolved)
        return Seen(
            properties=concealed(observed.properties, recorded.properties, known, HIDDEN),
            attributes=concealed(observed.attributes, None, known),
        )


def reading(scope: Scope) -> Lease:
    """Whose credentials a check reads with: those that a run of the stack would have. It holds no lock."""
    return Lease(scope=scope, owner=activity.info().workflow_run_id or "", fence=0)


async def _pulse() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(_PULSE)
