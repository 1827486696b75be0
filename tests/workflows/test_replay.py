"""Runs of earlier days replay: workflow code that changes must go on from every history that may be open.

`PANKA_RECORD_HISTORIES=1 pytest tests/workflows/test_replay.py` records the histories anew. Do that only for what no
release carries yet; after that a change stands behind `workflow.patched`. Then a replay still goes the old way, so the
new one would be in no history: the history of each scenario must be that of a run of today. Give the old one another
name, which keeps it replayed, and record the new one.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from panka.activities.aws.errors import AwsError, Cause
from panka.workflows.deploy import RunWorkflow
from panka.workflows.drift import DriftWorkflow
from panka.workflows.messages import ABORT, APPROVE, DRIFT, RETRY, Approval, Decision, DriftInput, Phase, Result
from panka.workflows.sandbox import runner
from panka.workflows.shard import ShardWorkflow
from plugins.runs import Place, resource, result, until

HISTORIES = Path(__file__).parents[1] / "histories"
RECORDS = bool(os.environ.get("PANKA_RECORD_HISTORIES"))
DIAMOND = (resource("a"), resource("b", "a"), resource("c", "a"), resource("d", "b", "c"))
Handle = WorkflowHandle[Any, Result]


async def deploy(place: Place) -> Handle:
    await place.apply(resource("old"), resource("q", VisibilityTimeout=1))
    handle = await place.start(place.plan(*DIAMOND, resource("q", VisibilityTimeout=2)))
    await result(handle)
    return handle


async def rollback(place: Place) -> Handle:
    place.sky.refuse.add("d:main")
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)
    return handle


async def searchable(place: Place) -> Handle:
    """As runs are on every server that knows Panka's search attributes."""
    place.sky.refuse.add("d:main")
    handle = await place.start(place.plan(*DIAMOND), attributes=True)
    await result(handle)
    return handle


async def cancel(place: Place) -> Handle:
    place.sky.hold["a:main"] = asyncio.Event()
    place.sky.began["a:main"] = asyncio.Event()
    handle = await place.start(place.plan(*DIAMOND))
    await asyncio.wait_for(place.sky.began["a:main"].wait(), 20)
    await handle.cancel()
    await asyncio.sleep(0.5)
    place.sky.hold["a:main"].set()
    await result(handle)
    return handle


async def pause(place: Place) -> Handle:
    place.sky.refuse.add("b:main")
    handle = await place.start(place.plan(*DIAMOND), on_failure="pause")
    await until(place, handle, Phase.PAUSED)
    place.sky.refuse.clear()
    await handle.execute_update(RETRY, Decision(by="ana"))
    await result(handle)
    return handle


async def abort(place: Place) -> Handle:
    place.sky.refuse.add("b:main")
    handle = await place.start(place.plan(*DIAMOND), on_failure="pause")
    await until(place, handle, Phase.PAUSED)
    await handle.signal(ABORT)
    await result(handle)
    return handle


async def approval(place: Place) -> Handle:
    handle = await place.start(place.plan(*DIAMOND), approval=True, schedule="levels", pause_between_levels=True)
    await until(place, handle, Phase.APPROVAL)
    await handle.execute_update(APPROVE, Approval(by="leo"))
    await until(place, handle, Phase.PAUSED)
    await handle.execute_update(APPROVE, Approval(by="leo", approved=False))
    await result(handle)
    return handle


async def refused(place: Place) -> Handle:
    place.locks.acquire(place.scope, "elsewhere/run", who="leo", operation="apply", ttl=60)
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)
    return handle


async def sharded(place: Place) -> Handle:
    place.sky.refuse.add("d:main")
    handle = await place.start(place.plan(*DIAMOND), most=2, shard_size=2)
    await result(handle)
    return handle


async def shard(place: Place) -> Handle:
    await sharded(place)
    return place.client.get_workflow_handle(f"{place.scope}#1/shard-2")


async def drift(place: Place) -> Handle:
    await place.apply(*DIAMOND)
    place.sky.resources["a:main#1"]["DelaySeconds"] = 5
    place.sky.unread["b:main#1"] = AwsError(Cause.FINAL, "AccessDenied", "You may not.", "any:read")
    input = DriftInput(scope=place.scope, by="ana", notify=("no-receiver",), reconcile=True)
    check = await place.client.start_workflow(DRIFT, input, id=f"{place.scope}/drift", task_queue=place.queue)
    await check.result()
    return check


SCENARIOS: dict[str, Callable[[Place], Awaitable[Handle]]] = {
    one.__name__: one
    for one in (deploy, rollback, searchable, cancel, pause, abort, approval, refused, sharded, shard, drift)
}


@pytest.mark.skipif(not RECORDS, reason="Histories are recorded on demand.")
@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_history_is_recorded(name: str, place: Place) -> None:
    handle = await SCENARIOS[name](place)

    history = await handle.fetch_history()

    (HISTORIES / f"{name}.json").write_text(impersonal(history.to_json()))


def impersonal(history: str) -> str:
    """Without the folders and processes of whoever recorded it, which no replay reads."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(one) for name, one in value.items() if name not in ("stackTrace", "identity")}
        return [without(one) for one in value] if isinstance(value, list) else value

    return json.dumps(without(json.loads(history)), indent=1)


def recorded(path: Path) -> WorkflowHistory:
    """A history under its own workflow's id, of which those of shards are made."""
    text = path.read_text()
    began = json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(began["workflowId"], text)


def test_every_scenario_has_a_history() -> None:
    assert {one.stem for one in HISTORIES.glob("*.json")} >= set(SCENARIOS)


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_a_history_replays_to_the_same_commands(path: Path) -> None:
    history = recorded(path)
    replayer = Replayer(
        workflows=[RunWorkflow, ShardWorkflow, DriftWorkflow],
        workflow_runner=runner(),
        data_converter=pydantic_data_converter,
    )

    await replayer.replay_workflow(history)


@pytest.mark.skipif(RECORDS, reason="The histories are being recorded.")
@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_run_of_today_commands_what_its_history_says(name: str, place: Place) -> None:
    handle = await SCENARIOS[name](place)

    today = await handle.fetch_history()

    assert untimed(today) == untimed(recorded(HISTORIES / f"{name}.json"))


def untimed(history: WorkflowHistory) -> list[str]:
    """Without timers: between which other commands one stands is up to the machine."""
    return [line for line in fingerprint(history) if line not in ("timer", "cancel timer")]


LINES: dict[str, Callable[[Any], str]] = {
    "activity_task_scheduled": lambda said: f"activity {said.activity_type.name} {_id(said.activity_id)}",
    "timer_started": lambda _: "timer",
    "start_child_workflow_execution_initiated": lambda said: f"child {said.workflow_type.name} {_part(said)}",
    "signal_external_workflow_execution_initiated": lambda said: f"signal {said.signal_name} {_part(said)}",
    "marker_recorded": lambda said: f"marker {said.marker_name} {_patch(said)}",
    "upsert_workflow_search_attributes": lambda said: f"attributes {sorted(said.search_attributes.indexed_fields)}",
    "workflow_execution_update_accepted": lambda said: f"update {said.accepted_request.input.name}",
    "workflow_execution_completed": lambda _: "completed",
    "workflow_execution_failed": lambda _: "failed",
    "workflow_execution_canceled": lambda _: "canceled",
}
"""Events that the workflow itself causes, and what tells one from another."""


def fingerprint(history: WorkflowHistory) -> list[str]:
    """What a run has commanded, a line each, in the order of the first time.

    How often results are put on record, and shards tell of theirs, depends on the moment; so each line is there once.
    """
    named: dict[int, str] = {}
    for event in history.events:
        kind = str(event.WhichOneof("attributes")).removesuffix("_event_attributes")
        said: Any = getattr(event, f"{kind}_event_attributes")
        if kind in LINES:
            named[event.event_id] = LINES[kind](said)
        elif kind == "activity_task_cancel_requested":
            named[event.event_id] = f"cancel {named[said.scheduled_event_id]}"
        elif kind == "timer_canceled":
            named[event.event_id] = f"cancel {named[said.started_event_id]}"
    return list(dict.fromkeys(named.values()))


def _id(activity: str) -> str:
    """The id of an activity that was given one; the SDK counts the others."""
    return "" if activity.isdigit() else activity


def _part(said: Any) -> str:
    """Which part of the run a workflow is; empty for the run itself."""
    id = said.workflow_id if hasattr(said, "workflow_id") else said.workflow_execution.workflow_id
    return str(id.partition("#")[2])


def _patch(marker: Any) -> str:
    return " ".join(one.data.decode() for _, found in sorted(marker.details.items()) for one in found.payloads)
