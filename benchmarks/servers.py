"""The servers that runs need, as processes of the benchmark: none outlives it, however it ends."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from far import Far, far_line

from panka.cli import parts
from panka.cli.children import Child, Group

ROOT = Path(__file__).parents[1]
PANKA = (sys.executable, "-m", "panka.cli")
WORKER = (*PANKA, "worker")
TENANT = ENVIRONMENT = "bench"
_PATIENCE = 90
"""Seconds for a server to answer."""
_numbers = count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((parts.HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def endpoint(
    home: Path, group: Group, line: Callable[[int], list[str]] = parts.endpoint_line
) -> Iterator[tuple[Child, str]]:
    """A moto server with a bucket and a table for state, and its URL. `line` starts it at a port."""
    port = free_port()
    url = f"http://{parts.HOST}:{port}"
    with started("endpoint", line(port), parts.ENDPOINT_SETTINGS, home, group) as child:
        until(child, lambda: parts.answers(port))
        made = [*PANKA, "backend", "create"]
        subprocess.run(made, env=environment(url), check=True, capture_output=True, timeout=_PATIENCE)
        yield child, url


@contextmanager
def started(
    name: str, line: Sequence[str], environment: Mapping[str, str], home: Path, group: Group
) -> Iterator[Child]:
    """A process whose log is in `home`, for as long as the block lasts."""
    child = Child(name, line, {**os.environ, **environment}, home / f"{name}-{next(_numbers)}.log", group)
    child.start()
    try:
        yield child
    finally:
        child.stop(10)


def environment(url: str) -> dict[str, str]:
    """That in which Panka reaches an endpoint and nothing else."""
    said = {
        "PANKA_ENDPOINT_URL": url, "PANKA_REGION": parts.REGION, "PANKA_BUCKET": "bench", "PANKA_TABLE": "bench",
        "PANKA_TENANT": TENANT, "PANKA_ENV": ENVIRONMENT, "PYTHONPATH": str(ROOT / "typings"),
    }  # fmt: skip
    return parts.environment() | said


def until(child: Child, ready: Callable[[], bool]) -> None:
    """Returns when the process is ready. SystemExit: it has ended, or is not ready in time."""
    end = time.monotonic() + _PATIENCE
    while not ready():
        if not child.alive or time.monotonic() > end:
            raise SystemExit(f"The {child.name} is not ready. Its log ends with:\n{child.last_words()}")
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Servers:
    """Temporal on a file, and an AWS endpoint."""

    home: Path
    url: str
    address: str
    group: Group
    children: Mapping[str, Child]

    @contextmanager
    def worker(self, url: str, line: Sequence[str] = WORKER) -> Iterator[tuple[Child, dict[str, str]]]:
        """A worker with a queue of its own, and the environment of commands whose runs it carries out."""
        queue = {"PANKA_TASK_QUEUE": f"bench-{next(_numbers)}", "PANKA_TEMPORAL_ADDRESS": self.address}
        said = environment(url) | queue
        with started("worker", line, said, self.home, self.group) as child:
            until(child, lambda: child.said("worker ready"))
            yield child, said

    @contextmanager
    def far(self, seconds: float) -> "Iterator[tuple[Far, Servers]]":
        """An endpoint that takes so many seconds longer for each call, and these servers with it as the endpoint."""
        with endpoint(self.home, self.group, lambda port: far_line(port, seconds)) as (child, url):
            yield Far(url), replace(self, url=url, children={**self.children, "endpoint": child})

    def used(self, worker: Child | None = None) -> dict[str, float]:
        """Seconds of CPU that each process has used since it began."""
        return {
            name: _used(child) for name, child in {**self.children, **({"worker": worker} if worker else {})}.items()
        }


@contextmanager
def servers(home: Path) -> Iterator[Servers]:
    """Servers of one's own, as `panka dev` starts them."""
    ports = free_port(), free_port()
    line = parts.temporal_line(home / "temporal.db", *ports)
    with (
        Group() as group,
        endpoint(home, group) as (moto, url),
        started("temporal", line, {}, home, group) as temporal,
    ):
        until(temporal, lambda: parts.answers(ports[0]))
        yield Servers(home, url, f"{parts.HOST}:{ports[0]}", group, {"temporal": temporal, "endpoint": moto})


def peak(child: Child) -> float:
    """The most memory that a process has had, in megabytes; 0 where the system does not tell."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) / 1024 if found else 0


def _used(child: Child) -> float:
    try:
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
