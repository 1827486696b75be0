"""EventBridge: event buses, and rules with their targets."""

from typing import Any

from panka.activities.aws.errors import AwsError, Cause, TryLater
from panka.activities.providers import event_targets
from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, pruned, tag_list, tag_map
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_TAKEN = frozenset({"ResourceAlreadyExistsException"})
_PASSING = frozenset({"ConcurrentModificationException", "InternalException"})
_BUS = ("DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig")
_RULE = ("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State")
_DEFAULTS = {"Description": "", "State": "ENABLED"}
_AT_ONCE = 100
"""The most targets that one call takes."""


class EventBusProvider(Provider):
    """A bus's name is unique in account and region."""

    type = "AWS::Events::EventBus"
    service = "events"
    _names = (*_BUS, "EventSourceName", "Name", "Policy")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("describe_event_bus", _GONE, Name=id)
        tags = await _tags(self, live["Arn"]) if live else None
        if live is None or tags is None:
            return None
        properties = {
            **{name: live.get(name) or None for name in _BUS},
            "Name": live["Name"],
            "Policy": parsed(live["Policy"]) if live.get("Policy") else None,
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"Arn": live["Arn"], "Name": live["Name"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["Name"]
        live = await self.maybe("describe_event_bus", _GONE, Name=name)
        tags = await _tags(self, live["Arn"]) if live else None
        return None if tags is None else claim(owner, name, f"The event bus {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        name: str = properties["Name"]
        asked = {key: properties[key] for key in ("Name", "EventSourceName", *_BUS) if key in properties}
        made = self.call("create_event_bus", Tags=properties.get("Tags", []), **asked)
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        await self._let(name, {}, properties)
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if differing(pruned(old), pruned(new), _BUS, dict.fromkeys(_BUS)):
            # What is left out goes back to its default, except the description.
            asked = {"Description": "", **{name: new[name] for name in _BUS if name in new}}
            await self.call("update_event_bus", Name=id, **asked)
        await self._let(id, old, new)
        await _retag(self, self._arn(id), old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a bus holds no events
        await self.maybe("delete_event_bus", _GONE, Name=id)

    async def _let(self, name: str, old: Properties, new: Properties) -> None:
        """Brings the policy, which says who may send events, to that of `new`."""
        before, after = as_parsed(old.get("Policy")), as_parsed(new.get("Policy"))
        if after == before:
            return
        if after:
            await self.call("put_permission", EventBusName=name, Policy=written(after))
        else:
            await self.maybe("remove_permission", _GONE, EventBusName=name, RemoveAllPermissions=True)

    def _arn(self, name: str) -> str:
        return f"arn:{self.cloud.partition}:events:{self.cloud.region}:{self.cloud.account}:event-bus/{name}"


class RuleProvider(Provider):
    """A rule's name is unique on its bus. Its id is its ARN; its targets belong to it alone."""

    type = "AWS::Events::Rule"
    service = "events"
    _names = (*_RULE, "EventBusName", "Name", "Targets")

    async def read(self, id: str) -> Observed | None:
        where = _named(id)
        live = await self.maybe("describe_rule", _GONE, **where)
        tags = await _tags(self, id) if live else None
        targets = await self._targets(id) if live else None
        if live is None or tags is None or targets is None:
            return None
        properties = {
            **{name: live.get(name) or None for name in _RULE},
            "Name": live["Name"],
            "EventBusName": live.get("EventBusName"),
            "EventPattern": parsed(live["EventPattern"]) if live.get("EventPattern") else None,
            "Targets": targets,
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"Arn": id, "RuleName": live["Name"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "Name" not in properties:
            return None
        arn = self._arn(properties)
        live = await self.maybe("describe_rule", _GONE, **_named(arn))
        tags = await _tags(self, arn) if live else None
        return None if tags is None else claim(owner, arn, f"The rule {properties['Name']}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        arn = self._arn(properties)
        # EventBridge takes a second create for a change of the rule, whoever made it.
        if await self.find(owner, properties) is None:
            await self._put(arn, properties, Tags=properties.get("Tags", []))
        await self._aim(arn, properties.get("Targets", []))
        return arn

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if differing(_comparable(old), _comparable(new), _RULE, {**dict.fromkeys(_RULE), **_DEFAULTS}):
            await self._put(id, new)
        live = {one["Id"]: pruned(one) for one in old.get("Targets", [])}
        wanted = {one["Id"]: one for one in new.get("Targets", [])}
        # EventBridge takes no more than five at a time for a rule, so the old ones make room.
        await self._drop(id, [one for one in live if one not in wanted])
        await self._aim(id, [one for key, one in wanted.items() if pruned(one) != live.get(key)])
        await _retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a rule holds no events
        await self._drop(id, [one["Id"] for one in await self._targets(id) or []])
        await self.maybe("delete_rule", _GONE, **_named(id))

    async def _put(self, arn: str, properties: Properties, **more: Any) -> None:
        # What is left out is taken away, except the description and the state.
        asked = {**_DEFAULTS, **{name: properties[name] for name in _RULE if name in properties}}
        if "EventPattern" in asked:
            asked["EventPattern"] = written(asked["EventPattern"])
        await self.call("put_rule", **_named(arn), **asked, **more)

    async def _aim(self, arn: str, targets: list[Properties]) -> None:
        shaped = [event_targets.taken(one, event_targets.RULE) for one in targets]
        for start in range(0, len(shaped), _AT_ONCE):
            some = shaped[start : start + _AT_ONCE]
            _all_done(await self.call("put_targets", **_of_rule(arn), Targets=some), "events:PutTargets")

    async def _drop(self, arn: str, ids: list[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            done = await self.maybe("remove_targets", _GONE, **_of_rule(arn), Ids=some)
            _all_done(done or {}, "events:RemoveTargets")

    async def _targets(self, arn: str) -> list[Properties] | None:
        """The rule's targets; None when the rule is gone."""
        try:
            live = await every(self, "list_targets_by_rule", "Targets", "NextToken", "NextToken", **_of_rule(arn))
        except AwsError as error:
            if error.code in _GONE:
                return None
            raise
        return [event_targets.told(one, event_targets.RULE) for one in live]

    def _arn(self, properties: Properties) -> str:
        bus = str(properties.get("EventBusName", "default")).rpartition("event-bus/")[2]
        path = properties["Name"] if bus == "default" else f"{bus}/{properties['Name']}"
        return f"arn:{self.cloud.partition}:events:{self.cloud.region}:{self.cloud.account}:rule/{path}"


def _named(arn: str) -> dict[str, str]:
    """A rule's name and bus, as the calls for rules take them. Names of buses may hold slashes."""
    bus, _, name = arn.partition(":rule/")[2].rpartition("/")
    return {"Name": name, "EventBusName": bus or "default"}


def _of_rule(arn: str) -> dict[str, str]:
    """The same, as the calls for targets take them."""
    where = _named(arn)
    return {"Rule": where["Name"], "EventBusName": where["EventBusName"]}


def _comparable(properties: Properties) -> Properties:
    pattern = as_parsed(properties.get("EventPattern"))
    said = {name: properties.get(name) for name in _RULE if name in properties}
    compared: Properties = pruned({**said, "EventPattern": pattern})
    return compared


def _all_done(answer: dict[str, Any], operation: str) -> None:
    """Raises what EventBridge says of the first entry that it did not take: the call itself succeeds."""
    if answer.get("FailedEntryCount"):
        first = answer["FailedEntries"][0]
        code, said = first.get("ErrorCode", "FailedEntry"), first.get("ErrorMessage", "EventBridge refused it.")
        if code in _PASSING:
            raise TryLater(f"EventBridge did not take the target {first.get('TargetId')}: {said}", seconds=2)
        raise AwsError(Cause.FINAL, code, f"{first.get('TargetId')}: {said}", operation)


async def _tags(provider: Provider, arn: str) -> dict[str, str] | None:
    answer = await provider.maybe("list_tags_for_resource", _GONE, ResourceARN=arn)
    return None if answer is None else tag_map(answer.get("Tags"))


async def _retag(provider: Provider, arn: str, old: Properties, new: Properties) -> None:
    put, removed = retagged(old, new)
    if put:
        await provider.call("tag_resource", ResourceARN=arn, Tags=tag_list(put))
    if removed:
        await provider.call("untag_resource", ResourceARN=arn, TagKeys=removed)


PROVIDERS = (EventBusProvider, RuleProvider)
