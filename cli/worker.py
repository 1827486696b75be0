"""The worker: puts workflows, activities, providers and stores together, and carries out runs until it is stopped."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
from botocore.config import Config
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

from panka.activities.admission import Admission, Roles
from panka.activities.archive import Archive
from panka.activities.aws.roles import Role
from panka.activities.aws.session import THREADS, Cloud
from panka.activities.drift import DriftActivities
from panka.activities.fencing import Fences
from panka.activities.lock import LockActivities
from panka.activities.notify import Notifying
from panka.activities.providers.provider import Provider
from panka.activities.providing import provider_of
from panka.activities.provisioning import Provisioning
from panka.activities.register import Register
from panka.activities.resets import Resets
from panka.activities.state import StateActivities
from panka.activities.stores.dynamodb import DynamoLocks
from panka.activities.stores.renewing import RenewingSession
from panka.activities.stores.s3 import S3Store
from panka.activities.stores.store import LockStore, ObjectStore
from panka.activities.telemetry import Traces
from panka.activities.telemetry.about import Threads
from panka.activities.telemetry.watchers import NOBODY, Watchers
from panka.activities.tenants import TenantActivities
from panka.cli.accounts import Accounts
from panka.cli.build import own_build
from panka.cli.converting import DATA_CONVERTER
from panka.cli.exits import Misused, Unreachable
from panka.cli.releases import Build, Releases
from panka.cli.settings import Settings
from panka.cli.telemetry import watched
from panka.planner.resource_types import can_be_made
from panka.workflows.deploy import RunWorkflow
from panka.workflows.drift import DriftWorkflow
from panka.workflows.ports import Lease
from panka.workflows.shard import ShardWorkflow
from panka.workflows.tenant import TenantsWorkflow, TenantWorkflow

COLLECTIONS = (20_000, 20, 50)
"""When to look for cycles: more seldom than by default, for they are few, and not so seldom that a worker grows."""
_STORE_THREADS = 16
_PATIENCE = 60.0
"""Seconds to wait for a Temporal server that does not answer."""
WORKFLOWS = (RunWorkflow, ShardWorkflow, DriftWorkflow, TenantWorkflow, TenantsWorkflow)
_log = logging.getLogger("panka.worker")


@dataclass(frozen=True, slots=True)
class Stores:
    """Where state and locks are."""

    objects: ObjectStore
    locks: LockStore


@dataclass(frozen=True, slots=True)
class Work:
    """The activities of a worker."""

    provisioning: Provisioning
    state: StateActivities
    locks: LockActivities
    tenants: TenantActivities
    drift: DriftActivities
    notifying: Notifying

    @property
    def steps(self) -> list[Callable[..., Any]]:
        """Those that call AWS for stacks, which may have a queue of their own."""
        return [self.provisioning.step, self.provisioning.undo, self.drift.look, self.notifying.notify]

    @property
    def record(self) -> list[Callable[..., Any]]:
        """Those that keep lock, state, history and reports."""
        drift, state = self.drift, self.state
        lock = (self.locks.acquire, self.locks.hold, self.locks.release)
        runs = (*lock, state.open, state.share, state.file, state.checkpoint, state.close)
        return [*runs, drift.survey, drift.judge, drift.file, drift.mend]

    @property
    def register(self) -> list[Callable[..., Any]]:
        """Those that keep the register of tenants."""
        of = self.tenants
        return [of.keep, of.check_empty, of.list_all, of.show, of.usage]


def open_stores(settings: Settings, watchers: Watchers = NOBODY) -> Stores:
    """The stores that the settings name; nothing is sent. Raises Misused when they name none."""
    session = RenewingSession(settings.profile, settings.region)
    config = Config(
        max_pool_connections=_STORE_THREADS,
        connect_timeout=5,
        # A lock must be renewed in time, so a silent call is given up long before the lease is.
        read_timeout=10,
        retries={"total_max_attempts": 4, "mode": "standard"},
    )
    s3 = session.client("s3", endpoint_url=settings.endpoint_url, config=config)
    dynamodb = session.client("dynamodb", endpoint_url=settings.endpoint_url, config=config)
    watchers.watch(s3)
    watchers.watch(dynamodb)
    return Stores(
        S3Store(s3, settings.need("bucket")),
        DynamoLocks(dynamodb, settings.need("table"), clock=lambda: datetime.now(UTC)),
    )


def assemble(
    stores: Stores,
    accounts: Accounts,
    store_threads: ThreadPoolExecutor,
    provider: Callable[[str, Cloud], Provider] = provider_of,
    can_be_made: Callable[[str], bool] = can_be_made,
    traces: Traces | None = None,
    registered: bool = False,
) -> Work:
    """Puts the activities together.

    The stores have threads of their own: a hundred slow AWS calls must not keep a lock from being renewed.
    `registered`: tenants that nobody has registered are refused.
    """
    archive, register = Archive(stores.objects), Register(stores.objects)
    admission = Admission(register, archive, stores.locks, required=registered)
    fences, account = Fences(stores.locks, store_threads), accounts.number
    return Work(
        Provisioning(archive, fences, accounts.home, provider, store_threads, account, traces),
        StateActivities(archive, stores.locks, fences, account, store_threads, can_be_made, admission, accounts.roles),
        LockActivities(stores.locks, store_threads, ahead=archive.plan_of),
        TenantActivities(register, archive, stores.locks, store_threads),
        DriftActivities(archive, stores.locks, accounts.home, provider, store_threads, account, admission.asks),
        Notifying(archive, accounts.home, store_threads),
    )


def build_workers(
    client: Client,
    work: Work,
    task_queue: str,
    step_queue: str | None = None,
    graceful: float = 60,
    interceptors: Sequence[Interceptor] = (),
    build: Build | None = None,
) -> list[Worker]:
    """One worker for runs, and one for steps if these have a queue of their own. `graceful`: seconds to finish in.

    With a build, runs that begin here stay with workers of the same one.
    """
    both = [*work.record, *work.register, *work.steps]
    workers = [_worker(client, task_queue, both, graceful, interceptors, build, WORKFLOWS)]
    if step_queue and step_queue != task_queue:
        workers.append(_worker(client, step_queue, work.steps, graceful, interceptors, build))
    return workers


def _worker(
    client: Client,
    queue: str,
    activities: Sequence[Callable[..., Any]],
    graceful: float,
    interceptors: Sequence[Interceptor],
    build: Build | None,
    workflows: Sequence[type] = (),
) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        # Half the cost of a step; the tests run and replay the same workflows in the sandbox.
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[*interceptors, Resets()],
        max_concurrent_activities=200,
        max_cached_workflows=500,
        # There is none; with more than one the SDK starts a task for every value that a workflow names.
        max_workflow_task_external_storage_concurrency=1,
        max_eager_activity_reservations_per_workflow_task=100,
        # A killed worker's runs wait this long before another one may have them.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        # Activities hear of a cancellation with a heartbeat, so heartbeats must not be saved up.
        max_heartbeat_throttle_interval=timedelta(seconds=5),
        default_heartbeat_throttle_interval=timedelta(seconds=5),
        graceful_shutdown_timeout=timedelta(seconds=graceful),
        # Without a name the SDK takes a digest of all that is imported, which takes half a second.
        build_id=None if build else own_build(),
        deployment_config=_pinned(build) if build else None,
    )


def _pinned(build: Build) -> WorkerDeploymentConfig:
    """Said here and not where the workflow is defined: without a build the server refuses all that a pinned workflow
    answers, for ever."""
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(build.deployment, build.id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


async def connected(
    settings: Settings, stopped: asyncio.Event, patience: float = _PATIENCE, watchers: Watchers = NOBODY
) -> Client | None:
    """A client of a server that answers and has the namespace; None when the event was set before there was one.

    Raises:
        Unreachable: it has not answered for so many seconds.
        Misused: it has no such namespace after so many seconds.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    runtime = _runtime(watchers)
    said = 0.0
    while not stopped.is_set():
        try:
            return await _connect(settings, runtime, watchers)
        except (RuntimeError, RPCError) as error:
            left = until - loop.time()
            if left <= 0:
                raise _why(settings, error) from error
            if loop.time() - said >= 5:
                said = loop.time()
                _log.info("waits for Temporal at %s, %.0f s at most", settings.temporal_address, left)
        await asyncio.sleep(0.5)
    return None


def run_worker(settings: Settings, *, graceful: float = 60) -> None:
    """Carries out runs until SIGTERM or SIGINT, then lets what has begun end for so many seconds. Logs to stderr.

    Raises:
        Unreachable: Temporal has not answered in time.
        Misused: no bucket or table is set, or the server has no such namespace.
    """
    gc.set_threshold(*COLLECTIONS)
    with watched(settings) as watchers:
        uvloop.run(_until_stopped(settings, open_stores(settings, watchers), graceful, watchers))


async def _until_stopped(settings: Settings, stores: Stores, graceful: float, watchers: Watchers) -> None:
    with _signals() as stopped:
        serving = asyncio.create_task(_serve(settings, stores, graceful, stopped, watchers))
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    # From here on a second signal ends the process at once.
    waiting.cancel()
    await serving


async def _serve(
    settings: Settings, stores: Stores, graceful: float, stopped: asyncio.Event, watchers: Watchers
) -> None:
    client = await connected(settings, stopped=stopped, watchers=watchers)
    if client is None:
        return
    with (
        ThreadPoolExecutor(THREADS, thread_name_prefix="aws") as aws,
        Threads(_STORE_THREADS, thread_name_prefix="stores") as store_threads,
    ):
        of_tenants = roles(settings, stores, store_threads)
        accounts = Accounts(aws, settings.profile, settings.endpoint_url, watchers.traces, of_tenants)
        required = settings.tenants == "required"
        work = assemble(stores, accounts, store_threads, traces=watchers.traces, registered=required)
        build = Build.of(settings)
        queues = settings.task_queue, settings.step_queue
        workers = build_workers(client, work, *queues, graceful, watchers.interceptors, build)
        beside = [asyncio.create_task(_pulse(client, Path(settings.state_dir)))]
        beside += [asyncio.create_task(_say_whether_current(client, build))] if build else []
        try:
            async with watchers.taking():
                await _poll(workers, settings.temporal_address, stopped)
        finally:
            for one in beside:
                one.cancel()


def roles(settings: Settings, stores: Stores, threads: ThreadPoolExecutor) -> Callable[[Lease], Awaitable[Role | None]]:
    """Who says the role of a run's tenant."""
    register = Roles(Register(stores.objects), settings.need("bucket"), settings.need("table"))

    async def of(lease: Lease) -> Role | None:
        if register.knows(lease):
            return register.of(lease)  # every step asks twice, and needs no thread for that
        return await asyncio.get_running_loop().run_in_executor(threads, register.of, lease)

    return of


async def _poll(workers: Sequence[Worker], address: str, stopped: asyncio.Event) -> None:
    """Lets all workers work until the event, or until one of them cannot go on, which is then raised."""
    runs = [asyncio.create_task(worker.run()) for worker in workers]
    stop = asyncio.create_task(stopped.wait())
    _log.info("worker ready: task queue %s at %s", " and ".join(worker.task_queue for worker in workers), address)
    try:
        await asyncio.wait([stop, *runs], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
        _log.info("worker stops")
        await asyncio.gather(*(worker.shutdown() for worker in workers))
    await asyncio.gather(*runs)


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set for as long as the block lasts. As a container's first process, a program
    that handles no SIGTERM never gets one."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _connect(settings: Settings, runtime: Runtime, watchers: Watchers) -> Client:
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=DATA_CONVERTER,
        runtime=runtime,
        plugins=watchers.plugins,
    )
    await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=settings.temporal_namespace), timeout=timedelta(seconds=5)
    )
    return client


def _runtime(watchers: Watchers) -> Runtime:
    """The SDK's core writes to stdout of itself, which is for data; so its warnings go the way of all log lines."""
    forwarding = LogForwardingConfig(logging.getLogger("temporalio.core"), append_log_fields_to_message=False)
    levels = TelemetryFilter(core_level="WARN", other_level="ERROR")
    return Runtime(
        telemetry=TelemetryConfig(logging=LoggingConfig(levels, forwarding=forwarding), metrics=watchers.metrics)
    )


def _why(settings: Settings, error: Exception) -> Unreachable | Misused:
    if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
        return Misused(f"Temporal at {settings.temporal_address} has no namespace {settings.temporal_namespace}.")
    return Unreachable(f"Temporal does not answer at {settings.temporal_address}.")


async def _pulse(client: Client, folder: Path) -> None:
    """Touches `worker.alive`, for a container's health check, as long as the server answers and this loop turns."""
    alive = folder / "worker.alive"
    while await asyncio.to_thread(folder.is_dir):
        try:
            if await client.service_client.check_health(timeout=timedelta(seconds=5)):
                await asyncio.to_thread(alive.touch)
        except RPCError as error:
            _log.info("Temporal does not answer: %s", error.message)
        await asyncio.sleep(10)


async def _say_whether_current(client: Client, build: Build) -> None:
    """Logs which build this is, and whether new runs come to it: those of a build that is not current stand still."""
    releases = Releases(client, build.deployment)
    while True:
        try:
            known = {one.build: one for one in await releases.every()}
        except RPCError as error:
            _log.info("Temporal does not answer: %s", error.message)
            known = {}
        if build.id in known:
            break
        await asyncio.sleep(1)
    if known[build.id].state == "current":
        _log.info("build %s of deployment %s is current", build.id, build.deployment)
        return
    promote = f"panka worker promote {build.id} --deployment {build.deployment}"
    _log.info("build %s of deployment %s gets no new runs yet: %s", build.id, build.deployment, promote)
