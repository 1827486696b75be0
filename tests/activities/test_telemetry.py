"""What traces and metrics tell of calls and steps, and what they keep to themselves."""

import asyncio
import json
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.activities.conformance.stage import OURS
from tests.activities.conftest import KEYS
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError
from panka.activities.aws.retries import Timing
from panka.activities.aws.session import Clients, Cloud
from panka.activities.telemetry import Sink, sinks
from panka.activities.telemetry.meters import Meters
from panka.activities.telemetry.opening import Discreet
from panka.activities.telemetry.spans import OpenTelemetry
from panka.planner.plan import Action, Step


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(spans: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Discreet(spans)))
    return provider


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def traces(provider: TracerProvider, reader: InMemoryMetricReader) -> OpenTelemetry:
    return OpenTelemetry(provider, Meters(MeterProvider([reader])))


STEP = Step(
    key="jobs:main", address="jobs:main", type="AWS::SQS::Queue", action=Action.CREATE, generation=1, kind="SQS"
)


def refused(code: str, times: int) -> Answer:
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "no"}).encode()
    return Answer(400, body, {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "r-1"}, times=times)


def driven() -> Timing:
    """A clock that runs only while somebody sleeps by it."""
    at = 1000.0

    async def sleep(seconds: float) -> None:
        nonlocal at
        at += seconds

    return Timing(lambda: at, sleep, Random(7))


async def test_a_call_that_was_throttled_shows_each_try(
    cloud: Cloud, faults: Faults, traces: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    faults.instead = refused("ThrottlingException", 2)
    clients = Clients(cloud.clients.target, keys=KEYS, threads=1, timing=driven())

    await Cloud(clients, traces=traces).call("sqs", "list_queues")

    (span,) = spans.get_finished_spans()
    assert span.events[-1].name == "held back"
    assert span.name == "sqs.ListQueues"
    assert [(one.attributes or {}).get("cause") for one in span.events[:2]] == ["throttled", "throttled"]
    assert (span.events[0].attributes or {})["aws.request_id"] == "r-1"
    assert (span.attributes or {})["aws.request_id"]
    assert span.status.is_ok


async def test_a_step_holds_its_calls_and_a_failed_call_says_why(
    cloud: Cloud, faults: Faults, traces: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    faults.instead = refused("AccessDeniedException", 1)

    with pytest.raises(AwsError), traces.step(OURS, STEP, 7, 3):
        await Cloud(cloud.clients, traces=traces).call("sqs", "list_queues")

    call, whole = spans.get_finished_spans()
    assert whole.name == "create jobs:main"
    assert (whole.attributes or {})["panka.stack"] == "shop"
    assert (whole.attributes or {})["panka.attempt"] == 3
    assert (whole.attributes or {})["panka.run"] == 7
    assert call.parent is not None
    assert call.parent.span_id == whole.context.span_id
    assert call.status.description == whole.status.description == "AccessDeniedException"
    assert (call.attributes or {})["aws.request_id"] == "r-1"


def points(reader: InMemoryMetricReader, name: str) -> list[dict[str, Any]]:
    """The attributes of every point of a metric, with its value."""
    data = reader.get_metrics_data()
    metrics = [one for each in (data.resource_metrics if data else []) for s in each.scope_metrics for one in s.metrics]
    return [
        {**(point.attributes or {}), "value": getattr(point, "value", None)}
        for one in metrics
        if one.name == name
        for point in one.data.data_points
    ]


async def test_calls_are_counted_with_how_they_ended_and_why_they_were_repeated(
    cloud: Cloud, faults: Faults, traces: OpenTelemetry, reader: InMemoryMetricReader
) -> None:
    faults.instead = refused("ThrottlingException", 2)

    await Cloud(cloud.clients, traces=traces).call("sqs", "list_queues")
    faults.instead = refused("AccessDeniedException", 1)
    with pytest.raises(AwsError):
        await Cloud(cloud.clients, traces=traces).call("sqs", "list_queues")

    what = {"rpc.service": "sqs", "rpc.method": "ListQueues", "value": 1}
    assert points(reader, "panka.aws.calls") == [{**what, "panka.result": "ok"}, {**what, "panka.result": "final"}]
    assert points(reader, "panka.aws.retries") == [{"rpc.service": "sqs", "panka.reason": "throttled", "value": 2}]
    assert points(reader, "panka.aws.held_back")[0]["value"] > 0


def test_the_undo_of_a_step_is_called_so(traces: OpenTelemetry, spans: InMemorySpanExporter) -> None:
    with traces.step(OURS, STEP, 7, 1, undo=True):
        pass

    (span,) = spans.get_finished_spans()
    assert span.name == "undo create jobs:main"


async def test_no_words_of_an_error_leave_the_process(
    cloud: Cloud, traces: OpenTelemetry, provider: TracerProvider, spans: InMemorySpanExporter
) -> None:
    with pytest.raises(AwsError) as wrong, provider.get_tracer("temporalio").start_as_current_span("RunActivity:x"):
        await Cloud(cloud.clients, traces=traces).call("sqs", "create_queue", QueueName=["sesame"])

    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "sesame" in str(wrong.value)
    assert "sesame" not in told
    assert "AwsError" in told


def test_the_questions_of_those_who_follow_a_run_are_no_spans(
    provider: TracerProvider, spans: InMemorySpanExporter
) -> None:
    for name in ("HandleQuery:progress", "QueryWorkflow:progress", "RunWorkflow:panka-run"):
        provider.get_tracer("temporalio").start_span(name).end()

    assert [span.name for span in spans.get_finished_spans()] == ["RunWorkflow:panka-run"]


async def test_every_call_of_a_watched_client_is_a_span_with_its_request_and_its_error(
    cloud: Cloud, traces: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    client = cloud.clients.client("dynamodb")
    traces.watch(client)

    with pytest.raises(ClientError):
        await asyncio.to_thread(client.describe_table, TableName="nowhere")  # type: ignore[attr-defined]

    (span,) = spans.get_finished_spans()
    assert span.name == "dynamodb.DescribeTable"
    assert (span.attributes or {})["error.type"] == "ResourceNotFoundException"
    assert (span.attributes or {})["aws.request_id"]


def test_a_watched_client_that_gets_no_answer_ends_its_span(traces: OpenTelemetry, spans: InMemorySpanExporter) -> None:
    client = boto3.client(
        "sqs",
        endpoint_url="http://127.0.0.1:1",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    traces.watch(client)

    with pytest.raises(EndpointConnectionError):
        client.list_queues()

    (span,) = spans.get_finished_spans()
    assert span.status.description == "EndpointConnectionError"


def test_sinks_are_words_with_commas_between() -> None:
    assert sinks("otlp, prometheus") == {Sink.OTLP, Sink.PROMETHEUS}
    assert sinks("off") == set()

    with pytest.raises(ValueError, match="`oltp` is neither `off` nor some of otlp, prometheus, console"):
        sinks("oltp")
