"""What is counted and timed. No metric carries an address, an id or a value: their number must stay small."""

from typing import Literal

from opentelemetry.metrics import MeterProvider

from panka.activities.aws.errors import AwsError
from panka.activities.telemetry.about import About
from panka.planner.history import Entry
from panka.planner.owner import Scope

Ended = Literal["done", "again", "failed", "cancelled"]
"""How an attempt of an activity ends; after `again` there is another one."""

SHORT = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds of buckets, in seconds: of what is a call or a few."""
_LONG = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 3600, 7200)
"""As above: from a tag to a database cluster."""


class Meters:
    """Panka's own metrics. docs/operate/telemetry.md lists them; names and attributes are kept."""

    def __init__(self, provider: MeterProvider) -> None:
        meter = provider.get_meter("panka")
        self._runs = meter.create_counter("panka.runs", "{run}", "Runs that have ended.")
        self._run = meter.create_histogram(
            "panka.run.duration", "s", "From a run's start to its end.", explicit_bucket_boundaries_advisory=_LONG
        )
        self._steps = meter.create_counter("panka.steps", "{attempt}", "Attempts of steps that have ended.")
        self._step = meter.create_histogram(
            "panka.step.duration", "s", "The attempt that did a step.", explicit_bucket_boundaries_advisory=_LONG
        )
        self._retries = meter.create_counter("panka.retries", "{attempt}", "Attempts of activities to be repeated.")
        self._lock = meter.create_histogram(
            "panka.lock.wait", "s", "From asking for a lock to an answer.", explicit_bucket_boundaries_advisory=_LONG
        )
        self._checkpoint = meter.create_histogram(
            "panka.checkpoint.duration",
            "s",
            "Taking results into the state.",
            explicit_bucket_boundaries_advisory=SHORT,
        )
        self._calls = meter.create_counter("panka.aws.calls", "{call}", "Calls of AWS, repeats not counted.")
        self._call = meter.create_histogram(
            "panka.aws.call.duration", "s", "A call, repeats included.", explicit_bucket_boundaries_advisory=SHORT
        )
        self._call_again = meter.create_counter("panka.aws.retries", "{call}", "Calls sent again, by reason.")
        self._held_back = meter.create_counter(
            "panka.aws.held_back", "s", "Time that calls waited for their turn, because the service throttles."
        )

    def run_ended(self, scope: Scope, entry: Entry, seconds: float) -> None:
        what = {"panka.tenant": scope.tenant, "panka.operation": entry.kind, "panka.result": entry.result}
        where = {"panka.stack": scope.stack, "panka.environment": scope.environment}
        self._runs.add(1, what | where)
        self._run.record(seconds, what)

    def step_ended(self, about: About, ended: Ended, seconds: float) -> None:
        self._steps.add(1, {"panka.tenant": about.tenant, "panka.action": about.action, "panka.result": ended})
        if ended == "done":
            self._step.record(seconds, {"panka.action": about.action, "panka.type": about.type})

    def again(self, activity: str, reason: str) -> None:
        self._retries.add(1, {"panka.activity": activity, "panka.reason": reason})

    def lock_waited(self, about: About, ended: Ended, seconds: float) -> None:
        self._lock.record(seconds, {"panka.tenant": about.tenant, "panka.result": ended})

    def checkpointed(self, about: About, ended: Ended, seconds: float) -> None:
        self._checkpoint.record(seconds, {"panka.tenant": about.tenant, "panka.result": ended})

    def called(self, service: str, method: str, error: AwsError | None, seconds: float) -> None:
        """A call has ended, with this error or with an answer."""
        result = str(error.cause) if error else "ok"
        self._calls.add(1, {"rpc.service": service, "rpc.method": method, "panka.result": result})
        self._call.record(seconds, {"rpc.service": service, "panka.result": result})

    def call_again(self, service: str, error: AwsError) -> None:
        self._call_again.add(1, {"rpc.service": service, "panka.reason": str(error.cause)})

    def held_back(self, service: str, seconds: float) -> None:
        self._held_back.add(seconds, {"rpc.service": service})
