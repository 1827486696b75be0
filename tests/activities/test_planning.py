"""The desk: what it reads of AWS for a plan."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.activities.conformance.case import fresh_name

from panka.activities.archive import Archive
from panka.activities.aws.session import Cloud
from panka.activities.planning import Desk
from panka.activities.reach import AwsAccount
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.planner.diagnostics import Invalid
from panka.planner.owner import Scope
from panka.planner.plan import Action
from panka.planner.stack import Options, read_stack

SCOPE = Scope(tenant="acme", stack="shop", environment="test")


class Stack:
    root = "."

    def __init__(self, id: str) -> None:
        head = "apiVersion: panka.io/v1\nkind: Stack\nmetadata: {name: shop}\n"
        block = f"spec:\n  import: [{{to: jobs, id: '{id}'}}]\n"
        queue = "---\napiVersion: panka.io/v1\nkind: SQS\nmetadata: {name: jobs}\nspec: {delaySeconds: 5}\n"
        self.text = head + block + queue

    def paths(self) -> list[str]:
        return ["stack.yaml"]

    def read(self, _path: str) -> bytes:
        return self.text.encode()


@pytest.fixture
def desk(cloud: Cloud) -> Desk:
    return Desk(Archive(MemoryStore()), MemoryLocks(lambda: datetime.now(UTC)), AwsAccount(cloud.clients))


async def test_a_plan_shows_what_an_import_changes_of_a_queue_that_exists(cloud: Cloud, desk: Desk) -> None:
    made = await cloud.call("sqs", "create_queue", QueueName=fresh_name(), Attributes={"DelaySeconds": "3"})
    compiled = read_stack(Stack(made["QueueUrl"]), Options()).compile(SCOPE, cloud.clients.target)

    plan, _ = await asyncio.to_thread(desk.plan, compiled, SCOPE, cloud.clients.target)

    (step,) = plan.forward
    assert step.action is Action.ADOPT
    assert ("DelaySeconds", 3, 5) in [(one.path, one.before, one.after) for one in step.changes]


@pytest.mark.parametrize("id", ["{made}-gone", "no-url"])
async def test_an_import_of_what_is_not_there_is_refused_at_its_place(cloud: Cloud, desk: Desk, id: str) -> None:
    made = await cloud.call("sqs", "create_queue", QueueName=fresh_name())
    compiled = read_stack(Stack(id.format(made=made["QueueUrl"])), Options()).compile(SCOPE, cloud.clients.target)

    with pytest.raises(Invalid) as refused:
        await asyncio.to_thread(desk.plan, compiled, SCOPE, cloud.clients.target)

    (one,) = refused.value.diagnostics
    assert (one.code, one.label and (one.label.span.line, one.label.span.column)) == ("PK364", (5, 27))
