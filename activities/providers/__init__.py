"""The providers, by the CloudFormation type that they make. A new service is one line in the tuple."""

from panka.activities.providers import (
    docdb,
    dynamodb,
    ec2,
    ecs,
    elasticache,
    iam,
    lambda_,
    logs,
    msk,
    rds,
    s3,
    sns,
    sqs,
)
from panka.activities.providers.provider import Provider

PROVIDERS: dict[str, type[Provider]] = {
    provider.type: provider
    for service in (
        docdb,
        dynamodb,
        ec2,
        ecs,
        elasticache,
        iam,
        lambda_,
        logs,
        msk,
        rds,
        s3,
        sns,
        sqs,
    )
    for provider in service.PROVIDERS
}
