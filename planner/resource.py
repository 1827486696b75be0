"""Panka's intermediate form: AWS resources, typed and spelled as CloudFormation does, and their references."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

SCALARS = frozenset((str, int, float, bool, type(None)))
"""Types of what holds nothing else. Values are walked often and hold mostly these: a look at the type before the call
makes a walk three times as fast."""

Properties: TypeAlias = dict[str, Any]
"""A resource's properties: AWS's own names and shapes, JSON values; before a plan is made also `Ref` and `Text`."""


class Model(BaseModel):
    """What crosses a boundary: frozen, camelCase on the outside, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Address(str):
    """Names a resource within a stack and environment: `<component>:<part>`.

    Component names are unique in a stack, so a component that moves to another service keeps its resources. What
    belongs to the stack itself has the component `@stack`, which no user's component can be called.
    """

    __slots__ = ()

    @classmethod
    def of(cls, component: str, part: str) -> "Address":
        return cls(f"{component}:{part}")

    @property
    def component(self) -> str:
        return self.partition(":")[0]

    @property
    def part(self) -> str:
        return self.partition(":")[2]


STACK = "@stack"
"""The component name of resources that belong to the whole stack."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of another resource's attribute: a read-only property, a property, or `Id` (the primary identifier)."""

    address: Address
    attribute: str
    early: bool = False
    """A name that the plan gives: known before the resource is there, so that nothing waits for it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string put together from literal parts and attributes; always a string, even of one number."""

    parts: tuple[str | Ref, ...]


@dataclass(frozen=True, slots=True)
class PhysicalName:
    """Says that Panka chooses the resource's name: the property that takes it and the service's limits."""

    property: str
    limit: int
    """The longest name that the service takes, suffix included, in characters."""
    suffix: str = ""
    stable: bool = False
    """The same for every generation: versions of the resource live under one name (a task definition's family)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a component stands: file as the user would type it, line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Timeouts(Model):
    """Seconds that a resource may take until it is ready, or gone; None: the default of its type."""

    create: float | None = None
    update: float | None = None
    delete: float | None = None


class Lifecycle(Model):
    """How a resource may end and change; kept in state, so that it holds when the block has left the YAML."""

    retain: bool = False
    """Forget the resource instead of deleting it."""
    snapshot: bool = False
    """Take a final snapshot before the delete, where the type can."""
    prevent_destroy: bool = False
    create_before_destroy: bool = True
    force: bool = False
    """Delete what the resource holds with it (a bucket's objects)."""
    ignore_changes: tuple[str, ...] = ()
    """Property paths (`A.B`) whose changes are not planned."""
    timeouts: Timeouts = Timeouts()


@dataclass(frozen=True, slots=True)
class Resource:
    """One AWS resource that a component wants."""

    address: Address
    type: str
    """The CloudFormation type: `AWS::SQS::Queue`."""
    properties: Properties
    kind: str
    """The kind of the component: `SQS`; `Stack` for what belongs to the stack itself."""
    service: str = ""
    name: PhysicalName | None = None
    """None: the user fixed the name, or the type has none."""
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    depends_on: tuple[Address, ...] = ()
    """Resources that must be ready first although no property refers to them."""
    tags: dict[str, str] = field(default_factory=dict)
    """The user's tags; Panka's own are added when the plan is made."""
    place: Place | None = None

    def ref(self, attribute: str) -> Ref:
        return Ref(self.address, attribute)

    def dependencies(self) -> frozenset[Address]:
        """Addresses that this resource refers to or waits for."""
        waited = (ref.address for ref in references(self.properties) if not ref.early)
        return frozenset(waited).union(self.depends_on)


def text(*parts: "str | Ref | Text") -> "str | Text":
    """Joins parts into one string; what needs no resource stays a plain string."""
    flat: list[str | Ref] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, str) and flat and isinstance(flat[-1], str):
                flat[-1] += piece
            elif piece != "":
                flat.append(piece)
    if not flat:
        return ""
    if len(flat) == 1 and isinstance(flat[0], str):
        return flat[0]
    return Text(tuple(flat))


def references(value: Any) -> list[Ref]:
    """Every reference inside a value, in its order."""
    found: list[Ref] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Ref]) -> None:
    if isinstance(value, dict):
        for item in value.values():
            if type(item) not in SCALARS:
                _collect(item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            if type(item) not in SCALARS:
                _collect(item, found)
    elif isinstance(value, Ref):
        found.append(value)
    elif isinstance(value, Text):
        found += [part for part in value.parts if isinstance(part, Ref)]


def substitute(value: Any, known: Callable[[Ref], Any]) -> Any:
    """The value with every reference replaced by what `known` says; a reference that it returns itself stays."""
    if isinstance(value, dict):
        return {key: item if type(item) in SCALARS else substitute(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [item if type(item) in SCALARS else substitute(item, known) for item in value]
    if isinstance(value, Ref):
        return known(value)
    if isinstance(value, Text):
        return text(*(_as_text(known(part)) if isinstance(part, Ref) else part for part in value.parts))
    return value


def _as_text(value: Any) -> str | Ref | Text:
    if isinstance(value, str | Ref | Text):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encode(value: Any) -> Any:
    """JSON of a value: references as CloudFormation writes them (`Fn::GetAtt`, `Fn::Join`), early ones marked so."""
    if isinstance(value, dict):
        return {key: item if type(item) in SCALARS else encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [item if type(item) in SCALARS else encode(item) for item in value]
    if isinstance(value, Ref):
        return {"Fn::GetAtt": [str(value.address), value.attribute, *(["early"] if value.early else [])]}
    if isinstance(value, Text):
        return {"Fn::Join": ["", [encode(part) for part in value.parts]]}
    return value


def decode(value: Any) -> Any:
    """What `encode` was given."""
    if isinstance(value, dict):
        match value:
            case {"Fn::GetAtt": [str(address), str(attribute), *early]} if len(value) == 1:
                return Ref(Address(address), attribute, early=bool(early))
            case {"Fn::Join": ["", [*parts]]} if len(value) == 1:
                return Text(tuple(decode(part) for part in parts))
        return {key: item if type(item) in SCALARS else decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) in SCALARS else decode(item) for item in value]
    return value
