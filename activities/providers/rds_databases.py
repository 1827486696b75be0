"""What instances and clusters have in common, at RDS and at DocumentDB, whose calls are RDS's under another name."""

from abc import abstractmethod
from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, TryLater
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
from panka.activities.providers.rds_shapes import Shape
from panka.activities.providers.resource_tags import retag, tags_of
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"DBClusterNotFoundFault", "DBInstanceNotFound", "DBInstanceNotFoundFault"})
_TAKEN = frozenset({"DBClusterAlreadyExistsFault", "DBInstanceAlreadyExists", "DBInstanceAlreadyExistsFault"})
_BUSY = frozenset(
    {
        "InvalidDBClusterStateFault",
        "InvalidDBInstanceState",
        "InvalidDBInstanceStateFault",
        "InvalidResourceStateFault",
    }
)
_USABLE = frozenset({"available", "storage-optimization"})
_BROKEN = (
    "cloning-failed",
    "failed",
    "incompatible-",
    "inaccessible-",
    "insufficient-capacity",
    "migration-failed",
    "restore-error",
    "storage-full",
    "stopped",
)


class DatabaseProvider(Provider):
    """An identifier is unique in account and region; RDS keeps it in lower case."""

    shape: ClassVar[Shape]
    kind: ClassVar[str]
    """As operations say it: `db_instance`."""
    noun: ClassVar[str]
    """As arguments and answers say it: `DBInstance`."""
    status: ClassVar[str]
    """Where an answer tells the state."""
    word: ClassVar[str]
    """As people say it."""

    @abstractmethod
    def attributes(self, live: dict[str, Any]) -> Properties:
        """What others may refer to; None for what is not known yet."""

    def changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        """What the modifying call is to be told."""
        return self.shape.changes(old, new)

    def ending(self, live: dict[str, Any], how: Ending) -> dict[str, Any]:  # noqa: ARG002  # most hold data
        """What the deleting call is to be told of a last snapshot."""
        if how.snapshot:
            return {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": how.snapshot}
        return {"SkipFinalSnapshot": True}

    async def read(self, id: str) -> Observed | None:
        live = await self.live(id)
        tags = await self._tags(live) if live else None
        if live is None or tags is None:
            return None
        properties = told({**self.shape.observed(live), "Tags": tag_list(tags)})
        return Observed(properties, told(self.attributes(live)))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = self._name(properties)
        live = await self.live(name)
        tags = await self._tags(live) if live else None
        if live is None or tags is None:
            return None
        claim(owner, name, f"The {self.word} {name}", tags)
        if live.get(self.status) == "deleting":
            raise TryLater(f"The last {self.word} {name} is still being deleted.", seconds=15)
        return name

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the identifier is the token
        settable(self.type, properties, self.shape.settable)
        await unless_taken(self.make(properties), _TAKEN, lambda: self.find(owner, properties))
        return self._name(properties)

    async def make(self, properties: Properties) -> dict[str, Any]:
        """The creating call."""
        asked = self.shape.created(properties)
        return await self.call(f"create_{self.kind}", Tags=properties.get("Tags", []), **asked)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self.shape.settable)
        if change := self.changes(old, new):
            await self.when_free(id, f"modify_{self.kind}", **self.named(id), ApplyImmediately=True, **change)
        live = await self.live(id) if retagged(old, new) != ({}, []) else None
        if live is not None:
            await retag(self, live[f"{self.noun}Arn"], old, new)

    async def delete(self, id: str, how: Ending) -> None:
        live = await self.live(id)
        if live is None or live.get(self.status) == "deleting":
            return
        await self.when_free(id, f"delete_{self.kind}", _GONE, **self.named(id), **self.ending(live, how))

    async def ready(self, id: str) -> Readiness:
        live = await self.live(id)
        if live is None:
            return Waiting(f"AWS does not show the {self.word} yet")
        status = str(live.get(self.status, "available"))
        if status.startswith(_BROKEN):
            return Failed(f"The {self.word} is {status}.")
        if status not in _USABLE:
            return Waiting(f"the {self.word} is {status}")
        if pending := live.get("PendingModifiedValues"):
            return Waiting(f"AWS has still to change {', '.join(sorted(pending))}")
        return Ready()

    async def gone(self, id: str) -> Readiness:
        live = await self.live(id)
        return Ready() if live is None else Waiting(f"the {self.word} is {live.get(self.status, 'deleting')}")

    async def live(self, id: str) -> dict[str, Any] | None:
        """What AWS describes; None when it is not there."""
        answer = await self.maybe(f"describe_{self.kind}s", _GONE, **self.named(id))
        return answer[f"{self.noun}s"][0] if answer and answer[f"{self.noun}s"] else None

    async def when_free(self, id: str, operation: str, done: frozenset[str] = frozenset(), /, **arguments: Any) -> None:
        """A call that AWS refuses while it is at work on the database; codes in `done` say that all is done already.

        Raises:
            TryLater: it is at work.
        """
        try:
            await self.maybe(operation, done, **arguments)
        except AwsError as error:
            if error.code in _BUSY:
                raise TryLater(f"The {self.word} {id} is busy: {error.message}", seconds=15) from error
            raise

    def named(self, id: str) -> dict[str, Any]:
        """The argument that names a database."""
        return {f"{self.noun}Identifier": id}

    def _name(self, properties: Properties) -> str:
        return str(properties[f"{self.noun}Identifier"]).lower()

    async def _tags(self, live: dict[str, Any]) -> dict[str, str] | None:
        # DocumentDB does not tell tags with the rest.
        if "TagList" in live:
            return tag_map(live["TagList"])
        return await tags_of(self, live[f"{self.noun}Arn"], _GONE)
