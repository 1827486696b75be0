"""What a drift check reads of AWS and never tells, and how people hear of it."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from tests.activities.conformance.case import fresh_name

from panka.activities.archive import Archive
from panka.activities.aws.session import Clients, Cloud, Keys
from panka.activities.drift import DriftActivities
from panka.activities.notify import Notifying
from panka.activities.providing import provider_of
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.planner.authored import HIDDEN
from panka.planner.drift import Finding, Status, Verdict
from panka.planner.owner import Scope
from panka.planner.resource import Properties
from panka.planner.state import Pointer, Recorded, State, Target
from panka.workflows.ports import Batch, Lease, Notice
from plugins.faults import Answer, Faults

SCOPE = Scope(tenant="acme", stack="shop", environment="test")


class Room:
    """A record in memory beside a real cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.archive = Archive(MemoryStore())
        self.threads = ThreadPoolExecutor(4)
        locks = MemoryLocks(lambda: datetime.now(UTC))

        async def account(_lease: Lease, _target: Target) -> str:
            return cloud.account

        async def home(_lease: Lease, _target: Target) -> Cloud:
            return cloud

        self.drift = DriftActivities(self.archive, locks, home, provider_of, self.threads, account)
        self.notifying = Notifying(self.archive, home, self.threads)

    def record(self, *resources: Recorded) -> Pointer:
        state = State(
            lineage="l",
            serial=1,
            scope=SCOPE,
            target=self.cloud.clients.target,
            resources={one.address: one for one in resources},
        )
        return self.archive.save_state(state)

    async def look(self, one: Recorded) -> Finding | None:
        batch = Batch(scope=SCOPE, state=self.record(one), addresses=(one.address,))
        looked = await ActivityEnvironment().run(self.drift.look, batch)
        if looked.part is None:
            return None
        (finding,) = self.archive.findings(looked.part).findings
        return finding

    async def notify(self, to: str) -> None:
        notice = Notice(
            id="n-1",
            to=to,
            scope=SCOPE,
            state=self.record(),
            at="2026-11-23T10:00:00Z",
            verdict=Verdict.DRIFTED,
            counts={Status.CHANGED: 1},
            addresses=("jobs:main",),
        )
        await ActivityEnvironment().run(self.notifying.notify, notice)


@pytest.fixture
def room(cloud: Cloud) -> Room:
    return Room(cloud)


@pytest.fixture
def moto_room(moto_url: str) -> Room:
    """At moto, which delivers what is published."""
    target = Target(account="123456789012", region="eu-west-1", endpoint_url=moto_url)
    return Room(Cloud(Clients(target, keys=Keys("test", "test"))))


async def topic(room: Room, shown: str, written: str) -> Recorded:
    """A topic whose display name was applied as `written` and is `shown`."""
    made = await room.cloud.call("sns", "create_topic", Name=fresh_name(), Attributes={"DisplayName": shown})
    seen = await provider_of("AWS::SNS::Topic", room.cloud).read(made["TopicArn"])
    assert seen is not None
    applied: Properties = {**seen.properties, "DisplayName": written}
    return Recorded(
        address="news:main",
        type="AWS::SNS::Topic",
        generation=1,
        id=made["TopicArn"],
        kind="SNS",
        properties=applied,
        attributes=seen.attributes,
        observed=applied,
    )


async def rename(room: Room, one: Recorded, name: str) -> None:
    await room.cloud.call(
        "sns", "set_topic_attributes", TopicArn=one.id, AttributeName="DisplayName", AttributeValue=name
    )


async def test_a_secret_that_is_as_it_was_applied_is_no_drift_and_another_one_is_found_unseen(room: Room) -> None:
    name = fresh_name()
    await room.cloud.call("secretsmanager", "create_secret", Name=name, SecretString="open-sesame")
    one = await topic(room, "open-sesame", f"{{{{resolve:secretsmanager:{name}}}}}")

    same = await room.look(one)
    await rename(room, one, "abracadabra")
    other = await room.look(one)

    assert same is None
    assert other is not None
    assert [(found.path, found.live) for found in other.drifted] == [("DisplayName", HIDDEN)]
    assert "sesame" not in other.model_dump_json()
    assert "abracadabra" not in other.model_dump_json()


async def test_a_secret_that_cannot_be_read_makes_its_resource_unknown(room: Room) -> None:
    one = await topic(room, "open-sesame", "{{resolve:secretsmanager:no-such-secret-anywhere}}")

    finding = await room.look(one)

    assert finding is not None
    assert finding.status is Status.UNKNOWN
    assert "sesame" not in finding.model_dump_json()


async def test_what_aws_denies_is_unknown_with_the_reason(room: Room, faults: Faults) -> None:
    one = await topic(room, "news", "news")
    body = (
        "<ErrorResponse><Error><Code>AuthorizationError</Code><Message>Not for you.</Message></Error></ErrorResponse>"
    )
    faults.instead = Answer(403, body.encode(), {"content-type": "text/xml"}, times=1)

    finding = await room.look(one)

    assert finding is not None
    assert finding.status is Status.UNKNOWN
    assert "Not for you." in finding.why


async def test_a_topic_hears_of_the_verdict(moto_room: Room) -> None:
    cloud = moto_room.cloud
    topic = (await cloud.call("sns", "create_topic", Name=fresh_name()))["TopicArn"]
    name = fresh_name()
    queue = (await cloud.call("sqs", "create_queue", QueueName=name))["QueueUrl"]
    ear = f"arn:aws:sqs:eu-west-1:123456789012:{name}"
    await cloud.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=ear)

    await moto_room.notify(topic)

    got = await cloud.call("sqs", "receive_message", QueueUrl=queue, WaitTimeSeconds=5)
    said = json.loads(json.loads(got["Messages"][0]["Body"])["Message"])
    assert (said["id"], said["verdict"], said["addresses"]) == ("n-1", "drifted", ["jobs:main"])
    assert "to" not in said


async def test_an_event_bus_hears_of_the_verdict(moto_room: Room) -> None:
    cloud = moto_room.cloud
    bus = (await cloud.call("events", "create_event_bus", Name=f"bus-{uuid4().hex[:8]}"))["EventBusArn"]
    archive = f"kept-{uuid4().hex[:8]}"
    pattern = json.dumps({"source": ["panka"], "detail-type": ["Panka Drift"]})
    await cloud.call("events", "create_archive", ArchiveName=archive, EventSourceArn=bus, EventPattern=pattern)

    await moto_room.notify(bus)

    assert (await cloud.call("events", "describe_archive", ArchiveName=archive))["EventCount"] == 1


async def test_a_webhook_s_address_may_be_kept_in_a_secret_and_is_never_told(moto_room: Room) -> None:
    taken: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        taken.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/very-secret"
        name = fresh_name()
        await moto_room.cloud.call("secretsmanager", "create_secret", Name=name, SecretString=url)

        await moto_room.notify(f"{{{{resolve:secretsmanager:{name}}}}}")

    assert taken[0].startswith(b"POST /very-secret ")
    assert b"idempotency-key: n-1" in taken[0].lower()

    with pytest.raises(ApplicationError) as failed:
        await moto_room.notify(f"{{{{resolve:secretsmanager:{name}}}}}")
    assert "very-secret" not in str(failed.value)
