"""Rings when something happens in a run, without anybody being asked again and again."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

from temporalio.service import RPCError

from panka.cli.runs import Handle

_LONGEST = timedelta(seconds=90)
"""For one wait: the server ends it by itself after some 20 seconds, and one that is lost never does."""
_REST = 0.01
"""Part of the time since it began for which a bell rests after each ring: a large run rings fifty times a second."""
_LONGEST_REST = 0.25
"""Seconds."""
_AGAIN = 1.0
"""Seconds before a server is asked again that did not answer, or has nothing more to say."""


class Bell:
    """Waits at the server for what is written into a run's history. No worker takes part, and nothing is polled.

    A context: it listens while it is open.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._rung = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._end = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.cancel()

    @property
    def over(self) -> bool:
        """The history is complete: the run has ended, in whatever way."""
        return self._end.is_set()

    async def pause(self, seconds: float) -> None:
        """Returns after so many seconds, or at the run's end."""
        if self.over:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._end.wait(), seconds)

    async def rung(self, seconds: float) -> None:
        """Returns when something has happened since the last time, and after so many seconds at the latest."""
        if self.over:
            seconds = min(seconds, _AGAIN)  # nothing more will ring
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
            self._rung.clear()

    async def _listen(self) -> None:
        token: bytes | None = None
        since = time.monotonic()
        while not self.over:
            pages = self._handle.fetch_history_events(
                wait_new_event=True, next_page_token=token, skip_archival=True, rpc_timeout=_LONGEST
            )
            try:
                await pages.fetch_next_page()
            except RPCError:
                self._rung.set()  # whoever looks finds out what is the matter
                await asyncio.sleep(_AGAIN)
                continue
            token = pages.next_page_token
            if token is None:
                self._end.set()
            if pages.current_page or self.over:
                self._rung.set()
            if not self.over:
                await asyncio.sleep(min(_REST * (time.monotonic() - since), _LONGEST_REST))
