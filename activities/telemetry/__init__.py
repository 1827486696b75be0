"""Who is told of steps and calls of AWS: nobody, unless somebody asks.

Nothing here imports OpenTelemetry: whoever does not ask pays nothing, not even for the import.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from panka.activities.aws.errors import AwsError
    from panka.planner.owner import Scope
    from panka.planner.plan import Step


class Sink(StrEnum):
    """Where telemetry goes."""

    OTLP = "otlp"
    """Traces and metrics to a collector, as OpenTelemetry's own `OTEL_*` variables say."""
    PROMETHEUS = "prometheus"
    """Metrics to whoever scrapes."""
    CONSOLE = "console"
    """Traces to stderr, a JSON object a line."""


def sinks(text: str) -> frozenset[Sink]:
    """`otlp,prometheus` as sinks; `off` is none. Raises ValueError with a sentence."""
    if text.strip() == "off":
        return frozenset()
    try:
        return frozenset(Sink(word.strip()) for word in text.split(","))
    except ValueError:
        known = ", ".join(Sink)
        raise ValueError(f"`{text}` is neither `off` nor some of {known} with commas between.") from None


class NotInstalled(Exception):
    """The package that sends telemetry somewhere is not installed."""


class Call(Protocol):
    """One call of AWS under way, as far as those who watch it are told."""

    def held_back(self, seconds: float) -> None:
        """It had to wait for its turn, because the service throttles."""

    def again(self, error: "AwsError", delay: float) -> None:
        """AWS refused it, and it is sent again after `delay` seconds."""

    def answered(self, answer: Mapping[str, Any]) -> None:
        """AWS has answered."""


class Traces(Protocol):
    """Who watches steps and calls."""

    def step(
        self, scope: "Scope", step: "Step", run: int, attempt: int, *, undo: bool = False
    ) -> AbstractContextManager[object]:
        """For as long as one attempt of a step, or of its undo, takes."""

    def call(self, service: str, operation: str) -> AbstractContextManager[Call]:
        """For as long as a call of AWS takes, its repeats included."""


class _Unwatched:
    def held_back(self, seconds: float) -> None:
        """Nobody wants to know."""

    def again(self, error: "AwsError", delay: float) -> None:
        """As above."""

    def answered(self, answer: Mapping[str, Any]) -> None:
        """As above."""


class Untraced:
    """Nobody watches."""

    _call = _Unwatched()

    def step(
        self,
        scope: "Scope",  # noqa: ARG002  # as above
        step: "Step",  # noqa: ARG002  # as above
        run: int,  # noqa: ARG002  # as above
        attempt: int,  # noqa: ARG002  # as above
        *,
        undo: bool = False,  # noqa: ARG002  # as above
    ) -> AbstractContextManager[object]:
        return nullcontext()

    def call(self, service: str, operation: str) -> AbstractContextManager[Call]:  # noqa: ARG002  # as above
        return nullcontext(self._call)
