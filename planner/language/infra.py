"""ComponentInfra and InfraDefaults: what they say, in the fields of the component that they are for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from panka.planner.component import ComponentSpec, Kind
from panka.planner.diagnostics import Findings, Label
from panka.planner.language.envelopes import Entry
from panka.planner.language.overlays import Layered
from panka.planner.language.reading import Data
from panka.planner.language.shapes import field_at

if TYPE_CHECKING:
    from panka.planner.language.documents import Document, Steps

_FIELDS: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("resources", "cpu"): (("runtime", "cpu"), ("cpu",)),
    ("resources", "memory"): (("runtime", "memory"), ("memory",)),
    ("scaling", "replicas"): (("replicas",),),
    ("scaling", "autoscaling"): (("autoscaling",),),
    ("scaling", "minReplicas"): (("autoscaling", "minReplicas"),),
    ("scaling", "maxReplicas"): (("autoscaling", "maxReplicas"),),
    ("networking", "loadBalancer"): (("loadBalancer",),),
    ("networking", "ingress"): (("ingress",),),
    ("storage", "volumes"): (("volumes",),),
}
"""Where a field of ComponentInfra belongs in a component's spec: the first of these that the kind has."""


def translated(infra: Entry, kind: Kind, findings: Findings | None) -> Layered:
    """What an infra document says, as a layer of a component of this kind.

    A field that the kind does not have is told to the findings; without them (defaults) it is passed over.
    """
    data: dict[str, Data] = {}
    origins: dict[Steps, tuple[Document, Steps]] = {}
    for path, value in _given(infra):
        own = _own_path(kind.spec, path)
        if own is None:
            if findings is not None:
                _no_effect(infra, kind, path, findings)
            continue
        if path[1] == "autoscaling" and not isinstance(value, dict):
            own = (*own, "enabled")
        _put(data, own, value)
        origins[("spec", *own)] = infra.layers.origin(("spec", *path))
    return Layered(infra.layers.document, {"spec": data}, origins)


def tell_untaken(defaults: Entry, kinds: Iterable[Kind], findings: Findings) -> None:
    """Tells of fields of InfraDefaults that none of these kinds takes: they would have no effect anywhere."""
    specs = {kind.spec for kind in kinds}
    for path, _ in _given(defaults):
        if not any(_own_path(spec, path) for spec in specs):
            label = Label(defaults.layers.span(("spec", *path), key=True), "no component has such a field")
            findings.add("PK112", f"`{'.'.join(path)}` of {defaults.title} has no effect on any component", label)


def _given(infra: Entry) -> list[tuple[tuple[str, str], Data]]:
    return [
        ((section, field), value)
        for section, fields in infra.spec.items()
        if isinstance(fields, dict)
        for field, value in fields.items()
        if value is not None
    ]


def _own_path(spec: type[ComponentSpec], path: tuple[str, str]) -> tuple[str, ...] | None:
    return next((own for own in _FIELDS.get(path, ()) if field_at(spec, own) is not None), None)


def _put(data: dict[str, Data], path: tuple[str, ...], value: Data) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {})
    last = path[-1]
    data[last] = {**data.get(last, {}), **value} if isinstance(value, dict) else value


def _no_effect(infra: Entry, kind: Kind, path: tuple[str, str], findings: Findings) -> None:
    label = Label(infra.layers.span(("spec", *path), key=True), f"{kind.name} has no such field")
    findings.add("PK112", f"`{'.'.join(path)}` has no effect on {kind.name} `{infra.name}`", label)
