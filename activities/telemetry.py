"""Traces of what a worker does: a span for each step, below it one for each call of AWS, with its repeats as events.

Off unless somebody asks for them; whoever does not pays nothing, not even for the import.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from panka.activities.aws.errors import AwsError
from panka.planner.owner import Scope
from panka.planner.plan import Step

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider


class Exporter(StrEnum):
    """Who takes the spans."""

    OTLP = "otlp"
    CONSOLE = "console"


class NoExporter(Exception):
    """The package that sends traces is not installed."""


class Call(Protocol):
    """One call of AWS under way, as far as those who watch it are told."""

    def again(self, error: AwsError, delay: float) -> None:
        """AWS refused it, and it is sent again after `delay` seconds."""

    def answered(self, answer: Mapping[str, Any]) -> None:
        """AWS has answered."""


class Traces(Protocol):
    """Where spans go."""

    def step(self, scope: Scope, step: Step, attempt: int) -> AbstractContextManager[object]:
        """For as long as one attempt of a step takes."""

    def call(self, service: str, operation: str) -> AbstractContextManager[Call]:
        """For as long as a call of AWS takes, its repeats included."""


class _Unwatched:
    def again(self, error: AwsError, delay: float) -> None:
        """Nobody wants to know."""

    def answered(self, answer: Mapping[str, Any]) -> None:
        """As above."""


class Untraced:
    """Nobody watches."""

    _call = _Unwatched()

    def step(self, scope: Scope, step: Step, attempt: int) -> AbstractContextManager[object]:  # noqa: ARG002  # as above
        return nullcontext()

    def call(self, service: str, operation: str) -> AbstractContextManager[Call]:  # noqa: ARG002  # as above
        return nullcontext(self._call)


class OpenTelemetry:
    """Spans through an OpenTelemetry provider; names and attributes follow its conventions where there are any."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._tracer = provider.get_tracer("panka")

    def step(self, scope: Scope, step: Step, attempt: int) -> AbstractContextManager[object]:
        about: dict[str, str | int] = {
            "panka.tenant": scope.tenant,
            "panka.stack": scope.stack,
            "panka.environment": scope.environment,
            "panka.address": step.address,
            "panka.type": step.type,
            "panka.attempt": attempt,
        }
        return self._tracer.start_as_current_span(f"{step.action} {step.address}", attributes=about)

    @contextmanager
    def call(self, service: str, operation: str) -> Iterator[Call]:
        name = "".join(word.capitalize() for word in operation.split("_"))
        about = {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": name}
        with self._tracer.start_as_current_span(f"{service}.{name}", attributes=about) as span:
            yield _Watched(span)


class _Watched:
    def __init__(self, span: "Span") -> None:
        self._span = span

    def again(self, error: AwsError, delay: float) -> None:
        about: dict[str, str | float] = {
            "cause": str(error.cause),
            "code": error.code,
            "aws.request_id": error.request_id,
            "delay": delay,
        }
        self._span.add_event("again", about)

    def answered(self, answer: Mapping[str, Any]) -> None:
        if request := answer.get("ResponseMetadata", {}).get("RequestId"):
            self._span.set_attribute("aws.request_id", request)


def open_traces(exporter: Exporter) -> OpenTelemetry:
    """Sends spans from now on, those of Temporal's client and workers too: to stderr, or by OTLP as `OTEL_*` say.

    Raises:
        NoExporter: what sends them by OTLP is not installed.
    """
    import sys  # noqa: PLC0415  # only who asks for traces pays for them

    from opentelemetry import trace  # noqa: PLC0415  # as above
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # as above
    from opentelemetry.sdk.trace.export import (  # noqa: PLC0415  # as above
        BatchSpanProcessor,
        ConsoleSpanExporter,
        SpanExporter,
    )
    from temporalio.contrib.opentelemetry import create_tracer_provider  # noqa: PLC0415  # as above

    sends: SpanExporter = ConsoleSpanExporter(out=sys.stderr) if exporter is Exporter.CONSOLE else _otlp()
    provider = create_tracer_provider(resource=Resource.create({"service.name": "panka"}))
    provider.add_span_processor(BatchSpanProcessor(sends))
    trace.set_tracer_provider(provider)
    return OpenTelemetry(provider)


def _otlp() -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # an extra of its own
            OTLPSpanExporter,
        )
    except ImportError as error:
        raise NoExporter("Traces by OTLP need the extra `telemetry`: pip install 'panka[telemetry]'.") from error
    return OTLPSpanExporter()
