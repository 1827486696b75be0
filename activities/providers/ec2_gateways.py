"""EC2: the ways out of a VPC: internet gateways and their attachments, addresses, NAT gateways."""

from functools import partial
from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.providers.ec2_unnamed import GONE, Listing, UnnamedProvider, belongs, retag
from panka.activities.providers.ownership import once
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_ATTACHED = frozenset({"attached", "available"})
"""EC2 says the one in its documentation and the other in its answers."""
_DETACHED = GONE | {"Gateway.NotAttached"}


class InternetGatewayProvider(UnnamedProvider):
    """A way to the internet; it is of use when it is attached."""

    type = "AWS::EC2::InternetGateway"
    listing = Listing(
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
        "internet-gateway",
        "delete_internet_gateway",
        "the internet gateway",
    )

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        return Observed({"Tags": tag_list(tag_map(live.get("Tags")))}, {"InternetGatewayId": id}) if live else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, ())
        return await self._make(owner, properties, "create_internet_gateway")

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, ())
        await retag(self, id, old, new)


class VPCGatewayAttachmentProvider(Provider):
    """The internet gateway of a VPC, which has one at most: `IGW|<VPC>`. It is ours when one of the two is."""

    type = "AWS::EC2::VPCGatewayAttachment"
    service = "ec2"
    _names = ("InternetGatewayId", "VpcId")

    async def read(self, id: str) -> Observed | None:
        vpc = _vpc(id)
        gateway, _ = await self._attached(vpc)
        if gateway is None:
            return None
        return Observed({"VpcId": vpc, "InternetGatewayId": gateway}, {"AttachmentType": "IGW"})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        vpc = properties.get("VpcId")
        gateway, _ = await self._attached(vpc) if vpc else (None, "")
        if vpc is None or gateway is None:
            return None
        wanted = gateway == properties.get("InternetGatewayId")
        if await belongs(self, owner, vpc) or (wanted and await belongs(self, owner, gateway)):
            return f"IGW|{vpc}"
        raise NotOurs(f"{vpc} has the internet gateway {gateway}, and neither is of {owner.scope}.")

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a VPC has one
        settable(self.type, properties, self._names)
        vpc: str = properties["VpcId"]

        async def make() -> str:
            await self.call("attach_internet_gateway", VpcId=vpc, InternetGatewayId=properties["InternetGatewayId"])
            return f"IGW|{vpc}"

        return await once(self, partial(self.find, owner, properties), make, frozenset({"Resource.AlreadyAssociated"}))

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if new["InternetGatewayId"] != old.get("InternetGatewayId"):
            await self._detach(id)
            await self.call("attach_internet_gateway", VpcId=_vpc(id), InternetGatewayId=new["InternetGatewayId"])

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # an attachment holds nothing
        await self._detach(id)

    async def ready(self, id: str) -> Readiness:
        _, state = await self._attached(_vpc(id))
        return Ready() if state in _ATTACHED else Waiting(f"the internet gateway is {state}")

    async def _detach(self, id: str) -> None:
        gateway, _ = await self._attached(_vpc(id))
        if gateway is None:
            return
        try:
            await self.maybe("detach_internet_gateway", _DETACHED, VpcId=_vpc(id), InternetGatewayId=gateway)
        except AwsError as error:
            if error.code == "DependencyViolation":
                raise TryLater(f"{_vpc(id)} still has public addresses in use.", seconds=5) from error
            raise

    async def _attached(self, vpc: str) -> tuple[str | None, str]:
        """The gateway and how far its attachment is."""
        mine = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        found = (await self.call("describe_internet_gateways", Filters=mine))["InternetGateways"]
        for gateway in found:
            for one in gateway.get("Attachments", []):
                if one["VpcId"] == vpc and one["State"] != "detached":
                    return gateway["InternetGatewayId"], one["State"]
        return None, "not attached yet"


class EIPProvider(UnnamedProvider):
    """A public address. Its id is that of its allocation."""

    type = "AWS::EC2::EIP"
    listing = Listing(
        "describe_addresses", "Addresses", "AllocationId", "elastic-ip", "release_address", "the public address"
    )
    _names = ("Address", "Domain", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool")

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        told_back = ("Domain", "NetworkBorderGroup", "PublicIpv4Pool")
        properties = {name: live.get(name) for name in told_back} | {"Tags": tag_list(tag_map(live.get("Tags")))}
        return Observed(told(properties), {"AllocationId": id, "PublicIp": live["PublicIp"]})

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, self._names)
        asked = {name: properties[name] for name in self._names if name in properties}
        return await self._make(owner, properties, "allocate_address", **{"Domain": "vpc", **asked})

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        await retag(self, id, old, new)


class NatGatewayProvider(UnnamedProvider):
    """A way to the internet for those that nobody calls from there. A failed one goes by itself, within the hour."""

    type = "AWS::EC2::NatGateway"
    listing = Listing(
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        "natgateway",
        "delete_nat_gateway",
        "the NAT gateway",
        filters="Filter",
        passing=frozenset({"deleting", "failed"}),
    )
    _names = ("AllocationId", "ConnectivityType", "PrivateIpAddress", "SecondaryAllocationIds", "SubnetId")
    _settable = (*_names, "MaxDrainDurationSeconds")

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        first, others = _addresses(live)
        properties = {
            "AllocationId": first.get("AllocationId"),
            "ConnectivityType": live.get("ConnectivityType"),
            "PrivateIpAddress": first.get("PrivateIp"),
            "SecondaryAllocationIds": sorted(one["AllocationId"] for one in others if "AllocationId" in one),
            "SubnetId": live.get("SubnetId"),
            "Tags": tag_list(tag_map(live.get("Tags"))),
        }
        attributes = {
            "NatGatewayId": id,
            "EniId": first.get("NetworkInterfaceId"),
            "RouteTableId": live.get("RouteTableId"),
            "VpcId": live.get("VpcId"),
        }
        return Observed(told(properties), told(attributes))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, self._settable)
        asked = {name: properties[name] for name in self._names if name in properties}
        return await self._make(owner, properties, "create_nat_gateway", ClientToken=token, **asked)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._settable)
        live, wanted = (set(one.get("SecondaryAllocationIds", [])) for one in (old, new))
        if added := sorted(wanted - live):
            await self.call("associate_nat_gateway_address", NatGatewayId=id, AllocationIds=added)
        if dropped := live - wanted:
            _, others = _addresses(await self._live(id) or {})
            ids = sorted(one["AssociationId"] for one in others if one.get("AllocationId") in dropped)
            drain = told({"MaxDrainDurationSeconds": new.get("MaxDrainDurationSeconds")})
            await self.call("disassociate_nat_gateway_address", NatGatewayId=id, AssociationIds=ids, **drain)
        await retag(self, id, old, new)

    async def ready(self, id: str) -> Readiness:
        state = await super().ready(id)
        if not isinstance(state, Ready):
            return state
        for one in (await self._live(id) or {}).get("NatGatewayAddresses", []):
            if one.get("Status") == "failed":
                return Failed(f"The NAT gateway cannot use {one.get('AllocationId')}: {one.get('FailureMessage')}.")
            if str(one.get("Status", "")).endswith("ing"):
                return Waiting(f"the NAT gateway is {one['Status']} an address")
        return state

    def _why(self, live: dict[str, Any]) -> str:
        return str(live.get("FailureMessage", ""))


def _vpc(attachment: str) -> str:
    return attachment.partition("|")[2]


def _addresses(live: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first address of a NAT gateway, and the others that stay."""
    every = live.get("NatGatewayAddresses", [])
    first: dict[str, Any] = next((one for one in every if one.get("IsPrimary", True)), {})
    going = {"disassociating", "failed"}
    return first, [one for one in every if one is not first and one.get("Status") not in going]


PROVIDERS = (InternetGatewayProvider, VPCGatewayAttachmentProvider, EIPProvider, NatGatewayProvider)
