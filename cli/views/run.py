"""A run as lines: one for each component's start and end, a sign of life every minute, all errors whole at the end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from panka.cli.views.plan import SYMBOLS, component_name
from panka.cli.views.screen import Screen, took
from panka.planner.assemble import component_action
from panka.planner.plan import Action, Plan
from panka.planner.resource import Address
from panka.workflows.messages import LEVEL, Event, EventKind, Phase, Progress, Result
from panka.workflows.ports import Failure

HEARTBEAT = 60.0
"""Seconds of silence after which a line says what is still running."""
_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.ADOPT: "adopted",
    Action.ACCEPT: "accepted",
    Action.FORGET: "forgotten",
}
_DOING = {
    Action.CREATE: "creating",
    Action.UPDATE: "updating",
    Action.REPLACE: "replacing",
    Action.DELETE: "deleting",
    Action.ADOPT: "adopting",
    Action.ACCEPT: "accepting",
    Action.FORGET: "forgetting",
}
_PHASES = {
    Phase.ROLLBACK: "a step failed or the run was cancelled: taking back what was done",
    Phase.CLEANUP: "everything new works: removing the old",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A step, as far as it is shown."""

    key: str
    address: str
    service: str
    kind: str
    action: Action
    level: int
    cleanup: bool


def rows(plan: Plan) -> list[Row]:
    """The steps of a plan, in its order."""
    return [
        Row(step.key, step.address, step.service, step.kind, step.action, step.level, cleanup)
        for cleanup, steps in ((False, plan.forward), (True, plan.cleanup))
        for step in steps
    ]


@dataclass(slots=True)
class _Part:
    """What one phase of a run does with one component."""

    name: str
    kind: str
    rows: list[Row] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    """Keys of the steps that have not ended."""
    started: float | None = None
    spoilt: bool = False
    """A step of it failed or was skipped: there is nothing more to say of its end."""

    @property
    def action(self) -> Action:
        replaced = any(row.action is Action.REPLACE for row in self.rows)
        return component_action({row.action for row in self.rows}, replaced=replaced)


class Narrator:
    """Turns answers of a run's query into lines. Hears every event once, in order."""

    def __init__(self, scope: object, by: str, screen: Screen, zone: tzinfo | None = None) -> None:
        self._scope = scope
        self._by = by
        self._screen = screen
        self._zone = zone
        self._parts: dict[str, _Part] = {}
        self._rows: dict[str, Row] = {}
        self._widths = 0, 0
        self._phase = Phase.LOCKING
        self._running: tuple[str, ...] = ()
        self._cancelling = False
        self._began: dict[str, float] = {}
        self._spoke = 0.0

    @property
    def introduced(self) -> bool:
        """Whether the steps are known."""
        return bool(self._rows)

    def hear(self, progress: Progress) -> list[str]:
        """The lines for what is new."""
        lines: list[str] = []
        for event in progress.events:
            lines += self._tell(event)
        self._phase, self._running = progress.phase, progress.running
        if progress.cancelling and not self._cancelling:
            self._cancelling = True
            lines.append("Cancelling: nothing new is started, and what runs settles.")
        return lines

    def heartbeat(self, now: float) -> list[str]:
        """A line when nothing has been said for a minute; `now` in seconds since the epoch."""
        if not self._spoke:
            self._spoke = now
        if now - self._spoke < HEARTBEAT:
            return []
        return [self._line(now, "still", self._still(now))]

    def introduce(self, rows: Sequence[Row], run: int, at: float) -> str:
        """The line that a run begins with; from now on its steps are known. `at` in seconds since the epoch."""
        self._rows = {row.key: row for row in rows}
        for row in rows:
            name = component_name(row.address, row.service)
            part = self._parts.setdefault(_group(row), _Part(name=name, kind=row.kind))
            part.rows.append(row)
            part.open.add(row.key)
        self._widths = (
            max((len(part.kind) for part in self._parts.values()), default=0),
            max((len(part.name) for part in self._parts.values()), default=0),
        )
        levels = max((row.level for row in rows), default=0) + 1
        about = f"{changes_text(self._counts())}, {levels} level{'s' if levels > 1 else ''}"
        return self._line(at, f"{self._scope}#{run} started by {self._by}: {about}")

    def _counts(self) -> dict[Action, int]:
        total: dict[Action, int] = {}
        for group, part in self._parts.items():
            if not group.startswith("old "):
                total[part.action] = total.get(part.action, 0) + 1
        return total

    def _tell(self, event: Event) -> list[str]:
        if event.kind is EventKind.SAID:
            return [self._line(event.at, f"{event.key}: {event.text}")]
        if event.kind is EventKind.PHASE:
            if event.key in (Phase.APPROVAL, Phase.PAUSED):
                return [self._line(event.at, self._asks(Phase(event.key), event.text))]
            made = any(not row.cleanup for row in self._rows.values())
            text = _PHASES.get(Phase(event.key)) if made else None
            return [self._line(event.at, text)] if text else []
        row = self._rows.get(event.key)
        if row is None:
            return []
        return list(self._step(event, row, self._parts[_group(row)]))

    def _asks(self, phase: Phase, question: str) -> str:
        """What the run waits for, and what to type."""
        stack = str(self._scope).split("/")[1]
        if phase is Phase.APPROVAL:
            return f"waits for somebody to approve of the plan: panka approve {stack}"
        if question == LEVEL:
            return f"waits before the next level: panka approve {stack}"
        return f"paused, with its lock: panka retry {stack}   panka skip {stack}   panka abort {stack}"

    def _step(self, event: Event, row: Row, part: _Part) -> Iterator[str]:
        match event.kind:
            case EventKind.STARTED:
                yield from self._started(event, row, part)
            case EventKind.DONE:
                part.open.discard(row.key)
                if not part.open and not part.spoilt:
                    spent = took(event.at - (part.started or event.at))
                    yield self._about(event.at, "done", part, f"{_PAST[part.action]}  {spent}")
            case EventKind.FAILED:
                part.spoilt = True
                yield self._about(event.at, "FAIL", part, f"{Address(row.address).part}: {event.text}")
            case EventKind.SKIPPED:
                if not part.spoilt:
                    part.spoilt = True
                    yield self._about(event.at, "skip", part, event.text)
            case EventKind.UNDOING:
                self._began[row.key] = event.at
            case EventKind.UNDONE:
                yield self._about(event.at, "undone", part, f"{row.action} of {Address(row.address).part}")

    def _started(self, event: Event, row: Row, part: _Part) -> Iterator[str]:
        if row.key in self._began:
            part.spoilt = False
            yield self._about(event.at, "again", part, part.action.value)
        elif part.started is None:
            part.started = event.at
            yield self._about(event.at, "start", part, part.action.value)
        self._began[row.key] = event.at

    def _still(self, now: float) -> str:
        if not self._running:
            return "waiting for the lock" if self._phase is Phase.LOCKING else self._phase.value
        names: dict[str, str] = {}
        for key in self._running:
            row = self._rows[key]
            doing = "undoing" if self._phase is Phase.ROLLBACK else _DOING[row.action]
            names.setdefault(self._named(row), f"{took(now - self._began.get(key, now))} {doing}")
        said = f"{len(names)} running: " + ", ".join(f"{name} {text}" for name, text in names.items())
        return f"cancelling, {said}" if self._cancelling else said

    def _named(self, row: Row) -> str:
        """The component, with the part that is at work where it has several."""
        part = self._parts[_group(row)]
        return part.name if len(part.rows) == 1 else f"{part.name} ({Address(row.address).part})"

    def _about(self, at: float, word: str, part: _Part, text: str) -> str:
        kind, name = self._widths
        said = self._screen.paint(word, word.ljust(6))
        return self._line(at, f"{said} {part.kind.ljust(kind)}  {part.name.ljust(name)}  {text}")

    def _line(self, at: float, *words: str) -> str:
        self._spoke = at
        clock = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return f"{clock:%H:%M:%S} {'  '.join(words)}"


def _group(row: Row) -> str:
    """A component comes once with what is made of it and once with what is removed."""
    old = "old " if row.cleanup and row.key != row.address else "gone " if row.cleanup else ""
    return f"{old}{component_name(row.address, row.service)}"


def changes_text(total: dict[Action, int]) -> str:
    """`+1 ~1 -/+1 -1`."""
    return " ".join(f"{SYMBOLS[action]}{total[action]}" for action in Action if action in total) or "no change"


def failures_text(failures: Iterable[Failure], screen: Screen) -> str:
    """Every root cause, whole, with the place of the component it belongs to."""
    blocks = []
    for failure in failures:
        lines = [f"{screen.paint('error')}: {failure.key}: {failure.message}"]
        lines += [f"  --> {failure.place}"] if failure.place else []
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def result_text(scope: object, result: Result, spent: float | None) -> str:
    """How it ended, in one line."""
    if not result.run:
        return f"{scope} did not begin: {result.message or result.result}"
    after = f" after {took(spent)}" if spent is not None else ""
    return f"{scope}#{result.run} {result.result}{after}."
