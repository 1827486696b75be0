"""Dotted paths into properties, as the registry writes them: `Endpoint.Address`, `Rules.*.Secret`."""

from collections.abc import Iterable
from typing import Any, Final

from panka.planner.resource import Properties

MISSING: Final = object()
"""What stands where nothing does."""


def at(value: Any, path: str) -> Any:
    """What a path without `*` leads to, or MISSING."""
    for step in path.split("."):
        if not isinstance(value, dict) or step not in value:
            return MISSING
        value = value[step]
    return value


def laid_at(properties: Properties, path: str, value: Any) -> Properties:
    """The properties with a value at a path without `*`; mappings on the way are made."""
    step, _, rest = path.partition(".")
    if rest:
        below = properties.get(step)
        value = laid_at(below if isinstance(below, dict) else {}, rest, value)
    return {**properties, step: value}


def stem(path: str) -> str:
    """The path as far as it leads to one value: `Rules` of `Rules.*.Secret`."""
    return path.partition(".*")[0]


def without(properties: Properties, paths: Iterable[str]) -> Properties:
    """The properties without what the paths lead to, and without structures that hold nothing else.

    `*` stands for every item of a list or mapping. The registry leaves it out now and then where a list is meant.
    """
    left = _without(properties, [path.split(".") for path in paths])
    return left if isinstance(left, dict) else {}


def _without(value: Any, paths: list[list[str]]) -> Any:
    if not paths:
        return value
    if isinstance(value, list):
        below = [path[1:] if path[0] == "*" else path for path in paths]
        return [_without(item, [path for path in below if path]) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, item in value.items():
        below = [path[1:] for path in paths if path[0] in (name, "*")]
        if [] in below:
            continue
        left = _without(item, below)
        if left or left == item:
            kept[name] = left
    return kept
