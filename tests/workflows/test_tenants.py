"""Tenants' workflows on a real server, and runs that are held to what their tenants may have."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from panka.activities.admission import Admission
from panka.activities.archive import Archive
from panka.activities.fencing import Fences
from panka.activities.register import Register
from panka.activities.state import StateActivities
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.activities.tenants import TenantActivities
from panka.planner.assemble import make_plan
from panka.planner.diagnostics import Invalid
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan
from panka.planner.register import Change, Standing, What
from panka.planner.resource import Address, PhysicalName, Resource
from panka.planner.state import Pointer, State, Target
from panka.workflows.ports import Lease, Opening
from panka.workflows.sandbox import runner
from panka.workflows.tenancy import ASK_TENANTS, CHANGE_TENANT, Answer, Question, Told
from panka.workflows.tenant import TenantsWorkflow, TenantWorkflow

TARGET = Target(account="111122223333", region="eu-west-1")
HEAD = "apiVersion: admin.panka.io/v1\nkind: TenantConfig\nmetadata: {name: acme}\nspec: "
SHOP = Scope(tenant="acme", stack="shop", environment="prod")


@dataclass
class Office:
    """A register with stores in memory, and a worker that keeps it."""

    client: Client
    threads: ThreadPoolExecutor
    queue: str = field(default_factory=lambda: f"q-{uuid4()}")

    def __post_init__(self) -> None:
        objects = MemoryStore()
        self.archive, self.register = Archive(objects), Register(objects)
        self.locks = MemoryLocks(lambda: datetime.now(UTC))

    def worker(self) -> Worker:
        tenants = TenantActivities(self.register, self.archive, self.locks, self.threads)
        does = [tenants.keep, tenants.check_empty, tenants.list_all, tenants.show, tenants.usage]
        return Worker(
            self.client, task_queue=self.queue, workflows=[TenantWorkflow, TenantsWorkflow], activities=does,
            workflow_runner=runner(),
        )  # fmt: skip

    async def change(self, what: What, spec: str = "{}") -> Told:
        change = Change(
            name="acme", what=what, by="ana", config=f"{HEAD}{spec}\n" if what in ("create", "update") else ""
        )
        return await self.client.execute_workflow(
            CHANGE_TENANT, change, id=f"t-{uuid4()}", task_queue=self.queue, result_type=Told
        )

    async def refused(self, what: What, spec: str = "{}") -> str:
        with pytest.raises(WorkflowFailureError) as raised:
            await self.change(what, spec)
        assert isinstance(raised.value.cause, ApplicationError)
        return raised.value.cause.message

    async def ask(self, question: Question) -> Answer:
        return await self.client.execute_workflow(
            ASK_TENANTS, question, id=f"t-{uuid4()}", task_queue=self.queue, result_type=Answer
        )

    def lease(self, scope: Scope = SHOP, owner: str = "") -> Lease:
        got = self.locks.acquire(scope, owner or str(scope), who="leo", operation="apply", ttl=4)
        assert isinstance(got, Lease)
        return got

    def record(self, scope: Scope, *resources: Resource) -> None:
        """A stack that has announced these resources."""
        from panka.planner.record import announce

        plan = self.plan(scope, *resources)
        state = announce(None, plan, lineage="l", kind="apply", started="2026-11-23T10:00:00Z", by="leo")
        lease = self.lease(scope)
        self.locks.move(lease, None, self.archive.save_state(state))
        self.locks.release(lease)

    def plan(self, scope: Scope, *resources: Resource, target: Target = TARGET, destroy: bool = False) -> Plan:
        pointer = self.locks.pointer(scope)
        state: State | None = self.archive.state(pointer) if pointer else None
        return make_plan(scope, target, {one.address: one for one in resources}, {}, state, pointer, destroy=destroy)

    def admit(self, plan: Plan, lease: Lease | None = None, **more: Any) -> str:
        """Why a run of the plan is refused; empty when it is not."""
        ref = self.archive.save_plan(plan)
        opening = Opening(lease=lease or self.lease(plan.scope), plan=ref, kind="apply", by="leo", started="x", **more)
        try:
            Admission(self.register, self.archive, self.locks)(opening)(plan)
        except ApplicationError as error:
            return error.message if error.non_retryable else f"again: {error.message}"
        return ""


@pytest.fixture
async def office(temporal: Client) -> AsyncIterator[Office]:
    with ThreadPoolExecutor(4) as threads:
        one = Office(temporal, threads)
        async with one.worker():
            yield one


def queue(
    name: str = "jobs", *, service: str = "api", kind: str = "SQS", tags: dict[str, str] | None = None
) -> Resource:
    return Resource(
        Address.of(name, "main"), "AWS::SQS::Queue", {}, kind, service=service, name=PhysicalName("QueueName", 80),
        tags=tags or {},
    )  # fmt: skip


async def test_a_tenant_is_registered_changed_and_shown(office: Office) -> None:
    await office.change("create")
    await office.change("update", "{weight: 7}")
    await office.change("suspend")

    shown = (await office.ask(Question(what="show", name="acme"))).tenant
    listed = (await office.ask(Question(what="list"))).listing

    assert shown is not None
    assert listed is not None
    assert (shown.standing, shown.version, shown.by) == (Standing.SUSPENDED, 3, "ana")
    assert "weight: 7" in shown.config
    assert shown.since.endswith("Z")
    assert listed.tenants == {"acme": Standing.SUSPENDED}


async def test_what_cannot_happen_ends_with_the_reason_and_what_to_do(office: Office) -> None:
    assert await office.refused("suspend") == "There is no tenant acme: panka tenant create FILE makes one."
    assert "`weight`" in await office.refused("create", "{weight: 0}")


async def test_a_tenant_that_may_have_something_is_not_deleted_and_is_as_it_was(office: Office) -> None:
    await office.change("create")
    await office.change("suspend")
    office.record(SHOP, queue())

    why = await office.refused("delete")

    record = office.register.record("acme")
    assert "1 resources: shop/prod jobs:main (AWS::SQS::Queue)" in why
    assert record is not None
    assert record.standing is Standing.SUSPENDED


async def test_a_tenant_of_which_a_run_goes_on_is_not_deleted(office: Office) -> None:
    await office.change("create")
    lease = office.lease()

    why = await office.refused("delete")
    office.locks.release(lease)
    deleted = await office.change("delete")

    assert "runs that go on: shop/prod by leo" in why
    assert deleted.standing is Standing.DELETED
    assert "never given again" in await office.refused("create")


async def test_usage_counts_stacks_and_resources_by_type(office: Office) -> None:
    office.record(SHOP, queue())
    office.lease(SHOP.model_copy(update={"environment": "dev"}))

    usage = (await office.ask(Question(what="usage", name="acme"))).usage

    assert usage is not None
    assert [(one.stack, one.environment, one.run) for one in usage.stacks] == [("shop", "prod", 0)]
    assert usage.running == ("shop/dev by leo",)


async def test_a_tenant_that_nobody_has_registered_may_run_unless_all_must_be(office: Office) -> None:
    plan = office.plan(SHOP, queue())
    opening = Opening(lease=office.lease(), plan=office.archive.save_plan(plan), kind="apply", by="leo", started="x")

    assert office.admit(plan) == ""
    with pytest.raises(ApplicationError, match="Nobody has registered tenant acme"):
        Admission(office.register, office.archive, office.locks, required=True)(opening)(plan)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("{}", ""),
        ("{aws: {accountId: '999999999999'}}", "the tenant's is 999999999999"),
        ("{regions: [eu-central-1]}", "no region eu-west-1"),
        ("{environments: [dev]}", "no environment prod"),
        ("{allowedResources: [SNS]}", "may have no SQS"),
        ("{allowedResources: [SQS]}", ""),
        ("{limits: {maxServicesPerStack: 1}}", "this one has 2"),
        ("{limits: {maxResourcesPerService: 0}}", "service api has 1"),
        ("{limits: {maxStacks: 1}}", "may have 1 stacks"),
        ("{limits: {maxStacks: 2}}", ""),
        ("{defaultTags: {owner: platform, cost: it}}", "jobs:main lacks the tenant's tags cost"),
        ("{policies: {requireApproval: [prod]}}", "somebody must approve"),
    ],
)
async def test_a_worker_holds_a_plan_to_what_its_tenant_may_have(office: Office, spec: str, why: str) -> None:
    await office.change("create", spec)
    lease = office.lease(other := SHOP.model_copy(update={"stack": "other"}))
    state = announced(office, other)
    office.locks.move(lease, None, state)
    office.locks.release(lease)
    tagged = {"owner": "platform"}

    refused = office.admit(
        office.plan(SHOP, queue(tags=tagged), queue("late", service="mail", tags=tagged | {"cost": "x"}))
    )

    assert why in refused
    assert bool(refused) == bool(why)


def announced(office: Office, scope: Scope, one: Resource | None = None) -> Pointer:
    """The state of a stack that has one resource: a queue, if it is not said."""
    from panka.planner.record import Outcome, announce, fold

    one = one or queue()
    plan = office.plan(scope, one)
    state = announce(None, plan, lineage="l", kind="apply", started="2026-11-23T10:00:00Z", by="leo")
    made = Outcome(key=one.address, id="https://queue", attributes={}, observed={})
    return office.archive.save_state(fold(state, plan, (made,), ()))


async def test_a_plan_that_somebody_approved_of_is_admitted(office: Office) -> None:
    await office.change("create", "{policies: {requireApproval: [prod]}}")

    assert office.admit(office.plan(SHOP, queue()), approved_by="ana") == ""


@pytest.mark.parametrize(
    ("spec", "may_lose", "why"),
    [
        ("{}", ("orders:main",), ""),
        ("{}", (), "the plan would delete `orders:main`, which holds data, and nobody has confirmed that"),
        ("{policies: {protectedEnvironments: [dev]}}", ("orders:main",), ""),
        (
            "{policies: {protectedEnvironments: [prod]}}",
            ("orders:main",),
            "the plan would delete `orders:main`, which holds data, and `prod` is protected",
        ),
    ],
)
@pytest.mark.parametrize("destroy", [False, True])
async def test_a_worker_lets_no_data_go_that_is_protected_or_that_nobody_has_named(
    office: Office, spec: str, may_lose: tuple[str, ...], why: str, destroy: bool
) -> None:
    await office.change("create", spec)
    lease = office.lease()
    table = Resource(Address("orders:main"), "AWS::DynamoDB::Table", {}, "DynamoDB", service="api")
    office.locks.move(lease, None, announced(office, SHOP, table))

    refused = office.admit(office.plan(SHOP, queue(), destroy=destroy), lease, may_lose=may_lose)

    assert why in refused
    assert bool(refused) == bool(why)


@pytest.mark.parametrize("action", [Action.UPDATE, Action.DELETE])
async def test_a_plan_that_names_by_id_what_is_not_on_record_is_refused(office: Office, action: Action) -> None:
    await office.change("create")
    lease = office.lease()
    office.locks.move(lease, None, announced(office, SHOP))
    plan = office.plan(SHOP, queue(), queue("late"))
    sly = plan.forward[-1].model_copy(update={"action": action, "id": "https://umbrellas"})

    assert office.admit(plan, lease) == ""
    forged = plan.model_copy(update={"id": "p-ffffffffffff", "forward": (sly,)})
    assert "is not on record as https://umbrellas" in office.admit(forged, lease)


async def test_a_registered_tenants_plan_names_no_credentials_of_the_workers(office: Office) -> None:
    await office.change("create")
    sly = Target(account=TARGET.account, region=TARGET.region, profile="umbrella")

    assert "names an AWS profile" in office.admit(office.plan(SHOP, queue(), target=sly))


@pytest.mark.parametrize("what", ["suspend", "close"])
async def test_a_tenant_whose_runs_are_not_taken_is_refused(office: Office, what: What) -> None:
    await office.change("create")
    office.register.change(Change(name="acme", what=what, by="ana", at="2026-11-23T10:00:00Z", why="unpaid"))

    assert "by ana since 2026-11-23T10:00:00Z: unpaid." in office.admit(office.plan(SHOP, queue()))


async def test_a_refused_run_hears_the_reason_whatever_comes_of_its_tenants_role(office: Office) -> None:
    await office.change("create")
    office.register.change(Change(name="acme", what="suspend", by="ana", at="2026-11-23T10:00:00Z", why="unpaid"))
    plan = office.plan(SHOP, queue())
    opening = Opening(lease=office.lease(), plan=office.archive.save_plan(plan), kind="apply", by="leo", started="x")

    async def no_role(_lease: Lease) -> None:
        raise Invalid(())

    async def account(_lease: Lease, target: Target) -> str:
        return target.account

    state = StateActivities(
        office.archive,
        office.locks,
        Fences(office.locks, office.threads),
        account,
        office.threads,
        lambda _type: True,
        Admission(office.register, office.archive, office.locks),
        no_role,
    )

    with pytest.raises(ApplicationError, match="unpaid") as refused:
        await ActivityEnvironment().run(state.open, opening)

    assert refused.value.non_retryable


async def test_a_run_beyond_the_number_at_a_time_is_refused_while_the_others_live(office: Office) -> None:
    await office.change("create", "{limits: {maxConcurrentRuns: 1}}")
    first = office.lease(SHOP.model_copy(update={"stack": "a-first"}))
    mine = office.lease()
    plan = office.plan(SHOP, queue())
    clock = iter(range(1000))

    def pass_time(_seconds: float) -> None:
        office.locks.renew(first)

    alive = Admission(office.register, office.archive, office.locks, sleep=pass_time, now=lambda: next(clock))
    dead = Admission(office.register, office.archive, office.locks, sleep=lambda _s: None, now=lambda: next(clock))
    opening = Opening(lease=mine, plan=office.archive.save_plan(plan), kind="apply", by="leo", started="x")

    with pytest.raises(ApplicationError, match="may have 1 runs at a time, and has acme/a-first/prod by leo"):
        alive(opening)(plan)
    dead(opening)(plan)  # a run whose lock stood still has lost its keeper
