"""Everything that watches a worker, in one hand."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temporalio.client import Plugin
from temporalio.runtime import MetricBuffer
from temporalio.worker import Interceptor

from panka.activities.telemetry import Traces, Untraced
from panka.activities.telemetry.interceptors import Ids, no_ids

if TYPE_CHECKING:
    from botocore.client import BaseClient


def _unwatched(_client: "BaseClient") -> None:
    """Nobody wants to know of its calls."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Nobody, unless something else is said."""

    traces: Traces = Untraced()  # noqa: RUF009  # it keeps nothing
    """Watches steps and their calls of AWS."""
    interceptors: Sequence[Interceptor] = ()
    """Watch activities and runs."""
    plugins: Sequence[Plugin] = ()
    """Of the worker's client: they make Temporal's own spans."""
    metrics: MetricBuffer | None = None
    """Where Temporal's SDK leaves its own metrics."""
    taking: Callable[[], AbstractAsyncContextManager[object]] = nullcontext
    """Takes them from there for as long as its block lasts; the client must be connected."""
    watch: "Callable[[BaseClient], None]" = _unwatched
    """Watches the calls of one client of AWS."""
    ids: Ids = no_ids
    """The ids of the current trace and span."""


NOBODY = Watchers()
"""For whom nothing is told."""
