"""What an error of AWS means for a run: whether to go on at once, later, or never."""

from enum import StrEnum


class Cause(StrEnum):
    """What to do about an error."""

    THROTTLED = "throttled"
    """AWS did nothing; the same call is right a little later."""
    NOT_YET = "not yet consistent"
    """Something made before is not visible everywhere (IAM and its kin); the same call is right in a second."""
    TRANSIENT = "transient"
    """The call may have taken effect or not: look before repeating it."""
    FINAL = "final"
    """The same call will never succeed."""


class AwsError(Exception):
    """An answer of AWS, or the lack of one."""

    def __init__(self, cause: Cause, code: str, message: str, operation: str, request_id: str = "") -> None:
        super().__init__(f"{operation} {code}: {message}")
        self.cause = cause
        self.code = code
        """As AWS says it: `AccessDenied`; for a lost connection the class of botocore's error."""
        self.message = message
        self.operation = operation
        """`sqs:CreateQueue`."""
        self.request_id = request_id


class NotOurs(Exception):
    """The name is taken by a resource that does not carry our tags. It is never touched."""


class TryLater(Exception):
    """AWS wants a pause of known length before the same call can succeed."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds
