"""How AWS is called: repeats, pace, fences, cancellation, credentials and secrets, at a real endpoint."""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from tests.plugins.endpoints import free_port
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import NOT_EMULATED, AwsError, Cause
from panka.activities.aws.retries import NOT_YET_FOR, THROTTLED_FOR, Pace, Timing
from panka.activities.aws.secrets import NoSuchSecret
from panka.activities.aws.session import Clients, Cloud, Keys, connect, mutates
from panka.planner.state import Target

JSON = {"Content-Type": "application/x-amz-json-1.0"}


@dataclass
class Watch:
    """A clock that runs only while somebody sleeps by it."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def timing(self) -> Timing:
        return Timing(lambda: self.at, self.sleep, Random(7))


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def fast(cloud: Cloud, watch: Watch) -> Cloud:
    """The cloud with a clock of the test's own."""
    return Cloud(Clients(cloud.clients.target, keys=Keys("test", "test"), timing=watch.timing()))


def refusal(code: str, message: str, times: int, status: int = 400) -> Answer:
    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": message}).encode()
    return Answer(status, body, JSON, times)


def name() -> str:
    return f"q-{uuid.uuid4().hex[:10]}"


async def test_a_throttled_call_goes_through_when_the_service_allows_it(fast: Cloud, faults: Faults) -> None:
    told: list[str] = []
    faults.instead = refusal("ThrottlingException", "Rate exceeded", times=6)

    await replace(fast, progress=told.append).call("sqs", "create_queue", QueueName=name())

    assert faults.mutations == ["CreateQueue"]
    assert told[0].startswith("Throttled by sqs, next try in ")


async def test_throttling_without_end_is_told_after_minutes(fast: Cloud, faults: Faults, watch: Watch) -> None:
    faults.instead = refusal("ThrottlingException", "Rate exceeded", times=100_000)

    with pytest.raises(AwsError) as raised:
        await fast.call("sqs", "create_queue", QueueName=name())

    assert raised.value.cause is Cause.THROTTLED
    assert sum(watch.slept) >= THROTTLED_FOR


async def test_what_is_not_yet_visible_is_asked_for_again_within_a_second(
    fast: Cloud, faults: Faults, watch: Watch
) -> None:
    bucket = name()
    tagging = {"TagSet": [{"Key": "a", "Value": "b"}]}
    await fast.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": fast.region})
    body = b"<Error><Code>NoSuchBucket</Code><Message>No such bucket</Message></Error>"
    faults.instead = Answer(404, body, {"Content-Type": "application/xml"}, times=5)

    await fast.call("s3", "put_bucket_tagging", Bucket=bucket, Tagging=tagging)

    assert len(watch.slept) == 5
    assert max(watch.slept) < 1


async def test_what_never_becomes_visible_is_told_after_a_minute(fast: Cloud, watch: Watch) -> None:
    with pytest.raises(AwsError) as raised:
        await fast.call("s3", "put_bucket_tagging", Bucket=f"{name()}-missing", Tagging={"TagSet": []})

    assert raised.value.cause is Cause.NOT_YET
    assert NOT_YET_FOR <= sum(watch.slept) < NOT_YET_FOR + 1


async def test_a_read_is_repeated_after_a_server_error(fast: Cloud, faults: Faults) -> None:
    faults.instead = refusal("ServiceUnavailable", "", times=2, status=503)

    await fast.call("sqs", "list_queues")

    assert faults.reads == 1


async def test_a_change_whose_reply_is_lost_is_not_repeated(fast: Cloud, faults: Faults) -> None:
    faults.lose = 1

    with pytest.raises(AwsError) as raised:
        await fast.call("sqs", "create_queue", QueueName=name())

    assert (raised.value.cause, raised.value.sent) == (Cause.TRANSIENT, True)
    assert faults.mutations == ["CreateQueue"]


async def test_a_change_is_tried_again_while_nothing_answers_because_nothing_was_sent(watch: Watch) -> None:
    target = Target(account="1", region="eu-west-1", endpoint_url=f"http://127.0.0.1:{free_port()}")
    cloud = Cloud(Clients(target, keys=Keys("test", "test"), timing=watch.timing()))

    with pytest.raises(AwsError) as raised:
        await cloud.call("sqs", "create_queue", QueueName="q")

    assert raised.value.unreachable
    assert len(watch.slept) == 4


async def test_the_fence_is_checked_before_each_change_and_never_before_a_read(cloud: Cloud) -> None:
    checks: list[str] = []

    async def check() -> None:
        checks.append("checked")

    fenced = replace(cloud, before_mutation=check)
    await fenced.call("sqs", "list_queues")
    assert checks == []
    await fenced.call("sqs", "create_queue", QueueName=name())
    assert checks == ["checked"]


async def test_a_lost_fence_keeps_the_change_from_being_sent(cloud: Cloud, faults: Faults) -> None:
    async def lost() -> None:
        raise PermissionError("The lock is another's.")

    with pytest.raises(PermissionError):
        await replace(cloud, before_mutation=lost).call("sqs", "create_queue", QueueName=name())

    assert faults.mutations == []


async def test_a_cancelled_caller_is_held_until_its_change_has_ended(cloud: Cloud, faults: Faults) -> None:
    queue = name()
    faults.hold = asyncio.Event()
    call = asyncio.create_task(cloud.call("sqs", "create_queue", QueueName=queue))
    await faults.held.wait()

    call.cancel()
    await asyncio.sleep(0.05)
    assert not call.done()
    faults.hold.set()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert queue in (await cloud.call("sqs", "get_queue_url", QueueName=queue))["QueueUrl"]


async def test_what_is_missing_is_none_and_other_errors_are_raised(cloud: Cloud) -> None:
    missing = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})

    assert await cloud.maybe("sqs", "get_queue_url", missing, QueueName=name()) is None
    with pytest.raises(AwsError):
        await cloud.maybe("sqs", "get_queue_url", frozenset(), QueueName=name())


async def test_the_account_is_that_of_the_credentials(cloud: Cloud) -> None:
    assert await cloud.identity() == cloud.account


async def test_the_account_is_asked_for_once_for_each_access_key(cloud: Cloud, faults: Faults) -> None:
    clients = Clients(cloud.clients.target, keys=Keys("111111111111", "test"))
    mine = Cloud(clients)
    first = await mine.identity()
    asked = faults.reads + len(faults.mutations)

    assert await mine.identity() == first
    assert faults.reads + len(faults.mutations) == asked

    session = clients._open()
    session.set_credentials("222222222222", "test")
    await mine.identity()
    assert faults.reads + len(faults.mutations) == asked + 1


async def test_a_profile_that_nobody_wrote_is_said_in_words() -> None:
    cloud = connect(Target(account="1", region="eu-west-1"), profile="nobody-wrote-this")

    with pytest.raises(AwsError) as raised:
        await cloud.identity()

    assert raised.value.denied
    assert "nobody-wrote-this" in raised.value.message


async def test_what_an_emulator_lacks_is_told_at_once(moto_url: str, watch: Watch) -> None:
    target = Target(account="123456789012", region="eu-west-1", endpoint_url=moto_url)
    cloud = Cloud(Clients(target, keys=Keys("test", "test"), timing=watch.timing()))

    with pytest.raises(AwsError) as raised:
        await cloud.call("cloudcontrol", "list_resources", TypeName="AWS::SQS::Queue")

    assert (raised.value.code, raised.value.cause) == (NOT_EMULATED, Cause.FINAL)
    assert watch.slept == []


def test_sessions_share_the_descriptions_of_services() -> None:
    one, other = (Clients(Target(account=number, region="eu-west-1"), keys=Keys("test", "test")) for number in "12")

    loaders = {id(clients._open().get_component("data_loader")) for clients in (one, other)}

    assert len(loaders) == 1


def test_threads_share_one_client_per_service() -> None:
    clients = Clients(Target(account="1", region="eu-west-1"), keys=Keys("test", "test"))

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: clients.client("sqs"), range(32)))

    assert len({id(client) for client in made}) == 1


async def test_secrets_become_values_only_where_they_are_written(cloud: Cloud) -> None:
    secret = f"db/{name()}"
    made = await cloud.call("secretsmanager", "create_secret", Name=secret, SecretString='{"user": "ann", "port": 5}')
    properties = {
        "Name": "plain",
        "User": f"{{{{resolve:secretsmanager:{secret}:SecretString:user}}}}",
        "Urls": [f"db://{{{{resolve:secretsmanager:{made['ARN']}:SecretString:user}}}}@host"],
        "Port": {"Of": f"{{{{resolve:secretsmanager:{secret}:SecretString:port}}}}"},
        "All": f"{{{{resolve:secretsmanager:{secret}}}}}",
    }

    resolved = await cloud.resolve_secrets(properties)

    assert resolved == {
        "Name": "plain",
        "User": "ann",
        "Urls": ["db://ann@host"],
        "Port": {"Of": "5"},
        "All": '{"user": "ann", "port": 5}',
    }


async def test_a_key_that_a_secret_does_not_have_is_named(cloud: Cloud) -> None:
    secret = name()
    await cloud.call("secretsmanager", "create_secret", Name=secret, SecretString="{}")

    with pytest.raises(NoSuchSecret, match=f"{secret} has no key user"):
        await cloud.resolve_secrets({"User": f"{{{{resolve:secretsmanager:{secret}:SecretString:user}}}}"})


async def test_an_asset_comes_from_whoever_brings_it(cloud: Cloud) -> None:
    async def bring(sha256: str) -> bytes:
        return sha256.encode()

    assert await replace(cloud, assets=bring).asset("abc") == b"abc"
    with pytest.raises(LookupError):
        await cloud.asset("abc")


@pytest.mark.parametrize("operation", ["describe_table", "get_queue_url", "head_bucket", "list_tags", "assume_role"])
def test_reads_change_nothing(operation: str) -> None:
    assert not mutates(operation)


@pytest.mark.parametrize("operation", ["create_queue", "put_object", "delete_role", "tag_resource", "update_table"])
def test_all_else_changes_something(operation: str) -> None:
    assert mutates(operation)


def turns(pace: Pace, number: int) -> list[float]:
    """Seconds until each of so many calls that come now."""
    return [pace.left(pace.ask()) for _ in range(number)]


def test_a_service_is_called_at_will_until_it_throttles(watch: Watch) -> None:
    pace = Pace(watch.timing())

    assert turns(pace, 100) == [0.0] * 100

    pace.throttled()
    waits = turns(pace, 70)
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(1.0, abs=0.1)


def test_many_refusals_of_one_burst_count_once(watch: Watch) -> None:
    once, often = Pace(watch.timing()), Pace(watch.timing())
    for pace, refusals in ((once, 1), (often, 20)):
        turns(pace, 50)
        for _ in range(refusals):
            pace.throttled()

    assert turns(once, 10) == turns(often, 10)


def test_the_pace_rises_while_calls_succeed_and_ends_after_a_quiet_minute(watch: Watch) -> None:
    pace = Pace(watch.timing())
    turns(pace, 1)
    pace.throttled()
    slow = sum(turns(pace, 2))

    for _ in range(200):
        pace.succeeded()
    watch.at += 30
    assert sum(turns(pace, 2)) < slow

    watch.at += 31
    assert turns(pace, 100) == [0.0] * 100


async def test_what_a_storm_has_put_into_a_queue_goes_when_the_storm_is_over(watch: Watch) -> None:
    pace = Pace(watch.timing())
    turns(pace, 1)
    for _ in range(20):
        pace.throttled()
        watch.at += 1
    queue = [pace.ask() for _ in range(300)]
    storm = pace.left(queue[-1])

    began = watch.at
    for place in queue:
        while (left := pace.left(place)) > 0:
            await watch.sleep(min(left, 2.0))
        pace.succeeded()

    assert storm > 500
    assert watch.at - began < 30


def test_who_waits_goes_at_once_when_a_quiet_minute_is_over(watch: Watch) -> None:
    pace = Pace(watch.timing())
    turns(pace, 1)
    pace.throttled()
    queue = [pace.ask() for _ in range(300)]

    watch.at += 61

    assert [pace.left(place) for place in queue] == [0.0] * 300
