"""What an activity or a workflow is at work on, for its spans, its metrics and its lines of the log."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from panka.planner.register import Change
from panka.workflows.tenancy import Named

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class About:
    """Empty, or 0, is what is not known, or not yet."""

    tenant: str = ""
    stack: str = ""
    environment: str = ""
    run: int = 0
    address: str = ""
    action: str = ""
    """`create`; of an undo `undo create`."""
    type: str = ""
    """The step's, as in `AWS::SQS::Queue`."""
    attempt: int = 0
    trace_id: str = ""
    span_id: str = ""

    def attributes(self) -> dict[str, str | int]:
        """For a span: `panka.tenant` and so on."""
        said: dict[str, str | int] = {
            "panka.tenant": self.tenant,
            "panka.stack": self.stack,
            "panka.environment": self.environment,
            "panka.run": self.run,
            "panka.address": self.address,
            "panka.action": self.action,
            "panka.type": self.type,
            "panka.attempt": self.attempt,
        }
        return {name: value for name, value in said.items() if value}


NOW: ContextVar[About | None] = ContextVar("panka-about", default=None)
"""What the task at hand is at work on."""


def about(input: object) -> About:
    """What the input of an activity, a run or a shard says: most have the scope of a stack, or a lease of it."""
    lease, entry, done, base = (getattr(input, name, None) for name in ("lease", "entry", "done", "base"))
    holders = (input, lease, getattr(input, "judging", None))
    scope = next((found for one in holders if (found := getattr(one, "scope", None)) is not None), None)
    named = input.name if isinstance(input, Named | Change) else ""
    places = ((input, "run"), (input, "number"), (entry, "run"), (base, "serial"))
    numbers = (getattr(where, name, 0) for where, name in places)
    return About(
        tenant=getattr(scope, "tenant", named),
        stack=getattr(scope, "stack", ""),
        environment=getattr(scope, "environment", ""),
        run=next((number for number in numbers if isinstance(number, int) and number), 0),
        address=getattr(input, "key", "") or getattr(done, "key", ""),
    )


class Threads(ThreadPoolExecutor):
    """Threads that know what they are at work on, so that the span of a call that they send finds its parent."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
