"""Runs as Temporal knows them: starting one, finding who has a stack, cancelling."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeWorkflowExecutionRequest,
)
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from panka.cli.converting import DATA_CONVERTER
from panka.cli.exits import Locked, Misused, Unreachable
from panka.cli.releases import Absence, missing
from panka.cli.settings import Settings
from panka.cli.telemetry import client_plugins
from panka.planner.owner import Scope
from panka.workflows.messages import PROGRESS, RUN, Approval, Decision, Progress, Result, RunInput
from panka.workflows.searching import FAILED, attributes

Handle: TypeAlias = WorkflowHandle[Any, Result]

PATIENCE = 10.0
"""Seconds until a server that does not answer counts as unreachable."""
_CALL = timedelta(seconds=5)
_PAST = 50
"""How many runs of a stack are looked at for the one that is meant."""
_NONE = 1_000_000_000
"""As many events as no run has: whoever has seen them is told none."""
_ASK_AGAIN = 0.5
"""Seconds between looks at a run that has the stack."""


@dataclass(frozen=True, slots=True)
class Running:
    """A run that goes on now."""

    scope: Scope
    by: str
    operation: str
    git: str
    started: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the run that holds a lock."""

    kind: Literal["goes on", "ended", "followed", "unknown"]
    """`followed`: it has ended, and another run of its workflow goes on. `unknown`: this server has never heard of it,
    or has forgotten it."""
    how: str = ""
    """Of one that has ended: `terminated`, `failed`."""


class Runs:
    """The runs of one Temporal namespace."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self.task_queue = task_queue

    @classmethod
    async def connect(cls, settings: Settings) -> "Runs":
        """Raises Unreachable within about ten seconds."""
        return cls(await open_client(settings), settings.task_queue)

    async def start(self, input: RunInput, *, wait: float, weight: float = 1) -> Handle:
        """Starts a run; waits so many seconds for another one of the stack. Raises Locked, naming who has it.

        `weight` is the share of the workers that its tenant has beside others.
        """
        until = time.monotonic() + wait
        while True:
            try:
                return await self._start(input, weight)
            except WorkflowAlreadyStartedError as error:
                if time.monotonic() >= until:
                    raise await self._locked(input.scope) from error
            await asyncio.sleep(_ASK_AGAIN)

    async def turn(self, scope: Scope, *, until: float, tell: Callable[[str], None]) -> None:
        """Returns when no run of the stack goes on. Raises Locked at `until` (monotonic), naming who has it."""
        told = False
        while (running := await self.running(scope)) is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise await self._locked(scope)
            if not told:
                told = True
                tell(f"{scope} is held by {running.by}, who runs {running.operation}; waits {left:.0f} s at most.")
            await asyncio.sleep(min(_ASK_AGAIN, left))

    async def _start(self, input: RunInput, weight: float) -> Handle:
        """With search attributes if the server knows them; nothing but the search depends on them."""
        # Set from the start: a server without this one refuses the start and not, for ever, the run's own update.
        said = attributes(input.scope, input.kind, SearchAttributePair(FAILED, 0))
        try:
            return await self._started(input.model_copy(update={"attributes": True}), said, weight)
        except RPCError as error:
            if not knows_no_attributes(error):
                raise
            return await self._started(input, None, weight)

    async def _started(self, input: RunInput, attributes: TypedSearchAttributes | None, weight: float) -> Handle:
        return await self.client.start_workflow(
            RUN,
            input,
            id=str(input.scope),
            task_queue=self.task_queue,
            result_type=Result,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            memo={"by": input.by, "operation": input.kind, "git": input.git, "plan": input.plan.id},
            search_attributes=attributes,
            priority=Priority(fairness_key=input.scope.tenant, fairness_weight=weight),
            static_summary=f"{input.kind} {input.scope} by {input.by}",
            static_details=f"Plan `{input.plan.id}`" + (f", git `{input.git}`" if input.git else ""),
            rpc_timeout=_CALL * 2,
        )

    async def _locked(self, scope: Scope) -> Locked:
        running = await self.running(scope)
        who = f"{running.by}, who runs {running.operation}" if running else "another run"
        stack = scope.stack
        return Locked(
            f"{scope} is held by {who}.",
            f"panka watch {stack} follows that run; --lock-timeout 5m waits for its end",
        )

    async def running(self, scope: Scope) -> Running | None:
        """The run of a stack that goes on now."""
        handle = await self.latest(scope)
        if handle is None:
            return None
        found = await handle.describe(rpc_timeout=_CALL)
        return await _running(scope, found) if found.status is WorkflowExecutionStatus.RUNNING else None

    async def every_running(self, tenant: str) -> list[Running]:
        """The runs of a tenant that go on now; one that began a moment ago may be missing."""
        query = f"WorkflowType = '{RUN}' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '{tenant}/'"
        found = []
        async for one in self.client.list_workflows(query, rpc_timeout=_CALL):
            scope = _scope(one.id)
            running = await self.running(scope)
            found += [running] if running else []
        return found

    async def latest(self, scope: Scope) -> Handle | None:
        """The latest run of a stack that Temporal knows, ended or not."""
        handle: Handle = self.client.get_workflow_handle(str(scope), result_type=Result)
        try:
            found = await handle.describe(rpc_timeout=_CALL)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return self.client.get_workflow_handle(str(scope), run_id=found.run_id, result_type=Result)

    async def numbered(self, scope: Scope, number: int) -> Handle | None:
        """The run of a stack with that number, of those that Temporal still knows; a worker must be there to answer."""
        latest = await self.latest(scope)
        if latest is None or await self._number(latest) == number:
            return latest
        async for one in self.client.list_workflows(f"WorkflowId = '{scope}'", limit=_PAST, rpc_timeout=_CALL):
            handle: Handle = self.client.get_workflow_handle(one.id, run_id=one.run_id, result_type=Result)
            if await self._number(handle) == number:
                return handle
        return None

    async def _number(self, handle: Handle) -> int:
        try:
            return (await self.progress(handle, _NONE)).run
        except WorkflowQueryFailedError:
            return 0

    async def fate(self, owner: str) -> Fate:
        """What became of a lock's owner, `<namespace>/<workflow id>/<first run id>`; no worker is needed."""
        namespace, _, run = owner.partition("/")
        workflow, _, first = run.rpartition("/")
        try:
            begun = await self._described(namespace, workflow, first)
            latest = await self._described(namespace, workflow, "")
        except RPCError as error:
            if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
                return Fate("unknown")
            raise
        if WorkflowExecutionStatus(latest.status) is WorkflowExecutionStatus.RUNNING:
            # A run that was reset goes on under another id; the first one of its chain stays.
            return Fate("goes on" if latest.first_run_id == first else "followed")
        return Fate("ended", WorkflowExecutionStatus(begun.status).name.lower().replace("_", " "))

    async def _described(self, namespace: str, workflow: str, run: str) -> WorkflowExecutionInfo:
        request = DescribeWorkflowExecutionRequest(
            namespace=namespace, execution=WorkflowExecution(workflow_id=workflow, run_id=run)
        )
        answer = await self.client.workflow_service.describe_workflow_execution(request, timeout=_CALL)
        return answer.workflow_execution_info

    async def progress(self, handle: Handle, since: int = 0) -> Progress:
        """Asks the run itself, so a worker must be there to answer. Raises RPCError, WorkflowQueryFailedError."""
        told: Progress = await handle.query(PROGRESS, since, result_type=Progress, rpc_timeout=_CALL)
        return told

    async def try_progress(self, scope: Scope) -> Progress | None:
        """The progress of a stack's run, or None when nobody answers in a moment."""
        handle: Handle = self.client.get_workflow_handle(str(scope), result_type=Result)
        try:
            told: Progress = await handle.query(PROGRESS, 0, result_type=Progress, rpc_timeout=timedelta(seconds=2))
        except RPCError:
            return None
        return told

    async def tell(self, scope: Scope, name: str, said: Approval | Decision) -> None:
        """Tells the run of a stack what somebody wants, and waits until it has taken it.

        Raises:
            Misused: no run of the stack goes on, or it refuses, with its reason.
        """
        handle = await self.latest(scope)
        if handle is None or await self.running(scope) is None:
            raise Misused(f"No run of {scope} goes on.", f"panka history {scope.stack} shows those that ended")
        try:
            await handle.execute_update(name, said, rpc_timeout=timedelta(seconds=PATIENCE))
        except WorkflowUpdateFailedError as error:
            raise Misused(str(error.cause or error), f"panka status {scope.stack} tells what it waits for") from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise Unreachable(
                f"The run of {scope} does not answer.", "panka worker starts a worker that carries it on"
            ) from error

    async def missing(self, handle: WorkflowHandle[Any, Any]) -> Absence | None:
        """Which worker a run waits for; None: one is there, or the server does not say."""
        try:
            run = (await description(handle)).raw_description.workflow_execution_info
            return await missing(self.client, self.task_queue, run)
        except RPCError:
            return None


async def open_client(settings: Settings) -> Client:
    """A client of a server that answers. Raises Unreachable within about ten seconds, or Misused."""
    address = settings.temporal_address
    origin = settings.origins.get("temporal_address", "default")
    try:
        connecting = Client.connect(
            address,
            namespace=settings.temporal_namespace,
            data_converter=DATA_CONVERTER,
            # The SDK's core would log to stdout, which is for data.
            runtime=Runtime(telemetry=TelemetryConfig(logging=None)),
            plugins=client_plugins(settings),
        )
        client = await asyncio.wait_for(connecting, PATIENCE)
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=settings.temporal_namespace), timeout=_CALL
        )
    except (RuntimeError, TimeoutError, OSError) as error:
        raise Unreachable(
            f"Temporal does not answer at {address} ({origin}).",
            "panka dev starts one here; --temporal-address or PANKA_TEMPORAL_ADDRESS names another",
        ) from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Misused(
                f"Temporal at {address} has no namespace `{settings.temporal_namespace}`.",
                "--temporal-namespace or PANKA_TEMPORAL_NAMESPACE names another",
            ) from error
        raise
    return client


async def description(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription:
    """What the server says of a run; no worker is needed."""
    return await handle.describe(rpc_timeout=_CALL)


async def memo(handle: Handle) -> Mapping[str, Any]:
    """Who started a run, and for what."""
    return await (await description(handle)).memo()


async def _running(scope: Scope, found: WorkflowExecutionDescription) -> Running:
    said = await found.memo()
    return Running(
        scope=scope,
        by=str(said.get("by", "unknown")),
        operation=str(said.get("operation", "run")),
        git=str(said.get("git", "")),
        started=found.start_time.timestamp(),
    )


def _scope(id: str) -> Scope:
    tenant, stack, environment = id.split("/", 2)
    return Scope(tenant=tenant, stack=stack, environment=environment)


def knows_no_attributes(error: RPCError) -> bool:
    """Whether the server refuses a start because it knows none of Panka's search attributes."""
    return error.status is RPCStatusCode.INVALID_ARGUMENT and "search attribute" in str(error).lower()
