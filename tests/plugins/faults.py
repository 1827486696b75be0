"""A proxy before an AWS endpoint that counts what passes and breaks what a test orders."""

import asyncio
import json
import re
import urllib.parse
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

_READS = re.compile(r"(Describe|Get|List|Head|BatchGet|Query|Scan|Lookup|Search)")
_HOP = {b"connection", b"transfer-encoding", b"content-length", b"keep-alive"}


@dataclass
class Answer:
    """An answer that is given instead of the endpoint's."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


StandIn: TypeAlias = Callable[[str, bytes], Answer]
"""Answers a request by its operation (`PutScalingPolicy`) and its body."""


def refusal(code: str) -> Answer:
    """A refusal as the services of the query protocol (RDS, ElastiCache) say it."""
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>It is not in a state for that.</Message>"
    body = f"<ErrorResponse><Error>{error}</Error><RequestId>r</RequestId></ErrorResponse>"
    return Answer(400, body.encode(), {"content-type": "text/xml"})


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

    def reset(self) -> None:
        self.mutations, self.reads, self.lose, self.instead, self.hold = [], 0, 0, None, None
        self.held.clear()
        self.delay, self.instead_of = 0, ""
        self.keys, self.expired = set(), set()


@dataclass
class _Request:
    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value.decode() for key, value in self.headers if key.lower() == name.encode()), "")

    @property
    def operation(self) -> str:
        target = self.header("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        if "x-www-form-urlencoded" in self.header("content-type"):
            form = urllib.parse.parse_qs(self.body.decode(errors="replace"))
            if "Action" in form:
                return form["Action"][0]
        return f"{self.method} {self.path}"

    @property
    def service(self) -> str:
        """The service that the request is signed for (`elasticache`); empty for one that is not signed."""
        scope = re.search(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/", self.header("authorization"))
        return scope[1] if scope else ""

    @property
    def key(self) -> str:
        """The access key that the request is signed with; empty for one that is not signed."""
        signed = re.search(r"Credential=([^/]+)/", self.header("authorization"))
        return signed[1] if signed else ""

    @property
    def mutates(self) -> bool:
        operation = self.operation
        if " " in operation:
            return self.method not in {"GET", "HEAD"}
        return _READS.match(operation) is None


def _expired(request: _Request) -> Answer:
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
    def __init__(self, upstream: str, faults: Faults, routes: Mapping[str, str | StandIn]) -> None:
        self._upstream = upstream
        self._routes = routes
        self._faults = faults
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def close(self) -> None:
        """Ends every connection and waits until its task has seen it."""
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
        except ConnectionError:
            return
        finally:
            del self._open[task]
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Request | None:
        got = await _message(reader)
        if got is None:
            return None
        first, headers = got
        method, path, _ = first.decode().split(" ", 2)
        if any(key.lower() == b"expect" for key, _ in headers):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
            headers = [(key, value) for key, value in headers if key.lower() != b"expect"]
        return _Request(method, path, headers, await _body(reader, headers, bare=False))

    async def _answer(self, request: _Request, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        faults = self._faults
        if faults.instead is not None and faults.instead_of in {"", request.operation}:
            answer = faults.instead
            answer.times -= 1
            faults.instead = answer if answer.times else None
            _write(writer, f"HTTP/1.1 {answer.status} No".encode(), list(_encoded(answer.headers)), answer.body)
            return True
        faults.keys.add(request.key)
        if request.key in faults.expired:
            answer = _expired(request)
            _write(writer, f"HTTP/1.1 {answer.status} No".encode(), list(_encoded(answer.headers)), answer.body)
            return True
        if request.mutates:
            faults.mutations.append(request.operation)
            lost = len(faults.mutations) == faults.lose
        else:
            faults.reads += 1
            lost = False
        first, headers, body = await self._forward(request)
        if lost:
            return False
        if request.mutates and faults.delay:
            await asyncio.sleep(faults.delay)
        if request.mutates and faults.hold is not None:
            faults.held.set()
            await faults.hold.wait()
        bare = request.method == "HEAD"
        length = [(b"Content-Length", value) for key, value in headers if bare and key.lower() == b"content-length"]
        _write(writer, first, [one for one in headers if one[0].lower() not in _HOP], body, length)
        await writer.drain()
        return True

    async def _forward(self, request: _Request) -> tuple[bytes, list[tuple[bytes, bytes]], bytes]:
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
async def faulty(upstream: str, routes: Mapping[str, str | StandIn] | None = None) -> AsyncIterator[Faults]:
    """A proxy before `upstream`, on a port of its own, in this event loop.

    `routes` has other endpoints by service: their URLs, or what stands in for them.
    """
    faults = Faults()
    proxy = _Proxy(upstream, faults, routes or {})
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2**20)
    faults.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield faults
    finally:
        server.close()
        await proxy.close()
