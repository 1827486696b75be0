"""Opens what tells of a process: OpenTelemetry's providers with what sends their data away."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib.metadata import version
from typing import Any
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from temporalio.contrib.opentelemetry import MetricsExporter, OpenTelemetryPlugin, create_tracer_provider
from temporalio.contrib.opentelemetry import ReplaySafeTracerProvider as TracerProvider
from temporalio.runtime import MetricBuffer, MetricBufferDurationFormat

from panka.activities.telemetry import NotInstalled, Sink
from panka.activities.telemetry.interceptors import Watching
from panka.activities.telemetry.meters import SHORT, Meters
from panka.activities.telemetry.spans import OpenTelemetry, ids, mark
from panka.activities.telemetry.watchers import Watchers

_BUFFER = 100_000
"""Updates of the SDK's own metrics that are kept for the second until they are taken."""
_LATENCIES = View(
    instrument_type=Histogram, meter_name="temporalio", aggregation=ExplicitBucketHistogramAggregation(SHORT)
)
"""The SDK times in seconds; OpenTelemetry's own buckets are made for milliseconds."""
_QUERIES = ("QueryWorkflow:", "HandleQuery:")
"""Spans of those who follow a run: two or three a second, about nothing that happens."""


_LAST = 10.0
"""Seconds that a worker's end waits for whoever takes its traces, and its metrics."""


@contextmanager
def watching(to: frozenset[Sink], listen: str) -> Iterator[Watchers]:
    """A worker's watchers; metrics can be scraped at `listen` (`host:port`) if that is asked for.

    Raises:
        NotInstalled: what sends to one of them is not installed.
        OSError: nobody can listen there.
    """
    about = _about("worker")
    readers = _readers(to, listen)
    meters = MeterProvider(readers, about, shutdown_on_exit=False, views=[_LATENCIES])
    tracers = open_tracers(to, "worker", about)
    measured = Meters(meters)
    traces = OpenTelemetry(tracers, measured)
    buffer = MetricBuffer(_BUFFER, MetricBufferDurationFormat.SECONDS) if readers else None
    try:
        yield Watchers(
            traces,
            [Watching(measured, mark, ids)],
            [OpenTelemetryPlugin(add_temporal_spans=True)],
            buffer,
            partial(MetricsExporter, buffer, meters) if buffer else nullcontext,
            traces.watch,
            ids,
        )
    finally:
        within(_LAST, meters.shutdown)
        within(_LAST, tracers.shutdown)


def open_tracers(to: frozenset[Sink], part: str, about: Resource | None = None) -> TracerProvider:
    """Sends spans from now on, those of Temporal's clients and workers too. Raises NotInstalled."""
    provider = create_tracer_provider(resource=about or _about(part), shutdown_on_exit=False)
    for sends in _exporters(to):
        provider.add_span_processor(BatchSpanProcessor(Discreet(sends)))
    trace.set_tracer_provider(provider)
    return provider


def within(seconds: float, work: Callable[[], Any]) -> bool:
    """Whether the work was done in so many seconds; it is left to itself otherwise.

    What sends to a collector that is away tries again and again, and can be told no deadline.
    """
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


class Discreet(SpanExporter):
    """Hands spans on, those of Temporal's SDK without what errors say, which may quote what somebody set."""

    def __init__(self, sends: SpanExporter) -> None:
        self._sends = sends

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        told = [_discreet(span) for span in spans if not span.name.startswith(_QUERIES)]
        return self._sends.export(told) if told else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._sends.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._sends.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    said = span.status.description
    if said is None and not span.events:
        return span
    return ReadableSpan(
        span.name,
        span.context,
        span.parent,
        span.resource,
        span.attributes,
        [_named(event) if event.name == "exception" else event for event in span.events],
        span.links,
        span.kind,
        status=Status(span.status.status_code, said.partition(":")[0] if said else None),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _named(event: Event) -> Event:
    """An exception's class alone: its words and its stack stay here."""
    kind = (event.attributes or {}).get("exception.type", "")
    return Event(event.name, {"exception.type": kind}, event.timestamp)


def _exporters(to: frozenset[Sink]) -> list[SpanExporter]:
    console = ConsoleSpanExporter(out=sys.stderr, formatter=lambda span: f"{span.to_json(indent=None)}\n")
    return [console] * (Sink.CONSOLE in to) + [_otlp_spans() for _ in to & {Sink.OTLP}]


def _readers(to: frozenset[Sink], listen: str) -> list[MetricReader]:
    readers = [_otlp_metrics() for _ in to & {Sink.OTLP}]
    return readers + [_scraped(listen) for _ in to & {Sink.PROMETHEUS}]


def _otlp_spans() -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # an extra of its own
            OTLPSpanExporter,
        )
    except ImportError as error:
        raise _missing(Sink.OTLP) from error
    exporter: SpanExporter = OTLPSpanExporter()
    return exporter


def _otlp_metrics() -> MetricReader:
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415  # an extra of its own
            OTLPMetricExporter,
        )
    except ImportError as error:
        raise _missing(Sink.OTLP) from error
    return PeriodicExportingMetricReader(OTLPMetricExporter())


def _scraped(listen: str) -> MetricReader:
    try:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader  # noqa: PLC0415  # an extra of its own
        from prometheus_client import start_http_server  # noqa: PLC0415  # as above
    except ImportError as error:
        raise _missing(Sink.PROMETHEUS) from error
    host, _, port = listen.rpartition(":")
    start_http_server(int(port), host)
    reader: MetricReader = PrometheusMetricReader(scope_info_enabled=False)
    return reader


def _missing(sink: Sink) -> NotInstalled:
    return NotInstalled(f"`{sink}` needs the extra `telemetry`: pip install 'panka[telemetry]'.")


def _about(part: str) -> Resource:
    """Which process this is; what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say goes before."""
    ours = {"service.name": "panka", "service.version": version("panka"), "service.instance.id": str(uuid4())}
    return Resource.create(ours | {"panka.part": part} | dict(OTELResourceDetector().detect().attributes))
