"""EC2: endpoints, through which a VPC reaches a service without the internet."""

from typing import Any

from botocore.exceptions import ClientError

from panka.activities.aws.errors import classify
from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.ec2_unnamed import GONE, Listing, UnnamedProvider, retag
from panka.activities.providers.provider import Ending, Observed, Readiness, Waiting, tag_list, tag_map
from panka.activities.providers.shapes import covers, differing, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_FIXED = ("ServiceName", "ServiceRegion", "VpcEndpointType", "VpcId")
_PLAIN = ("IpAddressType", "PrivateDnsEnabled")
_LISTS = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")
_NAMES = (*_FIXED, *_PLAIN, *_LISTS, "PolicyDocument")
_ALL = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
"""The policy of an endpoint to which none was given."""


class VPCEndpointProvider(UnnamedProvider):
    """A gateway in route tables (S3, DynamoDB), or network interfaces in subnets (most services)."""

    type = "AWS::EC2::VPCEndpoint"
    listing = Listing(
        "describe_vpc_endpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        "vpc-endpoint",
        "delete_vpc_endpoints",
        "the endpoint",
    )

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        properties = {
            **{name: live.get(name) for name in (*_FIXED, *_PLAIN)},
            "RouteTableIds": sorted(live.get("RouteTableIds", [])),
            "SecurityGroupIds": sorted(group["GroupId"] for group in live.get("Groups", [])),
            "SubnetIds": sorted(live.get("SubnetIds", [])),
            "PolicyDocument": _own_policy(live),
            "Tags": tag_list(tag_map(live.get("Tags"))),
        }
        names = [
            f"{one['HostedZoneId']}:{one['DnsName']}" for one in live.get("DnsEntries", []) if "HostedZoneId" in one
        ]
        attributes = {
            "Id": id,
            "CreationTimestamp": live["CreationTimestamp"].isoformat() if "CreationTimestamp" in live else None,
            "DnsEntries": names,
            "NetworkInterfaceIds": live.get("NetworkInterfaceIds"),
        }
        return Observed(told(properties), told(attributes))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, _NAMES)
        asked = _defaults(properties) | {name: properties[name] for name in _NAMES if name in properties}
        if "PolicyDocument" in asked:
            asked["PolicyDocument"] = written(asked["PolicyDocument"])
        return await self._make(owner, properties, "create_vpc_endpoint", ClientToken=token, **asked)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        change: dict[str, Any] = differing(old, new, _PLAIN, _defaults(new))
        for name in _LISTS:
            live, wanted = set(old.get(name, [])), set(new.get(name, []))
            # Without security groups it would have those that EC2 chose.
            if wanted or name != "SecurityGroupIds":
                change |= told({f"Add{name}": sorted(wanted - live), f"Remove{name}": sorted(live - wanted)})
        change |= _policy_change(old, new)
        if change:
            await self.call("modify_vpc_endpoint", VpcEndpointId=id, **change)
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # an endpoint holds nothing
        live = await self._live(id)
        if live is None or live.get("State", "").lower() == "deleting":
            return
        answer = await self.call("delete_vpc_endpoints", VpcEndpointIds=[id])
        for one in answer.get("Unsuccessful", []):
            # It takes many, so it says of each how it went, in an answer that is none of an error.
            error = ClientError({"Error": one["Error"]}, "DeleteVpcEndpoints")
            if one["Error"]["Code"] not in GONE:
                raise classify(self.service, "DeleteVpcEndpoints", error, self.cloud.clients.endpoint_url)

    async def ready(self, id: str) -> Readiness:
        state = await super().ready(id)
        if isinstance(state, Waiting) and "pendingacceptance" in state.reason:
            return Waiting("the owner of the service has still to accept the endpoint")
        return state

    def _why(self, live: dict[str, Any]) -> str:
        return str(live.get("FailureReason") or live.get("LastError", {}).get("Message", ""))


def _defaults(properties: Properties) -> Properties:
    """What CloudFormation takes for said; EC2 itself would give an interface the private name."""
    return {"PrivateDnsEnabled": False} if properties.get("VpcEndpointType") == "Interface" else {}


def _own_policy(live: dict[str, Any]) -> Any:
    policy = parsed(live["PolicyDocument"]) if live.get("PolicyDocument") else None
    return None if policy is None or _is_all(policy) else policy


def _is_all(policy: Properties) -> bool:
    return len(policy.get("Statement", [])) == 1 and covers(policy, _ALL)


def _policy_change(old: Properties, new: Properties) -> dict[str, Any]:
    before, after = (as_parsed(one.get("PolicyDocument")) for one in (old, new))
    if after == before or (before is None and _is_all(after)):
        return {}
    return {"ResetPolicy": True} if after is None else {"PolicyDocument": written(after)}


PROVIDERS = (VPCEndpointProvider,)
