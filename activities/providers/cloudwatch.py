"""CloudWatch: alarms on metrics."""

import json
from typing import Any

from panka.activities.providers.ownership import claim, retagged
from panka.activities.providers.provider import Ending, Observed, Provider, pruned, tag_list, tag_map
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
_NAMES = (
    "ActionConfiguration",
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationPeriods",
    "EvaluationWindow",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
    "WarmUpConfiguration",
)
_USUAL: Properties = {"ActionsEnabled": True, "TreatMissingData": "missing"}
_SETS = ("AlarmActions", "Dimensions", "InsufficientDataActions", "Metrics", "OKActions")


class AlarmProvider(Provider):
    """An alarm's name is unique in account and region. A second put changes it, so its tags are looked at before."""

    type = "AWS::CloudWatch::Alarm"
    service = "cloudwatch"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await self._tags(live) if live else None
        if live is None or tags is None:
            return None
        properties = {name: live.get(name) for name in _NAMES}
        return Observed(told({**properties, "Tags": tag_list(tags)}), {"Arn": live["AlarmArn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["AlarmName"]
        live = await self._live(name)
        tags = await self._tags(live) if live else None
        return None if tags is None else claim(owner, name, f"The alarm {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _NAMES)
        name: str = properties["AlarmName"]
        if await self.find(owner, properties) is None:
            await self._put(properties, Tags=properties.get("Tags", []))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if _meant(old) != _meant(new):
            await self._put(new)
        put, removed = retagged(old, new)
        live = await self._live(id) if put or removed else None
        if live and put:
            await self.call("tag_resource", ResourceARN=live["AlarmArn"], Tags=tag_list(put))
        if live and removed:
            await self.call("untag_resource", ResourceARN=live["AlarmArn"], TagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # an alarm holds nothing
        await self.maybe("delete_alarms", _GONE, AlarmNames=[id])

    async def _live(self, name: str) -> dict[str, Any] | None:
        answer = await self.call("describe_alarms", AlarmNames=[name], AlarmTypes=["MetricAlarm"])
        return next((live for live in answer.get("MetricAlarms", []) if live["AlarmName"] == name), None)

    async def _tags(self, live: dict[str, Any]) -> dict[str, str] | None:
        answer = await self.maybe("list_tags_for_resource", _GONE, ResourceARN=live["AlarmArn"])
        return None if answer is None else tag_map(answer.get("Tags"))

    async def _put(self, properties: Properties, **more: Any) -> None:
        """Puts the whole alarm: what is left out goes back to its default."""
        asked = {name: properties[name] for name in _NAMES if name in properties}
        await self.call("put_metric_alarm", **asked, **more)


def _meant(properties: Properties) -> Properties:
    """An alarm with what AWS fills in by itself, and its lists without an order."""
    full = {**_USUAL, **{name: properties[name] for name in _NAMES if name in properties}}
    full["Metrics"] = [{"ReturnData": True, **metric} for metric in full.get("Metrics", [])]
    shaped = pruned(full)
    sets = {name: sorted(json.dumps(one, sort_keys=True) for one in shaped[name]) for name in _SETS if name in shaped}
    return {**shaped, **sets}


PROVIDERS = (AlarmProvider,)
