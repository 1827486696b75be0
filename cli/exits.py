"""How a command ends: the exit codes, and the errors that carry one of them with a sentence for people.

Nothing here imports boto3 or temporalio: an error of theirs can only have come up if its module is loaded already.
"""

import sys
from collections.abc import Callable
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """What the shell gets to see."""

    OK = 0
    FAILED = 1
    """The run failed."""
    CHANGES = 2
    """There are changes, and `--detailed-exitcode` was given."""
    USAGE = 64
    INVALID = 65
    """The stack is invalid."""
    UNREACHABLE = 69
    """Temporal or AWS does not answer."""
    BUG = 70
    """Panka itself went wrong."""
    LOCKED = 75
    DENIED = 77
    TIMED_OUT = 124
    INTERRUPTED = 130


class Stop(Exception):
    """Ends the command: one sentence, what to do about it, and the exit code."""

    code = Exit.FAILED

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class Misused(Stop):
    """The command line or a setting asks for what cannot be."""

    code = Exit.USAGE


class InvalidStack(Stop):
    """The YAML does not make a stack. `report` is all diagnostics as text; they say everything."""

    code = Exit.INVALID

    def __init__(self, message: str, help: str = "", report: str = "") -> None:
        super().__init__(message, help)
        self.report = report


class Unreachable(Stop):
    """Temporal or AWS does not answer."""

    code = Exit.UNREACHABLE


class Locked(Stop):
    """Another run has the stack."""

    code = Exit.LOCKED


class Denied(Stop):
    """The credentials are missing, wrong, or not allowed to."""

    code = Exit.DENIED


class TimedOut(Stop):
    """`--timeout` is over; the run goes on."""

    code = Exit.TIMED_OUT


class Interrupted(Stop):
    """Ctrl-C. The message is what became of the command, not an error."""

    code = Exit.INTERRUPTED


class RunFailed(Stop):
    """The run ended otherwise than asked. The view has said how, so an empty message adds nothing."""

    code = Exit.FAILED


_CREDENTIALS = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "ProfileNotFound",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
        "SSOTokenLoadError",
    }
)
_CONNECTION = frozenset(
    {
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "ReadTimeoutError",
        "ProxyConnectionError",
        "SSLError",
        "HTTPClientError",
    }
)
_DENIALS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "ForbiddenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
        "403",
    }
)
_ABSENT = frozenset({"NoSuchBucket", "ResourceNotFoundException", "ResourceNotFound"})
_CREDENTIALS_HELP = "set AWS_PROFILE or --profile to credentials that may use this account"
_BACKEND_HELP = "panka backend create makes the bucket and the table"


def stop_of(error: BaseException) -> Stop | None:
    """What an error of AWS or Temporal means for the command; None when it is neither's."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        if isinstance(link, Stop):
            return link
        seen.add(id(link))
        for understand in (_of_panka, _of_botocore, _of_temporal):
            if stop := understand(link):
                return stop
        link = link.__cause__
    return None


def _loaded(module: str, name: str) -> type[Any]:
    """A class of a module, if the module is loaded; else one that nothing is an instance of."""
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else _Never


class _Never:
    """No error is one of these."""


_MEANINGS: tuple[tuple[str, str, type[Stop], str], ...] = (
    ("panka.planner.graph", "Cycle", InvalidStack, "break one of the dependencies"),
    ("panka.planner.assemble", "Elsewhere", Denied, _CREDENTIALS_HELP),
    ("panka.activities.aws.network", "NoDefaultNetwork", InvalidStack, "spec.networking names the network to use"),
    ("panka.activities.planning", "WrongAccount", Denied, _CREDENTIALS_HELP),
    ("panka.activities.stores.backend", "NotUsable", Denied, "--bucket and --table name others"),
    ("panka.activities.archive", "Damaged", RunFailed, "the bucket keeps older versions of every object"),
    ("panka.planner.formats", "Newer", RunFailed, "use that version of Panka, or a later one"),
)
"""Errors of Panka's own parts: module, class, what they mean here, what to do."""


def _of_panka(error: BaseException) -> Stop | None:
    if isinstance(error, _loaded("panka.activities.aws.errors", "AwsError")):
        return _of_code(str(getattr(error, "code", "")), str(error)) or RunFailed(f"AWS refuses: {_sentence(error)}")
    for module, name, stop, help in _MEANINGS:
        if isinstance(error, _loaded(module, name)):
            return stop(_sentence(error), help)
    return None


def _of_botocore(error: BaseException) -> Stop | None:
    if isinstance(error, _loaded("botocore.exceptions", "ClientError")):
        answer: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
        return _of_code(str(answer.get("Code", "")), str(error)) or RunFailed(f"AWS refuses: {_sentence(error)}")
    if isinstance(error, _loaded("botocore.exceptions", "BotoCoreError")):
        return _of_code(type(error).__name__, str(error)) or Misused(f"AWS cannot be asked: {_sentence(error)}")
    return None


def _of_code(code: str, said: str) -> Stop | None:
    if code in _CREDENTIALS:
        return Denied(f"There are no usable AWS credentials: {_sentence(said)}", _CREDENTIALS_HELP)
    if code in _DENIALS:
        return Denied(f"AWS refuses these credentials: {_sentence(said)}", _CREDENTIALS_HELP)
    if code in _CONNECTION:
        return Unreachable(
            f"AWS does not answer: {_sentence(said)}", "look at --endpoint-url and the network; nothing was changed"
        )
    if code in _ABSENT:
        return Misused(f"The bucket or table of the state is not there: {_sentence(said)}", _BACKEND_HELP)
    return None


def _of_temporal(error: BaseException) -> Stop | None:
    if not isinstance(error, _loaded("temporalio.service", "RPCError")):
        return None
    status = getattr(getattr(error, "status", None), "name", "")
    meaning: dict[str, Callable[[], Stop]] = {
        "UNAVAILABLE": lambda: Unreachable(f"Temporal does not answer: {_sentence(error)}"),
        "DEADLINE_EXCEEDED": lambda: Unreachable("Temporal did not answer in time."),
        "CANCELLED": lambda: Unreachable("Temporal did not answer in time."),
        "PERMISSION_DENIED": lambda: Denied(f"Temporal refuses this: {_sentence(error)}"),
        "UNAUTHENTICATED": lambda: Denied(f"Temporal does not know these credentials: {_sentence(error)}"),
        "NOT_FOUND": lambda: Misused(f"Temporal does not know it: {_sentence(error)}"),
    }
    return meaning[status]() if status in meaning else None


def _sentence(said: object) -> str:
    text = str(said).strip().replace("\n", " ")
    return text if text.endswith((".", "!", "?")) else f"{text}."
