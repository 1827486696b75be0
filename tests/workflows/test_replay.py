"""Runs of earlier days replay: workflow code that changes must go on from every history that may be open.

`PANKA_RECORD_HISTORIES=1 pytest tests/workflows/test_replay.py` records the histories anew. Do that only for what no
release carries yet; after that a change stands behind `workflow.patched`, and gets a history of its own.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from panka.workflows.deploy import RunWorkflow
from panka.workflows.messages import ABORT, APPROVE, RETRY, Approval, Decision, Phase, Result
from panka.workflows.sandbox import runner
from panka.workflows.shard import ShardWorkflow
from plugins.runs import Place, resource, result

HISTORIES = Path(__file__).parents[1] / "histories"
RECORDS = bool(os.environ.get("PANKA_RECORD_HISTORIES"))
DIAMOND = (resource("a"), resource("b", "a"), resource("c", "a"), resource("d", "b", "c"))
Handle = WorkflowHandle[Any, Result]


async def phase(place: Place, handle: Handle, wanted: Phase) -> None:
    async with asyncio.timeout(30):
        while (await place.progress(handle)).phase is not wanted:  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.05)


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
    await phase(place, handle, Phase.PAUSED)
    place.sky.refuse.clear()
    await handle.execute_update(RETRY, Decision(by="ana"))
    await result(handle)
    return handle


async def abort(place: Place) -> Handle:
    place.sky.refuse.add("b:main")
    handle = await place.start(place.plan(*DIAMOND), on_failure="pause")
    await phase(place, handle, Phase.PAUSED)
    await handle.signal(ABORT)
    await result(handle)
    return handle


async def approval(place: Place) -> Handle:
    handle = await place.start(place.plan(*DIAMOND), approval=True, schedule="levels", pause_between_levels=True)
    await phase(place, handle, Phase.APPROVAL)
    await handle.execute_update(APPROVE, Approval(by="leo"))
    await phase(place, handle, Phase.PAUSED)
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


SCENARIOS: dict[str, Callable[[Place], Awaitable[Handle]]] = {
    one.__name__: one for one in (deploy, rollback, cancel, pause, abort, approval, refused, sharded, shard)
}


@pytest.mark.skipif(not RECORDS, reason="Histories are recorded on demand.")
@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_history_is_recorded(name: str, place: Place) -> None:
    handle = await SCENARIOS[name](place)

    history = await handle.fetch_history()

    (HISTORIES / f"{name}.json").write_text(history.to_json())


def test_every_scenario_has_a_history() -> None:
    assert {one.stem for one in HISTORIES.glob("*.json")} >= set(SCENARIOS)


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_a_history_replays_to_the_same_commands(path: Path) -> None:
    history = WorkflowHistory.from_json(path.stem, path.read_text())  # noqa: ASYNC240  # a small file of our own
    replayer = Replayer(
        workflows=[RunWorkflow, ShardWorkflow], workflow_runner=runner(), data_converter=pydantic_data_converter
    )

    await replayer.replay_workflow(history)
