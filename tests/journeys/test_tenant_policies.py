"""The policies that `panka tenant policy` prints, evaluated by an endpoint: A deploys, and B's is closed to it.

Both tenants live in one account, where nothing but the policies is between them.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from plugins.endpoints import guarded
from plugins.world import World, world

ACCOUNT = "000000000000"
STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs}
spec: {}
---
apiVersion: components.panka.io/v1
kind: SNS
metadata: {name: news}
spec: {}
---
apiVersion: components.panka.io/v1
kind: DynamoDB
metadata: {name: orders}
spec:
  hashKey: {name: id, type: S}
---
apiVersion: components.panka.io/v1
kind: Secret
metadata: {name: key}
spec: {}
---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: worker}
spec:
  runtime: python3.12
  handler: main.handler
  code: {zipFile: worker}
"""
CONFIG = """
apiVersion: admin.panka.io/v1
kind: TenantConfig
metadata: {{name: {name}}}
spec:
  aws: {{accountId: "{account}", region: eu-west-1, assumeRoleArn: "arn:aws:iam::{account}:role/panka-{name}", externalId: its-{name}}}
  regions: [eu-west-1]
"""  # noqa: E501  # a document of users
TENANTS = ("acme", "umbrella")
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "403"}


@dataclass
class Keys:
    """Credentials, and clients that use them."""

    place: World
    id: str
    secret: str
    token: str | None = None

    @property
    def env(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.place.moto_url,
            region_name="eu-west-1",
            aws_access_key_id=self.id,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
        )


@dataclass
class Building:
    """Two tenants that have deployed the same stack, each with its role, a worker, and somebody of acme's."""

    place: World
    worker: Keys
    ana: Keys
    states: dict[str, Any]

    def role(self, name: str) -> Keys:
        """The tenant's role as the policies on it leave it, without a session policy."""
        tags = [{"Key": "panka:tenant", "Value": name}]
        got = self.worker.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/panka-{name}",
            RoleSessionName="test",
            ExternalId=f"its-{name}",
            Tags=tags,
        )["Credentials"]
        return Keys(self.place, got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])

    def id(self, tenant: str, address: str) -> str:
        found: str = self.states[tenant]["resources"][address]["id"]
        return found

    def told(self, tenant: str, address: str, attribute: str) -> str:
        found: str = self.states[tenant]["resources"][address]["attributes"][attribute]
        return found


def user(place: World, name: str, policy: dict[str, Any]) -> Keys:
    iam = place.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="panka", PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(place, made["AccessKeyId"], made["SecretAccessKey"])


async def built(place: World) -> Building:
    (Path(place.folder) / "small.yaml").write_text(STACK)
    (Path(place.folder) / "worker").mkdir()
    (Path(place.folder) / "worker" / "main.py").write_text("def handler(event, context): return event\n")
    first = await place.start_worker()
    principal = f"arn:aws:iam::{ACCOUNT}:user/worker"
    iam = place.client("iam")
    statements, people = [], {}
    for name in TENANTS:
        (Path(place.folder) / f"{name}.tenant").write_text(CONFIG.format(name=name, account=ACCOUNT))
        (await place.panka("tenant", "create", f"{name}.tenant", "-y")).ok()
        said = (await place.panka("tenant", "policy", name, "--principal", principal, "-o", "json")).ok().json
        iam.create_role(RoleName=f"panka-{name}", AssumeRolePolicyDocument=json.dumps(said["trust"]))
        iam.put_role_policy(RoleName=f"panka-{name}", PolicyName="panka", PolicyDocument=json.dumps(said["role"]))
        statements += [one for one in said["worker"]["Statement"] if name == TENANTS[0] or one["Sid"] == "TakeOn"]
        people[name] = said["people"]
    for number, one in enumerate(statements):
        one["Sid"] = f"S{number}"
    await place.kill(first)  # it had the root user's keys
    worker = user(place, "worker", {"Version": "2012-10-17", "Statement": statements})
    staff = {name: user(place, f"of-{name}", people[name]) for name in TENANTS}
    await place.start_worker(env=worker.env)
    states = {}
    for name in TENANTS:
        env = staff[name].env | {"PANKA_TENANT": name}
        (await place.panka("apply", "small.yaml", "-y", env=env)).ok()
        states[name] = (await place.panka("state", "pull", "small", env=env)).ok().json
    return Building(place, worker, staff["acme"], states)


@pytest.fixture(scope="module")
async def building(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Building]:
    async with world(tmp_path_factory.mktemp("guarded"), guarded) as place:
        yield await built(place)


def attempts(of: Building, tenant: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Reads and writes of what a tenant has deployed."""
    queue, topic, table = of.id(tenant, "jobs:main"), of.id(tenant, "news:main"), of.id(tenant, "orders:main")
    secret, function = of.id(tenant, "key:main"), of.id(tenant, "worker:main")
    role, log = of.id(tenant, "worker:role"), of.id(tenant, "worker:logs")
    item = {"id": {"S": "1"}}
    return [
        ("sqs", "get_queue_attributes", {"QueueUrl": queue, "AttributeNames": ["All"]}),
        ("sqs", "receive_message", {"QueueUrl": queue}),
        ("sqs", "send_message", {"QueueUrl": queue, "MessageBody": "x"}),
        ("sqs", "set_queue_attributes", {"QueueUrl": queue, "Attributes": {"VisibilityTimeout": "1"}}),
        ("sqs", "tag_queue", {"QueueUrl": queue, "Tags": {"a": "b"}}),
        ("sqs", "untag_queue", {"QueueUrl": queue, "TagKeys": ["panka:tenant"]}),
        ("sns", "get_topic_attributes", {"TopicArn": topic}),
        ("sns", "publish", {"TopicArn": topic, "Message": "x"}),
        (
            "sns",
            "subscribe",
            {"TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-west-1:000000000000:q"},
        ),
        ("dynamodb", "describe_table", {"TableName": table}),
        ("dynamodb", "put_item", {"TableName": table, "Item": item}),
        ("dynamodb", "get_item", {"TableName": table, "Key": item}),
        ("dynamodb", "scan", {"TableName": table}),
        ("secretsmanager", "get_secret_value", {"SecretId": secret}),
        ("secretsmanager", "put_secret_value", {"SecretId": secret, "SecretString": "x"}),
        ("lambda", "get_function", {"FunctionName": function}),
        ("lambda", "update_function_configuration", {"FunctionName": function, "Timeout": 5}),
        ("lambda", "invoke", {"FunctionName": function}),
        ("iam", "get_role", {"RoleName": role}),
        ("iam", "attach_role_policy", {"RoleName": role, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("logs", "filter_log_events", {"logGroupName": log}),
        ("logs", "put_retention_policy", {"logGroupName": log, "retentionInDays": 1}),
        # What would be the end of it comes last.
        ("logs", "delete_log_group", {"logGroupName": log}),
        ("lambda", "delete_function", {"FunctionName": function}),
        ("secretsmanager", "delete_secret", {"SecretId": secret}),
        ("dynamodb", "delete_table", {"TableName": table}),
        ("sns", "delete_topic", {"TopicArn": topic}),
        ("sqs", "delete_queue", {"QueueUrl": queue}),
    ]


def refused(keys: Keys, service: str, operation: str, arguments: dict[str, Any]) -> bool:
    """Whether IAM says no; whatever else the service says is none of its business."""
    try:
        getattr(keys.client(service), operation)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED or "not authorized to perform" in str(error)
    return False


async def test_each_tenant_deploys_with_its_policies_and_nothing_is_left_to_plan(building: Building) -> None:
    env = building.ana.env | {"PANKA_TENANT": "acme"}

    plan = (await building.place.panka("plan", "small.yaml", "-o", "json", env=env)).ok().json["plan"]

    assert (plan["forward"], plan["cleanup"]) == ([], [])
    assert building.id("acme", "jobs:main") != building.id("umbrella", "jobs:main")


async def test_the_role_of_one_tenant_reads_and_writes_nothing_that_another_has_made(building: Building) -> None:
    acme = building.role("acme")

    let_in = [f"{service}:{operation}" for service, operation, arguments in attempts(building, "umbrella")
              if not refused(acme, service, operation, arguments)]  # fmt: skip
    kept_out = [f"{service}:{operation}" for service, operation, arguments in attempts(building, "acme")[:-6]
                if refused(acme, service, operation, arguments)]  # fmt: skip

    assert let_in == []
    assert kept_out == []


def test_a_role_makes_nothing_in_another_tenants_name_nor_in_another_region(building: Building) -> None:
    acme = building.role("acme")
    elsewhere = boto3.client(
        "sqs", endpoint_url=building.place.moto_url, region_name="eu-central-1", aws_access_key_id=acme.id,
        aws_secret_access_key=acme.secret, aws_session_token=acme.token,
    )  # fmt: skip

    assert refused(acme, "sqs", "create_queue", {"QueueName": "theirs", "tags": {"panka:tenant": "umbrella"}})
    with pytest.raises(ClientError, match=r"not authorized|denied"):
        elsewhere.create_queue(QueueName="elsewhere", tags={"panka:tenant": "acme"})


def test_a_role_cannot_change_what_it_is_nor_take_another_on(building: Building) -> None:
    acme = building.role("acme")
    admin = {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    other = {
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/panka-umbrella",
        "RoleSessionName": "me",
        "ExternalId": "its-umbrella",
    }

    assert refused(acme, "iam", "attach_role_policy", {"RoleName": "panka-acme", **admin})
    assert refused(acme, "iam", "create_user", {"UserName": "back-door"})
    assert refused(acme, "sts", "assume_role", other)


@pytest.mark.parametrize("missing", ["external id", "tenant"])
def test_the_role_is_taken_on_with_its_external_id_and_for_its_tenant_alone(building: Building, missing: str) -> None:
    asked: dict[str, Any] = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/panka-acme", "RoleSessionName": "me"}
    asked |= {"ExternalId": "its-acme", "Tags": [{"Key": "panka:tenant", "Value": "acme"}]}
    wrong = asked | ({"ExternalId": "its-umbrella"} if missing == "external id" else {
        "Tags": [{"Key": "panka:tenant", "Value": "umbrella"}]
    })  # fmt: skip

    assert not refused(building.worker, "sts", "assume_role", asked)
    assert refused(building.worker, "sts", "assume_role", wrong)


def state_of(of: Building, tenant: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Reads and writes of a tenant's state and locks."""
    home = f"tenants/{tenant}/stacks/small/dev"
    s3 = of.place.client("s3")
    [plan] = [one["Key"] for one in s3.list_objects_v2(Bucket="panka-state", Prefix=f"{home}/plans/")["Contents"]]
    states = s3.list_objects_v2(Bucket="panka-state", Prefix=f"{home}/state/")["Contents"]
    theirs = f"panka-state/{plan}"
    bucket, table = {"Bucket": "panka-state"}, {"TableName": "panka-state"}
    key = {"pk": {"S": tenant}, "sk": {"S": "lock#small#dev"}}
    tenants = {"KeyConditionExpression": "#pk = :t", "ExpressionAttributeNames": {"#pk": "pk"}}
    return [
        ("s3", "get_object", {**bucket, "Key": f"tenants/{tenant}/tenant.yaml"}),
        ("s3", "get_object", {**bucket, "Key": states[0]["Key"]}),
        ("s3", "get_object", {**bucket, "Key": plan}),
        ("s3", "list_objects_v2", {**bucket, "Prefix": f"tenants/{tenant}/"}),
        ("s3", "list_object_versions", {**bucket, "Prefix": f"tenants/{tenant}/"}),
        ("s3", "put_object", {**bucket, "Key": f"{home}/plans/p-000000000000.json", "Body": b"{}"}),
        ("s3", "put_object", {**bucket, "Key": f"{home}/state/00000009-000000000000.json", "Body": b"{}"}),
        ("s3", "put_object", {**bucket, "Key": f"tenants/{tenant}/tenant.yaml", "Body": b"{}"}),
        ("s3", "delete_object", {**bucket, "Key": plan}),
        ("s3", "copy_object", {**bucket, "Key": "tenants/acme/stacks/x/dev/plans/x.json", "CopySource": theirs}),
        ("dynamodb", "get_item", {**table, "Key": key}),
        ("dynamodb", "query", {**table, **tenants, "ExpressionAttributeValues": {":t": {"S": tenant}}}),
        ("dynamodb", "scan", table),
        ("dynamodb", "put_item", {**table, "Item": {**key, "owner": {"S": "me"}}}),
        ("dynamodb", "delete_item", {**table, "Key": key}),
    ]  # fmt: skip


def test_a_role_reaches_nobodys_state(building: Building) -> None:
    acme = building.role("acme")

    let_in = [f"{tenant} {service}:{operation}" for tenant in TENANTS
              for service, operation, arguments in state_of(building, tenant)
              if not refused(acme, service, operation, arguments)]  # fmt: skip

    assert let_in == []


def test_a_tenants_people_reach_their_own_state_and_nothing_of_anothers(building: Building) -> None:
    let_in = [f"{service}:{operation}" for service, operation, arguments in state_of(building, "umbrella")
              if not refused(building.ana, service, operation, arguments)]  # fmt: skip
    own = [f"{service}:{operation}" for service, operation, arguments in state_of(building, "acme")
           if not refused(building.ana, service, operation, arguments)]  # fmt: skip

    select = {"Statement": "SELECT * FROM \"panka-state\" WHERE pk = 'umbrella'"}
    assert let_in == []
    assert refused(building.ana, "dynamodb", "execute_statement", select)
    assert own == [
        "s3:get_object", "s3:get_object", "s3:get_object", "s3:list_objects_v2", "s3:put_object", "s3:copy_object",
        "dynamodb:get_item", "dynamodb:query",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("history", "small"),
        ("state", "list", "small"),
        ("plan", "small.yaml"),
        ("apply", "small.yaml", "-y"),
        ("destroy", "small", "-y"),
    ],
    ids=lambda words: words[0],
)
async def test_the_commands_of_one_tenants_people_are_denied_when_they_name_another(
    building: Building, words: tuple[str, ...]
) -> None:
    said = await building.place.panka(*words, "-t", "umbrella", env=building.ana.env)

    assert said.code == 77, said.text
    assert "jobs" not in said.text
