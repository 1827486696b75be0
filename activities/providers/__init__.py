"""The providers, by the CloudFormation type that they make. A new service is one line in the tuple."""

from panka.activities.providers import (
    cloudfront,
    dynamodb,
    ec2,
    ecs,
    iam,
    kms,
    lambda_,
    logs,
    rds,
    s3,
    secretsmanager,
    sns,
    sqs,
    ssm,
)
from panka.activities.providers.provider import Provider

PROVIDERS: dict[str, type[Provider]] = {
    provider.type: provider
    for service in (
        cloudfront,
        dynamodb,
        ec2,
        ecs,
        iam,
        kms,
        lambda_,
        logs,
        rds,
        s3,
        secretsmanager,
        sns,
        sqs,
        ssm,
    )
    for provider in service.PROVIDERS
}
