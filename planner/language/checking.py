"""Checks the components: documents, with infra, defaults and variables, to parts that know what they need."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from pydantic_core import PydanticCustomError

from panka.planner.component import Component, ComponentSpec, Kind, LifecycleSpec
from panka.planner.core import InfraSpec
from panka.planner.diagnostics import Label
from panka.planner.language.connections import Edges
from panka.planner.language.documents import Steps
from panka.planner.language.envelopes import Entry
from panka.planner.language.expansion import Expansion
from panka.planner.language.exposed import tell_exposed
from panka.planner.language.infra import tell_untaken, translated
from panka.planner.language.overlays import overlay, underlay
from panka.planner.language.parts import Part, StackPart
from panka.planner.language.review import Review, spec_values
from panka.planner.language.surroundings import check_services, check_stack
from panka.planner.resource import Place
from panka.planner.units import seconds


def check_all(review: Review) -> tuple[StackPart, dict[str, Part]]:
    """The Stack, and the components that are right, what is needed first. What is wrong is in the review's findings."""
    edges = Edges(list(review.inventory.components))
    stack = check_stack(review)
    waits = check_services(review, edges)
    _lay_infra(review)
    parts: dict[str, Part] = {}
    balancers: dict[str, list[str]] = {}
    for name, entry in review.inventory.components.items():
        part = _Checking(review, entry, edges, stack.tags, waits.get(name, ()), balancers).part()
        if part is not None:
            parts[name] = part
    for name in balancers.keys() & parts.keys():
        parts[name] = replace(parts[name], uses=tuple(dict.fromkeys((*parts[name].uses, *balancers[name]))))
    order = sorted(parts) if edges.report_cycles(review.findings) else edges.order()
    return stack, {name: parts[name] for name in order if name in parts}


def _lay_infra(review: Review) -> None:
    """Lays defaults under the components and each ComponentInfra over its own."""
    inventory = review.inventory
    defaults = [entry for entry in reversed(inventory.defaults) if _infra_is_right(review, entry)]
    infra = {name: entry for name, entry in inventory.infra.items() if _infra_is_right(review, entry)}
    for default in defaults:
        reached = [one for one in inventory.components.values() if default.service in ("", one.service)]
        tell_untaken(default, [review.kinds[one.kind] for one in reached], review.findings)
    for name, entry in infra.items():
        review.directory.component(name, partial(entry.layers.span, ("metadata", "name")), review.findings)
    for name, entry in inventory.components.items():
        kind = review.kinds[entry.kind]
        for default in defaults:
            if default.service in ("", entry.service):
                entry.layers = underlay(entry.layers, translated(default, kind, None))
        if name in infra:
            entry.layers = overlay(entry.layers, translated(infra[name], kind, review.findings))


def _infra_is_right(review: Review, entry: Entry) -> bool:
    walk = review.expansion(entry)
    right = review.checked(InfraSpec, walk.values(entry.spec, ("spec",)), entry, walk) is not None
    return right and not walk.broken


class _Checking:
    """The check of one component."""

    def __init__(
        self,
        review: Review,
        entry: Entry,
        edges: Edges,
        stack_tags: Mapping[str, str],
        waits: tuple[str, ...],
        balancers: dict[str, list[str]],
    ) -> None:
        self.review = review
        self.entry = entry
        self.edges = edges
        self.stack_tags = stack_tags
        self.awaits = list(waits)
        self.balancers = balancers
        """By component, the load balancers that name it; filled here."""
        self.uses: list[str] = []

    def part(self) -> Part | None:
        review, entry = self.review, self.entry
        kind = review.kinds[entry.kind]
        walk = review.expansion(entry)
        data = spec_values(entry, walk)
        labels = review.labels(entry)
        self._references(walk)
        granted = tuple(self.uses)
        self._depends_on(data.get("dependsOn"))
        spec = review.checked(kind.spec, data, entry, walk)
        if spec is None:
            return None
        self._mentions(kind, spec)
        self._lifecycle(spec)
        tell_exposed(data, entry, review.findings)
        service = review.inventory.services.get(entry.service)
        service_labels = review.labels(service) if service else {}
        return Part(
            component=self._component(spec, labels),
            kind=kind,
            entry=entry,
            data=data,
            references=tuple(walk.references),
            uses=tuple(self.uses),
            granted=granted,
            awaits=tuple(dict.fromkeys(self.awaits)),
            tags={**self.stack_tags, **service_labels, **labels, **spec.tags},
        )

    def _component(self, spec: ComponentSpec, labels: dict[str, str]) -> Component[ComponentSpec]:
        entry, document = self.entry, self.entry.layers.document
        place = Place(document.file.name, document.line, document.column)
        return Component(entry.kind, entry.name, entry.service, spec, labels, place)

    def _references(self, walk: Expansion) -> None:
        early = [one for one in walk.references if one.path[:2] == ("spec", "tags")]
        self.review.too_early(early, self.entry, "a tag")
        for one in walk.references:
            if one.stack:
                continue
            found = self.review.directory.output(one, self.entry.layers, self.review.findings)
            if found is not None:
                self.edges.add(self.entry.name, found.name, partial(one.component_span, self.entry.layers))
                self._use(found.name)

    def _use(self, name: str) -> None:
        if name not in self.uses:
            self.uses.append(name)

    def _depends_on(self, written: object) -> None:
        for number, name in enumerate(written if isinstance(written, list) else ()):
            if isinstance(name, str) and (found := self._named(name, ("spec", "dependsOn", number))):
                self.awaits.append(found)

    def _mentions(self, kind: Kind, spec: ComponentSpec) -> None:
        for name, path in kind.mentions(spec):
            spot = partial(self.entry.layers.span, ("spec", *path))
            found = self.review.directory.component(name, spot, self.review.findings)
            if found is None:
                continue
            if kind.balances and self.review.kinds[found.kind].registers:
                self.edges.add(found.name, self.entry.name, spot)
                self.balancers.setdefault(found.name, []).append(self.entry.name)
            else:
                self.edges.add(self.entry.name, found.name, spot)
                self._use(found.name)

    def _named(self, written: str, path: Steps) -> str | None:
        spot = partial(self.entry.layers.span, path)
        found = self.review.directory.component(written, spot, self.review.findings)
        if found is None:
            return None
        self.edges.add(self.entry.name, found.name, spot)
        return found.name

    def _lifecycle(self, spec: ComponentSpec) -> None:
        timeouts = spec.lifecycle.timeouts if isinstance(spec.lifecycle, LifecycleSpec) else None
        for field in ("create", "update", "delete") if timeouts else ():
            try:
                seconds(getattr(timeouts, field))
            except PydanticCustomError as error:
                span = self.entry.layers.span(("spec", "lifecycle", "timeouts", field))
                self.review.findings.add(error.type, error.message(), Label(span))
