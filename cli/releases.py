"""Releases of the worker: the builds of a deployment, which one new runs go to, and whom a run waits for.

A run stays with the build that it began on (Temporal's worker versioning, pinned), so that a new release never replays
a run of an old one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import (
    TaskQueueType,
    VersioningBehavior,
    WorkerDeploymentVersionStatus,
    WorkerVersioningMode,
)
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from panka.cli.build import own_build
from panka.cli.exits import Misused
from panka.cli.settings import Settings

T = TypeVar("T")

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before the same question is asked again."""
_CALL = timedelta(seconds=5)
_A_POLL = timedelta(seconds=70)
"""A worker asks for work at least once a minute; the server remembers those that have gone for five."""


@dataclass(frozen=True, slots=True)
class Build:
    """One build of a deployment."""

    deployment: str
    id: str

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """The build that a worker with these settings is; None: its runs are not bound to any."""
        if not settings.worker_deployment:
            return None
        return cls(settings.worker_deployment, settings.worker_build_id or own_build())


@dataclass(frozen=True, slots=True)
class Release:
    """A build as the server knows it."""

    build: str
    state: str
    """`current`: new runs go to it. `draining`: it has been, and has runs. `drained`, `inactive`: nothing needs it."""
    runs: int
    """Those that go on and belong to it."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why nobody carries a run on."""

    what: str
    help: str


class Releases:
    """The builds of one deployment."""

    def __init__(self, client: Client, deployment: str) -> None:
        self._client = client
        self._deployment = deployment

    async def every(self) -> list[Release]:
        """All builds, the newest first; empty when no worker of the deployment was ever there."""
        info = await _deployment(self._client, self._deployment)
        if info is None:
            return []
        newest = sorted(info.version_summaries, key=lambda one: -one.create_time.ToNanoseconds())
        return [
            Release(
                one.deployment_version.build_id,
                WorkerDeploymentVersionStatus.Name(one.status).rpartition("_")[2].lower(),
                await self._runs(one.deployment_version.build_id),
            )
            for one in newest
        ]

    async def promote(self, build: str) -> None:
        """Makes a build the one that new runs go to; again is fine. Raises Misused when no worker is of that build."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self._client.namespace,
            deployment_name=self._deployment,
            build_id=build,
            identity=self._client.service_client.config.identity,
        )
        service = self._client.workflow_service
        try:
            await _patiently(lambda: service.set_worker_deployment_current_version(request, timeout=_CALL * 4))
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                raise
            raise Misused(
                f"Build {build} of deployment {self._deployment} cannot take runs: {error.message}.",
                "start its workers first, on every task queue that the current ones poll",
            ) from error

    async def _runs(self, build: str) -> int:
        query = f"TemporalWorkerDeploymentVersion = '{self._deployment}:{build}' AND ExecutionStatus = 'Running'"
        return (await self._client.count_workflows(query, rpc_timeout=_CALL)).count


async def missing(client: Client, queue: str, run: WorkflowExecutionInfo) -> Absence | None:
    """Which worker a run waits for; None when one that may carry it on is there. Raises RPCError."""
    there = await _pollers(client, queue)
    build = home(run)
    if build is not None and build not in there:
        again = f"panka worker --deployment {build.deployment} --build-id {build.id}"
        return Absence(
            f"no worker of build {build.id} is polling task queue {queue}",
            f"the run belongs to that release; start it again with {again}",
        )
    if not there:
        return Absence(f"no worker is polling task queue {queue}", "start one with panka worker")
    builds = {one for one in there if one is not None}
    if build is not None or builds != there or await _any_current(client, builds):
        return None
    named = ", ".join(sorted(one.id for one in builds))
    return Absence(f"no build on task queue {queue} is current ({named})", "panka worker promote makes one so")


def home(run: WorkflowExecutionInfo) -> Build | None:
    """The build that alone may carry a run on; None: any may, or whichever is current."""
    told = run.versioning_info
    match told.versioning_override.WhichOneof("override"):
        case "pinned":
            version = told.versioning_override.pinned.version
            return Build(version.deployment_name, version.build_id)
        case "auto_upgrade":
            return None
    if told.behavior != VersioningBehavior.VERSIONING_BEHAVIOR_PINNED:
        return None
    return Build(told.deployment_version.deployment_name, told.deployment_version.build_id)


async def _pollers(client: Client, queue: str) -> set[Build | None]:
    """The builds of the workers that ask for a queue's runs; None among them: one that is of no build."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request, timeout=_CALL)
    since = datetime.now(UTC) - _A_POLL
    return {_build(one) for one in answer.pollers if one.last_access_time.ToDatetime(UTC) >= since}


def _build(poller: PollerInfo) -> Build | None:
    said = poller.deployment_options
    if said.worker_versioning_mode != WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED:
        return None
    return Build(said.deployment_name, said.build_id)


async def _any_current(client: Client, builds: Iterable[Build]) -> bool:
    for deployment in sorted({one.deployment for one in builds}):
        info = await _deployment(client, deployment)
        if info is not None and info.routing_config.current_deployment_version.build_id:
            return True
    return False


async def _deployment(client: Client, name: str) -> WorkerDeploymentInfo | None:
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=name)
    service = client.workflow_service
    try:
        answer = await _patiently(lambda: service.describe_worker_deployment(request, timeout=_CALL))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return answer.worker_deployment_info


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer; Temporal answers few questions a second about one deployment, and says so of the others."""
    for pause in _PAUSES:
        try:
            return await ask()
        except RPCError as error:
            if error.status is not RPCStatusCode.RESOURCE_EXHAUSTED:
                raise
        await asyncio.sleep(pause)
    return await ask()
