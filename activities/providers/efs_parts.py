"""EFS: what file systems and their doors have in common."""

from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    is_ours,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import every
from panka.planner.owner import Owner
from panka.planner.resource import Properties

GONE = frozenset({"AccessPointNotFound", "FileSystemNotFound", "MountTargetNotFound"})
_BUSY = frozenset({"FileSystemInUse", "IncorrectFileSystemLifeCycleState", "IncorrectMountTargetState"})


class EfsProvider(Provider):
    """One of EFS's types, all of which are listed, come and go in the same way."""

    service = "efs"
    noun: ClassVar[str]
    """As operations spell it: `mount_target`."""
    paging: ClassVar[tuple[str, str]] = ("Marker", "NextMarker")
    """What a list's marker is called in requests and answers."""

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # EFS takes no snapshots
        live = await self._live(id)
        if live is not None and live.get("LifeCycleState") != "deleting":
            # The doors of a file system go first, and take a minute.
            await self._when_free(f"delete_{self.noun}", missing=GONE, **{f"{self._word}Id": id})

    async def ready(self, id: str) -> Readiness:
        live = await self._live(id)
        if live is None:
            return Waiting(f"EFS does not show the {self._words} yet")
        state = live.get("LifeCycleState", "available")
        if state in {"deleting", "error"}:
            return Failed(f"The {self._words} is {state}.")
        return Ready() if state == "available" else Waiting(f"the {self._words} is {state}")

    async def gone(self, id: str) -> Readiness:
        live = await self._live(id)
        return Ready() if live is None else Waiting(f"the {self._words} is {live.get('LifeCycleState', 'deleting')}")

    async def _live(self, id: str) -> dict[str, Any] | None:
        return next(iter(await self._list(**{f"{self._word}Id": id})), None)

    async def _list(self, **which: str) -> list[dict[str, Any]]:
        """Those that are there; none when what they are of is gone."""
        try:
            there = await every(self, f"describe_{self.noun}s", f"{self._word}s", *self.paging, **which)
        except AwsError as error:
            if error.code in GONE:
                return []
            raise
        return [live for live in there if live.get("LifeCycleState") != "deleted"]

    async def _tagged(self, owner: Owner, **which: str) -> str | None:
        """The one that carries the owner's tags and stays."""
        stays = [live for live in await self._list(**which) if live.get("LifeCycleState") != "deleting"]
        ours = [live for live in stays if is_ours(owner, tag_map(live.get("Tags")))]
        return min((str(live[f"{self._word}Id"]) for live in ours), default=None)

    async def _when_free(
        self, operation: str, /, missing: frozenset[str] = frozenset(), **arguments: Any
    ) -> dict[str, Any]:
        """One call that EFS refuses while the file system or its doors come or go; empty for a code in `missing`.

        Raises:
            TryLater: they do.
        """
        try:
            return await self.maybe(operation, missing, **arguments) or {}
        except AwsError as error:
            if error.code in _BUSY:
                raise TryLater(f"The file system is not in a state for that yet: {error.message}", seconds=3) from error
            raise

    async def _retag(self, id: str, name: str, old: Properties, new: Properties) -> None:
        """Brings the tags to those of `new`; `name` is the property that holds them."""
        put, removed = retagged({"Tags": old.get(name)}, {"Tags": new.get(name)})
        if put:
            await self.call("tag_resource", ResourceId=id, Tags=tag_list(put))
        if removed:
            await self.call("untag_resource", ResourceId=id, TagKeys=removed)

    @property
    def _word(self) -> str:
        return "".join(part.capitalize() for part in self.noun.split("_"))

    @property
    def _words(self) -> str:
        return self.noun.replace("_", " ")
