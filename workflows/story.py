"""What a run tells those who watch it: a list of events that only grows."""

import asyncio
from datetime import UTC, datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Failure
    from panka.planner.owner import Scope
    from panka.planner.plan import PlanRef
    from panka.workflows.details import Now, page
    from panka.workflows.messages import LAST, PAGE, Event, EventKind, Phase, Progress, Result
    from panka.workflows.ports import TRIES

_BEGINNINGS = (EventKind.STARTED, EventKind.UNDOING)
_ENDS = (EventKind.DONE, EventKind.FAILED, EventKind.SKIPPED)


class Story:
    """The events of a run, its phase, and how far it is; all of which Temporal's Web UI shows as well."""

    def __init__(self, scope: Scope, plan: PlanRef) -> None:
        self.phase = Phase.LOCKING
        self.events: list[Event] = []
        self.failures: list[Failure] = []
        self.result: Result | None = None
        self.run = 0
        """Its number, once it has been announced."""
        self.total = 0
        """Steps, once they are known."""
        self.halting = False
        """Nothing more is started."""
        self._scope = scope
        self._plan = plan
        self._about = ""
        self._passed_over = ""
        self._running: dict[str, float] = {}
        """Steps and when they began."""
        self._finished = 0
        self._stale = False
        """What the Web UI shows is about to be drawn anew."""

    def enter(self, phase: Phase, about: str = "") -> None:
        self.phase, self._about, self._passed_over = phase, about, ""
        self.tell(EventKind.PHASE, phase, about)

    def tell(self, kind: EventKind, key: str, text: str = "") -> None:
        self.hear(Event(at=workflow.time(), kind=kind, key=key, text=text))

    def hear(self, event: Event) -> None:
        """Something happened, here or in a shard."""
        if event.kind in _BEGINNINGS:
            self._running[event.key] = event.at
        elif event.kind in (*_ENDS, EventKind.UNDONE):
            self._running.pop(event.key, None)
        self._finished += event.kind in _ENDS
        self.events.append(event)
        self._show()

    def fail(self, failure: Failure) -> None:
        """A step has failed."""
        self.failures.append(failure)
        self._show()

    def halt(self) -> None:
        """Nothing more is started."""
        self.halting = True
        self._show()

    def forgive(self, key: str) -> None:
        """A step that has failed is tried again: it has not failed, and is open."""
        self.failures = [one for one in self.failures if one.key != key]
        self._finished -= 1

    def pass_over(self, reason: str) -> None:
        """Somebody has sent a signal that cannot be taken, and nobody can be answered."""
        self._passed_over = reason
        self._show()

    def progress(self, since: int, failed: tuple[str, ...]) -> Progress:
        """As it is now, with the events after the first `since`. `failed` is what people may decide about."""
        events = tuple(self.events[since : since + PAGE])
        seen = since + len(events)
        return Progress(
            run=self.run,
            phase=self.phase,
            plan=self._plan,
            events=events,
            seen=seen,
            total=self.total,
            finished=min(self._finished, self.total),
            running=tuple(self._running)[:PAGE],
            failed=failed[:PAGE],
            cancelling=self.halting,
            result=self.result if seen == len(self.events) else None,
        )

    def last(self) -> tuple[Event, ...]:
        """What those who watch may not have heard yet, if they ask as often as they should."""
        return tuple(self.events[-LAST:])

    def _show(self) -> None:
        """Once for all that happens in one workflow task."""
        if not self._stale:
            self._stale = True
            asyncio.get_running_loop().call_soon(self._draw)

    def _draw(self) -> None:
        self._stale = False
        workflow.set_current_details(page(self._now()))

    def _now(self) -> Now:
        return Now(
            scope=self._scope,
            plan=self._plan.id,
            run=self.run,
            phase=self.phase,
            about=self._about,
            finished=min(self._finished, self.total),
            total=self.total,
            running=self._running,
            failures=self.failures,
            halting=self.halting,
            passed_over=self._passed_over,
            message=self.result.message if self.result else "",
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


def rfc3339(moment: datetime) -> str:
    """`2026-11-23T09:30:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
