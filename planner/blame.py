"""Where in the YAML a mistake stands that shows only when components are lowered and tied together."""

from collections import deque
from collections.abc import Iterator, Mapping

from pydantic_core import PydanticCustomError

from panka.planner.diagnostics import Label
from panka.planner.language.documents import Steps, steps_of
from panka.planner.language.parts import Part
from panka.planner.language.reading import Data
from panka.planner.resource import Ref, Resource

Parts = Mapping[str, Part]
EARLY = ("bucketArn", "bucketName", "domainName")
"""Outputs of a bucket that are known with its name; whoever refers to another one waits for the bucket."""


def labels_of(error: PydanticCustomError, part: Part, parts: Parts) -> tuple[Label, tuple[Label, ...]]:
    """Where a rule is broken that a lowering checks: the field that it names, of the component or of another one,
    else the value that it is about, else the component's name. Then what else belongs to it.
    """
    context = error.context or {}
    if (path := path_of(part.data, context.get("value"))) is not None:
        return _label(part, path), ()
    places = [(parts.get(name, part), steps_of(field)) for name, field in context.get("places", ())]
    if not places:
        fields: tuple[str, ...] = context.get("fields", ())
        return (_nearest(part, steps_of(fields[0])) if fields else part.label), ()
    first, *others = places
    return _nearest(*first), tuple(_nearest(*one, one[0].entry.title) for one in others)


def _nearest(part: Part, path: Steps, text: str = "") -> Label:
    """The value at a path, or what would hold it; of a component without a spec its name."""
    return _label(part, path, text) if "spec" in part.entry.layers.document.data else part.entry.name_label(text)


def label_of_rule(rule: Resource, parts: Parts, text: str = "") -> Label:
    """Where somebody gives a listener's rule its place, or else says that there is one."""
    own, listener = parts[rule.address.component], rule.properties["ListenerArn"]
    balancer = parts.get(listener.address.component, own) if isinstance(listener, Ref) else own
    wishes = list(_wishes(own, balancer, rule.address.part))
    for part, path, wish in wishes:
        if str(wish.get("priority")) == str(rule.properties["Priority"]):
            return _label(part, (*path, "priority"), text)
    return _label(*wishes[0][:2], text) if wishes else own.entry.name_label(text)


def _wishes(own: Part, balancer: Part, name: str) -> Iterator[tuple[Part, Steps, dict[str, Data]]]:
    """What may have become the rule: the service's `expose`, or a target of the load balancer."""
    expose = own.data.get("expose")
    if isinstance(expose, dict):
        yield own, ("expose",), expose
    for number, target in enumerate(balancer.data.get("targets") or ()):
        aimed = str(target.get("component")).rpartition("/")[2]
        if aimed == own.component.name or (own is balancer and name.startswith(f"rule-{aimed}-")):
            yield balancer, ("targets", number), target


def labels_of_circle(bucket: str, function: Part, parts: Parts) -> tuple[Label, tuple[Label, ...]]:
    """Why a bucket must be there before the function that it calls, and where the function says to be called."""
    triggers = function.data.get("triggers") or ()
    called = (
        _label(function, ("triggers", number, "source", "component"), "the bucket calls it")
        for number, one in enumerate(triggers)
        if _names(one.get("source") or {}, bucket)
    )
    return _why(bucket, function, parts), tuple(called)[:1]


def _why(bucket: str, function: Part, parts: Parts) -> Label:
    name = parts[bucket].data.get("bucket", {}).get("name")
    if name is not None and "${" in name:
        return _label(parts[bucket], ("bucket", "name"), "is known only after apply")
    for part in _needed_by(function, parts):
        for number, written in enumerate(part.data.get("dependsOn") or ()):
            if str(written).rpartition("/")[2] == bucket:
                return _label(part, ("dependsOn", number), "waits for the bucket")
        for one in part.references:
            if one.component.rpartition("/")[2] == bucket and not one.stack and one.output not in EARLY:
                return Label(one.output_span(part.entry.layers), "waits for the bucket")
    return function.label


def _needed_by(start: Part, parts: Parts) -> Iterator[Part]:
    """The component, then those that it needs, the nearest first."""
    seen, waiting = {start.component.name}, deque([start])
    while waiting:
        part = waiting.popleft()
        yield part
        for name in (*part.uses, *part.awaits):
            if name not in seen and name in parts:
                seen.add(name)
                waiting.append(parts[name])


def _names(source: Data, component: str) -> bool:
    return isinstance(source, dict) and str(source.get("component")).rpartition("/")[2] == component


def _label(part: Part, path: Steps, text: str = "") -> Label:
    return Label(part.entry.layers.span(("spec", *path)), text)


def path_of(data: Data, value: object) -> Steps | None:
    """The way to the first text in the data that is this one."""
    if isinstance(data, str):
        return () if data == value else None
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return next(((step, *path) for step, item in items if (path := path_of(item, value)) is not None), None)
