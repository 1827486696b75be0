"""What a run tells those who watch it: a list of events that only grows."""

from datetime import UTC, datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from panka.workflows.messages import Event, EventKind, Phase, Progress, Result, Row
    from panka.workflows.ports import Failure, Opened


class Story:
    """The events of a run, its phase, and how far it is."""

    def __init__(self) -> None:
        self.phase = Phase.LOCKING
        self.events: list[Event] = []
        self.began: set[str] = set()
        """Keys of the steps that were started."""
        self._rows: tuple[Row, ...] = ()
        self._introduced = 0
        self._finished = 0
        self._result: Result | None = None

    def enter(self, phase: Phase, about: str = "") -> None:
        self.phase = phase
        self.tell(EventKind.PHASE, phase, about)

    def tell(self, kind: EventKind, key: str, text: str = "") -> None:
        if kind is EventKind.STARTED:
            self.began.add(key)
        elif kind in (EventKind.DONE, EventKind.FAILED, EventKind.SKIPPED):
            self._finished += 1
        self.events.append(Event(at=workflow.time(), kind=kind, key=key, text=text))

    def reopen(self) -> None:
        """A step that had ended in failure is open again."""
        self._finished -= 1

    def introduce(self, opened: Opened) -> None:
        """The steps are known from now on."""
        self._introduced = len(self.events)
        self._rows = tuple(
            Row(
                key=node.key,
                address=node.address,
                service=node.service,
                kind=node.kind,
                type=node.type,
                action=node.action,
                level=node.level,
                cleanup=cleanup,
            )
            for cleanup, nodes in ((False, opened.forward), (True, opened.cleanup))
            for node in nodes
        )

    def end(self, result: Result) -> None:
        self._result = result
        self.enter(Phase.ENDED)

    def progress(
        self, since: int, *, run: int, running: tuple[str, ...], failed: tuple[str, ...], cancelling: bool
    ) -> Progress:
        return Progress(
            run=run,
            phase=self.phase,
            rows=self._rows if since <= self._introduced else (),
            events=tuple(self.events[since:]),
            seen=len(self.events),
            total=len(self._rows),
            finished=min(self._finished, len(self._rows)),
            running=running,
            failed=failed,
            cancelling=cancelling,
            result=self._result,
        )


def why(error: BaseException) -> str:
    """The innermost cause, in its own words."""
    while isinstance(error, ActivityError) and error.cause is not None:
        error = error.cause
    return error.message if isinstance(error, FailureError) else str(error)


def table(failures: list[Failure]) -> str:
    """What has failed, in Markdown, for Temporal's Web UI."""
    rows = [f"| `{one.key}` | {one.message} | {one.place} |" for one in failures]
    return "\n".join(["### Failed", "", "| step | why | where |", "|---|---|---|", *rows])


def rfc3339(moment: datetime) -> str:
    """`2026-11-23T09:30:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
