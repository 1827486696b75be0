"""The worker as a process, and how it is put together."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from panka.activities.aws.session import Cloud, connect
from panka.activities.providing import provider_of
from panka.cli.accounts import Accounts
from panka.cli.dev import LocalInfo, start
from panka.cli.exits import Misused, Unreachable
from panka.cli.settings import Settings
from panka.cli.worker import connected
from panka.planner.state import Target


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalInfo]:
    """Where a Temporal server and an endpoint answer."""
    local = start(tmp_path_factory.mktemp("project"), lambda _event: None)
    yield local.info
    local.stop()


def _worker(info: LocalInfo, **more: str) -> subprocess.Popen[str]:
    environment = os.environ | info.environment() | more
    line = [sys.executable, "-m", "panka.cli", "worker"]
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ready(process: subprocess.Popen[str]) -> str:
    """The line that says so."""
    assert process.stderr is not None
    return next(line for line in process.stderr if "worker ready" in line)


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    settings = Settings(temporal_address="127.0.0.1:1")

    with pytest.raises(Unreachable, match=r"Temporal does not answer at 127\.0\.0\.1:1\."):
        await connected(settings, asyncio.Event(), patience=0)


async def test_a_missing_namespace_is_named(info: LocalInfo) -> None:
    settings = Settings(temporal_address=info.temporal_address, temporal_namespace="elsewhere")

    with pytest.raises(Misused, match="has no namespace elsewhere"):
        await connected(settings, asyncio.Event(), patience=0)


async def test_a_worker_that_is_stopped_waits_no_longer_for_its_server() -> None:
    stopped = asyncio.Event()
    stopped.set()

    assert await connected(Settings(temporal_address="127.0.0.1:1"), stopped) is None


def test_a_type_without_a_provider_is_refused() -> None:
    cloud: Cloud = connect(Target(account="123456789012", region="eu-west-1"))

    with pytest.raises(ApplicationError, match="no provider for AWS::Nothing::Here") as refused:
        provider_of("AWS::Nothing::Here", cloud)

    assert refused.value.non_retryable


def target(account: int, region: str = "eu-west-1", profile: str | None = None) -> Target:
    return Target(account=f"{account:012}", region=region, profile=profile)


@pytest.fixture
def accounts() -> Iterator[Accounts]:
    with ThreadPoolExecutor(2) as threads:
        yield Accounts(threads)


def test_all_steps_of_a_target_share_clients_and_threads(accounts: Accounts) -> None:
    one, same, other = (accounts.cloud(target(number)).clients for number in (1, 1, 2))

    assert one is same
    assert one is not other
    assert one.executor is other.executor is accounts.threads


def test_an_account_and_region_has_one_pace_for_each_service_whoever_calls(accounts: Accounts) -> None:
    paces = accounts.cloud(target(1)).clients.paces

    assert accounts.cloud(target(1, profile="other")).clients.paces is paces
    assert accounts.cloud(target(1, "us-east-1")).clients.paces is not paces
    assert accounts.cloud(target(2)).clients.paces is not paces
    assert paces["sqs"] is paces["sqs"]
    assert paces["sqs"] is not paces["sns"]


def test_of_many_tenants_those_used_last_are_kept_at_hand(accounts: Accounts) -> None:
    first, second = (accounts.cloud(target(number)).clients for number in (1, 2))

    for number in range(3, 66):
        accounts.cloud(target(1))
        accounts.cloud(target(number))

    assert accounts.cloud(target(1)).clients is first
    assert accounts.cloud(target(2)).clients is not second
    assert len(accounts._known) == 64


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_worker_with_exit_code_0(info: LocalInfo, number: signal.Signals) -> None:
    with _worker(info) as process:
        ready = _ready(process)

        process.send_signal(number)
        out, err = process.communicate(timeout=20)

    assert f"task queue panka at {info.temporal_address}" in ready
    assert process.returncode == 0
    assert "worker stops" in err
    assert out == ""


async def test_steps_can_have_a_queue_of_their_own(info: LocalInfo) -> None:
    with _worker(info, PANKA_STEP_QUEUE="steps") as process:
        _ready(process)
        client = await Client.connect(info.temporal_address)

        pollers = await _pollers(client, "steps", process.pid)

        process.terminate()
    assert pollers == {f"{process.pid}@{os.uname().nodename}"}


async def _pollers(client: Client, queue: str, pid: int) -> set[str]:
    """Who asks this queue for activities, as soon as it is this process."""
    request = DescribeTaskQueueRequest(
        namespace="default",
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    found: set[str] = set()
    for _ in range(100):
        answer = await client.workflow_service.describe_task_queue(request)
        found = {poller.identity for poller in answer.pollers}
        if any(who.startswith(f"{pid}@") for who in found):
            break
        await asyncio.sleep(0.1)
    return found


def test_a_living_worker_touches_its_sign_of_life(info: LocalInfo, tmp_path: Path) -> None:
    with _worker(info, PANKA_STATE_DIR=str(tmp_path)) as process:
        _ready(process)

        touched = any((tmp_path / "worker.alive").exists() or time.sleep(0.1) for _ in range(100))

        process.terminate()
    assert touched


def test_a_worker_without_a_bucket_says_how_to_name_one(info: LocalInfo) -> None:
    with _worker(info, PANKA_BUCKET="") as process:
        _, err = process.communicate(timeout=20)

    assert process.returncode == 64
    assert "No bucket is given." in err
    assert "PANKA_BUCKET" in err


def test_a_worker_can_log_one_json_object_a_line(info: LocalInfo) -> None:
    with _worker(info, PANKA_LOG_FORMAT="json") as process:
        ready = json.loads(_ready(process))

        process.terminate()
    assert (ready["level"], ready["logger"]) == ("info", "panka.worker")
    assert ready["message"].startswith("worker ready: task queue panka")


def test_an_address_that_is_taken_cannot_offer_metrics(info: LocalInfo) -> None:
    taken = info.endpoint_url.removeprefix("http://")

    with _worker(info, PANKA_TELEMETRY="prometheus", PANKA_METRICS_LISTEN=taken) as process:
        _, err = process.communicate(timeout=60)

    assert process.returncode == 64
    assert f"Metrics cannot be offered at {taken}: Address already in use." in err
    assert "PANKA_METRICS_LISTEN" in err
