"""Three workers on one run: whichever of them is killed, or stopped, whenever it is, the run ends as if nothing was."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client

from plugins import late
from plugins.world import Process, World, until

STEPS = {"PANKA_STEP_QUEUE": "steps"}
"""With a queue of their own, steps go to all workers, and not to the one that thinks."""
Workers = dict[str, Process]
RUN = "acme/shop/dev"


async def fleet(place: World) -> Workers:
    started = await asyncio.gather(*(place.start_worker(env=STEPS) for _ in range(3)))
    return {str(one.pid): one for one in started}


async def begin(place: World, *, slow: float) -> Process:
    place.faults.reset()
    place.faults.delay = slow
    return await place.begin("apply", "shop", "-y", env=STEPS)


async def reached(place: World, mutations: int) -> None:
    await until(lambda: len(place.faults.mutations) >= mutations, 150, f"{mutations} changing calls")


async def temporal(place: World) -> Client:
    return await Client.connect(f"127.0.0.1:{place.temporal_port}")


async def keeper(place: World) -> str:
    """The process that keeps the lock."""
    client = await temporal(place)
    request = DescribeWorkflowExecutionRequest(namespace="default", execution={"workflow_id": RUN})
    async with asyncio.timeout(60):
        while True:
            told = await client.workflow_service.describe_workflow_execution(request)
            for one in told.pending_activities:
                if one.activity_id == "lock" and one.last_worker_identity:
                    return one.last_worker_identity.partition("@")[0]
            await asyncio.sleep(0.1)


async def thinker(place: World) -> str:
    """The process that holds the run in its cache."""
    events = await history(place)
    return [one.workflow_task_completed_event_attributes.identity for one in events if thought(one)][-1].partition("@")[
        0
    ]


def thought(event: Any) -> bool:
    return bool(event.HasField("workflow_task_completed_event_attributes"))


async def living(place: World, whom: Callable[[World], Awaitable[str]], workers: Workers) -> str:
    """Who it is, once it is none of those that were killed."""
    async with asyncio.timeout(120):
        while (one := await whom(place)) not in workers:  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.2)
    return one


async def doers(place: World) -> set[str]:
    """The processes that have done steps."""
    events = await history(place)
    steps = {
        one.event_id for one in events if one.activity_task_scheduled_event_attributes.activity_type.name == "run-step"
    }
    began = [one.activity_task_started_event_attributes for one in events]
    return {one.identity.partition("@")[0] for one in began if one.scheduled_event_id in steps}


async def history(place: World) -> list[Any]:
    return list((await (await temporal(place)).get_workflow_handle(RUN).fetch_history()).events)


@pytest.mark.timeout(400)
async def test_whoever_keeps_the_lock_or_the_run_is_killed_and_another_goes_on(place: World) -> None:
    wanted = await place.wanted("shop")
    workers = await fleet(place)
    apply = await begin(place, slow=0.3)

    for whom, when in ((keeper, 8), (thinker, 25), (keeper, 45)):
        await reached(place, when)
        await place.kill(workers.pop(await living(place, whom, workers)))
        another = await place.start_worker(env=STEPS)
        workers[str(another.pid)] = another

    (await place.finished(apply)).ok()
    await place.assert_whole("shop", wanted)
    assert len(await doers(place)) >= 2


async def test_each_worker_is_killed_in_turn(place: World) -> None:
    wanted = await place.wanted("shop")
    workers = await fleet(place)
    apply = await begin(place, slow=0.3)

    for number, victim in enumerate(list(workers.values()), start=1):
        await reached(place, 12 * number)
        await place.kill(victim)
        await place.start_worker(env=STEPS)

    (await place.finished(apply)).ok()
    await place.assert_whole("shop", wanted)


async def test_workers_that_are_stopped_one_by_one_hand_over_and_nothing_is_done_twice(place: World) -> None:
    wanted = await place.wanted("shop")
    workers = await fleet(place)
    apply = await begin(place, slow=0.5)

    for number, one in enumerate(list(workers.values()), start=1):
        await reached(place, 12 * number)
        await place.start_worker(env=STEPS)
        one.terminate()
        assert await asyncio.wait_for(one.wait(), 120) == 0

    (await place.finished(apply)).ok()
    await place.assert_whole("shop", wanted)
    assert place.faults.mutations.count("CreateQueue") == wanted["AWS::SQS::Queue"]
    assert place.faults.mutations.count("CreateTopic") == wanted["AWS::SNS::Topic"]


async def test_a_keeper_of_a_run_that_waits_stops_at_once_and_another_keeps_its_lock(
    place: World,
) -> None:
    late.write(place, "small")
    first = await place.start_worker()
    await late.begin_paused(place, "small")
    await place.start_worker()
    before = place.lock("small")

    began = time.monotonic()
    first.terminate()
    code = await asyncio.wait_for(first.wait(), 120)
    spent = time.monotonic() - began
    await until(lambda: place.lock("small")["renewals"] != before["renewals"], 120, "a renewal by the other")

    assert code == 0
    assert spent < 45, "It has a minute, which what never ends by itself would use up."
    assert place.lock("small")["fence"] == before["fence"]
    late.bring_code(place)
    (await place.panka("retry", "small")).ok()
    (await place.panka("watch", "small")).ok()
    assert await place.steps("small.yaml") == []
