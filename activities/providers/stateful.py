"""What databases and caches have in common: an identifier, a state, tags by ARN, and a life of a few minutes' steps."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from panka.activities.aws.errors import TryLater, waiting_out
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    tag_list,
    tag_map,
)
from panka.activities.providers.resource_tags import retag, tags_of
from panka.activities.providers.shapes import settable, told
from panka.activities.providers.stateful_shapes import Shape
from panka.planner.owner import Owner
from panka.planner.resource import Properties


class StatefulProvider(Provider):
    """An identifier is unique in account and region; AWS keeps it in lower case.

    A password is never told. It is set when the record says another one, or says none.
    """

    recalls = True
    shape: ClassVar[Shape]
    kind: ClassVar[str]
    """As operations say it: `db_instance`."""
    noun: ClassVar[str]
    """As answers say it: `DBInstance`."""
    name: ClassVar[str]
    """The property with its identifier."""
    identifier: ClassVar[str]
    """The argument with its identifier."""
    arn: ClassVar[str]
    """Where an answer tells the ARN."""
    status: ClassVar[str]
    """Where an answer tells the state."""
    word: ClassVar[str]
    """As people say it."""
    absent: ClassVar[frozenset[str]]
    """What AWS says of what is not there."""
    taken: ClassVar[frozenset[str]]
    """What AWS says of an identifier that is taken."""
    busy: ClassVar[frozenset[str]]
    """What AWS says while it is at work."""
    usable: ClassVar[frozenset[str]]
    """States in which it can be used."""
    broken: ClassVar[tuple[str, ...]]
    """How states begin from which it does not come back by itself."""

    @abstractmethod
    def attributes(self, live: dict[str, Any]) -> Properties:
        """What others may refer to; None for what is not known yet."""

    @abstractmethod
    async def make(self, properties: Properties) -> dict[str, Any]:
        """The creating call."""

    @abstractmethod
    async def change(self, id: str, old: Properties, new: Properties) -> None:
        """The calls that bring it from `old` to `new`, tags aside."""

    @abstractmethod
    def ending(self, live: dict[str, Any], how: Ending) -> dict[str, Any]:
        """What the deleting call is to be told of a last snapshot."""

    async def observe(self, live: dict[str, Any]) -> Properties:
        """What is described, as properties."""
        return self.shape.observed(live)

    async def read(self, id: str) -> Observed | None:
        live = await self.live(id)
        tags = await self._tags(live) if live else None
        if live is None or tags is None:
            return None
        properties = told({**await self.observe(live), "Tags": tag_list(tags)})
        return Observed(properties, told(self.attributes(live)))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        id = self._id(properties)
        live = await self.live(id)
        tags = await self._tags(live) if live else None
        if live is None or tags is None:
            return None
        claim(owner, id, f"The {self.word} {id}", tags)
        if live.get(self.status) == "deleting":
            raise TryLater(f"The last {self.word} {id} is still being deleted.", seconds=15)
        return id

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the identifier is the token
        settable(self.type, properties, self.shape.settable)
        await unless_taken(self.make(properties), self.taken, lambda: self.find(owner, properties))
        return self._id(properties)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self.shape.settable)
        live = await self.live(id) if retagged(old, new) != ({}, []) else None
        if live is not None:
            with self._waiting_out(id):
                await retag(self, live[self.arn], old, new)
        await self.change(id, old, new)

    async def delete(self, id: str, how: Ending) -> None:
        live = await self.live(id)
        if live is None or live.get(self.status) == "deleting":
            return
        await self.when_free(id, f"delete_{self.kind}", self.absent, **self.named(id), **self.ending(live, how))

    async def ready(self, id: str) -> Readiness:
        live = await self.live(id)
        if live is None:
            return Waiting(f"AWS does not show the {self.word} yet")
        status = str(live.get(self.status, "available"))
        if status.startswith(self.broken):
            return Failed(f"The {self.word} is {status}.")
        if status not in self.usable:
            return Waiting(f"the {self.word} is {status}")
        if pending := live.get("PendingModifiedValues"):
            return Waiting(f"AWS has still to change {', '.join(sorted(pending))}")
        return Ready()

    async def gone(self, id: str) -> Readiness:
        live = await self.live(id)
        return Ready() if live is None else Waiting(f"the {self.word} is {live.get(self.status, 'deleting')}")

    async def live(self, id: str) -> dict[str, Any] | None:
        """What AWS describes; None when it is not there."""
        answer = await self.maybe(f"describe_{self.kind}s", self.absent, **self.named(id))
        return answer[f"{self.noun}s"][0] if answer and answer[f"{self.noun}s"] else None

    async def when_free(self, id: str, operation: str, done: frozenset[str] = frozenset(), /, **arguments: Any) -> None:
        """A call that AWS refuses while it is at work; codes in `done` say that all is done already.

        Raises:
            TryLater: it is at work.
        """
        with self._waiting_out(id):
            await self.maybe(operation, done, **arguments)

    def named(self, id: str) -> dict[str, Any]:
        """The argument that names it."""
        return {self.identifier: id}

    def _id(self, properties: Properties) -> str:
        return str(properties[self.name]).lower()

    async def _tags(self, live: dict[str, Any]) -> dict[str, str] | None:
        if "TagList" in live:
            return tag_map(live["TagList"])
        id = live[self.identifier]
        with self._waiting_out(id):
            tags = await tags_of(self, live[self.arn], self.absent)
        if tags is None and live.get(self.status) == "creating":
            # ElastiCache knows no ARN before it has made what it stands for.
            raise TryLater(f"AWS does not tell yet whose the {self.word} {id} is.", seconds=15)
        return tags

    def _waiting_out(self, id: str) -> AbstractContextManager[None]:
        return waiting_out(self.busy, f"The {self.word} {id} is busy", 15)
