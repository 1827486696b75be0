"""What is drawn of a stack: components, or resources, with what they need. Every rendering starts from this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import rustworkx as rx

from panka.planner.estimate import seconds
from panka.planner.graph import Graph
from panka.planner.resource import STACK, Address, Resource


@dataclass(frozen=True, slots=True)
class Node:
    """One box. `needs` are ids of other boxes, sorted."""

    id: str
    label: str
    """As people call it: `api/jobs`, or `jobs:main` for a resource."""
    kind: str
    """The kind of a component, or the type of a resource."""
    level: int
    """From 0; what it needs stands in a lower one, or in the same where two components need parts of each other."""
    needs: tuple[str, ...]
    resources: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes by level, then by name."""

    nodes: tuple[Node, ...]
    critical: tuple[str, ...]
    """Ids along the longest path, dependency first."""

    def levels(self) -> list[list[Node]]:
        found: dict[int, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.level, []).append(node)
        return [found[level] for level in sorted(found)]

    def by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    def dependents(self) -> dict[str, list[str]]:
        """For each id the ids that need it, in the order of the nodes."""
        found: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for node in self.nodes:
            for needed in node.needs:
                found[needed].append(node.id)
        return found

    def around(self, name: str) -> "Picture":
        """One box with everything that it needs and everything that needs it. Raises KeyError for an unknown one."""
        centre = next((node.id for node in self.nodes if name in (node.id, node.label)), None)
        if centre is None:
            raise KeyError(name)
        needs = {node.id: node.needs for node in self.nodes}
        kept = _reach(centre, needs) | _reach(centre, self.dependents())
        nodes = tuple(
            Node(
                node.id,
                node.label,
                node.kind,
                node.level,
                tuple(needed for needed in node.needs if needed in kept),
                node.resources,
            )
            for node in self.nodes
            if node.id in kept
        )
        return Picture(nodes, tuple(id for id in self.critical if id in kept))


def of_resources(resources: Mapping[Address, Resource]) -> Picture:
    """One box for each resource. Raises Cycle."""
    graph = Graph.of(resources)
    nodes = [
        Node(name, name, resources[Address(name)].type, level, tuple(graph.dependencies(name)))
        for level, names in enumerate(graph.levels())
        for name in names
    ]
    return Picture(tuple(nodes), tuple(_longest(graph, resources)))


def of_components(resources: Mapping[Address, Resource]) -> Picture:
    """One box for each component. Raises Cycle when resources need each other.

    Two components whose parts need parts of each other (a topic's subscription needs the queue, the queue's policy
    needs the topic) stand in one level: that is no cycle of resources.
    """
    graph = Graph.of(resources)
    members: dict[str, list[Resource]] = {}
    for address, resource in resources.items():
        members.setdefault(address.component, []).append(resource)
    needs = {name: _needed(name, inside, resources) for name, inside in members.items()}
    levels = levels_of(needs)
    nodes = [
        Node(name, _label(name, inside[0]), inside[0].kind, levels[name], tuple(sorted(needs[name])), len(inside))
        for name, inside in members.items()
    ]
    path = dict.fromkeys(Address(name).component for name in _longest(graph, resources))
    return Picture(tuple(sorted(nodes, key=lambda node: (node.level, node.label))), tuple(path))


def _longest(graph: Graph, resources: Mapping[Address, Resource]) -> list[str]:
    """The path that takes longest to make, as a plan would say."""
    return graph.critical_path(lambda name: seconds(resources[Address(name)].type, "create"))


def _needed(name: str, inside: Iterable[Resource], resources: Mapping[Address, Resource]) -> set[str]:
    return {
        address.component
        for resource in inside
        for address in resource.dependencies()
        if address in resources and address.component != name
    }


def _label(name: str, one: Resource) -> str:
    if name == STACK:
        return "(stack)"
    return f"{one.service}/{name}" if one.service else name


def levels_of(needs: Mapping[str, set[str]]) -> dict[str, int]:
    """Each name's level; names that need each other share one."""
    dag: rx.PyDiGraph[str, None] = rx.PyDiGraph()
    index = dict(zip(needs, dag.add_nodes_from(list(needs)), strict=True))
    dag.add_edges_from_no_data([(index[needed], index[name]) for name in needs for needed in needs[name]])
    group = {
        dag[member]: number
        for number, members in enumerate(rx.strongly_connected_components(dag))
        for member in members
    }
    between = {number: set[str]() for number in group.values()}
    for name, needed in needs.items():
        between[group[name]] |= {str(group[one]) for one in needed if group[one] != group[name]}
    order = Graph({str(number): waits for number, waits in between.items()}).levels()
    level = {int(number): depth for depth, numbers in enumerate(order) for number in numbers}
    return {name: level[group[name]] for name in needs}


def _reach(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen.add(id)
            waiting += edges[id]
    return seen
