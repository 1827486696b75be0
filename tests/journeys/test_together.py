"""Two who want the same stack at once."""

import asyncio

from plugins.world import World, until


async def test_a_second_apply_is_refused_with_the_holder_and_corrupts_nothing(place: World) -> None:
    await place.start_worker()
    place.faults.reset()
    place.faults.delay = 0.7  # the first run is still at it when the second one asks
    first = await place.begin("apply", "shop", "-y", env={"PANKA_USER": "ana"})
    await until(lambda: len(place.faults.mutations) >= 20, 60, "the first run")

    second = await place.panka("apply", "shop", "-y", env={"PANKA_USER": "leo"})
    await asyncio.wait_for(first.communicate(), 120)

    assert second.code == 75
    assert "ana" in second.err
    assert first.returncode == 0
    assert await place.steps("shop") == []


async def test_a_second_apply_waits_when_it_may_and_finds_nothing_to_do(place: World) -> None:
    await place.start_worker()
    place.faults.reset()
    place.faults.delay = 0.7  # the first run is still at it when the second one asks
    first = await place.begin("apply", "shop", "-y")
    await until(lambda: len(place.faults.mutations) >= 20, 60, "the first run")

    second = await place.panka("apply", "shop", "-y", "--lock-timeout", "2m")
    await asyncio.wait_for(first.communicate(), 120)

    assert first.returncode == 0
    assert second.code == 0, second.err
    runs = (await place.panka("history", "shop", "-o", "json")).ok().json["runs"]
    assert {run["result"] for run in runs} == {"succeeded"}
