"""What an attempt of a step tells of itself: when the step was at work, and how often it was tried."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import activity
from temporalio.exceptions import ApplicationError

from panka.planner.record import Span
from panka.workflows.ports import TRIES


def at_work(seconds: float) -> Span:
    """From when the first try was due to the end of this one, which has lasted so many seconds."""
    info = activity.info()
    ended = info.started_time.timestamp() + seconds
    return Span(began=round(info.scheduled_time.timestamp(), 3), ended=round(ended, 3), tries=info.attempt)


@contextmanager
def counted() -> Iterator[None]:
    """Adds to application errors how often their activity was tried."""
    try:
        yield
    except ApplicationError as error:
        raise ApplicationError(
            error.message,
            *error.details,
            {TRIES: activity.info().attempt},
            type=error.type,
            non_retryable=error.non_retryable,
            next_retry_delay=error.next_retry_delay,
        ) from error.__cause__
