"""Elastic Load Balancing: balancers. Target groups are in elbv2_targets, listeners and rules in elbv2_listeners."""

from typing import Any

from panka.activities.providers.elbv2_listeners import ListenerProvider, ListenerRuleProvider
from panka.activities.providers.elbv2_shapes import BALANCER_ATTRIBUTES, attribute_changes, retag, tags_of, unusual
from panka.activities.providers.elbv2_targets import TargetGroupProvider
from panka.activities.providers.ownership import claim
from panka.activities.providers.provider import Ending, Failed, Observed, Provider, Readiness, Ready, Waiting, tag_list
from panka.activities.providers.shapes import covers, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"LoadBalancerNotFound"})
_CREATED = (
    "IpAddressType",
    "Name",
    "Scheme",
    "SecurityGroups",
    "SubnetMappings",
    "Subnets",
    "Type",
)
_NAMES = (*_CREATED, "LoadBalancerAttributes")
_ADDRESSES = {"AllocationId": "AllocationId", "IPv6Address": "IPv6Address", "PrivateIPv4Address": "PrivateIPv4Address"}


class LoadBalancerProvider(Provider):
    """A load balancer's name is unique in account and region. Its id is its ARN."""

    type = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    service = "elbv2"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(LoadBalancerArns=[id])
        attributes = await self.maybe("describe_load_balancer_attributes", _GONE, LoadBalancerArn=id) if live else None
        tags = await tags_of(self, [id], _GONE) if attributes else {}
        if live is None or attributes is None or id not in tags:
            return None
        properties = {
            **{name: live.get(name) for name in ("IpAddressType", "Scheme", "Type")},
            "Name": live["LoadBalancerName"],
            "SecurityGroups": sorted(live.get("SecurityGroups", [])),
            "Subnets": sorted(zone["SubnetId"] for zone in live["AvailabilityZones"]),
            "SubnetMappings": _mappings(live),
            "LoadBalancerAttributes": unusual(_changeable(live, attributes["Attributes"]), BALANCER_ATTRIBUTES),
            "Tags": tag_list(tags[id]),
        }
        return Observed(told(properties), _attributes(live))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["Name"]
        live = await self._live(Names=[name])
        if live is None:
            return None
        arn: str = live["LoadBalancerArn"]
        tags = await tags_of(self, [arn], _GONE)
        return claim(owner, arn, f"The load balancer {name}", tags[arn]) if arn in tags else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _NAMES)
        # ELBv2 answers a create with the balancer that has this name and these settings, whoever made it.
        id = await self.find(owner, properties)
        if id is None:
            asked = {name: properties[name] for name in _CREATED if name in properties}
            made = await self.call("create_load_balancer", Tags=properties.get("Tags", []), **asked)
            id = str(made["LoadBalancers"][0]["LoadBalancerArn"])
        await self._set(id, None, properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        await self._set(id, old.get("LoadBalancerAttributes"), new)
        groups = new.get("SecurityGroups", [])
        if groups and sorted(groups) != sorted(old.get("SecurityGroups", [])):
            await self.call("set_security_groups", LoadBalancerArn=id, SecurityGroups=groups)
        if place := _moved(old, new):
            await self.call("set_subnets", LoadBalancerArn=id, **place)
        addresses = new.get("IpAddressType", "ipv4")
        if addresses != old.get("IpAddressType", "ipv4"):
            await self.call("set_ip_address_type", LoadBalancerArn=id, IpAddressType=addresses)
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # listeners go with their balancer
        await self.maybe("delete_load_balancer", _GONE, LoadBalancerArn=id)

    async def ready(self, id: str) -> Readiness:
        live = await self._live(LoadBalancerArns=[id])
        if live is None:
            return Waiting("AWS does not show the load balancer yet")
        state = live.get("State", {})
        match state.get("Code"):
            case "active" | "active_impaired":
                return Ready()
            case "failed":
                return Failed(state.get("Reason") or "AWS could not make the load balancer.")
        return Waiting(f"the load balancer is {state.get('Code', 'provisioning')}")

    async def gone(self, id: str) -> Readiness:
        live = await self._live(LoadBalancerArns=[id])
        return Ready() if live is None else Waiting("the load balancer is being deleted")

    async def _live(self, **which: list[str]) -> dict[str, Any] | None:
        answer = await self.maybe("describe_load_balancers", _GONE, **which)
        return answer["LoadBalancers"][0] if answer and answer["LoadBalancers"] else None

    async def _set(self, id: str, old: list[Properties] | None, properties: Properties) -> None:
        if asked := attribute_changes(old, properties.get("LoadBalancerAttributes"), BALANCER_ATTRIBUTES):
            await self.call("modify_load_balancer_attributes", LoadBalancerArn=id, Attributes=asked)


def _attributes(live: dict[str, Any]) -> Properties:
    return {
        "CanonicalHostedZoneID": live.get("CanonicalHostedZoneId"),
        "DNSName": live.get("DNSName"),
        "LoadBalancerArn": live["LoadBalancerArn"],
        "LoadBalancerFullName": live["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "LoadBalancerName": live["LoadBalancerName"],
    }


def _changeable(live: dict[str, Any], attributes: list[dict[str, str]]) -> list[dict[str, str]]:
    """Without what is no choice: an application load balancer always balances across zones."""
    fixed = "load_balancing.cross_zone.enabled" if live.get("Type") == "application" else ""
    return [one for one in attributes if one["Key"] != fixed]


def _mappings(live: dict[str, Any]) -> list[Properties]:
    """Subnets with the addresses that were chosen in them; none where AWS chose."""
    chosen = [
        {"SubnetId": zone["SubnetId"], **{ours: one[theirs] for ours, theirs in _ADDRESSES.items() if theirs in one}}
        for zone in live["AvailabilityZones"]
        for one in zone.get("LoadBalancerAddresses", [])
    ]
    return sorted((one for one in chosen if len(one) > 1), key=_subnet)


def _moved(old: Properties, new: Properties) -> Properties:
    """The subnets to stand in where they differ. Mappings say more than subnets, so they go before them."""
    mappings = sorted(new.get("SubnetMappings", []), key=_subnet)
    if mappings and not covers(sorted(old.get("SubnetMappings", []), key=_subnet), mappings):
        return {"SubnetMappings": mappings}
    subnets = new.get("Subnets", [])
    if subnets and sorted(subnets) != sorted(old.get("Subnets", [])):
        return {"Subnets": subnets}
    return {}


def _subnet(mapping: Properties) -> str:
    return str(mapping["SubnetId"])


PROVIDERS = (LoadBalancerProvider, TargetGroupProvider, ListenerProvider, ListenerRuleProvider)
