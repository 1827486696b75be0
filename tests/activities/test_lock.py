"""How a run takes its lock and keeps it."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from temporalio import activity, workflow
from temporalio.activity import ActivityCancellationDetails
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from panka.activities.handing import HANDED_OVER
from panka.activities.lock import LockActivities
from panka.activities.stores.backend import create_backend
from panka.activities.stores.dynamodb import DynamoLocks
from panka.activities.stores.memory import MemoryLocks
from panka.activities.stores.store import Holder, LockStore
from panka.planner.owner import Scope
from panka.workflows.call import call
from panka.workflows.ports import ACQUIRE, HOLD, LOCK_HELD, LOCK_LOST, Claim, Freeing, Hold, Lease

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PROD = Scope(tenant="acme", stack="shop", environment="prod")
ANA, LEO = "default/acme/shop/of-ana/run-1", "default/acme/shop/of-leo/run-2"


class WatchedLocks(MemoryLocks):
    """Locks in memory with a monotonic clock that a test turns: something may happen before every call."""

    def __init__(self) -> None:
        super().__init__(lambda: NOON)
        self.now = 0.0
        self.looks = 0
        self.before_acquire: Callable[[], None] = lambda: None
        self.before_renew: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def acquire(self, *args: Any, **options: Any) -> Lease | Holder:
        self.looks += 1
        self.before_acquire()
        return super().acquire(*args, **options)

    def renew(self, lease: Lease) -> None:
        self.before_renew()
        super().renew(lease)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def renewals(self) -> int:
        holder = self.holder(PROD)
        return holder.renewals if holder else -1

    def given_to_ana(self) -> Lease:
        return taken(super().acquire(PROD, ANA, who="ana", operation="apply", ttl=90))


def taken(got: Lease | Holder) -> Lease:
    assert isinstance(got, Lease)
    return got


def claim(wait: float = 0, scope: Scope = PROD, owner: str = LEO, ttl: float = 90) -> Claim:
    return Claim(scope=scope, owner=owner, who="leo", operation="destroy", ttl=ttl, wait=wait)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def locks() -> WatchedLocks:
    return WatchedLocks()


@pytest.fixture
def activities(locks: WatchedLocks, threads: ThreadPoolExecutor) -> LockActivities:
    return LockActivities(locks, threads, locks.monotonic, look=0.001, beat=0.02)


@pytest.fixture
def environment() -> ActivityEnvironment:
    return ActivityEnvironment()


def beats_of(environment: ActivityEnvironment) -> list[tuple[Any, ...]]:
    """The details of every heartbeat from now on."""
    beats: list[tuple[Any, ...]] = []
    environment.on_heartbeat = lambda *details: beats.append(details)
    return beats


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not so():  # noqa: ASYNC110 - what it waits for happens in another thread
            await asyncio.sleep(0.005)


# Taking the lock


async def test_a_free_lock_is_taken_at_once(environment: ActivityEnvironment, activities: LockActivities) -> None:
    lease = await environment.run(activities.acquire, claim())

    assert lease == Lease(scope=PROD, owner=LEO, fence=1)


async def test_another_attempt_has_the_same_lease(environment: ActivityEnvironment, activities: LockActivities) -> None:
    first = await environment.run(activities.acquire, claim())

    assert await environment.run(activities.acquire, claim()) == first


async def test_a_run_that_does_not_wait_hears_who_has_the_lock(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    locks.given_to_ana()

    with pytest.raises(ApplicationError) as refusal:
        await environment.run(activities.acquire, claim(wait=0))

    assert (refusal.value.type, refusal.value.non_retryable) == (LOCK_HELD, True)
    assert str(refusal.value).endswith(
        f"The lock of acme/shop/prod is held by ana since 2026-11-23T12:00:00Z for apply ({ANA})."
    )
    assert refusal.value.details == (asdict(Holder(ANA, "ana", "apply", "2026-11-23T12:00:00Z", 1, 0, 90)),)
    assert locks.looks == 1


async def test_a_holder_that_renews_is_waited_for_and_never_taken_over(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    lease = locks.given_to_ana()

    def ana_lives() -> None:
        locks.pass_time(30)
        locks.renew(lease)

    locks.before_acquire = ana_lives

    with pytest.raises(ApplicationError, match="held by ana"):
        await environment.run(activities.acquire, claim(wait=600))

    locks.check(lease)
    assert locks.now == 600


async def test_a_dead_holder_is_taken_over_after_its_whole_ttl(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    locks.given_to_ana()
    locks.before_acquire = lambda: locks.pass_time(30)

    lease = await environment.run(activities.acquire, claim(wait=600))

    # Looked at 30, 60, 90 and 120; at 120 it had stood still for 90 seconds, so the next call takes over.
    assert (lease.owner, lease.fence, locks.looks) == (LEO, 2, 5)


async def test_an_earlier_run_of_the_same_workflow_is_taken_over_soon_even_by_one_who_does_not_wait(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    locks.given_to_ana()
    locks.before_acquire = lambda: locks.pass_time(4)

    lease = await environment.run(activities.acquire, claim(owner=ANA.replace("run-1", "run-7"), wait=0))

    # Temporal lets one run of a workflow be open: looked at 4, 8, 12 and 16; at 16 it had stood still for 10 seconds.
    assert (lease.fence, locks.looks) == (2, 5)


async def test_one_renewal_makes_the_watch_begin_anew(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    ana = locks.given_to_ana()

    def ana_renews_once() -> None:
        locks.pass_time(30)
        if locks.looks == 4:
            locks.renew(ana)

    locks.before_acquire = ana_renews_once

    lease = await environment.run(activities.acquire, claim(wait=600))

    # The look at 120 sees the renewal; 90 seconds later it has stood still.
    assert (lease.fence, locks.looks) == (2, 8)


async def test_a_wait_shorter_than_the_ttl_takes_nothing_over(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    ana = locks.given_to_ana()
    locks.before_acquire = lambda: locks.pass_time(30)

    with pytest.raises(ApplicationError, match="held by ana"):
        await environment.run(activities.acquire, claim(wait=60))

    locks.check(ana)


async def test_a_lock_that_is_freed_is_taken_at_the_next_look(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    ana = locks.given_to_ana()
    locks.before_acquire = lambda: locks.release(ana) if locks.looks == 3 else None

    lease = await environment.run(activities.acquire, claim(wait=600))

    assert (lease.fence, locks.looks) == (2, 3)


async def test_heartbeats_name_the_holder_and_the_wait_so_far(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    locks.given_to_ana()
    locks.before_acquire = lambda: locks.pass_time(30)
    beats = beats_of(environment)

    await environment.run(activities.acquire, claim(wait=600))

    [told] = beats[-1]
    assert told["waited"] == 120
    assert (told["holder"]["who"], told["holder"]["operation"]) == ("ana", "apply")


async def test_another_attempt_goes_on_with_the_wait_of_the_last(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    locks.given_to_ana()
    locks.before_acquire = lambda: locks.pass_time(30)
    environment.info = replace(environment.info, attempt=2, heartbeat_details=[{"waited": 550, "holder": {}}])
    beats = beats_of(environment)

    with pytest.raises(ApplicationError, match="held by ana"):
        await environment.run(activities.acquire, claim(wait=600))

    assert locks.looks == 2
    assert beats[0] == ({"waited": 550},)


async def test_a_slow_store_does_not_stop_the_heartbeats(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    beats = beats_of(environment)

    def slowly() -> None:
        for _ in range(1000):
            if len(beats) >= 5:
                return
            threading.Event().wait(0.01)

    locks.before_acquire = slowly

    await environment.run(activities.acquire, claim())

    assert len(beats) >= 5


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        (ActivityCancellationDetails(cancel_requested=True), None),
        (ActivityCancellationDetails(worker_shutdown=True), LEO),
        (ActivityCancellationDetails(timed_out=True), LEO),
    ],
    ids=["the run was cancelled", "the worker stops", "another attempt runs"],
)
async def test_a_cancel_during_the_call_leaves_no_lock_to_nobody(
    environment: ActivityEnvironment,
    activities: LockActivities,
    locks: WatchedLocks,
    why: ActivityCancellationDetails,
    kept: str | None,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    locks.before_acquire = lambda: begun.set() or go_on.wait(30) or None
    running = asyncio.create_task(environment.run(activities.acquire, claim()))
    await until(begun.is_set)

    environment.cancel(why)
    await asyncio.sleep(0.05)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running

    holder = locks.holder(PROD)
    assert (holder and holder.owner) == kept


# Keeping the lock


async def test_the_lease_is_renewed_until_the_keeper_is_cancelled(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    lease = locks.given_to_ana()
    beats = beats_of(environment)
    running = asyncio.create_task(environment.run(activities.hold, Hold(lease=lease, ttl=1.2)))

    await until(lambda: locks.renewals() >= 3)
    environment.cancel(ActivityCancellationDetails(cancel_requested=True))

    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(beats) > 3
    locks.check(lease)


async def test_a_lease_that_was_taken_over_ends_its_keeper(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    lease = locks.given_to_ana()
    running = asyncio.create_task(environment.run(activities.hold, Hold(lease=lease, ttl=1.2)))
    await until(lambda: locks.renewals() >= 1)

    while not isinstance(
        locks.acquire(PROD, LEO, who="leo", operation="apply", ttl=90, over=locks.holder(PROD)), Lease
    ):
        pass

    with pytest.raises(ApplicationError) as loss:
        await running
    assert (loss.value.type, loss.value.non_retryable) == (LOCK_LOST, True)


async def test_a_store_that_fails_for_less_than_the_ttl_loses_nothing(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    lease = locks.given_to_ana()
    failures = iter(range(4))

    def fail_four_times() -> None:
        if next(failures, None) is not None:
            locks.pass_time(20)
            raise EndpointConnectionError(endpoint_url="http://nobody")

    locks.before_renew = fail_four_times
    running = asyncio.create_task(environment.run(activities.hold, Hold(lease=lease, ttl=90)))

    await until(lambda: locks.renewals() >= 1)

    assert not running.done()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_store_that_fails_for_a_whole_ttl_has_lost_the_lock(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    lease = locks.given_to_ana()
    calls = []

    def fail() -> None:
        calls.append(locks.now)
        locks.pass_time(30)
        raise EndpointConnectionError(endpoint_url="http://nobody")

    locks.before_renew = fail

    with pytest.raises(ApplicationError, match=r"could not be renewed for 90 seconds.*http://nobody") as loss:
        await environment.run(activities.hold, Hold(lease=lease, ttl=90))

    assert (loss.value.type, loss.value.non_retryable) == (LOCK_LOST, True)
    assert calls == [0, 30, 60]


async def test_a_store_that_hangs_for_a_whole_ttl_has_lost_the_lock(threads: ThreadPoolExecutor) -> None:
    locks, never, environment = WatchedLocks(), threading.Event(), ActivityEnvironment()
    lease = locks.given_to_ana()
    locks.before_renew = lambda: never.wait(60) and None
    activities = LockActivities(locks, threads, look=0.01, beat=0.02)  # by the real clock
    beats = beats_of(environment)

    with pytest.raises(ApplicationError, match=r"could not be renewed for 0\.5 seconds") as loss:
        await environment.run(activities.hold, Hold(lease=lease, ttl=0.5))

    never.set()
    assert loss.value.type == LOCK_LOST
    assert len(beats) > 3


async def test_a_worker_that_slept_past_the_ttl_keeps_a_lock_that_nobody_took(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    lease = locks.given_to_ana()
    running = asyncio.create_task(environment.run(activities.hold, Hold(lease=lease, ttl=1.2)))
    await until(lambda: locks.renewals() >= 1)

    locks.pass_time(3600)
    renewals = locks.renewals()
    await until(lambda: locks.renewals() > renewals + 1)

    assert not running.done()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_keeper_leaves_a_worker_that_stops_at_once_and_keeps_the_lock(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    lease = locks.given_to_ana()
    running = asyncio.create_task(environment.run(activities.hold, Hold(lease=lease, ttl=3600)))
    await until(lambda: locks.renewals() >= 1)

    environment.worker_shutdown()

    with pytest.raises(ApplicationError) as handed:
        await asyncio.wait_for(running, 30)
    assert (handed.value.type, handed.value.non_retryable) == (HANDED_OVER, False)
    locks.check(lease)


async def test_a_wait_for_the_lock_leaves_a_worker_that_stops_at_once(
    environment: ActivityEnvironment, activities: LockActivities, locks: WatchedLocks
) -> None:
    ana = locks.given_to_ana()
    running = asyncio.create_task(environment.run(activities.acquire, claim(wait=3600)))
    await until(lambda: locks.looks >= 3)

    environment.worker_shutdown()

    with pytest.raises(ApplicationError, match="The worker stops"):
        await asyncio.wait_for(running, 30)
    locks.check(ana)


# On a real Temporal server, with the locks in a table


@workflow.defn(name="locked-run")
class LockedRun:
    """Takes the lock, keeps it until it is told to end, and frees it."""

    def __init__(self) -> None:
        self._lease: Lease | None = None
        self._over = False

    @workflow.run
    async def run(self, wanted: Claim) -> Lease:
        lease = self._lease = await call(ACQUIRE, wanted)
        keeper = call(HOLD, Hold(lease=lease, ttl=wanted.ttl))
        await workflow.wait_condition(lambda: self._over or keeper.done())
        if keeper.done():
            await keeper
        keeper.cancel()
        await workflow.wait([keeper])
        await workflow.execute_activity("free-lock", lease, start_to_close_timeout=timedelta(seconds=30))
        return lease

    @workflow.query
    def lease(self) -> Lease | None:
        return self._lease

    @workflow.signal
    def end(self) -> None:
        self._over = True


class Runs:
    """Runs of `LockedRun` against one lock, and a worker for them."""

    def __init__(self, temporal: Client, locks: LockStore) -> None:
        self.temporal = temporal
        self.locks = locks
        self.queue = f"locks-{uuid.uuid4().hex[:8]}"
        self.threads = ThreadPoolExecutor(8)

    def worker(self) -> Worker:
        activities = LockActivities(self.locks, self.threads, look=0.1)

        @activity.defn(name="free-lock")
        async def free(lease: Lease) -> None:
            self.locks.release(lease)

        return Worker(
            self.temporal,
            task_queue=self.queue,
            workflows=[LockedRun],
            activities=[activities.acquire, activities.hold, free],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_heartbeat_throttle_interval=timedelta(seconds=0.2),
        )

    async def start(self, wanted: Claim) -> WorkflowHandle[LockedRun, Lease]:
        id = f"{wanted.owner}-{uuid.uuid4().hex[:8]}"
        return await self.temporal.start_workflow(LockedRun.run, wanted, id=id, task_queue=self.queue)


@pytest.fixture
async def runs(temporal: Client, ministack_url: str) -> AsyncIterator[Runs]:
    session = boto3.Session("111111111111", "test", region_name="eu-west-1")
    s3 = session.client("s3", endpoint_url=ministack_url)
    dynamodb = session.client("dynamodb", endpoint_url=ministack_url)
    name = f"panka-{uuid.uuid4().hex[:10]}"
    create_backend(s3, dynamodb, name, name)
    made = Runs(temporal, DynamoLocks(dynamodb, name, lambda: NOON))
    async with made.worker():
        yield made
    made.threads.shutdown()
    s3.close()
    dynamodb.close()


async def leased(run: WorkflowHandle[LockedRun, Lease]) -> Lease:
    async with asyncio.timeout(30):
        while (lease := await run.query(LockedRun.lease)) is None:  # noqa: ASYNC110 - a query has no event
            await asyncio.sleep(0.1)
    return lease


async def cause_of(run: WorkflowHandle[LockedRun, Lease]) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as failure:
        await run.result()
    assert isinstance(failure.value.cause, ActivityError)
    assert isinstance(failure.value.cause.cause, ApplicationError)
    return failure.value.cause.cause


async def test_a_second_run_gets_the_lock_when_the_first_ends_and_not_before(runs: Runs) -> None:
    first = await runs.start(claim(owner=ANA, ttl=2))
    await leased(first)
    second = await runs.start(claim(owner=LEO, ttl=2, wait=60))
    refused = await runs.start(claim(owner="default/third/run-3", ttl=2, wait=0))

    assert (await cause_of(refused)).type == LOCK_HELD
    await asyncio.sleep(3)  # longer than the TTL: only its renewals keep the lock the first run's
    assert await second.query(LockedRun.lease) is None
    await first.signal(LockedRun.end)
    await first.result()
    lease = await leased(second)
    await second.signal(LockedRun.end)
    await second.result()

    assert (lease.owner, lease.fence) == (LEO, 2)
    assert runs.locks.holder(PROD) is None


async def test_a_run_whose_lock_was_forced_open_ends(runs: Runs) -> None:
    run = await runs.start(claim(owner=ANA, ttl=1.5))
    lease = await leased(run)

    runs.locks.release(lease)

    assert (await cause_of(run)).type == LOCK_LOST


async def test_a_run_that_is_terminated_leaves_its_lock_to_the_next_after_the_ttl(runs: Runs) -> None:
    dead = await runs.start(claim(owner=ANA, ttl=1.5))
    await leased(dead)
    await dead.terminate()

    heir = await runs.start(claim(owner=LEO, ttl=1.5, wait=60))
    lease = await leased(heir)
    await heir.signal(LockedRun.end)
    await heir.result()

    assert (lease.owner, lease.fence) == (LEO, 2)


async def test_a_cancelled_wait_ends_and_takes_nothing(runs: Runs) -> None:
    first = await runs.start(claim(owner=ANA, ttl=60))
    await leased(first)
    second = await runs.start(claim(owner=LEO, ttl=60, wait=600))
    await asyncio.sleep(0.5)

    await second.cancel()
    with pytest.raises(WorkflowFailureError):
        await second.result()
    await first.signal(LockedRun.end)
    await first.result()

    assert runs.locks.holder(PROD) is None


class Denied(MemoryLocks):
    """A table that the worker may not write to."""

    def release(self, lease: Lease) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "No."}}, "UpdateItem")


async def test_a_lock_that_may_not_be_freed_is_left_to_run_out(threads: ThreadPoolExecutor) -> None:
    activities = LockActivities(Denied(lambda: NOON), threads)

    with pytest.raises(ApplicationError, match="AccessDenied") as refused:
        await ActivityEnvironment().run(activities.release, Freeing(lease=Lease(scope=PROD, owner=ANA, fence=1)))

    assert refused.value.non_retryable
