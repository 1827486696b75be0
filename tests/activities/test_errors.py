"""What an error of AWS means for a run."""

import dataclasses

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from panka.activities.aws.errors import NOT_EMULATED, AwsError, Cause, classify, handler_failed
from panka.activities.failing import translated

URL = "http://127.0.0.1:1"


def answered(code: str, message: str = "", status: int = 400, content: str = "text/xml") -> ClientError:
    about = {"HTTPStatusCode": status, "RequestId": "r-1", "HTTPHeaders": {"content-type": content}}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": about}, "Any")  # type: ignore[typeddict-item]  # what a real answer has of it


def cause(service: str, operation: str, code: str, message: str = "", status: int = 400) -> Cause:
    return classify(service, operation, answered(code, message, status), None).cause


@pytest.mark.parametrize(
    ("service", "operation", "code", "message", "status"),
    [
        ("ec2", "RunInstances", "RequestLimitExceeded", "", 503),
        ("sqs", "CreateQueue", "AWS.SimpleQueueService.ThrottlingException", "", 400),
        ("iam", "CreateRole", "Throttling", "Rate exceeded", 400),
        ("lambda", "CreateFunction", "TooManyRequestsException", "", 429),
        ("dynamodb", "CreateTable", "LimitExceededException", "Only 10 tables can be created simultaneously", 400),
        ("s3", "PutObject", "SlowDown", "", 503),
    ],
)
def test_throttling_is_known_in_every_spelling(
    service: str, operation: str, code: str, message: str, status: int
) -> None:
    assert cause(service, operation, code, message, status) is Cause.THROTTLED


def test_a_quota_is_no_throttling() -> None:
    assert cause("iam", "CreateRole", "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000") is Cause.FINAL


@pytest.mark.parametrize(
    ("service", "operation", "code", "message"),
    [
        (
            "lambda",
            "CreateFunction",
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        ("ecs", "CreateService", "InvalidParameterException", "Unable to assume the service linked role."),
        (
            "ecs",
            "CreateService",
            "InvalidParameterException",
            "The target group with targetGroupArn arn:x does not have an associated load balancer.",
        ),
        ("elbv2", "CreateLoadBalancer", "InvalidSecurityGroup", "One or more security groups do not exist"),
        ("elbv2", "CreateListener", "CertificateNotFound", "Certificate 'arn:x' not found"),
        (
            "elbv2",
            "RegisterTargets",
            "AccessDenied",
            "elasticloadbalancing principal does not have permission to invoke arn:x from target group arn:y",
        ),
        (
            "application-autoscaling",
            "RegisterScalableTarget",
            "ValidationException",
            "ECS service doesn't exist: service/cluster/web",
        ),
        (
            "application-autoscaling",
            "PutScalingPolicy",
            "ObjectNotFoundException",
            "No scalable target registered for service namespace: ecs",
        ),
        ("application-autoscaling", "PutScalingPolicy", "ConcurrentUpdateException", "There is a pending update."),
        ("s3", "PutBucketPolicy", "MalformedPolicy", "Invalid principal in policy"),
        (
            "s3",
            "PutBucketNotificationConfiguration",
            "InvalidArgument",
            "Unable to validate the following destination configurations",
        ),
        ("s3", "PutBucketTagging", "NoSuchBucket", "The specified bucket does not exist"),
        ("iam", "AttachRolePolicy", "NoSuchEntity", "The role with name x cannot be found."),
        (
            "secretsmanager",
            "PutResourcePolicy",
            "MalformedPolicyDocumentException",
            "This resource policy contains an unsupported principal.",
        ),
        (
            "secretsmanager",
            "RotateSecret",
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function.",
        ),
        ("ssm", "PutParameter", "TooManyUpdates", "There are concurrent updates for a resource."),
        ("ec2", "CreateSubnet", "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
        ("ec2", "CreateRoute", "NatGatewayNotFound", "The Nat Gateway nat-1 was not found"),
        (
            "ec2",
            "CreateRoute",
            "InvalidParameterValue",
            "route table rtb-1 and network gateway igw-1 belong to different networks",
        ),
        ("ec2", "CreateNatGateway", "Gateway.NotAttached", "Network vpc-1 has no Internet gateway attached"),
        ("ec2", "ModifyVpcAttribute", "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
        ("ec2", "AssociateRouteTable", "InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-1' does not exist"),
        ("efs", "CreateMountTarget", "SecurityGroupNotFound", "The SecurityGroup ID 'sg-1' does not exist"),
        ("efs", "PutFileSystemPolicy", "InvalidPolicyException", "Policy contains invalid Principal block."),
        ("s3", "CreateBucket", "OperationAborted", "A conflicting conditional operation is in progress"),
        ("cloudcontrol", "GetResource", "ResourceConflictException", "The resource is busy."),
        ("cloudcontrol", "UpdateResource", "InvalidRequestException", "The role cannot be assumed by Lambda."),
        (
            "docdb",
            "CreateDBCluster",
            "InvalidParameterValue",
            "Verify that you have permission to create service linked role. Otherwise wait and try again later",
        ),
    ],
)
def test_what_was_made_a_moment_ago_may_not_be_visible(service: str, operation: str, code: str, message: str) -> None:
    assert cause(service, operation, code, message) is Cause.NOT_YET


def test_the_same_code_with_another_message_is_final() -> None:
    assert cause("lambda", "CreateFunction", "InvalidParameterValueException", "Unzipped size too big") is Cause.FINAL
    assert cause("s3", "GetBucketTagging", "NoSuchBucket") is Cause.FINAL
    assert cause("ec2", "DeleteVpc", "InvalidVpcID.NotFound") is Cause.FINAL


def test_a_server_error_may_have_taken_effect() -> None:
    error = classify("rds", "CreateDBInstance", answered("Whatever", status=500), None)

    assert (error.cause, error.sent) == (Cause.TRANSIENT, True)


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_what_has_expired_is_right_with_new_credentials(code: str) -> None:
    error = classify("ec2", "RunInstances", answered(code, "no", 403), None)

    assert (error.cause, error.denied) == (Cause.EXPIRED, True)


@pytest.mark.parametrize("code", ["AccessDenied", "UnauthorizedOperation", "InvalidClientTokenId"])
def test_what_is_denied_stays_denied(code: str) -> None:
    error = classify("ec2", "RunInstances", answered(code, "no", 403), None)

    assert (error.cause, error.denied, error.request_id) == (Cause.FINAL, True, "r-1")


def test_expired_credentials_are_said_in_words() -> None:
    error = classify("sts", "GetCallerIdentity", answered("ExpiredToken", "X", 403), None)

    assert "have expired" in str(error)


def test_an_endpoint_where_nothing_answers_got_no_request() -> None:
    error = classify("sqs", "CreateQueue", EndpointConnectionError(endpoint_url=URL), URL)

    assert (error.cause, error.sent, error.unreachable) == (Cause.TRANSIENT, False, True)
    assert URL in error.message


@pytest.mark.parametrize("lost", [ConnectionClosedError(endpoint_url=URL), ReadTimeoutError(endpoint_url=URL)])
def test_a_lost_reply_says_nothing_about_what_happened(lost: Exception) -> None:
    error = classify("sqs", "CreateQueue", lost, None)

    assert (error.cause, error.sent, error.unreachable) == (Cause.TRANSIENT, True, False)


def test_missing_credentials_are_final_and_nothing_was_sent() -> None:
    error = classify("sqs", "CreateQueue", NoCredentialsError(), None)

    assert (error.cause, error.sent, error.denied) == (Cause.FINAL, False, True)


def test_arguments_that_no_service_takes_are_final() -> None:
    assert classify("sqs", "CreateQueue", ParamValidationError(report="x"), None).cause is Cause.FINAL


def test_a_page_for_people_means_that_an_emulator_lacks_the_operation_and_aws_had_a_bad_moment() -> None:
    page = answered("500", status=500, content="text/html; charset=utf-8")

    assert classify("ecs", "X", page, URL).code == NOT_EMULATED
    assert classify("ecs", "X", page, URL).cause is Cause.FINAL
    assert classify("ecs", "X", page, None).cause is Cause.TRANSIENT


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("Throttling", "Rate exceeded", Cause.THROTTLED),
        ("ServiceInternalError", "", Cause.TRANSIENT),
        ("ServiceTimeout", "", Cause.TRANSIENT),
        ("NetworkFailure", "", Cause.TRANSIENT),
        ("ResourceConflict", "Another change is under way.", Cause.NOT_YET),
        ("InvalidRequest", "The role defined for the function cannot be assumed by Lambda.", Cause.NOT_YET),
        ("InvalidRequest", "Model validation failed", Cause.FINAL),
        ("GeneralServiceException", "It did not go.", Cause.FINAL),
        ("InternalFailure", "", Cause.FINAL),
        ("NotStabilized", "It is stuck.", Cause.FINAL),
        ("ServiceLimitExceeded", "", Cause.FINAL),
        ("AlreadyExists", "", Cause.FINAL),
        ("AccessDenied", "You may not.", Cause.FINAL),
        ("NotUpdatable", "", Cause.FINAL),
        ("OfNextYear", "", Cause.FINAL),
    ],
)
def test_what_a_handler_of_cloud_control_ends_with_means_the_same(code: str, message: str, expected: Cause) -> None:
    error = handler_failed("CREATE AWS::X::Y", code, message, "r-1")

    assert (error.cause, error.code, error.request_id) == (expected, code, "r-1")
    assert str(error) == f"cloudcontrol:CREATE AWS::X::Y {code}: {message}"


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidCredentials", "UnauthorizedTaggingOperation"])
def test_what_a_handler_may_not_do_is_denied(code: str) -> None:
    assert handler_failed("DELETE AWS::X::Y", code, "", "").denied


def test_an_error_reads_as_a_sentence_with_its_operation() -> None:
    error = AwsError(Cause.FINAL, "AccessDenied", "You may not.", "sqs:CreateQueue")

    assert str(error) == "sqs:CreateQueue AccessDenied: You may not."


@pytest.mark.parametrize(("attempt", "final"), [(1, False), (2, False), (3, True)])
def test_what_an_emulator_seems_to_lack_is_asked_for_again_as_it_may_have_crashed(attempt: int, final: bool) -> None:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, attempt=attempt)
    lacks = AwsError(Cause.FINAL, NOT_EMULATED, "The emulator does not have this operation.", "sqs:CreateQueue")

    def fail() -> None:
        with translated():
            raise lacks

    with pytest.raises(ApplicationError) as raised:
        environment.run(fail)

    assert raised.value.non_retryable is final
