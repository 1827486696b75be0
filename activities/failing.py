"""How an activity's errors reach the workflow: what to try again, after which pause, and what never."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from botocore.exceptions import ClientError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from panka.activities.archive import Damaged, Foreign
from panka.activities.aws.errors import NOT_EMULATED, AwsError, Cause, NotOurs, TryLater
from panka.activities.aws.secrets import NoSuchSecret
from panka.activities.stores.store import LockLost, Moved, NotThere
from panka.planner.formats import Newer
from panka.planner.record import Unresolved
from panka.workflows.ports import LOCK_LOST, REFUSED, STALE

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidAccessKeyId"})

_CRASHES = 3
"""Attempts of a step that an emulator may spoil before it counts as lacking the operation."""

DEFECTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""Errors that no service and no user makes, but a mistake in Panka's own code."""
_DEFECT_TRIES = 3
"""Attempts of an activity that meets one, in case it is the doing of the moment after all."""

_log = logging.getLogger("panka.work")


class NotReady(Exception):
    """AWS says that the resource will not become ready, or it took longer than its deadline."""


@contextmanager
def translated() -> Iterator[None]:
    """Turns Panka's errors into application errors that say whether another attempt can help."""
    try:
        yield
    except AwsError as error:
        raise _of_aws(error) from error
    except TryLater as error:
        raise ApplicationError(
            str(error), type="TryLater", next_retry_delay=timedelta(seconds=error.seconds)
        ) from error
    except (NotOurs, NotReady, NoSuchSecret, Unresolved, Damaged, Foreign, Newer, NotThere) as error:
        raise ApplicationError(_sentence(error), type=REFUSED, non_retryable=True) from error
    except LockLost as error:
        raise ApplicationError(_sentence(error), type=LOCK_LOST, non_retryable=True) from error
    except Moved as error:
        raise ApplicationError(_sentence(error), type=STALE, non_retryable=True) from error
    except ClientError as error:  # the stores' own calls
        code = error.response.get("Error", {}).get("Code", "")
        if code in _DENIED:
            raise ApplicationError(str(error), type=REFUSED, non_retryable=True) from error
        raise
    except DEFECTS as error:
        if activity.in_activity() and activity.info().attempt < _DEFECT_TRIES:
            raise
        raise ApplicationError(defect(error), type=REFUSED, non_retryable=True) from error


def defect(error: Exception) -> str:
    """What is said of a mistake in Panka. The log gets its traceback; its own words may quote what nobody may see."""
    _log.error("A defect in Panka.", exc_info=error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{'/'.join(Path(last.filename).parts[-3:])}:{last.lineno}"
    return (
        f"This is a defect in Panka: {type(error).__name__} at {where}, in {last.name}. "
        "Tell its maintainers, with the traceback from the worker's log."
    )


def _of_aws(error: AwsError) -> ApplicationError:
    said = f"{error.operation} {error.code}: {error.message}"
    if error.request_id:
        said += f" (request {error.request_id})"
    final = error.cause is Cause.FINAL and not _may_be_a_crash(error)
    return ApplicationError(said, type=REFUSED if final else error.cause, non_retryable=final)


def _may_be_a_crash(error: AwsError) -> bool:
    """An emulator tells what it lacks as it tells that it has crashed; what it lacks it says every time."""
    tried = activity.info().attempt if activity.in_activity() else _CRASHES
    return error.code == NOT_EMULATED and tried < _CRASHES


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
