"""DynamoDB: a table with its indexes."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Grants, Kind, Lowered, Spec
from panka.planner.naming import named
from panka.planner.resource import PhysicalName, Properties, text
from panka.planner.rules import broken, shaped, twice, unique
from panka.planner.vocabulary.policies import allow


class Key(Spec):
    """An attribute that is part of a key."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    """The attribute's name."""
    type: Literal["S", "N", "B"] = "S"
    """String, number or binary."""


class Index(Spec):
    """A global secondary index: the same items under another key."""

    name: Annotated[str, shaped(r"[A-Za-z0-9_.-]{3,255}", "an index name: 3 to 255 letters, digits, `_`, `.` and `-`")]
    """The index's name."""
    hash_key: Key
    """The partition key."""
    range_key: Key | None = None
    """The sort key."""
    projection: Literal["ALL", "KEYS_ONLY", "INCLUDE"] = "ALL"
    """Which attributes the index holds."""
    non_key_attributes: tuple[str, ...] = ()
    """The attributes that `INCLUDE` adds to the keys."""

    @model_validator(mode="after")
    def _included(self) -> Self:
        if (self.projection == "INCLUDE") != bool(self.non_key_attributes):
            raise broken("PK311", f"index `{self.name}`: `projection: INCLUDE` and `nonKeyAttributes` need each other")
        return self


class TimeToLive(Spec):
    """Deletes items some time after the moment that an attribute says."""

    enabled: bool = True
    """Whether items expire."""
    attribute_name: str
    """The attribute: seconds since 1970."""


class Encryption(Spec):
    """Which key encrypts the table."""

    enabled: bool = True
    """With a KMS key of the account instead of one of DynamoDB's own. KMS charges for its use."""
    kms_key: str | None = None
    """Id, ARN or alias of the KMS key; by default `alias/aws/dynamodb`."""


class Stream(Spec):
    """Changes of items, in order, for a day."""

    enabled: bool = True
    """Whether changes are kept."""
    view_type: Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"] = "NEW_AND_OLD_IMAGES"
    """What of a changed item."""


class DynamoDbSpec(ComponentSpec):
    table_name: Annotated[str | None, named("AWS::DynamoDB::Table")] = None
    """The table's name; by default Panka makes one. With your own, a replacement deletes the old table first."""
    billing_mode: Literal["PAY_PER_REQUEST", "PROVISIONED"] = "PAY_PER_REQUEST"
    """Pay for each request, or for a capacity."""
    hash_key: Key
    """The partition key. Changing it replaces the table."""
    range_key: Key | None = None
    """The sort key. Changing it replaces the table."""
    read_capacity: Annotated[int, Field(ge=1)] | None = None
    """Read units per second of the table and of each index; required when `PROVISIONED`."""
    write_capacity: Annotated[int, Field(ge=1)] | None = None
    """Write units per second of the table and of each index; required when `PROVISIONED`."""
    global_secondary_indexes: Annotated[tuple[Index, ...], Field(max_length=20)] = ()
    """The same items under other keys."""
    ttl: TimeToLive | None = None
    """Lets items expire."""
    encryption: Encryption | None = None
    """Which key encrypts the table; by default one of DynamoDB's own, at no cost."""
    point_in_time_recovery: bool = False
    """Keeps 35 days of continuous backups."""
    stream: Stream | None = None
    """Keeps changes of items for readers."""

    @model_validator(mode="after")
    def _capacity(self) -> Self:
        said = (self.read_capacity, self.write_capacity)
        if self.billing_mode == "PROVISIONED" and None in said:
            fields = [
                name for name, value in zip(("readCapacity", "writeCapacity"), said, strict=True) if value is None
            ]
            sentence = "`billingMode: PROVISIONED` needs `readCapacity` and `writeCapacity`"
            raise broken("PK304", sentence, *fields, "billingMode")
        if self.billing_mode == "PAY_PER_REQUEST" and said != (None, None):
            field = "writeCapacity" if self.read_capacity is None else "readCapacity"
            raise broken("PK304", "`readCapacity` and `writeCapacity` need `billingMode: PROVISIONED`", field)
        return self

    @model_validator(mode="after")
    def _keys(self) -> Self:
        unique((index.name for index in self.global_secondary_indexes), "the index")
        types: dict[str, str] = {}
        for key in self.key_attributes():
            if types.setdefault(key.name, key.type) != key.type:
                raise twice("PK305", f"key attribute `{key.name}` is both {types[key.name]} and {key.type}", key.name)
        return self

    def key_attributes(self) -> Iterator[Key]:
        """Every key attribute, those of the table first; some may come twice."""
        holders: tuple[DynamoDbSpec | Index, ...] = (self, *self.global_secondary_indexes)
        for holder in holders:
            yield from (key for key in (holder.hash_key, holder.range_key) if key)


def lower(component: Component[DynamoDbSpec], _context: Context) -> Lowered:
    """The table. The right to read its stream goes with the stream."""
    spec = component.spec
    name = None if spec.table_name else PhysicalName("TableName", 255)
    table = component.resource("main", "AWS::DynamoDB::Table", _table(spec), name=name)
    statements = [allow(USE, table.ref("Arn"), text(table.ref("Arn"), "/index/*"))]
    if spec.stream and spec.stream.enabled:
        statements.append(allow(READ_STREAM, table.ref("StreamArn")))
    outputs = {"tableName": table.ref("TableName"), "tableArn": table.ref("Arn")}
    if spec.stream and spec.stream.enabled:
        outputs["streamArn"] = table.ref("StreamArn")
    return Lowered(resources=(table,), outputs=dict(outputs), grants=Grants(tuple(statements)))


USE = (
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
)
READ_STREAM = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)


def _table(spec: DynamoDbSpec) -> Properties:
    types = {key.name: key.type for key in spec.key_attributes()}
    properties: Properties = {
        "BillingMode": spec.billing_mode,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": types[name]} for name in sorted(types)],
        "KeySchema": _schema(spec.hash_key, spec.range_key),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": spec.point_in_time_recovery},
        **_capacity(spec),
    }
    if spec.table_name:
        properties["TableName"] = spec.table_name
    if spec.global_secondary_indexes:
        properties["GlobalSecondaryIndexes"] = [_index(index, spec) for index in spec.global_secondary_indexes]
    if spec.ttl:
        properties["TimeToLiveSpecification"] = {
            "Enabled": spec.ttl.enabled,
            "AttributeName": spec.ttl.attribute_name,
        }
    if spec.encryption and spec.encryption.enabled:
        key = {"KMSMasterKeyId": spec.encryption.kms_key} if spec.encryption.kms_key else {}
        properties["SSESpecification"] = {"SSEEnabled": True, "SSEType": "KMS", **key}
    if spec.stream and spec.stream.enabled:
        properties["StreamSpecification"] = {"StreamViewType": spec.stream.view_type}
    return properties


def _schema(hash_key: Key, range_key: Key | None) -> list[Properties]:
    keys = [{"AttributeName": hash_key.name, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key.name, "KeyType": "RANGE"}] if range_key else [*keys]


def _capacity(spec: DynamoDbSpec) -> Properties:
    if spec.billing_mode == "PAY_PER_REQUEST":
        return {}
    return {
        "ProvisionedThroughput": {"ReadCapacityUnits": spec.read_capacity, "WriteCapacityUnits": spec.write_capacity}
    }


def _index(index: Index, spec: DynamoDbSpec) -> Properties:
    projection: Properties = {"ProjectionType": index.projection}
    if index.non_key_attributes:
        projection["NonKeyAttributes"] = list(index.non_key_attributes)
    return {
        "IndexName": index.name,
        "KeySchema": _schema(index.hash_key, index.range_key),
        "Projection": projection,
        **_capacity(spec),
    }


DYNAMODB = Kind(
    "DynamoDB",
    DynamoDbSpec,
    lower,
    outputs={
        "tableName": "The table's name, which clients take.",
        "tableArn": "The table's ARN.",
        "streamArn": "The ARN of the table's stream, when it has one.",
    },
)
