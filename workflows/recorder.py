"""The run's only writer of state: takes what has happened since the last checkpoint, one checkpoint at a time."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.record import Outcome, Undoing
    from panka.planner.state import Pointer
    from panka.workflows import ports
    from panka.workflows.call import call
    from panka.workflows.ports import Checkpoint, Lease, PlanRef

_MOST = 100
"""Results in one checkpoint: with the largest that a step may tell they stay below Temporal's 2 MB."""
_PATIENCE = timedelta(hours=24)
"""How long a store that does not answer is asked again, with the lock held."""


class Recorder:
    """Groups results: while one checkpoint is under way the next one's results gather."""

    def __init__(self, lease: Lease, plan: PlanRef, base: Pointer) -> None:
        self._lease = lease
        self._plan = plan
        self._base = base
        self._done: list[Outcome] = []
        self._undone: list[Undoing] = []
        self._writing: asyncio.Task[None] | None = None
        self.error: FailureError | None = None
        """Why nothing more can be recorded."""

    @property
    def lost(self) -> bool:
        return self.error is not None

    def done(self, outcome: Outcome) -> None:
        self._done.append(outcome)
        self._wake()

    def undone(self, undoing: Undoing) -> None:
        self._undone.append(undoing)
        self._wake()

    async def flush(self) -> None:
        """Until everything told so far is on record. Raises the error that made recording impossible."""
        while self._writing is not None and not self.lost:
            await workflow.wait_condition(lambda: self._writing is None or self.lost)
        if self.error is not None:
            raise self.error

    async def finish(self, *, succeeded: bool, never: tuple[str, ...]) -> None:
        """Records the end of the run."""
        await self.flush()
        await self._write(final=True, succeeded=succeeded, never=never)

    def _wake(self) -> None:
        if self._writing is None and not self.lost:
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        try:
            while self._done or self._undone:
                await self._write()
        except FailureError as error:
            self.error = error
        finally:
            self._writing = None

    async def _write(self, *, final: bool = False, succeeded: bool = False, never: tuple[str, ...] = ()) -> None:
        done, self._done = tuple(self._done[:_MOST]), self._done[_MOST:]
        undone, self._undone = tuple(self._undone[:_MOST]), self._undone[_MOST:]
        self._base = await call(
            ports.CHECKPOINT,
            Checkpoint(
                lease=self._lease,
                plan=self._plan,
                base=self._base,
                done=done,
                undone=undone,
                never=never,
                final=final,
                succeeded=succeeded,
            ),
            summary=f"record {len(done) + len(undone)} steps" if not final else "record the end",
            in_all=_PATIENCE,
        )
