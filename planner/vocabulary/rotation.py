"""Gives a secret a new random value every so many days: the function that Secrets Manager calls, and its rights."""

import hashlib

from panka.planner.component import Component, ComponentSpec, Context
from panka.planner.packing import zipped
from panka.planner.resource import PhysicalName, Resource
from panka.planner.vocabulary.logs import log_group, write_logs
from panka.planner.vocabulary.policies import allow, role, role_policy

SOURCE = '''\
"""Gives a secret a new random value, in the steps that Secrets Manager asks for."""

import os

import boto3


def handler(event, context, secrets=None):
    secrets = secrets or boto3.client("secretsmanager")
    step = {"createSecret": create, "finishSecret": finish}.get(event["Step"])
    if step:
        step(secrets, event["SecretId"], event["ClientRequestToken"])


def create(secrets, secret, token):
    """Every step may come twice: a version that is there already stays as it is."""
    try:
        secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except secrets.exceptions.ResourceNotFoundException:
        value = secrets.get_random_password(
            PasswordLength=int(os.environ["LENGTH"]), ExcludeCharacters=os.environ["EXCLUDED"]
        )["RandomPassword"]
        secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"]
        )


def finish(secrets, secret, token):
    versions = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next((version for version, stages in versions.items() if "AWSCURRENT" in stages), None)
    if current == token:
        return
    move = {"RemoveFromVersionId": current} if current else {}
    secrets.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, **move
    )
'''
"""The function's code. It makes no other change than to the secret, so nobody else must know the old value."""

CODE = zipped({"index.py": SOURCE.encode()})
DIGEST = hashlib.sha256(CODE).hexdigest()
CHANGE = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
)


def rotation(
    component: Component[ComponentSpec], context: Context, secret: Resource, days: int, variables: dict[str, str]
) -> tuple[Resource, ...]:
    """What changes the secret's value every so many days; `variables` are LENGTH and EXCLUDED of new values."""
    logs = log_group(component)
    own = role(component, "rotation-role", "lambda.amazonaws.com")
    statements = (
        write_logs(logs, context),
        allow(CHANGE, secret.ref("Id")),
        allow(["secretsmanager:GetRandomPassword"], "*"),
    )
    policy = role_policy(component, "rotation-policy", own, statements)
    function = _function(component, logs, own, policy, variables)
    permission = component.resource(
        "rotation-permission",
        "AWS::Lambda::Permission",
        {
            "FunctionName": function.ref("FunctionName"),
            "Action": "lambda:InvokeFunction",
            "Principal": "secretsmanager.amazonaws.com",
            "SourceArn": secret.ref("Id"),
        },
    )
    schedule = component.resource(
        "rotation",
        "AWS::SecretsManager::RotationSchedule",
        {
            "SecretId": secret.ref("Id"),
            "RotationLambdaARN": function.ref("Arn"),
            "RotationRules": {"AutomaticallyAfterDays": days},
            "RotateImmediatelyOnUpdate": False,
        },
        depends_on=[permission.address],
    )
    return logs, own, policy, function, permission, schedule


def _function(
    component: Component[ComponentSpec], logs: Resource, own: Resource, policy: Resource, variables: dict[str, str]
) -> Resource:
    return component.resource(
        "rotation-function",
        "AWS::Lambda::Function",
        {
            "Description": f"Rotates the secret {component.name}",
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"ZipFile": {"Panka::Asset": DIGEST}},
            "Role": own.ref("Arn"),
            "Environment": {"Variables": variables},
            "LoggingConfig": {"LogGroup": logs.ref("LogGroupName")},
            "MemorySize": 128,
            "Timeout": 30,
        },
        name=PhysicalName("FunctionName", 64),
        depends_on=[policy.address],
    )
