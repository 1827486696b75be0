"""Elastic Load Balancing: listeners, and the rules by which they send requests on."""

from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.providers.elbv2_shapes import (
    LISTENER_ATTRIBUTES,
    asked_actions,
    attribute_changes,
    retag,
    same_actions,
    same_conditions,
    tags_of,
    unusual,
)
from panka.activities.providers.ownership import of_one_stack
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, pruned, tag_list, tag_map
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ListenerNotFound", "LoadBalancerNotFound", "RuleNotFound"})
_CIPHERS = "ELBSecurityPolicy-2016-08"
"""The policy of a listener that names none."""
_LISTENER = (
    "AlpnPolicy",
    "Certificates",
    "DefaultActions",
    "LoadBalancerArn",
    "MutualAuthentication",
    "Port",
    "Protocol",
    "SslPolicy",
)
_RULE = ("Actions", "Conditions", "ListenerArn", "Priority", "Transforms")


class ListenerProvider(Provider):
    """A port of a balancer has one listener. Its id is its ARN."""

    type = "AWS::ElasticLoadBalancingV2::Listener"
    service = "elbv2"

    async def read(self, id: str) -> Observed | None:
        live = next(iter(await self._live(ListenerArns=[id])), None)
        attributes = await self.maybe("describe_listener_attributes", _GONE, ListenerArn=id) if live else None
        tags = await tags_of(self, [id], _GONE) if attributes else {}
        if live is None or attributes is None or id not in tags:
            return None
        properties = {
            **{name: live.get(name) for name in _LISTENER},
            "Certificates": _certificates(live),
            "ListenerAttributes": unusual(attributes["Attributes"], LISTENER_ATTRIBUTES),
            "MutualAuthentication": _mutual(live),
            "SslPolicy": live.get("SslPolicy") if _is_secure(live) else None,
            "Tags": tag_list(tags[id]),
        }
        return Observed(told(properties), {"ListenerArn": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "LoadBalancerArn" not in properties:
            return None
        there = {one["ListenerArn"]: one for one in await self._live(LoadBalancerArn=properties["LoadBalancerArn"])}
        if ours := await _ours(self, owner, list(there)):
            return ours
        port = properties.get("Port")
        if port in [one.get("Port") for one in there.values()]:
            raise NotOurs(f"Port {port} of the load balancer has a listener without the tags of {owner.address}.")
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a port has one listener
        settable(self.type, properties, (*_LISTENER, "ListenerAttributes"))
        id = await self.find(owner, properties)
        if id is None:
            asked = _asked({name: properties[name] for name in _LISTENER if name in properties})
            made = await self.call("create_listener", Tags=properties.get("Tags", []), **asked)
            id = str(made["Listeners"][0]["ListenerArn"])
        await self._set(id, None, properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_LISTENER, "ListenerAttributes"))
        if change := _listener_changes(old, new):
            await self.call("modify_listener", ListenerArn=id, **_asked(change))
        await self._set(id, old.get("ListenerAttributes"), new)
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # rules go with their listener
        await self.maybe("delete_listener", _GONE, ListenerArn=id)

    async def _live(self, **which: Any) -> list[dict[str, Any]]:
        return await _listed(self, "describe_listeners", "Listeners", **which)

    async def _set(self, id: str, old: list[Properties] | None, properties: Properties) -> None:
        if asked := attribute_changes(old, properties.get("ListenerAttributes"), LISTENER_ATTRIBUTES):
            await self.call("modify_listener_attributes", ListenerArn=id, Attributes=asked)


class ListenerRuleProvider(Provider):
    """A listener has one rule of a priority. AWS gives a rule its ARN, which is its id; it is found by its tags."""

    type = "AWS::ElasticLoadBalancingV2::ListenerRule"
    service = "elbv2"

    async def read(self, id: str) -> Observed | None:
        live = next(iter(await self._live(RuleArns=[id])), None)
        tags = await tags_of(self, [id], _GONE) if live else {}
        if live is None or id not in tags:
            return None
        properties = {
            **{name: live.get(name) for name in ("Actions", "Conditions", "Transforms")},
            "ListenerArn": id.replace(":listener-rule/", ":listener/").rpartition("/")[0],
            "Priority": int(live["Priority"]),
            "Tags": tag_list(tags[id]),
        }
        return Observed(told(properties), {"IsDefault": live.get("IsDefault", False), "RuleArn": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "ListenerArn" not in properties:
            return None
        there = {one["RuleArn"]: one for one in await self._live(ListenerArn=properties["ListenerArn"])}
        if ours := await _ours(self, owner, list(there)):
            return ours
        priority = str(properties["Priority"])
        if priority in [one["Priority"] for one in there.values()]:
            raise NotOurs(f"Priority {priority} of the listener has a rule without the tags of {owner.address}.")
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a priority has one rule
        settable(self.type, properties, _RULE)
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in _RULE if name in properties}
        asked |= {"Actions": asked_actions(asked["Actions"]), "Priority": int(asked["Priority"])}
        made = await self.call("create_rule", Tags=properties.get("Tags", []), **asked)
        return str(made["Rules"][0]["RuleArn"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _RULE)
        if change := _rule_changes(old, new):
            await self.call("modify_rule", RuleArn=id, **change)
        if int(new["Priority"]) != old["Priority"]:
            await self._move(id, int(new["Priority"]), old)
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a rule holds nothing
        await self.maybe("delete_rule", _GONE, RuleArn=id)

    async def _live(self, **which: Any) -> list[dict[str, Any]]:
        return await _listed(self, "describe_rules", "Rules", **which)

    async def _move(self, id: str, priority: int, old: Properties) -> None:
        places = [{"RuleArn": id, "Priority": priority}]
        try:
            await self.call("set_rule_priorities", RulePriorities=places)
        except AwsError as error:
            other = await self._neighbour(old, priority) if error.code == "PriorityInUse" else None
            if other is None:
                raise
            # Two rules of one stack that are to change places would wait for each other: both move at once.
            places.append({"RuleArn": other, "Priority": old["Priority"]})
            await self.call("set_rule_priorities", RulePriorities=places)

    async def _neighbour(self, mine: Properties, priority: int) -> str | None:
        """The rule of the same stack that has a priority."""
        there = [one["RuleArn"] for one in await self._live(ListenerArn=mine["ListenerArn"]) if _at(one) == priority]
        tags = await tags_of(self, there, _GONE)
        return next((arn for arn in there if of_one_stack(tag_map(mine.get("Tags")), tags.get(arn, {}))), None)


async def _listed(provider: Provider, operation: str, items: str, **which: Any) -> list[dict[str, Any]]:
    """All that is there; nothing when what it belongs to is gone."""
    try:
        return await every(provider, operation, items, "Marker", "NextMarker", **which)
    except AwsError as error:
        if error.code in _GONE:
            return []
        raise


async def _ours(provider: Provider, owner: Owner, arns: list[str]) -> str | None:
    """That of some listeners or rules which carries the owner's tags."""
    tags = await tags_of(provider, arns, _GONE)
    return next((arn for arn in arns if is_ours(owner, tags.get(arn, {}))), None)


def _at(rule: dict[str, Any]) -> int | None:
    """The priority of a live rule; the default rule has none."""
    return None if rule["Priority"] == "default" else int(rule["Priority"])


def _is_secure(listener: Properties) -> bool:
    return listener.get("Protocol") in ("HTTPS", "TLS")


def _certificates(live: dict[str, Any]) -> list[Properties]:
    told = live.get("Certificates", []) if _is_secure(live) else []
    return [{"CertificateArn": one["CertificateArn"]} for one in told]


def _mutual(live: dict[str, Any]) -> Properties | None:
    """How clients prove who they are, where they have to."""
    mutual = live.get("MutualAuthentication", {})
    if mutual.get("Mode", "off") == "off":
        return None
    return {name: value for name, value in mutual.items() if name != "TrustStoreAssociationStatus"}


def _asked(properties: Properties) -> dict[str, Any]:
    if "DefaultActions" in properties:
        return {**properties, "DefaultActions": asked_actions(properties["DefaultActions"])}
    return properties


def _listener_changes(old: Properties, new: Properties) -> Properties:
    """What the modifying call is to be told so that `old` becomes `new`."""
    secure = _is_secure(new)
    cleared = {"MutualAuthentication": {"Mode": "off"}, "SslPolicy": _CIPHERS} if secure else {}
    names = ["Port", "Protocol", "SslPolicy", "Certificates", "MutualAuthentication"]
    change = differing(old, new, names, cleared)
    if new.get("AlpnPolicy", ["None"]) != old.get("AlpnPolicy", ["None"]):
        change["AlpnPolicy"] = new.get("AlpnPolicy", ["None"])
    if secure and "Protocol" in change:
        # A listener becomes secure with its certificate or not at all.
        change.update({name: new[name] for name in ("Certificates", "SslPolicy") if name in new})
    if not same_actions(old.get("DefaultActions"), new["DefaultActions"]):
        change["DefaultActions"] = new["DefaultActions"]
    return change


def _rule_changes(old: Properties, new: Properties) -> dict[str, Any]:
    change: dict[str, Any] = {}
    if not same_actions(old.get("Actions"), new["Actions"]):
        change["Actions"] = asked_actions(new["Actions"])
    if not same_conditions(old.get("Conditions"), new["Conditions"]):
        change["Conditions"] = new["Conditions"]
    if pruned(new.get("Transforms", [])) != pruned(old.get("Transforms", [])):
        change |= {"Transforms": new["Transforms"]} if new.get("Transforms") else {"ResetTransforms": True}
    return change
