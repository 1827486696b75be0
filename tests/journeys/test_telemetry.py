"""One trace from the command to the call of AWS, metrics and a log beside it, and no value in any of them."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plugins.collector import Collector, collecting
from plugins.endpoints import free_port
from plugins.faults import Answer
from plugins.world import Said, until, world

VALUE = "sesame-open-4711"
STACK = f"""
apiVersion: core.panka.io/v1
kind: Stack
metadata: {{name: small}}
spec:
  provider: {{name: aws, region: eu-west-1}}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {{name: jobs, service: api}}
spec:
  deadLetterQueue: {{enabled: true}}
---
apiVersion: components.panka.io/v1
kind: Resource
metadata: {{name: greeting, service: api}}
spec:
  type: AWS::SSM::Parameter
  properties: {{Name: /small/greeting, Type: String, Value: {VALUE}}}
"""
ADDRESSES = {"jobs:main", "jobs:dead-letters", "greeting:main"}


@dataclass
class Told:
    """What a run has left behind it."""

    away: Said
    """Of a command whose collector is away."""
    collector: Collector
    scraped: str
    log: list[dict[str, Any]]


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """One `panka apply` with everything on, in the middle of which SQS throttles twice."""
    folder = tmp_path_factory.mktemp("telemetry")
    (folder / "small.yaml").write_text(STACK)
    with collecting() as collector:
        async with world(folder) as place:
            listen = f"127.0.0.1:{free_port()}"
            on = collector.env | {"PANKA_TELEMETRY": "otlp,prometheus", "PANKA_METRICS_LISTEN": listen}
            worker = await place.start_worker(env=on)
            place.faults.instead, place.faults.instead_of = _throttled(2), "CreateQueue"
            (await place.panka("apply", "small.yaml", "-y", env=on)).ok()
            away = await place.panka("status", env=on | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
            await until(lambda: collector.total("panka.runs") >= 1, 60, "the count of runs")
            scraped = await asyncio.to_thread(_scrape, listen)
            worker.terminate()
            await asyncio.wait_for(worker.wait(), 90)
            (log,) = folder.glob("worker-*.log")
            yield Told(away, collector, scraped, [json.loads(line) for line in log.read_text().splitlines()])


def _throttled(times: int) -> Answer:
    body = json.dumps({"__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow down"}).encode()
    return Answer(400, body, {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "r-1"}, times=times)


def _scrape(listen: str) -> str:
    with urllib.request.urlopen(f"http://{listen}/metrics", timeout=20) as answer:
        return str(answer.read().decode())


def test_a_run_is_one_trace_from_the_command_to_the_call_of_aws(told: Told) -> None:
    spans = told.collector.spans
    by_id = {span.id: span for span in spans}

    (call,) = [span for span in told.collector.named("ssm.PutParameter") if span.part == "worker"]

    names = []
    while call.parent:
        names.append(call.name)
        call = by_id[call.parent]
    assert names == [
        "ssm.PutParameter",
        "create greeting:main",
        "RunActivity:run-step",
        "StartActivity:run-step",
        "RunWorkflow:panka-run",
        "StartWorkflow:panka-run",
    ]
    assert (call.name, call.part) == ("panka apply", "cli")
    assert {span.trace for span in spans} == {call.trace}


def test_every_span_says_whose_it_is(told: Told) -> None:
    wanted = {"panka.tenant": "acme", "panka.stack": "small", "panka.environment": "dev", "panka.run": 1}

    for name in ("panka apply", "RunWorkflow:panka-run", "RunActivity:run-step", "RunActivity:close-run"):
        assert all(wanted.items() <= span.attributes.items() for span in told.collector.named(name)), name
    steps = [span for span in told.collector.spans if span.name.startswith("create ")]
    assert {span.attributes["panka.address"] for span in steps} == ADDRESSES
    (call,) = told.collector.named("ssm.PutParameter")
    assert call.attributes["panka.address"] == "greeting:main"


def test_every_call_of_aws_that_was_answered_names_its_request(told: Told) -> None:
    calls = [span for span in told.collector.spans if "rpc.service" in span.attributes]

    assert {span.attributes["rpc.service"] for span in calls} == {"s3", "dynamodb", "sts", "sqs", "ssm"}
    assert all(span.attributes["aws.request_id"] for span in calls)
    assert sorted(span.events.count("again") for span in told.collector.named("sqs.CreateQueue")) == [0, 2]


def test_metrics_arrive_by_otlp(told: Told) -> None:
    total = told.collector.total

    assert total("panka.runs", panka_result="succeeded", panka_operation="apply", panka_stack="small") == 1
    assert total("panka.run.duration") == 1
    assert total("panka.steps", panka_action="create", panka_result="done") == len(ADDRESSES)
    assert total("panka.lock.wait", panka_result="done") == 1
    assert total("panka.checkpoint.duration") >= 1
    assert total("panka.aws.retries", rpc_service="sqs", panka_reason="throttled") == 2
    assert total("temporal_workflow_completed") == 1


def test_the_same_metrics_can_be_scraped(told: Told) -> None:
    lines = told.scraped.splitlines()

    assert 'panka_steps_total{panka_action="create",panka_result="done",panka_tenant="acme"} 3.0' in lines
    assert any(line.startswith("panka_run_duration_seconds_bucket{") for line in lines)
    assert any(line.startswith("temporal_workflow_completed_total{") for line in lines)


def test_the_log_is_one_object_a_line_with_the_ids_of_the_trace(told: Told) -> None:
    (done,) = [line for line in told.log if line["message"].startswith("create greeting:main: done")]
    (span,) = [
        one for one in told.collector.named("RunActivity:run-step")
        if one.attributes["panka.address"] == "greeting:main"
    ]  # fmt: skip

    about = {name: done[name] for name in ("tenant", "stack", "environment", "run", "address")}
    assert about == {"tenant": "acme", "stack": "small", "environment": "dev", "run": 1, "address": "greeting:main"}
    assert (done["trace_id"], done["span_id"]) == (span.trace, span.id)


def test_no_value_of_the_stack_is_told_to_anybody(told: Told) -> None:
    assert told.collector.raw
    assert not any(VALUE.encode() in body for body in told.collector.raw)
    assert VALUE not in told.scraped
    assert VALUE not in json.dumps(told.log)


def test_a_collector_that_is_away_costs_a_sentence(told: Told) -> None:
    assert told.away.code == 0
    assert told.away.err.count("Nobody took the trace of this command") == 1
    assert "Traceback" not in told.away.err


async def test_a_run_stays_one_trace_when_its_worker_is_killed(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(STACK)
    with collecting() as collector:
        async with world(tmp_path) as place:
            on = collector.env | {"PANKA_TELEMETRY": "otlp"}
            worker = await place.start_worker(env=on)
            place.faults.reset()
            place.faults.delay = 1  # the run is still at it when its worker is killed
            apply = await place.begin("apply", "small.yaml", "-y", env=on)
            await until(lambda: "PutParameter" in place.faults.mutations, 60, "the run's middle")
            await until(lambda: bool(collector.named("StartActivity:run-step")), 60, "the killed worker's spans")

            await place.kill(worker)
            await place.start_worker(env=on)

            await asyncio.wait_for(apply.communicate(), 170)
            await until(lambda: bool(collector.named("RunWorkflow:panka-run")), 60, "the run's span")

    (run,) = collector.named("RunWorkflow:panka-run")
    assert apply.returncode == 0
    assert {span.trace for span in collector.spans} == {run.trace}
    assert {span.parent for span in collector.named("StartActivity:run-step")} == {run.id}
    assert len({span.id for span in collector.spans}) == len(collector.spans)
