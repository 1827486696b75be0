"""A run that is cancelled, wherever it is: what runs settles, the record is whole, and the lock is free."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from temporalio.client import Client

from panka.workflows.messages import Phase
from plugins.runs import Place, resource, result, until

CHAIN = (resource("a"), resource("b", "a"), resource("c", "b"))


def held(place: Place, what: str) -> asyncio.Event:
    """Holds a call; the event is set when it has begun."""
    place.sky.hold[what] = asyncio.Event()
    began = place.sky.began[what] = asyncio.Event()
    return began


async def test_a_run_that_waits_for_the_lock_leaves_it_to_its_holder(place: Place) -> None:
    leo = place.locks.acquire(place.scope, "elsewhere/run", who="leo", operation="apply", ttl=600)
    handle = await place.start(place.plan(*CHAIN), lock_wait=600)
    await until(place, handle, Phase.LOCKING)

    await handle.cancel()
    await handle.cancel()
    ended = await asyncio.wait_for(result(handle), 60)

    assert (ended.run, ended.result) == (0, "cancelled")
    assert ended.message == "It was cancelled before it had the lock."
    assert place.sky.calls == []
    assert place.state is None
    assert place.locks.acquire(place.scope, "elsewhere/run", who="leo", operation="apply", ttl=600) == leo


async def test_a_run_that_no_worker_has_begun_takes_no_lock(temporal: Client, threads: ThreadPoolExecutor) -> None:
    place = Place(temporal, threads)
    handle = await place.start(place.plan(*CHAIN), lock_wait=600)

    await handle.cancel()
    async with place.worker():
        ended = await asyncio.wait_for(result(handle), 60)

    assert (ended.run, ended.result) == (0, "cancelled")
    assert ended.message == "It was cancelled before it had the lock."
    assert place.sky.calls == []
    assert place.locks.holder(place.scope) is None


async def test_a_cancel_that_arrives_while_no_worker_is_there_is_heard_by_the_next(
    temporal: Client, threads: ThreadPoolExecutor
) -> None:
    place = Place(temporal, threads)
    began = held(place, "a:main")
    async with place.worker():
        handle = await place.start(place.plan(*CHAIN))
        await asyncio.wait_for(began.wait(), 30)

    await handle.cancel()
    place.sky.hold.clear()
    async with place.worker():
        ended = await asyncio.wait_for(result(handle), 60)

    assert ended.result == "cancelled"
    assert place.sky.resources == {}
    place.assert_settled()


async def test_a_rollback_goes_on_to_its_end(place: Place) -> None:
    place.sky.refuse.add("c:main")
    began = held(place, "delete b:main")
    handle = await place.start(place.plan(*CHAIN))
    await asyncio.wait_for(began.wait(), 30)

    await handle.cancel()
    await handle.cancel()
    await asyncio.sleep(0.5)
    place.sky.hold["delete b:main"].set()
    ended = await asyncio.wait_for(result(handle), 60)

    assert ended.result == "rolled back"
    assert place.sky.resources == {}
    place.assert_settled()


async def test_a_cancelled_run_that_goes_back_cannot_be_stopped_by_another_cancel(place: Place) -> None:
    began, undoing = held(place, "b:main"), held(place, "delete b:main")
    handle = await place.start(place.plan(*CHAIN))
    await asyncio.wait_for(began.wait(), 30)
    await handle.cancel()
    place.sky.hold["b:main"].set()
    await asyncio.wait_for(undoing.wait(), 30)

    await handle.cancel()
    place.sky.hold["delete b:main"].set()
    ended = await asyncio.wait_for(result(handle), 60)

    assert ended.result == "cancelled"
    assert ("create", "c:main") not in place.sky.calls
    assert place.sky.resources == {}
    place.assert_settled()


async def test_a_cleanup_stops_where_it_is_and_the_next_run_ends_it(place: Place) -> None:
    await place.apply(*CHAIN)
    began = held(place, "delete c:main")
    handle = await place.start(place.plan(resource("new")))
    await asyncio.wait_for(began.wait(), 30)

    await handle.cancel()
    await asyncio.sleep(0.5)
    place.sky.hold["delete c:main"].set()
    ended = await asyncio.wait_for(result(handle), 60)

    assert ended.result == "cancelled"
    assert place.sky.addresses() == ["a:main", "b:main", "new:main"], "What is new works, so it stays."
    place.assert_settled()
    assert (await place.apply(resource("new"))).result == "succeeded"
    assert place.sky.addresses() == ["new:main"]


async def test_a_gate_between_levels_is_left_and_what_was_done_taken_back(place: Place) -> None:
    handle = await place.start(place.plan(*CHAIN), schedule="levels", pause_between_levels=True)
    await until(place, handle, Phase.PAUSED)

    await handle.cancel()
    ended = await asyncio.wait_for(result(handle), 60)

    assert ended.result == "cancelled"
    assert place.sky.resources == {}
    place.assert_settled()


async def test_what_a_cancelled_run_has_done_stays_when_it_was_to_be_kept(place: Place) -> None:
    began = held(place, "b:main")
    handle = await place.start(place.plan(*CHAIN), on_failure="keep")
    await asyncio.wait_for(began.wait(), 30)

    await handle.cancel()
    await asyncio.sleep(0.5)
    place.sky.hold["b:main"].set()
    ended = await asyncio.wait_for(result(handle), 60)

    assert ended.result == "cancelled"
    assert place.sky.addresses() == ["a:main", "b:main"]
    place.assert_settled()
    assert [step.key for step in place.plan(*CHAIN).forward] == ["c:main"]
