"""Checks what surrounds the components: the Stack and its Services."""

from functools import partial

from panka.planner.core import RuleSpec, ServiceSpec, StackSpec
from panka.planner.diagnostics import Label, Spot, did_you_mean
from panka.planner.language.addresses import check_blocks
from panka.planner.language.connections import Edges
from panka.planner.language.documents import Steps
from panka.planner.language.envelopes import Entry
from panka.planner.language.parts import StackPart
from panka.planner.language.review import Review, spec_values

SECURITY_GROUP = "securityGroupId"
"""The output by which other components' security group is known."""


def check_stack(review: Review) -> StackPart:
    """What the Stack says; without one, or with mistakes in it, the defaults."""
    entry = review.inventory.stack
    if entry is None:
        return StackPart(StackSpec(), None, {}, {}, ())
    walk = review.expansion(entry)
    data = spec_values(entry, walk)
    spec = review.checked(StackSpec, data, entry, walk) or StackSpec()
    outputs = tuple(one for one in walk.references if one.path[:2] == ("spec", "outputs"))
    review.too_early((one for one in walk.references if one not in outputs), entry, "this field")
    for one in outputs:
        if not one.stack:
            review.directory.output(one, entry.layers, review.findings)
    for number, name in enumerate(spec.protect):
        review.directory.component(name, partial(entry.layers.span, ("spec", "protect", number)), review.findings)
    _check_rules(review, spec, entry)
    check_blocks(review, spec, entry)
    return StackPart(spec, entry, {**spec.tags, **review.labels(entry)}, data.get("outputs") or {}, outputs)


def _check_rules(review: Review, spec: StackSpec, entry: Entry) -> None:
    group = spec.networking.security_group
    if group is not None:
        for direction, rules in (("ingress", group.ingress), ("egress", group.egress)):
            for number, rule in enumerate(rules):
                _check_rule(review, rule, entry, ("spec", "networking", "securityGroup", direction, number))


def _check_rule(review: Review, rule: RuleSpec, entry: Entry, path: Steps) -> None:
    if rule.source_component is None:
        return
    spot = partial(entry.layers.span, (*path, "sourceComponent"))
    found = review.directory.component(rule.source_component, spot, review.findings)
    if found is not None and SECURITY_GROUP not in review.kinds[found.kind].outputs:
        review.findings.add("PK201", f"{found.title} has no security group", Label(spot(), "cannot be let in by it"))


def check_services(review: Review, edges: Edges) -> dict[str, tuple[str, ...]]:
    """Checks the Services. Adds an edge, and returns a wait, for every component whose service depends on another."""
    between = _between_services(review)
    if between.report_cycles(review.findings):
        return {}
    inside: dict[str, list[str]] = {}
    for name, entry in review.inventory.components.items():
        inside.setdefault(entry.service, []).append(name)
    waits: dict[str, tuple[str, ...]] = {}
    for (service, needed_service), spot in between.places.items():
        awaited = inside.get(needed_service, [])
        for name in inside.get(service, []):
            waits[name] = (*waits.get(name, ()), *awaited)
            for needed in awaited:
                edges.add(name, needed, spot)
    return waits


def _between_services(review: Review) -> Edges:
    edges = Edges(sorted(review.inventory.service_names()))
    for name, entry in review.inventory.services.items():
        walk = review.expansion(entry)
        spec = review.checked(ServiceSpec, spec_values(entry, walk), entry, walk)
        review.too_early(walk.references, entry, "the spec")
        review.labels(entry)
        for number, needed in enumerate(spec.depends_on if spec else ()):
            spot = partial(entry.layers.span, ("spec", "dependsOn", number))
            if _is_service(review, needed, spot):
                edges.add(name, needed, spot)
    return edges


def _is_service(review: Review, name: str, spot: Spot) -> bool:
    known = review.inventory.service_names()
    if name in known:
        return True
    if review.inventory.complete:
        summary = f"the stack has no service `{name}`"
        review.findings.add("PK202", summary, Label(spot(), "unknown service"), help=did_you_mean(name, known))
    return False
