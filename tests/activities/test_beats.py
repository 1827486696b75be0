"""What a step tells by heartbeats, and when."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from temporalio.testing import ActivityEnvironment

from panka.activities.archive import Archive
from panka.activities.aws.session import Cloud
from panka.activities.fencing import Fences
from panka.activities.providers.provider import Provider, Readiness, Ready, Waiting
from panka.activities.provisioning import Provisioning
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.planner.assemble import make_plan
from panka.planner.owner import Scope
from panka.planner.record import Outcome
from panka.planner.state import Target
from panka.workflows.ports import Lease, StepCall
from plugins.clouds import Sky, SkyProvider
from plugins.runs import TARGET, resource

SCOPE = Scope(tenant="acme", stack="shop", environment="dev")


@dataclass
class Desk:
    """One create of a queue, attempted with a worker's own activities."""

    threads: ThreadPoolExecutor
    sky: Sky = field(default_factory=Sky)
    slow: bool = False
    """The queue is ready only at the second look."""
    told: list[tuple[object, ...]] = field(default_factory=list)

    async def attempt(self, *left: object) -> Outcome:
        """`left` is what an earlier attempt's last heartbeat said."""
        archive, locks = Archive(MemoryStore()), MemoryLocks(lambda: datetime.now(UTC))
        lease = locks.acquire(SCOPE, "ana", who="ana", operation="apply", ttl=90)
        assert isinstance(lease, Lease)
        orders = resource("orders")
        plan = make_plan(SCOPE, TARGET, {orders.address: orders}, {}, None, None)
        call = StepCall(lease=lease, plan=archive.save_plan(plan), run=1, key=plan.forward[0].key, inputs={})
        steps = Provisioning(
            archive, Fences(locks, self.threads), self.sky.cloud, self._provider, self.threads, _account
        )
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, heartbeat_details=left, attempt=2 if left else 1)
        environment.on_heartbeat = lambda *details: self.told.append(details)
        outcome: Outcome = await environment.run(steps.step, call)
        return outcome

    def _provider(self, type: str, cloud: Cloud) -> Provider:
        return Slow(cloud, self.sky, type) if self.slow else SkyProvider(cloud, self.sky, type)


class Slow(SkyProvider):
    looks = 0

    async def ready(self, id: str) -> Readiness:
        self.looks += 1
        return Ready() if self.looks > 1 else Waiting("AWS thinks")


async def _account(_lease: Lease, _target: Target) -> str:
    return TARGET.account


@pytest.fixture
def desk() -> Iterator[Desk]:
    with ThreadPoolExecutor(2) as threads:
        yield Desk(threads)


async def test_a_step_that_is_soon_over_tells_nothing(desk: Desk) -> None:
    await desk.attempt()

    assert desk.told == []


async def test_a_step_that_waits_tells_its_id_and_what_for(desk: Desk) -> None:
    desk.slow = True

    made = await desk.attempt()

    assert desk.told == [(made.id, "AWS thinks", None)]


async def test_what_an_earlier_attempt_left_is_told_again_at_once(desk: Desk) -> None:
    id = (await desk.attempt()).id

    again = await desk.attempt(id, "AWS thinks", None)

    assert desk.told == [(id, "", None)]
    assert again.id == id
    assert [operation for operation, _ in desk.sky.calls] == ["create"]
