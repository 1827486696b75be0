"""Writes docs/images/recording.svg: commands that are typed into a shell by this script, and what a terminal shows.

`python tools/recording.py` takes a minute or two. It starts a session (`panka dev`) in a folder of its own, and plays
SCENES there. Waits are shown shorter than they were; the clock in the corner tells the real time.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pyte
from film import Picture, Piece, Row, draw

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images" / "recording.svg"
TITLE = "Panka: apply, Ctrl-C, kill -9 of the worker, watch"
COLUMNS, ROWS = 100, 30
TICK = 0.5
"""Seconds between two pictures of what moves."""
PACE = 0.35
"""How long a second of waiting is shown, and no wait longer than two."""
LIMIT = 200_000
"""Bytes."""
PROMPT = "$ "
_LETTERS = re.compile(r"\S+(?: \S+)*")


@dataclass(frozen=True, slots=True)
class Scene:
    """A line that is typed, and a pattern of what must stand there when it is over, for `hold` seconds."""

    line: str
    leaves: str
    interrupt: str | None = None
    """Ctrl-C follows once this pattern is to be seen."""
    hold: float = 2.5


SCENES = (
    Scene("panka plan --local shop", leaves="59 resources to change", hold=3),
    Scene("panka apply --local -y shop", leaves="Stopped watching", interrupt=r"\] (1[5-9]|[2-5]\d)/59"),
    Scene("kill -9 {worker}    # the only worker", leaves="kill -9", hold=1),
    # Fewer seconds would mean that the run was over before the worker was killed.
    Scene("panka watch --local shop", leaves=r"#1 succeeded after (1[5-9]|[2-9]\d)s"),
    Scene("panka plan --local shop", leaves="Nothing changes", hold=5),
)


class Shell:
    """A shell in a pseudo-terminal, and the pictures taken of it."""

    def __init__(self, folder: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._began = time.monotonic()
        self.pictures: list[Picture] = []
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile"], _environment())
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._until(self._waits)

    def play(self, scene: Scene, **names: object) -> None:
        """Types the line, and returns when the shell waits for the next one."""
        line = scene.line.format(**names)
        for number in range(0, len(line), 4):  # as somebody types it
            self._send(line[number : number + 4])
            self._until(lambda typed=line[: number + 4]: self._row().endswith(typed.rstrip()))  # type: ignore[misc]
            self._take(shown=0.12)
        os.write(self._end, b"\n")
        self._read()
        if scene.interrupt:
            self._until(lambda: re.search(str(scene.interrupt), self._text) is not None)
            self._take(shown=1)
            self._send("\x03")
        self._until(self._waits)
        if not re.search(scene.leaves, self._text):
            raise SystemExit(f"`{line}` does not say `{scene.leaves}`:\n{self._text}")
        self._take(shown=scene.hold)

    def close(self) -> None:
        self._send("exit\n")
        os.waitpid(self._pid, 0)
        os.close(self._end)

    def _send(self, text: str) -> None:
        os.write(self._end, text.encode())

    @property
    def _text(self) -> str:
        return "\n".join(self._screen.display)

    def _row(self) -> str:
        return self._screen.display[self._screen.cursor.y].rstrip()

    def _waits(self) -> bool:
        return self._row() == PROMPT.rstrip() and self._screen.cursor.x == len(PROMPT)

    def _until(self, true: Callable[[], bool], seconds: float = 300) -> None:
        """Reads on until something is so, and takes a picture every TICK of what is new."""
        deadline = time.monotonic() + seconds
        while True:
            self._read()
            if true():
                return
            if time.monotonic() > deadline:
                raise SystemExit(f"It goes on for too long; the terminal shows:\n{self._text}")
            if not self.pictures or self._now() - self.pictures[-1].at >= TICK:
                self._take()

    def _read(self) -> None:
        while select.select([self._end], [], [], 0.02)[0]:
            self._stream.feed(os.read(self._end, 65_536))

    def _take(self, shown: float | None = None) -> None:
        """A picture of now. Without `shown` it stays as long as nothing else is to be seen, at PACE."""
        picture = Picture(tuple(map(self._pieces, range(ROWS))), self._now(), shown or 0.05)
        last = self.pictures[-1] if self.pictures else None
        if last and last.rows == picture.rows:
            self.pictures[-1] = replace(last, shown=max(last.shown, shown or 0, min(2, PACE * (picture.at - last.at))))
            return
        self.pictures.append(picture)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _pieces(self, number: int) -> Row:
        letters = [self._screen.buffer[number][column] for column in range(COLUMNS)]
        pieces: list[Piece] = []
        for (colour, bold), group in groupby(enumerate(letters), key=lambda one: (one[1].fg, one[1].bold)):
            found = list(group)
            text = "".join(letter.data for _, letter in found)
            pieces += (Piece(found[0][0] + one.start(), one[0], colour, bold) for one in _LETTERS.finditer(text))
        return tuple(pieces)


def _environment() -> dict[str, str]:
    """For commands of the recording: of this installation, in colour, and without settings of whoever records."""
    left_out = {"CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"}
    kept = {name: it for name, it in os.environ.items() if name not in left_out and not name.startswith("PANKA_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return kept | {"PATH": path, "TERM": "xterm-256color", "PS1": PROMPT, "LANG": "C.UTF-8", "USER": "ana"}


@contextmanager
def session(folder: Path) -> Iterator[Path]:
    """`panka dev` in this folder; gives the file that tells where its parts are."""
    told = folder / ".panka" / "local.json"
    line = [sys.executable, "-m", "panka.cli", "dev"]
    with (folder / "dev.log").open("wb") as log:
        process = subprocess.Popen(line, cwd=folder, env=_environment(), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while not told.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"`panka dev` has not begun:\n{(folder / 'dev.log').read_text()}")
            time.sleep(0.1)
        yield told
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="panka-recording-") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples" / "shop", folder / "shop")
        with session(folder) as told:
            shell = Shell(folder)
            for scene in SCENES:
                shell.play(scene, worker=json.loads(told.read_text())["workers"][0])
            shell.close()
    picture = draw(shell.pictures, COLUMNS, TITLE)
    size = len(picture.encode())
    if size > LIMIT:
        raise SystemExit(f"The recording has {size} bytes, more than {LIMIT}: raise TICK.")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(picture)
    print(f"{TARGET.relative_to(ROOT)}: {len(shell.pictures)} pictures, {size} bytes, {shell.pictures[-1].at:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
