"""The account's default network."""

from dataclasses import replace

import pytest

from panka.activities.aws.network import NoDefaultNetwork, default_network
from panka.activities.aws.session import Clients, Cloud, Keys


async def test_a_default_vpc_gives_all_its_subnets_to_both_sides(cloud: Cloud) -> None:
    network = await default_network(cloud)

    there = await cloud.call("ec2", "describe_subnets", Filters=[{"Name": "vpc-id", "Values": [network.vpc_id]}])
    ids = tuple(sorted(one["SubnetId"] for one in there["Subnets"]))
    assert network.private_subnets == ids
    assert set(network.public_subnets) <= set(ids)
    assert network.security_groups == ()


async def test_subnets_that_a_gateway_leads_out_of_are_public_and_the_others_private(cloud: Cloud) -> None:
    elsewhere = _in_region(cloud, "us-west-1")
    vpc = (await default_network(elsewhere)).vpc_id
    subnet = (await default_network(elsewhere)).private_subnets[0]
    await _lead_out(elsewhere, vpc, subnet)

    network = await default_network(elsewhere)

    assert network.public_subnets == (subnet,)
    assert subnet not in network.private_subnets
    assert network.private_subnets


async def test_an_account_without_a_default_vpc_is_told_what_to_do(cloud: Cloud) -> None:
    elsewhere = _in_region(cloud, "us-west-2")
    network = await default_network(elsewhere)
    for subnet in {*network.public_subnets, *network.private_subnets}:
        await elsewhere.call("ec2", "delete_subnet", SubnetId=subnet)
    with pytest.raises(NoDefaultNetwork, match="has no subnets"):
        await default_network(elsewhere)

    await _take_gateways_away(elsewhere, network.vpc_id)
    await elsewhere.call("ec2", "delete_vpc", VpcId=network.vpc_id)

    with pytest.raises(NoDefaultNetwork, match=r"no default VPC in us-west-2; name a network"):
        await default_network(elsewhere)


def _in_region(cloud: Cloud, region: str) -> Cloud:
    target = cloud.clients.target.model_copy(update={"region": region})
    return replace(cloud, clients=Clients(target, keys=Keys("test", "test"), executor=cloud.clients.executor))


async def _gateways(cloud: Cloud, vpc: str) -> list[str]:
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    answer = await cloud.call("ec2", "describe_internet_gateways", Filters=attached)
    return [one["InternetGatewayId"] for one in answer["InternetGateways"]]


async def _take_gateways_away(cloud: Cloud, vpc: str) -> None:
    for gateway in await _gateways(cloud, vpc):
        await cloud.call("ec2", "detach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc)
        await cloud.call("ec2", "delete_internet_gateway", InternetGatewayId=gateway)


async def _lead_out(cloud: Cloud, vpc: str, subnet: str) -> None:
    gateways = await _gateways(cloud, vpc)
    if gateways:
        gateway = gateways[0]
    else:
        gateway = (await cloud.call("ec2", "create_internet_gateway"))["InternetGateway"]["InternetGatewayId"]
        await cloud.call("ec2", "attach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc)
    table = (await cloud.call("ec2", "create_route_table", VpcId=vpc))["RouteTable"]["RouteTableId"]
    await cloud.call("ec2", "create_route", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    await cloud.call("ec2", "associate_route_table", RouteTableId=table, SubnetId=subnet)
