"""The providers, by the CloudFormation type that they make. A new service is one line in the tuple."""

from panka.activities.providers import (
    apigateway,
    apigatewayv2,
    dynamodb,
    ec2,
    ecs,
    events,
    iam,
    lambda_,
    logs,
    rds,
    s3,
    scheduler,
    sns,
    sqs,
)
from panka.activities.providers.provider import Provider

PROVIDERS: dict[str, type[Provider]] = {
    provider.type: provider
    for service in (
        apigateway,
        apigatewayv2,
        dynamodb,
        ec2,
        ecs,
        events,
        iam,
        lambda_,
        logs,
        rds,
        s3,
        scheduler,
        sns,
        sqs,
    )
    for provider in service.PROVIDERS
}
