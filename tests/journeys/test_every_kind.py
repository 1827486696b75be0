"""Every kind's own example, as `panka explain` shows it: applied, looked at, planned again, changed, destroyed.

Runs go through the worker's own activities on a real Temporal server, with state and lock in S3 and DynamoDB.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from temporalio.client import Client
from tests.activities.conformance.packed import HELLO, packed

from panka.activities.archive import Archive
from panka.activities.aws.network import default_network
from panka.activities.aws.session import Clients, Cloud, Keys
from panka.activities.planning import Desk
from panka.activities.reach import AwsAccount
from panka.activities.stores.backend import create_backend
from panka.activities.stores.dynamodb import DynamoLocks
from panka.activities.stores.s3 import S3Store
from panka.cli.accounts import Accounts
from panka.cli.worker import Stores, assemble, build_workers, provider_of
from panka.planner.component import Network
from panka.planner.drift import Report, Status
from panka.planner.kinds import KINDS
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target
from panka.workflows.messages import DRIFT, RUN, DriftInput, DriftResult, Result, RunInput
from plugins.faults import StandIn, faulty
from plugins.runs import result
from plugins.scaling import Scaling

EXAMPLES = Path(__file__).parents[2] / "planner" / "authoring" / "examples"
REGION = "eu-west-1"
ACCOUNT = "111122223333"
ELSEWHERE = {
    "kafka": "fake_msk_url",  # ministack has the first version of the API, and no emulator the states of a cluster
    "monitoring": "moto_url",  # ministack keeps no alarms on expressions
    "sns": "moto_url",  # ministack does not tell the ARN of a subscription that waits for its confirmation
}
"""Services that another endpoint than ministack plays."""


class Files:
    """A kind's example as a stack, with the code that it deploys."""

    root = "example"

    def __init__(self, kind: str, shop: "Shop", scope: Scope, *, team: str = "") -> None:
        example = (EXAMPLES / f"{kind}.yaml").read_text(encoding="utf-8")
        example = example.replace("s3ObjectVersion: first", f"s3ObjectVersion: {shop.code_version}")
        if team:
            # What AWS protects it does not delete, so the change that comes before the end takes that off.
            example = example.replace("deletionProtection: true", "deletionProtection: false")
        stack = f"apiVersion: core.panka.io/v1\nkind: Stack\nmetadata: {{name: {scope.stack}}}\nspec:\n"
        stack += f"  tags: {{team: {team}}}\n" if team else "  provider: {name: aws}\n"
        self.files = {
            "stack.yaml": stack,
            "example.yaml": example,
            "function/main.py": "def handler(event, context):\n    return event\n",
        }

    def paths(self) -> list[str]:
        return list(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path].encode()


@dataclass(frozen=True)
class Shop:
    """A place where stacks are planned and run."""

    client: Client
    queue: str
    desk: Desk
    target: Target
    cloud: Cloud
    network: Network
    code_version: str
    """Of the code in the bucket that the user brings."""

    def plan(self, files: Files | None, scope: Scope) -> Plan:
        """The plan for a stack; without one, the plan to destroy it."""
        compiled = None
        if files is not None:
            draft = read_stack(files, Options())
            compiled = draft.compile(scope, self.target, self.network)
            assert [one for one in compiled.diagnostics if one.severity == "error"] == []
        plan, _ = self.desk.plan(compiled, scope, self.target, destroy=files is None)
        if compiled is not None:
            self.desk.archive.save_plan(plan, assets=compiled.assets.values())
        return plan

    async def run(self, plan: Plan) -> Result:
        input = RunInput(
            scope=plan.scope,
            plan=await asyncio.to_thread(self.desk.archive.save_plan, plan),
            kind=plan.operation,
            by="ana",
            on_failure="keep",
        )
        started = await self.client.start_workflow(
            RUN, input, id=str(plan.scope), task_queue=self.queue, result_type=Result
        )
        return await asyncio.wait_for(result(started), 120)

    async def change(self, files: Files | None, scope: Scope) -> Plan:
        """Plans and runs, and tells the plan."""
        plan = await asyncio.to_thread(self.plan, files, scope)
        ended = await self.run(plan)
        assert ended.result == "succeeded", "\n".join([ended.message, *(one.message for one in ended.failures)])
        return plan

    async def drift(self, scope: Scope) -> Report:
        """What a drift check finds."""
        input = DriftInput(scope=scope, by="ana")
        id = f"{scope}/drift"
        check = self.client.execute_workflow(DRIFT, input, id=id, task_queue=self.queue, result_type=DriftResult)
        ended = await asyncio.wait_for(check, 120)
        report = await asyncio.to_thread(self.desk.archive.report_at, ended.report)
        state, _ = await asyncio.to_thread(self.desk.state, scope)
        assert report.total == len(state.resources if state else ()) > 0
        return report


@pytest.fixture(scope="module")
async def shop(temporal: Client, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """Both endpoints behind one address, a backend, and a worker."""
    routes: dict[str, str | StandIn] = {
        service: request.getfixturevalue(endpoint) for service, endpoint in ELSEWHERE.items()
    }
    # Of Application Auto Scaling, ministack has nothing, and moto no tags.
    routes[Scaling.SERVICE] = Scaling()
    async with faulty(request.getfixturevalue("ministack_url"), routes) as proxy:
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "test", "region_name": REGION}
        s3, dynamodb = (boto3.client(name, endpoint_url=proxy.url, **keys) for name in ("s3", "dynamodb"))
        name = f"panka-{uuid4().hex[:8]}"
        await asyncio.to_thread(lambda: list(create_backend(s3, dynamodb, name, name, region=REGION)))
        stores = Stores(S3Store(s3, name), DynamoLocks(dynamodb, name, clock=lambda: datetime.now(UTC)))
        target = Target(account=ACCOUNT, region=REGION, endpoint_url=proxy.url)
        with ThreadPoolExecutor(32) as aws, ThreadPoolExecutor(16) as own:
            accounts = Accounts(aws, None, proxy.url)
            accounts._known[target, None] = clients = Clients(target, executor=aws, keys=Keys(ACCOUNT, "test"))
            work = assemble(stores, accounts, own)
            queue = f"kinds-{uuid4()}"
            desk = Desk(Archive(stores.objects), stores.locks, AwsAccount(clients))
            async with build_workers(temporal, work, queue, graceful=1)[0]:
                cloud = Cloud(clients)
                version = await _what_users_bring(cloud)
                yield Shop(temporal, queue, desk, target, cloud, await default_network(cloud), version)


async def _what_users_bring(cloud: Cloud) -> str:
    """Makes what the examples name and do not make: passwords, parameters, and code, whose version it returns."""
    for name in ("reviews-password", "ledger-password"):
        await cloud.call("secretsmanager", "create_secret", Name=name, SecretString="not-very-secret")
    where = {"LocationConstraint": REGION}
    await cloud.call("s3", "create_bucket", Bucket="releases", CreateBucketConfiguration=where)
    versions = {"Status": "Enabled"}
    await cloud.call("s3", "put_bucket_versioning", Bucket="releases", VersioningConfiguration=versions)
    code = await cloud.call("s3", "put_object", Bucket="releases", Key="function.zip", Body=await packed(HELLO))
    group = {"DBParameterGroupFamily": "aurora-postgresql16", "Description": "Of the ledger"}
    await cloud.call("rds", "create_db_cluster_parameter_group", DBClusterParameterGroupName="ledger", **group)
    return str(code["VersionId"])


def said(report: Report) -> list[object]:
    """Everything that a drift check finds fault with or would call somebody else's."""
    faults = [one for one in report.findings if one.status is not Status.SAME or one.properties]
    return [one.model_dump(exclude={"accepted", "live"}) for one in faults]


@pytest.fixture
def scope() -> Scope:
    return Scope(tenant="acme", stack=f"s{uuid4().hex[:6]}", environment="dev")


@pytest.mark.parametrize("kind", KINDS)
async def test_the_example_applies_replans_empty_updates_and_leaves_nothing(
    kind: str, shop: Shop, scope: Scope
) -> None:
    await shop.change(Files(kind, shop, scope), scope)
    assert said(await shop.drift(scope)) == []
    again = await asyncio.to_thread(shop.plan, Files(kind, shop, scope), scope)
    assert [step.key for step in (*again.forward, *again.cleanup)] == []

    changed = await shop.change(Files(kind, shop, scope, team="red"), scope)
    assert changed.forward, "Its tags change."
    assert said(await shop.drift(scope)) == []
    again = await asyncio.to_thread(shop.plan, Files(kind, shop, scope, team="red"), scope)
    assert [step.key for step in (*again.forward, *again.cleanup)] == []

    state, _ = await asyncio.to_thread(shop.desk.state, scope)
    assert state is not None
    await shop.change(None, scope)

    for made in state.resources.values():
        if not made.lifecycle.retain:
            assert await provider_of(made.type, shop.cloud).read(made.id) is None, f"{made.type} {made.id} is left."
