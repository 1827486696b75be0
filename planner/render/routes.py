"""The ways of the lines between boxes: through the gaps of every column that lies between, and never across a box."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from panka.planner.render.layout import HEIGHT, Spot

_CLEAR = 5
"""How far a line stays away from a box."""


@dataclass(frozen=True, slots=True)
class _Column:
    """Boxes that stand below each other."""

    left: float
    right: float
    tops: Sequence[float]

    def lane(self, wanted: float) -> float:
        """The height nearest to the one wanted at which nothing stands."""
        place = bisect_left(self.tops, wanted + _CLEAR)
        if place == 0 or wanted > self.tops[place - 1] + HEIGHT + _CLEAR:
            return wanted
        above, below = self.tops[place - 1] - _CLEAR, self.tops[place - 1] + HEIGHT + _CLEAR
        return above if wanted - above < below - wanted else below


class Routes:
    """Finds ways among boxes that stand."""

    def __init__(self, spots: Mapping[str, Spot]) -> None:
        self._spots = spots
        self._columns = _columns(spots.values())
        self._lefts = [column.left for column in self._columns]

    def path(self, start: str, end: str) -> str:
        """The way from one box to another, as SVG writes it."""
        one, other = self._spots[start], self._spots[end]
        x, y, to, down = one.x + one.width, one.y + HEIGHT / 2, other.x, other.y + HEIGHT / 2
        if to <= x:  # they stand in one column, or the wrong way round
            side = max(x, other.x + other.width)
            return f"M{x:g},{y:g}C{side + 28:g},{y:g} {side + 28:g},{down:g} {other.x + other.width:g},{down:g}"
        said = [f"M{x:g},{y:g}"]
        for column in self._between(x, to):
            lane = column.lane(y + (down - y) * (column.left - x) / (to - x))
            said += [_bent(x, y, column.left, lane), f"H{column.right:g}"]
            x, y = column.right, lane
        return "".join((*said, _bent(x, y, to, down)))

    def _between(self, x: float, to: float) -> Iterable[_Column]:
        return self._columns[bisect_left(self._lefts, x) : bisect_left(self._lefts, to)]


def _bent(x: float, y: float, to: float, down: float) -> str:
    middle = (to - x) / 2
    y, down = round(y, 1), round(down, 1)
    return f"C{x + middle:g},{y:g} {to - middle:g},{down:g} {to:g},{down:g}"


def _columns(spots: Iterable[Spot]) -> list[_Column]:
    found: dict[float, list[Spot]] = {}
    for spot in spots:
        found.setdefault(spot.x, []).append(spot)
    return [
        _Column(x, max(spot.x + spot.width for spot in inside), sorted(spot.y for spot in inside))
        for x, inside in sorted(found.items())
    ]
