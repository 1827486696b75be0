"""Lowers specs without a compiler, and checks what comes out against CloudFormation's own schemas."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from panka.planner.component import Component, Context, Lowered, Network, Used
from panka.planner.kinds import KINDS
from panka.planner.owner import Scope
from panka.planner.resource import Place, Ref, Resource, Text
from panka.planner.state import Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
NETWORK = Network("vpc-1", ("subnet-public",), ("subnet-a", "subnet-b"), ("sg-tenant",))
ASSET = "5e" * 32


def lower_one(
    kind: str,
    spec: Mapping[str, Any],
    *,
    name: str = "it",
    uses: Mapping[str, Used] | None = None,
    granted: tuple[str, ...] = (),
    network: Network = NETWORK,
) -> Lowered:
    """A component lowered as a compiler would do it, checked against the schemas and the kind's own word."""
    definition = KINDS[kind]
    checked = definition.spec.model_validate(spec, by_alias=True, by_name=False)
    component = Component(kind, name, "service", checked, {}, Place("stack.yaml", 1, 1))
    context = Context(SCOPE, TARGET, network, dict(uses or {}), granted, lambda _path: ASSET)
    lowered = definition.lower(component, context)
    assert_sound(lowered, definition.outputs_for(spec))
    return lowered


def used(kind: str, spec: Mapping[str, Any], name: str) -> Used:
    return Used(name, kind, lower_one(kind, spec, name=name))


def accepted(kind: str, spec: Mapping[str, Any], name: str, lowered: Lowered) -> tuple[Resource, ...]:
    """The resource policy that a component makes of what another one asks of it."""
    definition = KINDS[kind]
    assert definition.accept is not None
    component = Component(kind, name, "", definition.spec.model_validate(spec), {}, Place("stack.yaml", 1, 1))
    target = lower_one(kind, spec, name=name)
    made = definition.accept(component, target, tuple(one.statement for one in lowered.inbound))
    for resource in made:
        assert_fits(resource)
    return made


def by_part(lowered: Lowered) -> dict[str, Resource]:
    return {resource.address.part: resource for resource in lowered.resources}


def assert_sound(lowered: Lowered, outputs: Mapping[str, str]) -> None:
    """Addresses are unique, outputs are those that the kind declares, and every resource fits its schema."""
    addresses = [resource.address for resource in lowered.resources]
    assert len(set(addresses)) == len(addresses)
    assert lowered.outputs.keys() <= outputs.keys()
    for resource in lowered.resources:
        assert_fits(resource)
    known = dict.fromkeys(addresses)
    for position, resource in enumerate(lowered.resources):
        own = [one for one in resource.dependencies() if one in known]
        assert set(own) <= set(addresses[:position]), f"{resource.address} stands before what it needs"


def assert_fits(resource: Resource) -> None:
    """Every property is one that CloudFormation has, and none that it requires is missing."""
    schema = schema_of(resource.type)
    properties = dict(resource.properties)
    if resource.name is not None:
        assert resource.name.property not in properties
        properties[resource.name.property] = "named-by-panka"
    faults = list(_faults(schema, schema, properties, resource.type))
    assert not faults, faults


@cache
def schema_of(type: str) -> dict[str, Any]:
    spec = importlib.util.find_spec("cfnlint")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "data" / "schemas"
    index = json.loads((folder / "providers" / "us-east-1.json").read_text())
    schema: dict[str, Any] = json.loads((folder / "resources" / f"{index[type]}.json").read_text())
    return schema


TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _faults(root: dict[str, Any], schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    schema = _resolved(root, schema)
    if isinstance(value, Ref | Text):
        return
    kinds = schema.get("type", [])
    wanted = tuple(one for kind in ([kinds] if isinstance(kinds, str) else kinds) for one in TYPES[kind])
    if wanted and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
        yield f"{path} is {value!r}, not {kinds}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}, not one of {schema['enum']}"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _faults(root, schema.get("items", {}), item, f"{path}.{number}")
    elif isinstance(value, dict) and "properties" in schema:
        yield from _faults_of_object(root, schema, value, path)


def _resolved(root: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _faults_of_object(root: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[str]:
    if "Panka::Asset" in value.get("ZipFile", {}):
        value = {**value, "ZipFile": "packed"}
    yield from (f"{path} lacks {name}" for name in schema.get("required", ()) if name not in value)
    for name, item in value.items():
        if name in schema["properties"]:
            yield from _faults(root, schema["properties"][name], item, f"{path}.{name}")
        elif not schema.get("patternProperties"):
            yield f"{path} has no property {name}"


class Bench:
    """What a test of a kind works with."""

    network = NETWORK
    asset = ASSET
    lower = staticmethod(lower_one)
    used = staticmethod(used)
    accepted = staticmethod(accepted)
    parts = staticmethod(by_part)

    def refused(self, kind: str, spec: Mapping[str, Any], **more: Any) -> str:
        """The code of the one mistake of a spec, as its validation or lowering tells it."""
        try:
            lower_one(kind, spec, **more)
        except ValidationError as error:
            (only,) = error.errors()
            return only["type"]
        except PydanticCustomError as error:
            return error.type
        raise AssertionError("nothing was refused")


@pytest.fixture
def bench() -> Bench:
    return Bench()
