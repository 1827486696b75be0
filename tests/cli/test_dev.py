"""The embedded session: real servers and workers, started, killed and stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from panka.cli import parts
from panka.cli.dev import Local, LocalFailed, LocalInfo, running, start


def _silent(_event: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A session that tests of this file share. They may kill its worker and its server, never its endpoint."""
    session = start(tmp_path_factory.mktemp("project"), _silent)
    yield session
    session.stop()


def _until(claim: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.1)
    return False


def _lives(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _pids(info: LocalInfo) -> tuple[int, ...]:
    return (info.temporal, info.endpoint, *info.workers)


def _folder(info: LocalInfo) -> Path:
    return info.logs.parent.parent


def test_a_living_session_is_found_by_its_folder(local: Local) -> None:
    found = running(_folder(local.info))

    assert found == local.info


def test_another_folder_has_no_session(local: Local, tmp_path: Path) -> None:
    assert running(tmp_path) is None


def test_bucket_and_table_are_there(local: Local) -> None:
    info = local.info
    keys = {"aws_access_key_id": parts.KEY, "aws_secret_access_key": parts.KEY, "region_name": info.region}

    s3 = boto3.client("s3", endpoint_url=info.endpoint_url, **keys)
    dynamodb = boto3.client("dynamodb", endpoint_url=info.endpoint_url, **keys)

    assert s3.get_bucket_versioning(Bucket=info.bucket)["Status"] == "Enabled"
    assert dynamodb.describe_table(TableName=info.table)["Table"]["TableStatus"] == "ACTIVE"


async def test_the_server_knows_what_runs_are_searched_by(local: Local) -> None:
    client = await Client.connect(local.info.temporal_address)

    answer = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))

    known = {name: IndexedValueType.Name(kind) for name, kind in answer.custom_attributes.items()}
    expected = {name: f"INDEXED_VALUE_TYPE_{kind.upper()}" for name, kind in parts.SEARCH_ATTRIBUTES.items()}
    assert known == expected


def test_parts_see_nothing_of_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "PANKA_STEP_QUEUE"):
        monkeypatch.setenv(name, "somebody-elses")

    environment = parts.environment()

    assert "somebody-elses" not in environment.values()
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_parts_see_what_telemetry_their_session_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANKA_TELEMETRY", "console")
    monkeypatch.setenv("PANKA_TENANT", "somebody-elses")

    kept = {name: value for name, value in parts.environment().items() if name.startswith("PANKA_")}

    assert kept == {"PANKA_TELEMETRY": "console"}


def test_a_second_session_of_the_folder_is_refused(local: Local) -> None:
    with pytest.raises(LocalFailed, match="Another session"):
        start(_folder(local.info), _silent)

    assert running(_folder(local.info)) == local.info


def test_a_killed_worker_is_started_again(local: Local) -> None:
    (before,) = local.info.workers

    os.kill(before, signal.SIGKILL)

    assert _until(lambda: local.info.workers != (before,) and _lives(local.info.workers[0]))
    assert _until(lambda: running(_folder(local.info)) == local.info)


async def test_a_killed_server_comes_back_with_its_runs(local: Local) -> None:
    client = await Client.connect(local.info.temporal_address)
    await client.start_workflow("waits-for-ever", id="survivor", task_queue="nobody", run_timeout=timedelta(hours=1))
    before = local.info.temporal

    os.kill(before, signal.SIGKILL)

    assert _until(lambda: local.info.temporal != before and running(_folder(local.info)) is not None)
    again = await Client.connect(local.info.temporal_address)
    description = await again.get_workflow_handle("survivor").describe()
    assert description.workflow_type == "waits-for-ever"


def test_the_death_of_the_endpoint_ends_the_session(tmp_path: Path) -> None:
    session = start(tmp_path, _silent)
    pids = _pids(session.info)
    os.kill(session.info.endpoint, signal.SIGKILL)

    with pytest.raises(LocalFailed, match="AWS endpoint has ended"):
        session.wait()
    found = running(tmp_path)
    session.stop()

    assert found is None
    assert not any(map(_lives, pids))


def test_a_part_that_dies_again_and_again_ends_the_session(tmp_path: Path) -> None:
    dies_later = [
        sys.executable,
        "-c",
        "import time; print('worker ready', flush=True); time.sleep(0.3); print('hopeless')",
    ]
    session = start(tmp_path, _silent, worker=dies_later)

    with pytest.raises(LocalFailed, match=r"worker 1 has ended \(0\)(.|\n)*hopeless"):
        session.wait()
    session.stop()

    assert not any(map(_lives, _pids(session.info)))


def test_a_part_that_cannot_start_says_why(tmp_path: Path) -> None:
    events: list[str] = []

    with pytest.raises(LocalFailed, match=r"worker 1 has ended \(3\)(.|\n)*no bucket"):
        start(tmp_path, events.append, worker=["/bin/sh", "-c", "echo there is no bucket; exit 3"])

    assert running(tmp_path) is None
    assert events[0].startswith("The AWS endpoint answers")


def test_a_part_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(LocalFailed, match=r"worker 1 is not ready in time(.|\n)*still thinking"):
        start(tmp_path, _silent, worker=["/bin/sh", "-c", "echo still thinking; sleep 60"], seconds=10)

    assert running(tmp_path) is None


def test_a_session_starts_empty(tmp_path: Path) -> None:
    home = tmp_path / ".panka"
    home.mkdir()
    (home / "temporal.db").write_text("an earlier session's")
    (home / "local.json").write_text("{}")

    session = start(tmp_path, _silent)
    session.stop()

    assert (home / "temporal.db").read_bytes()[:13] == b"SQLite format"
    assert not (home / "local.json").exists()


def test_stopping_leaves_no_process_and_may_be_repeated(tmp_path: Path) -> None:
    session = start(tmp_path, _silent, workers=2)
    pids = _pids(session.info)
    lived = [_lives(pid) for pid in pids]

    session.stop()
    session.stop()

    assert lived == [True] * 4
    assert not any(map(_lives, pids))
    assert running(tmp_path) is None


_SUPERVISOR = """
import signal, sys, threading, time
from pathlib import Path
from panka.cli.dev import start

def say_when_signals_are_heeded():
    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        time.sleep(0.01)
    print("up", flush=True)

local = start(Path(sys.argv[1]), lambda event: None)
threading.Thread(target=say_when_signals_are_heeded, daemon=True).start()
local.wait()
local.stop()
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises a session of `tmp_path` until it is told to stop."""
    process = subprocess.Popen([sys.executable, "-c", _SUPERVISOR, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_no_part_outlives_a_killed_supervisor(tmp_path: Path, supervisor: subprocess.Popen[str]) -> None:
    info = running(tmp_path)
    assert info is not None

    supervisor.kill()

    assert _until(lambda: not any(map(_lives, _pids(info))), 15)
    assert running(tmp_path) is None
    assert (tmp_path / ".panka" / "local.json").exists()  # stale, and ignored


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_session_in_order(
    tmp_path: Path, supervisor: subprocess.Popen[str], number: signal.Signals
) -> None:
    info = running(tmp_path)
    assert info is not None

    supervisor.send_signal(number)

    assert supervisor.wait(20) == 0
    assert not any(map(_lives, _pids(info)))
    assert not (tmp_path / ".panka" / "local.json").exists()
