"""One row of the suite's table: a type, what to make of it, and how it is changed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from panka.planner.resource import Address, Properties, Ref, substitute

NAME = "<name>"
"""Stands for a name that nothing else has, anywhere in a case's texts."""
CHOSEN = "<chosen>"
"""Stands for the name that Panka gives the resource."""
GONE = object()
"""As a value in an update: the property is taken away."""


@dataclass(frozen=True)
class Case:
    """A resource type in one form."""

    type: str
    properties: Properties
    """May hold `NAME`, and `of("queue", "Arn")` for what a need was made with."""
    updates: tuple[Properties, ...] = ()
    """Laid over `properties` one after the other; `GONE` takes a property away."""
    needs: Mapping[str, "Case"] = field(default_factory=dict)
    """What is made first, in this order, by the same stack."""
    tagged: bool = True
    """Whether the type takes tags."""
    unique: bool = True
    """Whether its name can be taken: two resources of the same properties cannot be there at once."""
    alone: bool = False
    """AWS takes something of it once (a port, a range of addresses): two of the same properties cannot be there."""
    unread: frozenset[str] = frozenset()
    """Properties that AWS never tells (a password)."""
    skip: Mapping[str, str] = field(default_factory=dict)
    """Why the case does not run at an endpoint (`moto`), in a test (`:a_delete_can_be_repeated`) or in both
    (`moto:a_delete_can_be_repeated`)."""
    label: str = ""
    endpoints: tuple[str, ...] = ("moto", "ministack")
    """Where the case runs: each `name` has a fixture `name_url` of the session."""

    def skipped(self, endpoint: str, test: str) -> str | None:
        """Why a test does not run at an endpoint; None: it runs."""
        keys = (endpoint, f":{test}", f"{endpoint}:{test}")
        return next((self.skip[key] for key in keys if key in self.skip), None)

    def __str__(self) -> str:
        return f"{self.type.removeprefix('AWS::').replace('::', '.')}{'-' if self.label else ''}{self.label}"


def of(need: str, attribute: str) -> Ref:
    """An attribute, a property or the `Id` of something in `needs`."""
    return Ref(Address(need), attribute)


def fresh_name() -> str:
    return f"c-{uuid.uuid4().hex[:10]}"


def filled(properties: Properties, names: Mapping[str, str], known: Mapping[str, Properties]) -> Properties:
    """The properties with references, `NAME` and `CHOSEN` as values."""
    filled: Properties = _named(substitute(properties, lambda ref: known[ref.address][ref.attribute]), names)
    return filled


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for mark, name in names.items():
            value = value.replace(mark, name)
        return value
    if isinstance(value, dict):
        return {key: _named(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    return value


def laid_over(properties: Properties, update: Properties) -> Properties:
    return {name: value for name, value in {**properties, **update}.items() if value is not GONE}
