"""EC2: security groups. The rules that are resources of their own are in ec2_rules."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ec2_rules import (
    EVERYWHERE,
    SecurityGroupEgressProvider,
    SecurityGroupIngressProvider,
    in_group,
    key,
    permission,
    redescribe,
    rule,
)
from panka.activities.providers.ec2_unnamed import retag
from panka.activities.providers.ownership import claim, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, tag_list, tag_map
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.Malformed"})
_TAKEN = frozenset({"InvalidGroup.Duplicate"})
_HELD = frozenset({"DependencyViolation", "ResourceInUse"})
_NO_RULE = frozenset({"InvalidPermission.NotFound"})
_NAMES = ("Tags", "GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "VpcId")
_LISTS = {"ingress": "SecurityGroupIngress", "egress": "SecurityGroupEgress"}


class SecurityGroupProvider(Provider):
    """A group's name is unique in its VPC. Rules that are resources of their own are not the group's to change."""

    type = "AWS::EC2::SecurityGroup"
    service = "ec2"

    async def read(self, id: str) -> Observed | None:
        answer = await self.maybe("describe_security_groups", _GONE, GroupIds=[id])
        if answer is None or not answer["SecurityGroups"]:
            return None
        group = answer["SecurityGroups"][0]
        rules = [live for live in await in_group(self, id) if not _is_resource(live)]
        properties = {
            "GroupName": group["GroupName"],
            "GroupDescription": group["Description"],
            "VpcId": group.get("VpcId"),
            "SecurityGroupIngress": _listed(live for live in rules if not live["IsEgress"]),
            "Tags": tag_list(tag_map(group.get("Tags"))),
        }
        # An empty list says something here: without it, everything may go out.
        egress = _listed(live for live in rules if live["IsEgress"])
        return Observed({**told(properties), "SecurityGroupEgress": egress}, {"Id": id, "GroupId": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name, vpc = properties["GroupName"], properties.get("VpcId")
        filters = [{"Name": "group-name", "Values": [name]}]
        if vpc:
            filters.append({"Name": "vpc-id", "Values": [vpc]})
        groups = (await self.call("describe_security_groups", Filters=filters))["SecurityGroups"]
        for group in groups:
            if is_ours(owner, tag_map(group.get("Tags"))):
                return str(group["GroupId"])
        if groups and vpc:
            claim(owner, groups[0]["GroupId"], f"The security group {name}", tag_map(groups[0].get("Tags")))
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _NAMES)
        id = await self._make(owner, properties)
        await self._sync(id, properties)
        if "SecurityGroupEgress" in properties and EVERYWHERE not in [
            key(one) for one in properties["SecurityGroupEgress"]
        ]:
            # By content: the rule that every group is born with may not be listed yet.
            born_with = [permission({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"})]
            await self.maybe("revoke_security_group_egress", _NO_RULE, GroupId=id, IpPermissions=born_with)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        wanted = {
            "SecurityGroupIngress": [],
            "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
            **new,
        }
        if any(_described(wanted[name]) != _described(old.get(name, [])) for name in _LISTS.values()):
            await self._sync(id, wanted)
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # rules go with their group
        try:
            await self.maybe("delete_security_group", _GONE, GroupId=id)
        except AwsError as error:
            if error.code in _HELD:
                # Network interfaces of what was just deleted live on for a while.
                raise TryLater(f"The security group {id} is still in use.", seconds=5) from error
            raise

    async def _make(self, owner: Owner, properties: Properties) -> str:
        made: list[str] = []

        async def make() -> dict[str, Any]:
            tags = [{"ResourceType": "security-group", "Tags": properties.get("Tags", [])}]
            asked = {"GroupName": properties["GroupName"], "VpcId": properties.get("VpcId")}
            answer = await self.call(
                "create_security_group",
                Description=properties["GroupDescription"],
                TagSpecifications=tags,
                **told(asked),
            )
            made.append(answer["GroupId"])
            return answer

        async def find() -> str | None:
            found = await self.find(owner, properties)
            made.extend([found] if found else [])
            return found

        await unless_taken(make(), _TAKEN, find)
        return made[0]

    async def _sync(self, id: str, properties: Properties) -> None:
        """Brings those rule lists that the properties hold to be so: first lets in, then shuts out."""
        live = await in_group(self, id)
        for way, name in _LISTS.items():
            if name in properties:
                same_way = [one for one in live if one["IsEgress"] == (way == "egress")]
                await self._sync_way(id, way, same_way, properties[name])

    async def _sync_way(self, id: str, way: str, live: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
        there = {key(rule(one)): one for one in live}
        stays = {key(one): one for one in wanted}
        if added := [permission(one) for content, one in stays.items() if content not in there]:
            try:
                await self.call(f"authorize_security_group_{way}", GroupId=id, IpPermissions=added)
            except AwsError as error:
                if error.code == "InvalidPermission.Duplicate":
                    raise TryLater(f"EC2 does not list all rules of {id} yet.", seconds=2) from error
                raise
        ours = {content: one for content, one in there.items() if not _is_resource(one)}
        for content, one in ours.items():
            if content in stays and stays[content].get("Description", "") != one.get("Description", ""):
                await redescribe(self, id, one["SecurityGroupRuleId"], stays[content])
        if dropped := [one["SecurityGroupRuleId"] for content, one in ours.items() if content not in stays]:
            await self.maybe(f"revoke_security_group_{way}", _NO_RULE, GroupId=id, SecurityGroupRuleIds=dropped)


def _is_resource(live: dict[str, Any]) -> bool:
    """Whether a live rule is a resource of its own: such rules carry tags of their own."""
    return "panka:address" in tag_map(live.get("Tags"))


def _listed(live: Any) -> list[Properties]:
    return sorted((rule(one) for one in live), key=lambda one: repr(key(one)))


def _described(rules: list[Properties]) -> dict[Any, str]:
    return {key(one): one.get("Description", "") for one in rules}


PROVIDERS = (SecurityGroupProvider, SecurityGroupIngressProvider, SecurityGroupEgressProvider)
