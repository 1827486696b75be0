"""Who needs whom: names found, edges with their places, the order of components, and cycles."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import rustworkx

from panka.planner.component import Kind
from panka.planner.diagnostics import Findings, Label, Spot, closest, did_you_mean
from panka.planner.language.envelopes import Entry
from panka.planner.language.expansion import Reference
from panka.planner.language.inventory import Inventory
from panka.planner.language.overlays import Layered

_STARTS = 200
"""From how many components of a knot the smallest cycle is looked for."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Finds what a name means."""

    inventory: Inventory
    kinds: Mapping[str, Kind]

    def component(self, written: str, spot: Spot, findings: Findings) -> Entry | None:
        """The component that `name` or `service/name` means; None, and a finding, when there is none."""
        service, _, name = written.rpartition("/")
        entry = self.inventory.components.get(name)
        if entry is not None and service in ("", entry.service):
            return entry
        if entry is not None:
            where = f"is in service `{entry.service}`" if entry.service else "is in no service"
            help = f"write `{name}` or `{entry.service}/{name}`" if entry.service else f"write `{name}`"
            findings.add(
                "PK202", f"component `{name}` {where}, not in `{service}`", Label(spot(), "elsewhere"), help=help
            )
        elif self.inventory.complete:
            known = self.inventory.components
            meant = known.get(closest(name, known))
            findings.add(
                "PK202",
                f"the stack has no component `{written}`",
                Label(spot(), "unknown component"),
                secondary=(meant.name_label("declared here"),) if meant else (),
                notes=() if meant or not known else (f"components: {_some(known)}",),
                help=did_you_mean(name, known),
            )
        return None

    def output(self, reference: Reference, layers: Layered, findings: Findings) -> Entry | None:
        """The component whose output is referred to; None, and a finding, when either is unknown."""
        entry = self.component(reference.component, partial(reference.component_span, layers), findings)
        if entry is None:
            return None
        outputs = self.kinds[entry.kind].outputs_for(entry.spec)
        if reference.output in outputs:
            return entry
        findings.add(
            "PK201",
            f"{entry.title} has no output `{reference.output}`",
            Label(reference.output_span(layers), "unknown output"),
            secondary=(entry.name_label("declared here"),),
            notes=(f"outputs of {entry.kind}: {', '.join(sorted(outputs)) or 'none'}",),
            help=did_you_mean(reference.output, outputs),
        )
        return None


def _some(names: Iterable[str]) -> str:
    """The first dozen of the names."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 12} more" if len(ordered) > 12 else ""
    return ", ".join(ordered[:12]) + more


@dataclass(eq=False, slots=True)
class Edges:
    """Needs between named things, each with the place that says so first."""

    names: list[str]
    places: dict[tuple[str, str], Spot] = field(default_factory=dict)

    def add(self, needing: str, needed: str, spot: Spot) -> None:
        self.places.setdefault((needing, needed), spot)

    def order(self) -> list[str]:
        """The names, what is needed first; among equals by name. There must be no cycle."""
        graph = self._graph()
        return list(rustworkx.lexicographical_topological_sort(graph, key=str))

    def _graph(self) -> "rustworkx.PyDiGraph[str, None]":
        graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph()
        ordered = sorted(self.names)
        numbers = dict(zip(ordered, graph.add_nodes_from(ordered), strict=True))
        graph.add_edges_from_no_data([(numbers[needed], numbers[needing]) for needing, needed in sorted(self.places)])
        return graph

    def cycles(self) -> list[list[str]]:
        """The smallest cycle of every knot, from the first of its names on; each needs the next, the last the first."""
        graph = self._graph()
        knots = [sorted(graph[node] for node in knot) for knot in rustworkx.strongly_connected_components(graph)]
        return [_smallest(knot, self._needs(knot)) for knot in sorted(knots) if self._is_knot(knot)]

    def _is_knot(self, knot: list[str]) -> bool:
        return len(knot) > 1 or (knot[0], knot[0]) in self.places

    def _needs(self, knot: list[str]) -> dict[str, list[str]]:
        inside = set(knot)
        needs: dict[str, list[str]] = {name: [] for name in knot}
        for needing, needed in sorted(self.places):
            if needing in inside and needed in inside:
                needs[needing].append(needed)
        return needs

    def report_cycles(self, findings: Findings) -> bool:
        """Tells of each cycle with the place of every edge; whether there was one."""
        cycles = self.cycles()
        for cycle in cycles:
            pairs = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
            labels = [Label(self.places[pair](), f"{pair[0]} needs {pair[1]}") for pair in pairs]
            if len(labels) > 1:
                labels[-1] = Label(labels[-1].span, f"{labels[-1].text}: cycle")
            edges = f"break one of the {len(pairs)} edges" if len(pairs) > 1 else "nothing can wait for itself"
            path = " -> ".join([*cycle, cycle[0]])
            findings.add("PK203", f"dependency cycle: {path}", labels[0], secondary=tuple(labels[1:]), help=edges)
        return bool(cycles)


def _smallest(knot: Iterable[str], needs: Mapping[str, list[str]]) -> list[str]:
    names = list(knot)[:_STARTS]
    found = [cycle for name in names if (cycle := _shortest_way_back(name, needs))]
    best = min(found, key=lambda cycle: (len(cycle), cycle))
    first = best.index(min(best))
    return best[first:] + best[:first]


def _shortest_way_back(start: str, needs: Mapping[str, list[str]]) -> list[str]:
    before: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for needed in needs[name]:
            if needed == start:
                way = [name]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1]
            if needed not in before:
                before[needed] = name
                waiting.append(needed)
    return []
