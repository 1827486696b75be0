"""What others change in AWS, as a user meets it: found, kept, taken back, and looked for by a schedule that fires."""

import asyncio
import json
from typing import Any

from plugins.faults import Answer
from plugins.temporal import binary
from plugins.world import World, until

STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec: {visibilityTimeout: 30}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: mail, service: api}
spec: {}
---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: hello, service: api}
spec:
  runtime: python3.12
  handler: main.handler
  code: {zipFile: function}
  environment: {LOG_LEVEL: info}
"""
TENANT = """
apiVersion: admin.panka.io/v1
kind: TenantConfig
metadata: {name: acme}
spec:
  policies: {driftCheck: 6h}
"""


async def applied(place: World) -> None:
    (place.folder / "small.yaml").write_text(STACK)
    (place.folder / "function").mkdir()
    (place.folder / "function" / "main.py").write_text("def handler(event, context):\n    return event\n")
    await place.start_worker()
    (await place.panka("apply", "small.yaml", "-y")).ok()


def queue(place: World, name: str) -> str:
    return next(url for url in place.cloud()["AWS::SQS::Queue"] if f"-{name}-" in url)


def timeout_of(place: World, url: str) -> str:
    got = place.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    seconds: str = got["Attributes"]["VisibilityTimeout"]
    return seconds


def set_timeout(place: World, url: str, seconds: int) -> None:
    place.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})


async def verdict(place: World, *words: str) -> Any:
    return (await place.panka("drift", "small", "-o", "json", *words)).ok().json


async def test_drift_is_found_taken_back_and_kept(place: World) -> None:
    """One journey, because each leg begins where the last one ended."""
    await applied(place)
    jobs, mail = queue(place, "jobs"), queue(place, "mail")
    place.faults.reset()
    clean = (await place.panka("drift", "small", "--detailed-exitcode")).ok()
    assert "Drift: 6 as recorded" in clean.text
    assert [one for one in place.faults.mutations if "/panka-state/" not in one] == []

    set_timeout(place, jobs, 99)
    place.client("sqs").delete_queue(QueueUrl=mail)
    found = await place.panka("drift", "small", "--detailed-exitcode")
    assert found.code == 2
    assert "VisibilityTimeout  30 -> 99" in found.text
    assert "deleted outside Panka" in found.text
    assert "Drift: 1 changed, 1 missing, 4 as recorded" in found.text
    assert (await verdict(place))["verdict"] == "drifted"
    assert "drifted" in (await place.panka("status", "small")).ok().text

    (place.folder / "small.yaml").write_text(STACK.replace("30", "31"))
    beside = (await place.panka("drift", "./small.yaml")).ok()
    assert "VisibilityTimeout  30 -> 99   (the stack says 31)" in beside.text
    (place.folder / "small.yaml").write_text(STACK)
    untouched = (await place.panka("plan", "small.yaml", "--no-refresh")).ok()
    assert "Nothing changes" in untouched.text
    back = (await place.panka("apply", "small.yaml", "-y")).ok()
    assert "changed outside Panka" in back.text
    assert timeout_of(place, jobs) == "30"
    assert (await verdict(place))["verdict"] == "clean"

    set_timeout(place, jobs, 98)
    assert "Nothing changes" in (await place.panka("plan", "small.yaml")).ok().text
    assert "98 -> 30" in (await place.panka("plan", "small.yaml", "--refresh")).ok().text
    (await place.panka("drift", "small", "--restore", "-y")).ok()
    assert timeout_of(place, jobs) == "30"
    assert "Nothing changes" in (await place.panka("plan", "small.yaml")).ok().text

    set_timeout(place, jobs, 97)
    place.client("sqs").delete_queue(QueueUrl=queue(place, "mail"))
    kept = (await place.panka("drift", "small", "--accept", "-y")).ok()
    assert "accept as it is in AWS" in kept.text
    assert timeout_of(place, jobs) == "97"
    assert (await verdict(place))["verdict"] == "clean"
    assert sorted(await place.steps("small.yaml")) == [("create", "mail:main"), ("update", "jobs:main")]
    history = (await place.panka("history", "small", "-o", "json")).ok().json
    assert history["runs"][0]["changes"] == {"accept": 1, "forget": 1}


def drifting(report: Any) -> list[str]:
    """The addresses that a report calls changed or missing."""
    return [one["address"] for one in report["findings"] if one["status"] in ("changed", "missing")]


async def reports(place: World) -> list[Any]:
    """Every report of a drift check, the earliest first."""
    s3 = place.client("s3")
    prefix = "tenants/acme/stacks/small/dev/drift/2"
    found = await asyncio.to_thread(lambda: s3.list_objects_v2(Bucket="panka-state", Prefix=prefix).get("Contents", []))
    bodies = [s3.get_object(Bucket="panka-state", Key=one["Key"])["Body"].read() for one in found]
    return [json.loads(body) for body in bodies]


async def reported(place: World, more_than: int, what: str) -> list[Any]:
    """The reports once there are more than so many."""
    deadline = asyncio.get_running_loop().time() + 90
    while len(found := await reports(place)) <= more_than:
        assert asyncio.get_running_loop().time() < deadline, f"Waited for {what}."
        await asyncio.sleep(0.5)
    return found


async def listed(place: World, **wanted: Any) -> Any:
    """The only schedule, once it is listed so; Temporal lists with delay."""
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        found = (await place.panka("drift", "--list", "-o", "json")).ok().json["schedules"]
        if len(found) == 1 and wanted.items() <= found[0].items():
            return found[0]
        assert asyncio.get_running_loop().time() < deadline, f"Found {found}."
        await asyncio.sleep(0.5)


async def test_a_schedule_fires_tells_pauses_goes_on_and_restores(place: World) -> None:
    (await place.panka("backend", "create")).ok()  # runs are searched for
    await applied(place)
    jobs = queue(place, "jobs")
    topic = place.client("sns").create_topic(Name="drift")["TopicArn"]
    ear = place.client("sqs").create_queue(QueueName="ear")["QueueUrl"]
    place.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:ear",
        Attributes={"RawMessageDelivery": "true"},
    )  # fmt: skip

    (await place.panka("drift", "small", "--every", "2s", "--notify", topic, "--user", "ana")).ok()
    first = await reported(place, 0, "the schedule to fire")
    assert {one["by"] for one in first} == {"ana"}
    set_timeout(place, jobs, 99)
    drifted = await reported(place, len(first) + 1, "two checks more")
    assert drifting(drifted[-1]) == ["jobs:main"]
    await searched(place, "PankaDrifted = true AND PankaStack = 'small'")
    received = place.client("sqs").receive_message(QueueUrl=ear, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]
    assert [json.loads(one["Body"])["verdict"] for one in received] == ["drifted"]
    assert (await listed(place, paused=False))["note"] == "every 2s, set by ana"

    (await place.panka("drift", "small", "--pause", "--user", "ana")).ok()
    assert (await listed(place, paused=True))["note"] == "every 2s, set by ana; paused by ana"
    still = len(await reports(place))
    await asyncio.sleep(5)
    assert len(await reports(place)) <= still + 1, "A check that had begun may have ended."
    (await place.panka("drift", "small", "--resume")).ok()
    await reported(place, still + 1, "the schedule to go on")

    assert timeout_of(place, jobs) == "99"
    (await place.panka("drift", "small", "--every", "2s", "--reconcile")).ok()
    await until(lambda: timeout_of(place, jobs) == "30", 90, "the drift to be taken back")
    (await place.panka("drift", "small", "--off")).ok()
    assert (await place.panka("drift", "small", "--pause")).code == 64
    await until(lambda: place.lock_holder("small") is None, 60, "the run to end")
    history = (await place.panka("history", "small", "-o", "json")).ok().json
    assert history["runs"][0]["changes"] == {"update": 1}


async def searched(place: World, query: str) -> None:
    """Until the server finds a workflow so."""
    deadline = asyncio.get_running_loop().time() + 60
    while (
        json.loads(await temporal(place, "workflow", "count", "--query", query, "-o", "json")).get("count", "0") == "0"
    ):
        assert asyncio.get_running_loop().time() < deadline, f"Waited for {query}."
        await asyncio.sleep(0.5)


async def temporal(place: World, *words: str) -> str:
    """What Temporal's own command says."""
    where = ("--address", f"127.0.0.1:{place.temporal_port}")
    process = await asyncio.create_subprocess_exec(binary(), *words, *where, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return out.decode()


async def test_a_tenant_s_rhythm_is_set_when_a_stack_is_first_applied_and_ends_with_it(place: World) -> None:
    (place.folder / "tenant.yaml").write_text(TENANT)
    (place.folder / "small.yaml").write_text(
        STACK[: STACK.index("---\napiVersion: components.panka.io/v1\nkind: Lambda")]
    )
    await place.start_worker()

    first = (await place.panka("apply", "small.yaml", "-y", "--tenant-config", "tenant.yaml")).ok()
    assert "acme/small/dev is looked at for drift every 6h, as its tenant wants it." in first.text
    await listed(place, stack="small", paused=False)
    (await place.panka("drift", "small", "--off")).ok()
    changed = STACK[: STACK.index("---\napiVersion: components.panka.io/v1\nkind: Lambda")].replace("30", "31")
    (place.folder / "small.yaml").write_text(changed)
    second = (await place.panka("apply", "small.yaml", "-y", "--tenant-config", "tenant.yaml")).ok()
    assert "is looked at" not in second.text
    (await place.panka("drift", "small", "--every", "1h")).ok()

    ended = (await place.panka("destroy", "small", "-y")).ok()

    assert "acme/small/dev is no longer looked at for drift." in ended.text
    assert (await place.panka("drift", "small", "--pause")).code == 64


async def test_a_check_that_cannot_judge_says_why_and_by_its_exit_code(place: World) -> None:
    await applied(place)
    assert (await place.panka("drift", "nothing")).code == 64
    assert (await place.panka("drift", "small", "--every", "1h", "--off")).code == 64
    assert (await place.panka("drift", "small", "--notify", "http://example.com/x")).code == 64
    assert (await place.panka("drift", "small", "--cron", "every now and then")).code == 64

    place.faults.instead = Answer(
        403,
        b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not for you.</Message></Error></ErrorResponse>",
        {"content-type": "text/xml"},
        times=1_000,
        service="iam",
    )
    unknown = await place.panka("drift", "small", "--detailed-exitcode")

    assert unknown.code == 1
    assert "unknown: iam:" in unknown.text
    assert "could not be read" in unknown.text
