"""How the steps that may run at once are shared out among the shards of a run.

As few shards as possible get as large parts as they can use: one that has many results at once is told of them in one
workflow task, where twenty shards with a few each would need twenty. Who has a much longer way to go goes first, then
who needs only a few, then who has the largest part already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_PART = 100
"""What one shard gets before the next one gets anything."""
_FEW = 10
"""So many cost the others little, and what comes after them may be much."""
_MINUTE = 60
"""Ways of less than a minute are alike, so are those of less than two, of less than four, and so on."""


@dataclass(slots=True)
class Demand:
    """One shard: what it could do, and what it may."""

    ready: int = 0
    """Steps that could start."""
    running: int = 0
    weight: float = 0
    """The longest way that is left from a step that could start, in seconds; where none could, what it was last."""
    window: int = 0
    """What it has been given."""
    obeyed: int = 0
    """What it had been given when it told the above."""
    held: int = 0
    """The most that may run in it now."""

    def tell(self, ready: int, running: int, weight: float, obeyed: int) -> None:
        """What it has said."""
        self.ready, self.running, self.obeyed = ready, running, obeyed
        self.weight = weight or self.weight
        if obeyed == self.window:
            self.held = max(self.window, running)

    def give(self, window: int) -> None:
        """From now on it may so many, as soon as it hears of it."""
        self.window, self.held = window, max(self.held, window)

    @property
    def use(self) -> int:
        """How many it could have at once."""
        return self.ready + self.running

    @property
    def settled(self) -> bool:
        """Has acted upon what it was given."""
        return self.obeyed == self.window


def allot(total: int, demands: Sequence[Demand]) -> dict[int, int]:
    """Gives and takes so that no more than `total` steps run at once. What each now has that has another window."""
    before = [one.window for one in demands]
    in_turn = sorted(demands, key=_turn)
    parts = _parts(total, in_turn)
    _take_back(total, in_turn, parts)
    free = total - sum(one.held for one in demands)
    for one, part in zip(in_turn, parts, strict=True):
        more = min(free, part - one.window)
        if more > 0 and one.settled:
            one.give(one.window + more)
            free -= more
    return {index: one.window for index, one in enumerate(demands) if one.window != before[index]}


def _turn(one: Demand) -> tuple[int, bool, int, float]:
    return -(int(one.weight) // _MINUTE).bit_length(), one.use > _FEW, -one.window, -one.weight


def _parts(total: int, in_turn: Sequence[Demand]) -> list[int]:
    """What each should have."""
    parts = [0] * len(in_turn)
    for most in (_PART, total):
        for index, one in enumerate(in_turn):
            parts[index] += min(total - sum(parts), max(0, min(one.use, most) - parts[index]))
    return parts


def _take_back(total: int, in_turn: Sequence[Demand], parts: Sequence[int]) -> None:
    """As much as somebody lacks and nobody lets go already, from the last in turn first."""
    lacking = sum(max(0, part - one.window) for one, part in zip(in_turn, parts, strict=True))
    lacking -= total - sum(one.window for one in in_turn)
    for one, part in zip(reversed(in_turn), reversed(parts), strict=True):
        less = min(lacking, one.window - part)
        if less > 0 and one.settled:
            one.give(one.window - less)
            lacking -= less
