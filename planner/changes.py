"""Which properties of a resource differ, and how."""

from typing import Any

from panka.planner.plan import Change
from panka.planner.resource import Properties, encode, references


def changes(before: Properties, after: Properties) -> list[Change]:
    """The paths whose values differ, in the order of `after`, then those that are gone. Values are encoded."""
    found: list[Change] = []
    _walk("", before, after, found)
    return found


_NOTHING = object()


def _walk(path: str, before: Any, after: Any, found: list[Change]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            _walk(f"{path}.{key}" if path else key, before.get(key, _NOTHING), after.get(key, _NOTHING), found)
    elif (_is_tags(before) and _is_tags(after, before)) or (_is_tags(after) and _is_tags(before, after)):
        _walk(path, {tag["Key"]: tag["Value"] for tag in before}, {tag["Key"]: tag["Value"] for tag in after}, found)
    elif isinstance(before, list) and isinstance(after, list | tuple) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            _walk(f"{path}.{index}", old, new, found)
    elif before is _NOTHING or after is _NOTHING or before != encode(after):
        found.append(_change(path, before, after))


def _change(path: str, before: Any, after: Any) -> Change:
    return Change(
        path=path,
        before=None if before is _NOTHING else before,
        after=None if after is _NOTHING else encode(after),
        unknown=after is not _NOTHING and any(references(after)),
    )


def _is_tags(value: Any, beside: Any = None) -> bool:
    """Whether it lists tags; an empty list does where the one `beside` it may."""
    return (
        isinstance(value, list)
        and bool(value or beside)
        and all(isinstance(i, dict) and set(i) == {"Key", "Value"} for i in value)
    )
