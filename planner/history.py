"""The history of a stack: one entry for each run that has ended."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field

from panka.planner.formats import Upgrade, read
from panka.planner.plan import Action
from panka.planner.record import Span
from panka.planner.resource import Model
from panka.planner.state import RunKind

FORMAT = 2
UPGRADES: Mapping[int, Upgrade] = {1: lambda record: record}
"""From each earlier format to the next. 2 has `spans`, not known of what was recorded before."""


class Failure(Model):
    """Why a step failed, for people."""

    key: str
    place: str
    message: str
    span: Span | None = None
    """When it was at work; None of what is no step."""


class Entry(Model):
    """A run's line in the history: immutable, written once at its end."""

    format: int = FORMAT
    run: int
    kind: RunKind
    plan: str
    by: str
    git: str = ""
    started: str
    finished: str
    result: Literal["succeeded", "failed", "rolled back", "cancelled"]
    changes: dict[Action, int]
    """Components by what was planned for them."""
    steps: tuple[tuple[str, float], ...] = ()
    """Keys of the steps that ran and the seconds of their last try."""
    spans: dict[str, Span] = Field(default_factory=dict)
    """When they were at work, by key."""
    failures: tuple[Failure, ...] = ()
    approved_by: str = ""
    """Who approved of the plan, where somebody had to."""
    said: tuple[str, ...] = ()
    """What people told the run: `ana: retry api:main`."""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The line in a filed body, of whichever format. Raises Newer."""
        return read(cls, body, "history of a run", FORMAT, UPGRADES)
