from typing import Any

import pytest

from panka.planner.resource import text

ID = {"name": "id", "type": "S"}
AT = {"name": "at", "type": "N"}


def test_a_table_declares_each_key_attribute_once(bench: Any) -> None:
    spec = {
        "hashKey": ID,
        "rangeKey": AT,
        "globalSecondaryIndexes": [
            {"name": "by-time", "hashKey": AT, "rangeKey": ID, "projection": "INCLUDE", "nonKeyAttributes": ["x"]}
        ],
    }

    table = bench.parts(bench.lower("DynamoDB", spec))["main"].properties

    assert table["AttributeDefinitions"] == [
        {"AttributeName": "at", "AttributeType": "N"},
        {"AttributeName": "id", "AttributeType": "S"},
    ]
    assert table["KeySchema"] == [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}


def test_provisioned_capacity_holds_for_the_table_and_its_indexes(bench: Any) -> None:
    spec = {
        "hashKey": ID,
        "billingMode": "PROVISIONED",
        "readCapacity": "5",
        "writeCapacity": 2,
        "globalSecondaryIndexes": [{"name": "by-time", "hashKey": AT}],
    }

    table = bench.parts(bench.lower("DynamoDB", spec))["main"].properties

    assert table["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2}
    assert table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == table["ProvisionedThroughput"]


def test_every_extra_has_its_property(bench: Any) -> None:
    spec = {
        "hashKey": ID,
        "ttl": {"attributeName": "expires"},
        "encryption": {"kmsKey": "alias/mine"},
        "pointInTimeRecovery": True,
        "stream": {"viewType": "NEW_IMAGE"},
    }

    lowered = bench.lower("DynamoDB", spec)

    table = lowered.resources[0].properties
    assert table["TimeToLiveSpecification"] == {"Enabled": True, "AttributeName": "expires"}
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert lowered.outputs["streamArn"] == lowered.resources[0].ref("StreamArn")


def test_a_name_of_ones_own_is_used_as_written(bench: Any) -> None:
    table = bench.parts(bench.lower("DynamoDB", {"hashKey": ID, "tableName": "Orders"}))["main"]

    assert table.name is None
    assert table.properties["TableName"] == "Orders"


def test_rights_reach_the_table_its_indexes_and_the_stream_it_has(bench: Any) -> None:
    plain = bench.lower("DynamoDB", {"hashKey": ID})
    streaming = bench.lower("DynamoDB", {"hashKey": ID, "stream": {}})

    arn = plain.resources[0].ref("Arn")
    assert [statement["Resource"] for statement in plain.grants.statements] == [[arn, text(arn, "/index/*")]]
    assert streaming.grants.statements[1]["Resource"] == [streaming.resources[0].ref("StreamArn")]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"hashKey": ID, "billingMode": "PROVISIONED", "readCapacity": 1}, "PK304"),
        ({"hashKey": ID, "readCapacity": 1}, "PK304"),
        ({"hashKey": ID, "billingMode": "PROVISIONED", "readCapacity": 0, "writeCapacity": 1}, "greater_than_equal"),
        ({"hashKey": ID, "globalSecondaryIndexes": [{"name": "idx", "hashKey": {"name": "id", "type": "N"}}]}, "PK305"),
        ({"hashKey": ID, "globalSecondaryIndexes": [{"name": "idx", "hashKey": AT}] * 2}, "PK309"),
        (
            {"hashKey": ID, "globalSecondaryIndexes": [{"name": "idx", "hashKey": AT, "projection": "INCLUDE"}]},
            "PK311",
        ),
        ({"hashKey": ID, "tableName": "no spaces"}, "PK301"),
        ({"hashKey": ID, "ttl": {"enabled": True}}, "missing"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    assert bench.refused("DynamoDB", spec) == code
