"""What a run adds to a large state while it goes on, so that every checkpoint writes what is new and not the whole.

docs/reference/state-format.md has the rules. A journal names a body, and the parts that are to be folded into it.
"""

from collections.abc import Iterable
from typing import Self

from pydantic import Field

from panka.planner.formats import Upgrade, read
from panka.planner.plan import Plan
from panka.planner.record import Outcome, Undoing, fold, withdraw
from panka.planner.resource import Model
from panka.planner.state import State

FORMAT = 6
"""Counted together with the state's, so that a reader who knows bodies only refuses a journal as something newer."""
UPGRADES: dict[int, Upgrade] = {format: lambda record: record for format in (4, 5)}
"""From each earlier format to the next. 6 has the `span` of what is done, not known of earlier parts; 5 are states."""
_SMALL = 200
"""Entries up to which a state is written whole every time."""
_MOST_PARTS = 256
"""Parts in one journal: it names all of them whenever it grows."""


class Filed(Model):
    """An object in the store, by its content."""

    key: str
    sha256: str


class Part(Model):
    """What some steps of a run have left. Folding a part in twice gives the same state."""

    format: int = FORMAT
    done: tuple[Outcome, ...] = ()
    undone: tuple[Undoing, ...] = ()
    never: tuple[str, ...] = ()
    """Keys of steps that never began: what was announced of them is withdrawn."""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The part in a stored body. Raises Newer."""
        return read(cls, body, "part of a journal", FORMAT, UPGRADES)

    @property
    def empty(self) -> bool:
        return not (self.done or self.undone or self.never)


class Journal(Model):
    """A state as a body and the parts that came since, in their order."""

    format: int = FORMAT
    serial: int
    body: Filed
    plan: Filed
    """The plan of which the parts tell."""
    parts: tuple[Filed, ...] = ()
    results: int = 0
    """Steps in all of the parts."""
    entries: int = Field(ge=0)
    """Resources in the body, announced ones included."""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The journal in a stored body. Raises Newer."""
        return read(cls, body, "journal", FORMAT, UPGRADES)

    @property
    def to_be_whole(self) -> bool:
        """Whether the whole state is to be written next: always when it is small, else so rarely that all writes
        together grow no faster than the state."""
        return self.entries <= _SMALL or self.results > self.entries or len(self.parts) >= _MOST_PARTS

    def grown(self, parts: tuple[Filed, ...], results: int) -> Self:
        """With more parts, in which so many steps are told of."""
        return self.model_copy(update={"parts": (*self.parts, *parts), "results": self.results + results})


def entries(state: State) -> int:
    """How large a state is, in resources."""
    return len(state.resources) + len(state.deposed) + len(state.intended)


def folded(state: State, plan: Plan, parts: Iterable[Part]) -> State:
    """The state after what the parts tell."""
    told = list(parts)
    done = (outcome for part in told for outcome in part.done)
    undone = (undoing for part in told for undoing in part.undone)
    never = [key for part in told for key in part.never]
    after = fold(state, plan, done, undone)
    return withdraw(after, plan, never) if never else after
