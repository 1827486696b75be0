"""The IAM policies that keep tenants apart: for a tenant's role, each session of it, the workers and its people.

docs/guides/tenants.md says what no policy can tell apart: tenants with one account share what IAM sees no tags of.
"""

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from panka.planner.component import partition_of

if TYPE_CHECKING:
    from panka.planner.tenancy import Tenant

Policy: TypeAlias = dict[str, Any]
"""A policy document as IAM takes it."""

TENANT_TAG = "panka:tenant"
_SERVICES = (
    "acm", "apigateway", "application-autoscaling", "cloudformation", "cloudfront", "cloudwatch", "dynamodb", "ec2",
    "ecs", "elasticache", "elasticfilesystem", "elasticloadbalancing", "events", "kafka", "kms", "lambda", "logs",
    "rds", "route53", "s3", "scheduler", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "tag",
)  # fmt: skip
"""The services that resources are made with; Cloud Control has the prefix of CloudFormation."""
_IAM = (
    "iam:*Role*", "iam:*InstanceProfile*", "iam:*PolicyVersion*", "iam:CreatePolicy", "iam:DeletePolicy",
    "iam:GetPolicy", "iam:ListEntitiesForPolicy", "iam:ListPolicies", "iam:ListPolicyTags", "iam:TagPolicy",
    "iam:UntagPolicy",
)  # fmt: skip
"""What workloads' roles need; nothing of users, groups or keys."""
_EVERYWHERE = ("acm", "cloudfront", "iam", "route53", "servicediscovery", "sts", "tag")
"""Services that answer in one region for all of them, or whose certificates others want from another region."""


def trust_policy(tenant: "Tenant", principal: str) -> Policy:
    """Who may take the tenant's role on: the workers' role (`principal`), with the external id and the tenant's tag."""
    said = tenant.spec.aws
    asked: Policy = {"StringEquals": {"sts:ExternalId": said.external_id}} if said.external_id else {}
    tagged = {"StringEquals": {f"aws:RequestTag/{TENANT_TAG}": tenant.name}}
    return _policy(
        _allow("TakeOn", ["sts:AssumeRole"], None, asked, Principal={"AWS": principal}),
        _allow("TagSession", ["sts:TagSession"], None, tagged, Principal={"AWS": principal}),
    )


def role_policy(tenant: "Tenant", bucket: str, table: str) -> Policy:
    """What the tenant's role may do: make whatever stacks consist of, and touch nothing of other tenants."""
    return _policy(
        _allow("Make", [*(f"{service}:*" for service in _SERVICES), *_IAM], "*"),
        *_limits(tenant, bucket, table),
        *_own_role(tenant),
    )


def session_policy(tenant: "Tenant", bucket: str, table: str) -> str:
    """What one session of the role may do at most, whatever the role may; as short as IAM wants it."""
    return json.dumps(_policy(_allow("Make", ["*"], "*"), *_limits(tenant, bucket, table)), separators=(",", ":"))


def worker_policy(tenant: "Tenant", bucket: str, table: str) -> Policy:
    """What the workers' own role needs: the state of all tenants, and this tenant's role."""
    role = tenant.spec.aws.assume_role_arn
    statements = [
        _allow("List", ["s3:ListBucket"], _bucket(tenant, bucket)),
        _allow("Record", ["s3:GetObject", "s3:PutObject"], f"{_bucket(tenant, bucket)}/tenants/*"),
        _allow("Lock", [f"dynamodb:{one}" for one in (*_LOOKS, *_WRITES)], _table(tenant, table)),
    ]
    if role is not None:
        statements.append(_allow("TakeOn", ["sts:AssumeRole", "sts:TagSession"], role))
    return _policy(*statements)


def people_policy(tenant: "Tenant", bucket: str, table: str) -> Policy:
    """What the tenant's people need who plan, apply and look: their own tenant's state, and plans to file in it."""
    home, state = f"tenants/{tenant.name}", _bucket(tenant, bucket)
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [tenant.name]}}
    return _policy(
        _allow("List", ["s3:ListBucket"], state, {"StringLike": {"s3:prefix": [f"{home}/*"]}}),
        _allow("Read", ["s3:GetObject"], f"{state}/{home}/*"),
        _allow("File", ["s3:PutObject"], [f"{state}/{home}/{one}" for one in _FILED]),
        _allow("Look", [f"dynamodb:{one}" for one in _LOOKS], _table(tenant, table), own),
    )


_FILED = ("stacks/*/plans/*", "stacks/*/stacks/*", "assets/*")
"""What whoever plans files: plans, the stacks that they are for, packed code."""
_LOOKS = ("GetItem", "Query")
_WRITES = ("ConditionCheckItem", "PutItem", "UpdateItem")


def _limits(tenant: "Tenant", bucket: str, table: str) -> list[Policy]:
    """What holds for the role and for every session of it."""
    foreign = [
        _deny(
            f"Not{what}Others",
            {"Null": {f"aws:{what}Tag/{TENANT_TAG}": "false"},
             "StringNotEquals": {f"aws:{what}Tag/{TENANT_TAG}": tenant.name}},
        )
        for what in ("Resource", "Request")
    ]  # fmt: skip
    state: Policy = {"Sid": "NotState", "Effect": "Deny", "Action": ["s3:*", "dynamodb:*"]}
    state["Resource"] = [_bucket(tenant, bucket), f"{_bucket(tenant, bucket)}/*", _table(tenant, table)]
    regions = tenant.spec.regions
    if not regions:
        return [*foreign, state]
    elsewhere: Policy = {"Sid": "NotElsewhere", "Effect": "Deny", "NotAction": [f"{one}:*" for one in _EVERYWHERE]}
    elsewhere["Resource"] = "*"
    elsewhere["Condition"] = {"StringNotEquals": {"aws:RequestedRegion": list(regions)}}
    return [*foreign, state, elsewhere]


def _own_role(tenant: "Tenant") -> list[Policy]:
    """The role must not change what it is itself, nor let anybody else be it."""
    role = tenant.spec.aws.assume_role_arn
    return [{"Sid": "NotItself", "Effect": "Deny", "Action": ["iam:*"], "Resource": role}] if role else []


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(
    sid: str, actions: list[str], resource: str | list[str] | None, condition: Policy | None = None, **more: Policy
) -> Policy:
    said: Policy = {"Sid": sid, "Effect": "Allow", **more, "Action": actions}
    if resource is not None:
        said["Resource"] = resource
    return said | ({"Condition": condition} if condition else {})


def _deny(sid: str, condition: Policy) -> Policy:
    return {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def _bucket(tenant: "Tenant", name: str) -> str:
    return f"arn:{_partition(tenant)}:s3:::{name}"


def _table(tenant: "Tenant", name: str) -> str:
    return f"arn:{_partition(tenant)}:dynamodb:*:*:table/{name}"


def _partition(tenant: "Tenant") -> str:
    said = tenant.spec.aws
    return said.assume_role_arn.split(":")[1] if said.assume_role_arn else partition_of(said.region or "")
