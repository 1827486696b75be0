"""AWS endpoints over HTTP: real server processes on free ports, each started once when a test first asks for it."""

import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MINISTACK = "ministack==1.5.33"
MINISTACK_VENV = ROOT / ".venv-ministack"
"""Of its own, because ministack pins another botocore than ours."""
MICROBURST = "microburst==0.10.0"
MICROBURST_VENV = ROOT / ".venv-microburst"
"""Of its own, for the same reason."""
THROTTLES = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "ec2": "RequestLimitExceeded",
    "iam": "Throttling",
    "lambda": "TooManyRequestsException",
    "s3": "SlowDown",
    "sns": "Throttled",
    "sqs": "RequestThrottled",
}
"""How each service says that it is asked too much."""
STARTS_WITHIN = 60.0

MOTO_SETTINGS = {
    "MOTO_ECS_SERVICE_RUNNING": "2",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ACM_VALIDATION_WAIT": "1",
}


def free_port() -> int:
    """A port that nobody listened on a moment ago, and that the system gives to no client.

    A client that asks again and again for a killed server can be given that server's port for itself.
    """
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port := random.randrange(20_000, 32_000)))
            except OSError:
                continue
            return port


@contextmanager
def served(command: Sequence[str], url: str, log: Path, env: Mapping[str, str]) -> Iterator[str]:
    """The url of a server process that answers there; the process ends with the block."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **env}, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            _until_it_answers(process, url, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{process.args!r} does not answer at {url}:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def moto(log: Path) -> Iterator[str]:
    """A moto server of one's own."""
    port = free_port()
    command = [sys.executable, "-P", str(Path(__file__).with_name("lean_moto.py")), "-H", "127.0.0.1", "-p", str(port)]
    with served(command, f"http://127.0.0.1:{port}", log, MOTO_SETTINGS) as url:
        yield url


@contextmanager
def emptied(url: str) -> Iterator[str]:
    """A moto server that is there, with nothing in it."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=60).close()
    yield url


@contextmanager
def ministack(log: Path, **settings: str) -> Iterator[str]:
    """A ministack server of one's own; `settings` go to its environment (`AUTH="true"`)."""
    port = free_port()
    env = {"GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING", "STATE_DIR": str(log.parent / "state"), **settings}
    with served([str(ministack_command())], f"http://127.0.0.1:{port}", log, env) as url:
        yield url


@contextmanager
def guarded(log: Path) -> Iterator[str]:
    """A ministack server of one's own that evaluates IAM; `test` and `test` are the keys of its root user."""
    port = free_port()
    settings = {
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "STATE_DIR": str(log.parent / "state"),
        "AUTH": "true",
    }
    interpreter = ministack_command().with_name("python")
    command = [str(interpreter), str(Path(__file__).with_name("leading_keys.py"))]
    with served(command, f"http://127.0.0.1:{port}", log, settings) as url:
        yield url


def ministack_command() -> Path:
    """Where ministack is installed; installs it when it is missing."""
    return _installed(MINISTACK, MINISTACK_VENV)


def _installed(requirement: str, folder: Path) -> Path:
    """A package's command, in an environment that is made when it is missing."""
    command = folder / "bin" / requirement.partition("==")[0]
    if not command.exists():
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", requirement]
        subprocess.run(pip, check=True, capture_output=True, timeout=600)
    return command


@contextmanager
def throttling(upstream: str, log: Path) -> Iterator[str]:
    """An endpoint that throttles one call of eight, in the words and the form that AWS has for the call's protocol."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(_installed(MICROBURST, MICROBURST_VENV)), "--upstream", upstream, "--port", str(port)]
    with served(command, f"{url}/_microburst/health", log, {}):
        order = urllib.request.Request(
            f"{url}/_microburst/rules",
            json.dumps([_throttle(service, code) for service, code in THROTTLES.items()]).encode(),
            {"content-type": "application/json"},
        )
        urllib.request.urlopen(order, timeout=60).close()
        yield url


def _throttle(service: str, code: str) -> dict[str, object]:
    return {"service": service, "probability": 0.125, "error": {"code": code}}


@contextmanager
def cloud_control(log: Path) -> Iterator[str]:
    """A Cloud Control API of one's own, with nothing behind it."""
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("fake_cloud_control.py")), str(port)]
    with served(command, f"http://127.0.0.1:{port}", log, {}) as url:
        yield url


@pytest.fixture(scope="session")
def moto_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a moto server that the whole test session shares."""
    with moto(tmp_path_factory.mktemp("moto") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a ministack server that the whole test session shares."""
    with ministack(tmp_path_factory.mktemp("ministack") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def throttling_url(ministack_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the ministack server through a proxy that throttles."""
    with throttling(ministack_url, tmp_path_factory.mktemp("throttling") / "log") as url:
        yield url


@pytest.fixture(scope="session")
def cloud_control_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Cloud Control API that the whole test session shares."""
    with cloud_control(tmp_path_factory.mktemp("cloud-control") / "log") as url:
        yield url
