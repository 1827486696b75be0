"""How the steps that may run at once are shared out among the shards of a run.

A few shards at a time get a large part: a shard that has many results at once is told of them in one workflow task,
where twenty shards with a few each would need twenty. Who has the longest way to go gets the first part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_PART = 100
"""What one shard gets before the next one gets anything."""
_LONGER = 2.0
"""How many times as long somebody's way must be to be let through by those who have a part."""


@dataclass(slots=True)
class Demand:
    """One shard: what it could do, and what it may."""

    ready: int = 0
    """Steps that could start."""
    running: int = 0
    weight: float = 0
    """The longest way that is left from a step that could start, in seconds."""
    window: int = 0
    """What it has been given."""
    obeyed: int = 0
    """What it had been given when it told the above."""
    held: int = 0
    """The most that may run in it now."""

    def tell(self, ready: int, running: int, weight: float, obeyed: int) -> None:
        """What it has said."""
        self.ready, self.running, self.weight, self.obeyed = ready, running, weight, obeyed
        if obeyed == self.window:
            self.held = max(self.window, running)

    def give(self, window: int) -> None:
        """From now on it may so many, as soon as it hears of it."""
        self.window, self.held = window, max(self.held, window)

    @property
    def hungry(self) -> bool:
        """Could do something, and may nothing."""
        return self.ready > 0 and self.window == 0

    @property
    def settled(self) -> bool:
        """Has acted upon what it was given."""
        return self.obeyed == self.window


def allot(total: int, demands: Sequence[Demand]) -> dict[int, int]:
    """Gives and takes so that no more than `total` steps run at once. What each now has that has another window."""
    before = [one.window for one in demands]
    hungry = sorted((one for one in demands if one.hungry), key=lambda one: -one.weight)
    if hungry:
        _take_back(demands, hungry[0].weight)
    free = total - sum(one.held for one in demands)
    full = [one for one in demands if one.settled and one.ready and one.running >= one.window > 0]
    begun = [(one, _PART - one.window) for one in full if one.window < _PART]
    for one, most in (*begun, *((one, _PART) for one in hungry), *((one, one.ready) for one in full)):
        more = max(0, min(free, most, one.ready - one.window + one.running))
        if more:
            one.give(one.window + more)
            free -= more
    return {index: one.window for index, one in enumerate(demands) if one.window != before[index]}


def _take_back(demands: Sequence[Demand], weight: float) -> None:
    """Others wait, one with a way of this weight: nobody keeps what it does not use, nor what a longer way needs."""
    for one in demands:
        if one.window == 0 or not one.settled:
            continue
        if one.ready and one.weight * _LONGER < weight:
            one.give(0)
        elif one.ready + one.running < one.window:
            one.give(one.ready + one.running)
