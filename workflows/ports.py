"""The activities that workflows call, as signatures. `panka.activities` implements every one of them.

Commands that start no run read these shapes too, so nothing here brings Temporal's client along.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import Field

from panka.planner.drift import Status, Verdict
from panka.planner.history import Entry
from panka.planner.journal import Filed
from panka.planner.owner import Scope
from panka.planner.plan import Action, Need, PlanRef
from panka.planner.record import Outcome, Undoing
from panka.planner.resource import Model, Properties
from panka.planner.shards import SIZE
from panka.planner.state import Pointer, RunKind

LOCK_LOST = "LockLost"
"""Type of the application error that ends a run whose lock is another's by now."""
LOCK_HELD = "LockHeld"
"""Type of the application error of a run that did not get the lock; its detail is the holder, field by field."""
STALE = "StalePlan"
REFUSED = "Refused"
"""Type of the application error for what no repetition will mend: denied, invalid, not ours."""
TRIES = "tries"
"""What a step's application error tells in its last detail: how often it was tried."""


class Lease(Model):
    """The right to change one stack in one environment, until somebody holds a higher fence."""

    scope: Scope
    owner: str
    """Namespace, workflow id and first run id."""
    fence: int
    user: str = ""
    """First run id of the workflow that acts under it, where that is not the owner."""


class Claim(Model):
    """Asks for the lock."""

    scope: Scope
    owner: str
    who: str
    operation: str
    ttl: float
    """Seconds without renewal after which the lock may be taken over."""
    wait: float
    """Seconds to wait for another holder."""
    plan: PlanRef | None = None
    """What the lock is for."""


class Hold(Model):
    """Keeps a lease alive until it is cancelled."""

    lease: Lease
    ttl: float


class Opening(Model):
    """Checks a plan against the state and announces the run in it (the write-ahead)."""

    lease: Lease
    plan: PlanRef
    kind: RunKind
    by: str
    started: str
    most: int = 2_000
    """The most steps of a run that is not cut into shards."""
    size: int = SIZE
    """Steps in a shard, about."""
    approved_by: str = ""
    """Who has approved of the plan, where somebody was asked."""
    may_lose: tuple[str, ...] = ()
    """Addresses whose data goes with the plan, as somebody has confirmed."""


class Node(Model):
    """A step as the workflow sees it: everything that decides order, nothing else."""

    key: str
    address: str
    action: Action
    kind: str
    service: str
    type: str
    depends_on: tuple[str, ...]
    needs: tuple[Need, ...]
    weight: float
    level: int
    timeout: float
    """Seconds that the step, or its undo, may wait at most."""
    place: str


class Opened(Model):
    """A run that has been announced."""

    run: int
    """The serial number of the state that the run writes."""
    state: Pointer
    total: int
    """Steps of both phases."""
    cleanup: int
    """Those of the second."""
    levels: int
    """Levels of the forward phase."""
    changes: dict[Action, int]
    """Components by what is planned for them."""
    share: "Share | None"
    """All the steps; None: there are too many for one run, which is therefore cut into shards."""
    shards: int = 0
    size: int | None = None
    """Steps in a shard, about; None: as many as were asked for."""


class Slice(Model):
    """Asks for the steps of one shard."""

    lease: Lease
    plan: PlanRef
    index: int
    size: int
    """Steps in a shard, about, as the run was opened with."""


class Share(Model):
    """Steps that one workflow carries out: all of a plan, or those of one of its shards."""

    forward: tuple[Node, ...]
    cleanup: tuple[Node, ...]
    elsewhere: dict[str, int] = Field(default_factory=dict)
    """Keys of steps in other shards that wait for some of these or that some of these wait for, and their shards."""
    dependents: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By the key of a step of these, the keys of steps in other shards that wait for it."""
    offers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By the address of a step of these, the attributes that steps in other shards refer to."""


class StepCall(Model):
    """Runs one step of a plan."""

    lease: Lease
    plan: PlanRef
    run: int
    key: str
    inputs: dict[str, Properties]
    """Attributes of this run's other resources, by address, as the step's `needs` ask."""


class UndoCall(Model):
    """Takes one step of a plan back."""

    lease: Lease
    plan: PlanRef
    run: int
    done: Outcome
    inputs: dict[str, Properties]
    """As the step had them."""
    started_only: bool = False
    """The step began and did not end: look for what it may have made."""


class Checkpoint(Model):
    """Records what has happened since the last one. Folding the same checkpoint in twice gives the same body."""

    lease: Lease
    plan: PlanRef
    base: Pointer
    """The pointer that the last checkpoint returned."""
    done: tuple[Outcome, ...] = ()
    undone: tuple[Undoing, ...] = ()
    never: tuple[str, ...] = ()
    """Keys of steps that never began: what was announced of them is withdrawn."""
    parts: tuple[Filed, ...] = ()
    """The same, of shards, as they have filed it."""
    results: int = 0
    """Steps that all of it tells of."""


class Portion(Model):
    """Files what some steps of a shard have left, until a checkpoint names it."""

    lease: Lease
    run: int
    done: tuple[Outcome, ...] = ()
    undone: tuple[Undoing, ...] = ()
    never: tuple[str, ...] = ()


class Ending(Checkpoint):
    """The run is over: its last results, its history, outputs if it succeeded, no operation any more, the lock free."""

    entry: Entry
    filed: tuple[Filed, ...] = ()
    """All that shards have filed: the times of their steps belong into the entry."""


class Freeing(Model):
    """Frees the lock of a run that leaves nothing to record."""

    lease: Lease


I = TypeVar("I", bound=Model)  # noqa: E741
O = TypeVar("O", bound=Model | None)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Retries:
    """How an activity is tried again: without end, with pauses that double from `first` to `longest`."""

    first: timedelta
    longest: timedelta
    never: tuple[str, ...]
    """Types of application errors that end it at once."""


@dataclass(frozen=True, slots=True)
class Port(Generic[I, O]):
    """One activity: its name, its shapes, and how long and how often it is tried."""

    name: str
    input: type[I]
    output: type[O]
    attempt: timedelta
    """The longest that one attempt may take."""
    heartbeat: timedelta | None = None
    retry: Retries | None = None


_SOON = Retries(timedelta(milliseconds=200), timedelta(seconds=10), never=(LOCK_LOST, STALE, REFUSED))

_MISSED = timedelta(seconds=15)
"""How long an activity may be silent until its worker counts as dead."""

ACQUIRE: Port[Claim, Lease] = Port("acquire-lock", Claim, Lease, timedelta(hours=24), heartbeat=_MISSED, retry=_SOON)
HOLD: Port[Hold, None] = Port("hold-lock", Hold, type(None), timedelta(days=30), heartbeat=_MISSED, retry=_SOON)
OPEN: Port[Opening, Opened] = Port("open-run", Opening, Opened, timedelta(minutes=10), heartbeat=_MISSED, retry=_SOON)
STEP: Port[StepCall, Outcome] = Port("run-step", StepCall, Outcome, timedelta(hours=24), heartbeat=_MISSED, retry=_SOON)
UNDO: Port[UndoCall, Undoing] = Port(
    "undo-step", UndoCall, Undoing, timedelta(hours=24), heartbeat=_MISSED, retry=_SOON
)
CHECKPOINT: Port[Checkpoint, Pointer] = Port(
    "checkpoint-state", Checkpoint, Pointer, timedelta(minutes=10), heartbeat=_MISSED, retry=_SOON
)
SHARE: Port[Slice, Share] = Port("share-of-plan", Slice, Share, timedelta(minutes=10), heartbeat=_MISSED, retry=_SOON)
FILE: Port[Portion, Filed] = Port("file-part", Portion, Filed, timedelta(minutes=10), heartbeat=_MISSED, retry=_SOON)
RELEASE: Port[Freeing, None] = Port(
    "release-lock", Freeing, type(None), timedelta(minutes=10), heartbeat=_MISSED, retry=_SOON
)
CLOSE: Port[Ending, None] = Port("close-run", Ending, type(None), timedelta(minutes=10), heartbeat=_MISSED, retry=_SOON)


class Look(Model):
    """Asks what a drift check has to look at."""

    scope: Scope


class Survey(Model):
    """What is on record of a stack."""

    state: Pointer | None
    """None: nothing was ever applied."""
    addresses: tuple[str, ...] = ()
    busy: str = ""
    """Who changes the stack now, so that nobody can tell drift from what that run does."""


class Batch(Model):
    """Looks at some resources of a state in AWS."""

    scope: Scope
    state: Pointer
    addresses: tuple[str, ...]


class Looked(Model):
    """A batch has been looked at."""

    part: Filed | None
    """None: all is as recorded."""


class Judging(Model):
    """Puts together what the batches of a drift check have found."""

    scope: Scope
    state: Pointer
    by: str
    started: str
    finished: str
    total: int
    parts: tuple[Filed, ...]
    unread: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Why batches could not be looked at, with their addresses."""
    moved: bool = False
    """The state has moved too often: the report says so."""


class Judged(Model):
    """What a drift check says, without the details."""

    verdict: Verdict
    counts: dict[Status, int]
    addresses: tuple[str, ...] = ()
    """The first that have changed or are missing."""
    moved: bool
    """The state is another one by now."""
    gist: str
    told: str
    """The gist that was told last; another one is news."""
    approval: bool = False
    """Somebody must approve of what would restore it."""


class Notice(Model):
    """Tells somebody that the verdict on a stack has changed. A repeated one has the same id."""

    id: str
    to: str
    """A topic's or event bus's ARN, a URL, or a reference to a secret that holds one."""
    scope: Scope
    state: Pointer
    at: str
    verdict: Verdict
    counts: dict[Status, int]
    addresses: tuple[str, ...] = ()
    awaits: str = ""
    """What somebody must do for it to be restored: `panka approve shop -e prod`."""


class Filing(Model):
    """Writes the report of a drift check."""

    judging: Judging
    told: str
    name: str


class Reported(Model):
    key: str


class Mending(Model):
    """Makes the plan that restores what a stack's latest report has found."""

    scope: Scope
    state: Pointer


class Mended(Model):
    plan: PlanRef | None
    """None: nothing of it can be restored without the stack's files."""
    left: tuple[str, ...] = ()
    """A sentence for each finding that the plan does not mend."""


_MINUTES = timedelta(minutes=10)
SURVEY: Port[Look, Survey] = Port("survey-stack", Look, Survey, _MINUTES, heartbeat=_MISSED, retry=_SOON)
LOOK: Port[Batch, Looked] = Port("look-at-resources", Batch, Looked, timedelta(hours=1), heartbeat=_MISSED, retry=_SOON)
JUDGE: Port[Judging, Judged] = Port("judge-drift", Judging, Judged, _MINUTES, heartbeat=_MISSED, retry=_SOON)
NOTIFY: Port[Notice, None] = Port("notify", Notice, type(None), timedelta(minutes=1), retry=_SOON)
REPORT: Port[Filing, Reported] = Port("file-report", Filing, Reported, _MINUTES, heartbeat=_MISSED, retry=_SOON)
MEND: Port[Mending, Mended] = Port("plan-restoration", Mending, Mended, _MINUTES, heartbeat=_MISSED, retry=_SOON)

PORTS: tuple[Port[Any, Any], ...] = (
    ACQUIRE,
    HOLD,
    OPEN,
    SHARE,
    STEP,
    UNDO,
    FILE,
    CHECKPOINT,
    CLOSE,
    SURVEY,
    LOOK,
    JUDGE,
    NOTIFY,
    REPORT,
    MEND,
)
