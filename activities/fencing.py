"""Looks at locks for many calls at once: the steps of one run ask the same thing, a hundred at a time."""

import asyncio
from concurrent.futures import Executor

from panka.activities.stores.store import LockStore
from panka.workflows.ports import Lease


class Fences:
    """Says whether leases are current. A look serves everybody who has asked before it began, and nobody else.

    So each call that changes something is preceded by a look of its own time, however many go out together. There is
    one look at a lease at a time: while it is under way, those who ask gather for the next. For one event loop.
    """

    def __init__(self, locks: LockStore, threads: Executor) -> None:
        self._locks = locks
        self._threads = threads
        self._under_way: dict[Lease, asyncio.Task[None]] = {}
        self._next: dict[Lease, asyncio.Task[None]] = {}

    async def check(self, lease: Lease) -> None:
        """Raises LockLost when the lease is not the lock's current one, and whatever the store raises."""
        look = self._next.get(lease)
        if look is None:
            look = asyncio.create_task(self._look(lease, self._under_way.get(lease)))
            self._next[lease] = look
        # Whoever is cancelled leaves the look to the others.
        await asyncio.shield(look)

    async def _look(self, lease: Lease, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._under_way[lease] = self._next.pop(lease)
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._locks.check, lease)
        finally:
            del self._under_way[lease]
