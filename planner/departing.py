"""Where live properties depart from what was applied and from what AWS told after that."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from panka.planner.resource import Properties

ORDERED = frozenset({"CacheBehaviors", "Command", "EntryPoint", "Layers", "Members"})
"""Lists whose order means something; all others AWS tells in any order."""

_NOTHING: Any = object()


@dataclass(frozen=True, slots=True)
class Departure:
    """One value that is not what it was; None where there is none."""

    path: str
    applied: Any
    observed: Any
    live: Any
    owner: str
    """Who may change it beside Panka; empty: nobody."""


@dataclass(slots=True)
class Departures:
    """A walk through the three at once. What was observed is the measure: defaults that AWS fills in are in it.

    A live value that is as applied is right too, even where the look after the last run came too early to see it.
    """

    owner: Callable[[str, Any, Any], str]
    """Who may change the value at a path, from one value to another."""
    found: list[Departure] = field(default_factory=list)

    def compare(self, applied: Properties, observed: Properties, live: Properties) -> Properties:
        """Notes every departure. Returns what was applied, with live values where nobody but Panka may change them."""
        taken: Properties = self._walk("", applied, observed, live, inside=True)
        return taken

    def _walk(self, path: str, applied: Any, observed: Any, live: Any, *, inside: bool) -> Any:
        """What would be on record as applied. `inside`: what holds the value was applied by Panka."""
        name = path.rpartition(".")[2]
        if _same(name, observed, live):
            return applied
        if isinstance(observed, dict) and isinstance(live, dict):
            return self._mapping(path, applied, observed, live)
        if applied is not _NOTHING and _same(name, applied, live):
            return applied
        if _tags(observed) and _tags(live):
            return self._tagged(path, applied, observed, live)
        if isinstance(observed, list) and isinstance(live, list) and len(observed) == len(live):
            return self._list(path, applied, observed, live)
        return self._depart(path, applied, observed, live, inside=inside)

    def _depart(self, path: str, applied: Any, observed: Any, live: Any, *, inside: bool) -> Any:
        owner = self.owner(path, _said(observed), _said(live))
        self.found.append(Departure(path, _said(applied), _said(observed), _said(live), owner))
        defaulted = applied is _NOTHING and not (inside and observed is _NOTHING)
        return applied if owner or defaulted else live

    def _mapping(self, path: str, applied: Any, observed: Properties, live: Properties) -> Any:
        inside = isinstance(applied, dict)
        taken = dict(applied) if inside else {}
        for key in [*observed, *(key for key in live if key not in observed)]:
            below = f"{path}.{key}" if path else key
            before = applied.get(key, _NOTHING) if inside else _NOTHING
            now = self._walk(below, before, observed.get(key, _NOTHING), live.get(key, _NOTHING), inside=inside)
            taken[key] = now
        return {key: value for key, value in taken.items() if value is not _NOTHING} if inside else applied

    def _tagged(self, path: str, applied: Any, observed: Any, live: Any) -> Any:
        inside = _tags(applied)
        before = _as_map(applied) if inside else _NOTHING
        taken = self._mapping(path, before, _as_map(observed), _as_map(live))
        if not inside:
            return applied
        more = {key: value for key, value in applied[0].items() if key not in ("Key", "Value")}
        return [{**more, "Key": key, "Value": taken[key]} for key in sorted(taken)]

    def _list(self, path: str, applied: Any, observed: list[Any], live: list[Any]) -> Any:
        """Items that are in both are passed over; the others are held against each other in their order."""
        kept = applied if isinstance(applied, list) and len(applied) == len(observed) else None
        taken = list(kept) if kept is not None else []
        for number, now in _paired(path.rpartition(".")[2], observed, live):
            before = kept[number] if kept is not None else _NOTHING
            one = self._walk(f"{path}.{number}", before, observed[number], now, inside=kept is not None)
            if kept is not None:
                taken[number] = one
        return taken if kept is not None else applied


def value_at(value: Any, path: str) -> Any:
    """What stands at a path as departures have it; None where nothing does. A list of tags is a mapping there."""
    if not path:
        return value
    if _tags(value):
        value = _as_map(value)
    if isinstance(value, list):
        number, _, rest = path.partition(".")
        return value_at(value[int(number)], rest) if number.isdecimal() and int(number) < len(value) else None
    if not isinstance(value, dict):
        return None
    # A tag's key may hold dots.
    keys = [key for key in value if path == key or path.startswith(f"{key}.")]
    key = max(keys, key=len, default=None)
    return None if key is None else value_at(value[key], path[len(key) + 1 :])


def _paired(name: str, observed: list[Any], live: list[Any]) -> list[tuple[int, Any]]:
    if name in ORDERED:
        return list(enumerate(live))
    left = [_form(name, one) for one in live]
    rest = []
    for number, one in enumerate(observed):
        form = _form(name, one)
        if form in left:
            left[left.index(form)] = ""
        else:
            rest.append(number)
    others = [one for one, form in zip(live, left, strict=True) if form]
    return list(zip(rest, others, strict=True))


def _same(name: str, one: Any, other: Any) -> bool:
    return _form(name, one) == _form(name, other)


def _form(name: str, value: Any) -> str:
    """The same for values that AWS takes for the same: in whatever order, and whether a number is text or not."""
    return json.dumps(_canonical(name, value), sort_keys=True)


def _canonical(name: str, value: Any) -> Any:
    if value is _NOTHING or value is None or value in ([], {}):
        return None
    if isinstance(value, dict):
        return {key: _canonical(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_canonical(name, item) for item in value]
        return items if name in ORDERED else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _tags(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and {"Key", "Value"} <= one.keys() for one in value)
    )


def _as_map(tags: list[dict[str, Any]]) -> Properties:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _said(value: Any) -> Any:
    return None if value is _NOTHING else value
