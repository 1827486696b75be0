"""What is known of a run from what it has told: its components, what runs, what is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from panka.planner.assemble import component_action
from panka.planner.plan import Action, Plan
from panka.planner.render.components import SYMBOLS, component_name
from panka.planner.render.words import took
from panka.planner.resource import Address
from panka.workflows.messages import LEVEL, Event, EventKind, Phase, Progress

PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.ADOPT: "adopted",
    Action.ACCEPT: "accepted",
    Action.FORGET: "forgotten",
}
DOING = {
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
    needs: tuple[str, ...] = ()
    """Keys of the steps that it waits for."""
    weight: float = 0
    """Seconds from its start to the end of its phase, as estimated."""


def rows(plan: Plan) -> list[Row]:
    """The steps of a plan, in its order."""
    return [
        Row(
            step.key,
            step.address,
            step.service,
            step.kind,
            step.action,
            step.level,
            cleanup,
            step.depends_on,
            step.weight,
        )
        for cleanup, steps in ((False, plan.forward), (True, plan.cleanup))
        for step in steps
    ]


@dataclass(slots=True)
class Part:
    """What one phase of a run does with one component."""

    name: str
    kind: str
    cleanup: bool = False
    rows: list[Row] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    """Keys of the steps that have not ended."""
    running: set[str] = field(default_factory=set)
    """Keys of the steps that are at work, or are being taken back."""
    started: float | None = None
    spoilt: bool = False
    """A step of it failed or was skipped: there is nothing more to say of its end."""

    @property
    def action(self) -> Action:
        replaced = any(row.action is Action.REPLACE for row in self.rows)
        return component_action({row.action for row in self.rows}, replaced=replaced)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to tell of a run."""

    at: float
    """Seconds since the epoch."""
    word: str
    """`start`, `again`, `done`, `FAIL`, `skip`, `undone`; empty for what is about the run itself."""
    text: str
    part: Part | None = None
    seconds: float | None = None
    """How long it took, of what is done."""


class Account:
    """Hears every event of one run once, in order, and knows how things stand."""

    def __init__(self, scope: object) -> None:
        self.scope = scope
        self.parts: dict[str, Part] = {}
        self.rows: dict[str, Row] = {}
        self.phase = Phase.LOCKING
        self.running: tuple[str, ...] = ()
        self.cancelling = False
        self.began: dict[str, float] = {}
        """When each step was begun last."""
        self.ended: dict[str, float] = {}
        self.started = 0.0
        """When the run began, as far as it has told."""
        self.waits_for = ""
        """What somebody has to type before it goes on."""

    @property
    def levels(self) -> int:
        return max((row.level for row in self.rows.values()), default=0) + 1

    def introduce(self, rows: Sequence[Row], at: float) -> None:
        """From now on its steps are known. `at` in seconds since the epoch."""
        self.started = self.started or at
        self.rows = {row.key: row for row in rows}
        for row in rows:
            name = component_name(row.address, row.service)
            part = self.parts.setdefault(_group(row), Part(name=name, kind=row.kind, cleanup=row.cleanup))
            part.rows.append(row)
            part.open.add(row.key)

    def part_of(self, row: Row) -> Part:
        return self.parts[_group(row)]

    def counts(self) -> dict[Action, int]:
        """Components by what happens to them."""
        total: dict[Action, int] = {}
        for group, part in self.parts.items():
            if not group.startswith("old "):
                total[part.action] = total.get(part.action, 0) + 1
        return total

    def hear(self, progress: Progress) -> list[Said]:
        """What is new."""
        said: list[Said] = []
        for event in progress.events:
            self.started = self.started or event.at
            said += self._hear(event)
        self.phase, self.running = progress.phase, progress.running
        if progress.cancelling and not self.cancelling:
            self.cancelling = True
            said.append(Said(0, "", "Cancelling: nothing new is started, and what runs settles."))
        return said

    def named(self, row: Row) -> str:
        """The component, with the part that is at work where it has several."""
        part = self.part_of(row)
        return part.name if len(part.rows) == 1 else f"{part.name} ({Address(row.address).part})"

    def _hear(self, event: Event) -> list[Said]:
        if event.kind is EventKind.SAID:
            return [Said(event.at, "", f"{event.key}: {event.text}")]
        if event.kind is EventKind.PHASE:
            return self._enter(event)
        row = self.rows.get(event.key)
        return list(self._step(event, row, self.part_of(row))) if row is not None else []

    def _enter(self, event: Event) -> list[Said]:
        phase = Phase(event.key)
        self.waits_for = self._asks(phase, event.text) if phase in (Phase.APPROVAL, Phase.PAUSED) else ""
        if self.waits_for:
            return [Said(event.at, "", self.waits_for)]
        made = any(not row.cleanup for row in self.rows.values())
        text = _PHASES.get(phase) if made else None
        return [Said(event.at, "", text)] if text else []

    def _asks(self, phase: Phase, question: str) -> str:
        """What the run waits for, and what to type."""
        stack = str(self.scope).split("/")[1]
        if phase is Phase.APPROVAL:
            return f"waits for somebody to approve of the plan: panka approve {stack}"
        if question == LEVEL:
            return f"waits before the next level: panka approve {stack}"
        return f"paused, with its lock: panka retry {stack}   panka skip {stack}   panka abort {stack}"

    def _step(self, event: Event, row: Row, part: Part) -> Iterator[Said]:
        if event.kind not in (EventKind.STARTED, EventKind.UNDOING):
            part.running.discard(row.key)
            self.ended[row.key] = event.at
        match event.kind:
            case EventKind.STARTED:
                yield from self._started(event, row, part)
            case EventKind.DONE:
                part.open.discard(row.key)
                if not part.open and not part.spoilt:
                    spent = event.at - (part.started or event.at)
                    yield Said(event.at, "done", PAST[part.action], part, spent)
            case EventKind.FAILED:
                part.spoilt = True
                yield Said(event.at, "FAIL", f"{Address(row.address).part}: {event.text}", part)
            case EventKind.SKIPPED:
                part.open.discard(row.key)
                if not part.spoilt:
                    part.spoilt = True
                    yield Said(event.at, "skip", event.text, part)
            case EventKind.UNDOING:
                part.running.add(row.key)
                self.began[row.key] = event.at
            case EventKind.UNDONE:
                yield Said(event.at, "undone", f"{row.action} of {Address(row.address).part}", part)

    def _started(self, event: Event, row: Row, part: Part) -> Iterator[Said]:
        part.running.add(row.key)
        if row.key in self.began:
            part.spoilt = False
            yield Said(event.at, "again", part.action.value, part)
        elif part.started is None:
            part.started = event.at
            yield Said(event.at, "start", part.action.value, part)
        self.began[row.key] = event.at


def _group(row: Row) -> str:
    """A component comes once with what is made of it and once with what is removed."""
    old = "old " if row.cleanup and row.key != row.address else "gone " if row.cleanup else ""
    return f"{old}{component_name(row.address, row.service)}"


def changes_text(total: dict[Action, int]) -> str:
    """`+1 ~1 -/+1 -1`."""
    return " ".join(f"{SYMBOLS[action]}{total[action]}" for action in Action if action in total) or "no change"


def run_about(account: Account) -> str:
    """`+1 ~1, 2 levels`."""
    levels = account.levels
    return f"{changes_text(account.counts())}, {levels} level{'s' if levels > 1 else ''}"


def spent_text(said: Said) -> str:
    """`created  1m09s`."""
    return said.text if said.seconds is None else f"{said.text}  {took(said.seconds)}"
