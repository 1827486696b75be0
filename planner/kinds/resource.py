"""Resource: any resource type of AWS, spelled as CloudFormation does, for what no other kind covers."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from panka.planner.chosen_names import chosen_name
from panka.planner.component import Component, ComponentSpec, Context, Kind, Lowered
from panka.planner.diagnostics import did_you_mean
from panka.planner.language.reading import typed
from panka.planner.resource_types import TypeFacts, facts, types
from panka.planner.rules import broken


class ResourceSpec(ComponentSpec):
    type: str
    """The type in AWS's registry: `AWS::SSM::Parameter`."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """The properties in CloudFormation's own names; values may hold `${…}`. A name that is left out is chosen by Panka
    where the resource could not be found again without one."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = facts(self.type)
        if known is None:
            meant = did_you_mean(self.type, types())
            raise broken("PK346", f"AWS has no resource type `{self.type}`{f'; {meant}' if meant else ''}", "type")
        wrong = [*_unknown(known, self.properties), *_missing(known, self)]
        if wrong:
            raise ValidationError.from_exception_data("Resource", wrong)
        return self


def _unknown(known: TypeFacts, properties: Mapping[str, Any]) -> Iterable[InitErrorDetails]:
    """Properties that the type does not have, and those that AWS alone sets."""
    settable = known.properties - _read_only(known)
    for name in properties:
        if name in known.properties and name not in settable:
            said = f"`{name}` of {known.type} is set by AWS alone"
            yield _at(("properties", name), broken("PK347", said))
        elif name not in known.properties:
            meant = did_you_mean(name, settable)
            said = f"{known.type} has no property `{name}`{f'; {meant}' if meant else ''}"
            yield _at(("properties", name), broken("PK347", said))


def _missing(known: TypeFacts, spec: ResourceSpec) -> Iterable[InitErrorDetails]:
    place = ("properties",) if "properties" in spec.model_fields_set else ()
    for name in sorted(known.required - spec.properties.keys()):
        fields = () if place else ("properties",)
        yield _at(place, broken("PK348", f"{known.type} needs the property `{name}`", *fields))


def _at(place: tuple[str, ...], error: Any) -> InitErrorDetails:
    # A mapping as the input says that the key is meant, and not its value.
    return InitErrorDetails(type=error, loc=place, input={})


def _read_only(known: TypeFacts) -> frozenset[str]:
    return frozenset(path for path in known.read_only if "." not in path) - known.required


def outputs_of(spec: Mapping[str, Any]) -> dict[str, str]:
    """`Id`, what identifies a resource of the type, and what AWS tells of it."""
    type = spec.get("type")
    known = facts(type) if isinstance(type, str) else None
    if known is None:
        return dict(OUTPUTS)
    told = sorted({*known.read_only, *known.primary_identifier} - {"Id"})
    return {**OUTPUTS, **{name: f"`{name}` of {known.type}." for name in told if "*" not in name}}


OUTPUTS = {"Id": "What identifies the resource."}


def lower(component: Component[ResourceSpec], _context: Context) -> Lowered:
    """The resource as it is written; one that needs a name and has none gets one as those of other kinds do."""
    spec = component.spec
    properties = typed(spec.properties)
    main = component.resource("main", spec.type, properties, name=chosen_name(spec.type, properties))
    return Lowered(resources=(main,), outputs={name: main.ref(name) for name in outputs_of({"type": spec.type})})


RESOURCE = Kind("Resource", ResourceSpec, lower, outputs=OUTPUTS, outputs_of=outputs_of)
