"""kill -9 of what carries a run: it ends all the same, every resource exists once, and the record equals the cloud."""

import asyncio

from plugins.world import World, until


async def test_a_killed_worker_leaves_a_run_that_the_next_worker_ends(place: World) -> None:
    wanted = await place.wanted("shop")
    worker = await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(worker)
    await place.start_worker()

    (await place.finished(apply)).ok()
    await place.assert_whole("shop", wanted)


async def test_a_killed_temporal_server_comes_back_on_its_file_and_the_run_ends(place: World) -> None:
    wanted = await place.wanted("shop")
    await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(place.temporal)
    await asyncio.sleep(2)
    await place.start_temporal()

    (await place.finished(apply)).ok()
    await place.assert_whole("shop", wanted)


async def test_a_closed_laptop_changes_nothing(place: World) -> None:
    wanted = await place.wanted("shop")
    await place.start_worker()
    place.faults.reset()
    apply = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 40, 60, "the run's middle")

    await place.kill(apply)
    (await place.panka("watch", "shop")).ok()

    await place.assert_whole("shop", wanted)
