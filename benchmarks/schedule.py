"""How close a run comes to its critical path: random graphs of random waits, on a real Temporal server.

Each graph is run three times. Printed are medians of wall / critical path, and what waiting for whole levels would take
at the least (the sum of each level's longest wait). The whole run counts: lock, plan, state, history.
"""

import argparse
import asyncio
import random
import shutil
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from panka.activities.archive import Archive
from panka.activities.aws.session import Clients, Cloud
from panka.activities.fencing import Fences
from panka.activities.lock import LockActivities
from panka.activities.providers.provider import Ending, Observed, Provider
from panka.activities.provisioning import Provisioning
from panka.activities.state import StateActivities
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.planner.assemble import make_plan
from panka.planner.graph import Graph
from panka.planner.owner import Owner, Scope
from panka.planner.resource import Address, Properties, Resource
from panka.planner.state import Target
from panka.workflows.deploy import RunWorkflow
from panka.workflows.messages import RUN, RunInput
from panka.workflows.ports import Lease
from panka.workflows.sandbox import runner

TARGET = Target(account="111122223333", region="eu-west-1")


class Waiter(Provider):
    """A resource whose create takes as long as its property `Wait` says."""

    type = "any"
    service = "any"

    async def read(self, id: str) -> Observed | None:
        return Observed({})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        await asyncio.sleep(properties["Wait"])
        return owner.address

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        raise NotImplementedError

    async def delete(self, id: str, how: Ending) -> None:
        raise NotImplementedError


def graph(nodes: int, seed: int, sigma: float) -> dict[Address, Resource]:
    """A random DAG, two dependencies a node, lognormal waits of about a second, at most 20."""
    draw = random.Random(seed)
    addresses = [Address.of(f"n{index}", "main") for index in range(nodes)]
    return {
        address: Resource(
            address,
            "AWS::SQS::Queue",
            {"Wait": min(20.0, draw.lognormvariate(0, sigma))},
            "SQS",
            depends_on=tuple(draw.sample(addresses[:index], min(2, index))),
        )
        for index, address in enumerate(addresses)
    }


async def measure(client: Client, resources: dict[Address, Resource]) -> float:
    """Seconds from the start of the workflow to its end."""
    threads = ThreadPoolExecutor(16)
    archive, locks = Archive(MemoryStore()), MemoryLocks(lambda: datetime.now(UTC))
    scope = Scope(tenant="bench", stack=f"s{time.monotonic_ns()}", environment="prod")
    clients = Clients(TARGET, executor=threads)

    async def account(_lease: Lease, _target: Target) -> str:
        return TARGET.account

    lock = LockActivities(locks, threads)

    async def cloud(_lease: Lease, _target: Target) -> Cloud:
        return Cloud(clients)

    fences = Fences(locks, threads)
    state = StateActivities(archive, locks, fences, account, threads, lambda _: True)
    steps = Provisioning(archive, fences, cloud, lambda _, cloud: Waiter(cloud), threads, account)
    worker = Worker(
        client,
        task_queue=scope.stack,
        workflows=[RunWorkflow],
        activities=[
            *(lock.acquire, lock.hold, lock.release, state.open, state.checkpoint, state.close),
            steps.step,
            steps.undo,
        ],
        max_concurrent_activities=600,
        workflow_runner=runner(),
    )
    plan = make_plan(scope, TARGET, resources, {}, None, None)
    async with worker:
        began = time.monotonic()
        input = RunInput(scope=scope, plan=archive.save_plan(plan), kind="apply", by="bench", window=500)
        await client.execute_workflow(RUN, input, id=str(scope), task_queue=scope.stack)
        return time.monotonic() - began


async def main(nodes: int, seeds: int, repeats: int) -> None:
    temporal = shutil.which("temporal", path=str(Path(sys.executable).parent))
    environment = await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter, dev_server_existing_path=temporal, dev_server_log_level="error"
    )
    print(f"{nodes} nodes; medians of {repeats} runs; ratios to the critical path")
    print("sigma  seed  levels  critical path   run / path   level barrier / path (at the least)")
    async with environment:
        for sigma in (0.5, 1.0):
            for seed in range(seeds):
                resources = graph(nodes, seed, sigma)
                waits = {str(address): one.properties["Wait"] for address, one in resources.items()}
                dag = Graph.of(resources)
                path = sum(waits[name] for name in dag.critical_path(waits.__getitem__))
                barrier = sum(max(waits[name] for name in level) for level in dag.levels())
                walls = [await measure(environment.client, resources) for _ in range(repeats)]
                wall = statistics.median(walls)
                print(
                    f"{sigma:5.1f}  {seed:4d}  {len(dag.levels()):6d}  {path:11.1f} s  {wall / path:10.2f}x  "
                    f"{barrier / path:10.2f}x",
                    flush=True,
                )


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--nodes", type=int, default=500)
    asked.add_argument("--seeds", type=int, default=2)
    asked.add_argument("--repeats", type=int, default=3)
    given = asked.parse_args()
    asyncio.run(main(given.nodes, given.seeds, given.repeats))
