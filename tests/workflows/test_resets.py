"""Runs that somebody resets in Temporal's Web UI: nothing is done twice, and nothing gets lost."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowHandle

from panka.workflows.messages import APPROVE, Approval, Phase, Result
from plugins.runs import Place, resource, result, until

DIAMOND = (resource("a"), resource("b", "a"), resource("c", "a"), resource("d", "b", "c"))
Handle = WorkflowHandle[Any, Result]


async def tasks(handle: Handle) -> list[int]:
    """The events that a run can be reset to: the ends of its workflow tasks."""
    return [
        event.event_id
        async for event in handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]


async def reset(place: Place, handle: Handle, event: int) -> Handle:
    """What the button does: the run goes on from that event under another id."""
    answer = await place.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=place.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=handle.result_run_id or ""),
            reason="a test",
            workflow_task_finish_event_id=event,
            request_id=str(uuid4()),
        )
    )
    return place.client.get_workflow_handle(handle.id, run_id=answer.run_id, result_type=Result)


async def ended(handle: Handle) -> Result:
    return await asyncio.wait_for(result(handle), 60)


async def held(place: Place, address: str, **more: Any) -> Handle:
    """A run in the middle of the create of an address."""
    place.sky.hold[address] = asyncio.Event()
    place.sky.began[address] = asyncio.Event()
    handle = await place.start(place.plan(*DIAMOND), **more)
    await asyncio.wait_for(place.sky.began[address].wait(), 60)
    return handle


async def assert_mended_by_the_next_run(place: Place) -> None:
    """It takes the lock over, finds what was announced, makes the rest, and nothing twice."""
    place.sky.hold.clear()
    again = await asyncio.wait_for(place.apply(*DIAMOND, lock_wait=60), 90)

    assert again.result == "succeeded", again
    assert place.sky.addresses() == ["a:main", "b:main", "c:main", "d:main"]
    place.assert_settled()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99], ids=["first", "early", "middle", "last"])
async def test_a_finished_run_that_is_reset_changes_nothing(place: Place, share: float) -> None:
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)
    calls, state, history = list(place.sky.calls), place.state, place.archive.entries(place.scope)
    points = await tasks(handle)

    await ended(await reset(place, handle, points[int(share * len(points))]))

    assert place.sky.calls == calls
    assert place.state == state
    assert place.archive.entries(place.scope) == history
    assert place.locks.holder(place.scope) is None
    assert place.plan(*DIAMOND).empty


async def test_a_reset_run_says_so(place: Place) -> None:
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)

    again = await ended(await reset(place, handle, (await tasks(handle))[0]))

    assert (again.run, again.result) == (0, "failed")
    assert again.message.startswith("This run was reset in Temporal.")


@pytest.mark.parametrize("share", [0.0, 0.99], ids=["to its first task", "to its last task"])
async def test_a_run_that_is_reset_in_the_middle_of_a_step_does_nothing_twice(place: Place, share: float) -> None:
    handle = await held(place, "b:main")
    points = await tasks(handle)

    again = await reset(place, handle, points[int(share * len(points))])
    said = await ended(again)
    place.sky.hold["b:main"].set()

    assert said.result == "failed"
    assert "This run was reset in Temporal." in said.message
    assert place.sky.calls.count(("create", "b:main")) == 1
    await assert_mended_by_the_next_run(place)


async def test_a_paused_run_that_is_reset_ends_and_the_next_one_goes_on(place: Place) -> None:
    place.sky.refuse.add("b:main")
    handle = await place.start(place.plan(*DIAMOND), on_failure="pause")
    await until(place, handle, Phase.PAUSED)

    said = await ended(await reset(place, handle, (await tasks(handle))[-1]))
    place.sky.refuse.clear()

    assert said.result == "failed"
    assert place.sky.addresses() == ["a:main", "c:main"]
    await assert_mended_by_the_next_run(place)


async def test_a_run_that_waits_for_approval_and_is_reset_is_over(place: Place) -> None:
    handle = await place.start(place.plan(*DIAMOND), approval=True)
    await until(place, handle, Phase.APPROVAL)

    again = await reset(place, handle, (await tasks(handle))[0])
    await until(place, again, Phase.APPROVAL)
    await again.execute_update(APPROVE, Approval(by="leo"))

    assert (await ended(again)).message.startswith("This run was reset in Temporal.")
    assert place.sky.calls == []


async def test_a_run_of_shards_that_is_reset_does_nothing_twice(place: Place) -> None:
    handle = await held(place, "b:main", most=2, shard_size=2)

    again = await reset(place, handle, (await tasks(handle))[-1])
    said = await ended(again)
    place.sky.hold["b:main"].set()

    assert said.result == "failed"
    for number in (1, 2):  # the server leaves them alone, and nobody hears them any more
        shard = place.client.get_workflow_handle(f"{place.scope}#1/shard-{number}")
        await asyncio.wait_for(shard.result(), 60)
    assert place.sky.addresses() == ["a:main", "b:main"]
    await assert_mended_by_the_next_run(place)


async def test_a_shard_that_is_reset_does_nothing_twice(place: Place) -> None:
    handle = await held(place, "b:main", most=2, shard_size=2)
    shards = [place.client.get_workflow_handle(f"{place.scope}#1/shard-{n}") for n in (1, 2)]

    for shard in shards:
        await reset(place, shard, (await tasks(shard))[-1])
    said = await ended(handle)
    place.sky.hold["b:main"].set()

    assert said.result == "failed"
    await assert_mended_by_the_next_run(place)
