"""What users wrote of a component, field by field: what plans show to people, and what the record keeps of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from panka.planner.changes import changes
from panka.planner.component import ComponentSpec
from panka.planner.language.documents import Steps
from panka.planner.language.exposed import looks_secret
from panka.planner.language.reading import Data, Plain, typed
from panka.planner.language.shapes import field_at
from panka.planner.plan import Change
from panka.planner.resource import Properties

HIDDEN = "(not shown)"
"""Stands for what looks like a secret."""

_OWN_OUTPUT = re.compile(r"\$\{(?!stack:)")


@dataclass(frozen=True, slots=True)
class Authored:
    """A component's spec as it is written, with defaults, overlays and variables put in."""

    spec: type[ComponentSpec]
    data: Mapping[str, Data]

    def fields(self) -> Properties:
        """Every field by its path, the required ones first: `image.tag`, `environment.LOG_LEVEL`, `ports.http.port`.

        Of references there is the expression, and what looks like a secret is hidden.
        """
        found = list(_fields(self.data, (), ""))
        found.sort(key=lambda one: not _is_required(self.spec, tuple(step for step in one[1] if isinstance(step, str))))
        return {path: value for path, _, value in found if path}


@dataclass(frozen=True, slots=True)
class Remembered:
    """What users wrote of a component of a stack that is on file."""

    said: Properties

    def fields(self) -> Properties:
        return self.said


def edited(before: Properties, now: Properties) -> tuple[Change, ...]:
    """The fields that are written otherwise now."""
    return tuple(one.model_copy(update={"unknown": is_open(one.after)}) for one in changes(before, now))


def is_open(value: Any) -> bool:
    """Whether what is written holds an output that is known only after apply; what another stack tells is known."""
    return _OWN_OUTPUT.search(str(value).replace("$${", "")) is not None


def _fields(value: Data, steps: Steps, path: str) -> Iterator[tuple[str, Steps, Any]]:
    """Path for people, way in the spec, and value of every scalar, of lists of scalars, and of what is empty."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _fields(item, (*steps, key), f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value):
            yield from _item(item, (*steps, number), f"{path}.{_called(item, number)}")
    else:
        yield path, steps, HIDDEN if _is_secret(path, value) else _said(value)


def _item(item: Data, steps: Steps, path: str) -> Iterator[tuple[str, Steps, Any]]:
    match item:
        case {"name": _, "value": value, **rest} if not rest:
            yield from _fields(value, (*steps, "value"), path)
        case {"name": _, "valueFrom": {"component": component, "output": output}, **rest} if not rest:
            yield path, (*steps, "valueFrom"), f"${{{component}.{output}}}"
        case {"name": _, **rest} if rest:
            yield from _fields(rest, steps, path)
        case _:
            yield from _fields(item, steps, path)


def _called(item: Data, number: int) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else str(number)


def _is_secret(path: str, value: Data) -> bool:
    return isinstance(value, str) and looks_secret(path.rpartition(".")[2], value)


def _said(value: Data) -> Any:
    """As YAML reads it: unquoted numbers and booleans as such."""
    return str(value) if isinstance(value, str) and not isinstance(value, Plain) else typed(value)


@lru_cache(maxsize=4096)
def _is_required(spec: type[ComponentSpec], steps: tuple[str, ...]) -> bool:
    """Whether the field, and everything that holds it, has no default."""
    found = [field_at(spec, steps[: end + 1]) for end in range(len(steps))]
    return bool(found) and all(one is not None and one.is_required() for one in found)
