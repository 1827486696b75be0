"""Looks at a lock that many calls share."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from panka.activities.fencing import Fences
from panka.activities.stores.memory import MemoryLocks
from panka.activities.stores.store import LockLost
from panka.planner.owner import Scope
from panka.workflows.ports import Lease

SCOPE = Scope(tenant="acme", stack="shop", environment="dev")
PATIENCE = 30


class Watched(MemoryLocks):
    """Counts the looks; each tells what it saw only when the gate is open."""

    def __init__(self) -> None:
        super().__init__(lambda: datetime.now(UTC))
        self.gate = threading.Event()
        self.looks = 0

    def check(self, lease: Lease) -> None:
        self.looks += 1
        try:
            super().check(lease)
        finally:
            assert self.gate.wait(PATIENCE)


@pytest.fixture
def locks() -> Iterator[Watched]:
    locks = Watched()
    yield locks
    locks.gate.set()


@pytest.fixture
def threads(locks: Watched) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads
        locks.gate.set()


@pytest.fixture
def fences(locks: Watched, threads: ThreadPoolExecutor) -> Fences:
    """No look serves a call that was not there when it began."""
    return Fences(locks, threads, fresh=-1)


def taken(locks: Watched, owner: str) -> Lease:
    lease = locks.acquire(SCOPE, owner, who="ana", operation="apply", ttl=90)
    assert isinstance(lease, Lease)
    return lease


async def looking(locks: Watched, looks: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while locks.looks < looks:  # noqa: ASYNC110  # a thread tells nobody when it begins
            await asyncio.sleep(0.01)


async def test_those_who_ask_during_a_look_share_the_next_one(locks: Watched, fences: Fences) -> None:
    lease = taken(locks, "ana")
    first = asyncio.create_task(fences.check(lease))
    await looking(locks, 1)

    others = [asyncio.create_task(fences.check(lease)) for _ in range(100)]
    await asyncio.sleep(0)
    locks.gate.set()
    await asyncio.wait_for(asyncio.gather(first, *others), PATIENCE)

    assert locks.looks == 2


async def test_a_look_serves_those_who_ask_a_moment_later_and_nobody_after_that(
    locks: Watched, threads: ThreadPoolExecutor
) -> None:
    now = 0.0
    fences = Fences(locks, threads, fresh=0.25, clock=lambda: now)
    locks.gate.set()
    lease = taken(locks, "ana")
    await fences.check(lease)

    now = 0.25
    await fences.check(lease)
    assert locks.looks == 1

    locks.release(lease)
    now = 0.26
    with pytest.raises(LockLost):
        await fences.check(lease)
    with pytest.raises(LockLost):
        await fences.check(lease)


async def test_nobody_is_served_by_a_look_that_began_before_the_asking(locks: Watched, fences: Fences) -> None:
    lease = taken(locks, "ana")
    first = asyncio.create_task(fences.check(lease))
    await looking(locks, 1)

    locks.release(lease)
    taken(locks, "bob")
    second = asyncio.create_task(fences.check(lease))
    locks.gate.set()

    await asyncio.wait_for(first, PATIENCE)
    with pytest.raises(LockLost):
        await asyncio.wait_for(second, PATIENCE)


async def test_whoever_gives_up_leaves_the_look_to_the_others(locks: Watched, fences: Fences) -> None:
    lease = taken(locks, "ana")
    impatient, patient = (asyncio.create_task(fences.check(lease)) for _ in range(2))
    await looking(locks, 1)

    impatient.cancel()
    locks.gate.set()

    await asyncio.wait_for(patient, PATIENCE)
    assert impatient.cancelled() or impatient.cancelling()
    assert locks.looks == 1


async def test_a_look_that_fails_is_repeated_for_whoever_asks_next(locks: Watched, fences: Fences) -> None:
    locks.gate.set()
    lease = taken(locks, "ana")
    locks.release(lease)
    with pytest.raises(LockLost):
        await fences.check(lease)

    again = taken(locks, "ana")

    await fences.check(again)


async def test_what_passed_the_locks_own_check_serves_as_a_look(locks: Watched, threads: ThreadPoolExecutor) -> None:
    now = 6.8
    fences = Fences(locks, threads, fresh=0.25, clock=lambda: now)
    locks.gate.set()
    lease = taken(locks, "ana")

    with fences.passing(lease):
        now = 7.0
    await fences.check(lease)
    assert locks.looks == 0

    locks.release(lease)
    now = 7.1
    with pytest.raises(LockLost):
        await fences.check(lease)


async def test_what_was_refused_serves_nobody(locks: Watched, threads: ThreadPoolExecutor) -> None:
    fences = Fences(locks, threads)
    locks.gate.set()
    lease = taken(locks, "ana")

    with pytest.raises(LockLost), fences.passing(lease):
        raise LockLost.of(lease)
    await fences.check(lease)

    assert locks.looks == 1
