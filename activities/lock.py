"""The lock of a run: taken once, then kept alive by one long activity until the workflow cancels it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from panka.activities.failing import translated
from panka.activities.handing import hand_over
from panka.activities.stores.store import Holder, LockLost, LockStore
from panka.planner.owner import Scope
from panka.planner.plan import PlanRef
from panka.workflows.ports import ACQUIRE, HOLD, LOCK_HELD, LOCK_LOST, RELEASE, Claim, Freeing, Hold, Lease

BEAT = 1.0
"""The most seconds between two heartbeats. A cancel is heard with one, so this is also what a run's end waits for."""
LOOK = 1.0
"""Seconds between two looks at a lock that another holds, or two questions to a store that does not answer."""

LAST_CALLS = 10.0
"""Seconds for the calls of a run that was terminated to come to their end."""

Details: TypeAlias = dict[str, Any]
"""Details of a heartbeat or error: JSON values, read by people and by the next attempt."""
T = TypeVar("T")


class LockActivities:
    """Takes and keeps locks. No wall clock decides: a holder is dead when its lease stood still for a whole TTL.

    `threads` runs the store's blocking calls; a renewal that has to queue there for a TTL counts as not answered.
    `ahead` blocks: it reads the plan that a lock is asked for, while the lock is asked for, and may fail.
    """

    def __init__(
        self,
        locks: LockStore,
        threads: Executor,
        monotonic: Callable[[], float] = time.monotonic,
        look: float = LOOK,
        beat: float = BEAT,
        ahead: Callable[[Scope, PlanRef], object] | None = None,
    ) -> None:
        self._ahead = ahead
        self._locks = locks
        self._threads = threads
        self._monotonic = monotonic
        self._look = look
        self._beat = beat

    @activity.defn(name=ACQUIRE.name)
    async def acquire(self, claim: Claim) -> Lease:
        """The lock, at once or within `claim.wait` seconds, from a holder that frees it or has died.

        Raises ApplicationError of type LockHeld, with the holder as its detail, when another keeps it that long.
        """
        waited = _waited_before()
        began = self._monotonic() - waited
        told: Details = {"waited": waited}
        watch: _Watch | None = None
        asyncio.get_running_loop().run_in_executor(self._threads, self._read_ahead, claim)
        while True:
            got = await self._ask(claim, watch.dead(self._monotonic()) if watch else None, told)
            if isinstance(got, Lease):
                return got
            now = self._monotonic()
            if watch is None or not watch.stands_still(got):
                watch = _Watch(got, since=now, patience=_patience(claim, got))
            left = watch.left(now) if _is_over(claim, got) else began + claim.wait - now
            if left <= 0 and not _is_over(claim, got):
                raise _held(claim, got)
            told = {"waited": now - began, "holder": asdict(got)}
            await self._beating(asyncio.sleep(max(0.0, min(self._look, left))), told)

    @activity.defn(name=RELEASE.name)
    async def release(self, freeing: Freeing) -> None:
        """Frees the lock; nothing happens when it is another's by now."""
        with translated():
            await self._beating(self._on_thread(lambda: self._locks.release(freeing.lease)))

    @activity.defn(name=HOLD.name)
    async def hold(self, hold: Hold) -> None:
        """Renews the lease every third of its TTL until cancelled, or until its worker stops and another one does.

        Raises ApplicationError of type LockLost when somebody else has the lock, or when the store has not answered
        for a whole TTL, so that somebody else may have it.
        """
        answered = self._monotonic()
        while True:
            answered = await self._renewed(hold, answered)
            await self._beating(asyncio.sleep(hold.ttl / 3))

    def _read_ahead(self, claim: Claim) -> None:
        if self._ahead is not None and claim.plan is not None:
            with suppress(Exception):  # whoever reads it next is told
                self._ahead(claim.scope, claim.plan)

    async def _ask(self, claim: Claim, over: Holder | None, told: Details) -> Lease | Holder:
        call = asyncio.ensure_future(self._on_thread(lambda: self._acquire(claim, over)))
        try:
            return await self._beating(asyncio.shield(call), told)
        except asyncio.CancelledError:
            with suppress(BotoCoreError, ClientError):
                await self._put_back(call)
            raise

    async def _put_back(self, call: "asyncio.Future[Lease | Holder]") -> None:
        """Frees what a call that nobody waits for any more may take: it goes on in its thread.

        Only a workflow that gave up is sure not to try again. Another attempt of ours would have the same lease.
        """
        details = activity.cancellation_details()
        got = await call
        if isinstance(got, Lease) and details is not None and details.cancel_requested:
            await self._on_thread(lambda: self._locks.release(got))

    def _acquire(self, claim: Claim, over: Holder | None) -> Lease | Holder:
        return self._locks.acquire(
            claim.scope, claim.owner, who=claim.who, operation=claim.operation, ttl=claim.ttl, over=over
        )

    async def _renewed(self, hold: Hold, answered: float) -> float:
        """Renews once, asking until the store answers; the moment from which the lease is good for a TTL again."""
        # A process that slept past the TTL still asks: the lease is ours as long as nobody took it over.
        until = max(answered + hold.ttl, self._monotonic() + hold.ttl / 3)
        while True:
            sent = self._monotonic()
            try:
                async with asyncio.timeout(until - sent):
                    await self._beating(self._on_thread(lambda: self._locks.renew(hold.lease)))
            except LockLost as lost:
                raise ApplicationError(str(lost), type=LOCK_LOST, non_retryable=True) from lost
            except TimeoutError as error:
                raise _unanswered(hold, "no answer") from error
            except (BotoCoreError, ClientError) as error:
                if self._monotonic() >= until:
                    raise _unanswered(hold, str(error)) from error
            else:
                return sent
            await self._beating(asyncio.sleep(min(self._look, hold.ttl / 3)))

    async def _beating(self, work: Awaitable[T], *told: Details) -> T:
        """The work's result, with heartbeats while it lasts; through them the activity learns that it is cancelled."""
        task = asyncio.ensure_future(work)
        try:
            while True:
                activity.heartbeat(*told)
                # Whatever call is under way may be made again by the next attempt, which is the same owner.
                hand_over()
                done, _ = await asyncio.wait({task}, timeout=self._beat)
                if done:
                    return task.result()
        finally:
            task.cancel()

    async def _on_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


@dataclass(frozen=True, slots=True)
class _Watch:
    """One lease of another, looked at since a moment of this process's monotonic clock."""

    holder: Holder
    since: float
    """When the first look's answer was there: the lease has not been renewed since then, if it still stands so."""
    patience: float
    """Seconds that the lease must stand still until its holder counts as dead."""

    def stands_still(self, now: Holder) -> bool:
        was = self.holder
        return (was.owner, was.fence, was.renewals) == (now.owner, now.fence, now.renewals)

    def left(self, now: float) -> float:
        """Seconds until the holder counts as dead, if its lease goes on standing still."""
        return self.since + self.patience - now

    def dead(self, now: float) -> Holder | None:
        """The holder, once its lease has stood still for long enough."""
        return self.holder if self.left(now) <= 0 else None


def _is_over(claim: Claim, holder: Holder) -> bool:
    """Whether the holder is an earlier run of the same workflow: Temporal lets only one be open, so that one has ended.

    An owner is `<namespace>/<workflow id>/<first run id>`.
    """
    return holder.owner.rpartition("/")[0] == claim.owner.rpartition("/")[0]


def _patience(claim: Claim, holder: Holder) -> float:
    """Seconds that a holder's lease must have stood still before it is taken over."""
    return min(LAST_CALLS, holder.ttl) if _is_over(claim, holder) else holder.ttl


def _waited_before() -> float:
    """Seconds that earlier attempts of this activity waited, as far as they could say."""
    for detail in activity.info().heartbeat_details:
        if isinstance(detail, dict):
            return float(detail.get("waited", 0))
    return 0


def _held(claim: Claim, holder: Holder) -> ApplicationError:
    run = f"{holder.operation} ({holder.owner})"
    message = f"The lock of {claim.scope} is held by {holder.who} since {holder.since} for {run}."
    return ApplicationError(message, asdict(holder), type=LOCK_HELD, non_retryable=True)


def _unanswered(hold: Hold, reason: str) -> ApplicationError:
    message = (
        f"The lock of {hold.lease.scope} could not be renewed for {hold.ttl:g} seconds, so it may be another's by now. "
        f"The reason: {reason.rstrip('.')}."
    )
    return ApplicationError(message, type=LOCK_LOST, non_retryable=True)
