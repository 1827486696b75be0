"""What AWS's public registry says of each resource type: which properties replace, which are outputs, which take tags.

The facts come from `resource_types.json`, made from the CloudFormation schemas by `make resource-types`, and from the
short tables below for what the schemas do not say. Which types have a provider of their own comes from
`own_providers.json`, which `make resource-types` makes too; all others are made through AWS's Cloud Control API.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Literal

SOURCE = Path(__file__).with_name("resource_types.json")
OWN_PROVIDERS = Path(__file__).with_name("own_providers.json")

REPLACES_IN_PRACTICE: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": ("KeySchema",),
    "AWS::ECS::Service": ("LaunchType",),
    "AWS::Events::Rule": ("EventBusName",),
    "AWS::RDS::DBCluster": ("AvailabilityZones", "Engine", "MasterUsername"),
    "AWS::RDS::DBInstance": ("AvailabilityZone", "Engine", "SourceDBInstanceIdentifier"),
}
"""Properties that the schemas call conditionally create-only and whose change always makes a new resource here."""

FIXED_IN_PRACTICE: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Deployment": ("StageName",),
    "AWS::ApiGatewayV2::Deployment": ("StageName",),
    "AWS::EC2::EIP": ("Domain", "PublicIpv4Pool"),
    "AWS::EC2::Volume": ("AvailabilityZone", "Encrypted", "KmsKeyId", "SnapshotId"),
    "AWS::ElastiCache::CacheCluster": ("CacheNodeType", "TransitEncryptionEnabled"),
    "AWS::ElastiCache::ReplicationGroup": ("TransitEncryptionEnabled",),
    "AWS::IAM::Policy": ("Groups", "PolicyName", "Roles", "Users"),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion", "Origin"),
    "AWS::Route53::RecordSet": ("Name", "SetIdentifier", "Type"),
    "AWS::SNS::TopicPolicy": ("Topics",),
    "AWS::SQS::QueuePolicy": ("Queues",),
    "AWS::Scheduler::Schedule": ("GroupName",),
}
"""Properties that the schemas let change, and AWS does not in one step, if at all."""

TAKEN_ONCE: dict[str, str] = {
    "AWS::EC2::NatGateway": "AllocationId",
    "AWS::EC2::Subnet": "CidrBlock",
}
"""A property whose value AWS gives to one resource at a time: old and new cannot both have it."""

HOLDS_DATA = frozenset({
    "AWS::Cassandra::Table", "AWS::Cognito::UserPool", "AWS::DocDB::DBCluster", "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table", "AWS::EC2::Volume", "AWS::EFS::FileSystem", "AWS::FSx::FileSystem", "AWS::Kinesis::Stream",
    "AWS::MSK::Cluster", "AWS::MSK::ServerlessCluster", "AWS::Neptune::DBCluster", "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster", "AWS::S3::Bucket",
    "AWS::Timestream::Table",
})  # fmt: skip
"""Types whose delete loses what users have put in. Queues and caches are not among them: what they hold passes."""
SNAPSHOTS = frozenset({
    "AWS::DocDB::DBCluster", "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup", "AWS::Neptune::DBCluster", "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
})  # fmt: skip
"""Types that a final snapshot can be taken of; CloudFormation takes one of some of them unless it is told not to."""
_COPIES = ("DBClusterIdentifier", "SourceDBInstanceIdentifier")
"""Properties of a database instance that only serves what another resource holds."""

TOLD_IN_PRACTICE: dict[str, tuple[str, ...]] = {
    "AWS::DocDB::DBCluster": ("MasterUserSecret.SecretArn",),
    "AWS::MSK::Cluster": (
        "BootstrapBrokerString",
        "BootstrapBrokerStringSaslIam",
        "BootstrapBrokerStringSaslScram",
        "BootstrapBrokerStringTls",
    ),
    "AWS::MSK::ServerlessCluster": ("BootstrapBrokerStringSaslIam",),
}
"""Attributes that the service tells and the schemas do not know: providers ask for them, a template cannot."""

REQUIRED_IN_PRACTICE: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Stage": ("DeploymentId", "StageName"),
    "AWS::EC2::SecurityGroupIngress": ("GroupId",),
    "AWS::EC2::VPCGatewayAttachment": ("InternetGatewayId",),
    "AWS::ECS::Service": ("Cluster",),
    "AWS::IAM::RolePolicy": ("PolicyDocument",),
    "AWS::Route53::HostedZone": ("Name",),
    "AWS::SNS::Subscription": ("Endpoint",),
}
"""Properties that the schemas call optional and without which AWS refuses the create, or it is for nobody to find."""

TAGS_IN_PRACTICE: dict[str, dict[str, bool]] = {"AWS::AutoScaling::AutoScalingGroup": {"PropagateAtLaunch": False}}
"""What every tag of a type must say beside its key and value."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a type takes tags."""

    property: str
    form: Literal["list", "map"]
    """A list of `{Key, Value}`, or a map."""
    updatable: bool
    """Whether tags can change without a replacement."""


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """Facts about one type. Paths are dotted, `*` stands for any item of a list or map: `Rules.*.Prefix`."""

    type: str
    required: frozenset[str]
    create_only: frozenset[str]
    conditional_create_only: frozenset[str]
    read_only: frozenset[str]
    write_only: frozenset[str]
    primary_identifier: tuple[str, ...]
    """The properties that make up the identifier, in its order."""
    tagging: Tagging | None
    """None: the type takes no tags."""
    handlers: frozenset[str]
    """What Cloud Control can do with it: some of create, read, update, delete, list."""
    properties: frozenset[str] = frozenset()
    """Every property by its name, outputs too."""
    list_needs: tuple[str, ...] = ()
    """What AWS wants to be told to list resources of the type, mostly properties that lead to their parent."""
    timeouts: Mapping[str, int] = field(default_factory=dict)
    """Minutes after which AWS's own handlers give up, by operation (`create`), where the schema says so."""
    own_provider: bool = False
    """Whether Panka has a provider for the type; else Cloud Control makes it, if it can."""

    @property
    def can_be_made(self) -> bool:
        """Whether there is anybody who can make, read and delete resources of the type."""
        return self.own_provider or {"create", "read", "delete"} <= self.handlers

    @property
    def fixed(self) -> bool:
        """Whether Cloud Control makes the type and has no update for it, so that every change replaces."""
        return not self.own_provider and self.can_be_made and "update" not in self.handlers

    @property
    def tag_property(self) -> str | None:
        return self.tagging.property if self.tagging else None

    @property
    def tags_are_a_map(self) -> bool:
        return self.tagging is not None and self.tagging.form == "map"

    @property
    def tag_updatable(self) -> bool:
        return self.tagging is not None and self.tagging.updatable

    def replaces(self, path: str) -> bool:
        """Whether a change at this path needs a new resource.

        True when the path is create-only, lies inside a create-only value, or holds one, and always where the type is
        `fixed`. A conditionally create-only property does not replace, unless it is known to.
        """
        if self.fixed:
            return True
        if self.tagging and not self.tagging.updatable and path.split(".", maxsplit=1)[0] == self.tagging.property:
            return True
        return any(_touches(path, fixed) for fixed in self.create_only)


def facts(type: str) -> TypeFacts | None:
    """What is known of a type such as `AWS::SQS::Queue`; None for a type that the registry does not have."""
    row = _table().get(type)
    return _facts(type) if row else None


def holds_data(type: str, properties: Mapping[str, object]) -> bool:
    """Whether something is lost for good when such a resource is deleted."""
    return type in HOLDS_DATA and not (type == "AWS::RDS::DBInstance" and any(name in properties for name in _COPIES))


def can_be_made(type: str) -> bool:
    """Whether there is anybody who can make resources of the type."""
    known = facts(type)
    return known.can_be_made if known is not None else type in own_providers()


def types() -> tuple[str, ...]:
    """Every type, sorted."""
    return tuple(_table())


@cache
def own_providers() -> frozenset[str]:
    """The types that Panka has a provider for."""
    return frozenset(json.loads(OWN_PROVIDERS.read_text(encoding="utf-8")))


@cache
def _table() -> dict[str, list[str]]:
    """Read on first use, as most commands need no facts."""
    table: dict[str, list[str]] = json.loads(SOURCE.read_text(encoding="utf-8"))["types"]
    return table


@cache
def _facts(type: str) -> TypeFacts:
    (
        required,
        create_only,
        conditional,
        read_only,
        write_only,
        identifier,
        tags,
        handlers,
        properties,
        list_needs,
        timeouts,
    ) = _table()[type]
    return TypeFacts(
        type=type,
        required=frozenset(required.split()).union(REQUIRED_IN_PRACTICE.get(type, ())),
        create_only=frozenset(create_only.split()).union(
            REPLACES_IN_PRACTICE.get(type, ()), FIXED_IN_PRACTICE.get(type, ())
        ),
        conditional_create_only=frozenset(conditional.split()).difference(REPLACES_IN_PRACTICE.get(type, ())),
        read_only=frozenset(read_only.split()).union(TOLD_IN_PRACTICE.get(type, ())),
        write_only=frozenset(write_only.split()),
        primary_identifier=tuple(identifier.split()),
        tagging=_tagging(tags),
        handlers=frozenset(handlers.split()),
        properties=frozenset(properties.split()),
        list_needs=tuple(list_needs.split()),
        timeouts={name: int(minutes) for name, _, minutes in (one.partition(":") for one in timeouts.split())},
        own_provider=type in own_providers(),
    )


def _tagging(said: str) -> Tagging | None:
    if not said:
        return None
    name, form, updatable = said.split()
    return Tagging(name, "list" if form == "list" else "map", updatable == "+")


def _touches(path: str, fixed: str) -> bool:
    """Whether one path is the other, or begins with it."""
    for step, pattern in zip_longest(path.split("."), fixed.split(".")):
        if step is None or pattern is None:
            return True
        if pattern not in ("*", step):
            return False
    return True
