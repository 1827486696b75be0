"""The courier: asked in an interpreter of its own, as commands ask it, at a real endpoint."""

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest

from panka.activities.courier import Courier, DeskSettings
from panka.activities.stores.backend import create_backend
from panka.activities.stores.store import NotThere
from panka.planner.owner import Scope

KEYS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
SCOPE = Scope(tenant="acme", stack="shop", environment="test")
LONG = 120.0
"""Seconds that anything may take on a busy machine."""
BEGIN = """
import os, signal, sys, time
from panka.activities.courier import Courier, DeskSettings
courier = Courier(patience={patience})
assert courier.pid is not None, "it should be a process here"
reach = courier.reach({settings!r})
print(courier.pid, flush=True)
"""
WORKS = """
reach.objects.put("some/key", b"body")
print(reach.objects.get("some/key").decode(), reach.account.here().account, sys.modules.get("botocore") is not None)
"""


@dataclass(frozen=True)
class Ran:
    courier: int
    said: str


@pytest.fixture(scope="module")
def settings(moto_url: str) -> DeskSettings:
    """A backend of this module's own."""
    keys = {"aws_access_key_id": "123456789012", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
    s3, dynamodb = (boto3.client(name, endpoint_url=moto_url, **keys) for name in ("s3", "dynamodb"))
    name = f"panka-{uuid.uuid4().hex[:10]}"
    create_backend(s3, dynamodb, name, name, region="eu-west-1")
    return DeskSettings(name, name, "eu-west-1", endpoint_url=moto_url)


def run(settings: DeskSettings, program: str, patience: float = LONG) -> Ran:
    """What a program says that has sent a courier; nothing on stderr."""
    text = BEGIN.format(settings=settings, patience=patience) + program
    ran = subprocess.run(
        [sys.executable, "-c", text], env=os.environ | KEYS, capture_output=True, text=True, timeout=LONG, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    pid, _, said = ran.stdout.partition("\n")
    return Ran(int(pid), said.strip())


def gone(pid: int) -> bool:
    """Whether the process ends in time."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_courier_answers_and_this_process_loads_nothing_for_it(settings: DeskSettings) -> None:
    ran = run(settings, WORKS)

    assert ran.said == "body 123456789012 False"


def test_what_is_expected_is_begun_with_and_heard_when_it_is_asked(settings: DeskSettings) -> None:
    program = """
reach.objects.put_all({"early/two": b"2"})
bodies = {"early/one": b"1"}
reach.expect("objects", "put_all", bodies)
reach.expect("objects", "get", "early/nowhere")
reach.expect("objects", "get", "early/two")
print(reach.objects.get("early/one").decode(), reach.objects.get("early/two").decode())
print(reach.objects.put_all(bodies), courier.pid is not None)
try:
    reach.objects.get("early/nowhere")
except Exception as error:
    print(type(error).__name__, sys.modules.get("botocore") is not None)
"""

    assert run(settings, program).said.split("\n") == ["1 2", "None True", "NotThere False"]


def test_what_is_expected_of_a_killed_courier_is_done_here(settings: DeskSettings) -> None:
    program = """
os.kill(courier.pid, signal.SIGSTOP)
reach.expect("objects", "put_all", {"lost/one": b"1"})
os.kill(courier.pid, signal.SIGKILL)
reach.objects.put_all({"lost/one": b"1"})
print(reach.objects.get("lost/one").decode(), sys.modules.get("botocore") is not None)
"""

    assert run(settings, program).said == "1 True"


def test_what_a_killed_courier_leaves_is_done_here(settings: DeskSettings) -> None:
    ran = run(settings, "os.kill(courier.pid, signal.SIGKILL)" + WORKS)

    assert ran.said == "body 123456789012 True"


def test_a_courier_that_says_nothing_is_given_up(settings: DeskSettings) -> None:
    ran = run(settings, "os.kill(courier.pid, signal.SIGSTOP)" + WORKS, patience=0.5)

    assert ran.said == "body 123456789012 True"
    assert gone(ran.courier)


def test_after_a_courier_is_closed_the_answers_come_from_here_and_no_process_is_left(settings: DeskSettings) -> None:
    program = "pid = courier.pid\ncourier.close()" + WORKS + "assert not os.path.exists(f'/proc/{pid}')"

    assert run(settings, program).said == "body 123456789012 True"


@pytest.mark.parametrize("end", ["os._exit(0)", "pass"])
def test_a_courier_ends_with_whoever_sent_it(settings: DeskSettings, end: str) -> None:
    ran = run(settings, end)

    assert gone(ran.courier)


def test_an_interrupted_courier_says_nothing_and_is_not_missed(settings: DeskSettings) -> None:
    program = """
os.kill(courier.pid, signal.SIGINT)
os.waitid(os.P_PID, courier.pid, os.WEXITED | os.WNOWAIT)
"""

    ran = run(settings, program + WORKS)

    assert ran.said == "body 123456789012 True"


def test_an_error_of_aws_arrives_as_it_is(settings: DeskSettings) -> None:
    program = """
try:
    reach.objects.get("no/such/key")
except Exception as error:
    print(type(error).__name__, courier.pid is not None)
"""

    assert run(settings, program).said == "NotThere True"


def test_an_endpoint_that_nobody_serves_is_told_with_all_that_is_known(settings: DeskSettings) -> None:
    nowhere = DeskSettings("bucket", "table", "eu-west-1", endpoint_url="http://127.0.0.1:9")
    program = """
try:
    reach.account.here()
except Exception as error:
    print(type(error).__name__, error.cause, error.sent, error.unreachable, courier.pid is not None)
"""

    assert run(nowhere, program).said == "AwsError transient False True True"


@pytest.fixture
def threaded(monkeypatch: pytest.MonkeyPatch, settings: DeskSettings) -> Iterator[Courier]:
    """A courier in a process that has threads."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    ended = threading.Event()
    other = threading.Thread(target=ended.wait, daemon=True)
    other.start()
    courier = Courier()
    yield courier
    courier.close()
    ended.set()
    other.join()


def test_where_there_are_threads_the_courier_is_one(threaded: Courier, settings: DeskSettings) -> None:
    reach = threaded.reach(settings)

    assert threaded.pid is None
    assert reach.locks.pointer(SCOPE) is None
    assert reach.account.here().account == "123456789012"
    with pytest.raises(NotThere):
        reach.objects.get("no/such/key")


def test_another_region_is_not_the_couriers(threaded: Courier, settings: DeskSettings) -> None:
    threaded.send(settings)

    elsewhere = threaded.reach(DeskSettings(settings.bucket, settings.table, "us-east-1", settings.endpoint_url))

    assert elsewhere.account.here().region == "us-east-1"
    assert threaded.reach(settings).account.here().region == "eu-west-1"
