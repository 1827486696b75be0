"""What has become of the steps of a run."""

from dataclasses import dataclass
from enum import StrEnum

from panka.planner.record import Span


class Fate(StrEnum):
    """What has become of a step until now."""

    WAITING = "waits"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDONE = "taken back"


FATES = {Fate.RUNNING: ">", Fate.DONE: "=", Fate.FAILED: "x", Fate.UNDONE: "<"}
"""Their symbols."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one step."""

    fate: Fate
    text: str = ""
    """Why it failed or was skipped; of one that runs, what it waits for."""
    seconds: float | None = None
    """How long it took, or has taken."""
    span: Span | None = None
