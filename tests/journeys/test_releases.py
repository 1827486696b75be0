"""A new release of the worker takes new runs, and leaves those that go on to the release that they began on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import Client

from plugins import late
from plugins.world import Process, World

QUICK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: quick}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs}
spec: {}
"""
RELEASE = {"PANKA_WORKER_DEPLOYMENT": "panka"}


async def eventually(so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await so():  # noqa: ASYNC110  # other processes make it so
            await asyncio.sleep(0.5)


async def releases(place: World) -> dict[str, tuple[str, int]]:
    told = (await place.panka("worker", "releases", "-o", "json", env=RELEASE)).ok().json["releases"]
    return {one["build"]: (one["state"], one["runs"]) for one in told}


async def workers_of(place: World, stack: str) -> set[str]:
    """The processes that have carried a run on, as its history says."""
    client = await Client.connect(f"127.0.0.1:{place.temporal_port}")
    history = await client.get_workflow_handle(f"acme/{stack}/dev").fetch_history()
    done: list[Any] = [event.workflow_task_completed_event_attributes for event in history.events]
    done += [event.activity_task_started_event_attributes for event in history.events]
    return {one.identity.partition("@")[0] for one in done if one.identity}


async def begin_paused(place: World) -> Process:
    """Worker A, promoted, with a run that waits for a word."""
    late.write(place, "slow")
    old = await place.start_worker("--build-id", "a", env=RELEASE)
    (await place.panka("worker", "promote", "a", "--deployment", "panka")).ok()
    await late.begin_paused(place, "slow")
    return old


async def release_b(place: World) -> Process:
    new = await place.start_worker("--build-id", "b", env=RELEASE)
    (await place.panka("worker", "--deployment", "panka", "promote", "b")).ok()
    return new


async def test_a_run_stays_with_its_release_while_the_next_one_takes_new_runs(place: World) -> None:
    old = await begin_paused(place)
    new = await release_b(place)
    (place.folder / "quick.yaml").write_text(QUICK)

    (await place.panka("apply", "quick.yaml", "-y")).ok()
    between = await releases(place)
    late.bring_code(place)
    (await place.panka("retry", "slow")).ok()
    (await place.panka("watch", "slow")).ok()

    assert await workers_of(place, "slow") == {str(old.pid)}
    assert await workers_of(place, "quick") == {str(new.pid)}
    assert between == {"a": ("draining", 1), "b": ("current", 0)}
    await eventually(lambda: drained(place, "a"))
    assert await place.steps("slow.yaml") == []
    assert place.lock_holder("slow") is None


async def drained(place: World, build: str) -> bool:
    return (await releases(place))[build][1] == 0


async def test_a_run_whose_release_has_gone_says_which_one_it_waits_for(place: World) -> None:
    old = await begin_paused(place)
    await place.kill(old)
    await place.kill(place.temporal)  # it would remember the old worker for a minute
    await place.start_temporal()
    await release_b(place)

    late.bring_code(place)
    watched = await place.panka("watch", "slow", "--timeout", "30s")
    row = await late.stands(place, "slow", "no worker of build a is polling task queue panka")
    await place.start_worker("--build-id", "a", env=RELEASE)
    (await place.panka("retry", "slow")).ok()
    (await place.panka("watch", "slow")).ok()

    assert watched.code == 124
    assert "no worker of build a is polling task queue panka: the run belongs to that release" in watched.text
    assert "panka worker --deployment panka --build-id a" in watched.text
    assert row
    assert await place.steps("slow.yaml") == []


async def test_a_release_that_was_never_promoted_takes_no_run_and_says_so(place: World) -> None:
    (place.folder / "quick.yaml").write_text(QUICK)
    await place.start_worker("--build-id", "a", env=RELEASE)

    (await place.panka("apply", "quick.yaml", "-y", "--detach")).ok()
    watched = await place.panka("watch", "quick", "--timeout", "30s")
    unknown = await place.panka("worker", "promote", "z", env=RELEASE)
    (await place.panka("worker", "promote", "a", env=RELEASE)).ok()
    (await place.panka("watch", "quick")).ok()

    assert "no build on task queue panka is current (a): panka worker promote makes one so" in watched.text
    assert unknown.code == 64
    assert "Build z of deployment panka cannot take runs" in unknown.text
    log = next(place.folder.glob("worker-*.log")).read_text()
    assert "build a of deployment panka gets no new runs yet: panka worker promote a --deployment panka" in log


async def test_a_build_is_named_after_the_code_unless_somebody_names_it(place: World) -> None:
    await place.start_worker("--deployment", "panka")
    (await place.panka("worker", "promote", "--deployment", "panka")).ok()

    (build,) = await releases(place)

    assert (await releases(place))[build] == ("current", 0)
    assert build.count("-") >= 1
