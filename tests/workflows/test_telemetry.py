"""What a run's interceptors count, and what the lines of its worker's log say."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from temporalio.client import Client

from panka.activities.telemetry.about import about
from panka.activities.telemetry.interceptors import Watching
from panka.activities.telemetry.meters import Meters
from panka.activities.telemetry.spans import OpenTelemetry, ids
from panka.cli.logs import JsonLines
from panka.planner.owner import Scope
from panka.planner.plan import PlanRef
from panka.workflows.messages import RunInput, ShardInput
from panka.workflows.ports import CHECKPOINT, PORTS, Judging, Lease, Port
from panka.workflows.tenancy import CHECK_EMPTY, KEEP, SHOW, USAGE
from plugins.runs import Place, resource

PAIR = (resource("a"), resource("b", "a"))


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
async def place(temporal: Client, threads: ThreadPoolExecutor, reader: InMemoryMetricReader) -> AsyncIterator[Place]:
    """A stack whose worker is watched, and replays a run from its beginning for everything that happens in it."""
    meters = Meters(MeterProvider([reader]))
    place = Place(temporal, threads, traces=OpenTelemetry(TracerProvider(), meters))
    async with place.worker(interceptors=[Watching(meters)], max_cached_workflows=0):
        yield place


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, as a worker with `PANKA_LOG_FORMAT=json` writes it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines(ids))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


def counted(reader: InMemoryMetricReader, name: str) -> dict[tuple[Any, ...], float]:
    """A metric's values by those of its attributes, in the order of their names."""
    data = reader.get_metrics_data()
    metrics = [one for each in (data.resource_metrics if data else []) for s in each.scope_metrics for one in s.metrics]
    return {
        tuple(value for _, value in sorted((point.attributes or {}).items())): getattr(point, "value", None)
        or getattr(point, "count", 0)
        for one in metrics
        if one.name == name
        for point in one.data.data_points
    }


async def test_a_run_is_counted_once_however_often_it_is_replayed(place: Place, reader: InMemoryMetricReader) -> None:
    await place.apply(*PAIR)

    scope = place.scope
    assert counted(reader, "panka.runs") == {(scope.environment, "apply", "succeeded", scope.stack, scope.tenant): 1}
    assert counted(reader, "panka.steps") == {("create", "done", "acme"): 2}
    assert counted(reader, "panka.step.duration") == {("create", "AWS::SQS::Queue"): 2}
    assert counted(reader, "panka.lock.wait") == {("done", "acme"): 1}
    history = await place.client.get_workflow_handle(str(scope)).fetch_history()
    scheduled = [event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events]
    assert counted(reader, "panka.checkpoint.duration") == {("done", "acme"): 1}
    assert CHECKPOINT.name not in scheduled  # a run that is over soon is recorded at its end
    assert counted(reader, "panka.retries") == {}


async def test_a_failed_step_and_the_undoing_of_others_are_counted(place: Place, reader: InMemoryMetricReader) -> None:
    place.sky.refuse.add("b:main")

    await place.apply(*PAIR)

    steps = counted(reader, "panka.steps")
    assert steps["create", "failed", "acme"] == 1
    assert steps["undo create", "done", "acme"] == 2
    assert [key[2] for key in counted(reader, "panka.runs")] == ["rolled back"]


async def test_an_attempt_that_is_repeated_is_counted_by_its_reason(place: Place, reader: InMemoryMetricReader) -> None:
    place.sky.lose["a:main"] = 1

    await place.apply(*PAIR)

    assert counted(reader, "panka.retries") == {("run-step", "transient"): 1}
    assert counted(reader, "panka.steps")["create", "again", "acme"] == 1


async def test_every_line_of_the_log_says_what_it_is_about_and_none_what_an_error_says(
    place: Place, log: io.StringIO
) -> None:
    place.sky.refuse.add("b:main")

    await place.apply(*PAIR)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (failed,) = [line for line in lines if line["message"].startswith("create b:main: failed")]
    about = {name: failed[name] for name in ("tenant", "stack", "environment", "run", "address")}
    assert about == {"tenant": "acme", "stack": place.scope.stack, "environment": "prod", "run": 1, "address": "b:main"}
    warned = [line for line in lines if line["logger"] == "temporalio.activity" and line.get("error") == "Refused"]
    assert {line["address"] for line in warned} == {"b:main"}
    assert "You may not" not in log.getvalue()


async def test_the_steps_of_shards_are_counted_with_all_others(place: Place, reader: InMemoryMetricReader) -> None:
    many = [resource(f"n{index}") for index in range(6)]

    await place.apply(*many, most=4, shard_size=3)

    assert counted(reader, "panka.steps") == {("create", "done", "acme"): 6}
    assert [key[2] for key in counted(reader, "panka.runs")] == ["succeeded"]


def test_a_shard_knows_the_number_of_its_run(place: Place) -> None:
    ref = PlanRef(id="p-1", key="k", sha256="0")
    run = RunInput(scope=place.scope, plan=ref, kind="apply", by="ana")
    lease = Lease(scope=place.scope, owner="o", fence=1)

    work = about(ShardInput(run=run, lease=lease, number=3, index=0, of=2))

    assert (work.run, work.stack) == (3, place.scope.stack)


LEASE = Lease(scope=Scope(tenant="acme", stack="shop", environment="prod"), owner="o", fence=1)
STANDS_FOR = {
    "scope": LEASE.scope,
    "lease": LEASE,
    "judging": Judging.model_construct(scope=LEASE.scope),
    "name": "acme",
}
"""What the inputs of activities say of whose work they are."""


@pytest.mark.parametrize("port", [*PORTS, KEEP, CHECK_EMPTY, SHOW, USAGE], ids=lambda port: port.name)
def test_every_activity_that_is_about_a_tenant_says_which(port: Port[Any, Any]) -> None:
    said = {name: value for name, value in STANDS_FOR.items() if name in port.input.model_fields}

    work = about(port.input.model_construct(**said))

    assert work.tenant == "acme"
