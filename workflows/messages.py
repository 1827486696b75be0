"""What a run is started with, what it tells while it runs, and what it ends with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import Field

from panka.planner.drift import Status, Verdict
from panka.planner.history import Failure
from panka.planner.journal import Filed
from panka.planner.owner import Scope
from panka.planner.plan import PlanRef
from panka.planner.resource import Model, Properties
from panka.planner.shards import SIZE
from panka.planner.state import RunKind
from panka.workflows.ports import Lease

RUN_FAILED = "RunFailed"
"""Type of the application error that a run without success ends with."""
RUN = "panka-run"
"""Name of the workflow that carries out a plan. Its id is the scope, so Temporal refuses a second one beside it."""
SHARD = "panka-shard"
"""Name of the workflow that carries out a part of a large plan, as a child of a run."""
PROGRESS = "progress"
"""Name of the query for `Progress`; takes the number of events that the caller has seen."""
PAGE = 2_000
"""Events in one `Progress`: Temporal carries 2 MB."""
LAST = 400
"""Events in a `Result`: more than happen between two questions of one who watches."""
APPROVE, RETRY, SKIP, ABORT = "approve", "retry", "skip", "abort"
"""Names of what people may tell a run: as updates, which are checked and answered, or as signals, which are not."""
REPORT, ORDERS = "report", "orders"
"""Names of the signals between a run and its shards."""
TASK_QUEUE = "panka"
"""The queue of workflows, and of activities unless a run names another for its steps."""


WEB_UI = "the Web UI"
"""Who speaks when nobody has said who."""
FAILURE, LEVEL = "failure", "level"
"""What a paused run waits with, as the event of its pause says."""


class Phase(StrEnum):
    """Where a run is."""

    APPROVAL = "approval"
    LOCKING = "locking"
    OPENING = "opening"
    FORWARD = "forward"
    CLEANUP = "cleanup"
    PAUSED = "paused"
    ROLLBACK = "rollback"
    CLOSING = "closing"
    ENDED = "ended"


class RunInput(Model):
    """Everything that a run needs to know; the plan itself travels by reference."""

    scope: Scope
    plan: PlanRef
    kind: RunKind
    by: str
    git: str = ""
    on_failure: Literal["rollback", "pause", "keep"] = "rollback"
    approval: bool = False
    """Somebody must approve of the plan before anything is locked or changed."""
    may_lose: tuple[str, ...] = ()
    """Addresses whose data goes with the plan, as somebody has confirmed."""
    schedule: Literal["ready", "levels"] = "ready"
    """`levels`: the steps of a level start when all of the level before are done."""
    pause_between_levels: bool = False
    """With `levels`: somebody must approve of each level after the first."""
    patience: float = 604_800
    """Seconds that the run waits for a person. An unanswered plan is rejected, an unanswered failure kept."""
    lock_ttl: float = 90
    """Seconds; at least three times a heartbeat timeout and a worker's restart."""
    lock_wait: float = 0
    """Seconds to wait for another holder of the lock."""
    window: int = 100
    """The most steps that run at once."""
    most: int = 2_000
    """The most steps that one workflow carries out; a run of more is cut into shards."""
    shard_size: int = SIZE
    """Steps in a shard, about."""
    step_queue: str | None = None
    """The task queue for steps; None: that of the workflow."""
    attributes: bool = False
    """The server knows Panka's search attributes, so that the run may keep them up to date."""
    signature: str | None = None
    """Reserved for signed requests."""


class Approval(Model):
    """Somebody's word on a plan, or on the next level."""

    by: str = WEB_UI
    plan: str = ""
    """The plan that was looked at; the run refuses the approval of another. Empty: not said."""
    approved: bool = True
    comment: str = ""


class Decision(Model):
    """What somebody wants done about steps that failed."""

    by: str = WEB_UI
    keys: tuple[str, ...] = ()
    """Which of them; empty: all."""
    keep: bool = False
    """Of an abort: leave what is done as it is, instead of taking it back."""


class EventKind(StrEnum):
    PHASE = "phase"
    SAID = "said"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDOING = "undoing"
    UNDONE = "undone"


class Event(Model):
    """One thing that happened in a run; the list of them only grows."""

    at: float
    """Seconds since the epoch, workflow time."""
    kind: EventKind
    key: str = ""
    """The step; for a phase its name; for what somebody said who it was."""
    text: str = ""
    """Why it failed or was skipped, what was said, or what a pause is for."""


class ShardInput(Model):
    """What a shard of a run needs to know."""

    run: RunInput
    lease: Lease
    number: int
    """The run's."""
    index: int
    of: int


class Order(StrEnum):
    """What a run has to say to a shard."""

    FORWARD = "forward"
    CLEANUP = "cleanup"
    BACK = "back"
    STOP = "stop"
    RETRY = "retry"
    SKIP = "skip"
    LEAVE = "leave"
    """What has not begun never will."""
    NEWS = "news"
    """A step of another shard is done."""
    WINDOW = "window"
    """So many steps may run at once."""
    END = "end"


class Word(Model):
    """One order, with what it is about."""

    order: Order
    key: str = ""
    text: str = ""
    level: int | None = None
    window: int = 0
    address: str = ""
    values: Properties = Field(default_factory=dict)
    """Of news: what steps of the shard may refer to."""


class Words(Model):
    """Orders, in their order."""

    words: tuple[Word, ...]


class News(Model):
    """A step is done for which steps of another shard may wait."""

    to: int
    key: str
    address: str = ""
    values: Properties = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shard stands, as its run needs it."""

    heard: int = 0
    """Words of the run that it has acted upon."""
    quiet: bool = False
    """Nothing runs, nothing can start, and everything is filed."""
    left: int = 0
    """Steps of the pass that are not done."""
    forward_left: int = 0
    ready: int = 0
    """Steps that could start if there were room."""
    running: int = 0
    weight: float = 0
    """The longest way that is left from one that is ready, in seconds."""
    window: int = 0
    """How many steps it may run at once, as it has heard last."""
    failed: tuple[str, ...] = ()
    """Keys about which people may decide."""
    halted: bool = False
    """Somebody cancelled the shard itself: its run is to stop."""
    lost: str = ""
    """Why nothing more can be put on record."""

    @property
    def hungry(self) -> bool:
        """Could do something, and may nothing."""
        return self.ready > 0 and self.window == 0

    @property
    def sated(self) -> bool:
        """Has room that others could use."""
        return self.window > 0 and self.ready + self.running <= self.window // 2

    @property
    def beyond(self) -> int:
        """Steps that run and would not be started now: others get their room as they end."""
        return max(0, self.running - self.window)


class Report(Model):
    """What has happened in a shard since its last report, and how it stands."""

    shard: int
    standing: Standing
    events: tuple[Event, ...] = ()
    failures: tuple[Failure, ...] = ()
    filed: tuple[tuple[Filed, int], ...] = ()
    """What was filed, with the steps that each part tells of."""
    news: tuple[News, ...] = ()


class Result(Model):
    """How a run ended. A run that did not succeed ends as a failed workflow, with this as its error's only detail."""

    run: int
    result: Literal["succeeded", "failed", "rolled back", "cancelled"]
    failures: tuple[Failure, ...] = ()
    message: str = ""
    """For a run that could not begin: why."""
    told: int = 0
    """Events that the run has told in all, where it succeeded."""
    last: tuple[Event, ...] = ()
    """The last of them: who watches need not ask a run that is closed, which a worker has to replay for an answer."""


class Progress(Model):
    """A run as it is now. Ask again with `since=seen` to hear only what is new."""

    run: int
    """0 until the run has been announced."""
    phase: Phase
    plan: PlanRef
    """What is carried out: all steps, in the store."""
    events: tuple[Event, ...] = ()
    """What is new, or the first of it, where it is too much for one answer."""
    seen: int
    """Events that the caller has seen with this answer."""
    total: int
    """Steps; 0 until the run has been announced."""
    finished: int
    running: tuple[str, ...] = ()
    """Keys of the steps that run now."""
    cancelling: bool = False
    failed: tuple[str, ...] = ()
    """Keys of the steps about which a paused run waits for a decision."""
    result: Result | None = None
    """Once the run has ended and the caller has seen everything; also a closed run answers this query."""


DRIFT = "panka-drift"
"""Name of the workflow that looks for what others have changed. Its id is the scope and `/drift`."""


class DriftInput(Model):
    """What a drift check needs to know."""

    scope: Scope
    by: str
    notify: tuple[str, ...] = ()
    """Who is told when the verdict changes: ARNs of topics or event buses, URLs, or references to secrets with one."""
    reconcile: bool = False
    """Restore what is on record by a run."""
    step_queue: str | None = None
    """The task queue of whatever calls AWS; None: that of the workflow."""
    attributes: bool = False
    """The server knows Panka's search attributes."""


class DriftProgress(Model):
    """How far a drift check is."""

    looked: int
    total: int


class DriftResult(Model):
    """How a drift check ended. The details are in the report."""

    verdict: Verdict | None = None
    """None: nobody could judge, as `message` says."""
    message: str = ""
    counts: dict[Status, int] = Field(default_factory=dict)
    report: str = ""
    """The report's key in the store."""
    unnotified: tuple[str, ...] = ()
    """Who could not be told, each with the reason."""
    run: Result | None = None
    """How the run ended that restored what was on record."""
    left: tuple[str, ...] = ()
    """What that run did not restore, a sentence each."""
