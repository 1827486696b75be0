"""What CloudFront's types have in common: changes by ETag, tags, and comments that say whose a thing is."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from panka.activities.aws.errors import AwsError
from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import Provider, tag_list, tag_map
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_STALE = frozenset({"InvalidIfMatchVersion", "PreconditionFailed"})
_TRIES = 5
_MARK = re.compile(r"\(panka [0-9a-f]{16}\)$")


def mark_of(owner: Owner) -> str:
    """What says whose a thing is, in its comment: 24 of the characters that the comment may have."""
    return f"(panka {owner.digest()[:16]})"


def mark_in(comment: str | None) -> str:
    """The mark that a comment bears; nothing in one that was not made here."""
    found = _MARK.search(comment or "")
    return found[0] if found else ""


def marked(comment: str, mark: str) -> str:
    """A comment with a mark."""
    return f"{comment} {mark}".strip()


def unmarked(comment: str | None) -> str:
    """The comment as the user gave it."""
    return _MARK.sub("", comment or "").rstrip()


async def latest(
    read: Callable[[], Awaitable[dict[str, Any] | None]], change: Callable[[dict[str, Any]], Awaitable[object]]
) -> None:
    """Changes what was read, by its ETag; read again when somebody was faster. Nothing when it is gone."""
    for left in reversed(range(_TRIES)):
        live = await read()
        if live is None:
            return
        try:
            await change(live)
        except AwsError as error:
            if error.code not in _STALE or not left:
                raise
        else:
            return


async def tags_of(provider: Provider, arn: str) -> dict[str, str]:
    """The tags of a distribution or function; none when it is gone."""
    answer = await provider.maybe("list_tags_for_resource", frozenset({"NoSuchResource"}), Resource=arn)
    return tag_map(answer["Tags"].get("Items")) if answer else {}


async def retag(provider: Provider, arn: str, old: Properties, new: Properties) -> None:
    """Brings its tags to be as in `new`."""
    put, removed = retagged(old, new)
    if put:
        await provider.call("tag_resource", Resource=arn, Tags={"Items": tag_list(put)})
    if removed:
        await provider.call("untag_resource", Resource=arn, TagKeys={"Items": removed})
