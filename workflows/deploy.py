"""The run: a workflow that carries out one plan, so that whatever is killed, the record and the cloud stay together.

Lock, announce, forward phase, commit point, cleanup phase, end. Destroying is the same with a plan that
only deletes. The primary task only waits; the tasks of the nodes own their results.
"""

import asyncio
from typing import Literal

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Entry, Failure
    from panka.planner.journal import Filed
    from panka.planner.record import Outcome, Span, Undoing
    from panka.planner.resource import Properties
    from panka.workflows import ports
    from panka.workflows.asking import Asking, Question
    from panka.workflows.call import call
    from panka.workflows.messages import (
        FAILURE,
        LEVEL,
        PROGRESS,
        REPORT,
        RUN,
        RUN_FAILED,
        Event,
        EventKind,
        Phase,
        Progress,
        Report,
        Result,
        RunInput,
    )
    from panka.workflows.passes import Crew, Pass, Passes
    from panka.workflows.ports import Lease, Node, Opened
    from panka.workflows.recorder import PATIENCE, Recorder
    from panka.workflows.searching import FAILED, PHASE
    from panka.workflows.shards import Shards
    from panka.workflows.steps import Steps
    from panka.workflows.story import rfc3339, why

_TOLD = 200
"""Failures that a result and a line of the history carry."""

Ended = Literal["succeeded", "failed", "rolled back", "cancelled"]


def _why_unkept(keeper: "workflow.ActivityHandle[None]") -> str:
    error = None if keeper.cancelled() else keeper.exception()
    return why(error) if error is not None else "Nobody keeps it any more."


@workflow.defn(name=RUN)
class RunWorkflow(Asking):
    """Carries out one plan. Ends as a failed workflow, with a `Result`, when the run did not succeed."""

    @workflow.init
    def __init__(self, input: RunInput) -> None:
        super().__init__(input.scope, input.plan)
        self.input = input
        self.walk: Pass | None = None
        self.acquiring: workflow.ActivityHandle[Lease] | None = None
        self.unkept = ""
        """Why the lock is another's, or may be."""
        self.recorder: Recorder | None = None
        self.shards: Shards | None = None
        self.spent: list[tuple[str, float]] = []
        """Steps that are done here, and their seconds."""
        self.spans: dict[str, Span] = {}
        self.approved_by = ""
        self.started = workflow.now()
        self.on_retry = self._forgive

    @property
    def stopping(self) -> bool:
        """Nothing more is started."""
        return self.story.halting

    @property
    def failures(self) -> list[Failure]:
        return self.story.failures

    @workflow.query(name=PROGRESS, description="The run as it is now, with the events after the first so many.")
    def progress(self, since: int = 0) -> Progress:
        return self.story.progress(since, tuple(sorted(self.failing.failed)) if self.failing else ())

    @workflow.signal(name=REPORT, description="A shard tells what has happened in it. Not for people.")
    def report(self, report: Report | None = None) -> None:
        if self.shards is not None and report is not None:
            self.shards.hear(report)

    @workflow.run
    async def run(self, input: RunInput) -> Result:  # noqa: ARG002  # `__init__` has taken it, as Temporal wants
        """Runs to the end even when it is cancelled: then nothing more is started and what runs settles."""
        work = asyncio.create_task(self._work())
        while not work.done():
            try:
                await workflow.wait_condition(work.done)
            except asyncio.CancelledError:
                if workflow.cancellation_reason() is None:
                    raise  # the run leaves this worker's cache; it goes on elsewhere
                self.halt()
        result = work.result()
        self.story.result = result
        self._enter(Phase.ENDED)
        if result.result == "succeeded":
            return result.model_copy(update={"told": len(self.story.events), "last": self.story.last()})
        raise ApplicationError(result.message, result, type=RUN_FAILED, non_retryable=True)

    def halt(self) -> None:
        """Starts nothing more; what runs settles."""
        if self.stopping:
            return
        self.story.halt()
        if self.acquiring is not None:
            self.acquiring.cancel()
        if self.walk is not None and self.story.phase is not Phase.ROLLBACK:
            self.walk.stop()

    async def _work(self) -> Result:
        if self.input.approval and (refusal := await self._unapproved()):
            return Result(run=0, result="cancelled", message=refusal)
        try:
            lease = await self._acquire()
        except FailureError as error:
            return self._refused(error)
        keeper = call(
            ports.HOLD,
            ports.Hold(lease=lease, ttl=self.input.lock_ttl),
            id="lock",
            summary="keep the lock",
            settle=False,
        )
        run = asyncio.create_task(self._locked(lease))
        await workflow.wait_condition(lambda: run.done() or keeper.done())
        # The end frees the lock itself, and is refused where it is another's.
        if not run.done() and self.story.phase is not Phase.CLOSING:
            # Nothing more may be changed: every further call would be refused by the fence.
            self.unkept = _why_unkept(keeper)
            self.fail(Failure(key="lock", place="", message=self.unkept))
            self.halt()
        result = await run
        keeper.cancel()
        return result

    async def _unapproved(self) -> str:
        """Why the plan is not carried out; empty when somebody has approved of it. Nothing is held meanwhile."""
        self._enter(Phase.APPROVAL)
        answered = await self.ask(
            Question.PLAN, lambda: self.approval is not None or self.stopping, self.input.patience
        )
        if self.approval is not None and self.approval.approved:
            self.approved_by = self.approval.by
            return ""
        if self.approval is not None:
            why = f": {self.approval.comment}" if self.approval.comment else "."
            return f"{self.approval.by} rejected the plan{why}"
        return "It was cancelled before anybody approved of it." if answered else "Nobody approved of the plan in time."

    async def _acquire(self) -> Lease:
        self._enter(Phase.LOCKING)
        info = workflow.info()
        claim = ports.Claim(
            scope=self.input.scope,
            owner=f"{info.namespace}/{info.workflow_id}/{info.first_execution_run_id}",
            who=self.input.by,
            operation=self.input.kind,
            ttl=self.input.lock_ttl,
            wait=self.input.lock_wait,
            plan=self.input.plan,
        )
        self.acquiring = call(ports.ACQUIRE, claim, id="acquire-lock", summary=f"lock {self.input.scope}")
        try:
            return await self.acquiring
        except (asyncio.CancelledError, FailureError) as error:
            if not self.stopping:
                raise  # the lock is another's, or the run leaves this worker's cache
            raise ApplicationError("It was cancelled before it had the lock.") from error
        finally:
            self.acquiring = None

    async def _locked(self, lease: Lease) -> Result:
        self._enter(Phase.OPENING)
        try:
            opened = await call(ports.OPEN, self._opening(lease), id="open", summary=f"announce {self.input.plan.id}")
        except FailureError as error:
            await self._let_go(lease)
            return self._refused(error)
        self.story.run, self.story.total = opened.run, opened.total
        self.recorder = recorder = Recorder(lease, self.input.plan, opened.state)
        try:
            crew = await self._crew(lease, opened)
            ended = await self._phases(crew, opened, recorder)
            self._enter(Phase.CLOSING)
            last = await recorder.finish(await crew.end())
            ending = ports.Ending(**dict(last), entry=self._entry(opened, ended), filed=tuple(recorder.parts))
            await call(ports.CLOSE, ending, id="close", summary="record the end", in_all=PATIENCE)
        except FailureError as error:
            await self._let_go(lease)
            return Result(
                run=self.story.run,
                result="failed",
                failures=tuple(self.failures[:_TOLD]),
                message=f"The record could not be written: {why(error)} The next run settles what is open.",
            )
        return Result(
            run=self.story.run, result=ended, failures=tuple(self.failures[:_TOLD]), message=self._summary(ended)
        )

    def _opening(self, lease: Lease) -> ports.Opening:
        return ports.Opening(
            lease=lease,
            plan=self.input.plan,
            kind=self.input.kind,
            by=self.input.by,
            started=rfc3339(self.started),
            most=self.input.most,
            size=self.input.shard_size,
            approved_by=self.approved_by,
            may_lose=self.input.may_lose,
        )

    async def _crew(self, lease: Lease, opened: Opened) -> Crew:
        if opened.share is not None:
            return Passes(opened.share, Steps(self.input, lease, opened.run), self, self.input.window)
        self.shards = Shards(self.input, lease, opened, self)
        await self.shards.start()
        return self.shards

    async def _let_go(self, lease: Lease) -> None:
        """Frees the lock without a history; where even that is refused, the lock runs out by itself."""
        try:
            await call(ports.RELEASE, ports.Freeing(lease=lease), id="release", summary="free the lock")
        except FailureError:
            workflow.logger.warning("The lock could not be released; it runs out by itself.")

    async def _phases(self, crew: Crew, opened: Opened, recorder: Recorder) -> Ended:
        if await self._walk_forward(crew, opened.levels):
            if opened.cleanup:
                await recorder.flush()  # the commit point: what is new is on record before anything old goes
                self._enter(Phase.CLEANUP)
            return "succeeded" if await self._walk(crew, crew.cleanup()) else self._unfinished()
        if recorder.lost or self.unkept:
            return "failed"
        if not self._goes_back():
            return self._unfinished()
        self._enter(Phase.ROLLBACK)
        if not await self._walk(crew, crew.back()):
            return "failed"
        return "cancelled" if self.stopping and not self.failures else "rolled back"

    def _unfinished(self) -> Ended:
        return "cancelled" if self.stopping and not self.failures else "failed"

    def _goes_back(self) -> bool:
        return not self.aborted.keep if self.aborted is not None else self.input.on_failure == "rollback"

    async def _walk_forward(self, crew: Crew, levels: int) -> bool:
        self._enter(Phase.FORWARD)
        if self.input.schedule == "ready":
            return await self._walk(crew, crew.forward())
        for level in range(levels):
            if level and self.input.pause_between_levels:
                await self._ask_for_next_level()
                if self.approval is None or not self.approval.approved:
                    break
            if not await self._walk(crew, crew.forward(level), leave=False) and self._ends_here():
                break
        crew.leave(self._why_not())
        return crew.complete

    async def _ask_for_next_level(self) -> None:
        """Nobody in time, or a no: the run ends as after a failure."""
        self.approval = None
        self._enter(Phase.PAUSED, LEVEL)
        await self.ask(Question.LEVEL, lambda: self.approval is not None or self.stopping, self.input.patience)
        self._enter(Phase.FORWARD)

    def _ends_here(self) -> bool:
        """Whether what failed in a level ends the run; what was skipped at somebody's word does not."""
        return self.stopping or self.aborted is not None or not {one.key for one in self.failures} <= self.skipped

    async def _walk(self, crew: Crew, walk: Pass, *, leave: bool = True) -> bool:
        """True when every step of the pass is done. People may decide about failures on the way there, not back."""
        back = self.story.phase is Phase.ROLLBACK
        self.walk = walk
        if self.stopping and not back:
            walk.stop()
        self.failing = walk if self.input.on_failure == "pause" and not back else None
        complete = await walk.run()
        while not complete and await self._resumed(walk):
            complete = await walk.run()
        self.failing = None
        if leave and not complete:
            crew.leave(self._why_not())
        return complete

    async def _resumed(self, walk: Pass) -> bool:
        """Waits for a word on what failed. False: the run ends as it is, or goes back."""
        if walk is not self.failing or not walk.failed:
            return False

        def decided() -> bool:
            over = self.stopping or self.aborted is not None or (self.recorder is not None and self.recorder.lost)
            return over or not walk.stuck or not walk.failed

        if not decided():
            phase = self.story.phase
            self._enter(Phase.PAUSED, FAILURE)
            await self.ask(Question.FAILURE, decided, self.input.patience)
            self._enter(phase)
        return not walk.stuck

    def _why_not(self) -> str:
        return "cancelled" if self.stopping else "waits for what failed"

    def tell(self, kind: EventKind, key: str, text: str = "") -> None:
        self.story.tell(kind, key, text)

    def record(self, result: Outcome | Undoing) -> None:
        if isinstance(result, Outcome):
            self.spent.append((result.key, result.seconds))
            self.spans |= {result.key: result.span} if result.span is not None else {}
        if self.recorder is not None:
            self.recorder.record(result)

    def offer(self, node: Node, values: Properties) -> None:
        """Nobody waits elsewhere: all steps are here, or in shards that tell each other."""

    def hear(self, event: Event) -> None:
        self.story.hear(event)

    def take(self, filed: Filed, results: int) -> None:
        if self.recorder is not None:
            self.recorder.take(filed, results)

    def lose(self, reason: str) -> None:
        """A shard can put nothing more on record."""
        if self.recorder is not None and not self.recorder.lost:
            self.recorder.error = ApplicationError(reason)

    def fail(self, failure: Failure) -> None:
        self.story.fail(failure)
        self._count()

    def _forgive(self, key: str) -> None:
        self.story.forgive(key)
        self._count()

    def _count(self) -> None:
        if self.input.attributes:
            workflow.upsert_search_attributes([FAILED.value_set(len(self.failures))])

    def _enter(self, phase: Phase, about: str = "") -> None:
        self.story.enter(phase, about)
        if self.input.attributes:
            workflow.upsert_search_attributes([PHASE.value_set(phase)])

    def _entry(self, opened: Opened, ended: Ended) -> Entry:
        return Entry(
            run=opened.run,
            kind=self.input.kind,
            plan=self.input.plan.id,
            by=self.input.by,
            git=self.input.git,
            started=rfc3339(self.started),
            finished=rfc3339(workflow.now()),
            result=ended,
            changes=opened.changes,
            steps=tuple(self.spent),
            spans=self.spans,
            failures=tuple(self.failures[:_TOLD]),
            approved_by=self.approved_by,
            said=tuple(self.said),
        )

    def _refused(self, error: FailureError) -> Result:
        return Result(run=0, result="cancelled" if self.stopping else "failed", message=why(error))

    def _summary(self, ended: Ended) -> str:
        if not self.failures:
            return f"Run {self.story.run} {ended}."
        first = self.failures[0]
        more = f" ({len(self.failures) - 1} more)" if len(self.failures) > 1 else ""
        return f"Run {self.story.run} {ended}: {first.key}: {first.message}{more}"
