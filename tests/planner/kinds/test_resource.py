from typing import Any

import pytest

from panka.planner.chosen_names import chosen_name
from panka.planner.resource import PhysicalName
from panka.planner.resource_types import facts, own_providers

FOUND_OTHERWISE = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::VPCEndpoint",
    "AWS::EFS::FileSystem",
    "AWS::Events::EventBus",
    "AWS::Route53::RecordSet",
}
"""They have their names, or are found by their tags; what ends like a name beside that is somebody else's."""
ENDINGS = ("Name", "Family", "Identifier", "GroupId")


@pytest.mark.parametrize(
    ("type", "properties", "name"),
    [
        ("AWS::S3::Bucket", {}, PhysicalName("BucketName", 63)),
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {}}, PhysicalName("RoleName", 64)),
        ("AWS::SSM::Parameter", {"Type": "String", "Value": "info"}, PhysicalName("Name", 512)),
        ("AWS::SQS::Queue", {"FifoQueue": True}, PhysicalName("QueueName", 80, ".fifo")),
        ("AWS::ApiGateway::RestApi", {"Body": {"info": {"title": "Shop"}}}, None),
        ("AWS::S3::Bucket", {"BucketName": "ours"}, None),
        ("AWS::EFS::FileSystem", {}, None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_found_by_its_name_gets_one_where_the_user_gives_none(
    bench: Any, type: str, properties: dict[str, Any], name: PhysicalName | None
) -> None:
    lowered = bench.lower("Resource", {"type": type, "properties": properties})

    (resource,) = lowered.resources
    assert resource.name == name
    assert resource.properties == properties


@pytest.mark.parametrize("type", sorted(own_providers() - FOUND_OTHERWISE))
def test_every_type_with_a_provider_that_may_have_a_name_has_one(type: str) -> None:
    known = facts(type)
    assert known is not None
    settable = known.properties - known.read_only - known.required
    nameable = {one for one in settable & {*known.create_only, *known.primary_identifier} if one.endswith(ENDINGS)}

    chosen = chosen_name(type, {})

    assert chosen is None or chosen.property in settable
    assert chosen is not None or not nameable


def test_a_name_without_which_nobody_could_find_it_is_asked_for(bench: Any) -> None:
    refused = bench.refused("Resource", {"type": "AWS::Route53::HostedZone"})

    assert refused == "PK348"
