"""What traces tell of calls and steps."""

import json

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.activities.conformance.stage import OURS
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError
from panka.activities.aws.session import Cloud
from panka.activities.telemetry import OpenTelemetry
from panka.planner.plan import Action, Step


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(spans: InMemorySpanExporter) -> OpenTelemetry:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return OpenTelemetry(provider)


def refused(code: str, times: int) -> Answer:
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "no"}).encode()
    return Answer(400, body, {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "r-1"}, times=times)


async def test_a_call_that_was_throttled_shows_each_try(
    cloud: Cloud, faults: Faults, traces: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    faults.instead = refused("ThrottlingException", 2)

    await Cloud(cloud.clients, traces=traces).call("sqs", "list_queues")

    (span,) = spans.get_finished_spans()
    assert span.name == "sqs.ListQueues"
    assert [(one.attributes or {})["cause"] for one in span.events] == ["throttled", "throttled"]
    assert (span.events[0].attributes or {})["aws.request_id"] == "r-1"
    assert (span.attributes or {})["aws.request_id"]
    assert span.status.is_ok


async def test_a_step_holds_its_calls_and_a_failed_call_says_why(
    cloud: Cloud, faults: Faults, traces: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    faults.instead = refused("AccessDeniedException", 1)
    step = Step(
        key="jobs:main", address="jobs:main", type="AWS::SQS::Queue", action=Action.CREATE, generation=1, kind="SQS"
    )

    with pytest.raises(AwsError), traces.step(OURS, step, 3):
        await Cloud(cloud.clients, traces=traces).call("sqs", "list_queues")

    call, whole = spans.get_finished_spans()
    assert whole.name == "create jobs:main"
    assert (whole.attributes or {})["panka.stack"] == "shop"
    assert (whole.attributes or {})["panka.attempt"] == 3
    assert call.parent is not None
    assert call.parent.span_id == whole.context.span_id
    assert "AccessDenied" in str(call.status.description)
