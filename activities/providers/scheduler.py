"""EventBridge Scheduler: schedules and the groups that they are in."""

from datetime import UTC, datetime
from typing import Any

from panka.activities.aws.errors import NotOurs, TryLater
from panka.activities.providers import event_targets
from panka.activities.providers.ownership import (
    claim,
    foreign,
    is_marked,
    marked,
    remarked,
    retagged,
    unless_taken,
    unmarked,
)
from panka.activities.providers.provider import (
    Ending,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    pruned,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_TAKEN = frozenset({"ConflictException"})
_DATES = ("EndDate", "StartDate")
_PLAIN = ("FlexibleTimeWindow", "KmsKeyArn", "ScheduleExpression", "ScheduleExpressionTimezone", "State")
_DEFAULTS = {"ScheduleExpressionTimezone": "UTC", "State": "ENABLED"}
_RETRIES = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


class ScheduleProvider(Provider):
    """A schedule's name is unique in its group. It takes no tags: its description carries the owner's mark."""

    type = "AWS::Scheduler::Schedule"
    service = "scheduler"
    _names = (*_PLAIN, *_DATES, "Description", "GroupName", "Name", "Target")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_schedule", _GONE, **_where(id))
        if live is None:
            return None
        properties = {
            **{name: live.get(name) for name in _PLAIN},
            **{name: _moment(live.get(name)) for name in _DATES},
            "Name": live["Name"],
            "GroupName": live["GroupName"],
            "Description": unmarked(live.get("Description")),
            "Target": event_targets.told(live["Target"], event_targets.SCHEDULE),
        }
        return Observed(told(properties), {"Arn": live["Arn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "Name" not in properties:
            return None
        id = _id(properties)
        live = await self.maybe("get_schedule", _GONE, **_where(id))
        if live is None:
            return None
        if not is_marked(owner, live.get("Description")):
            raise NotOurs(f"The schedule {id} exists and its description has no mark of {owner.address}.")
        return id

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, self._names)
        await self._refuse_foreign_group(owner, properties.get("GroupName"))
        about = marked(owner, properties.get("Description", ""))
        id = _id(properties)
        made = self.call("create_schedule", **_where(id), **_taken(properties), Description=about, ClientToken=token)
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if _comparable(old) == _comparable(new):
            return
        live = await self.call("get_schedule", **_where(id))
        about = remarked(live.get("Description"), new.get("Description"))
        # What is left out goes back to its default.
        await self.call("update_schedule", **_where(id), **_taken(new), Description=about)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a schedule holds nothing
        await self.maybe("delete_schedule", _GONE, **_where(id))

    async def _refuse_foreign_group(self, owner: Owner, group: str | None) -> None:
        tags = await _tags(self, _group_arn(self, group)) if group and group != "default" else None
        if tags and foreign(owner, tags):
            raise NotOurs(f"The schedule group {group} belongs to another tenant, so nothing is put into it.")


class ScheduleGroupProvider(Provider):
    """A group's name is unique in account and region. Its schedules are deleted with it."""

    type = "AWS::Scheduler::ScheduleGroup"
    service = "scheduler"
    _names = ("Name",)

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_schedule_group", _GONE, Name=id)
        tags = await _tags(self, live["Arn"]) if live else None
        if live is None or tags is None:
            return None
        about = {
            "Arn": live["Arn"],
            "CreationDate": _moment(live.get("CreationDate")),
            "LastModificationDate": _moment(live.get("LastModificationDate")),
            "State": live.get("State"),
        }
        return Observed({"Name": live["Name"], "Tags": tag_list(tags)}, told(about))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["Name"]
        live = await self.maybe("get_schedule_group", _GONE, Name=name)
        tags = await _tags(self, live["Arn"]) if live else None
        if live is None or tags is None:
            return None
        claim(owner, name, f"The schedule group {name}", tags)
        if live.get("State") == "DELETING":
            raise TryLater(f"The last schedule group {name} is still being deleted.", seconds=5)
        return name

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        name: str = properties["Name"]
        made = self.call("create_schedule_group", Name=name, Tags=properties.get("Tags", []), ClientToken=token)
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        put, removed = retagged(old, new)
        if put:
            await self.call("tag_resource", ResourceArn=_group_arn(self, id), Tags=tag_list(put))
        if removed:
            await self.call("untag_resource", ResourceArn=_group_arn(self, id), TagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # its schedules are ours to lose
        live = await self.maybe("get_schedule_group", _GONE, Name=id)
        if live is not None and live.get("State") != "DELETING":
            await self.maybe("delete_schedule_group", _GONE, Name=id)

    async def ready(self, id: str) -> Readiness:
        live = await self.maybe("get_schedule_group", _GONE, Name=id)
        return Ready() if live else Waiting("Scheduler does not show the group yet")

    async def gone(self, id: str) -> Readiness:
        live = await self.maybe("get_schedule_group", _GONE, Name=id)
        return Waiting("Scheduler deletes the group's schedules") if live else Ready()


def _id(properties: Properties) -> str:
    return f"{properties.get('GroupName', 'default')}|{properties['Name']}"


def _where(id: str) -> dict[str, str]:
    group, _, name = id.partition("|")
    return {"GroupName": group, "Name": name}


def _group_arn(provider: Provider, name: str) -> str:
    cloud = provider.cloud
    return f"arn:{cloud.partition}:scheduler:{cloud.region}:{cloud.account}:schedule-group/{name}"


async def _tags(provider: Provider, arn: str) -> dict[str, str] | None:
    answer = await provider.maybe("list_tags_for_resource", _GONE, ResourceArn=arn)
    return None if answer is None else tag_map(answer.get("Tags"))


def _taken(properties: Properties) -> dict[str, Any]:
    asked = {name: properties[name] for name in (*_PLAIN, *_DATES) if name in properties}
    return {**asked, "Target": event_targets.taken(properties["Target"], event_targets.SCHEDULE)}


def _comparable(properties: Properties) -> Properties:
    """What decides, with the defaults that AWS fills in."""
    target = {**properties["Target"], "RetryPolicy": {**_RETRIES, **properties["Target"].get("RetryPolicy", {})}}
    if "EcsParameters" in target:
        target["EcsParameters"] = {"TaskCount": 1, **target["EcsParameters"]}
    said = {name: properties.get(name) for name in (*_PLAIN, "Description")}
    dates = {name: _moment(properties.get(name)) for name in _DATES}
    compared: Properties = pruned({**_DEFAULTS, **told(said), **dates, "Target": target})
    return compared


def _moment(value: datetime | str | None) -> str | None:
    """A time as properties hold it, to the second and in UTC."""
    if value is None:
        return None
    said = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{(said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


PROVIDERS = (ScheduleProvider, ScheduleGroupProvider)
