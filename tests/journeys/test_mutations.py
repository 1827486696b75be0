"""A hundred changes that others make, drawn by lot: a drift check finds every one of them, and nothing else."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from plugins.world import World

HOW_MANY = 100
Client = Callable[[str], Any]
Mutation = tuple[str, Callable[[Client, Any], Any]]
"""The properties that it changes, and the change of one resource as the record has it."""

HEAD = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: wide}
spec:
  provider: {name: aws, region: eu-west-1}
"""
COMPONENTS = {
    "queue": (24, "SQS", "{visibilityTimeout: 30}"),
    "topic": (12, "SNS", "{displayName: news}"),
    "table": (14, "DynamoDB", "{hashKey: {name: id, type: S}}"),
    "bucket": (12, "S3", "{versioning: {enabled: true}}"),
    "function": (
        12,
        "Lambda",
        "{runtime: python3.12, handler: main.handler, code: {zipFile: code}, environment: {LOG_LEVEL: info}}",
    ),
    "secret": (8, "Secret", "{description: of the shop}"),
    "bus": (6, "EventBridge", "{rules: [{name: nightly, schedule: rate(1 day), targets: [{component: queue-0}]}]}"),
}


def stack() -> str:
    documents = [HEAD]
    for name, (count, kind, spec) in COMPONENTS.items():
        head = "apiVersion: components.panka.io/v1\n"
        documents += [
            f"{head}kind: {kind}\nmetadata: {{name: {name}-{number}, service: api}}\nspec: {spec}\n"
            for number in range(count)
        ]
    return "---\n".join(documents)


def queue(name: str, value: str) -> Mutation:
    def change(client: Client, one: Any) -> None:
        client("sqs").set_queue_attributes(QueueUrl=one["id"], Attributes={name: value})

    return name.removesuffix("Seconds") if name.startswith("Message") else name, change


def function(name: str, value: Any) -> Mutation:
    def change(client: Client, one: Any) -> None:
        client("lambda").update_function_configuration(FunctionName=one["id"], **{name: value})

    return name, change


def role(name: str, value: Any) -> Mutation:
    return name, lambda client, one: client("iam").update_role(RoleName=one["id"], **{name: value})


def bucket(operation: str, property: str, **arguments: Any) -> Mutation:
    return property, lambda client, one: getattr(client("s3"), operation)(Bucket=one["id"], **arguments)


def table(property: str, **arguments: Any) -> Mutation:
    return property, lambda client, one: client("dynamodb").update_table(TableName=one["id"], **arguments)


def arn(one: Any) -> str:
    told: str = one["attributes"].get("Arn") or one["attributes"].get("TopicArn") or one["id"]
    return told


TAG = [{"Key": "touched", "Value": "by hand"}]
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
MUTATIONS: dict[str, tuple[Mutation, ...]] = {
    "AWS::SQS::Queue": (
        queue("VisibilityTimeout", "77"),
        queue("DelaySeconds", "7"),
        queue("MessageRetentionPeriod", "777"),
        queue("ReceiveMessageWaitTimeSeconds", "7"),
        queue("MaximumMessageSize", "7777"),
        ("Tags", lambda client, one: client("sqs").tag_queue(QueueUrl=one["id"], Tags={"touched": "by hand"})),
        ("Tags", lambda client, one: client("sqs").untag_queue(QueueUrl=one["id"], TagKeys=["managed-by"])),
        ("", lambda client, one: client("sqs").delete_queue(QueueUrl=one["id"])),
    ),
    "AWS::SNS::Topic": (
        (
            "DisplayName",
            lambda client, one: client("sns").set_topic_attributes(
                TopicArn=one["id"], AttributeName="DisplayName", AttributeValue="other"
            ),
        ),
        ("Tags", lambda client, one: client("sns").tag_resource(ResourceArn=one["id"], Tags=TAG)),
        ("", lambda client, one: client("sns").delete_topic(TopicArn=one["id"])),
    ),
    "AWS::DynamoDB::Table": (
        table("DeletionProtectionEnabled", DeletionProtectionEnabled=True),
        table(
            "BillingMode ProvisionedThroughput",
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        ),
        table("StreamSpecification", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}),
        (
            "TimeToLiveSpecification",
            lambda client, one: client("dynamodb").update_time_to_live(
                TableName=one["id"], TimeToLiveSpecification={"Enabled": True, "AttributeName": "gone"}
            ),
        ),
        (
            "PointInTimeRecoverySpecification",
            lambda client, one: client("dynamodb").update_continuous_backups(
                TableName=one["id"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            ),
        ),
        ("Tags", lambda client, one: client("dynamodb").tag_resource(ResourceArn=arn(one), Tags=TAG)),
        ("", lambda client, one: client("dynamodb").delete_table(TableName=one["id"])),
    ),
    "AWS::S3::Bucket": (
        bucket("put_bucket_versioning", "VersioningConfiguration", VersioningConfiguration={"Status": "Suspended"}),
        bucket("delete_public_access_block", "PublicAccessBlockConfiguration"),
        bucket(
            "put_bucket_cors",
            "CorsConfiguration",
            CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
        ),
        bucket(
            "put_bucket_lifecycle_configuration",
            "LifecycleConfiguration",
            LifecycleConfiguration={
                "Rules": [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 7}}]
            },
        ),
        bucket("put_bucket_tagging", "Tags", Tagging={"TagSet": TAG}),
    ),
    "AWS::S3::BucketPolicy": (
        (
            "PolicyDocument",
            lambda client, one: client("s3").put_bucket_policy(
                Bucket=one["properties"]["Bucket"],
                Policy=json.dumps({"Version": "2012-10-17", "Statement": [{**DENY, "Principal": "*"}]}),
            ),
        ),
    ),
    "AWS::Lambda::Function": (
        function("MemorySize", 777),
        function("Timeout", 77),
        function("Handler", "other.handler"),
        function("Description", "by hand"),
        function("Environment", {"Variables": {"LOG_LEVEL": "debug"}}),
        function("Environment", {"Variables": {"LOG_LEVEL": "info", "API_TOKEN": "s3cr3t-of-somebody"}}),
        (
            "Code",
            lambda client, one: client("lambda").update_function_code(
                FunctionName=one["id"], ZipFile=b"PK\5\6" + bytes(18)
            ),
        ),
        ("Tags", lambda client, one: client("lambda").tag_resource(Resource=arn(one), Tags={"touched": "by hand"})),
        ("", lambda client, one: client("lambda").delete_function(FunctionName=one["id"])),
    ),
    "AWS::Logs::LogGroup": (
        (
            "RetentionInDays",
            lambda client, one: client("logs").put_retention_policy(logGroupName=one["id"], retentionInDays=7),
        ),
        ("", lambda client, one: client("logs").delete_log_group(logGroupName=one["id"])),
    ),
    "AWS::IAM::Role": (
        role("Description", "by hand"),
        role("MaxSessionDuration", 7777),
        ("Tags", lambda client, one: client("iam").tag_role(RoleName=one["id"], Tags=TAG)),
        (
            "AssumeRolePolicyDocument",
            lambda client, one: client("iam").update_assume_role_policy(
                RoleName=one["id"],
                PolicyDocument=json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
                    }
                ),
            ),
        ),
        (
            "ManagedPolicyArns",
            lambda client, one: client("iam").attach_role_policy(
                RoleName=one["id"], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
            ),
        ),
    ),
    "AWS::SecretsManager::Secret": (
        (
            "Description",
            lambda client, one: client("secretsmanager").update_secret(SecretId=one["id"], Description="x"),
        ),
        ("Tags", lambda client, one: client("secretsmanager").tag_resource(SecretId=one["id"], Tags=TAG)),
    ),
    "AWS::Events::Rule": (
        (
            "State",
            lambda client, one: client("events").disable_rule(
                Name=one["properties"]["Name"], **_bus(one["properties"])
            ),
        ),
        ("Tags", lambda client, one: client("events").tag_resource(ResourceARN=arn(one), Tags=TAG)),
    ),
}
"""What others may do, by type; the properties that then differ, empty where the resource is gone."""


def _bus(properties: Any) -> dict[str, str]:
    return {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}


def drawn(resources: dict[str, Any], seed: int) -> list[tuple[Any, Mutation]]:
    """A hundred resources, and what happens to each; every mutation of every type comes at least once."""
    lot = random.Random(seed)
    addresses = sorted(resources)
    lot.shuffle(addresses)
    waiting = {type: lot.sample(every, len(every)) for type, every in MUTATIONS.items()}
    chosen = []
    for one in (resources[address] for address in addresses):
        if every := MUTATIONS.get(one["type"]):
            left = waiting[one["type"]]
            chosen.append((one, left.pop() if left else lot.choice(every)))
    first = [pair for pair in chosen if pair[0]["address"] != "queue-0:main"]
    return first[:HOW_MANY]


@pytest.mark.timeout(600)
async def test_every_one_of_a_hundred_changes_is_found_and_nothing_else(place: World) -> None:
    (place.folder / "wide.yaml").write_text(stack())
    (place.folder / "code").mkdir()
    (place.folder / "code" / "main.py").write_text("def handler(event, context):\n    return event\n")
    await place.start_worker()
    (await place.panka("apply", "wide.yaml", "-y")).ok()
    resources = (await place.state("wide"))["resources"]
    assert (await place.panka("drift", "wide", "-o", "json")).ok().json["verdict"] == "clean"
    mutations = drawn(resources, seed=20261126)

    for one, (_, change) in mutations:
        change(place.client, one)
    said = (await place.panka("drift", "wide", "-o", "json")).ok()

    wanted = {(one["address"], name) for one, (names, _) in mutations for name in names.split(" ")}
    found = {
        (finding["address"], property)
        for finding in said.json["findings"]
        for property in {one["path"].partition(".")[0] for one in finding["properties"] if not one["owner"]}
        or ({""} if finding["status"] != "as recorded" else ())
    }
    assert len(mutations) == HOW_MANY
    assert found == wanted
    assert "s3cr3t-of-somebody" not in said.text
