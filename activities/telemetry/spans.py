"""Traces: a span for each step, below it one for each call of AWS, with its repeats as events.

Names and attributes follow OpenTelemetry's conventions where there are any. What an error says stays out: it may quote
what somebody set. Its code and the id of the request are enough to find it.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, TracerProvider

from panka.activities.aws.errors import AwsError
from panka.activities.telemetry import Call
from panka.activities.telemetry.about import NOW, About
from panka.activities.telemetry.meters import Meters
from panka.planner.owner import Scope
from panka.planner.plan import Step

if TYPE_CHECKING:
    from botocore.client import BaseClient

_SPAN = "panka-span"
"""Where botocore's context of a request keeps its span."""


class OpenTelemetry:
    """Spans and measurements through OpenTelemetry's providers."""

    def __init__(self, provider: TracerProvider, meters: Meters) -> None:
        self._tracer = provider.get_tracer("panka")
        self._meters = meters

    @contextmanager
    def step(self, scope: Scope, step: Step, run: int, attempt: int, *, undo: bool = False) -> Iterator[None]:
        action = f"undo {step.action}" if undo else str(step.action)
        about = NOW.get() or About(scope.tenant, scope.stack, scope.environment)
        about.run, about.address, about.attempt = run, step.address, attempt
        about.action, about.type = action, step.type
        with spanned(self._tracer, f"{action} {step.address}", about.attributes()):
            yield

    @contextmanager
    def call(self, service: str, operation: str) -> Iterator[Call]:
        method = "".join(word.capitalize() for word in operation.split("_"))
        began = time.monotonic()
        error: AwsError | None = None
        with spanned(self._tracer, f"{service}.{method}", _rpc(service, method), SpanKind.CLIENT) as span:
            try:
                yield _Watched(service, span, self._meters)
            except AwsError as refused:
                error = refused
                span.set_attributes({"aws.request_id": refused.request_id, "error.type": refused.code})
                raise
            finally:
                self._meters.called(service, method, error, time.monotonic() - began)

    def watch(self, client: "BaseClient") -> None:
        """Every call of this client becomes a span from now on, wherever it comes from."""
        events = client.meta.events
        events.register("before-call", self._sent)
        events.register("after-call", self._answered)
        events.register("after-call-error", self._unanswered)

    def _sent(self, model: Any, context: dict[str, Any], **_: object) -> None:
        service = model.service_model.service_name
        name = f"{service}.{model.name}"
        context[_SPAN] = self._tracer.start_span(name, attributes=_rpc(service, model.name), kind=SpanKind.CLIENT)

    def _answered(self, parsed: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        span: Span | None = context.pop(_SPAN, None)
        if span is not None:
            _note_request(span, parsed)
            if code := parsed.get("Error", {}).get("Code"):
                span.set_attribute("error.type", code)  # no failure yet: a refused condition is an answer, too
            span.end()

    def _unanswered(self, exception: Exception, context: dict[str, Any], **_: object) -> None:
        span: Span | None = context.pop(_SPAN, None)
        if span is not None:
            span.set_status(Status(StatusCode.ERROR, type(exception).__name__))
            span.end()


class _Watched:
    def __init__(self, service: str, span: Span, meters: Meters) -> None:
        self._service = service
        self._span = span
        self._meters = meters

    def held_back(self, seconds: float) -> None:
        self._span.add_event("held back", {"delay": seconds})
        self._meters.held_back(self._service, seconds)

    def again(self, error: AwsError, delay: float) -> None:
        about: dict[str, str | float] = {
            "cause": str(error.cause),
            "code": error.code,
            "aws.request_id": error.request_id,
            "delay": delay,
        }
        self._span.add_event("again", about)
        self._meters.call_again(self._service, error)

    def answered(self, answer: Mapping[str, Any]) -> None:
        _note_request(self._span, answer)


@contextmanager
def spanned(
    tracer: Tracer, name: str, about: Mapping[str, str | int], kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """A span that tells of an error which kind it is, and nothing else."""
    with tracer.start_as_current_span(
        name, attributes=about, kind=kind, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_status(
                Status(StatusCode.ERROR, error.code if isinstance(error, AwsError) else type(error).__name__)
            )
            raise


def mark(about: Mapping[str, str | int]) -> None:
    """Writes attributes on the span of the task at hand."""
    trace.get_current_span().set_attributes(about)


def ids() -> tuple[str, str]:
    """The trace and the span of the task at hand, in hexadecimal; two empty ones outside of any."""
    here = trace.get_current_span().get_span_context()
    return (trace.format_trace_id(here.trace_id), trace.format_span_id(here.span_id)) if here.is_valid else ("", "")


def _rpc(service: str, method: str) -> dict[str, str | int]:
    """What a call is, and for what it is made."""
    about = NOW.get()
    said: dict[str, str | int] = {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": method}
    return said | (about.attributes() if about else {})


def _note_request(span: Span, answer: Mapping[str, Any]) -> None:
    if request := answer.get("ResponseMetadata", {}).get("RequestId"):
        span.set_attribute("aws.request_id", request)
