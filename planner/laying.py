"""What users say of all resources of a component, laid over each: tags, lifecycle, overrides."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from panka.planner.component import LifecycleSpec
from panka.planner.diagnostics import Findings, Label, did_you_mean
from panka.planner.language.parts import Part
from panka.planner.language.reading import typed
from panka.planner.resource import Lifecycle, Properties, Resource, Timeouts
from panka.planner.units import seconds

_SAID = ("retain", "snapshot", "prevent_destroy", "create_before_destroy", "ignore_changes")


def laid_over(resource: Resource, part: Part, *, protected: bool, findings: Findings) -> Resource:
    """The resource with its component's tags, lifecycle and overrides; more specific tags of its own stay."""
    named = resource.name is not None and resource.name.property in _overrides(resource, part)
    return replace(
        resource,
        tags={**part.tags, **resource.tags},
        lifecycle=_lifecycle(resource.lifecycle, part, protected),
        properties=_overridden(resource, part, findings),
        name=None if named else resource.name,
    )


def _lifecycle(lowered: Lifecycle, part: Part, protected: bool) -> Lifecycle:
    spec = part.component.spec.lifecycle
    said: dict[str, Any] = {}
    if isinstance(spec, LifecycleSpec):
        said = {name: getattr(spec, name) for name in _SAID if name in spec.model_fields_set}
        if "timeouts" in spec.model_fields_set:
            said["timeouts"] = _timeouts(spec, lowered.timeouts)
    if protected:
        said["prevent_destroy"] = True
    return lowered.model_copy(update=said) if said else lowered


def _timeouts(spec: LifecycleSpec, lowered: Timeouts) -> Timeouts:
    given = {name: seconds(value) for name, value in spec.timeouts if value is not None}
    return lowered.model_copy(update=given)


def _overrides(resource: Resource, part: Part) -> dict[str, Any]:
    return part.component.spec.overrides.get(resource.address.part, {})


def _overridden(resource: Resource, part: Part, findings: Findings) -> Properties:
    properties = resource.properties
    for path, value in _overrides(resource, part).items():
        try:
            properties = _set(properties, path.split("."), typed(value))
        except LookupError:
            at = ("spec", "overrides", resource.address.part, path)
            label = Label(part.entry.layers.span(at, key=True), "leads through a value that holds no others")
            findings.add("PK352", f"the override `{path}` does not fit {resource.type}", label)
    return properties


def _set(value: Any, steps: list[str], new: Any) -> Any:
    """A copy of the value with the one at the steps replaced; mappings on the way are made, list items are not."""
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        return {**value, step: _set(value.get(step, {}) if rest else None, rest, new)}
    if isinstance(value, list | tuple) and step.isdigit() and int(step) < len(value):
        return [_set(item, rest, new) if number == int(step) else item for number, item in enumerate(value)]
    raise LookupError(step)


def check_parts(part: Part, made: Iterable[str], findings: Findings) -> None:
    """Tells of overrides for parts that the component does not have."""
    parts = sorted(made)
    for name in part.component.spec.overrides:
        if name not in parts:
            findings.add(
                "PK351",
                f"{part.entry.title} has no part `{name}`",
                Label(part.entry.layers.span(("spec", "overrides", name), key=True), "unknown part"),
                notes=(f"parts of `{part.component.name}`: {', '.join(parts)}",),
                help=did_you_mean(name, parts),
            )
