"""Walks a DAG: starts each node as soon as its own dependencies are done, the longest remaining path first."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError

R = TypeVar("R")


class Walk(Generic[R]):
    """One pass over a graph. A failure skips only what waits for it; everything else goes on.

    `waits` names for every node the nodes that it waits for, also those that somebody else walks, of whose end
    `arrived` tells; `do` runs one. Nothing is scheduled for a node that is skipped. The order depends on nothing but
    the graph, the weights and the order in which nodes end.
    """

    def __init__(
        self,
        waits: Mapping[str, Iterable[str]],
        weight: Mapping[str, float],
        do: Callable[[str], Awaitable[R]],
        *,
        window: int,
        on_done: Callable[[str, R], None],
        on_failed: Callable[[str, FailureError], None],
    ) -> None:
        self._open = {key: len(set(needed)) for key, needed in waits.items()}
        self._dependents: dict[str, list[str]] = {key: [] for key in waits}
        for key, needed in waits.items():
            for other in sorted(set(needed)):
                self._dependents.setdefault(other, []).append(key)
        self._weight = weight
        self._do = do
        self._window = window
        self._on_done = on_done
        self._on_failed = on_failed
        self._ready = [(-weight[key], key) for key, count in self._open.items() if count == 0]
        heapq.heapify(self._ready)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended = 0
        self.done: set[str] = set()
        self.failed: set[str] = set()
        """Nodes that failed and were neither tried again nor given up."""
        self.given_up: set[str] = set()
        self._stopped = False

    def stop(self) -> None:
        """Starts nothing more; what runs settles."""
        self._stopped = True
        self._ended += 1  # a walk without room waits for no task: it must see that nothing comes any more

    def retry(self, key: str) -> None:
        """Starts a failed node again, now or when `run` is called next."""
        self.failed.discard(key)
        self._put(key)
        self._ended += 1  # a walk that waits looks at what is ready

    def arrived(self, key: str) -> None:
        """A node that somebody else walks is done."""
        self._open_dependents(key)
        self._ended += 1

    def widen(self, window: int) -> None:
        """From now on so many may run at once; what runs beyond that settles."""
        self._window = window
        self._ended += 1

    def give_up(self, key: str) -> None:
        """Goes on without a failed node, and without all that waits for it."""
        self.failed.discard(key)
        self.given_up.add(key)

    @property
    def left(self) -> int:
        """Nodes that are not done."""
        return len(self._open) - len(self.done)

    @property
    def running(self) -> int:
        return len(self._tasks)

    @property
    def ready(self) -> int:
        """Nodes that could start if there were room."""
        return 0 if self._stopped else len(self._ready)

    @property
    def longest(self) -> float:
        """The weight of the first of those."""
        return -self._ready[0][0] if self.ready else 0.0

    @property
    def stuck(self) -> bool:
        """Nothing runs and nothing can start."""
        return not self._tasks and (not self._ready or self._stopped)

    async def run(self) -> bool:
        """Until nothing runs and nothing more can start. True when every node is done."""
        while True:
            self._start_ready()
            if self.stuck:
                return not self.left
            seen = self._ended
            await workflow.wait_condition(lambda: self._ended > seen)  # noqa: B023  # awaited before `seen` changes

    def _put(self, key: str) -> None:
        heapq.heappush(self._ready, (-self._weight[key], key))

    def _start_ready(self) -> None:
        while self._ready and len(self._tasks) < self._window and not self._stopped:
            _, key = heapq.heappop(self._ready)
            self._tasks[key] = asyncio.create_task(self._node(key))

    def _open_dependents(self, key: str) -> None:
        for dependent in self._dependents.get(key, ()):
            self._open[dependent] -= 1
            if self._open[dependent] == 0:
                self._put(dependent)

    async def _node(self, key: str) -> None:
        """Owns the node's result: whatever happens to the walk, a result that arrived is told."""
        try:
            result = await self._do(key)
        except FailureError as error:
            self.failed.add(key)
            self._on_failed(key, error)
        else:
            self.done.add(key)
            self._on_done(key, result)
            self._open_dependents(key)
        del self._tasks[key]
        self._ended += 1
