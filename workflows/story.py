"""What a run tells those who watch it: a list of events that only grows."""

from datetime import UTC, datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Failure
    from panka.planner.plan import PlanRef
    from panka.workflows.messages import PAGE, Event, EventKind, Phase, Progress, Result
    from panka.workflows.ports import TRIES


_SHOWN = 50
"""Failures in the table for the Web UI, which takes 20 KB."""
_WORDS = 300
"""Characters of a failure in it."""
_BEGINNINGS = (EventKind.STARTED, EventKind.UNDOING)
_ENDS = (EventKind.DONE, EventKind.FAILED, EventKind.SKIPPED)


class Story:
    """The events of a run, its phase, and how far it is."""

    def __init__(self, plan: PlanRef) -> None:
        self.phase = Phase.LOCKING
        self.events: list[Event] = []
        self.result: Result | None = None
        self.total = 0
        """Steps, once they are known."""
        self._plan = plan
        self._running: dict[str, None] = {}
        self._finished = 0

    def enter(self, phase: Phase, about: str = "") -> None:
        self.phase = phase
        self.tell(EventKind.PHASE, phase, about)

    def tell(self, kind: EventKind, key: str, text: str = "") -> None:
        self.hear(Event(at=workflow.time(), kind=kind, key=key, text=text))

    def hear(self, event: Event) -> None:
        """Something happened, here or in a shard."""
        if event.kind in _BEGINNINGS:
            self._running[event.key] = None
        elif event.kind in (*_ENDS, EventKind.UNDONE):
            self._running.pop(event.key, None)
        self._finished += event.kind in _ENDS
        self.events.append(event)

    def reopen(self) -> None:
        """A step that had ended in failure is open again."""
        self._finished -= 1

    def end(self, result: Result) -> None:
        self.result = result
        self.enter(Phase.ENDED)

    def progress(self, since: int, *, run: int, failed: tuple[str, ...], cancelling: bool) -> Progress:
        events = tuple(self.events[since : since + PAGE])
        seen = since + len(events)
        return Progress(
            run=run,
            phase=self.phase,
            plan=self._plan,
            events=events,
            seen=seen,
            total=self.total,
            finished=min(self._finished, self.total),
            running=tuple(self._running)[:PAGE],
            failed=failed[:PAGE],
            cancelling=cancelling,
            result=self.result if seen == len(self.events) else None,
        )


def why(error: BaseException) -> str:
    """The innermost cause, in its own words."""
    while isinstance(error, ActivityError) and error.cause is not None:
        error = error.cause
    return error.message if isinstance(error, FailureError) else str(error)


def tries(error: BaseException) -> int:
    """How often what failed was tried, where the activity has told; else 0."""
    while isinstance(error, FailureError) and not isinstance(error, ApplicationError) and error.cause is not None:
        error = error.cause
    told = error.details[-1:] if isinstance(error, ApplicationError) else ()
    return int(told[0][TRIES]) if told and isinstance(told[0], dict) and TRIES in told[0] else 0


def table(failures: list[Failure]) -> str:
    """What has failed, in Markdown, for Temporal's Web UI."""
    rows = [f"| `{one.key}` | {one.message[:_WORDS]} | {one.place} |" for one in failures[:_SHOWN]]
    more = [f"| {len(failures) - _SHOWN} more | | |"] if len(failures) > _SHOWN else []
    return "\n".join(["### Failed", "", "| step | why | where |", "|---|---|---|", *rows, *more])


def rfc3339(moment: datetime) -> str:
    """`2026-11-23T09:30:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
