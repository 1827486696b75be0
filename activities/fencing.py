"""Looks at locks for many calls at once: the steps of one run ask the same thing, a hundred at a time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from panka.activities.stores.store import LockStore
from panka.workflows.ports import Lease

_FRESH = 0.25
"""Seconds that a look serves, from its beginning. Whoever frees a lock by force needs longer to change anything."""


def awake() -> float:
    """Seconds that only rise, those counted in which the machine sleeps, where it tells them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Fences:
    """Says whether leases are current.

    When a call goes out, the look that let it pass had begun a moment before, or after it was asked for: whoever wakes
    after a pause looks again. There is one look at a lease at a time. For one event loop.
    """

    def __init__(
        self, locks: LockStore, threads: Executor, fresh: float = _FRESH, clock: Callable[[], float] = awake
    ) -> None:
        self._locks = locks
        self._threads = threads
        self._fresh = fresh
        self._clock = clock
        self._under_way: dict[Lease, asyncio.Task[None]] = {}
        self._seen: dict[Lease, float] = {}
        """When the last look at a lease began that found it current."""

    async def check(self, lease: Lease) -> None:
        """Raises LockLost when the lease is not the lock's current one, and whatever the store raises."""
        asked = self._clock()
        while not self._serves(lease, asked):
            look = self._under_way.get(lease)
            if look is None:
                look = self._under_way[lease] = asyncio.create_task(self._look(lease))
            # Whoever is cancelled leaves the look to the others.
            await asyncio.shield(look)

    @contextmanager
    def passing(self, lease: Lease) -> Iterator[None]:
        """What is done in it is refused where the lease is not current: so it serves as a look. From any thread."""
        began = self._clock()
        yield
        self._saw(lease, began)

    def _saw(self, lease: Lease, began: float) -> None:
        self._seen[lease] = max(began, self._seen.get(lease, began))

    def _serves(self, lease: Lease, asked: float) -> bool:
        began = self._seen.get(lease)
        return began is not None and (began >= asked or self._clock() - began <= self._fresh)

    async def _look(self, lease: Lease) -> None:
        began = self._clock()
        self._seen.pop(lease, None)
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._locks.check, lease)
            self._forget(began)
            self._saw(lease, began)
        finally:
            del self._under_way[lease]

    def _forget(self, now: float) -> None:
        for lease in [one for one, began in list(self._seen.items()) if now - began > self._fresh]:
            self._seen.pop(lease, None)
