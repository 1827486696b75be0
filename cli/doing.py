"""What the Temporal server knows of the steps that run now: what each waits for, and why it is tried again."""

import asyncio
from collections.abc import Iterable
from datetime import UTC
from typing import Final

from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError

from panka.cli.runs import Handle, Runs, description
from panka.cli.views.live import Doing

_UNDO = "undo "
"""How the ids of activities begin that take a step back."""
_AGAIN: Final = "next_attempt_schedule_time"


async def doing(runs: Runs, handle: Handle) -> dict[str, Doing]:
    """By key of the step; empty when it is not known. No worker is asked. A run's shards are looked at as well."""
    try:
        run = await description(handle)
    except RPCError:
        return {}
    children = [one.workflow_id for one in run.raw_description.pending_children]
    shards = await asyncio.gather(*(_of_shard(runs.client, id) for id in children))
    found = _told(runs.client, run)
    for shard in shards:
        found |= shard
    return found


async def _of_shard(client: Client, id: str) -> dict[str, Doing]:
    try:
        return _told(client, await description(client.get_workflow_handle(id)))
    except RPCError:
        return {}


def _told(client: Client, run: WorkflowExecutionDescription) -> dict[str, Doing]:
    pending: Iterable[PendingActivityInfo] = run.raw_description.pending_activities
    return {one.activity_id.removeprefix(_UNDO): _one(client, one) for one in pending}


def _one(client: Client, one: PendingActivityInfo) -> Doing:
    beats = client.data_converter.payload_converter.from_payloads(list(one.heartbeat_details.payloads))
    waits = str(beats[1]) if len(beats) > 1 and beats[1] else ""
    again = one.next_attempt_schedule_time.ToDatetime(UTC).timestamp() if one.HasField(_AGAIN) else None
    return Doing(waits=waits, attempt=one.attempt, failure=one.last_failure.message, again=again)
