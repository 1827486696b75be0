"""kill -9 of what carries a run: it ends all the same, every resource exists once, and the record equals the cloud."""

import asyncio

from plugins.world import Said, World, until


async def _finish(process: asyncio.subprocess.Process) -> Said:
    out, err = await asyncio.wait_for(process.communicate(), 170)
    return Said(process.returncode or 0, out.decode(), err.decode())


async def _assert_whole(place: World, reference: dict[str, int]) -> None:
    """What exists is what an undisturbed apply makes; state names each of it; the next plan is empty."""
    state = await place.state("shop")
    recorded = {one["id"].rpartition("/")[2] for one in state["resources"].values()}
    cloud = place.cloud()
    assert {type: len(names) for type, names in cloud.items()} == reference
    for type in ("AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        assert {name.rpartition("/")[2] for name in cloud[type]} <= recorded, type
    assert state["operation"] is None
    assert state["intended"] == []
    assert await place.steps("shop") == []
    assert (await place.panka("status", "-o", "json")).ok().json["stacks"][0]["holder"] is None


async def _reference(place: World) -> dict[str, int]:
    """How many of each type an undisturbed apply makes; the stack is gone again afterwards."""
    worker = await place.start_worker()
    (await place.panka("apply", "shop", "-y")).ok()
    counted = {type: len(names) for type, names in place.cloud().items()}
    (await place.panka("destroy", "shop", "-y")).ok()
    worker.terminate()
    await worker.wait()
    return counted


async def test_a_killed_worker_leaves_a_run_that_the_next_worker_ends(place: World) -> None:
    reference = await _reference(place)
    worker = await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(worker)
    await place.start_worker()

    (await _finish(apply)).ok()
    await _assert_whole(place, reference)


async def test_a_killed_temporal_server_comes_back_on_its_file_and_the_run_ends(place: World) -> None:
    reference = await _reference(place)
    await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(place.temporal)
    await asyncio.sleep(2)
    await place.start_temporal()

    (await _finish(apply)).ok()
    await _assert_whole(place, reference)


async def test_a_closed_laptop_changes_nothing(place: World) -> None:
    reference = await _reference(place)
    await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(apply)
    (await place.panka("watch", "shop")).ok()

    await _assert_whole(place, reference)
