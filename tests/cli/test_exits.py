"""What an error of AWS or Temporal becomes."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from temporalio.service import RPCError, RPCStatusCode

from panka.activities.aws.errors import AwsError, Cause
from panka.activities.planning import WrongAccount
from panka.cli.exits import Exit, Misused, stop_of
from panka.planner.graph import Cycle


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said AWS"}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), Exit.UNREACHABLE),
        (NoCredentialsError(), Exit.DENIED),
        (client_error("AccessDenied"), Exit.DENIED),
        (client_error("ExpiredToken"), Exit.DENIED),
        (client_error("NoSuchBucket"), Exit.USAGE),
        (client_error("InternalError"), Exit.FAILED),
        (AwsError(Cause.FINAL, "InvalidClientTokenId", "unknown", "sts:GetCallerIdentity"), Exit.DENIED),
        (AwsError(Cause.TRANSIENT, "EndpointConnectionError", "refused", "sts:GetCallerIdentity"), Exit.UNREACHABLE),
        (RPCError("away", RPCStatusCode.UNAVAILABLE, b""), Exit.UNREACHABLE),
        (RPCError("no", RPCStatusCode.PERMISSION_DENIED, b""), Exit.DENIED),
        (WrongAccount("The stack is for account 1; the credentials in use are for 2."), Exit.DENIED),
        (Cycle(("a", "b")), Exit.INVALID),
    ],
)
def test_an_error_of_the_outside_has_its_exit_code_and_says_what_was_said(error: Exception, code: Exit) -> None:
    stop = stop_of(error)

    assert stop is not None
    assert stop.code == code
    assert stop.message.endswith((".", "!", "?"))


def test_what_an_error_was_raised_from_is_seen() -> None:
    error = KeyError("x")
    error.__cause__ = Misused("It was this.")

    stop = stop_of(error)

    assert stop is not None
    assert stop.message == "It was this."


def test_an_error_that_only_came_up_while_another_was_handled_is_a_defect() -> None:
    error = KeyError("x")
    error.__context__ = NoCredentialsError()

    assert stop_of(error) is None
