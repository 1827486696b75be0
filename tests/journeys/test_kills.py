"""kill -9 of what carries a run: it ends all the same, every resource exists once, and the record equals the cloud."""

import asyncio
from collections import Counter

from plugins.world import Said, World, until


async def _finish(process: asyncio.subprocess.Process) -> Said:
    out, err = await asyncio.wait_for(process.communicate(), 170)
    return Said(process.returncode or 0, out.decode(), err.decode())


async def _assert_whole(place: World, wanted: dict[str, int]) -> None:
    """Of every type exists what the stack wants; state names each of it; the next plan is empty."""
    state = await place.state("shop")
    recorded = {one["id"].rpartition("/")[2] for one in state["resources"].values()}
    cloud = place.cloud()
    assert {type: len(names) for type, names in cloud.items()} == {type: wanted[type] for type in cloud}
    for type in ("AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        assert {name.rpartition("/")[2] for name in cloud[type]} <= recorded, type
    assert state["operation"] is None
    assert state["intended"] == []
    assert await place.steps("shop") == []
    assert place.lock_holder("shop") is None


async def _wanted(place: World) -> dict[str, int]:
    """How many resources of each type the stack wants."""
    plan = (await place.panka("plan", "shop", "-o", "json")).ok().json["plan"]
    return dict(Counter(step["type"] for step in plan["forward"]))


async def test_a_killed_worker_leaves_a_run_that_the_next_worker_ends(place: World) -> None:
    wanted = await _wanted(place)
    worker = await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(worker)
    await place.start_worker()

    (await _finish(apply)).ok()
    await _assert_whole(place, wanted)


async def test_a_killed_temporal_server_comes_back_on_its_file_and_the_run_ends(place: World) -> None:
    wanted = await _wanted(place)
    await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(place.temporal)
    await asyncio.sleep(2)
    await place.start_temporal()

    (await _finish(apply)).ok()
    await _assert_whole(place, wanted)


async def test_a_closed_laptop_changes_nothing(place: World) -> None:
    wanted = await _wanted(place)
    await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(apply)
    (await place.panka("watch", "shop")).ok()

    await _assert_whole(place, wanted)
