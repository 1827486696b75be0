"""The activities that keep the record: announce a run, take in its results, close it."""

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from panka.activities.archive import Archive
from panka.activities.beside import beside
from panka.activities.failing import translated
from panka.activities.fencing import Fences
from panka.activities.sharing import Shares, opened
from panka.activities.stores.store import LockStore
from panka.planner.consumers import refuse_missed
from panka.planner.history import Entry
from panka.planner.journal import Filed, Part, folded
from panka.planner.neighbours import changed
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan, PlanRef
from panka.planner.record import announce, conclude
from panka.planner.render.filling import of_run
from panka.planner.render.html import html
from panka.planner.state import Pointer, State, Target
from panka.workflows.ports import (
    CHECKPOINT,
    CLOSE,
    FILE,
    OPEN,
    REFUSED,
    SHARE,
    STALE,
    Checkpoint,
    Ending,
    Lease,
    Opened,
    Opening,
    Portion,
    Share,
    Slice,
)

T = TypeVar("T")

_PULSE = 4.0
"""Seconds between heartbeats."""
_LATER = 1.0
"""Seconds after a run's end at which its report is drawn."""


class StateActivities:
    """Writes state: bodies under immutable keys, then the pointer, only under the lock's fence.

    Every one may run again after any lost reply: bodies are named by their content, moving the pointer to where it is
    already is no error, and an announcement that stands is taken for what it is.
    """

    def __init__(
        self,
        archive: Archive,
        locks: LockStore,
        fences: Fences,
        account: Callable[[Lease, Target], Awaitable[str]],
        threads: Executor,
        can_be_made: Callable[[str], bool],
        admit: Callable[[Opening], Callable[[Plan], None]] = lambda _: lambda _: None,
        roles: Callable[[Lease], Awaitable[object]] | None = None,
    ) -> None:
        """`account` says to which account a run's credentials for a target belong, `can_be_made` what has a provider.

        `admit` gives who refuses plans that their tenant may not have carried out; both block. `roles` is asked for the
        tenant's role before it is needed, and keeps it.
        """
        self._admit = admit
        self._roles = roles or _no_role
        self._archive = archive
        self._locks = locks
        self._fences = fences
        self._account = account
        self._threads = threads
        self._can_be_made = can_be_made
        self._cutting = threading.Lock()
        self._cut: tuple[PlanRef, int, Shares] | None = None
        """The plan that was cut last, the size of its shards, and what they carry out."""

    @activity.defn(name=OPEN.name)
    async def open(self, opening: Opening) -> Opened:
        """Checks that the plan still fits the state and the account, and writes down what it is going to make."""
        lease, scope = opening.lease, opening.lease.scope
        with translated():
            (plan, written), current, judge, _ = await asyncio.gather(
                self._blocking(lambda: self._prepared(opening)),
                self._blocking(lambda: self._locks.pointer(scope)),
                self._blocking(lambda: self._admit(opening)),
                asyncio.gather(self._roles(lease), return_exceptions=True),  # whoever asks for the account is told
            )
            await asyncio.gather(self._blocking(lambda: judge(plan)), check_account(self._account, lease, plan.target))
            return await self._blocking(lambda: self._announce(opening, plan, current, written))

    @activity.defn(name=SHARE.name)
    async def share(self, slice: Slice) -> Share:
        """The steps of one shard."""
        with translated():
            return await self._blocking(lambda: self._share(slice))

    @activity.defn(name=FILE.name)
    async def file(self, portion: Portion) -> Filed:
        """Files what steps of a shard have left. It counts for nothing until a checkpoint names it."""
        part = Part(done=portion.done, undone=portion.undone, never=portion.never)
        with translated():
            return await self._blocking(lambda: self._archive.save_part(portion.lease.scope, portion.run, part))

    @activity.defn(name=CHECKPOINT.name)
    async def checkpoint(self, checkpoint: Checkpoint) -> Pointer:
        """Takes results into the state and returns the new pointer."""
        with translated():
            return await self._blocking(lambda: self._take_in(checkpoint))

    @activity.defn(name=CLOSE.name)
    async def close(self, ending: Ending) -> None:
        """Writes the last state and the history, then moves the pointer and frees the lock in one transaction.

        What there is to read of the run is filed soon after.
        """
        scope = ending.lease.scope
        with translated():
            state = asyncio.ensure_future(self._blocking(lambda: self._conclude(ending)))
            if ending.filed:
                await state  # what shards have filed is then read, and is large
            pointer, entry = await asyncio.gather(state, self._blocking(lambda: self._save_entry(ending)))
            await self._blocking(lambda: self._locks.move(ending.lease, ending.base, pointer, release=True))
        # Nobody waits for it, and whoever waits for the run's end is told of that first. A worker that ends meanwhile
        # leaves none.
        loop = asyncio.get_running_loop()
        loop.call_later(_LATER, lambda: loop.run_in_executor(self._threads, self._report, scope, entry, ending.plan))

    def _check_types(self, plan: Plan) -> None:
        steps = [step for step in (*plan.forward, *plan.cleanup) if step.action is not Action.FORGET]
        unknown = sorted({f"{step.type} ({step.address})" for step in steps if not self._can_be_made(step.type)})
        if unknown:
            message = f"This worker has no provider for {', '.join(unknown)}. Nothing was changed."
            raise ApplicationError(message, type=REFUSED, non_retryable=True)

    def _prepared(self, opening: Opening) -> tuple[Plan, Pointer | Exception]:
        """The plan, and what it announces if the state is still the one that it was made from, or why there is none.

        That is a body like every other: it counts once the pointer names it.
        """
        plan = self._archive.plan_of(opening.lease.scope, opening.plan)
        self._check_types(plan)
        lineage = hashlib.sha256(f"{opening.lease.owner}{opening.started}".encode()).hexdigest()[:32]
        try:
            base = self._archive.state(plan.base) if plan.base else None
            announced = announce(base, plan, lineage=lineage, kind=opening.kind, started=opening.started, by=opening.by)
            return plan, self._archive.save_state(announced)
        except Exception as error:  # noqa: BLE001  # raised where the state is that one
            return plan, error

    def _announce(self, opening: Opening, plan: Plan, current: Pointer | None, written: Pointer | Exception) -> Opened:
        state = self._archive.state(current) if current else None
        if current is not None and _is_announced(state, opening):
            return opened(plan, current, opening.most, opening.size)
        if current != plan.base:
            raise ApplicationError(_stale(plan, current, state), type=STALE, non_retryable=True)
        # Again, because another stack may have taken an output in since the plan was made.
        missed = refuse_missed(plan, state, lambda: beside(self._archive, self._locks, plan.scope))
        if missed:
            message = "; ".join(f"{one.summary} ({', '.join(one.notes)})" for one in missed)
            raise ApplicationError(f"Nothing was changed: {message}.", type=REFUSED, non_retryable=True)
        if others := changed(plan.taken, lambda stack: self._exports(plan.scope, stack)):
            raise ApplicationError(_outdated(plan, others), type=STALE, non_retryable=True)
        if isinstance(written, Exception):
            raise written
        self._move(opening.lease, current, written)
        return opened(plan, written, opening.most, opening.size)

    def _exports(self, scope: Scope, stack: str) -> Mapping[str, Mapping[str, object]] | None:
        pointer = self._locks.pointer(scope.model_copy(update={"stack": stack}))
        return self._archive.state(pointer).exports if pointer else None

    def _share(self, slice: Slice) -> Share:
        plan = self._archive.plan_of(slice.lease.scope, slice.plan)
        with self._cutting:  # all shards of a run ask at once, and of the same cut
            if self._cut is None or self._cut[:2] != (slice.plan, slice.size):
                self._cut = slice.plan, slice.size, Shares(plan, slice.size)
            shares = self._cut[2]
        return shares.share(slice.index)

    def _take_in(self, checkpoint: Checkpoint) -> Pointer:
        scope = checkpoint.lease.scope
        journal = self._archive.journal(checkpoint.base, checkpoint.plan)
        if journal.to_be_whole:
            pointer = self._archive.save_state(self._folded(checkpoint))
        else:
            own = _own(checkpoint)
            filed = (self._archive.save_part(scope, journal.serial, own),) if not own.empty else ()
            pointer = self._archive.save_journal(scope, journal.grown((*checkpoint.parts, *filed), checkpoint.results))
        self._move(checkpoint.lease, checkpoint.base, pointer)
        return pointer

    def _conclude(self, ending: Ending) -> Pointer:
        plan = self._archive.plan_of(ending.lease.scope, ending.plan)
        succeeded = ending.entry.result == "succeeded"
        return self._archive.save_state(conclude(self._folded(ending), plan, succeeded=succeeded))

    def _folded(self, checkpoint: Checkpoint) -> State:
        """The whole state with what is new."""
        plan = self._archive.plan_of(checkpoint.lease.scope, checkpoint.plan)
        told = [*self._archive.parts(checkpoint.parts), _own(checkpoint)]
        return folded(self._archive.state(checkpoint.base), plan, told)

    def _move(self, lease: Lease, base: Pointer | None, to: Pointer) -> None:
        """Makes `to` the current state; the steps that begin now need not look at the lock again."""
        with self._fences.passing(lease):
            self._locks.move(lease, base, to)

    def _save_entry(self, ending: Ending) -> Entry:
        entry = self._whole(ending.entry, ending.filed)
        self._archive.save_entry(ending.lease.scope, entry)
        return entry

    def _report(self, scope: Scope, entry: Entry, plan: PlanRef) -> None:
        """Files the run's report. All of it is on record, and can be told again: no run fails for the lack of it.

        A repetition writes the same bytes.
        """
        try:
            self._archive.save_page(scope, entry.run, html(of_run(self._archive.plan_of(scope, plan), entry)))
        except Exception:  # noqa: BLE001  # see above
            activity.logger.warning("The report of run %d is not filed.", entry.run, exc_info=True)

    def _whole(self, entry: Entry, parts: tuple[Filed, ...]) -> Entry:
        """The entry with what shards have filed."""
        done = self._archive.times(parts)
        steps = (*entry.steps, *((one.key, one.seconds) for one in done))
        spans = entry.spans | {one.key: one.span for one in done if one.span is not None}
        return entry.model_copy(update={"steps": steps, "spans": spans})

    async def _blocking(self, work: Callable[[], T]) -> T:
        """The work's result, with heartbeats while it lasts, so that a killed worker is missed soon."""
        task = asyncio.get_running_loop().run_in_executor(self._threads, work)
        while not (await asyncio.wait([task], timeout=_PULSE))[0]:
            activity.heartbeat()
        return task.result()


async def _no_role(_lease: Lease) -> None:
    """Where no tenant has one."""


def _own(checkpoint: Checkpoint) -> Part:
    """What the run's own steps have left."""
    return Part(done=checkpoint.done, undone=checkpoint.undone, never=checkpoint.never)


def _is_announced(state: State | None, opening: Opening) -> bool:
    """Whether this very run has announced itself: the reply of an earlier attempt was lost."""
    operation = state.operation if state else None
    return operation is not None and (operation.plan, operation.started, operation.by) == (
        opening.plan.id,
        opening.started,
        opening.by,
    )


def _stale(plan: Plan, current: Pointer | None, state: State | None) -> str:
    made_from = f"state #{plan.base.serial}" if plan.base else "no state"
    if current is None:
        return f"Plan {plan.id} was made from {made_from}, and the stack has no state now. Plan again."
    last = f", written by plan {state.plan}" if state and state.plan else ""
    return f"Plan {plan.id} was made from {made_from}; the state is #{current.serial} by now{last}. Plan again."


def _outdated(plan: Plan, others: list[str]) -> str:
    named = ", ".join(f"${{stack:{one}}}" for one in others)
    what = "is no longer what it was" if len(others) == 1 else "are no longer what they were"
    return f"Nothing was changed: {named} {what} when plan {plan.id} was made. Plan again: panka plan."


async def check_account(account: Callable[[Lease, Target], Awaitable[str]], lease: Lease, target: Target) -> None:
    """Refuses credentials of another account than the plan's, which is that of the record.

    The region needs no check: a plan is for the record's region, and calls go to the plan's.
    """
    found = await account(lease, target)
    if found != target.account:
        message = f"The plan is for account {target.account}; the worker's credentials are for {found}."
        raise ApplicationError(message, type=STALE, non_retryable=True)
