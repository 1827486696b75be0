"""An endpoint that is far away: a proxy on the loopback that holds every call back for a while, and counts them."""

import asyncio
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager


class Far:
    """A thread of its own, so that whoever waits for a command need not turn a loop."""

    def __init__(self, upstream: str, seconds: float) -> None:
        self._upstream = urllib.parse.urlsplit(upstream)
        self._seconds = seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.calls = 0
        self.url = ""

    def start(self) -> None:
        self._thread.start()
        serving = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(serving, self._loop).result(30)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        # Clients send one call at a time, so a call begins with the first bytes after an answer.
        answered = asyncio.Event()
        answered.set()
        await asyncio.gather(self._send(reader, back, answered), self._answer(there, writer, answered))

    async def _send(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, answered: asyncio.Event) -> None:
        while data := await _read(reader):
            if answered.is_set():
                answered.clear()
                self.calls += 1
                await asyncio.sleep(self._seconds)
            back.write(data)
        back.close()

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, answered: asyncio.Event) -> None:
        while data := await _read(there):
            if not data.startswith(b"HTTP/1.1 100"):
                answered.set()
            writer.write(data)
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(2**16)
    except ConnectionError:
        return b""


@contextmanager
def far(upstream: str, seconds: float) -> Iterator[Far]:
    """The endpoint as it is from far away, for as long as the block lasts."""
    one = Far(upstream, seconds)
    one.start()
    try:
        yield one
    finally:
        one.stop()
