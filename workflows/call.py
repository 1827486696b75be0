"""Calls of activities through their ports, the same way everywhere."""

from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from panka.planner.resource import Model
    from panka.workflows.ports import Port, Retries

I = TypeVar("I", bound=Model)  # noqa: E741  # input and output, as everywhere
O = TypeVar("O", bound=Model | None)  # noqa: E741


def call(
    port: Port[I, O],
    input: I,
    *,
    id: str | None = None,
    summary: str | None = None,
    attempt: timedelta | None = None,
    in_all: timedelta | None = None,
    queue: str | None = None,
    settle: bool = True,
) -> "workflow.ActivityHandle[O]":
    """Starts an activity. With `settle`, a cancel waits until the activity has ended; without, it lets go at once."""
    return workflow.start_activity(
        port.name,
        input,
        result_type=port.output,
        activity_id=id,
        summary=summary,
        task_queue=queue,
        start_to_close_timeout=attempt or port.attempt,
        schedule_to_close_timeout=in_all,
        heartbeat_timeout=port.heartbeat,
        retry_policy=_policy(port.retry) if port.retry else None,
        cancellation_type=(
            ActivityCancellationType.WAIT_CANCELLATION_COMPLETED if settle else ActivityCancellationType.TRY_CANCEL
        ),
    )


def _policy(retries: Retries) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=retries.first,
        maximum_interval=retries.longest,
        non_retryable_error_types=list(retries.never),
    )
