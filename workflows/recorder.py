"""How results get on record: a run takes them into its state, checkpoint by checkpoint; a shard files them for it."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.journal import Filed
    from panka.planner.plan import PlanRef
    from panka.planner.record import Outcome, Undoing
    from panka.planner.state import Pointer
    from panka.workflows import ports
    from panka.workflows.call import call
    from panka.workflows.passes import Pass
    from panka.workflows.ports import Checkpoint, Lease, Portion

_MANY = 200
"""Results that wait for no others."""
_LARGEST = 1_000_000
"""Bytes of results in one write: Temporal takes 2 MB."""
_MOMENT = timedelta(seconds=2)
"""How long a result waits for others that are written with it."""
PATIENCE = timedelta(hours=24)
"""How long a store that does not answer is asked again, with the lock held."""

Told: TypeAlias = Outcome | Undoing


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into one write."""

    done: tuple[Outcome, ...] = ()
    undone: tuple[Undoing, ...] = ()

    def __len__(self) -> int:
        return len(self.done) + len(self.undone)


class Gathering(ABC):
    """Writes results in groups, one group at a time: what comes within a moment, or while one is being written."""

    def __init__(self) -> None:
        self._flushing = False
        """Somebody waits until everything is on record."""
        self._waiting: deque[tuple[Told, int]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._closing = False
        """What has gathered waits for the last write."""
        self.error: FailureError | None = None
        """Why nothing more can be recorded."""

    @property
    def lost(self) -> bool:
        return self.error is not None

    @property
    def idle(self) -> bool:
        """Nothing waits to be written."""
        return self._writing is None

    def record(self, result: Told) -> None:
        self._waiting.append((result, len(result.model_dump_json())))
        self._wake()

    async def flush(self) -> None:
        """Until everything told so far is on record. Raises the error that made recording impossible."""
        self._flushing = True
        while self._writing is not None and not self.lost:
            await workflow.wait_condition(lambda: self._writing is None or self.lost)
        self._flushing = False
        if self.error is not None:
            raise self.error

    def _wake(self) -> None:
        if self._writing is None and not self.lost:
            self._writing = asyncio.create_task(self._write_all())

    def _more(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting)

    async def _write_all(self) -> None:
        try:
            while self._more() and not self._closing:
                await self._gather()
                if not self._closing:
                    await self._write(self._next())
        except FailureError as error:
            self.error = error
        finally:
            self._writing = None

    async def _gather(self) -> None:
        if not self._enough():
            with suppress(TimeoutError):
                await workflow.wait_condition(self._enough, timeout=_MOMENT)

    def _enough(self) -> bool:
        """Nothing more is waited for."""
        return self._flushing or len(self._waiting) >= _MANY

    def _next(self) -> Batch:
        results: list[Told] = []
        size = 0
        while self._waiting and (not size or size + self._waiting[0][1] < _LARGEST):
            result, bytes = self._waiting.popleft()
            results.append(result)
            size += bytes
        return Batch(
            tuple(one for one in results if isinstance(one, Outcome)),
            tuple(one for one in results if isinstance(one, Undoing)),
        )

    @abstractmethod
    async def _write(self, batch: Batch) -> None: ...


class Recorder(Gathering):
    """The run's only writer of state: each write is a checkpoint. What the last steps leave goes into the run's end."""

    def __init__(self, lease: Lease, plan: PlanRef, base: Pointer) -> None:
        super().__init__()
        self._lease = lease
        self._plan = plan
        self._base = base
        self._parts: list[tuple[Filed, int]] = []
        self.parts: list[Filed] = []
        """All that shards have filed."""

    def take(self, part: Filed, results: int) -> None:
        """Names what a shard has filed in the next checkpoint."""
        self._parts.append((part, results))
        self.parts.append(part)
        self._wake()

    async def finish(self, never: tuple[str, ...]) -> Checkpoint:
        """What is still to be recorded when the run ends: all that one checkpoint has room for."""
        self._closing = True
        await self.flush()
        batch = self._next()
        while self._waiting:
            await self._write(batch)
            batch = self._next()
        return self._gathered(batch, never)

    def _more(self) -> bool:
        return bool(self._parts) or super()._more()

    async def _write(self, batch: Batch) -> None:
        checkpoint = self._gathered(batch)
        summary = f"record {checkpoint.results} steps"
        self._base = await call(ports.CHECKPOINT, checkpoint, summary=summary, in_all=PATIENCE)

    def _gathered(self, batch: Batch, never: tuple[str, ...] = ()) -> Checkpoint:
        """A batch, and what shards have filed since the last checkpoint."""
        parts, self._parts = self._parts, []
        return Checkpoint(
            lease=self._lease,
            plan=self._plan,
            base=self._base,
            done=batch.done,
            undone=batch.undone,
            never=never,
            parts=tuple(part for part, _ in parts),
            results=len(batch) + sum(count for _, count in parts),
        )


class Filer(Gathering):
    """A shard's writer: files results, and hands on what it has filed for the next checkpoint of the run."""

    def __init__(
        self, lease: Lease, run: int, hand_on: Callable[[Filed, int], None], walk: Callable[[], "Pass | None"]
    ) -> None:
        """`walk` is the pass that goes on now: when it is stuck, the run may wait for what is to be filed."""
        super().__init__()
        self._walk = walk
        self._lease = lease
        self._run = run
        self._hand_on = hand_on

    async def finish(self, never: tuple[str, ...]) -> None:
        """Files what never began."""
        await self.flush()
        if never:
            await self._file(Batch(), never)

    def _enough(self) -> bool:
        walk = self._walk()
        return super()._enough() or walk is None or walk.stuck

    async def _write(self, batch: Batch) -> None:
        await self._file(batch)

    async def _file(self, batch: Batch, never: tuple[str, ...] = ()) -> None:
        portion = Portion(lease=self._lease, run=self._run, done=batch.done, undone=batch.undone, never=never)
        filed = await call(ports.FILE, portion, summary=f"file {len(batch)} steps", in_all=PATIENCE)
        self._hand_on(filed, len(batch))
