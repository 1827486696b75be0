"""How a run is shown while it is followed: drawn again and again in a terminal, line by line everywhere else."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from panka.cli.doing import doing
from panka.cli.runs import Handle, Runs
from panka.cli.views.canvas import Canvas, Size
from panka.cli.views.live import Live
from panka.cli.views.run import Narrator, View
from panka.cli.views.screen import Screen

_FRAME = 0.1
"""Seconds between two frames at least."""
_LOOK = 2.0
"""Seconds between two looks at what the steps wait for."""


@asynccontextmanager
async def shown(
    screen: Screen, runs: Runs, handle: Handle, scope: object, by: str, hint: str
) -> AsyncIterator[tuple[View, Callable[[str], None]]]:
    """A view of the run, and what takes the lines that stay. `hint` is for whoever might press Ctrl-C."""
    if not screen.terminal.motion:
        screen.tell(hint)
        yield Narrator(scope, by, screen), screen.tell
        return
    screen.tell()
    live, canvas = Live(scope, by, screen, hint), Canvas(sys.stderr, _size)
    tasks = asyncio.create_task(_draw(live, canvas)), asyncio.create_task(_heed(live, runs, handle))
    try:
        yield live, canvas.tell
    finally:
        for task in tasks:
            task.cancel()
        canvas.close()


async def _draw(live: Live, canvas: Canvas) -> None:
    while True:
        began = time.process_time()
        canvas.draw(live.footer(time.time(), canvas.size()))
        # Of a run of many thousand steps, drawing takes no more than a tenth of the time either.
        await asyncio.sleep(max(_FRAME, 10 * (time.process_time() - began)))


async def _heed(live: Live, runs: Runs, handle: Handle) -> None:
    while True:
        live.heed(await doing(runs, handle))
        await asyncio.sleep(_LOOK)


def _size() -> Size:
    """Of the terminal, which may be another at any time."""
    try:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return Size(80, 24)
    return Size(columns or 80, rows or 24)
