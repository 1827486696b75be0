"""How an activity that only waits leaves a worker that stops."""

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

HANDED_OVER = "HandedOver"
"""Type of the error that ends an attempt so that another worker goes on with it."""


def hand_over() -> None:
    """Ends this attempt when its worker stops: the next one, elsewhere, goes on with what it finds.

    For moments in which nothing is under way; without it, a worker would wait out all its time for what ends later.
    """
    if activity.is_worker_shutdown():
        raise ApplicationError("The worker stops.", type=HANDED_OVER, category=ApplicationErrorCategory.BENIGN)
