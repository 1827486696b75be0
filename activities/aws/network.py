"""The network that a stack without one of its own stands in: the account's default VPC."""

from typing import Any

from panka.activities.aws.session import Cloud
from panka.planner.component import Network


class NoDefaultNetwork(Exception):
    """The account has no default VPC in the region, or an empty one."""


async def default_network(cloud: Cloud) -> Network:
    """The default VPC and its subnets, in AWS's order of their ids; no security groups.

    A subnet is public when its routes lead to an internet gateway. Where all are public, as usual in a default VPC, the
    private ones are the same.

    Raises:
        NoDefaultNetwork: there is nothing to stand in.
        AwsError: AWS does not tell.
    """
    vpc = await _default_vpc(cloud)
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    subnets = (await cloud.call("ec2", "describe_subnets", Filters=mine))["Subnets"]
    if not subnets:
        raise NoDefaultNetwork(f"The default VPC {vpc} has no subnets; name a network in the stack's `networking`.")
    tables = (await cloud.call("ec2", "describe_route_tables", Filters=mine))["RouteTables"]
    public = _public(subnets, tables)
    private = tuple(id for id in _ids(subnets) if id not in public)
    return Network(vpc_id=vpc, public_subnets=public, private_subnets=private or _ids(subnets))


async def _default_vpc(cloud: Cloud) -> str:
    answer = await cloud.call("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])
    if not answer["Vpcs"]:
        raise NoDefaultNetwork(
            f"Account {cloud.account} has no default VPC in {cloud.region}; name a network in the stack's `networking`."
        )
    return str(answer["Vpcs"][0]["VpcId"])


def _public(subnets: list[dict[str, Any]], tables: list[dict[str, Any]]) -> tuple[str, ...]:
    explicit, main = _leads_out(tables)
    by_route = [subnet for subnet in subnets if explicit.get(subnet["SubnetId"], main)]
    # Emulators leave the gateway's route out, but mark the subnets of a default VPC as AWS does.
    return _ids(by_route or [subnet for subnet in subnets if subnet.get("MapPublicIpOnLaunch")])


def _leads_out(tables: list[dict[str, Any]]) -> tuple[dict[str, bool], bool]:
    """Whether there is a way out, for subnets with a route table of their own, and for all others."""
    explicit: dict[str, bool] = {}
    main = False
    for table in tables:
        out = any(str(route.get("GatewayId", "")).startswith("igw-") for route in table.get("Routes", []))
        for association in table.get("Associations", []):
            if association.get("Main"):
                main = out
            elif "SubnetId" in association:
                explicit[association["SubnetId"]] = out
    return explicit, main


def _ids(subnets: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted(subnet["SubnetId"] for subnet in subnets))
