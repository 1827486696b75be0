"""What an error of AWS means for a run: whether to go on at once, later, or never."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Self

from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError


class Cause(StrEnum):
    """What to do about an error."""

    THROTTLED = "throttled"
    """AWS did nothing; the same call is right a little later."""
    NOT_YET = "not yet consistent"
    """Something made before is not visible everywhere (IAM and its kin); the same call is right in a second."""
    EXPIRED = "expired"
    """The credentials are no longer good; AWS did nothing, and the same call is right with new ones."""
    TRANSIENT = "transient"
    """The call may have taken effect or not: look before repeating it."""
    FINAL = "final"
    """The same call will never succeed."""


class AwsError(Exception):
    """An answer of AWS, or the lack of one."""

    def __init__(
        self, cause: Cause, code: str, message: str, operation: str, request_id: str = "", *, sent: bool = True
    ) -> None:
        super().__init__(f"{operation} {code}: {message}")
        self.cause = cause
        self.code = code
        """As AWS says it: `AccessDenied`; for a lost connection the class of botocore's error."""
        self.message = message
        self.operation = operation
        """`sqs:CreateQueue`."""
        self.request_id = request_id
        self.sent = sent
        """False: the request never left, so nothing can have happened and repeating it is safe."""

    def __reduce__(self) -> tuple[type[Self], tuple[str, ...], dict[str, Any]]:
        return type(self), (self.cause, self.code, self.message, self.operation, self.request_id), self.__dict__

    @property
    def denied(self) -> bool:
        """The credentials are missing, expired, unknown, or not allowed to do this."""
        return self.code in _DENIED or self.code in _BAD_CREDENTIALS or self.code in _NO_CREDENTIALS

    @property
    def unreachable(self) -> bool:
        """Nothing answers at the endpoint."""
        return not self.sent and self.cause is Cause.TRANSIENT


class NotOurs(Exception):
    """The name is taken by a resource that does not carry our tags. It is never touched."""


class TryLater(Exception):
    """AWS wants a pause of known length before the same call can succeed."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


@contextmanager
def waiting_out(busy: frozenset[str], what: str, seconds: float) -> Iterator[None]:
    """For calls that AWS refuses while it is at work: the codes in `busy` ask for a pause, other errors stay.

    Raises:
        TryLater: AWS is at work; the message begins with `what`.
    """
    try:
        yield
    except AwsError as error:
        if error.code in busy:
            raise TryLater(f"{what}: {error.message}", seconds) from error
        raise


NOT_EMULATED = "NotEmulated"
"""The code of an operation that an emulator of AWS does not have."""

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_CONFLICTING = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "ConcurrentUpdateException",
        "OperationAborted",
        "TooManyUpdates",
    }
)
"""Two changes of one thing met; AWS refused this one whole."""
_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServerException",
        "ServiceException",
        "ServiceFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Unavailable",
    }
)
_DENIED = frozenset(
    {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
    | {"InvalidCredentials", "InvalidCredentialsException", "NotAuthorized", "OptInRequired", "UnauthorizedAccess"}
    | {"UnauthorizedOperation", "UnauthorizedTaggingOperation"}
)
_BAD_CREDENTIALS = {
    "AuthFailure": "AWS does not accept the credentials.",
    "ExpiredToken": "The credentials have expired. Get new ones and run the command again.",
    "ExpiredTokenException": "The credentials have expired. Get new ones and run the command again.",
    "InvalidAccessKeyId": "AWS does not know the access key.",
    "InvalidClientTokenId": "AWS does not know the access key.",
    "RequestExpired": "The request was signed too long ago: the credentials have expired or the clock is wrong.",
    "RequestTimeTooSkewed": "The clock of this machine differs from AWS's by too much.",
    "SignatureDoesNotMatch": "The secret access key does not belong to the access key.",
    "UnrecognizedClientException": "AWS does not know the access key.",
}
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""How AWS says that credentials were good once; the last is what EC2 says."""
_NO_CREDENTIALS = frozenset(
    {
        "CredentialRetrievalError",
        "MetadataRetrievalError",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "ProfileNotFound",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
_UNSENT = (botocore.EndpointConnectionError, botocore.ConnectTimeoutError, botocore.ProxyConnectionError)

_PRINCIPAL = r"(?i)principal"
_NO_SUCH = r"Invalid\w+\.NotFound|NatGatewayNotFound"
_NOT_YET: tuple[tuple[str, str, str], ...] = (
    # operation, code, message: what services say of roles, policies and groups that were made a moment ago
    (r"lambda:(Create|Update)\w+", r"InvalidParameterValueException", r"cannot be assumed by Lambda"),
    (r"lambda:(Create|Update)\w+", r"InvalidParameterValueException", r"execution role does not have permissions"),
    (r"lambda:(Create|Update|Publish)\w+", r"InvalidParameterValueException", r"KMS key is invalid for CreateGrant"),
    (
        r"ecs:\w+",
        r"InvalidParameterException|ClientException",
        r"(?i)unable to assume|role is not valid|verify that the|does not have an associated load balancer",
    ),
    (r"elbv2:CreateLoadBalancer", r"InvalidSecurityGroup", r"(?i)not (exist|found)"),
    (r"elbv2:(Create|Modify)Listener", r"CertificateNotFound", r""),
    (r"elbv2:RegisterTargets", r"AccessDenied", r"permission to invoke"),
    (r"application-autoscaling:RegisterScalableTarget", r"ValidationException", r"doesn't exist"),
    (r"application-autoscaling:Put\w+", r"ObjectNotFoundException", r"No scalable target"),
    (r"scheduler:\w+", r"ValidationException", r"assume the role"),
    (r"events:PutTargets", r"ValidationException", r"assume"),
    (r"rds:\w+", r"InvalidParameterValue", r"(?i)role arn value is invalid"),
    (r"(rds|docdb|elasticache):Create\w+", r"InvalidParameterValue", r"(?i)service linked role.* try again later"),
    (r"s3:PutBucketPolicy", r"MalformedPolicy", _PRINCIPAL),
    (r"s3:Put(Bucket\w+|PublicAccessBlock)", r"NoSuchBucket", r""),
    (r"s3:PutBucketNotificationConfiguration", r"InvalidArgument", r"(?i)validate the following destination"),
    (r"s3:PutBucketReplication", r"InvalidRequest|AccessDenied", r"(?i)role"),
    (r"sns:\w+", r"InvalidParameter", r"PrincipalNotFound"),
    (r"sqs:SetQueueAttributes", r"InvalidAttributeValue", _PRINCIPAL),
    (r"kms:(CreateKey|PutKeyPolicy)", r"MalformedPolicyDocumentException", _PRINCIPAL),
    (r"secretsmanager:PutResourcePolicy", r"MalformedPolicyDocumentException", _PRINCIPAL),
    (r"secretsmanager:RotateSecret", r"AccessDeniedException", r"cannot invoke the specified Lambda function"),
    (r"iam:(CreateRole|UpdateAssumeRolePolicy)", r"MalformedPolicyDocument", _PRINCIPAL),
    (r"iam:(Attach(Role|User|Group)Policy|Put(Role|User|Group)Policy|AddRoleToInstanceProfile)", r"NoSuchEntity", r""),
    (r"ec2:(Authorize|Revoke)SecurityGroup\w+", r"InvalidGroup\.NotFound|InvalidSecurityGroupID\.NotFound", r""),
    (r"ec2:CreateTags", r"Invalid\w+\.NotFound", r""),
    (
        r"cloudcontrol:.+",
        r"InvalidRequest\w*|GeneralServiceException|AccessDenied",
        r"(?i)cannot be assumed|unable to assume|assume the role|invalid principal",
    ),
    (r"cloudcontrol:(Get|List)Resources?", r"ResourceConflictException", r""),
    (r"ec2:Create(NatGateway|Route|RouteTable|Subnet|Tags|VpcEndpoint)", _NO_SUCH, r""),
    (r"ec2:(Associate\w+|Attach\w+|Modify\w+Attribute)", _NO_SUCH, r""),
    # The gateway was attached a moment ago.
    (r"ec2:CreateRoute", r"InvalidParameterValue", r"belong to different networks"),
    (r"ec2:CreateNatGateway", r"Gateway\.NotAttached", r""),
    (r"efs:CreateMountTarget", r"SubnetNotFound|SecurityGroupNotFound", r""),
    (r"efs:PutFileSystemPolicy", r"InvalidPolicyException", _PRINCIPAL),
)
_OF_HANDLERS = {
    "NetworkFailure": Cause.TRANSIENT,
    "ResourceConflict": Cause.NOT_YET,
    "ServiceInternalError": Cause.TRANSIENT,
    "ServiceTimeout": Cause.TRANSIENT,
    "Throttling": Cause.THROTTLED,
}
"""What Cloud Control's handlers end with and may be asked for again; every other code of theirs is final."""


def classify(service: str, operation: str, error: Exception, endpoint_url: str | None) -> AwsError:
    """The error of one call (`sqs`, `CreateQueue`) as what it means for the run.

    `endpoint_url` is that of an emulator, or None for AWS itself: only emulators lack operations.
    """
    name = f"{service}:{operation}"
    if isinstance(error, botocore.ClientError):
        return _answered(name, error, endpoint_url)
    if endpoint_url is not None and isinstance(error, ResponseParserError) and "<html" in str(error).lower():
        return _not_emulated(name, endpoint_url)
    return _unanswered(name, error, endpoint_url)


def handler_failed(operation: str, code: str, message: str, request: str) -> AwsError:
    """A request to Cloud Control that has failed (`CREATE AWS::Athena::WorkGroup`), as what it means for the run.

    Its handler's codes are not those of answers: here `InternalFailure` is final, and what was sent has ended.
    """
    name = f"cloudcontrol:{operation}"
    cause = Cause.NOT_YET if _is_not_yet(name, code, message) else _OF_HANDLERS.get(code, Cause.FINAL)
    return AwsError(cause, code, message, name, request)


def _unanswered(name: str, error: Exception, endpoint_url: str | None) -> AwsError:
    code = type(error).__name__
    if isinstance(error, _UNSENT):
        where = endpoint_url or "AWS"
        return AwsError(Cause.TRANSIENT, code, f"Nothing answers at {where} ({error}).", name, sent=False)
    if code in _NO_CREDENTIALS:
        return AwsError(Cause.FINAL, code, f"There are no usable AWS credentials: {error}.", name, sent=False)
    if isinstance(error, botocore.HTTPClientError):
        return AwsError(Cause.TRANSIENT, code, f"The connection was lost before AWS answered ({error}).", name)
    if isinstance(error, ResponseParserError):
        return AwsError(Cause.TRANSIENT, code, "The answer of AWS could not be read.", name)
    return AwsError(Cause.FINAL, code, str(error), name, sent=False)


def _answered(name: str, error: botocore.ClientError, endpoint_url: str | None) -> AwsError:
    said = error.response.get("Error", {})
    about = error.response.get("ResponseMetadata", {})
    code, message = str(said.get("Code", "Unknown")), str(said.get("Message", ""))
    status = int(about.get("HTTPStatusCode", 0))
    if endpoint_url is not None and status == 500 and "html" in about.get("HTTPHeaders", {}).get("content-type", ""):
        return _not_emulated(name, endpoint_url)
    message = _BAD_CREDENTIALS.get(code, message)
    return AwsError(_cause(name, code, message, status), code, message, name, str(about.get("RequestId", "")))


def _not_emulated(name: str, endpoint_url: str) -> AwsError:
    return AwsError(Cause.FINAL, NOT_EMULATED, f"The emulator at {endpoint_url} does not have this operation.", name)


def _cause(name: str, code: str, message: str, status: int) -> Cause:
    bare = code.removeprefix("AWS.SimpleQueueService.")
    if bare in _THROTTLED or status == 429 or "Rate exceeded" in message:
        return Cause.THROTTLED
    # DynamoDB makes a few tables at once; elsewhere the code means a quota, which no waiting raises.
    if name.startswith("dynamodb:") and code == "LimitExceededException" and "simultaneous" in message:
        return Cause.THROTTLED
    if code in EXPIRED:
        return Cause.EXPIRED
    if code in _CONFLICTING or _is_not_yet(name, code, message):
        return Cause.NOT_YET
    if bare in _TRANSIENT or status >= 500:
        return Cause.TRANSIENT
    return Cause.FINAL


def _is_not_yet(name: str, code: str, message: str) -> bool:
    return any(
        re.fullmatch(operation, name) and re.fullmatch(codes, code) and re.search(words, message)
        for operation, codes, words in _NOT_YET
    )
