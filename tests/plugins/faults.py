"""A proxy before an AWS endpoint that counts what passes and breaks what a test orders."""

import asyncio
import json
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from plugins.aws_requests import Request

_XML = {"content-type": "text/xml"}
_HOP = {b"connection", b"transfer-encoding", b"content-length", b"keep-alive"}


@dataclass
class Answer:
    """An answer that is given instead of the endpoint's."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    service: str = ""
    """Given to requests of this service alone; empty: to all."""


StandIn: TypeAlias = Callable[[str, bytes], Answer]
"""Answers a request by its operation (`PutScalingPolicy`) and its body."""


def refusal(code: str) -> Answer:
    """A refusal as the services of the query protocol (RDS, ElastiCache) say it."""
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>It is not in a state for that.</Message>"
    body = f"<ErrorResponse><Error>{error}</Error><RequestId>r</RequestId></ErrorResponse>"
    return Answer(400, body.encode(), {"content-type": "text/xml"})


def refused(request: Request, code: str, status: int = 400) -> Answer:
    """A refusal as the service says it that the request is for."""
    if request.service == "s3":
        return Answer(status, f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode(), _XML)
    if request.is_form:
        return replace(refusal(code), status=status)
    body = {"__type": code, "message": "No."}
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/x-amz-json-1.0"})


@dataclass(frozen=True)
class Rule:
    """What goes wrong with the requests that it means."""

    meant: Callable[[Request], bool]
    """Asked once for each request, so it may count or draw."""
    answer: Callable[[Request], Answer] | None = None
    """Given instead of the endpoint's. None: the request takes effect, and its reply is lost."""


@dataclass(frozen=True)
class Passed:
    """A changing request that reached the endpoint."""

    operation: str
    names: tuple[str, ...]
    """What it is about (`c7-dev-jobs-4835b9`): the same for the same resource, however and by whom it is called."""
    status: int


@dataclass
class Faults:
    """What passed through the proxy since the last `reset`, and what is to go wrong."""

    url: str = ""
    mutations: list[str] = field(default_factory=list)
    """Changing requests that reached the endpoint, in order: `CreateQueue`, or `PUT /bucket?tagging` where the
    protocol has no operation names."""
    reads: int = 0
    lose: int = 0
    """The number of the changing request, from 1, that takes effect and whose reply is lost; 0: none."""
    instead: Answer | None = None
    """Given to the next requests, which do not reach the endpoint."""
    instead_of: str = ""
    """The operation whose requests are meant by that (`CreateQueue`); empty: all."""
    hold: asyncio.Event | None = None
    """Replies to changing requests, which have taken effect, wait for it."""
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a reply begins to wait."""

    delay: float = 0
    """Seconds that each changing request takes longer."""
    keys: set[str] = field(default_factory=set)
    """Access keys that requests were signed with."""
    expired: set[str] = field(default_factory=set)
    """Access keys that have expired: requests that are signed with them do not reach the endpoint."""
    passed: list[Passed] = field(default_factory=list)
    """As `mutations`, once each is answered."""
    rules: list[Rule] = field(default_factory=list)
    """The first that means a request decides."""
    moments: dict[int, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """By the number of a changing request, from 1: awaited when it has taken effect and nobody has been told."""
    door: "_Proxy | None" = None

    @property
    def changes(self) -> list[str]:
        """`mutations` without the reports, which a worker draws when its run is over: nothing waits for those."""
        return [one for one in self.mutations if "/reports/" not in one]

    async def close(self) -> None:
        """Nothing answers any more: connections end, new ones are refused."""
        assert self.door is not None
        await self.door.close()

    async def open(self) -> None:
        """Answers again, at the same port."""
        assert self.door is not None
        await self.door.listen()

    def reset(self) -> None:
        self.mutations, self.reads, self.lose, self.instead, self.hold = [], 0, 0, None, None
        self.held.clear()
        self.delay, self.instead_of = 0, ""
        self.keys, self.expired = set(), set()
        self.passed, self.rules, self.moments = [], [], {}


def _expired(request: Request) -> Answer:
    """What the services say to credentials that have expired, each in its protocol."""
    said = "The security token included in the request is expired"
    if request.header("x-amz-target"):
        body = json.dumps({"__type": "com.amazonaws#ExpiredTokenException", "message": said}).encode()
        return Answer(400, body, {"content-type": "application/x-amz-json-1.0"})
    if request.service == "ec2":
        error = "<Errors><Error><Code>RequestExpired</Code><Message>Request has expired.</Message></Error></Errors>"
        body = f"<Response>{error}<RequestID>r</RequestID></Response>".encode()
    elif request.service == "s3":
        body = f"<Error><Code>ExpiredToken</Code><Message>{said}</Message></Error>".encode()
    else:
        error = f"<Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>{said}</Message></Error>"
        body = f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>".encode()
    return Answer(403, body, {"content-type": "text/xml"})


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, list[tuple[bytes, bytes]]] | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head[:-4].split(b"\r\n")
    headers = [(key.strip(), value.strip()) for key, _, value in (line.partition(b":") for line in lines)]
    return first, headers


async def _body(reader: asyncio.StreamReader, headers: list[tuple[bytes, bytes]], *, bare: bool) -> bytes:
    said = {key.lower(): value for key, value in headers}
    if bare:
        return b""
    if said.get(b"transfer-encoding", b"").lower() == b"chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    if b"content-length" in said:
        return await reader.readexactly(int(said[b"content-length"]))
    return b""


class _Proxy:
    def __init__(self, upstream: str, faults: Faults, routes: Mapping[str, str | StandIn], port: int) -> None:
        self._upstream = upstream
        self._port = port
        self._server: asyncio.Server | None = None
        self._routes = routes
        self._faults = faults
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def listen(self) -> None:
        """Accepts connections, at the port that it has had before."""
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", self._port, limit=2**20)
        self._port = self._server.sockets[0].getsockname()[1]
        self._faults.url = f"http://127.0.0.1:{self._port}"

    async def close(self) -> None:
        """Ends every connection, that of a held reply too, and waits until its task has seen it."""
        if self._faults.hold is not None:
            self._faults.hold.set()
        if self._server is not None:
            self._server.close()
        for writer in self._open.values():
            writer.close()
        await asyncio.gather(*self._open)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            while (request := await self._request(reader, writer)) is not None:
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # whoever asked, or the endpoint, was killed in the middle of a message
        finally:
            del self._open[task]
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
        got = await _message(reader)
        if got is None:
            return None
        first, headers = got
        method, path, _ = first.decode().split(" ", 2)
        if any(key.lower() == b"expect" for key, _ in headers):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
            headers = [(key, value) for key, value in headers if key.lower() != b"expect"]
        return Request(method, path, headers, await _body(reader, headers, bare=False))

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        answer, lost = self._trouble(request)
        if answer is not None:
            _write(writer, f"HTTP/1.1 {answer.status} No".encode(), list(_encoded(answer.headers)), answer.body)
            return True
        number = self._count(request)
        first, headers, body = await self._forward(request)
        if request.mutates:
            await self._taken_effect(request, number, int(first.split()[1]))
        if lost or (number and number == self._faults.lose):
            return False
        if request.mutates:
            await self._wait()
        bare = request.method == "HEAD"
        length = [(b"Content-Length", value) for key, value in headers if bare and key.lower() == b"content-length"]
        _write(writer, first, [one for one in headers if one[0].lower() not in _HOP], body, length)
        await writer.drain()
        return True

    def _trouble(self, request: Request) -> tuple[Answer | None, bool]:
        """What is given instead of the endpoint's answer, and whether this one is lost."""
        faults = self._faults
        told = faults.instead
        if told is not None and faults.instead_of in {"", request.operation} and told.service in ("", request.service):
            told.times -= 1
            faults.instead = told if told.times else None
            return told, False
        faults.keys.add(request.key)
        if request.key in faults.expired:
            return _expired(request), False
        rule = next((rule for rule in faults.rules if rule.meant(request)), None)
        if rule is None:
            return None, False
        return (rule.answer(request), False) if rule.answer is not None else (None, True)

    def _count(self, request: Request) -> int:
        """The number of a changing request; 0 for one that only reads."""
        if not request.mutates:
            self._faults.reads += 1
            return 0
        self._faults.mutations.append(request.operation)
        return len(self._faults.mutations)

    async def _taken_effect(self, request: Request, number: int, status: int) -> None:
        self._faults.passed.append(Passed(request.operation, request.names, status))
        moment = self._faults.moments.pop(number, None)
        if moment is not None:
            await moment()

    async def _wait(self) -> None:
        if self._faults.delay:
            await asyncio.sleep(self._faults.delay)
        if self._faults.hold is not None:
            self._faults.held.set()
            await self._faults.hold.wait()

    async def _forward(self, request: Request) -> tuple[bytes, list[tuple[bytes, bytes]], bytes]:
        route = self._routes.get(request.service, self._upstream)
        if not isinstance(route, str):
            answer = route(request.operation, request.body)
            return f"HTTP/1.1 {answer.status} Yes".encode(), list(_encoded(answer.headers)), answer.body
        upstream = urllib.parse.urlsplit(route)
        reader, writer = await asyncio.open_connection(upstream.hostname, upstream.port)
        try:
            headers = [one for one in request.headers if one[0].lower() not in _HOP]
            _write(writer, f"{request.method} {request.path} HTTP/1.1".encode(), headers, request.body)
            await writer.drain()
            got = await _message(reader)
            if got is None:
                raise ConnectionResetError(f"The endpoint answered nothing to {request.operation}.")
            first, answered = got
            bare = request.method == "HEAD" or first.split()[1] in {b"204", b"304"}
            return first, answered, await _body(reader, answered, bare=bare)
        finally:
            writer.close()


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(key.encode(), value.encode()) for key, value in headers.items()]


def _write(
    writer: asyncio.StreamWriter,
    first: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    length: list[tuple[bytes, bytes]] | None = None,
) -> None:
    lines = [*headers, *(length or [(b"Content-Length", str(len(body)).encode())])]
    writer.write(first + b"\r\n" + b"".join(b"%s: %s\r\n" % line for line in lines) + b"\r\n" + body)


@asynccontextmanager
async def faulty(
    upstream: str, routes: Mapping[str, str | StandIn] | None = None, port: int = 0
) -> AsyncIterator[Faults]:
    """A proxy before `upstream`, on a port of its own, in this event loop.

    `routes` has other endpoints by service: their URLs, or what stands in for them. A proxy that is to be closed and
    opened again needs a `port` that the system gives to nobody meanwhile.
    """
    faults = Faults()
    faults.door = _Proxy(upstream, faults, routes or {}, port)
    await faults.door.listen()
    try:
        yield faults
    finally:
        await faults.door.close()
