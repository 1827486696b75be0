"""EFS: what its types have in common."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import Failed, Provider, Readiness, Ready, Waiting, tag_list
from panka.planner.resource import Properties

GONE = frozenset({"AccessPointNotFound", "FileSystemNotFound", "MountTargetNotFound"})
_BUSY = frozenset({"FileSystemInUse", "IncorrectFileSystemLifeCycleState", "IncorrectMountTargetState"})


async def when_free(
    provider: Provider, operation: str, /, missing: frozenset[str] = frozenset(), **arguments: Any
) -> dict[str, Any]:
    """One call that EFS refuses while the file system or its parts come or go; empty for a code in `missing`.

    Raises:
        TryLater: they do.
    """
    try:
        return await provider.maybe(operation, missing, **arguments) or {}
    except AwsError as error:
        if error.code in _BUSY:
            raise TryLater(f"The file system is not in a state for that yet: {error.message}", seconds=3) from error
        raise


async def retag(provider: Provider, id: str, name: str, old: Properties, new: Properties) -> None:
    """Brings the tags of a resource of EFS to those of `new`; `name` is the property that holds them."""
    put, removed = retagged({"Tags": old.get(name)}, {"Tags": new.get(name)})
    if put:
        await provider.call("tag_resource", ResourceId=id, Tags=tag_list(put))
    if removed:
        await provider.call("untag_resource", ResourceId=id, TagKeys=removed)


def readiness(live: dict[str, Any] | None, words: str) -> Readiness:
    """Whether a resource of EFS can be used. `words`: as people call it, `the file system`."""
    if live is None:
        return Waiting(f"EFS does not show {words} yet")
    state = live.get("LifeCycleState", "available")
    if state in {"deleting", "error"}:
        return Failed(f"{words[:1].upper()}{words[1:]} is {state}.")
    return Ready() if state == "available" else Waiting(f"{words} is {state}")


def ending(live: dict[str, Any] | None, words: str) -> Readiness:
    """Whether it is gone."""
    return Ready() if live is None else Waiting(f"{words} is {live.get('LifeCycleState', 'deleting')}")
