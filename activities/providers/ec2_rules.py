"""EC2: the rules of security groups, as lists in their group and as resources of their own."""

import ipaddress
from typing import Any, ClassVar, TypeAlias

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, tag_list, tag_map
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"})
_PROTOCOLS = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_SIDES = ("Source", "Destination")
_NAMES = ("CidrIp", "CidrIpv6", "Description", "FromPort", "GroupId", "IpProtocol", "ToPort")

Content: TypeAlias = tuple[str, int | None, int | None, str]
"""What makes two rules of one direction the same to EC2: protocol, ports, and whom they let through."""

EVERYWHERE: Content = ("-1", None, None, "0.0.0.0/0")
"""The content of the outgoing rule that every group is born with."""


def key(one: Properties) -> Content:
    """The content of a rule in CloudFormation's shape."""
    protocol = str(one["IpProtocol"]).lower()
    protocol = _PROTOCOLS.get(protocol, protocol)
    ports = (None, None) if protocol == "-1" else (_port(one, "FromPort"), _port(one, "ToPort"))
    return (protocol, *ports, _peer(one))


def permission(one: Properties) -> dict[str, Any]:
    """A rule in CloudFormation's shape as EC2's authorize and revoke calls take it."""
    about = told({"Description": one.get("Description")})
    asked: dict[str, Any] = {"IpProtocol": str(one["IpProtocol"])}
    asked.update({name: int(one[name]) for name in ("FromPort", "ToPort") if one.get(name) is not None})
    if "CidrIp" in one:
        asked["IpRanges"] = [{"CidrIp": one["CidrIp"], **about}]
    if "CidrIpv6" in one:
        asked["Ipv6Ranges"] = [{"CidrIpv6": one["CidrIpv6"], **about}]
    for side in _SIDES:
        if group := one.get(f"{side}SecurityGroupId"):
            account = told({"UserId": one.get(f"{side}SecurityGroupOwnerId")})
            asked["UserIdGroupPairs"] = [{"GroupId": group, **account, **about}]
        if prefixes := one.get(f"{side}PrefixListId"):
            asked["PrefixListIds"] = [{"PrefixListId": prefixes, **about}]
    return asked


def rule(live: dict[str, Any]) -> Properties:
    """A rule as EC2 lists it, in CloudFormation's shape."""
    side = "Destination" if live["IsEgress"] else "Source"
    open_to_all = live["IpProtocol"] == "-1"
    peer = live.get("ReferencedGroupInfo", {})
    foreign = peer.get("UserId") if live.get("GroupOwnerId", peer.get("UserId")) != peer.get("UserId") else None
    return told(
        {
            "IpProtocol": live["IpProtocol"],
            "FromPort": None if open_to_all else live.get("FromPort"),
            "ToPort": None if open_to_all else live.get("ToPort"),
            "CidrIp": live.get("CidrIpv4"),
            "CidrIpv6": live.get("CidrIpv6"),
            f"{side}SecurityGroupId": peer.get("GroupId"),
            f"{side}SecurityGroupOwnerId": foreign if side == "Source" else None,
            f"{side}PrefixListId": live.get("PrefixListId"),
            "Description": live.get("Description") or None,
        }
    )


async def in_group(provider: Provider, group: str) -> list[dict[str, Any]]:
    """All rules of a group as EC2 lists them; none when the group is gone."""
    return await _rules(provider, [{"Name": "group-id", "Values": [group]}])


async def redescribe(provider: Provider, group: str, id: str, wanted: Properties) -> None:
    """Gives a live rule the description of a wanted one of the same content."""
    same = told({name: wanted.get(name) for name in ("IpProtocol", "FromPort", "ToPort", "CidrIpv6")})
    peer = {"CidrIpv4": wanted.get("CidrIp")}
    for side in _SIDES:
        peer["ReferencedGroupId"] = wanted.get(f"{side}SecurityGroupId") or peer.get("ReferencedGroupId")
        peer["PrefixListId"] = wanted.get(f"{side}PrefixListId") or peer.get("PrefixListId")
    # All protocols: EC2 wants to hear of all ports here, which its other calls take for granted.
    ports = {"FromPort": -1, "ToPort": -1} if key(wanted)[0] == "-1" else {}
    changed = {**same, **ports, **told(peer), "Description": wanted.get("Description", "")}
    await provider.call(
        "modify_security_group_rules",
        GroupId=group,
        SecurityGroupRules=[{"SecurityGroupRuleId": id, "SecurityGroupRule": changed}],
    )


class _RuleProvider(Provider):
    """A rule of a group. EC2 gives it its id; it is found by the tags that it carries."""

    service = "ec2"
    _way: ClassVar[str]
    _own: ClassVar[tuple[str, ...]]

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        return Observed({"GroupId": live["GroupId"], **rule(live)}, {"Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        group = properties.get("GroupId")
        ours = [{"Name": f"tag:{name}", "Values": [value]} for name, value in owner.tags().items()]
        there = await in_group(self, group) if group else await _rules(self, ours)
        same_way = [live for live in there if live["IsEgress"] == (self._way == "egress")]
        for live in same_way:
            if is_ours(owner, tag_map(live.get("Tags"))):
                return str(live["SecurityGroupRuleId"])
        if group and key(properties) in [key(rule(live)) for live in same_way]:
            raise NotOurs(f"The security group {group} already has this rule, without the tags of {owner.address}.")
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a rule exists once by content
        settable(self.type, properties, (*_NAMES, *self._own))
        if found := await self.find(owner, properties):
            return found
        # The type has no Tags in CloudFormation, the rule itself does.
        tags = [{"ResourceType": "security-group-rule", "Tags": tag_list(owner.tags())}]
        try:
            made = await self.call(
                f"authorize_security_group_{self._way}",
                GroupId=properties["GroupId"],
                IpPermissions=[permission(properties)],
                TagSpecifications=tags,
            )
        except AwsError as error:
            if error.code == "InvalidPermission.Duplicate":
                raise TryLater("EC2 does not list all rules of the group yet.", seconds=2) from error
            raise
        return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_NAMES, *self._own))
        if new.get("Description", "") != old.get("Description", ""):
            await redescribe(self, new["GroupId"], id, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a rule holds nothing
        live = await self._live(id)
        if live is not None:
            operation = f"revoke_security_group_{self._way}"
            await self.maybe(operation, _GONE, GroupId=live["GroupId"], SecurityGroupRuleIds=[id])

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_security_group_rules", _GONE, SecurityGroupRuleIds=[id])
        found: list[dict[str, Any]] = answer["SecurityGroupRules"] if answer else []
        return found[0] if found else None


class SecurityGroupIngressProvider(_RuleProvider):
    """A rule that lets traffic in."""

    type = "AWS::EC2::SecurityGroupIngress"
    _way = "ingress"
    _own = ("SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupOwnerId")


class SecurityGroupEgressProvider(_RuleProvider):
    """A rule that lets traffic out."""

    type = "AWS::EC2::SecurityGroupEgress"
    _way = "egress"
    _own = ("DestinationPrefixListId", "DestinationSecurityGroupId")


async def _rules(provider: Provider, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        return await every(
            provider, "describe_security_group_rules", "SecurityGroupRules", "NextToken", "NextToken", Filters=filters
        )
    except AwsError as error:
        if error.code in _GONE:
            return []
        raise


def _port(one: Properties, name: str) -> int | None:
    return None if one.get(name) is None else int(one[name])


def _peer(one: Properties) -> str:
    for name in ("CidrIp", "CidrIpv6"):
        if name in one:
            # EC2 keeps the network of an address: 10.1.2.3/8 becomes 10.0.0.0/8.
            return str(ipaddress.ip_network(one[name], strict=False))
    others = (f"{side}{what}" for what in ("SecurityGroupId", "PrefixListId") for side in _SIDES)
    return next((str(one[name]) for name in others if name in one), "")
