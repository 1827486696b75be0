"""Containers: an AWS endpoint, a Temporal server and Panka's own image on one network.

Settings, all environment variables:

- PANKA_LIVE_BASE: the image to build on, `python:3.12-slim` or one made here (tools/live.sh). Without it these tests
  are skipped.
- PANKA_LIVE_ENDPOINT_IMAGE: an image whose entry point is moto's server, `motoserver/moto:5.2.5`. Else one is built.
- PANKA_LIVE_TEMPORAL_IMAGE: an image whose entry point is Temporal's command line. Else one is built.
- PANKA_LIVE_BUILD_NETWORK: the network that builds use, `host` where an engine has no other way out.
- PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, PIP_TRUSTED_HOST: handed on to the builds.
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# Its clean-up container would have to be pulled; every container here is stopped by its own fixture.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

import docker
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from panka.cli import parts

ROOT = Path(__file__).parents[2]
BUCKET = TABLE = "panka-live"
_BUILD_ARGS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")


@dataclass(frozen=True, slots=True)
class Image:
    """How to come by an image: given by name, or built from a Dockerfile's target."""

    folder: Path
    dockerfile: str
    target: str | None
    tag: str

    def built(self, engine: docker.DockerClient, base: str) -> str:
        arguments = {name: os.environ[name] for name in _BUILD_ARGS if name in os.environ} | {"BASE": base}
        image, _ = engine.images.build(
            path=str(self.folder),
            dockerfile=self.dockerfile,
            target=self.target,
            tag=self.tag,
            buildargs=arguments,
            network_mode=os.environ.get("PANKA_LIVE_BUILD_NETWORK"),
            rm=True,
        )
        return str(image.id)


@pytest.fixture(scope="session")
def base() -> str:
    image = os.environ.get("PANKA_LIVE_BASE")
    if not image:
        pytest.skip("PANKA_LIVE_BASE names no image to build on (see tests/live/conftest.py).")
    return image


@pytest.fixture(scope="session")
def engine(base: str) -> Iterator[docker.DockerClient]:
    try:
        client = docker.from_env(timeout=900)
        client.ping()
    except DockerException as error:
        pytest.skip(f"No container engine answers: {error}")
    yield client
    client.close()


@pytest.fixture(scope="session")
def worker_image(engine: docker.DockerClient, base: str) -> str:
    return Image(ROOT, "Dockerfile", None, "panka-worker:live").built(engine, base)


@pytest.fixture(scope="session")
def network(engine: docker.DockerClient) -> Iterator[Network]:
    with Network() as network:
        yield network


@dataclass(frozen=True, slots=True)
class Place:
    """One service as the other containers and as this machine see it."""

    inside: str
    outside: str


def _until(what: str, claim: Callable[[], bool], container: DockerContainer, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            out, err = container.get_logs()
            pytest.fail(f"{what} after {seconds:.0f} s:\n{(out + err).decode(errors='replace')[-4000:]}")
        time.sleep(0.25)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def endpoint(engine: docker.DockerClient, base: str, network: Network) -> Iterator[Place]:
    """An AWS endpoint in memory."""
    image = os.environ.get("PANKA_LIVE_ENDPOINT_IMAGE") or Image(
        ROOT / "tests" / "live", "Dockerfile", "endpoint", "panka-live-endpoint"
    ).built(engine, base)
    container = (
        DockerContainer(image, command="-H 0.0.0.0 -p 5005", env=dict(parts.ENDPOINT_SETTINGS))
        .with_network(network)
        .with_network_aliases("aws")
        .with_exposed_ports(5005)
    )
    with container:
        outside = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(5005)}"
        _until("The endpoint does not answer", lambda: _answers(f"{outside}/moto-api/"), container)
        yield Place("http://aws:5005", outside)


@pytest.fixture(scope="session")
def temporal(engine: docker.DockerClient, base: str, network: Network) -> Iterator[Place]:
    """A Temporal server with its Web UI."""
    image = os.environ.get("PANKA_LIVE_TEMPORAL_IMAGE") or Image(
        ROOT / "tests" / "live", "Dockerfile", "temporal", "panka-live-temporal"
    ).built(engine, base)
    attributes = [f"--search-attribute {name}={kind}" for name, kind in parts.SEARCH_ATTRIBUTES.items()]
    container = (
        DockerContainer(image, command=f"server start-dev --ip 0.0.0.0 --log-level error {' '.join(attributes)}")
        .with_network(network)
        .with_network_aliases("temporal")
        .with_exposed_ports(7233, 8233)
    )
    with container:
        host = container.get_container_host_ip()
        ui = f"http://{host}:{container.get_exposed_port(8233)}"
        _until("Temporal does not answer", lambda: _answers(ui), container)
        yield Place("temporal:7233", f"{host}:{container.get_exposed_port(7233)}")


@pytest.fixture(scope="session")
def panka(worker_image: str, endpoint: Place, temporal: Place, network: Network) -> Callable[..., DockerContainer]:
    """Makes a container of Panka's image that knows the others; not started yet."""

    def make(command: str) -> DockerContainer:
        environment = parts.credentials() | {
            "PANKA_TEMPORAL_ADDRESS": temporal.inside,
            "PANKA_ENDPOINT_URL": endpoint.inside,
            "PANKA_REGION": parts.REGION,
            "PANKA_BUCKET": BUCKET,
            "PANKA_TABLE": TABLE,
        }
        return DockerContainer(worker_image, command=command, env=environment).with_network(network)

    return make


@pytest.fixture(scope="session")
def backend(panka: Callable[..., DockerContainer]) -> None:
    """Bucket and table, made by the image's own command."""
    with panka("backend create") as container:
        ended = container.get_wrapped_container().wait(timeout=120)
        out, err = container.get_logs()
    assert ended["StatusCode"] == 0, (out + err).decode(errors="replace")


@pytest.fixture
def worker(panka: Callable[..., DockerContainer], backend: None) -> Iterator[DockerContainer]:
    """A worker that says of itself that it is healthy."""
    with panka("worker") as container:
        wrapped = container.get_wrapped_container()

        def healthy() -> bool:
            wrapped.reload()
            return bool(wrapped.health == "healthy")

        _until("The worker is not healthy", healthy, container)
        yield container


@pytest.fixture
def command(endpoint: Place, temporal: Place, tmp_path: Path) -> Callable[..., str]:
    """Runs the command line on this machine against the containers; returns its stdout if it ends with 0."""
    environment = (
        os.environ
        | parts.credentials()
        | {
            "PANKA_TEMPORAL_ADDRESS": temporal.outside,
            "PANKA_ENDPOINT_URL": endpoint.outside,
            "PANKA_REGION": parts.REGION,
            "PANKA_BUCKET": BUCKET,
            "PANKA_TABLE": TABLE,
            "PANKA_TENANT": "live",
            "PANKA_ENV": "dev",
        }
    )

    def run(*arguments: str) -> str:
        line = [sys.executable, "-m", "panka.cli", *arguments]
        done = subprocess.run(
            line, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
