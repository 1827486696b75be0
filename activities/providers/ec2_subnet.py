"""EC2: subnets."""

import ipaddress
from typing import Any

from panka.activities.aws.errors import NotOurs, TryLater
from panka.activities.providers.ec2_unnamed import GONE, Listing, UnnamedProvider, retag
from panka.activities.providers.provider import Observed, tag_list, tag_map
from panka.activities.providers.shapes import differing, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_CREATED = (
    "AvailabilityZone",
    "AvailabilityZoneId",
    "CidrBlock",
    "Ipv4IpamPoolId",
    "Ipv4NetmaskLength",
    "Ipv6CidrBlock",
    "Ipv6IpamPoolId",
    "Ipv6Native",
    "Ipv6NetmaskLength",
    "OutpostArn",
    "VpcId",
)
_SWITCHES = {"AssignIpv6AddressOnCreation": False, "EnableDns64": False, "MapPublicIpOnLaunch": False}
_NAMING = "PrivateDnsNameOptionsOnLaunch"
_NAMES = (*_CREATED, *_SWITCHES, _NAMING)
_CALLED = {"HostnameType": "ip-name", "EnableResourceNameDnsARecord": False, "EnableResourceNameDnsAAAARecord": False}
"""How instances are called where nothing is said of it."""


class SubnetProvider(UnnamedProvider):
    """A part of a VPC. Its addresses are its own: EC2 refuses a second subnet with them."""

    type = "AWS::EC2::Subnet"
    listing = Listing("describe_subnets", "Subnets", "SubnetId", "subnet", "delete_subnet", "the subnet")
    taken = frozenset({"InvalidSubnet.Conflict"})

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        properties = {
            **{name: live.get(name) for name in (*_CREATED, *_SWITCHES, _NAMING)},
            "Ipv6CidrBlock": next((one["Ipv6CidrBlock"] for one in _blocks(live)), None),
            "Tags": tag_list(tag_map(live.get("Tags"))),
        }
        blocked = live.get("BlockPublicAccessStates", {}).get("InternetGatewayBlockMode")
        attributes = {
            "SubnetId": id,
            "Ipv6CidrBlocks": [one["Ipv6CidrBlock"] for one in _blocks(live)],
            "BlockPublicAccessStates.InternetGatewayBlockMode": blocked,
            "NetworkAclAssociationId": await self._acl(id),
        }
        return Observed(told(properties), told(attributes))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if found := await super().find(owner, properties):
            return found
        vpc, said = properties.get("VpcId"), properties.get("CidrBlock")
        # EC2 keeps the network of an address: 10.0.1.2/24 becomes 10.0.1.0/24.
        block = str(ipaddress.ip_network(said, strict=False)) if said else None
        if vpc and block and await self._list([_is("vpc-id", vpc), _is("cidr-block", block)]):
            raise NotOurs(f"{vpc} has another subnet {block}, without the tags of {owner.address} in {owner.scope}.")
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, _NAMES)
        asked = {name: properties[name] for name in _CREATED if name in properties}
        id = await self._make(owner, properties, "create_subnet", **asked)
        await self._switch(id, differing(_SWITCHES, properties, _SWITCHES, _SWITCHES))
        await self._call_instances(id, {}, properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        change = differing(old, new, _SWITCHES, _SWITCHES)
        # What needs IPv6 addresses goes before they go, and comes after they have come.
        await self._switch(id, {name: on for name, on in change.items() if not on})
        await self._number(id, old.get("Ipv6CidrBlock"), new.get("Ipv6CidrBlock"))
        await self._switch(id, {name: on for name, on in change.items() if on})
        await self._call_instances(id, old, new)
        await retag(self, id, old, new)

    async def _switch(self, id: str, change: dict[str, bool]) -> None:
        """One attribute a call: EC2 takes no more."""
        if change.get("AssignIpv6AddressOnCreation"):
            live = await self._live(id)
            if live is None or "associating" in map(_state, _blocks(live)):
                raise _numbering(id)
        for name, on in change.items():
            await self.call("modify_subnet_attribute", SubnetId=id, **{name: {"Value": on}})

    async def _call_instances(self, id: str, old: Properties, new: Properties) -> None:
        change = differing(old.get(_NAMING, {}), new.get(_NAMING, {}), _CALLED, _CALLED)
        for name, value in change.items():
            if name == "HostnameType":
                await self.call("modify_subnet_attribute", SubnetId=id, PrivateDnsHostnameTypeOnLaunch=value)
            else:
                await self.call("modify_subnet_attribute", SubnetId=id, **{f"{name}OnLaunch": {"Value": value}})

    async def _number(self, id: str, old: str | None, new: str | None) -> None:
        if old == new:
            return
        for one in _blocks(await self._live(id) or {}):
            if one["Ipv6CidrBlock"] != new:
                await self.maybe("disassociate_subnet_cidr_block", GONE, AssociationId=one["AssociationId"])
        if new is not None:
            made = await self.call("associate_subnet_cidr_block", SubnetId=id, Ipv6CidrBlock=new)
            if _state(made["Ipv6CidrBlockAssociation"]) == "associating":
                raise _numbering(id)

    async def _acl(self, id: str) -> str | None:
        lists = (await self.call("describe_network_acls", Filters=[_is("association.subnet-id", id)]))["NetworkAcls"]
        mine = (one for acl in lists for one in acl.get("Associations", []) if one["SubnetId"] == id)
        return next((one["NetworkAclAssociationId"] for one in mine), None)


def _is(name: str, value: str) -> dict[str, Any]:
    return {"Name": name, "Values": [value]}


def _blocks(live: dict[str, Any]) -> list[dict[str, Any]]:
    """The IPv6 addresses that it has, or is getting."""
    going = {"disassociating", "disassociated", "failing", "failed"}
    return [one for one in live.get("Ipv6CidrBlockAssociationSet", []) if _state(one) not in going]


def _state(block: dict[str, Any]) -> str:
    return str(block["Ipv6CidrBlockState"]["State"])


def _numbering(id: str) -> TryLater:
    return TryLater(f"EC2 is still giving {id} its IPv6 addresses.", seconds=2)


PROVIDERS = (SubnetProvider,)
