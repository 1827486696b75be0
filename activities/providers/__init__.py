"""The providers, by the CloudFormation type that they make. A new service is one line in the tuple."""

from panka.activities.providers import (
    dynamodb,
    ec2,
    ec2_endpoints,
    ec2_gateways,
    ec2_routes,
    ec2_subnet,
    ec2_volume,
    ec2_vpc,
    ecs,
    efs,
    iam,
    lambda_,
    logs,
    rds,
    s3,
    sns,
    sqs,
)
from panka.activities.providers.provider import Provider

PROVIDERS: dict[str, type[Provider]] = {
    provider.type: provider
    for service in (
        dynamodb,
        ec2,
        ec2_endpoints,
        ec2_gateways,
        ec2_routes,
        ec2_subnet,
        ec2_volume,
        ec2_vpc,
        ecs,
        efs,
        iam,
        lambda_,
        logs,
        rds,
        s3,
        sns,
        sqs,
    )
    for provider in service.PROVIDERS
}
