"""The embedded session: a Temporal server, an AWS endpoint and workers, supervised by this process."""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from panka.cli import parts
from panka.cli.children import Child, Group
from panka.planner.resource import Model

FOLDER = ".panka"
_RESTARTS_A_MINUTE = 5
_READY = "worker ready"
"""What a worker logs when it takes work."""
_GRACE = 8
"""Seconds for a part to end by itself."""
_SETTLE = {"PANKA_GRACEFUL_SHUTDOWN": "5"}
"""A worker in the middle of a run gets less time than elsewhere: the run's server and all that it made end with it."""
_WORKER = (sys.executable, "-m", "panka.cli", "worker", "--deployment", "")
"""A session's workers carry out every run, whatever the project's settings say of releases."""


class LocalFailed(Exception):
    """The session cannot start or go on; the message says why, with the last words of the part that ended."""


class LocalInfo(Model):
    """Where a session's parts are. What `.panka/local.json` holds while the session lives."""

    temporal_address: str
    temporal_namespace: str = "default"
    task_queue: str = "panka"
    ui_url: str
    endpoint_url: str
    region: str = parts.REGION
    bucket: str = "panka-local"
    table: str = "panka-local"
    supervisor: int
    """Process ids, here and below."""
    temporal: int
    endpoint: int
    workers: tuple[int, ...]
    logs: Path
    started: float
    """Seconds since the epoch."""

    def environment(self) -> dict[str, str]:
        """The variables that make Panka, boto3 and the AWS command line work against this session."""
        return parts.credentials() | {
            "PANKA_TEMPORAL_ADDRESS": self.temporal_address,
            "PANKA_TEMPORAL_NAMESPACE": self.temporal_namespace,
            "PANKA_TASK_QUEUE": self.task_queue,
            "PANKA_BUCKET": self.bucket,
            "PANKA_TABLE": self.table,
            "PANKA_ENDPOINT_URL": self.endpoint_url,
            "PANKA_REGION": self.region,
        }


class Local:
    """A session of this process: over when `stop` is called, or when this process ends in any way at all.

    Workers and the Temporal server are started again when they die, the server on its file. The endpoint's death is
    the session's, because all that had been deployed was in its memory.
    """

    def __init__(
        self, folder: Path, on_event: Callable[[str], None], workers: int = 1, worker: Sequence[str] = _WORKER
    ) -> None:
        self._home = (folder / FOLDER).absolute()
        self._on_event = on_event
        self._over = threading.Event()
        self._fatal: str | None = None
        self._deaths: deque[float] = deque()
        self._supervisor = threading.Thread(target=self._supervise, name="panka-supervisor", daemon=True)
        self._started = time.time()
        self._ports = parts.free_ports()
        temporal, ui, endpoint = self._ports
        lines = parts.temporal_line(self._home / "temporal.db", temporal, ui), parts.endpoint_line(endpoint)
        self._lock = _take(self._home)
        self._group = Group()
        self._temporal = self._child("Temporal server", "temporal", lines[0], {})
        self._endpoint = self._child("AWS endpoint", "endpoint", lines[1], parts.ENDPOINT_SETTINGS)
        self._workers: list[Child] = []
        where = self.info.environment() | _SETTLE
        self._workers = [self._child(f"worker {n}", f"worker-{n}", worker, where) for n in range(1, workers + 1)]

    @property
    def info(self) -> LocalInfo:
        """Where the parts are now; a restart changes process ids only."""
        temporal, ui, endpoint = self._ports
        return LocalInfo(
            temporal_address=f"{parts.HOST}:{temporal}",
            ui_url=f"http://{parts.HOST}:{ui}",
            endpoint_url=f"http://{parts.HOST}:{endpoint}",
            supervisor=os.getpid(),
            temporal=self._temporal.pid,
            endpoint=self._endpoint.pid,
            workers=tuple(worker.pid for worker in self._workers),
            logs=self._home / "logs",
            started=self._started,
        )

    def begin(self, seconds: float) -> None:
        """Starts every part and returns when all of them answer. Raises LocalFailed after so many seconds."""
        temporal, ui, endpoint = self._ports
        until = time.monotonic() + seconds
        self._empty()
        for child in self._children:
            child.start()
        self._await(self._endpoint, lambda: parts.answers(endpoint), until)
        self._prepare_endpoint()
        self._on_event(f"The AWS endpoint answers at {self.info.endpoint_url}.")
        self._await(self._temporal, lambda: parts.answers(temporal) and parts.answers(ui), until)
        self._on_event(f"Temporal answers at {self.info.temporal_address}, its Web UI at {self.info.ui_url}.")
        for worker in self._workers:
            self._await(worker, lambda said=worker.said: said(_READY), until)  # type: ignore[misc]  # mypy takes no default of a lambda
        self._on_event(
            "The worker is ready." if len(self._workers) == 1 else f"{len(self._workers)} workers are ready."
        )
        self._write()
        self._supervisor.start()

    def wait(self) -> None:
        """Blocks until SIGINT, SIGTERM or SIGHUP arrives or `stop` is called; for the main thread only.

        Raises:
            LocalFailed: the endpoint has died, or a part dies again and again.
        """
        with _signals(self._over):
            self._over.wait()
        if self._fatal:
            raise LocalFailed(self._fatal)

    def stop(self) -> None:
        """Ends every part and waits for it; more often than once is fine."""
        self._over.set()
        if self._supervisor.is_alive():
            self._supervisor.join()
        (self._home / "local.json").unlink(missing_ok=True)
        # Workers first: they hand back to the server what they have begun.
        for child in (*self._workers, self._temporal, self._endpoint):
            child.stop(seconds=_GRACE)
        self._group.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _child(self, name: str, log: str, line: Sequence[str], settings: dict[str, str]) -> Child:
        return Child(name, line, parts.environment() | settings, self._home / "logs" / f"{log}.log", self._group)

    @property
    def _children(self) -> tuple[Child, ...]:
        return (self._endpoint, self._temporal, *self._workers)

    def _empty(self) -> None:
        """Removes what an earlier session left.

        The endpoint keeps what it makes in memory, so a session begins without a single resource. Runs of an earlier
        session, taken up again from its file, would go on changing what is no longer there.
        """
        logs = self._home / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True)
        (self._home / ".gitignore").write_text("*\n")
        for old in ("local.json", "temporal.db", "temporal.db-wal", "temporal.db-shm"):
            (self._home / old).unlink(missing_ok=True)

    def _await(self, child: Child, ready: Callable[[], bool], until: float) -> None:
        while not ready():
            if not child.alive:
                raise LocalFailed(_ended(child))
            if time.monotonic() > until:
                raise LocalFailed(f"The {child.name} is not ready in time. Its log ends with:\n{child.last_words()}")
            time.sleep(0.05)

    def _prepare_endpoint(self) -> None:
        import boto3  # noqa: PLC0415 - half a second that only a starting session pays

        from panka.activities.stores.backend import create_backend  # noqa: PLC0415 - brings boto3

        info = self.info
        parts.endpoint_prepare(info.endpoint_url)
        session = boto3.Session(parts.KEY, parts.KEY, region_name=info.region)
        s3 = session.client("s3", endpoint_url=info.endpoint_url)
        dynamodb = session.client("dynamodb", endpoint_url=info.endpoint_url)
        create_backend(s3, dynamodb, info.bucket, info.table)

    def _write(self) -> None:
        """Replaces `local.json` in one move, so that no reader sees half of it."""
        new = self._home / "local.json.new"
        new.write_text(self.info.model_dump_json(by_alias=True, indent=2) + "\n")
        new.replace(self._home / "local.json")

    def _supervise(self) -> None:
        while not self._over.wait(0.2):
            for child in self._children:
                if not child.alive and not self._revive(child):
                    self._fatal = _ended(child)
                    (self._home / "local.json").unlink(missing_ok=True)
                    self._over.set()
                    self._on_event(self._fatal)
                    return

    def _revive(self, child: Child) -> bool:
        """Starts a dead part again, unless that is of no use."""
        now = time.monotonic()
        self._deaths.append(now)
        while self._deaths[0] < now - 60:
            self._deaths.popleft()
        if child is self._endpoint or len(self._deaths) > _RESTARTS_A_MINUTE:
            return False
        self._on_event(f"The {child.name} has ended ({child.code}) and is started again.")
        child.start()
        self._write()
        return True


def start(
    folder: Path,
    on_event: Callable[[str], None],
    *,
    workers: int = 1,
    worker: Sequence[str] = _WORKER,
    seconds: float = 90,
) -> Local:
    """Brings a session up for the project in this folder and returns when it is ready for runs.

    `on_event` hears a sentence for each thing that happens, later on from the supervising thread. Raises LocalFailed.
    """
    with _alone(seconds):
        try:
            local = Local(folder, on_event, workers, worker)
        except parts.PartMissing as error:
            raise LocalFailed(str(error)) from error
        try:
            local.begin(seconds)
        except BaseException:
            local.stop()
            raise
    return local


@contextmanager
def _alone(seconds: float) -> Iterator[None]:
    """Lets one session of this user start at a time: between choosing a port and listening on it lies a second."""
    until = time.monotonic() + seconds
    path = Path(tempfile.gettempdir()) / f"panka-{os.getuid()}.lock"
    with path.open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise LocalFailed(f"Another session has been starting for {seconds:.0f} s.") from None
                time.sleep(0.1)
            else:
                break
        yield


def running(folder: Path) -> LocalInfo | None:
    """The live session of this folder, if there is one. What a dead one left is ignored."""
    home = folder / FOLDER
    try:
        info = LocalInfo.model_validate_json((home / "local.json").read_bytes())
    except (OSError, ValueError):
        return None
    ports = [int(at.rpartition(":")[2]) for at in (info.temporal_address, info.endpoint_url)]
    return info if _taken(home) and all(map(parts.answers, ports)) else None


def _take(home: Path) -> int | None:
    """Claims the folder for one session, until the file is closed. The kernel closes it when this process ends."""
    home.mkdir(parents=True, exist_ok=True)
    lock = os.open(home / "local.lock", os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(10):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)  # somebody may only be looking
        else:
            return lock
    os.close(lock)
    raise LocalFailed(f"Another session of {home.parent} is running or starting. Use that one, or stop it.")


def _taken(home: Path) -> bool:
    """Whether a living process has claimed the folder. A process id may be somebody else's by now; a lock is not."""
    try:
        lock = os.open(home / "local.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _ended(child: Child) -> str:
    return f"The {child.name} has ended ({child.code}). Its log ends with:\n{child.last_words()}"


@contextmanager
def _signals(over: threading.Event) -> Iterator[None]:
    """Turns the signals that end a program into the event, for as long as the block lasts."""

    def note(_number: int, _frame: FrameType | None) -> None:
        over.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
