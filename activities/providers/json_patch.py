"""JSON patches (RFC 6902) from live properties to wanted ones, as Cloud Control takes them.

Cloud Control reads the resource, applies the patch to what it has read and wants the result to be so. What it cannot
read (write-only properties) is therefore lost unless every patch adds it again.
"""

import json
from typing import Any, TypeAlias

from panka.activities.providers.paths import MISSING, at, stem, without
from panka.activities.providers.provider import pruned, tag_map
from panka.activities.providers.shapes import as_text
from panka.planner.resource import Properties
from panka.planner.resource_types import TypeFacts

Patch: TypeAlias = list[dict[str, Any]]
Steps: TypeAlias = tuple[str, ...]


def patch(known: TypeFacts, live: Properties, wanted: Properties) -> Patch:
    """What changes `live` to `wanted`; empty when nothing differs that can change.

    A write-only property counts as the same when `live` holds the same value, and as changed when it holds none. One
    that is taken away stays in AWS: there is nothing to take it from.
    """
    fixed = known.read_only | {path for path in known.create_only if "*" not in path}
    read, goal = without(live, fixed | known.write_only), without(wanted, fixed)
    seen = without(goal, known.write_only)
    changes = _difference((), read, seen)
    if not changes and not _writes(known, live, goal):
        return []
    added = {_pointer(steps): value for steps, value in _unread(known, goal, seen)}
    kept = [one for one in changes if not any(f"{one['path']}/".startswith(f"{path}/") for path in added)]
    return [*kept, *({"op": "add", "path": path, "value": value} for path, value in added.items())]


def _writes(known: TypeFacts, live: Properties, goal: Properties) -> bool:
    """Whether a write-only property is wanted otherwise than it is known to be."""
    pairs = ((at(live, stem(path)), at(goal, stem(path))) for path in known.write_only)
    return any(after is not MISSING and before != after for before, after in pairs)


def _unread(known: TypeFacts, goal: Properties, seen: Properties) -> list[tuple[Steps, Any]]:
    """Where every write-only value is to be added: in the innermost structure that is there without it."""
    found: list[tuple[Steps, Any]] = []
    for path in sorted(known.write_only):
        if at(goal, stem(path)) is MISSING:
            continue
        steps = tuple(stem(path).split("."))
        there = 0
        while there < len(steps) - 1 and isinstance(at(seen, ".".join(steps[: there + 1])), dict):
            there += 1
        steps = steps[: there + 1]
        found.append((steps, at(goal, ".".join(steps))))
    return found


def _difference(steps: Steps, live: Any, wanted: Any) -> Patch:
    if _same(live, wanted):
        return []
    if not (isinstance(live, dict) and isinstance(wanted, dict)):
        return [{"op": "replace", "path": _pointer(steps), "value": wanted}]
    found: Patch = []
    for name, value in wanted.items():
        if name in live:
            found += _difference((*steps, name), live[name], value)
        elif not _same(None, value):
            found.append({"op": "add", "path": _pointer((*steps, name)), "value": value})
    gone = [name for name in live if name not in wanted and not _same(live[name], None)]
    return [*found, *({"op": "remove", "path": _pointer((*steps, name))} for name in gone)]


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same: AWS leaves out what is empty, sorts tags, and tells some numbers as text."""
    one, other = _plain(pruned(one)), _plain(pruned(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        if _are_tags(one) and _are_tags(other):
            return tag_map(one) == tag_map(other)
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, str | int | float) and isinstance(other, str | int | float):
        return as_text(one) == as_text(other)
    return (one or None) == (other or None)


def _plain(value: Any) -> Any:
    """A JSON document as what it holds."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _are_tags(value: list[Any]) -> bool:
    return all(isinstance(one, dict) and one.keys() == {"Key", "Value"} for one in value)


def _pointer(steps: Steps) -> str:
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)
