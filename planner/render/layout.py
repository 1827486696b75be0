"""Where the boxes of a picture stand: a column for each level, and in it the order in which the fewest lines cross.

The order is that of barycentres: each box goes where the middle of its neighbours is, level by level, to and fro.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from panka.planner.render.picture import Node

HEIGHT = 38
"""Of a box."""
_ROW = HEIGHT + 12
_BETWEEN = 56
"""From a level to the next, where the lines run."""
_BESIDE = 26
"""From a box to the one beside it, in a level that is wide."""
_TOP = 34
_MARGIN = 14
_NARROW, _WIDE = 118, 238
_LETTER, _SMALL = 7.3, 6.1
"""How wide a letter of a label is, and one of the line below it."""
_ROWS = 26
"""How many boxes stand below each other before a level goes on beside them."""
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a box stands."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    """Where a level stands."""

    level: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands."""

    spots: Mapping[str, Spot]
    """By the ids of boxes."""
    columns: tuple[Column, ...]
    width: float
    height: float


def letters(width: float, *, small: bool = False) -> int:
    """How many letters fit into a box."""
    return int((width - 38) / (_SMALL if small else _LETTER))


def laid_out(nodes: Sequence[Node]) -> Layout:
    """The same for the same boxes, in whatever order they come."""
    nodes = sorted(nodes, key=lambda one: (one.level, one.label, one.id))
    levels = _levels(nodes)
    needs = {node.id: [one for one in node.needs if one != node.id] for node in nodes}
    users: dict[str, list[str]] = {node.id: [] for node in nodes}
    for id, own in needs.items():
        for one in own:
            users[one].append(id)
    for _ in range(_SWEEPS):
        _order(levels, needs)
        _order(levels[::-1], users)
    rows = max(_ROWS, ceil(sqrt(len(nodes)) * 1.6))
    heights = _heights(levels, needs, users, rows)
    return _placed(levels, heights, rows, {node.id: node for node in nodes})


def _levels(nodes: Sequence[Node]) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for node in nodes:
        found.setdefault(node.level, []).append(node.id)
    return list(found.values())


def _order(levels: list[list[str]], neighbours: Mapping[str, Sequence[str]]) -> None:
    """Orders each level by the middle of its neighbours in levels before; a box without any stays where it is."""
    where: dict[str, float] = {}
    for level in levels:
        own = {id: (place + 0.5) / len(level) for place, id in enumerate(level)}
        middle = {id: _mean([where[one] for one in neighbours[id] if one in where], own[id]) for id in level}
        level.sort(key=lambda one: (middle[one], own[one]))
        where |= {id: (place + 0.5) / len(level) for place, id in enumerate(level)}


def _heights(
    levels: list[list[str]], needs: Mapping[str, Sequence[str]], users: Mapping[str, Sequence[str]], rows: int
) -> dict[str, float]:
    """How far down each box stands, in rows: as near to its neighbours as the boxes above and below it allow."""
    at: dict[str, float] = {}
    for level in levels:
        across = ceil(len(level) / rows)
        at |= {id: place // across - (len(level) / across - 1) / 2 for place, id in enumerate(level)}
    narrow = [level for level in levels if len(level) <= rows]
    for neighbours, order in ((needs, narrow), (users, narrow[::-1]), (needs, narrow), (users, narrow[::-1])):
        for level in order:
            at |= zip(level, _apart([_mean([at[one] for one in neighbours[id]], at[id]) for id in level]), strict=True)
    return at


def _apart(wanted: list[float]) -> list[float]:
    """The places nearest to those wanted that are at least one apart, in the same order."""
    blocks: list[tuple[float, int]] = []
    for place, want in enumerate(wanted):
        mean, size = want - place, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    return [mean + place for place, mean in enumerate(flat)]


def _placed(levels: list[list[str]], at: Mapping[str, float], rows: int, nodes: Mapping[str, Node]) -> Layout:
    spots: dict[str, Spot] = {}
    columns: list[Column] = []
    top = min(at.values(), default=0)
    x: float = _MARGIN
    for level in levels:
        start, across = x, ceil(len(level) / rows)
        for beside in range(across):
            inside = level[beside::across]
            width = max(_wide(nodes[id]) for id in inside)
            spots |= {id: Spot(round(x), round(_TOP + (at[id] - top) * _ROW), width) for id in inside}
            x += width + _BESIDE
        x -= _BESIDE
        columns.append(Column(nodes[level[0]].level, round(start), round(x - start)))
        x += _BETWEEN
    bottom = max((spot.y for spot in spots.values()), default=0) + HEIGHT + _MARGIN
    return Layout(spots, tuple(columns), round(x - _BETWEEN + _MARGIN), round(bottom))


def _wide(node: Node) -> int:
    text = max(len(short(node)) * _LETTER, len(below(node)) * _SMALL)
    return round(min(max(text + 44, _NARROW), _WIDE))


def short(node: Node) -> str:
    """A name without its service: components have names of their own in a stack."""
    return node.label.rpartition("/")[2]


def below(node: Node) -> str:
    """What stands below the name: the type, and of how many resources a component is made."""
    return shortened(node.kind) + (f" · {node.resources}" if node.resources > 1 else "")


def shortened(type: str) -> str:
    """`SQS Queue`, as a box says `AWS::SQS::Queue`."""
    return type.removeprefix("AWS::").replace("::", " ")


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
