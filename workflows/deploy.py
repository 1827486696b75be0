"""The run: a workflow that carries out one plan, so that whatever is killed, the record and the cloud stay together.

Lock, announce, forward phase, commit point, cleanup phase, history, release. Destroying is the same with a plan that
only deletes. The primary task only waits; the tasks of the nodes own their results.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Literal

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.assemble import counts
    from panka.planner.record import Outcome, Undoing
    from panka.workflows import ports
    from panka.workflows.asking import Asking, Question
    from panka.workflows.call import call
    from panka.workflows.messages import (
        FAILURE,
        LEVEL,
        PROGRESS,
        RUN,
        RUN_FAILED,
        EventKind,
        Phase,
        Progress,
        Result,
        RunInput,
    )
    from panka.workflows.ports import Entry, Failure, Lease, Node, Opened
    from panka.workflows.recorder import Recorder
    from panka.workflows.steps import Steps
    from panka.workflows.story import rfc3339, table, why
    from panka.workflows.walk import Walk

_PHASE = SearchAttributeKey.for_keyword("PankaPhase")
_FAILED = SearchAttributeKey.for_int("PankaFailed")

Ended = Literal["succeeded", "failed", "rolled back", "cancelled"]


@workflow.defn(name=RUN)
class RunWorkflow(Asking):
    """Carries out one plan. Ends as a failed workflow, with a `Result`, when the run did not succeed."""

    @workflow.init
    def __init__(self, input: RunInput) -> None:
        super().__init__(input.plan.id)
        self.input = input
        self.stopping = False
        self.walk: Walk[Outcome] | Walk[Undoing] | None = None
        self.acquiring: workflow.ActivityHandle[Lease] | None = None
        self.failures: list[Failure] = []
        self.approved_by = ""
        self.opened: Opened | None = None
        self.started = workflow.now()
        self.on_retry = self._forgive

    @workflow.query(name=PROGRESS)
    def progress(self, since: int) -> Progress:
        """The run as it is now, with the events after the first `since`."""
        running = self.walk.running if self.walk else ()
        failed = tuple(sorted(self.failing.failed)) if self.failing else ()
        return self.story.progress(since, run=self.run_number, running=running, failed=failed, cancelling=self.stopping)

    @property
    def run_number(self) -> int:
        return self.opened.run if self.opened else 0

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
                self._stop()
        result = work.result()
        self.story.end(result)
        if result.result == "succeeded":
            return result
        raise ApplicationError(result.message, result, type=RUN_FAILED, non_retryable=True)

    def _stop(self) -> None:
        self.stopping = True
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
        if not run.done():
            self._stop()  # nothing more may be changed: every further call would be refused by the fence
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
        )
        self.acquiring = call(ports.ACQUIRE, claim, id="acquire-lock", summary=f"lock {self.input.scope}")
        try:
            return await self.acquiring
        finally:
            self.acquiring = None

    async def _locked(self, lease: Lease) -> Result:
        self._enter(Phase.OPENING)
        opening = ports.Opening(
            lease=lease,
            plan=self.input.plan,
            kind=self.input.kind,
            by=self.input.by,
            started=rfc3339(self.started),
            approved_by=self.approved_by,
        )
        try:
            self.opened = await call(ports.OPEN, opening, id="open", summary=f"announce {self.input.plan.id}")
        except FailureError as error:
            await self._let_go(lease)
            return self._refused(error)
        self.story.introduce(self.opened)
        recorder = Recorder(lease, self.input.plan, self.opened.state)
        try:
            steps = Steps(self.input, lease, self.run_number)
            ended = await self._phases(steps, self.opened, recorder)
            self._enter(Phase.CLOSING)
            await recorder.finish(succeeded=ended == "succeeded", never=self._never())
            await self._close(lease, self._entry(self.opened, ended, steps.outcomes))
        except FailureError as error:
            await self._let_go(lease)
            return Result(
                run=self.run_number,
                result="failed",
                failures=tuple(self.failures),
                message=f"The record could not be written: {why(error)}. The next run settles what is open.",
            )
        return Result(run=self.run_number, result=ended, failures=tuple(self.failures), message=self._summary(ended))

    async def _let_go(self, lease: Lease) -> None:
        """Frees the lock without a history; where even that is refused, the lock runs out by itself."""
        try:
            await self._close(lease, None)
        except FailureError:
            workflow.logger.warning("The lock could not be released; it runs out by itself.")

    async def _phases(self, steps: Steps, opened: Opened, recorder: Recorder) -> Ended:
        forward = await self._walk_forward(steps, opened.forward, recorder)
        if forward:
            await recorder.flush()  # the commit point: what is new is on record before anything old goes
            if await self._walk_cleanup(steps, opened.cleanup, recorder):
                return "succeeded"
            return "cancelled" if self.stopping and not self.failures else "failed"
        if recorder.lost:
            return "failed"
        if self._goes_back():
            if await self._roll_back(steps, opened.forward, recorder):
                return "cancelled" if self.stopping and not self.failures else "rolled back"
            return "failed"
        return "cancelled" if self.stopping and not self.failures else "failed"

    def _goes_back(self) -> bool:
        return not self.aborted.keep if self.aborted is not None else self.input.on_failure == "rollback"

    async def _walk_forward(self, steps: Steps, nodes: tuple[Node, ...], recorder: Recorder) -> bool:
        self._enter(Phase.FORWARD)
        if self.input.schedule == "ready":
            return await self._walk_steps(steps, nodes, recorder)
        for level in sorted({node.level for node in nodes}):
            if level and self.input.pause_between_levels:
                await self._ask_for_next_level()
                if self.approval is None or not self.approval.approved:
                    break
            ready = [node for node in nodes if node.level == level and steps.outcomes.keys() >= set(node.depends_on)]
            loose = tuple(node.model_copy(update={"depends_on": ()}) for node in ready)
            if not await self._walk_steps(steps, loose, recorder) and self._ends_here(loose):
                break
        self._skip([node.key for node in nodes if node.key not in self.story.began])
        return all(node.key in steps.outcomes for node in nodes)

    async def _ask_for_next_level(self) -> None:
        """Nobody in time, or a no: the run ends as after a failure."""
        self.approval = None
        self._enter(Phase.PAUSED, LEVEL)
        await self.ask(Question.LEVEL, lambda: self.approval is not None or self.stopping, self.input.patience)
        self._enter(Phase.FORWARD)

    def _ends_here(self, level: tuple[Node, ...]) -> bool:
        """Whether what failed in a level ends the run; what was skipped at somebody's word does not."""
        failed = {node.key for node in level} & {one.key for one in self.failures}
        return self.stopping or self.aborted is not None or not failed <= self.skipped

    async def _walk_cleanup(self, steps: Steps, nodes: tuple[Node, ...], recorder: Recorder) -> bool:
        if nodes:
            self._enter(Phase.CLEANUP)
        return await self._walk_steps(steps, nodes, recorder)

    async def _walk_steps(self, steps: Steps, nodes: tuple[Node, ...], recorder: Recorder) -> bool:
        by_key = {node.key: node for node in nodes}

        def done(key: str, outcome: Outcome) -> None:
            steps.ended(by_key[key], outcome)
            self.story.tell(EventKind.DONE, key)
            recorder.done(outcome)

        def do(key: str) -> "workflow.ActivityHandle[Outcome]":
            self.story.tell(EventKind.STARTED, key)
            return steps.do(by_key[key])

        walk: Walk[Outcome] = Walk(
            {node.key: node.depends_on for node in nodes},
            {node.key: node.weight for node in nodes},
            do,
            window=self.input.window,
            on_done=done,
            on_failed=lambda key, error: self._fail(by_key[key], error, EventKind.FAILED),
        )
        self.failing = walk if self.input.on_failure == "pause" else None
        complete = await self._walk(walk)
        while not complete and await self._resumed(walk, recorder):
            complete = await walk.run()
        self.failing = None
        if self.input.schedule == "ready" or self.story.phase is not Phase.FORWARD:
            self._skip(walk.never())
        return complete

    async def _walk(self, walk: "Walk[Outcome] | Walk[Undoing]") -> bool:
        self.walk = walk
        if self.stopping and self.story.phase is not Phase.ROLLBACK:
            walk.stop()
        return await walk.run()

    async def _resumed(self, walk: Walk[Outcome], recorder: Recorder) -> bool:
        """Waits for a word on what failed. False: the run ends as it is, or goes back."""
        if walk is not self.failing or not walk.failed:
            return False

        def decided() -> bool:
            over = self.stopping or self.aborted is not None or recorder.lost
            return over or not walk.stuck or not walk.failed

        if not decided():
            phase = self.story.phase
            self._enter(Phase.PAUSED, FAILURE)
            await self.ask(Question.FAILURE, decided, self.input.patience)
            self._enter(phase)
        return not walk.stuck

    def _skip(self, keys: Iterable[str]) -> None:
        for key in sorted(keys):
            self.story.tell(EventKind.SKIPPED, key, "cancelled" if self.stopping else "waits for what failed")

    async def _roll_back(self, steps: Steps, nodes: tuple[Node, ...], recorder: Recorder) -> bool:
        """Takes back every step that began, dependents first. What failed may have made something: it is looked for."""
        self._enter(Phase.ROLLBACK)
        by_key = {node.key: node for node in nodes if node.key in self.story.began}
        waits: dict[str, list[str]] = {key: [] for key in by_key}
        for node in by_key.values():
            for needed in node.depends_on:
                if needed in by_key:
                    waits[needed].append(node.key)

        def undone(key: str, undoing: Undoing) -> None:
            self.story.tell(EventKind.UNDONE, key)
            recorder.undone(undoing)

        def undo(key: str) -> "workflow.ActivityHandle[Undoing]":
            self.story.tell(EventKind.UNDOING, key)
            return steps.undo(by_key[key])

        walk: Walk[Undoing] = Walk(
            waits,
            dict.fromkeys(waits, 0.0),
            undo,
            window=self.input.window,
            on_done=undone,
            on_failed=lambda key, error: self._fail(by_key[key], error, EventKind.FAILED),
        )
        complete = await self._walk(walk)
        self._skip(walk.never())
        return complete

    def _never(self) -> tuple[str, ...]:
        """The forward steps that never began: what was announced of them is withdrawn."""
        began = self.story.began
        return tuple(node.key for node in (self.opened.forward if self.opened else ()) if node.key not in began)

    def _forgive(self, key: str) -> None:
        """A step that is tried again has not failed."""
        self.failures = [one for one in self.failures if one.key != key]
        self.story.reopen()

    def _fail(self, node: Node, error: FailureError, kind: EventKind) -> None:
        self.failures.append(Failure(key=node.key, place=node.place, message=why(error)))
        self.story.tell(kind, node.key, why(error))
        workflow.set_current_details(table(self.failures))
        if self.input.attributes:
            workflow.upsert_search_attributes([_FAILED.value_set(len(self.failures))])

    def _enter(self, phase: Phase, about: str = "") -> None:
        self.story.enter(phase, about)
        if self.input.attributes:
            workflow.upsert_search_attributes([_PHASE.value_set(phase)])

    async def _close(self, lease: Lease, entry: Entry | None) -> None:
        await call(ports.CLOSE, ports.Ending(lease=lease, entry=entry), id="close", summary="history and release")

    def _entry(self, opened: Opened, ended: Ended, outcomes: Mapping[str, Outcome]) -> Entry:
        return Entry(
            run=opened.run,
            kind=self.input.kind,
            plan=self.input.plan.id,
            by=self.input.by,
            git=self.input.git,
            started=rfc3339(self.started),
            finished=rfc3339(workflow.now()),
            result=ended,
            changes=counts((*opened.forward, *opened.cleanup)),
            steps=tuple((key, outcome.seconds) for key, outcome in outcomes.items()),
            failures=tuple(self.failures),
            approved_by=self.approved_by,
            said=tuple(self.said),
        )

    def _refused(self, error: FailureError) -> Result:
        return Result(run=0, result="cancelled" if self.stopping else "failed", message=why(error))

    def _summary(self, ended: Ended) -> str:
        if not self.failures:
            return f"Run {self.run_number} {ended}."
        first = self.failures[0]
        more = f" ({len(self.failures) - 1} more)" if len(self.failures) > 1 else ""
        return f"Run {self.run_number} {ended}: {first.key}: {first.message}{more}"
