"""Processes that do not outlive the one that started them."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

# The group's leader waits for its pipe to close, which the kernel does however the supervisor ends, SIGKILL included.
# A parent-death signal would be Linux's alone, and is tied to the thread that forked, which here may end first.
_GUARD = 'trap "" TERM INT HUP; read -r end; kill -TERM 0; sleep "$1"; kill -KILL 0'
_GRACE = "8"


class Group:
    """A process group that ends when this process does."""

    def __init__(self) -> None:
        self._guard = subprocess.Popen(  # noqa: S603 - the script is ours
            ["/bin/sh", "-c", _GUARD, "panka-guard", _GRACE],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    @property
    def id(self) -> int:
        """The group's number, which is the guard's process id."""
        return self._guard.pid

    def close(self) -> None:
        """Ends the guard alone; members are to be stopped before, each in its own way."""
        self._guard.kill()
        self._guard.wait()
        if self._guard.stdin:
            self._guard.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Child:
    """One process of a group: it can be started again, and everything that it says is in its log."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    group: Group
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _from: int = field(default=0, init=False)

    def start(self) -> None:
        """Starts the process. Its output is added to the log: an undrained pipe would stop a talkative child."""
        with self.log.open("ab") as log:
            self._from = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - the command lines are ours
                list(self.argv),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=self.group.id,
            )

    @property
    def pid(self) -> int:
        """0 before the first start."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended: its exit code, or minus the signal's number; None while it runs."""
        return self._process.poll() if self._process else None

    def said(self, words: str) -> bool:
        """Whether its log has these words since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._from)
            return words.encode() in log.read()

    def last_words(self, lines: int = 8) -> str:
        """The end of its log, for an error message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, seconds: float) -> None:
        """Ends the process: SIGTERM, and SIGKILL if it still runs after so many seconds."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
