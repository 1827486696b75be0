"""What is special to VPCs and what is in them, and to disks."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.activities.conformance.case import Case, of
from tests.activities.conformance.cases_network import (
    ADDRESS,
    ATTACHMENT,
    CASES,
    INTERNET,
    SUBNET,
    TABLE,
    VPC,
)
from tests.activities.conformance.stage import FORCED, OURS, Stage, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, Cause, NotOurs, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers import PROVIDERS
from panka.activities.providers.ec2_endpoints import VPCEndpointProvider
from panka.activities.providers.ec2_gateways import NatGatewayProvider
from panka.activities.providers.ec2_routes import RouteTableProvider
from panka.activities.providers.ec2_subnet import SubnetProvider
from panka.activities.providers.ec2_volume import VolumeProvider, changes
from panka.activities.providers.ec2_vpc import VPCProvider
from panka.activities.providers.provider import Ending, Failed, Provider, Readiness, Ready, Waiting, tag_list
from panka.planner.diagnostics import Findings
from panka.planner.documents import SourceFile
from panka.planner.graph import Graph
from panka.planner.network import compile_network
from panka.planner.owner import Owner
from panka.planner.resource import Properties, Resource
from panka.planner.resource_types import facts
from panka.planner.tenancy import read_tenant

VOLUME = next(case for case in CASES if case.type == "AWS::EC2::Volume")
ROUTE = Case(
    "AWS::EC2::Route",
    {
        "RouteTableId": of("table", "RouteTableId"),
        "DestinationCidrBlock": "0.0.0.0/0",
        "GatewayId": of("internet", "InternetGatewayId"),
    },
    needs={"vpc": VPC, "table": TABLE, "internet": INTERNET},
    tagged=False,
)
OWNER = Owner(scope=OURS, address="network:main", generation=1)


def answer(operation: str, content: str) -> Answer:
    body = f'<{operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{content}</{operation}Response>'
    return Answer(200, body.encode(), {"content-type": "text/xml"})


def refused(code: str) -> Answer:
    error = f"<Error><Code>{code}</Code><Message>It is not in a state for that.</Message></Error>"
    body = f"<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"
    return Answer(400, body.encode(), {"content-type": "text/xml"})


@dataclass(slots=True)
class Recording(Cloud):
    """Writes down what is asked and gives answers in turn, the last one again and again."""

    answers: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        self.asked.append((operation, arguments))
        left = self.answers.get(operation, [{}])
        return left.pop(0) if len(left) > 1 else left[0]

    def changed(self) -> list[tuple[str, dict[str, Any]]]:
        """The changing calls, in order."""
        return [one for one in self.asked if not one[0].startswith("describe_")]


@dataclass(slots=True)
class Refusing(Cloud):
    """The cloud, where one operation is refused."""

    operation: str = ""
    code: str = ""

    async def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        if operation == self.operation:
            raise AwsError(Cause.FINAL, self.code, "It is not in a state for that.", operation)
        return await Cloud.call(self, service, operation, **arguments)


def recording(cloud: Cloud, **answers: list[dict[str, Any]]) -> Recording:
    return Recording(cloud.clients, answers=answers)


async def listed(cloud: Cloud, stage: Stage, operation: str, items: str) -> list[dict[str, Any]]:
    """What there is of the stage's owner."""
    mine = [{"Name": "tag:panka:address", "Values": [stage.owner.address]}]
    found: list[dict[str, Any]] = (await cloud.call("ec2", operation, Filters=mine))[items]
    return found


async def test_what_a_lost_reply_was_about_is_waited_for_until_it_is_listed(cloud: Cloud, faults: Faults) -> None:
    looks: list[str] = []

    def hide(what: str) -> None:
        looks.append(what)
        if len(looks) <= 2:
            faults.instead = answer("DescribeVpcs", "<vpcSet/>")

    stage = await staged(VPC, replace(cloud, progress=hide))
    faults.lose = 1

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert [one["VpcId"] for one in await listed(cloud, stage, "describe_vpcs", "Vpcs")] == [id]
    assert looks == ["Looking for what ec2:CreateVpc may have made"] * 3


@pytest.mark.parametrize(
    ("provider", "properties", "operation"),
    [
        (NatGatewayProvider, {"SubnetId": "subnet-1"}, "create_nat_gateway"),
        (RouteTableProvider, {"VpcId": "vpc-1"}, "create_route_table"),
        (VolumeProvider, {"AvailabilityZone": "eu-west-1a", "Size": 1}, "create_volume"),
        (VPCEndpointProvider, {"VpcId": "vpc-1", "ServiceName": "s"}, "create_vpc_endpoint"),
    ],
    ids=["nat", "table", "volume", "endpoint"],
)
async def test_creates_that_take_a_token_get_one_and_the_tags(
    cloud: Cloud, provider: type[Provider], properties: Properties, operation: str
) -> None:
    made = dict.fromkeys(("NatGatewayId", "RouteTableId", "VolumeId", "VpcEndpointId"), "x-1")
    script = recording(cloud, **{operation: [made]})
    tags = tag_list(OWNER.tags())

    id = await provider(script).create(OWNER, {**properties, "Tags": tags}, "token")

    ((asked, arguments),) = script.changed()
    assert (id, asked, arguments["ClientToken"]) == ("x-1", operation, "token")
    assert arguments["TagSpecifications"][0]["Tags"] == tags


async def test_a_vpc_tells_what_it_was_born_with(cloud: Cloud) -> None:
    stage = await staged(VPC, cloud)

    id = await stage.apply(stage.properties())

    attributes = (await stage.live(id)).attributes
    assert attributes["VpcId"] == id
    assert attributes["DefaultSecurityGroup"].startswith("sg-")
    assert attributes["DefaultNetworkAcl"].startswith("acl-")
    assert len(attributes["CidrBlockAssociations"]) == 1


@pytest.mark.parametrize(
    ("old", "new", "order"),
    [
        ((False, False), (True, True), ["EnableDnsSupport", "EnableDnsHostnames"]),
        ((True, True), (False, False), ["EnableDnsHostnames", "EnableDnsSupport"]),
        ((False, True), (True, True), ["EnableDnsHostnames"]),
    ],
)
async def test_host_names_are_never_without_dns(
    cloud: Cloud, old: tuple[bool, bool], new: tuple[bool, bool], order: list[str]
) -> None:
    script = recording(cloud)
    before, after = (dict(zip(("EnableDnsHostnames", "EnableDnsSupport"), one, strict=True)) for one in (old, new))

    await VPCProvider(script).update("vpc-1", before, after)

    assert [next(name for name in arguments if name != "VpcId") for _, arguments in script.changed()] == order


async def test_a_vpc_in_use_is_deleted_later(cloud: Cloud) -> None:
    stage = await staged(replace(SUBNET, needs={"vpc": VPC}), cloud)
    await stage.apply(stage.properties())
    vpc = stage.known["vpc"]["VpcId"]

    with pytest.raises(TryLater, match=f"The VPC {vpc} is still in use"):
        await VPCProvider(cloud).delete(vpc, FORCED)


async def test_a_subnet_waits_for_its_addresses_before_it_gives_any(cloud: Cloud) -> None:
    block = {"AssociationId": "a", "Ipv6CidrBlock": "2001:db8::/64", "Ipv6CidrBlockState": {"State": "associating"}}
    script = recording(cloud, associate_subnet_cidr_block=[{"Ipv6CidrBlockAssociation": block}])
    wanted = {"Ipv6CidrBlock": "2001:db8::/64", "AssignIpv6AddressOnCreation": True}

    with pytest.raises(TryLater, match="its IPv6 addresses"):
        await SubnetProvider(script).update("subnet-1", {}, wanted)

    assert script.changed() == [
        ("associate_subnet_cidr_block", {"SubnetId": "subnet-1", "Ipv6CidrBlock": "2001:db8::/64"})
    ]


async def test_a_route_in_a_table_of_the_users_is_ours_when_it_leads_to_what_is_ours(cloud: Cloud) -> None:
    stage = await staged(ROUTE, cloud)
    await stage.apply(stage.properties())
    table, ours = stage.known["table"]["RouteTableId"], [{"Key": key} for key in OWNER.tags()]

    await cloud.call("ec2", "delete_tags", Resources=[table], Tags=ours)

    assert await stage.provider.find(stage.owner, stage.properties()) == f"{table}|0.0.0.0/0"
    with pytest.raises(NotOurs):
        await stage.provider.find(stage.owner, {**stage.properties(), "GatewayId": "igw-other"})


async def test_a_subnet_that_gets_another_table_is_never_without_one(cloud: Cloud, faults: Faults) -> None:
    needs = {"vpc": VPC, "subnet": SUBNET, "table": TABLE, "other": TABLE}
    properties = {"SubnetId": of("subnet", "SubnetId"), "RouteTableId": of("table", "RouteTableId")}
    stage = await staged(Case("AWS::EC2::SubnetRouteTableAssociation", properties, needs=needs, tagged=False), cloud)
    first = await stage.apply(stage.properties())
    wanted = {**stage.properties(), "RouteTableId": stage.known["other"]["RouteTableId"]}
    faults.reset()

    second = await stage.provider.create(stage.owner, wanted, stage.token)
    await stage.provider.delete(first, FORCED)

    assert faults.mutations == ["ReplaceRouteTableAssociation"]
    assert (await stage.live(second)).properties == wanted


async def test_a_gateway_with_addresses_in_use_is_detached_later(cloud: Cloud) -> None:
    stage = await staged(ATTACHMENT, cloud)
    id = await stage.apply(stage.properties())
    refusing = Refusing(cloud.clients, operation="detach_internet_gateway", code="DependencyViolation")

    with pytest.raises(TryLater, match="public addresses"):
        await type(stage.provider)(refusing).delete(id, FORCED)


def nat(state: str, more: str = "") -> Answer:
    tags = "".join(f"<item><key>{key}</key><value>{value}</value></item>" for key, value in OWNER.tags().items())
    one = f"<natGatewayId>nat-1</natGatewayId><state>{state}</state><tagSet>{tags}</tagSet>{more}"
    return answer("DescribeNatGateways", f"<natGatewaySet><item>{one}</item></natGatewaySet>")


def endpoint(state: str, more: str = "") -> Answer:
    one = f"<vpcEndpointId>vpce-1</vpcEndpointId><state>{state}</state>{more}"
    return answer("DescribeVpcEndpoints", f"<vpcEndpointSet><item>{one}</item></vpcEndpointSet>")


SLOW_ADDRESS = "<natGatewayAddressSet><item><status>associating</status></item></natGatewayAddressSet>"
NO_ADDRESS = "<failureMessage>Elastic IP address is already associated</failureMessage>"
NOT_HERE = "<lastError><code>X</code><message>The service is not here</message></lastError>"


@pytest.mark.parametrize(
    ("provider", "told", "expected"),
    [
        (NatGatewayProvider, nat("pending"), Waiting("the NAT gateway is pending")),
        (
            NatGatewayProvider,
            nat("failed", NO_ADDRESS),
            Failed("The NAT gateway is failed: Elastic IP address is already associated."),
        ),
        (NatGatewayProvider, refused("NatGatewayNotFound"), Waiting("EC2 does not list the NAT gateway yet")),
        (VPCEndpointProvider, endpoint("pending"), Waiting("the endpoint is pending")),
        (VPCEndpointProvider, endpoint("available"), Ready()),
        (
            VPCEndpointProvider,
            endpoint("pendingAcceptance"),
            Waiting("the owner of the service has still to accept the endpoint"),
        ),
        (VPCEndpointProvider, endpoint("rejected"), Failed("The endpoint is rejected.")),
        (VPCEndpointProvider, endpoint("Failed", NOT_HERE), Failed("The endpoint is failed: The service is not here.")),
    ],
)
async def test_what_takes_its_time_says_how_far_it_is(
    cloud: Cloud, faults: Faults, provider: type[Provider], told: Answer, expected: Readiness
) -> None:
    faults.instead = replace(told)

    assert await provider(cloud).ready("x-1") == expected


async def test_a_nat_gateway_waits_for_its_other_addresses(cloud: Cloud, faults: Faults) -> None:
    faults.instead = replace(nat("available", SLOW_ADDRESS), times=2)

    assert await NatGatewayProvider(cloud).ready("nat-1") == Waiting("the NAT gateway is associating an address")


@pytest.mark.parametrize(("state", "found"), [("available", "nat-1"), ("failed", None), ("deleting", None)])
async def test_a_nat_gateway_that_goes_by_itself_is_not_found(
    cloud: Cloud, faults: Faults, state: str, found: str | None
) -> None:
    faults.instead = nat(state)

    assert await NatGatewayProvider(cloud).find(OWNER, {}) == found


async def test_a_nat_gateway_is_gone_when_it_is_only_listed_as_deleted(cloud: Cloud, faults: Faults) -> None:
    faults.instead = nat("deleting")
    assert await NatGatewayProvider(cloud).gone("nat-1") == Waiting("the NAT gateway is deleting")

    faults.instead = nat("deleted")
    assert await NatGatewayProvider(cloud).gone("nat-1") == Ready()


async def test_a_nat_gateway_gains_and_loses_addresses(cloud: Cloud) -> None:
    first = {"AllocationId": "eipalloc-1", "IsPrimary": True, "AssociationId": "a-1"}
    second = {"AllocationId": "eipalloc-2", "IsPrimary": False, "AssociationId": "a-2"}
    live = {"NatGatewayId": "nat-1", "NatGatewayAddresses": [second, first]}
    script = recording(cloud, describe_nat_gateways=[{"NatGateways": [live]}])
    provider = NatGatewayProvider(script)
    observed = await provider.read("nat-1")
    assert observed is not None

    wanted = {**observed.properties, "SecondaryAllocationIds": ["eipalloc-3"], "MaxDrainDurationSeconds": 1}
    await provider.update("nat-1", observed.properties, wanted)

    assert (observed.properties["AllocationId"], observed.properties["SecondaryAllocationIds"]) == (
        "eipalloc-1",
        ["eipalloc-2"],
    )
    drained = {"NatGatewayId": "nat-1", "AssociationIds": ["a-2"], "MaxDrainDurationSeconds": 1}
    assert script.changed() == [
        ("associate_nat_gateway_address", {"NatGatewayId": "nat-1", "AllocationIds": ["eipalloc-3"]}),
        ("disassociate_nat_gateway_address", drained),
    ]


async def test_an_address_is_released_later_while_it_is_in_use(cloud: Cloud) -> None:
    stage = await staged(ADDRESS, cloud)
    id = await stage.apply(stage.properties())
    refusing = Refusing(cloud.clients, operation="release_address", code="InvalidIPAddress.InUse")

    with pytest.raises(TryLater, match="still in use"):
        await type(stage.provider)(refusing).delete(id, FORCED)

    attributes = (await stage.live(id)).attributes
    assert (attributes["AllocationId"], attributes["PublicIp"].count(".")) == (id, 3)


async def test_an_endpoint_that_cannot_be_deleted_says_why(cloud: Cloud) -> None:
    live = {"VpcEndpointId": "vpce-1", "State": "available"}
    refusal = {"ResourceId": "vpce-1", "Error": {"Code": "InvalidParameter", "Message": "It is managed by others."}}
    script = recording(
        cloud,
        describe_vpc_endpoints=[{"VpcEndpoints": [live]}],
        delete_vpc_endpoints=[{"Unsuccessful": [refusal]}],
    )

    with pytest.raises(AwsError, match=r"ec2:DeleteVpcEndpoints InvalidParameter: It is managed by others\."):
        await VPCEndpointProvider(script).delete("vpce-1", FORCED)


ALL = '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'


async def test_an_endpoint_without_a_policy_goes_back_to_that_of_everyone(cloud: Cloud) -> None:
    live = {"VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "PolicyDocument": ALL, "VpcEndpointType": "Interface"}
    script = recording(cloud, describe_vpc_endpoints=[{"VpcEndpoints": [live]}])
    provider = VPCEndpointProvider(script)
    observed = await provider.read("vpce-1")
    assert observed is not None
    own = {**observed.properties, "PolicyDocument": {"Statement": []}, "PrivateDnsEnabled": True}

    await provider.update("vpce-1", own, observed.properties)

    assert "PolicyDocument" not in observed.properties
    reset = {"VpcEndpointId": "vpce-1", "ResetPolicy": True, "PrivateDnsEnabled": False}
    assert script.changed() == [("modify_vpc_endpoint", reset)]


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        ({"VolumeType": "gp3", "Iops": 3000}, {"VolumeType": "GP3"}, {}),
        (
            {"VolumeType": "gp3", "Iops": 4000, "Throughput": 250},
            {"VolumeType": "gp3"},
            {"Iops": 3000, "Throughput": 125},
        ),
        ({"VolumeType": "gp3", "Iops": 4000}, {"VolumeType": "gp2"}, {"VolumeType": "gp2"}),
        ({"VolumeType": "gp3", "Iops": 4000}, {}, {"VolumeType": "gp2"}),
        ({"VolumeType": "gp2", "Size": 10}, {"VolumeType": "gp2", "Size": 20}, {"Size": 20}),
        ({"VolumeType": "gp2", "Size": 10}, {"VolumeType": "gp2"}, {}),
        ({"VolumeType": "gp2"}, {"VolumeType": "io2", "Iops": 500}, {"Iops": 500, "VolumeType": "io2"}),
    ],
)
def test_a_volume_is_asked_only_for_what_differs(old: Properties, new: Properties, asked: dict[str, Any]) -> None:
    assert changes(old, new) == asked


def modification(state: str, more: str = "") -> dict[str, Any]:
    said = {"ModificationState": state, "Progress": 40, "StatusMessage": more}
    return {"VolumesModifications": [said]}


@pytest.mark.parametrize(
    ("state", "last", "expected"),
    [
        ("creating", {}, Waiting("the volume is creating")),
        ("error", {}, Failed("The volume is error.")),
        ("available", {}, Ready()),
        ("in-use", modification("optimizing"), Ready()),
        ("in-use", modification("modifying"), Waiting("EC2 has changed 40 % of the volume")),
        ("available", modification("failed", "No room"), Failed("EC2 could not change the volume: No room.")),
    ],
)
async def test_a_volume_is_ready_when_its_change_is_in_effect(
    cloud: Cloud, state: str, last: dict[str, Any], expected: Readiness
) -> None:
    live = {"VolumeId": "vol-1", "State": state}
    script = recording(cloud, describe_volumes=[{"Volumes": [live]}], describe_volumes_modifications=[last])

    assert await VolumeProvider(script).ready("vol-1") == expected


async def test_a_volume_that_was_never_changed_is_ready(cloud: Cloud) -> None:
    stage = await staged(VOLUME, cloud)
    id = await stage.apply(stage.properties())
    operation, code = "describe_volumes_modifications", "InvalidVolumeModification.NotFound"

    assert await VolumeProvider(Refusing(cloud.clients, operation=operation, code=code)).ready(id) == Ready()


@pytest.mark.parametrize(("state", "expected"), [("modifying", TryLater), ("optimizing", AwsError)])
async def test_a_volume_under_change_is_changed_later_and_one_that_rests_not_before_hours(
    cloud: Cloud, faults: Faults, state: str, expected: type[Exception]
) -> None:
    @dataclass(slots=True)
    class Changing(Refusing):
        async def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
            if operation == "describe_volumes_modifications":
                return modification(state)
            return await Refusing.call(self, service, operation, **arguments)

    busy = Changing(cloud.clients, operation="modify_volume", code="IncorrectModificationState")

    with pytest.raises(expected):
        await VolumeProvider(busy).update("vol-1", {"Size": 10}, {"Size": 20})


@pytest.mark.parametrize("lost", [1, 2])
async def test_the_last_snapshot_of_a_volume_is_taken_once(cloud: Cloud, faults: Faults, lost: int) -> None:
    stage = await staged(VOLUME, cloud)
    id = await stage.apply(stage.properties())
    last = Ending(snapshot=f"{id}-last")
    faults.reset()
    faults.lose = lost

    with contextlib.suppress(AwsError):
        await stage.provider.delete(id, last)
    await stage.provider.delete(id, last)

    assert faults.mutations == ["CreateSnapshot", "DeleteVolume"]
    named = [{"Name": "tag:Name", "Values": [last.snapshot]}]
    taken = (await cloud.call("ec2", "describe_snapshots", OwnerIds=["self"], Filters=named))["Snapshots"]
    assert [one["VolumeId"] for one in taken] == [id]
    assert await stage.provider.read(id) is None


@pytest.mark.parametrize(
    ("state", "expected", "words"), [("pending", TryLater, "40%"), ("error", AwsError, "the volume vol-1 stays")]
)
async def test_a_volume_stays_until_its_last_snapshot_is_complete(
    cloud: Cloud, state: str, expected: type[Exception], words: str
) -> None:
    shown = {"SnapshotId": "snap-1", "State": state, "Progress": "40%"}
    script = recording(
        cloud,
        describe_volumes=[{"Volumes": [{"VolumeId": "vol-1", "State": "available"}]}],
        describe_snapshots=[{"Snapshots": []}, {"Snapshots": [shown]}],
        create_snapshot=[{"SnapshotId": "snap-1"}],
    )

    with pytest.raises(expected, match=words):
        await VolumeProvider(script).delete("vol-1", Ending(snapshot="last"))

    assert [operation for operation, _ in script.changed()] == ["create_snapshot"]


async def test_the_network_of_a_tenant_is_made_and_goes(cloud: Cloud) -> None:
    text = (Path(__file__).parents[2] / "examples" / "tenant.yaml").read_text(encoding="utf-8")
    tenant = read_tenant(SourceFile("tenant.yaml", "tenant.yaml", text), Findings())
    assert tenant is not None
    stack = compile_network(tenant)
    made: dict[str, str] = {}
    known: dict[str, Properties] = {}

    for address in Graph.of(stack.resources).order():
        stage = resource_stage(stack.resources[address], cloud, known)
        made[address] = await stage.apply(stage.properties())
        observed = await stage.live(made[address])
        # Ministack does not tell the address of a NAT gateway.
        assert stage.drift({**stage.properties(), "AllocationId": None}, observed) == []
        known[address] = {**observed.properties, **observed.attributes, "Id": made[address]}

    for address in reversed(made):
        await resource_stage(stack.resources[address], cloud, known).remove(made[address])
    vpcs = (await cloud.call("ec2", "describe_vpcs"))["Vpcs"]
    assert made["network:vpc"] not in [one["VpcId"] for one in vpcs]


def resource_stage(resource: Resource, cloud: Cloud, known: dict[str, Properties]) -> Stage:
    """A stage for what the planner wants, as the step would have it."""
    known_type = facts(resource.type)
    name = {resource.name.property: resource.address.part} if resource.name else {}
    case = Case(
        resource.type, {**resource.properties, **name}, tagged=known_type is not None and known_type.tagging is not None
    )
    owner = Owner(scope=OURS, address=resource.address, generation=1)
    return Stage(case, PROVIDERS[resource.type](cloud), owner, resource.address.part, known)
