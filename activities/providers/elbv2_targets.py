"""Elastic Load Balancing: target groups, and the targets that they name."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.elbv2_shapes import GROUP_ATTRIBUTES, attribute_changes, retag, tags_of, unusual
from panka.activities.providers.ownership import claim
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list
from panka.activities.providers.shapes import differing, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"TargetGroupNotFound"})
_HEALTH = (
    "HealthCheckEnabled",
    "HealthCheckIntervalSeconds",
    "HealthCheckPath",
    "HealthCheckPort",
    "HealthCheckProtocol",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "Matcher",
    "UnhealthyThresholdCount",
)
_FIXED = ("IpAddressType", "Name", "Port", "Protocol", "ProtocolVersion", "TargetControlPort", "TargetType", "VpcId")
_NAMES = (*_HEALTH, *_FIXED, "TargetGroupAttributes", "Targets")
_OURS_ALONE = ("alb", "lambda")
"""Target types of which nobody but the group's owner registers targets."""
_PAGES = ("HTTP", "HTTPS")

_Place: TypeAlias = tuple[str, int | None]
"""A target's id and port."""


class TargetGroupProvider(Provider):
    """A target group's name is unique in account and region. Its id is its ARN.

    Services register the addresses of their tasks in groups of instances and addresses, so of these nothing tells the
    targets, and only targets that properties name are made so.
    """

    type = "AWS::ElasticLoadBalancingV2::TargetGroup"
    service = "elbv2"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(TargetGroupArns=[id])
        attributes = await self.maybe("describe_target_group_attributes", _GONE, TargetGroupArn=id) if live else None
        tags = await tags_of(self, [id], _GONE) if attributes else {}
        if live is None or attributes is None or id not in tags:
            return None
        properties = {
            **{name: live.get(name) for name in (*_HEALTH, *_FIXED)},
            "Name": live["TargetGroupName"],
            "TargetGroupAttributes": unusual(attributes["Attributes"], GROUP_ATTRIBUTES),
            "Targets": await self._targets(id) if live.get("TargetType") in _OURS_ALONE else [],
            "Tags": tag_list(tags[id]),
        }
        known = {
            "LoadBalancerArns": live.get("LoadBalancerArns", []),
            "TargetGroupArn": id,
            "TargetGroupFullName": id.rpartition(":")[2],
            "TargetGroupName": live["TargetGroupName"],
        }
        return Observed(told(properties), known)

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["Name"]
        live = await self._live(Names=[name])
        if live is None:
            return None
        arn: str = live["TargetGroupArn"]
        tags = await tags_of(self, [arn], _GONE)
        return claim(owner, arn, f"The target group {name}", tags[arn]) if arn in tags else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _NAMES)
        # ELBv2 answers a create with the group that has this name and these settings, whoever made it.
        id = await self.find(owner, properties)
        if id is None:
            asked = {name: properties[name] for name in (*_HEALTH, *_FIXED) if name in properties}
            made = await self.call("create_target_group", Tags=properties.get("Tags", []), **asked)
            id = str(made["TargetGroups"][0]["TargetGroupArn"])
        await self._set(id, None, properties)
        await self._register(id, properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if change := differing(old, new, _HEALTH, _defaults(new)):
            await self.call("modify_target_group", TargetGroupArn=id, **change)
        await self._set(id, old.get("TargetGroupAttributes"), new)
        if "Targets" in new or "Targets" in old:
            await self._register(id, {"Targets": [], **new})
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # targets outlive their group
        try:
            await self.maybe("delete_target_group", _GONE, TargetGroupArn=id)
        except AwsError as error:
            if error.code == "ResourceInUse":
                raise TryLater(f"A listener still sends to the target group {id}.", seconds=5) from error
            raise

    async def _live(self, **which: list[str]) -> dict[str, Any] | None:
        answer = await self.maybe("describe_target_groups", _GONE, **which)
        return answer["TargetGroups"][0] if answer and answer["TargetGroups"] else None

    async def _set(self, id: str, old: list[Properties] | None, properties: Properties) -> None:
        if asked := attribute_changes(old, properties.get("TargetGroupAttributes"), GROUP_ATTRIBUTES):
            await self.call("modify_target_group_attributes", TargetGroupArn=id, Attributes=asked)

    async def _targets(self, id: str) -> list[Properties]:
        """What is registered, without what is on its way out."""
        answer = await self.maybe("describe_target_health", _GONE, TargetGroupArn=id)
        told_of = answer["TargetHealthDescriptions"] if answer else []
        return [told(one["Target"]) for one in told_of if one["TargetHealth"]["State"] != "draining"]

    async def _register(self, id: str, properties: Properties) -> None:
        """Makes the targets those that the properties name, if they name any."""
        if "Targets" not in properties:
            return
        port = properties.get("Port")
        live, wanted = _places(await self._targets(id), port), _places(properties["Targets"], port)
        if added := [target for place, target in wanted.items() if place not in live]:
            await self.call("register_targets", TargetGroupArn=id, Targets=added)
        if dropped := [target for place, target in live.items() if place not in wanted]:
            await self.call("deregister_targets", TargetGroupArn=id, Targets=dropped)


def _places(targets: Iterable[Properties], port: int | None) -> dict[_Place, Properties]:
    """Targets by what makes two the same; without a port of its own, a target has its group's."""
    return {(target["Id"], target.get("Port", port)): target for target in targets}


def _defaults(properties: Properties) -> Properties:
    """How ELBv2 checks the health of a group's targets where nobody said otherwise."""
    function = properties.get("TargetType") == "lambda"
    pages = function or properties.get("Protocol") in _PAGES
    asks = properties.get("HealthCheckProtocol", "HTTP" if pages or properties.get("TargetType") == "alb" else "TCP")
    usual: Properties = {
        "HealthCheckEnabled": not function,
        "HealthCheckIntervalSeconds": 35 if function else 30,
        "HealthCheckTimeoutSeconds": 30 if function else 5 if pages else 6 if asks == "HTTP" else 10,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
    }
    if not function:
        usual |= {"HealthCheckPort": "traffic-port", "HealthCheckProtocol": asks}
    if asks in _PAGES:
        usual |= _page(properties, "200" if pages else "200-399")
    return usual


def _page(properties: Properties, codes: str) -> Properties:
    if properties.get("ProtocolVersion") == "GRPC":
        return {"HealthCheckPath": "/AWS.ALB/healthcheck", "Matcher": {"GrpcCode": "12"}}
    return {"HealthCheckPath": "/", "Matcher": {"HttpCode": codes}}
