"""A table between CloudFormation's properties, what DynamoDB tells of it, and the calls that change it."""

from collections.abc import Iterable
from typing import Any

from panka.planner.resource import Properties

PROVISIONED, ON_DEMAND = "PROVISIONED", "PAY_PER_REQUEST"
UNLIMITED = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}

SETTABLE = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "TableName",
    "TimeToLiveSpecification",
)


def table_told(table: Properties) -> Properties:
    """The properties that `DescribeTable` tells, in CloudFormation's shape."""
    mode = table.get("BillingModeSummary", {}).get("BillingMode", PROVISIONED)
    told: Properties = {
        "TableName": table["TableName"],
        "AttributeDefinitions": definitions(table, table.get("GlobalSecondaryIndexes") or []),
        "KeySchema": table["KeySchema"],
        "BillingMode": mode,
        "DeletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
        "TableClass": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        **_throughput_told(table, mode),
    }
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if table.get(name):
            told[name] = sorted((_index_told(one, mode) for one in table[name]), key=lambda one: str(one["IndexName"]))
    stream = table.get("StreamSpecification", {})
    if stream.get("StreamEnabled"):
        told["StreamSpecification"] = {"StreamViewType": stream["StreamViewType"]}
    encryption = table.get("SSEDescription", {})
    if encryption.get("Status") in {"ENABLED", "ENABLING", "UPDATING"}:
        told["SSESpecification"] = {"SSEEnabled": True, "SSEType": encryption.get("SSEType", "KMS")}
        if "KMSMasterKeyArn" in encryption:
            told["SSESpecification"]["KMSMasterKeyId"] = encryption["KMSMasterKeyArn"]
    return told


def _throughput_told(of: Properties, mode: str) -> Properties:
    if mode == PROVISIONED:
        units = of.get("ProvisionedThroughput", {})
        names = ("ReadCapacityUnits", "WriteCapacityUnits")
        return {"ProvisionedThroughput": {name: units[name] for name in names if name in units}} if units else {}
    limits = of.get("OnDemandThroughput", {})
    return {"OnDemandThroughput": limits} if limits and limits != UNLIMITED else {}


def _index_told(index: Properties, mode: str) -> Properties:
    told: Properties = {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
    return {**told, **_throughput_told(index, mode)} if "IndexStatus" in index else told


def definitions(table: Properties, indexes: Iterable[Properties]) -> list[Properties]:
    """Those definitions that the table's and these indexes' keys need, by name: DynamoDB takes no others."""
    schemas = [table["KeySchema"], *(one["KeySchema"] for one in table.get("LocalSecondaryIndexes") or [])]
    schemas += [index["KeySchema"] for index in indexes]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    needed = [one for one in table["AttributeDefinitions"] if one["AttributeName"] in used]
    return sorted(needed, key=lambda one: str(one["AttributeName"]))


def recovery_told(backups: Properties) -> Properties:
    """`DescribeContinuousBackups` as a PointInTimeRecoverySpecification."""
    recovery = backups.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        return {}
    days = {"RecoveryPeriodInDays": recovery["RecoveryPeriodInDays"]} if "RecoveryPeriodInDays" in recovery else {}
    return {"PointInTimeRecoveryEnabled": True, **days}


def expiry_told(answer: Properties) -> Properties:
    """`DescribeTimeToLive` as a TimeToLiveSpecification."""
    expiry = answer.get("TimeToLiveDescription", {})
    if expiry.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        return {}
    return {"AttributeName": expiry["AttributeName"], "Enabled": True}


def create_arguments(properties: Properties, tags: list[dict[str, str]]) -> dict[str, Any]:
    """The arguments of `CreateTable`; expiry and recovery have calls of their own."""
    plain = ("TableName", "AttributeDefinitions", "KeySchema", "ProvisionedThroughput", "LocalSecondaryIndexes")
    more = ("GlobalSecondaryIndexes", "TableClass", "DeletionProtectionEnabled", "OnDemandThroughput")
    arguments = {name: properties[name] for name in (*plain, *more) if properties.get(name)}
    arguments["BillingMode"] = properties.get("BillingMode", PROVISIONED)
    if properties.get("StreamSpecification"):
        arguments["StreamSpecification"] = stream_argument(properties)
    if encryption(properties):
        arguments["SSESpecification"] = encryption(properties)
    return {**arguments, "Tags": tags}


def stream_argument(properties: Properties) -> Properties:
    view = (properties.get("StreamSpecification") or {}).get("StreamViewType")
    return {"StreamEnabled": True, "StreamViewType": view} if view else {"StreamEnabled": False}


def encryption(properties: Properties) -> Properties:
    """The key that is the account's own, as DynamoDB takes it; empty: the key that is Amazon's."""
    wanted = properties.get("SSESpecification") or {}
    if not wanted.get("SSEEnabled"):
        return {}
    key = {"KMSMasterKeyId": wanted["KMSMasterKeyId"]} if wanted.get("KMSMasterKeyId") else {}
    return {"Enabled": True, "SSEType": wanted.get("SSEType", "KMS"), **key}
