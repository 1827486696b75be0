"""Commands and workers as forks of a process that has Panka loaded: from nothing, each takes half a second of a
processor to load it again. What a start from nothing needs is tested where nothing else is (`tests/cli`)."""

import asyncio
import contextlib
import gc
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

_LARGEST = 1 << 16
"""Bytes of what is asked for one process: its words, its folder and its environment."""
_STARTS_WITHIN = 60.0
_READ_AT_START = ("PYTHON", "LANG", "LC_", "TZ")
"""Variables that an interpreter reads when it starts, or soon after: a fork would not see them."""


def can_fork(environment: Mapping[str, str]) -> bool:
    """Whether a fork of a process with this one's environment does what a new process with that one would do."""
    named = {name for name in {**environment, **os.environ} if name.startswith(_READ_AT_START)}
    return all(environment.get(name) == os.environ.get(name) for name in named - {"PYTHONDONTWRITEBYTECODE"})


@dataclass
class Forked:
    """A process as `asyncio.subprocess.Process` is one."""

    pid: int
    stdout: asyncio.StreamReader | None
    stderr: asyncio.StreamReader | None
    _told: asyncio.StreamReader
    returncode: int | None = None
    _ending: "asyncio.Task[None]" = field(init=False)

    def __post_init__(self) -> None:
        self._ending = asyncio.create_task(self._end())

    async def _end(self) -> None:
        self.returncode = int(await self._told.readline() or -signal.SIGKILL)

    async def wait(self) -> int:
        await asyncio.shield(self._ending)
        assert self.returncode is not None
        return self.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """What it has said, at its end."""
        out, err, _ = await asyncio.gather(_rest(self.stdout), _rest(self.stderr), self.wait())
        return out, err

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


async def _rest(stream: asyncio.StreamReader | None) -> bytes:
    return await stream.read() if stream is not None else b""


class Template:
    """The process that is forked. It is started when it is first needed, and ends with the one that started it."""

    def __init__(self) -> None:
        self._asked: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def fork(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], log: int | None = None
    ) -> Forked:
        """Runs `panka` with these words. What it says goes to the file `log`, or into pipes."""
        if self._asked is None:
            self._asked = self._started()
        ours, theirs = [], []
        for _ in range(1 if log is not None else 3):
            read, write = os.pipe()
            ours.append(read)
            theirs.append(write)
        told, *streams = [await _reader(one) for one in ours]
        outputs = [log, log] if log is not None else theirs[1:]
        said = json.dumps({"words": words, "folder": str(folder), "environment": dict(environment)}).encode()
        socket.send_fds(self._asked, [said], [theirs[0], *outputs])
        for one in theirs:
            os.close(one)
        pid = int(await asyncio.wait_for(told.readline(), _STARTS_WITHIN))
        out, err = streams or (None, None)
        return Forked(pid, out, err, told)

    def _started(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            line, nothing = [sys.executable, "-P", __file__, str(theirs.fileno())], subprocess.DEVNULL
            self._process = subprocess.Popen(line, pass_fds=[theirs.fileno()], stdin=nothing, stdout=nothing)
        return ours


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb"))
    return reader


def _load() -> None:
    """All that commands and workers load, but nothing is begun."""
    from panka.cli import commands

    for module in pkgutil.iter_modules(commands.__path__, "panka.cli.commands."):
        import_module(module.name)


def _serve(asked: socket.socket) -> None:
    """Forks whenever it is asked to, and tells of each fork its number, and at its end how it ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not asked:
                    selector.unregister(key.fileobj)
                    pid, told = key.data
                    _, status = os.waitpid(pid, 0)
                    _tell(told, os.waitstatus_to_exitcode(status))
                    os.close(told)
                    os.close(key.fd)
                    continue
                said, streams, _, _ = socket.recv_fds(asked, _LARGEST, 3)
                if not said:
                    return
                told, *outputs = streams
                pid = os.fork()
                if pid == 0:
                    selector.close()
                    asked.close()
                    _become(json.loads(said), told, outputs)
                _tell(told, pid)
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, told))
                for one in outputs:
                    os.close(one)


def _tell(told: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(told, f"{number}\n".encode())


def _become(asked: dict[str, Any], told: int, outputs: Sequence[int]) -> NoReturn:
    """Has no other way out: what has called `fork` goes on in the process that did."""
    try:
        os.close(told)
        for number, one in enumerate(outputs, 1):
            os.dup2(one, number)
            os.close(one)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal, wherever the tests were started
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["panka", *asked["words"]]
        from panka.cli.__main__ import main

        main()
    except BaseException:  # noqa: BLE001  # whatever it is, the process ends here
        traceback.print_exc()
    finally:
        os._exit(70)


if __name__ == "__main__":
    _load()
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
