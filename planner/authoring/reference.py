"""What a kind says of itself: its fields with type, default, limits and documentation, its outputs, an example."""

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, BeforeValidator

from panka.planner.component import ComponentSpec, Kind
from panka.planner.core import InfraSpec, ServiceSpec, StackSpec
from panka.planner.language.shapes import field_at, fields
from panka.planner.tenancy import TenantSpec
from panka.planner.units import cpu_units, memory_mib, seconds

JsonSchema: TypeAlias = dict[str, Any]

EXAMPLES = Path(__file__).with_name("examples")
SURROUNDINGS: dict[str, type[BaseModel]] = {
    "Stack": StackSpec,
    "Service": ServiceSpec,
    "ComponentInfra": InfraSpec,
    "InfraDefaults": InfraSpec,
    "TenantConfig": TenantSpec,
}
"""The specs of what surrounds components, and of a tenant, by kind."""
ABOUT = {
    "Stack": "The stack: where it lives, its variables, its network, what a failed run does.",
    "Service": "A service: what its components share.",
    "ComponentInfra": "Infrastructure of the component of the same name, laid over its spec.",
    "InfraDefaults": "Infrastructure of every component that does not say otherwise.",
    "TenantConfig": "A tenant: its account, network, limits and policies; given to `panka tenant`, no part of a stack.",
}
COMMON = frozenset(fields(ComponentSpec))
"""The fields that every component's spec takes."""

_QUANTITIES = {seconds: "duration", memory_mib: "memory size", cpu_units: "CPU size"}
_WORDS = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "object": "mapping",
    "array": "list",
}
_NO_DEFAULT: tuple[object, ...] = (None, [], {}, "")


@dataclass(frozen=True, slots=True)
class Field:
    """One field that users may write."""

    path: str
    """From the spec on, with dots; fields of a list's items like those of a mapping: `ports.port`."""
    type: str
    """In words: `whole number`, `list of text`."""
    doc: str
    required: bool
    default: str
    """As JSON; empty when there is none, or when it is nothing."""
    limits: str
    """`1 to 10`, `at least 1`, `at most 5 items`; empty without."""
    choices: tuple[str, ...]
    """The only values that it takes; empty when it takes others."""
    fields: "tuple[Field, ...]" = ()

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def all(self) -> "Iterator[Field]":
        """The field and all below it, in the order of the spec."""
        yield self
        for field in self.fields:
            yield from field.all()


def about(kind: Kind) -> str:
    """What the kind is, in a sentence: the first line of its module."""
    module = inspect.getmodule(kind.lower)
    first = (inspect.getdoc(module) or "").partition("\n")[0] if module else ""
    said = first.partition(": ")[2] or first
    return said[:1].upper() + said[1:]


def example(kind: str) -> str:
    """Documents that show the kind: its own first, then what that refers to; empty when there are none."""
    place = EXAMPLES / f"{kind}.yaml"
    return place.read_text(encoding="utf-8") if place.is_file() else ""


def fields_of(spec: type[BaseModel]) -> tuple[Field, ...]:
    """The fields of a spec: its own in their order, then those that every component takes."""
    written = spec.model_json_schema(by_alias=True)
    found = _Reading(spec, written.get("$defs", {})).below(written, ())
    own = [field for field in found if field.path not in COMMON]
    return (*own, *(field for field in found if field.path in COMMON))


def find(known: Sequence[Field], path: str) -> Field | None:
    """The field at a path, written in capitals or small."""
    wanted = path.lower()
    return next((one for field in known for one in field.all() if one.path.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads pydantic's schema of one spec."""

    spec: type[BaseModel]
    definitions: Mapping[str, JsonSchema]

    def below(self, node: JsonSchema, path: tuple[str, ...]) -> tuple[Field, ...]:
        """The fields of the mapping that a node describes, or of the mappings in its list or its values."""
        found: dict[str, Field] = {}
        for one in self._mappings(node):
            required = one.get("required", ())
            for name, field in one["properties"].items():
                if name not in path or path.count(name) < 2:
                    found.setdefault(name, self._field((*path, name), field, name in required))
        return tuple(found.values())

    def _mappings(self, node: JsonSchema) -> Iterator[JsonSchema]:
        node = self._resolved(node)
        if "properties" in node:
            yield node
        inner = [*node.get("anyOf", ()), *node.get("oneOf", ())]
        inner += [node[key] for key in ("items", "additionalProperties") if isinstance(node.get(key), dict)]
        for one in inner:
            yield from self._mappings(one)

    def _field(self, path: tuple[str, ...], node: JsonSchema, required: bool) -> Field:
        default = node.get("default")
        inside = self.below(node, path)
        shown = default not in _NO_DEFAULT and not (isinstance(default, dict) and inside)
        choices = tuple(dict.fromkeys(self._choices(node)))
        return Field(
            path=".".join(path),
            type=self._quantity(path) or " or ".join(dict.fromkeys(self._words(node))),
            doc=" ".join(str(node.get("description", self._resolved(node).get("description", ""))).split()),
            required=required,
            default=json.dumps(default, ensure_ascii=False) if shown else "",
            limits=_limits(node) or next((said for one in self._branches(node) if (said := _limits(one))), ""),
            choices=choices,
            fields=inside,
        )

    def _resolved(self, node: JsonSchema) -> JsonSchema:
        while "$ref" in node:
            node = self.definitions[node["$ref"].rpartition("/")[2]]
        return node

    def _branches(self, node: JsonSchema) -> list[JsonSchema]:
        node = self._resolved(node)
        return [self._resolved(one) for one in (*node.get("anyOf", ()), *node.get("oneOf", ()))] or [node]

    def _choices(self, node: JsonSchema) -> Iterator[str]:
        for one in self._branches(node):
            held = self._resolved(one["items"]) if isinstance(one.get("items"), dict) else one
            values = held.get("enum", [held["const"]] if "const" in held else [])
            yield from (value if isinstance(value, str) else json.dumps(value) for value in values)

    def _words(self, node: JsonSchema) -> Iterator[str]:
        for one in self._branches(node):
            kind = one.get("type", "string" if "enum" in one or "const" in one else "")
            if kind == "null":
                continue
            if kind == "array":
                inner = " or ".join(dict.fromkeys(self._words(one.get("items", {}))))
                yield f"list of {'mappings' if inner == 'mapping' else 'texts' if inner == 'text' else inner}"
            elif kind == "object" and isinstance(one.get("additionalProperties"), dict):
                inner = " or ".join(dict.fromkeys(self._words(one["additionalProperties"])))
                yield f"mapping of names to {inner}" if inner != "anything" else "mapping"
            else:
                yield _WORDS.get(kind, "anything")

    def _quantity(self, path: tuple[str, ...]) -> str:
        info = field_at(self.spec, path)
        if info is None:
            return ""
        notes = [*info.metadata, *(note for one in get_args(info.annotation) for note in get_args(one)[1:])]
        readers = (note.func for note in notes if isinstance(note, BeforeValidator))
        return next((_QUANTITIES[reader] for reader in readers if reader in _QUANTITIES), "")


def _limits(node: JsonSchema) -> str:
    low = node.get("minimum", node.get("ge"))
    high = node.get("maximum", node.get("le"))
    if low is not None or high is not None:
        return _between(low, high, "")
    for few, many, unit in (("minItems", "maxItems", " items"), ("minLength", "maxLength", " characters")):
        if few in node or many in node:
            return _between(node.get(few), node.get(many), unit)
    return ""


def _between(low: float | None, high: float | None, unit: str) -> str:
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    return f"at least {low}{unit}" if low is not None else f"at most {high}{unit}"
