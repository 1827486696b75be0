"""The history of a stack: one entry for each run that has ended."""

from typing import Literal

from panka.planner.plan import Action
from panka.planner.resource import Model
from panka.planner.state import RunKind


class Failure(Model):
    """Why a step failed, for people."""

    key: str
    place: str
    message: str


class Entry(Model):
    """A run's line in the history: immutable, written once at its end."""

    format: int = 1
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
    """Keys of the steps that ran and their seconds."""
    failures: tuple[Failure, ...] = ()
    approved_by: str = ""
    """Who approved of the plan, where somebody had to."""
    said: tuple[str, ...] = ()
    """What people told the run: `ana: retry api:main`."""
