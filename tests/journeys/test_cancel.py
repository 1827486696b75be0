"""A run that somebody stops from the command line: it settles, goes back, and frees its lock."""

import asyncio
import signal
import sys

import pytest

from plugins.world import World, until


async def in_the_middle(place: World) -> None:
    await until(lambda: len(place.faults.mutations) >= 25, 120, "the run's middle")


async def assert_as_before(place: World) -> None:
    assert place.cloud() == {}
    assert place.lock_holder("shop") is None
    (run,) = (await place.panka("history", "shop", "-o", "json")).ok().json["runs"]
    assert run["result"] == "cancelled"


async def test_a_run_that_is_cancelled_twice_goes_back_and_its_follower_hears_it(place: World) -> None:
    await place.start_worker()
    place.faults.reset()
    place.faults.delay = 0.5
    apply = await place.begin("apply", "shop", "-y")
    await in_the_middle(place)

    first = (await place.panka("cancel", "shop")).ok()
    await place.panka("cancel", "shop")
    _, told = await asyncio.wait_for(apply.communicate(), 170)
    late = await place.panka("cancel", "shop")

    assert "acme/shop/dev was asked to stop: apply" in first.text
    assert apply.returncode == 1
    assert "cancelled" in told.decode()
    assert late.code == 64
    assert "No run of acme/shop/dev goes on." in late.text
    await assert_as_before(place)


@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
async def test_an_interrupt_cancels_if_that_is_wished_and_a_second_one_stops_following(
    place: World, *, twice: bool
) -> None:
    await place.start_worker()
    place.faults.reset()
    place.faults.delay = 0.5
    apply = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "panka.cli", "apply", "shop", "-y", "--cancel-on-interrupt",
        cwd=place.folder, env=place.env, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        # As in a terminal: what a shell starts in the background does not hear Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    place.processes.append(apply)
    await in_the_middle(place)
    assert apply.stderr is not None

    apply.send_signal(signal.SIGINT)
    while b"asked to stop" not in (line := await asyncio.wait_for(apply.stderr.readline(), 60)):
        assert line
    if twice:
        apply.send_signal(signal.SIGINT)
    _, told = await asyncio.wait_for(apply.communicate(), 170)
    await place.panka("watch", "shop")

    assert apply.returncode == (130 if twice else 1)
    assert ("goes on and keeps its lock" if twice else "cancelled") in told.decode()
    await assert_as_before(place)
