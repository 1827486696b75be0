"""A run that somebody resets in Temporal would do again what it has done: here whatever it asks for is refused.

Temporal carries on from an earlier moment, under another run id, with all that the run had heard by then: its lease,
and steps that look as if they had never been tried. Nothing of it may be believed.
"""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from panka.workflows.ports import LOCK_LOST, Claim, Lease


class Resets(Interceptor):
    """For every worker. Activities that hold no lease may be asked for by anybody."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activities(next)


class _Activities(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # the SDK's signature
        asked = input.args[0] if input.args else None
        lease = asked if isinstance(asked, Claim) else getattr(asked, "lease", None)
        if isinstance(lease, Claim | Lease):
            _refuse_reset(lease)
        return await super().execute_activity(input)


def _refuse_reset(lease: Claim | Lease) -> None:
    """Raises ApplicationError unless the workflow that asks is the one that the lease is for."""
    user = lease.user if isinstance(lease, Lease) else ""
    if activity.info().workflow_run_id != (user or lease.owner.rpartition("/")[2]):
        message = "This run was reset in Temporal. What it did cannot be done again, so it changes nothing more."
        raise ApplicationError(message, type=LOCK_LOST, non_retryable=True)
