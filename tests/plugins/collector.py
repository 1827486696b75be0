"""A collector of OpenTelemetry's data over HTTP: decodes what arrives, keeps it, and answers as the protocol asks."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Received:
    """One span."""

    name: str
    trace: str
    id: str
    parent: str
    """Empty for a root."""
    part: str
    """Of which process: `cli` or `worker`."""
    attributes: dict[str, Any]
    events: tuple[str, ...]
    status: str


@dataclass(frozen=True)
class Point:
    """The latest value of one metric with one set of attributes."""

    attributes: dict[str, Any]
    value: float
    """The sum of a counter; of a histogram how often something was recorded."""


@dataclass
class Collector:
    """What has arrived at `url`."""

    url: str = ""
    spans: list[Received] = field(default_factory=list)
    metrics: dict[str, list[Point]] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)
    """Every body, for what must be nowhere in it."""

    @property
    def env(self) -> dict[str, str]:
        """What makes a process send here, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
        }

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans if span.name == name]

    def total(self, metric: str, **attributes: Any) -> float:
        """The sum over all points that have these attributes, whose dots are written `_`."""
        wanted = attributes.items()
        told = [
            ({name.replace(".", "_"): v for name, v in one.attributes.items()}, one.value)
            for one in self.metrics.get(metric, [])
        ]
        return sum(value for said, value in told if wanted <= said.items())

    def take(self, path: str, body: bytes) -> bytes:
        self.raw.append(body)
        if path == "/v1/traces":
            self.spans += _spans(ExportTraceServiceRequest.FromString(body))
            return ExportTraceServiceResponse().SerializeToString()
        for name, points in _points(ExportMetricsServiceRequest.FromString(body)):
            self.metrics[name] = points  # cumulative: the latest says it all
        return ExportMetricsServiceResponse().SerializeToString()


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector for one process that measures; spans may come from any number."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            answer = collector.take(self.path, body)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Received]:
    for resource in request.resource_spans:
        part = _attributes(resource.resource.attributes).get("panka.part", "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Received(
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    part,
                    _attributes(span.attributes),
                    tuple(event.name for event in span.events),
                    span.status.message,
                )


def _points(request: ExportMetricsServiceRequest) -> Iterator[tuple[str, list[Point]]]:
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                data = getattr(metric, metric.WhichOneof("data"))
                yield metric.name, [Point(_attributes(one.attributes), _value(one)) for one in data.data_points]


def _value(point: Any) -> float:
    if "count" in point.DESCRIPTOR.fields_by_name:
        return float(point.count)
    return float(getattr(point, point.WhichOneof("value")))


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}
