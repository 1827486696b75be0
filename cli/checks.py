"""Drift checks as Temporal knows them: starting one and following it to its end."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.exceptions import ActivityError, FailureError
from temporalio.service import RPCError

from panka.cli.exits import Interrupted, Locked, Misused, RunFailed, TimedOut
from panka.cli.runs import Runs, knows_no_attributes, open_client
from panka.cli.session import Session
from panka.cli.settings import Settings
from panka.planner.drift import Report
from panka.planner.owner import Scope
from panka.planner.receivers import Receiver
from panka.workflows.messages import DRIFT, PROGRESS, DriftInput, DriftProgress, DriftResult
from panka.workflows.searching import DRIFTED, attributes

Handle: TypeAlias = WorkflowHandle[Any, DriftResult]

_CALL = timedelta(seconds=10)
LONGEST = timedelta(hours=24)
"""How long a check may take: one that never ends would keep its schedule from beginning another."""
_LOOK = 1.0
"""Seconds between looks at how far a check is."""
_WORKERLESS = 10.0
"""Seconds without an answer after which somebody should look for the worker."""


def check_id(scope: Scope) -> str:
    """Of the check of a stack, and of its schedule."""
    return f"{scope}/drift"


def check_attributes(scope: Scope) -> TypedSearchAttributes:
    """What a check is found by."""
    return attributes(scope, "drift", SearchAttributePair(DRIFTED, value=False))


def checked(session: Session, scope: Scope, notify: Sequence[str] = (), timeout: float | None = None) -> Report | None:
    """What a check finds now; None when the stack has no state.

    Raises:
        Locked: a run is at work, so that nobody can judge.
        Misused: a receiver is none.
        RunFailed: nothing could be looked at.
    """
    settings = session.settings
    input = DriftInput(scope=scope, by=settings.user, notify=receivers(notify), step_queue=settings.step_queue)
    try:
        result = asyncio.run(_check(session, input, timeout))
    except KeyboardInterrupt:
        raise Interrupted("Stopped watching. The check goes on; it changes nothing.") from None
    for one in result.unnotified:
        session.screen.tell(f"not told: {one}")
    if result.report:
        return session.desk().archive.report_at(result.report)
    if "has no state" in result.message:
        return None
    raise Locked(result.message, "panka watch follows that run")


async def _check(session: Session, input: DriftInput, seconds: float | None) -> DriftResult:
    checks = await Checks.connect(session.settings, session.screen.tell)
    return await checks.follow(await checks.start(input), seconds)


def receivers(notify: Sequence[str]) -> tuple[str, ...]:
    """Raises Misused when one is none."""
    for to in notify:
        try:
            Receiver.of(to)
        except ValueError as error:
            raise Misused(f"--notify: {error}") from error
    return tuple(notify)


class Checks:
    """The drift checks of one Temporal namespace."""

    def __init__(self, client: Client, task_queue: str, tell: Callable[[str], None]) -> None:
        self._client = client
        self._queue = task_queue
        self._tell = tell

    @classmethod
    async def connect(cls, settings: Settings, tell: Callable[[str], None]) -> "Checks":
        """Raises Unreachable within about ten seconds."""
        return cls(await open_client(settings), settings.task_queue, tell)

    async def start(self, input: DriftInput) -> Handle:
        """Starts a check, or finds the one that goes on. With search attributes if the server knows them."""
        try:
            return await self._started(input.model_copy(update={"attributes": True}), check_attributes(input.scope))
        except RPCError as error:
            if not knows_no_attributes(error):
                raise
            return await self._started(input, None)

    async def follow(self, handle: Handle, seconds: float | None) -> DriftResult:
        """How the check ended; tells how far it is meanwhile.

        Raises:
            RunFailed: nothing could be looked at.
            TimedOut: after so many seconds; the check goes on.
        """
        began = time.monotonic()
        ending = asyncio.create_task(handle.result())
        try:
            heard = _Heard(began)
            while not ending.done():
                await asyncio.wait([ending], timeout=_LOOK)
                if not ending.done():
                    await self._look(handle, heard)
                    if seconds is not None and time.monotonic() - began > seconds:
                        raise TimedOut("--timeout is over. The check goes on.")
            return ending.result()
        except WorkflowFailureError as error:
            raise RunFailed(f"The check failed: {_why(error)}") from error
        finally:
            ending.cancel()

    async def _started(self, input: DriftInput, said: TypedSearchAttributes | None) -> Handle:
        return await self._client.start_workflow(
            DRIFT,
            input,
            id=check_id(input.scope),
            task_queue=self._queue,
            result_type=DriftResult,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            memo={"by": input.by},
            search_attributes=said,
            execution_timeout=LONGEST,
            static_summary=f"drift check of {input.scope} by {input.by}",
            rpc_timeout=_CALL,
        )

    async def _look(self, handle: Handle, heard: "_Heard") -> None:
        try:
            now: DriftProgress = await handle.query(PROGRESS, result_type=DriftProgress, rpc_timeout=_CALL)
        except (RPCError, WorkflowQueryFailedError):
            if time.monotonic() - heard.last > _WORKERLESS and not heard.complained:
                heard.complained = True
                if (missing := await Runs(self._client, self._queue).missing(handle)) is not None:
                    self._tell(f"{missing.what}: {missing.help}")
            return
        heard.last = time.monotonic()
        if now.total and now.looked != heard.looked:
            heard.looked = now.looked
            self._tell(f"{now.looked} of {now.total} resources looked at")


class _Heard:
    """What a check has told of itself."""

    def __init__(self, now: float) -> None:
        self.last = now
        self.looked = 0
        self.complained = False


def _why(error: WorkflowFailureError) -> str:
    cause: BaseException = error.cause
    while isinstance(cause, ActivityError) and cause.cause is not None:
        cause = cause.cause
    return cause.message if isinstance(cause, FailureError) else str(cause)
