"""Everything that an endpoint has of the types that the stacks are made of, with properties and tags but no times.

Asked with plain boto3, not through Panka's providers: what judges them must not share their mistakes.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Fingerprint: TypeAlias = Mapping[tuple[str, str], Any]
"""By type and name."""

_PASSING = frozenset(
    {
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
        "CreateDate", "CreatedTimestamp", "CreationDateTime", "EarliestRestorableDateTime", "ItemCount",
        "LastModifiedDate", "LastModifiedTimestamp", "LastModifiedUser", "LatestRestorableDateTime", "ResponseMetadata",
        "RoleLastUsed", "SubscriptionsConfirmed", "SubscriptionsDeleted", "SubscriptionsPending", "TableSizeBytes",
        "Version", "creationTime", "storedBytes",
    }
)  # fmt: skip
"""What changes by itself, or cannot be brought back: times, counts, the number of a parameter's version."""


def fingerprint(client: Callable[[str], Any]) -> Fingerprint:
    """The whole of it; empty when nothing is there beside Panka's own bucket and table."""
    found = {
        **_queues(client("sqs")),
        **_topics(client("sns")),
        **_tables(client("dynamodb")),
        **_buckets(client("s3")),
        **_parameters(client("ssm")),
        **_logs(client("logs")),
        **_roles(client("iam")),
    }
    return {key: _lasting(value) for key, value in found.items()}


def differences(before: Fingerprint, after: Fingerprint) -> list[str]:
    """What is other than it was, for people."""
    lines = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was is None or now is None:
            lines.append(f"{' '.join(key)} {'came' if was is None else 'went'}")
        elif was != now:
            lines += [f"{' '.join(key)} {field}: {was.get(field)} -> {now.get(field)}" for field in _fields(was, now)]
    return lines


def _fields(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(field for field in was.keys() | now.keys() if was.get(field) != now.get(field))


def _lasting(told: Any) -> Any:
    """Without what passes, and with lists of tags and embedded documents in one order."""
    if isinstance(told, dict):
        return {name: _lasting(value) for name, value in told.items() if name not in _PASSING}
    if isinstance(told, list):
        return sorted((_lasting(one) for one in told), key=lambda one: json.dumps(one, sort_keys=True, default=str))
    if isinstance(told, str) and told.startswith("{"):
        return _document(told)
    return told


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _queues(sqs: Any) -> dict[tuple[str, str], Any]:
    found = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        found["AWS::SQS::Queue", url.rpartition("/")[2]] = attributes | {"tags": tags}
    return found


def _topics(sns: Any) -> dict[tuple[str, str], Any]:
    found = {}
    for arn in (one["TopicArn"] for one in sns.list_topics()["Topics"]):
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        found["AWS::SNS::Topic", arn] = attributes | {"tags": tags}
    for one in sns.list_subscriptions()["Subscriptions"]:
        attributes = sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"]
        found["AWS::SNS::Subscription", one["SubscriptionArn"]] = attributes
    return found


def _tables(dynamodb: Any) -> dict[tuple[str, str], Any]:
    found = {}
    for name in dynamodb.list_tables()["TableNames"]:
        if name == "panka-state":
            continue
        table = dynamodb.describe_table(TableName=name)["Table"]
        arn = table["TableArn"]
        found["AWS::DynamoDB::Table", name] = table | {
            "backups": dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"],
            "ttl": dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            # moto adds a tag that is set anew instead of replacing it; what was said last counts.
            "tags": {one["Key"]: one["Value"] for one in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]},
        }
    return found


def _buckets(s3: Any) -> dict[tuple[str, str], Any]:
    asked = {
        "encryption": s3.get_bucket_encryption,
        "lifecycle": s3.get_bucket_lifecycle_configuration,
        "policy": s3.get_bucket_policy,
        "public": s3.get_public_access_block,
        "tags": s3.get_bucket_tagging,
    }
    found = {}
    for name in (one["Name"] for one in s3.list_buckets()["Buckets"]):
        if name != "panka-state":
            told = {what: _or_nothing(s3, ask, name) for what, ask in asked.items()}
            # Versioning can be suspended, but never be as if it had not been.
            status = s3.get_bucket_versioning(Bucket=name).get("Status", "Suspended")
            found["AWS::S3::Bucket", name] = told | {"versioning": status}
    return found


def _or_nothing(s3: Any, ask: Callable[..., Any], name: str) -> Any:
    """S3 refuses to tell of what is not set."""
    try:
        return ask(Bucket=name)
    except s3.exceptions.ClientError as error:
        return error.response["Error"]["Code"]


def _parameters(ssm: Any) -> dict[tuple[str, str], Any]:
    found = {}
    for one in ssm.describe_parameters()["Parameters"]:
        value = ssm.get_parameter(Name=one["Name"])["Parameter"]["Value"]
        tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=one["Name"])["TagList"]
        found["AWS::SSM::Parameter", one["Name"]] = one | {"value": value, "tags": tags}
    return found


def _logs(logs: Any) -> dict[tuple[str, str], Any]:
    return {
        ("AWS::Logs::LogGroup", one["logGroupName"]): one
        | {"tags": logs.list_tags_for_resource(resourceArn=one["arn"].removesuffix(":*"))["tags"]}
        for one in logs.describe_log_groups()["logGroups"]
    }


def _roles(iam: Any) -> dict[tuple[str, str], Any]:
    return {
        ("AWS::IAM::Role", one["RoleName"]): iam.get_role(RoleName=one["RoleName"])["Role"]
        | {"tags": iam.list_role_tags(RoleName=one["RoleName"])["Tags"]}
        for one in iam.list_roles()["Roles"]
    }
