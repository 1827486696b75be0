"""Watches every activity and every run from outside: what it is about, how long it took, how it ended.

Measured here and not in workflows: nothing of it is repeated by a replay. An activity whose reply is lost runs twice,
and counts twice.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from temporalio import activity
from temporalio.exceptions import ApplicationError, is_cancelled_exception
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from panka.activities.telemetry.about import NOW, About, about
from panka.workflows.ports import Checkpoint, Claim, Ending, Hold, Portion

if TYPE_CHECKING:
    from panka.activities.telemetry.meters import Ended, Meters

Mark: TypeAlias = Callable[[Mapping[str, str | int]], None]
"""Writes attributes on the current span."""
Ids: TypeAlias = Callable[[], tuple[str, str]]
"""The ids of the current trace and span, empty where there are none."""

_log = logging.getLogger("panka.work")


def _unmarked(_about: Mapping[str, str | int]) -> None:
    """There is no span."""


def no_ids() -> tuple[str, str]:
    """Nothing is traced."""
    return "", ""


class Watching(Interceptor):
    """For a worker. Inside of the interceptor that makes Temporal's spans, so that it finds them."""

    def __init__(self, meters: "Meters | None" = None, mark: Mark = _unmarked, ids: Ids = no_ids) -> None:
        """None: nothing is measured, only the log knows what it is about."""
        self._meters = meters
        self._mark = mark
        self._ids = ids

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activities(next, self._meters, self._mark, self._ids)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: ARG002  # the SDK's signature
    ) -> type[WorkflowInboundInterceptor]:
        mark = self._mark

        class Marking(_Runs):
            def mark(self, about: Mapping[str, str | int]) -> None:
                mark(about)

        return Marking


class _Activities(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, meters: "Meters | None", mark: Mark, ids: Ids) -> None:
        super().__init__(next)
        self._meters = meters
        self._mark = mark
        self._ids = ids

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        work = about(input.args[0]) if input.args else About()
        work.trace_id, work.span_id = self._ids()
        self._mark(work.attributes())
        # Never taken back: the SDK tells in this same task, after this, how the activity ended.
        NOW.set(work)
        began = time.monotonic()
        try:
            result = await super().execute_activity(input)
        except BaseException as error:
            self._ended(input, work, error, time.monotonic() - began)
            raise
        self._ended(input, work, None, time.monotonic() - began)
        return result

    def _ended(self, input: ExecuteActivityInput, work: About, error: BaseException | None, seconds: float) -> None:
        how, name = ended(error), activity.info().activity_type
        asked = input.args[0] if input.args else None
        if not (isinstance(asked, Hold) and how == "cancelled"):  # as it ends when all is well
            what = f"{work.action} {work.address}" if work.action else name
            _log.info("%s: %s after %.3f s", what, how, seconds)
        if self._meters is not None:
            self._measure(self._meters, asked, work, how, seconds)
            if error is not None and how == "again":
                self._meters.again(name, reason(error))

    def _measure(self, meters: "Meters", asked: object, work: About, how: "Ended", seconds: float) -> None:
        match asked:
            case Claim():
                meters.lock_waited(work, how, seconds)
            case Checkpoint() | Portion():
                meters.checkpointed(work, how, seconds)
                if isinstance(asked, Ending) and how == "done":
                    entry = asked.entry
                    took = datetime.fromisoformat(entry.finished) - datetime.fromisoformat(entry.started)
                    meters.run_ended(asked.lease.scope, entry, took.total_seconds())
            case _ if work.action:
                meters.step_ended(work, how, seconds)


class _Runs(WorkflowInboundInterceptor):
    def mark(self, about: Mapping[str, str | int]) -> None:
        raise NotImplementedError

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        work = about(input.args[0]) if input.args else About()
        NOW.set(work)
        self.mark(work.attributes())
        try:
            result = await super().execute_workflow(input)
        except ApplicationError as error:
            self._number(error.details[0] if error.details else None)
            raise
        self._number(result)
        return result

    def _number(self, result: object) -> None:
        """A run knows its number only after it has begun."""
        if number := getattr(result, "run", 0):
            self.mark({"panka.run": number})


def ended(error: BaseException | None) -> "Ended":
    """How an attempt ended, as its error says."""
    if error is None:
        return "done"
    if is_cancelled_exception(error):
        return "cancelled"
    return "failed" if isinstance(error, ApplicationError) and error.non_retryable else "again"


def reason(error: BaseException) -> str:
    """Why there is another attempt, in a word of which there are few."""
    return (isinstance(error, ApplicationError) and error.type) or type(error).__name__
