"""What differs in a component, line by line: the fields that its author wrote, or else its resources' properties."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from panka.planner.authored import is_open
from panka.planner.plan import Action, Change, Step
from panka.planner.resource import Address, Properties, Ref, Text, decode, references

_WIDTH = 60
"""How much of a value is shown."""
_BARE = re.compile(r"(?i)(?!(?:true|false|null|yes|no|on|off|[\d.:_e+-]+)$)[\w/$*][\w./:@${}*+-]*")
"""What reads as a word in YAML, with no quotes about it."""
_LATER = "   (known after apply)"
_WITH_CHANGES = (Action.ADOPT, Action.ACCEPT, Action.UPDATE, Action.REPLACE)


@dataclass(frozen=True, slots=True)
class Line:
    """One field or property."""

    path: str
    text: str
    forced: bool = False
    """Why the component is replaced."""


def created(authored: Properties) -> list[Line]:
    """The fields of a component that is made, as they are written."""
    return [Line(path, f"{written(value)}{_LATER if is_open(value) else ''}") for path, value in authored.items()]


def edited(edits: Iterable[Change]) -> list[Line]:
    """The fields that are written otherwise now."""
    return [Line(one.path, _difference(one, written)) for one in edits]


def changed(steps: Iterable[Step]) -> list[Line]:
    """Changed properties of resources that exist, each with the path that tells them apart."""
    touched = (step for step in steps if step.action in _WITH_CHANGES)
    return [
        Line(_path(step, one), _difference(one, value_text), one.replaces) for step in touched for one in step.changes
    ]


def of_existing(steps: Iterable[Step], edits: tuple[Change, ...], *, replaced: bool) -> list[Line]:
    """What differs in a component that exists: what its author has edited, and of one that is `replaced` why.

    Where a single edit can have forced it, that says both. Without an edit the resources' own properties differ.
    """
    every = list(steps)
    resources, said = changed(every), edited(edits)
    if not said:
        return resources
    if any(step.seen is not None for step in every):
        return [*said, *changed(step for step in every if step.seen is not None)]
    forced = [one for one in resources if one.forced and replaced]
    if len(said) == 1 and forced and not any(_LATER in one.text for one in forced):
        return [Line(said[0].path, said[0].text, forced=True)]
    return [*forced, *said]


def changed_value(change: Change) -> str:
    """A property's change on one line, whatever it brings about."""
    return _difference(change, value_text)


def change_text(change: Change) -> str:
    """A property's change on one line."""
    return _difference(change, value_text) + ("   # forces replacement" if change.replaces else "")


def _path(step: Step, change: Change) -> str:
    part = Address(step.address).part
    return change.path if part == "main" else f"{part}.{change.path}"


def _difference(change: Change, text: Any) -> str:
    after = text(change.after) + (_LATER if change.unknown else "")
    if change.before is None:
        return f"+ {after}"
    return f"- {text(change.before)}" if change.after is None else f"{text(change.before)} -> {after}"


def written(value: Any) -> str:
    """A field's value as one writes it in YAML: a word without quotes, a text that reads as a number with them."""
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value if len(value) <= _WIDTH else f"{value[: _WIDTH - 1]}…"
    return value_text(value)


def later(value: Any) -> str:
    return _LATER if any(references(decode(value))) else ""


def value_text(value: Any) -> str:
    """A property's value on one line; references as `${address.attribute}`."""
    said = json.dumps(_plain(decode(value)), ensure_ascii=False)
    if said.startswith('"${') and said.endswith('}"') and said.count("${") == 1:
        said = said[1:-1]
    return said if len(said) <= _WIDTH else f"{said[: _WIDTH - 1]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, Ref):
        return f"${{{value.address}.{value.attribute}}}"
    if isinstance(value, Text):
        return "".join(_plain(part) for part in value.parts)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
