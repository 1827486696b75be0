"""The drift check: looks at everything on record of a stack, in batches, files a report, tells news, restores if asked.

It holds no lock: a check that is overtaken by a run begins again, and after some times says that it cannot judge.
"""

from datetime import timedelta
from hashlib import sha256

from temporalio import workflow
from temporalio.common import SearchAttributePair
from temporalio.exceptions import ApplicationError, ChildWorkflowError, FailureError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from panka.planner.drift import Verdict
    from panka.planner.journal import Filed
    from panka.planner.owner import Scope
    from panka.planner.state import Pointer
    from panka.workflows import ports
    from panka.workflows.call import call
    from panka.workflows.messages import (
        DRIFT,
        PROGRESS,
        RUN,
        DriftInput,
        DriftProgress,
        DriftResult,
        Phase,
        Result,
        RunInput,
    )
    from panka.workflows.ports import Judged, Judging, Looked, Survey
    from panka.workflows.searching import DRIFTED, FAILED, PHASE, attributes
    from panka.workflows.story import rfc3339, why
    from panka.workflows.walk import Walk

_BATCH = 25
"""Resources that one activity looks at."""
_WINDOW = 4
"""The most batches at once; how fast AWS lets itself be asked decides beside it."""
_ROUNDS = 3
"""How often a check that a run has overtaken begins again."""
_PATIENCE = timedelta(hours=2)
"""How long one batch is tried."""
_TELLING = timedelta(minutes=15)
"""How long somebody is tried to be told."""


@workflow.defn(name=DRIFT)
class DriftWorkflow:
    """Changes nothing in AWS and in the state; only the run that it starts to restore what was recorded does."""

    @workflow.init
    def __init__(self, input: DriftInput) -> None:
        self.input = input
        self.looked = 0
        self.total = 0

    @workflow.query(name=PROGRESS)
    def progress(self) -> DriftProgress:
        """How far it is."""
        return DriftProgress(looked=self.looked, total=self.total)

    @workflow.run
    async def run(self, input: DriftInput) -> DriftResult:
        """Fails when nothing could be looked at: no way to the store, or credentials of another account."""
        for number in range(_ROUNDS):
            survey = await call(ports.SURVEY, ports.Look(scope=input.scope), summary=f"what {input.scope} has")
            if survey.busy:
                return DriftResult(message=f"{survey.busy}. Look again after that.")
            if survey.state is None:
                return DriftResult(message=f"{input.scope} has no state: nothing was ever applied.")
            judging = await self._look(survey, survey.state)
            judged = await call(ports.JUDGE, judging, summary="put together what was found")
            if not judged.moved:
                return await self._conclude(judging, judged)
            workflow.logger.info("The state has moved meanwhile (round %s).", number + 1)
        judging = judging.model_copy(update={"moved": True})
        return await self._conclude(judging, await call(ports.JUDGE, judging, summary="put together what was found"))

    async def _look(self, survey: Survey, state: Pointer) -> Judging:
        batches = [survey.addresses[at : at + _BATCH] for at in range(0, len(survey.addresses), _BATCH)]
        of = {f"batch-{number:04}": batch for number, batch in enumerate(batches)}
        parts: list[Filed] = []
        unread: dict[str, tuple[str, ...]] = {}
        self.looked, self.total = 0, len(survey.addresses)
        started = rfc3339(workflow.now())

        def do(key: str) -> "workflow.ActivityHandle[Looked]":
            batch = ports.Batch(scope=self.input.scope, state=state, addresses=of[key])
            queue = self.input.step_queue
            return call(ports.LOOK, batch, summary=f"{of[key][0]} and on", in_all=_PATIENCE, queue=queue)

        def done(key: str, looked: Looked) -> None:
            self.looked += len(of[key])
            parts.extend([looked.part] if looked.part else [])

        def failed(key: str, error: FailureError) -> None:
            reason = why(error)
            unread[reason] = (*unread.get(reason, ()), *of[key])

        walk: Walk[Looked] = Walk(
            dict.fromkeys(of, ()), dict.fromkeys(of, 0.0), do, window=_WINDOW, on_done=done, on_failed=failed
        )
        await walk.run()
        return Judging(
            scope=self.input.scope,
            state=state,
            by=self.input.by,
            started=started,
            finished=rfc3339(workflow.now()),
            total=self.total,
            parts=tuple(sorted(parts, key=lambda part: part.sha256)),
            unread=unread,
        )

    async def _conclude(self, judging: Judging, judged: Judged) -> DriftResult:
        self._publish(judged)
        news = bool(self.input.notify) and judged.gist != judged.told
        unnotified = await self._notify(judging, judged) if news else ()
        told = judged.gist if news and not unnotified else judged.told
        filing = ports.Filing(judging=judging, told=told, name=_name())
        filed = await call(ports.REPORT, filing, summary=f"report: {judged.verdict}")
        result = DriftResult(
            verdict=judged.verdict,
            message="The state moved again and again meanwhile." if judging.moved else "",
            counts=judged.counts,
            report=filed.key,
            unnotified=unnotified,
        )
        if self.input.reconcile and judged.verdict is Verdict.DRIFTED:
            return await self._reconcile(judging, judged, result)
        return result

    def _publish(self, judged: Judged) -> None:
        """Makes the verdict something to search and to measure by."""
        scope = self.input.scope
        meter = workflow.metric_meter().with_additional_attributes(
            {"tenant": scope.tenant, "stack": scope.stack, "environment": scope.environment}
        )
        for status, number in sorted(judged.counts.items()):
            gauge = meter.create_gauge(f"panka_drift_{status.name.lower()}", "Resources by what a drift check shows.")
            gauge.set(number)
        workflow.set_current_details(
            f"{judged.verdict}: " + ", ".join(f"{number} {status}" for status, number in sorted(judged.counts.items()))
        )
        if self.input.attributes:
            drifted = judged.verdict is Verdict.DRIFTED
            workflow.upsert_search_attributes([DRIFTED.value_set(drifted), PHASE.value_set(Phase.ENDED)])

    async def _notify(self, judging: Judging, judged: Judged) -> tuple[str, ...]:
        """Tells everybody. Who could not be told hears of the same news, under the same id, after the next check."""
        said = sha256("\0".join((str(self.input.scope), judged.told, judged.gist)).encode()).hexdigest()[:24]
        calls = {
            to: call(
                ports.NOTIFY,
                ports.Notice(
                    id=said,
                    to=to,
                    scope=judging.scope,
                    state=judging.state,
                    at=judging.finished,
                    verdict=judged.verdict,
                    counts=judged.counts,
                    addresses=judged.addresses,
                    awaits=_approval(judging.scope) if self.input.reconcile and judged.approval else "",
                ),
                summary=f"tell that it is {judged.verdict}",
                in_all=_TELLING,
                queue=self.input.step_queue,
            )
            for to in self.input.notify
        }
        unnotified = []
        for to, telling in calls.items():
            try:
                await telling
            except FailureError as error:
                unnotified.append(f"{_short(to)}: {why(error)}")
        return tuple(unnotified)

    async def _reconcile(self, judging: Judging, judged: Judged, result: DriftResult) -> DriftResult:
        """Restores by a run of its own, which locks the stack and writes its history like every other.

        One that waits for an approval is not waited for: the next check is due before somebody has the time.
        """
        scope = self.input.scope
        mending = ports.Mending(scope=scope, state=judging.state)
        mended = await call(ports.MEND, mending, summary="plan how to restore what is on record")
        result = result.model_copy(update={"left": mended.left})
        if mended.plan is None:
            return result
        run = RunInput(
            scope=scope,
            plan=mended.plan,
            kind="apply",
            by=self.input.by,
            on_failure="keep",
            approval=judged.approval,
            step_queue=self.input.step_queue,
            attributes=self.input.attributes,
        )
        found_by = attributes(scope, run.kind, SearchAttributePair(FAILED, 0)) if run.attributes else None
        try:
            started = await workflow.start_child_workflow(
                RUN,
                run,
                id=str(scope),
                result_type=Result,
                parent_close_policy=ParentClosePolicy.ABANDON,
                memo={"by": run.by, "operation": run.kind, "git": "", "plan": run.plan.id},
                search_attributes=found_by,
                static_summary=f"apply {scope} by {run.by}: what a drift check has found",
                static_details=f"Plan `{run.plan.id}`",
            )
            if judged.approval:
                return result.model_copy(update={"message": f"What restores it waits: {_approval(scope)}"})
            ended = await started
        except ChildWorkflowError as error:
            return result.model_copy(update={"run": _told(error)})
        except FailureError as error:  # another run has the stack: it is for that one, or for the next check
            return result.model_copy(update={"message": f"Nothing was restored: {why(error)}"})
        return result.model_copy(update={"run": ended})


def _approval(scope: Scope) -> str:
    return f"panka approve {scope.stack} -t {scope.tenant} -e {scope.environment}"


def _name() -> str:
    """Sorts by time; two checks do not meet."""
    check = sha256(workflow.info().run_id.encode()).hexdigest()[:6]
    return f"{workflow.now():%Y%m%dT%H%M%S.%fZ}-{check}"


def _told(error: ChildWorkflowError) -> Result:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.details:
        return Result.model_validate(cause.details[0])
    return Result(run=0, result="failed", message=str(cause or error))


def _short(to: str) -> str:
    """Whom it is for, without what may be a secret of theirs."""
    return to if to.startswith(("arn:", "{{")) else "/".join(to.split("/")[:3])
