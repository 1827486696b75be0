"""IAM documents, spelled as AWS does."""

from collections.abc import Iterable, Sequence

from panka.planner.component import Component, ComponentSpec, Context, Statement
from panka.planner.resource import PhysicalName, Properties, Ref, Resource, Text

VERSION = "2012-10-17"
READ_SECRET = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")


def document(statements: Iterable[Statement]) -> Properties:
    """A policy document; what is said twice stands in it once."""
    unique: list[Statement] = []
    for statement in statements:
        if statement not in unique:
            unique.append(statement)
    return {"Version": VERSION, "Statement": unique}


def allow(actions: Sequence[str], *resources: Ref | Text | str) -> Statement:
    """Permits actions on resources."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def assumed_by(service: str) -> Properties:
    """The trust policy of a role that an AWS service takes on: `lambda.amazonaws.com`."""
    return document([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}])


def role(component: Component[ComponentSpec], part: str, service: str) -> Resource:
    """A role that a service takes on. What it may do stands in a policy of its own, so references make no cycle."""
    return component.resource(
        part, "AWS::IAM::Role", {"AssumeRolePolicyDocument": assumed_by(service)}, name=PhysicalName("RoleName", 64)
    )


def role_policy(
    component: Component[ComponentSpec], part: str, role: Resource, statements: tuple[Statement, ...]
) -> Resource:
    """What a role may do."""
    return component.resource(
        part,
        "AWS::IAM::RolePolicy",
        {"RoleName": role.ref("RoleName"), "PolicyDocument": document(statements)},
        name=PhysicalName("PolicyName", 64),
    )


def secret_id(reference: str) -> str:
    """The secret itself of a reference that may go on to a key in it: `name:key::`, `arn:…:key::`, `${c.arn}:key::`."""
    if reference.startswith("${"):
        return reference[: reference.index("}") + 1] if "}" in reference else reference
    fields = reference.split(":")
    return ":".join(fields[:7] if reference.startswith("arn:") else fields[:1])


def secret_arn(context: Context, reference: str) -> str:
    """A reference to a secret with a name made an ARN; AWS finds a secret without the six characters it appends."""
    if reference.startswith(("arn:", "${")):
        return reference
    target = context.target
    return f"arn:{context.partition}:secretsmanager:{target.region}:{target.account}:secret:{reference}"


def read_secret(context: Context, reference: str) -> Statement:
    """Permits reading the secret that a reference (name, ARN or `${…}`) leads to."""
    id = secret_id(reference)
    if ":ssm:" in id:
        return allow(["ssm:GetParameters"], id)
    arn = secret_arn(context, id)
    # Only the ARN of a secret that was named by its name lacks AWS's six characters.
    return allow(READ_SECRET, arn if arn == id else f"{arn}-??????")
