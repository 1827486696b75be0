"""What a command and a worker tell of themselves: nothing, at no cost, unless `PANKA_TELEMETRY` says who is told."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeAlias

from panka.activities.telemetry import NotInstalled, Sink
from panka.cli.exits import Misused
from panka.cli.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Plugin

    from panka.activities.telemetry.watchers import Watchers

Mark: TypeAlias = Callable[[Mapping[str, str | int]], None]
"""Writes attributes on the command's span."""

_LAST = 5.0
"""Seconds that a command's end waits for whoever takes its trace."""
_OFF = "PANKA_TELEMETRY=off turns it off"


def unmarked(_about: Mapping[str, str | int]) -> None:
    """Nobody traces this command."""


def span_sinks(settings: Settings) -> frozenset[Sink]:
    """Where a command's spans go; metrics are the workers'."""
    return settings.telemetry & {Sink.OTLP, Sink.CONSOLE}


@contextmanager
def traced(settings: Settings, name: str, tell: Callable[[str], None]) -> Iterator[Mark]:
    """A command as a span: the root of the trace that goes on through the run, its steps and their calls.

    A collector that is away is told of in a sentence, and harms nothing.

    Raises:
        Misused: what sends traces is not installed.
    """
    if not span_sinks(settings):
        yield unmarked
        return
    # Only for those who want traces: it takes as long as a whole small command.
    from panka.activities.telemetry.opening import open_tracers, within  # noqa: PLC0415
    from panka.activities.telemetry.spans import spanned  # noqa: PLC0415

    try:
        provider = open_tracers(span_sinks(settings), "cli")
    except NotInstalled as error:
        raise Misused(str(error), _OFF) from error
    lost = _Lost()
    logging.getLogger("opentelemetry").addHandler(lost)
    who = {"panka.tenant": settings.tenant or "", "panka.environment": settings.environment or ""}
    try:
        with spanned(provider.get_tracer("panka"), name, {key: value for key, value in who.items() if value}) as span:
            yield span.set_attributes
    finally:
        if not within(_LAST, provider.shutdown) or lost.any:
            tell("Nobody took the trace of this command; OTEL_EXPORTER_OTLP_ENDPOINT says where it is sent.")


def client_plugins(settings: Settings) -> "list[Plugin]":
    """What hands a command's trace on with everything that it asks of Temporal."""
    if not span_sinks(settings):
        return []
    from temporalio.contrib.opentelemetry import OpenTelemetryPlugin  # noqa: PLC0415  # brings OpenTelemetry

    return [OpenTelemetryPlugin(add_temporal_spans=True)]


@contextmanager
def watched(settings: Settings) -> Iterator["Watchers"]:
    """A worker's watchers, and its log set up.

    Raises:
        Misused: what sends telemetry is not installed, or somebody else listens where metrics are to be scraped.
    """
    from panka.cli import logs  # noqa: PLC0415  # brings temporalio

    form = settings.log_format or ("json" if settings.telemetry else "text")
    with ExitStack() as stack:
        watchers = _watching(settings, stack) if settings.telemetry else _nobody(form)
        logs.set_up(form, watchers.ids)
        yield watchers


def _watching(settings: Settings, stack: ExitStack) -> "Watchers":
    from panka.activities.telemetry.opening import watching  # noqa: PLC0415  # brings OpenTelemetry

    listen = settings.metrics_listen
    try:
        return stack.enter_context(watching(settings.telemetry, listen))
    except NotInstalled as error:
        raise Misused(str(error), _OFF) from error
    except OSError as error:
        ways = "every worker of a machine needs an address of its own: PANKA_METRICS_LISTEN"
        raise Misused(f"Metrics cannot be offered at {listen}: {error.strerror}.", ways) from error


def _nobody(form: str) -> "Watchers":
    """For whom nothing leaves the process: its log alone says what a line is about."""
    from panka.activities.telemetry.interceptors import Watching  # noqa: PLC0415  # brings temporalio
    from panka.activities.telemetry.watchers import Watchers  # noqa: PLC0415  # as above

    return Watchers(interceptors=[Watching()] if form == "json" else [])


class _Lost(logging.Handler):
    """Hears when spans could not be sent, instead of the user."""

    any = False

    def emit(self, record: logging.LogRecord) -> None:
        self.any |= record.levelno >= logging.ERROR
