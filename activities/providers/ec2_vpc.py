"""EC2: VPCs. Their subnets are in ec2_subnet."""

from typing import Any

from panka.activities.providers.ec2_unnamed import GONE, Listing, UnnamedProvider, retag
from panka.activities.providers.provider import Observed, tag_list, tag_map
from panka.activities.providers.shapes import differing, settable, small, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_CREATED = ("CidrBlock", "InstanceTenancy", "Ipv4IpamPoolId", "Ipv4NetmaskLength")
_DNS = {"EnableDnsHostnames": False, "EnableDnsSupport": True}


class VPCProvider(UnnamedProvider):
    """A network of one's own. What its DNS does takes a call for each attribute, after it is made."""

    type = "AWS::EC2::VPC"
    listing = Listing("describe_vpcs", "Vpcs", "VpcId", "vpc", "delete_vpc", "the VPC")

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        dns = {name: await self._attribute(id, name) for name in _DNS} if live else {}
        if live is None or None in dns.values():
            return None
        properties = {
            "CidrBlock": live["CidrBlock"],
            "InstanceTenancy": live.get("InstanceTenancy"),
            **dns,
            "Tags": tag_list(tag_map(live.get("Tags"))),
        }
        return Observed(told(properties), told({"VpcId": id, **_blocks(live), **await self._born_with(id)}))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, (*_CREATED, *_DNS))
        asked = {name: properties[name] for name in _CREATED if name in properties}
        id = await self._make(owner, properties, "create_vpc", **asked)
        await self._set_dns(id, _DNS, properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_CREATED, *_DNS))
        if change := differing(old, new, ("InstanceTenancy",), {"InstanceTenancy": "default"}):
            await self.call("modify_vpc_tenancy", VpcId=id, **change)
        await self._set_dns(id, old, new)
        await retag(self, id, old, new)

    async def _set_dns(self, id: str, old: Properties, new: Properties) -> None:
        """One attribute a call. Host names need support: they go before it, and come after it."""
        change = differing(old, new, _DNS, _DNS)
        for name in sorted(change, reverse=change.get("EnableDnsHostnames", False)):
            await self.call("modify_vpc_attribute", VpcId=id, **{name: {"Value": change[name]}})

    async def _attribute(self, id: str, name: str) -> bool | None:
        answer = await self.maybe("describe_vpc_attribute", GONE, VpcId=id, Attribute=small(name))
        return None if answer is None else bool(answer[name]["Value"])

    async def _born_with(self, id: str) -> Properties:
        """What every VPC has from the start."""
        mine = {"Name": "vpc-id", "Values": [id]}
        named = {"Name": "group-name", "Values": ["default"]}
        default = {"Name": "default", "Values": ["true"]}
        groups = (await self.call("describe_security_groups", Filters=[mine, named]))["SecurityGroups"]
        lists = (await self.call("describe_network_acls", Filters=[mine, default]))["NetworkAcls"]
        return {
            "DefaultSecurityGroup": groups[0]["GroupId"] if groups else None,
            "DefaultNetworkAcl": lists[0]["NetworkAclId"] if lists else None,
        }


def _blocks(live: dict[str, Any]) -> Properties:
    v6 = live.get("Ipv6CidrBlockAssociationSet", [])
    return {
        "CidrBlockAssociations": [one["AssociationId"] for one in live.get("CidrBlockAssociationSet", [])],
        "Ipv6CidrBlocks": [one["Ipv6CidrBlock"] for one in v6 if one["Ipv6CidrBlockState"]["State"] == "associated"],
    }


PROVIDERS = (VPCProvider,)
