"""What has become of the steps of a run."""

from dataclasses import dataclass
from enum import StrEnum

from panka.planner.history import Entry
from panka.planner.plan import Plan
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


def ended(entry: Entry, plan: Plan) -> dict[str, Known]:
    """What has become of each step of a run, as the history tells it: what was taken back was done before.

    What failed and is no step has a key of its own.
    """
    done = Fate.UNDONE if entry.result in ("rolled back", "cancelled") else Fate.DONE
    known = {step.key: Known(Fate.SKIPPED) for step in (*plan.forward, *plan.cleanup)}
    known |= {key: Known(done, "", seconds, entry.spans.get(key)) for key, seconds in entry.steps}
    return known | {one.key: Known(Fate.FAILED, one.message, None, one.span) for one in entry.failures}
