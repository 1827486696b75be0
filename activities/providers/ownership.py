"""Whose a live resource is, and how its tags come to be as wanted."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from panka.activities.aws.errors import AwsError, Cause, NotOurs
from panka.activities.providers.provider import Provider, is_ours, tag_map
from panka.planner.owner import MANAGED_BY, Owner
from panka.planner.resource import Properties

_SCOPE = ("panka:tenant", "panka:stack", "panka:environment", MANAGED_BY)
_MARK = re.compile(r" ?\[panka [0-9a-f]{16}\]$")
_LOOKS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the looks for what a lost reply may have been about; then it counts as not made."""


def claim(owner: Owner, id: str, what: str, tags: Mapping[str, str]) -> str:
    """The id of something that exists, when its tags say that it is this owner's.

    Raises:
        NotOurs: it is somebody else's.
    """
    if not is_ours(owner, tags):
        raise NotOurs(f"{what} exists and does not carry the tags of {owner.address} in {owner.scope}.")
    return id


def of_our_stack(owner: Owner, tags: Mapping[str, str]) -> bool:
    """Whether something belongs to the owner's stack and environment, whichever of its resources it is."""
    return of_one_stack(owner.tags(), tags)


def of_one_stack(tags: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether the tags of two resources say that both belong to one stack and environment."""
    return all(key in tags and others.get(key) == tags[key] for key in _SCOPE)


async def once(
    provider: Provider,
    find: Callable[[], Awaitable[str | None]],
    make: Callable[[], Awaitable[str]],
    taken: frozenset[str] = frozenset(),
) -> str:
    """The id of what is there already, or else of what `make` makes, for a call that takes no token.

    When its reply is lost, or one of the codes in `taken`, it is looked for until AWS lists it.
    """
    if found := await find():
        return found
    try:
        return await make()
    except AwsError as error:
        if error.code not in taken and not (error.cause is Cause.TRANSIENT and error.sent):
            raise
        for pause in (0, *_LOOKS):
            await provider.cloud.pause(pause, f"Looking for what {error.operation} may have made")
            if found := await find():
                return found
        raise


async def unless_taken(
    create: Awaitable[dict[str, Any]], taken: frozenset[str], find: Callable[[], Awaitable[str | None]]
) -> None:
    """Waits for a create; that the name is taken is no error when `find` says that the taker is ours."""
    try:
        await create
    except AwsError as error:
        if error.code not in taken or await find() is None:
            raise


def retagged(old: Properties, new: Properties) -> tuple[dict[str, str], list[str]]:
    """What to set and which keys to remove, sorted, so that the tags are as in `new`; `aws:` tags are left alone."""
    live, wanted = tag_map(old.get("Tags")), tag_map(new.get("Tags"))
    put = {key: value for key, value in sorted(wanted.items()) if live.get(key) != value}
    return put, [key for key in sorted(live) if key not in wanted and not key.startswith("aws:")]


def foreign(owner: Owner, tags: Mapping[str, str]) -> bool:
    """Whether something belongs to another tenant, so that nothing is put into it."""
    return tags.get("panka:tenant", owner.scope.tenant) != owner.scope.tenant


def marked(owner: Owner, text: str = "") -> str:
    """A description that says whose a thing is, for types without tags: the user's text, then the owner's mark."""
    return f"{text} {_mark(owner)}".lstrip()


def unmarked(text: str | None) -> str | None:
    """The user's part of a description; None: there is none."""
    return _MARK.sub("", text or "") or None


def is_marked(owner: Owner, text: str | None) -> bool:
    """Whether a description says that a thing belongs to exactly this owner."""
    return (text or "").endswith(_mark(owner))


def remarked(live: str | None, text: str | None) -> str:
    """Another text of the user's, with the mark that the live description has."""
    mark = _MARK.search(live or "")
    return f"{text or ''} {mark[0].lstrip() if mark else ''}".strip()


def _mark(owner: Owner) -> str:
    return f"[panka {owner.digest()[:16]}]"
