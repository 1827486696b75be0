"""Runs that are cut into shards: the same promises as one workflow gives, on a real Temporal server."""

import asyncio
import random

import pytest

from panka.planner.plan import Action
from panka.planner.resource import Address, Resource
from panka.planner.shards import cut
from panka.workflows.messages import RETRY, SKIP, Decision, EventKind, Phase
from plugins import world
from plugins.runs import Place, resource, result, until

SMALL = {"most": 4, "shard_size": 3}


def layered(width: int, height: int, seed: int = 7) -> tuple[Resource, ...]:
    """Layers of queues, each of which waits for two of the layer before."""
    draw = random.Random(seed)  # a graph, not a secret
    made: list[Resource] = []
    for level in range(height):
        for index in range(width):
            needs = draw.sample(range(width), 2) if level else []
            made.append(resource(f"n{level}-{index}", *(f"n{level - 1}-{one}" for one in needs)))
    return tuple(made)


GRID = layered(4, 4)


async def shards_of(place: Place) -> int:
    """How many child workflows the last run had."""
    history = await place.client.get_workflow_handle(str(place.scope)).fetch_history()
    return sum(event.HasField("start_child_workflow_execution_initiated_event_attributes") for event in history.events)


def assert_order(place: Place, resources: tuple[Resource, ...]) -> None:
    """Everything was made after what it needs."""
    made = [address for what, address in place.sky.calls if what == "create"]
    for one in resources:
        for needed in one.depends_on:
            assert made.index(str(needed)) < made.index(str(one.address))


async def test_every_resource_is_made_after_what_it_needs_in_whichever_shard(place: Place) -> None:
    ended = await place.apply(*GRID, **SMALL)

    assert ended.result == "succeeded"
    assert await shards_of(place) == 6
    assert_order(place, GRID)
    place.assert_settled()
    assert place.plan(*GRID).empty


async def test_the_window_bounds_what_runs_at_once_in_all_shards_together(place: Place) -> None:
    free = [resource(f"n{index}") for index in range(12)]
    place.sky.hold = {str(one.address): asyncio.Event() for one in free}
    run = asyncio.create_task(place.apply(*free, **SMALL, window=5))
    await world.until(lambda: place.sky.busy == 5, 60, "five steps at once")
    for held in place.sky.hold.values():
        held.set()

    assert (await run).result == "succeeded"
    assert place.sky.peak == 5


async def test_a_step_that_takes_long_keeps_no_room_from_other_shards(place: Place) -> None:
    free = [resource(f"n{index}") for index in range(9)]
    first = str(free[0].address)
    place.sky.hold = {first: asyncio.Event()}
    run = asyncio.create_task(place.apply(*free, **SMALL, window=2))
    await world.until(lambda: len(place.sky.resources) == 8, 60, "all but the long step")
    place.sky.hold[first].set()

    assert (await run).result == "succeeded"
    assert place.sky.peak == 2


async def test_values_reach_other_shards(place: Place) -> None:
    jobs = resource("jobs")
    topics = [
        Resource(Address.of(f"t{index}", "main"), "AWS::SNS::Topic", {"DisplayName": jobs.ref("Arn")}, "SNS")
        for index in range(6)
    ]

    await place.run(place.plan(jobs, *topics), most=1, shard_size=2)

    assert place.state is not None
    told = {place.state.resources[f"t{index}:main"].properties["DisplayName"] for index in range(6)}
    assert told == {"arn:jobs:main#1"}
    place.assert_settled()


async def test_what_is_old_goes_after_everything_new_works_dependents_first(place: Place) -> None:
    await place.apply(*GRID, **SMALL)
    place.sky.calls.clear()

    ended = await place.run(place.plan(resource("new")), **SMALL)

    gone = [address for what, address in place.sky.calls if what == "delete"]
    assert ended.result == "succeeded"
    assert place.sky.calls[0] == ("create", "new:main")
    assert len(gone) == 16
    for one in GRID:
        for needed in one.depends_on:
            assert gone.index(str(one.address)) < gone.index(str(needed))
    place.assert_settled()


async def test_a_failure_takes_everything_back_in_every_shard(place: Place) -> None:
    await place.apply(resource("q", VisibilityTimeout=1))
    place.sky.refuse.add("n3-1:main")

    ended = await place.apply(resource("q", VisibilityTimeout=2), *GRID, **SMALL)

    assert ended.result == "rolled back"
    assert [one.key for one in ended.failures] == ["n3-1:main"]
    assert place.sky.addresses() == ["q:main"]
    assert place.state is not None
    assert place.state.resources["q:main"].properties["VisibilityTimeout"] == 1
    place.assert_settled()
    gone = [address for what, address in place.sky.calls if what == "delete"]
    for one in GRID:
        for needed in one.depends_on:
            if str(one.address) in gone:
                assert gone.index(str(one.address)) < gone.index(str(needed))


async def test_a_failure_that_is_kept_skips_only_what_waits_for_it(place: Place) -> None:
    chain = tuple(resource(f"c{index}", *([f"c{index - 1}"] if index else [])) for index in range(8))
    place.sky.refuse.add("c5:main")

    handle = await place.start(place.plan(*chain, resource("free")), on_failure="keep", **SMALL)
    ended = await result(handle)

    progress = await place.progress(handle)
    skipped = {event.key for event in progress.events if event.kind is EventKind.SKIPPED}
    assert ended.result == "failed"
    assert skipped == {"c6:main", "c7:main"}
    assert place.sky.addresses() == ["c0:main", "c1:main", "c2:main", "c3:main", "c4:main", "free:main"]
    assert place.state is not None
    assert [one.address for one in place.state.intended] == ["c5:main"]


@pytest.mark.parametrize("word", [RETRY, SKIP])
async def test_a_paused_run_hears_what_is_to_be_done(place: Place, word: str) -> None:
    place.sky.refuse.add("n1-2:main")
    handle = await place.start(place.plan(*GRID), on_failure="pause", **SMALL)
    await until(place, handle, Phase.PAUSED)
    place.sky.refuse.clear()

    await handle.execute_update(word, Decision(by="ana"))
    ended = await result(handle)

    assert ended.result == ("succeeded" if word == RETRY else "failed")
    assert ("n1-2:main" in place.sky.addresses()) is (word == RETRY)
    assert place.locks.holder(place.scope) is None


async def test_levels_run_one_by_one(place: Place) -> None:
    await place.apply(*GRID, schedule="levels", **SMALL)

    levels = [int(address[1]) for what, address in place.sky.calls if what == "create"]
    assert levels == sorted(levels)
    place.assert_settled()


@pytest.mark.parametrize("whole", [True, False], ids=["the run", "one shard"])
async def test_a_cancel_settles_every_shard(place: Place, whole: bool) -> None:
    place.sky.hold["n0-0:main"] = asyncio.Event()
    place.sky.began["n0-0:main"] = asyncio.Event()
    handle = await place.start(place.plan(*GRID), **SMALL)
    await asyncio.wait_for(place.sky.began["n0-0:main"].wait(), 30)

    await (handle if whole else place.client.get_workflow_handle(f"{place.scope}#1/shard-1")).cancel()
    await asyncio.sleep(0.5)
    place.sky.hold["n0-0:main"].set()
    ended = await result(handle)

    assert ended.result == "cancelled"
    assert place.sky.resources == {}
    place.assert_settled()


async def test_a_cancel_ends_shards_that_have_had_no_room_yet(place: Place) -> None:
    free = [resource(f"n{index}") for index in range(6)]
    place.sky.hold = {str(one.address): asyncio.Event() for one in free}
    handle = await place.start(place.plan(*free), **SMALL, window=1)
    await world.until(lambda: place.sky.busy == 1, 60, "one step")

    await handle.cancel()
    for gate in place.sky.hold.values():
        gate.set()
    ended = await asyncio.wait_for(result(handle), 60)

    assert ended.result == "cancelled"
    place.assert_settled()


async def test_after_a_shard_was_terminated_the_next_run_settles_what_is_open(place: Place) -> None:
    place.sky.hold["n1-0:main"] = asyncio.Event()
    place.sky.began["n1-0:main"] = asyncio.Event()
    handle = await place.start(place.plan(*GRID), **SMALL)
    await asyncio.wait_for(place.sky.began["n1-0:main"].wait(), 30)
    of = cut(place.archive.plan((await place.progress(handle)).plan), 3).of

    await place.client.get_workflow_handle(f"{place.scope}#1/shard-{of['n1-0:main'] + 1}").terminate()
    place.sky.hold["n1-0:main"].set()
    ended = await result(handle)

    assert (ended.result, "ended from outside" in ended.message) == ("failed", True)
    assert place.locks.holder(place.scope) is None
    again = await place.apply(*GRID, **SMALL)
    assert again.result == "succeeded"
    place.assert_settled()


async def test_the_history_has_every_step_with_its_seconds(place: Place) -> None:
    await place.apply(*GRID, **SMALL)

    (entry,) = place.archive.entries(place.scope)

    assert {key for key, _ in entry.steps} == {str(one.address) for one in GRID}
    assert entry.changes == {Action.CREATE: 16}
