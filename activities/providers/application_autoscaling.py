"""Application Auto Scaling: what may be scaled, when, and by which policies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from panka.activities.aws.errors import AwsError, Cause, NotOurs
from panka.activities.providers.ownership import claim, of_our_stack, retagged
from panka.activities.providers.provider import Ending, Observed, Provider, pruned, tag_list, tag_map
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ObjectNotFoundException", "ResourceNotFoundException"})
_PLACE = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_LIMITS = ("MaxCapacity", "MinCapacity", "RoleARN")
_MOVING: Properties = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
_ACTION = ("EndTime", "ScalableTargetAction", "Schedule", "ScheduledActionName", "StartTime", "Timezone")
_MOMENTS = frozenset({"EndTime", "StartTime"})
_CONFIGURATIONS = (
    "PredictiveScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
)
_POLICY = (*_PLACE, *_CONFIGURATIONS, "PolicyName", "PolicyType", "ScalingTargetId")


@dataclass(frozen=True, slots=True)
class _Place:
    """Something that can be scaled: a service's number of tasks, a table's read capacity."""

    resource: str
    dimension: str
    namespace: str

    @classmethod
    def of(cls, properties: Properties) -> Self | None:
        """The place that properties name; None where they do not name it in full."""
        if "ScalingTargetId" in properties:
            parts = str(properties["ScalingTargetId"]).split("|")
            return cls(*parts) if len(parts) == len(_PLACE) else None
        if any(name not in properties for name in _PLACE):
            return None
        return cls(*(str(properties[name]) for name in _PLACE))

    @property
    def id(self) -> str:
        return f"{self.resource}|{self.dimension}|{self.namespace}"

    @property
    def asked(self) -> dict[str, str]:
        """As every call takes it."""
        return {
            "ResourceId": self.resource,
            "ScalableDimension": self.dimension,
            "ServiceNamespace": self.namespace,
        }


class ScalableTargetProvider(Provider):
    """A place is registered once. Registering it again changes it, so its tags are looked at before."""

    type = "AWS::ApplicationAutoScaling::ScalableTarget"
    service = "application-autoscaling"

    async def read(self, id: str) -> Observed | None:
        place = _Place(*id.split("|"))
        live = await _target(self, place)
        tags = await _tags(self, live) if live else None
        if live is None or tags is None:
            return None
        properties = {
            **place.asked,
            **{name: live.get(name) for name in _LIMITS},
            "SuspendedState": pruned(live.get("SuspendedState") or {}),
            "ScheduledActions": await self._actions(place),
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        place = _Place.of(properties)
        live = await _target(self, place) if place else None
        tags = await _tags(self, live) if live else None
        if place is None or tags is None:
            return None
        return claim(owner, place.id, f"The scalable target {place.resource}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a place is registered once
        settable(self.type, properties, (*_PLACE, *_LIMITS, "ScheduledActions", "SuspendedState"))
        place = _Place(*(str(properties[name]) for name in _PLACE))
        if await self.find(owner, properties) is None:
            asked = {name: properties[name] for name in (*_LIMITS, "SuspendedState") if name in properties}
            tags = tag_map(properties.get("Tags"))
            await self.call("register_scalable_target", Tags=tags, **place.asked, **asked)
        await self._schedule(place, [], properties.get("ScheduledActions", []))
        return place.id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_PLACE, *_LIMITS, "ScheduledActions", "SuspendedState"))
        place = _Place(*id.split("|"))
        change = differing(old, new, _LIMITS)
        suspended = {**_MOVING, **new.get("SuspendedState", {})}
        if suspended != {**_MOVING, **old.get("SuspendedState", {})}:
            change["SuspendedState"] = suspended
        if change:
            await self.call("register_scalable_target", **place.asked, **change)
        await self._schedule(place, old.get("ScheduledActions", []), new.get("ScheduledActions", []))
        await self._retag(place, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # policies go with their target
        await self.maybe("deregister_scalable_target", _GONE, **_Place(*id.split("|")).asked)

    async def _actions(self, place: _Place) -> list[Properties]:
        live = await every(
            self, "describe_scheduled_actions", "ScheduledActions", "NextToken", "NextToken", **place.asked
        )
        return [_written(action) for action in live]

    async def _schedule(self, place: _Place, old: list[Properties], new: list[Properties]) -> None:
        live, wanted = _by_name(old), _by_name(new)
        for name, action in wanted.items():
            if name not in live or _comparable(action) != _comparable(live[name]):
                await self.call("put_scheduled_action", **place.asked, **action)
        for name in live:
            if name not in wanted:
                await self.maybe("delete_scheduled_action", _GONE, ScheduledActionName=name, **place.asked)

    async def _retag(self, place: _Place, old: Properties, new: Properties) -> None:
        put, removed = retagged(old, new)
        live = await _target(self, place) if put or removed else None
        if live and put:
            await self.call("tag_resource", ResourceARN=live["ScalableTargetARN"], Tags=put)
        if live and removed:
            await self.call("untag_resource", ResourceARN=live["ScalableTargetARN"], TagKeys=removed)


class ScalingPolicyProvider(Provider):
    """A policy's name is unique for what it scales. It has no tags: it is ours when its scalable target is.

    Its id is its ARN and the dimension that it scales, with a `|` between.
    """

    type = "AWS::ApplicationAutoScaling::ScalingPolicy"
    service = "application-autoscaling"

    async def read(self, id: str) -> Observed | None:
        place, name = _policy_of(id)
        live = await self._live(place, name)
        if live is None:
            return None
        properties = {
            **place.asked,
            **{key: live.get(key) for key in (*_CONFIGURATIONS, "PolicyName", "PolicyType")},
        }
        return Observed(told(properties), {"Arn": live["PolicyARN"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        place = _Place.of(properties)
        target = await _target(self, place) if place else None
        tags = await _tags(self, target) if target else None
        if place is None or tags is None:
            return None
        if not of_our_stack(owner, tags):
            raise NotOurs(f"What scales {place.resource} does not belong to {owner.scope}, so it gets no policy.")
        live = await self._live(place, properties["PolicyName"])
        return f"{live['PolicyARN']}|{place.dimension}" if live else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _POLICY)
        await self.find(owner, properties)
        return await self._put(properties)

    async def update(self, id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002  # the name is in the properties
        settable(self.type, new, _POLICY)
        if any(_meant(old.get(name)) != _meant(new.get(name)) for name in (*_CONFIGURATIONS, "PolicyType")):
            await self._put(new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        place, name = _policy_of(id)
        await self.maybe("delete_scaling_policy", _GONE, PolicyName=name, **place.asked)

    async def _put(self, properties: Properties) -> str:
        place = _Place.of(properties)
        if place is None:
            message = f"A policy says what it scales: ScalingTargetId (a target's Id), or {', '.join(_PLACE)}."
            raise AwsError(Cause.FINAL, "NoPlace", message, self.type, sent=False)
        asked = {key: properties[key] for key in (*_CONFIGURATIONS, "PolicyName", "PolicyType") if key in properties}
        made = await self.call("put_scaling_policy", **place.asked, **asked)
        return f"{made['PolicyARN']}|{place.dimension}"

    async def _live(self, place: _Place, name: str) -> dict[str, Any] | None:
        answer = await self.call("describe_scaling_policies", PolicyNames=[name], **place.asked)
        found: list[dict[str, Any]] = answer["ScalingPolicies"]
        return next((live for live in found if live["PolicyName"] == name), None)


async def _target(provider: Provider, place: _Place) -> dict[str, Any] | None:
    asked = {"ServiceNamespace": place.namespace, "ScalableDimension": place.dimension}
    answer = await provider.call("describe_scalable_targets", ResourceIds=[place.resource], **asked)
    return answer["ScalableTargets"][0] if answer["ScalableTargets"] else None


async def _tags(provider: Provider, live: dict[str, Any]) -> dict[str, str] | None:
    """None when the target is gone. One that was registered before targets had ARNs has no tags."""
    if "ScalableTargetARN" not in live:
        return {}
    answer = await provider.maybe("list_tags_for_resource", _GONE, ResourceARN=live["ScalableTargetARN"])
    return None if answer is None else answer.get("Tags", {})


def _policy_of(id: str) -> tuple[_Place, str]:
    """What a policy scales and its name, both of which its ARN holds."""
    arn, _, dimension = id.rpartition("|")
    place, _, name = arn.partition(":resource/")[2].rpartition(":policyName/")
    namespace, _, resource = place.partition("/")
    return _Place(resource, dimension, namespace), name


def _meant(configuration: Properties | None) -> Properties | None:
    """A policy's configuration with what AWS fills in by itself."""
    if configuration and "StepAdjustments" in configuration:
        configuration = {"MetricAggregationType": "Average", **configuration}
    return pruned(configuration)  # type: ignore[no-any-return]  # a mapping stays one


def _by_name(actions: Iterable[Properties]) -> dict[str, Properties]:
    return {str(action["ScheduledActionName"]): action for action in actions}


def _written(live: dict[str, Any]) -> Properties:
    """A scheduled action as properties hold it, with its moments as text."""
    action = told({name: live.get(name) for name in _ACTION})
    for name in _MOMENTS & action.keys():
        action[name] = action[name].astimezone(UTC).isoformat().replace("+00:00", "Z")
    return action


def _comparable(action: Properties) -> Properties:
    moments: Properties = {name: _moment(action[name]) for name in _MOMENTS & action.keys()}
    return {"Timezone": "UTC", **action, **moments}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


PROVIDERS = (ScalableTargetProvider, ScalingPolicyProvider)
