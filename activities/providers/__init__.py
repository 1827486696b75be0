"""The providers, by the CloudFormation type that they make. A new service is one line in the tuple."""

from panka.activities.providers import (
    acm,
    application_autoscaling,
    cloudfront,
    cloudwatch,
    docdb,
    dynamodb,
    ec2,
    ecs,
    elasticache,
    elbv2,
    iam,
    kms,
    lambda_,
    logs,
    msk,
    rds,
    route53,
    s3,
    secretsmanager,
    service_discovery,
    sns,
    sqs,
    ssm,
)
from panka.activities.providers.provider import Provider

PROVIDERS: dict[str, type[Provider]] = {
    provider.type: provider
    for service in (
        acm,
        application_autoscaling,
        cloudfront,
        cloudwatch,
        docdb,
        dynamodb,
        ec2,
        ecs,
        elasticache,
        elbv2,
        iam,
        kms,
        lambda_,
        logs,
        msk,
        rds,
        route53,
        s3,
        secretsmanager,
        service_discovery,
        sns,
        sqs,
        ssm,
    )
    for provider in service.PROVIDERS
}
