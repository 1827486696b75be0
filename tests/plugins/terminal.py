"""A command in a pseudo-terminal, and what a person sees there, as an emulator of terminals draws it."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

MOVES = re.compile(rb"\x1b(?!\[[\d;]*m)|\r(?!\n)|[\x08\x0b\x0c]")
"""Control codes other than colours: what moves the cursor or erases."""


class Terminal:
    """One command. Its output is drawn as it comes; `raw` is all of it."""

    def __init__(self, *words: str, folder: Path, env: Mapping[str, str], columns: int = 100, rows: int = 24) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=20_000, ratio=0.5)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self.code: int | None = None
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests that run in the background of a shell are deaf to it
            os.chdir(folder)
            os.execve(sys.executable, [sys.executable, "-m", "panka.cli", *words], {**env, "TERM": "xterm-256color"})
        os.set_blocking(self._end, False)
        self._announce(columns, rows)

    @property
    def lines(self) -> list[str]:
        """The rows that are on the screen now."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def above(self) -> list[str]:
        """The lines that have left the screen upwards."""
        width = self._screen.columns
        return ["".join(line[x].data for x in range(width)).rstrip() for line in self._screen.history.top]

    @property
    def cursor_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self._announce(columns, rows)

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.type("\x03")

    async def until(self, true: Callable[[], bool], seconds: float = 120) -> None:
        """Reads on until something is to be seen, or fails after a deadline, showing what is to be seen instead."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"Waited {seconds} s; on the screen is:\n" + "\n".join(self.lines)
            ended = self._ended()
            self._read()
            assert true() or not ended, f"It ended with {self.code}:\n" + "\n".join([*self.above, *self.lines])
            await asyncio.sleep(0.02)

    async def end(self, seconds: float = 120) -> int:
        """The exit code, once the command has ended and all that it said is drawn."""
        deadline = time.monotonic() + seconds
        while not self._ended():
            assert time.monotonic() < deadline, f"It has not ended after {seconds} s:\n" + "\n".join(self.lines)
            self._read()
            await asyncio.sleep(0.02)
        self._read()
        assert self.code is not None
        return self.code

    def close(self) -> None:
        """Ends the command, if it has not ended."""
        if not self._ended():
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._end)

    def _read(self) -> None:
        while True:
            try:
                said = os.read(self._end, 65_536)
            except OSError:  # nothing to read now, or the other end is closed
                return
            if not said:
                return
            self.raw += said
            self._stream.feed(said)

    def _ended(self) -> bool:
        if self.code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is not None

    def _announce(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
