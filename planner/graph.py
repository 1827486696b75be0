"""The DAG: what waits for what. Edges lead from a dependency to what needs it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Self

import rustworkx as rx

from panka.planner.resource import Address, Resource


class Cycle(Exception):
    """The dependencies go round in a circle."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(" -> ".join((*path, path[0])))
        self.path = path
        """Every node once; each needs the next, and the last needs the first."""


class Graph:
    """A rustworkx DAG of names. Raises Cycle when there is one; dependencies on unknown names are no edges."""

    def __init__(self, dependencies: Mapping[str, Iterable[str]]) -> None:
        self._dag: rx.PyDiGraph[str, None] = rx.PyDiGraph()
        self._index = dict(zip(dependencies, self._dag.add_nodes_from(list(dependencies)), strict=True))
        self._dag.add_edges_from_no_data(
            [
                (self._index[needed], self._index[name])
                for name, needs in dependencies.items()
                for needed in sorted(needs)
                if needed in self._index
            ]
        )
        if not rx.is_directed_acyclic_graph(self._dag):
            raise Cycle(self._smallest_cycle())

    @classmethod
    def of(cls, resources: Mapping[Address, Resource]) -> Self:
        """The graph of a compiled stack, by address."""
        return cls({str(address): resource.dependencies() for address, resource in resources.items()})

    def _smallest_cycle(self) -> tuple[str, ...]:
        """The shortest cycle, from its alphabetically first node, told as `needs`."""
        cycles = []
        for component in rx.strongly_connected_components(self._dag):
            inside = self._dag.subgraph(sorted(component))
            start = min(inside.node_indices(), key=lambda index: inside[index])
            for successor in inside.successor_indices(start):
                if successor == start:
                    return (inside[start],)
                paths = rx.dijkstra_shortest_paths(inside, successor, target=start)
                if start in paths:
                    cycles.append([inside[index] for index in paths[start]])
        shortest = min(cycles, key=lambda path: (len(path), path))
        shortest.reverse()
        return tuple(shortest)

    def order(self) -> list[str]:
        """Dependencies first; among equals by name, so that the order never depends on the input's."""
        return list(rx.lexicographical_topological_sort(self._dag, key=lambda name: name))

    def levels(self) -> list[list[str]]:
        """Every name in the level after its last dependency's; each level sorted."""
        return [sorted(self._dag[index] for index in level) for level in rx.topological_generations(self._dag)]

    def dependencies(self, name: str) -> list[str]:
        """What a name needs directly, sorted."""
        return sorted(self._dag[index] for index in self._dag.predecessor_indices(self._index[name]))

    def dependents(self, name: str) -> list[str]:
        """What needs a name directly, sorted."""
        return sorted(self._dag[index] for index in self._dag.successor_indices(self._index[name]))

    def upstream(self, name: str) -> set[str]:
        """Everything that a name needs, through others too."""
        return {self._dag[index] for index in rx.ancestors(self._dag, self._index[name])}

    def downstream(self, name: str) -> set[str]:
        """Everything that needs a name, through others too."""
        return {self._dag[index] for index in rx.descendants(self._dag, self._index[name])}

    def edges(self) -> list[tuple[str, str]]:
        """(dependency, dependent), sorted."""
        return sorted((self._dag[source], self._dag[target]) for source, target in self._dag.edge_list())

    def remaining(self, cost: Callable[[str], float]) -> dict[str, float]:
        """For each name the cost of the longest path from it, itself included."""
        longest: dict[str, float] = {}
        for index in reversed(rx.topological_sort(self._dag)):
            name = self._dag[index]
            after = (longest[self._dag[next]] for next in self._dag.successor_indices(index))
            longest[name] = cost(name) + max(after, default=0.0)
        return longest

    def critical_path(self, cost: Callable[[str], float] = lambda _name: 1.0) -> list[str]:
        """The longest path by cost, dependency first; among equals the alphabetically first."""
        longest = self.remaining(cost)
        path: list[str] = []
        choices = list(longest)
        while choices:
            step = min(choices, key=lambda name: (-longest[name], name))
            path.append(step)
            choices = self.dependents(step)
        return path

    def nearest(self, chosen: Callable[[str], bool]) -> dict[str, set[str]]:
        """For each chosen name the chosen ones it waits for, seen through those in between that are not chosen."""
        near: dict[str, set[str]] = {}
        for name in self.order():
            found: set[str] = set()
            for needed in self.dependencies(name):
                found.update((needed,) if chosen(needed) else near[needed])
            near[name] = found
        return {name: waits for name, waits in near.items() if chosen(name)}
