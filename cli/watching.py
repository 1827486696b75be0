"""Follows a run to its end, through whatever happens to Temporal or the worker in between."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowQueryFailedError
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from panka.cli.bell import Bell
from panka.cli.exits import TimedOut
from panka.cli.runs import Handle, Runs, description
from panka.cli.views.account import rows
from panka.cli.views.run import View
from panka.planner.plan import Plan, PlanRef
from panka.workflows.messages import PAGE, RUN_FAILED, Phase, Progress, Result

_BUSY, _AWAY, _SILENCE = 0.3, 1.0, 10.0
"""Seconds between questions: at least, while nobody answers, and where nothing has happened since."""
_WORKERLESS = 10.0
"""Seconds without an answer after which somebody should look for the worker."""


class Watch:
    """One watcher of one run. Never ends because of a server or worker that is away for a while."""

    def __init__(
        self,
        runs: Runs,
        handle: Handle,
        views: Sequence[View],
        tell: Callable[[str], None],
        plan: Callable[[PlanRef], Plan],
        silence: float = _SILENCE,
    ) -> None:
        """`tell` gets what the views want to be printed. `plan` reads a plan from the store, which may block.

        After so many seconds of `silence` the run is asked although nothing has happened in it.
        """
        self._plan = plan
        self._runs = runs
        self._handle = handle
        self._views = views
        self._silence = silence
        self._bell = Bell(handle)
        self._tell = tell
        self.run = 0
        """The run's number, once it has one."""
        self._unanswered: float | None = None
        """Since when the run has not answered."""
        self._server_away = False
        self._said_silent = ""
        """What was said of the silence, to be said once."""
        self._more = False
        """An answer did not hold all that there is."""
        self._known: Progress | None = None
        """The run as it answered last."""

    @property
    def _seen(self) -> int:
        """Events that the views have heard."""
        return self._known.seen if self._known is not None else 0

    async def follow(self, *, seconds: float | None, cancel_on_interrupt: bool) -> Result:
        """The run's result. Ctrl-C ends it with CancelledError, or once cancels the run if that is wished.

        Raises:
            TimedOut: the run goes on.
        """
        until = None if seconds is None else time.monotonic() + seconds
        async with self._bell:
            return await self._to_its_end(until, cancel_on_interrupt=cancel_on_interrupt)

    async def _to_its_end(self, until: float | None, *, cancel_on_interrupt: bool) -> Result:
        while True:
            try:
                result = await self._look()
                _heed_interrupt()
                if result is not None:
                    return result
                if until is not None and time.monotonic() >= until:
                    raise TimedOut("The time is over. The run goes on and keeps its lock.")
                await self._wait(until)
            except asyncio.CancelledError:
                if not cancel_on_interrupt:
                    raise
                cancel_on_interrupt = False
                _take_back_interrupt()
                await self._cancel()

    async def _wait(self, until: float | None) -> None:
        """Until there may be something new, and no longer than until the time is over."""
        if self._more:
            return
        if self._unanswered is not None:
            await asyncio.sleep(_AWAY)
            return
        await self._bell.pause(_BUSY)
        left = self._silence if until is None else min(self._silence, max(until - time.monotonic(), 0))
        await self._bell.rung(left)

    async def _look(self) -> Result | None:
        if self._bell.over and (result := await self._ending()) is not None:
            return result
        try:
            progress = await self._runs.progress(self._handle, self._seen)
        except (RPCError, WorkflowQueryFailedError) as error:
            return await self._without_answer(error)
        self._answered()
        await self._heed(progress)
        return await self._result() if progress.result is not None or await self._killed() else None

    async def _ending(self) -> Result | None:
        """Of an ended run whose result tells all that is new: no worker has to replay the run for an answer."""
        known = self._known
        if known is None or not known.total or (result := await self._result()) is None:
            return None
        unheard = result.told - known.seen
        if not result.told or not 0 <= unheard <= len(result.last):
            return None
        new = result.last[len(result.last) - unheard :]
        now = {"phase": Phase.ENDED, "events": new, "seen": result.told, "finished": known.total, "running": ()}
        self._heard(known.model_copy(update={**now, "failed": (), "result": result}))
        return result

    async def _heed(self, progress: Progress) -> None:
        self.run = progress.run
        self._more = progress.seen - self._seen >= PAGE
        if progress.total and not all(view.introduced for view in self._views):
            plan = await asyncio.to_thread(self._plan, progress.plan)
            at = progress.events[0].at if progress.events else time.time()
            for view in self._views:
                self._print(view.introduce(rows(plan), progress.run, at))
        self._heard(progress)

    def _heard(self, progress: Progress) -> None:
        self._known = progress
        now = time.time()
        for view in self._views:
            self._print(view.hear(progress) or view.heartbeat(now))

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._tell(line)

    async def _killed(self) -> bool:
        """Whether the run was terminated: it goes on answering, and never says so itself."""
        if not self._bell.over:
            return False
        try:
            return (await description(self._handle)).status is not WorkflowExecutionStatus.RUNNING
        except RPCError:
            return False  # the next question tells

    async def _without_answer(self, error: RPCError | WorkflowQueryFailedError) -> Result | None:
        """The server may be away, or the worker, or the run may have ended meanwhile."""
        now = time.monotonic()
        self._unanswered = now if self._unanswered is None else self._unanswered
        try:
            closed = (await description(self._handle)).status is not WorkflowExecutionStatus.RUNNING
        except RPCError as second:
            _raise_final(second)
            self._server_is_away()
            return None
        self._server_is_back()
        if closed:
            return await self._ending() or await self._result()
        if now - self._unanswered >= _WORKERLESS:
            await self._look_for_workers(error)
        return None

    def _answered(self) -> None:
        self._server_is_back()
        if self._said_silent:
            self._tell("The worker answers again.")
        self._unanswered, self._said_silent = None, ""

    def _server_is_away(self) -> None:
        if not self._server_away:
            self._tell("Temporal does not answer; trying again.")
        self._server_away = True

    def _server_is_back(self) -> None:
        if self._server_away:
            self._tell("Temporal answers again.")
            self._unanswered = None
        self._server_away = False

    async def _look_for_workers(self, error: RPCError | WorkflowQueryFailedError) -> None:
        """Says why the run does not move, again only when that changes: a worker that dies is missed after a minute."""
        missing = await self._runs.missing(self._handle)
        why = missing.what if missing else "It does not answer."
        if why == self._said_silent or (missing is None and self._said_silent):
            return
        self._said_silent = why
        self._tell(
            f"{missing.what}: {missing.help}" if missing else f"The run does not answer ({error}); trying again."
        )

    async def _result(self) -> Result | None:
        try:
            return await asyncio.wait_for(self._handle.result(follow_runs=False), 10)
        except WorkflowFailureError as error:
            return _told(error.cause, self.run)
        except (RPCError, TimeoutError):
            return None

    async def _cancel(self) -> None:
        try:
            await self._handle.cancel()
            self._tell("The run was asked to stop. Ctrl-C again stops watching only.")
        except RPCError:
            self._tell("The run could not be asked to stop: Temporal does not answer. panka cancel asks again.")


def _heed_interrupt() -> None:
    """A cancellation that arrives in the very moment of an answer may be lost with it; the task still knows of it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _take_back_interrupt() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


def _raise_final(error: RPCError) -> None:
    if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.NOT_FOUND):
        raise error


def _told(cause: BaseException | None, run: int) -> Result:
    """What a failed workflow says of its run."""
    if isinstance(cause, ApplicationError) and cause.type == RUN_FAILED and cause.details:
        return Result.model_validate(cause.details[0])
    if isinstance(cause, CancelledError):
        return Result(run=run, result="cancelled", message="It was cancelled.")
    if isinstance(cause, TerminatedError):
        return Result(
            run=run,
            result="failed",
            message="It was terminated in Temporal. Its lock frees itself; the next run settles what is open.",
        )
    return Result(run=run, result="failed", message=str(cause or "It ended without a word."))
