"""A stack with stores and a cloud in memory, whose runs go through a real Temporal server."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Interceptor, Worker

from panka.activities.archive import Archive
from panka.activities.drift import DriftActivities
from panka.activities.fencing import Fences
from panka.activities.lock import LockActivities
from panka.activities.notify import Notifying
from panka.activities.provisioning import Provisioning
from panka.activities.resets import Resets
from panka.activities.state import StateActivities
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.activities.telemetry import Traces, Untraced
from panka.planner.assemble import make_plan
from panka.planner.blocks import Blocks
from panka.planner.drift import Finding, Report
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.resource import Address, PhysicalName, Resource
from panka.planner.state import State, Target
from panka.workflows.deploy import RunWorkflow
from panka.workflows.drift import DriftWorkflow
from panka.workflows.messages import DRIFT, PROGRESS, RUN, DriftInput, DriftResult, Phase, Progress, Result, RunInput
from panka.workflows.ports import Lease
from panka.workflows.sandbox import runner
from panka.workflows.shard import ShardWorkflow
from plugins.clouds import Sky

TARGET = Target(account="111122223333", region="eu-west-1")


def resource(name: str, *needs: str, **properties: Any) -> Resource:
    """A queue that waits for others."""
    return Resource(
        Address.of(name, "main"),
        "AWS::SQS::Queue",
        properties,
        "SQS",
        name=PhysicalName("QueueName", 80),
        depends_on=tuple(Address.of(needed, "main") for needed in needs),
    )


@dataclass
class Place:
    """One stack with its stores, its cloud, and a worker."""

    client: Client
    threads: ThreadPoolExecutor
    queue: str = field(default_factory=lambda: f"q-{uuid4()}")
    scope: Scope = field(default_factory=lambda: Scope(tenant="acme", stack=f"s{uuid4().hex[:8]}", environment="prod"))
    sky: Sky = field(default_factory=Sky)
    account: str = TARGET.account
    approvals: bool = False
    """Somebody must approve of what is planned for the stack."""
    account_of_steps: str = ""
    """Empty: as `account`."""
    traces: Traces = field(default_factory=Untraced)
    types: frozenset[str] = frozenset({"AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table"})

    def __post_init__(self) -> None:
        self.archive = Archive(MemoryStore())
        self.locks = MemoryLocks(lambda: datetime.now(UTC))

    def worker(self, interceptors: Sequence[Interceptor] = (), **more: Any) -> Worker:
        async def account(_lease: Lease, _target: Target) -> str:
            return self.account

        lock = LockActivities(self.locks, self.threads)

        async def account_of_steps(_lease: Lease, _target: Target) -> str:
            return self.account_of_steps or self.account

        fences = Fences(self.locks, self.threads)
        state = StateActivities(self.archive, self.locks, fences, account, self.threads, self.types.__contains__)
        cloud, provider = self.sky.cloud, self.sky.provider
        steps = Provisioning(self.archive, fences, cloud, provider, self.threads, account_of_steps, self.traces)
        drift = DriftActivities(
            self.archive, self.locks, cloud, provider, self.threads, account_of_steps, lambda _scope: self.approvals
        )
        return Worker(
            self.client,
            task_queue=self.queue,
            workflows=[RunWorkflow, ShardWorkflow, DriftWorkflow],
            activities=[
                *(lock.acquire, lock.hold, lock.release),
                *(state.open, state.share, state.file, state.checkpoint, state.close),
                *(steps.step, steps.undo),
                *(drift.survey, drift.look, drift.judge, drift.file, drift.mend),
                Notifying(self.archive, cloud, self.threads).notify,
            ],
            workflow_runner=runner(),
            interceptors=[*interceptors, Resets()],
            **more,
        )

    def plan(
        self,
        *resources: Resource,
        destroy: bool = False,
        outputs: dict[str, Any] | None = None,
        blocks: Blocks | None = None,
        drift: Mapping[str, Finding] | None = None,
    ) -> Plan:
        wanted = {one.address: one for one in resources}
        pointer = self.locks.pointer(self.scope)
        return make_plan(
            self.scope,
            TARGET,
            wanted,
            outputs or {},
            self.state,
            pointer,
            destroy=destroy,
            blocks=blocks,
            drift=drift,
        )

    async def start(self, plan: Plan, **more: Any) -> WorkflowHandle[Any, Result]:
        input = RunInput(scope=self.scope, plan=self.archive.save_plan(plan), kind=plan.operation, by="ana", **more)
        return await self.client.start_workflow(
            RUN, input, id=str(self.scope), task_queue=self.queue, result_type=Result
        )

    async def run(self, plan: Plan, **more: Any) -> Result:
        return await result(await self.start(plan, **more))

    async def apply(self, *resources: Resource, **more: Any) -> Result:
        return await self.run(self.plan(*resources), **more)

    async def drift(self, **more: Any) -> DriftResult:
        """One drift check."""
        input = DriftInput(scope=self.scope, by="ana", **more)
        found: DriftResult = await self.client.execute_workflow(
            DRIFT, input, id=f"{self.scope}/drift", task_queue=self.queue, result_type=DriftResult
        )
        return found

    @property
    def drift_known(self) -> Mapping[str, Finding]:
        """What the latest report has found, by address."""
        return {one.address: one for one in self.report.findings}

    @property
    def report(self) -> Report:
        """The latest report."""
        latest = self.archive.report(self.scope)
        assert latest is not None
        return latest[0]

    @property
    def state(self) -> State | None:
        pointer = self.locks.pointer(self.scope)
        return self.archive.state(pointer) if pointer else None

    async def progress(self, handle: WorkflowHandle[Any, Result], since: int = 0) -> Progress:
        return await handle.query(PROGRESS, since, result_type=Progress)

    def assert_settled(self) -> None:
        """One of each recorded resource, none extra, nothing open, the lock free."""
        assert self.state is not None
        assert sorted(self.sky.resources) == sorted(
            one.id for one in (*self.state.resources.values(), *self.state.deposed)
        )
        assert self.state.operation is None
        assert self.state.intended == ()
        assert self.locks.holder(self.scope) is None


async def result(handle: WorkflowHandle[Any, Result]) -> Result:
    """How a run ended, whether well or not."""
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        if not isinstance(error.cause, ApplicationError):
            raise
        return Result.model_validate(error.cause.details[0])


async def until(place: Place, handle: WorkflowHandle[Any, Result], phase: Phase) -> None:
    """Waits until a run is in a phase."""
    async with asyncio.timeout(60):
        while (await place.progress(handle)).phase is not phase:  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.05)
