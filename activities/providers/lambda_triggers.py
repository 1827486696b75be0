"""What invokes Lambda functions: event source mappings, and permissions for other services."""

import json
from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs, TryLater, waiting_out
from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    is_ours,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_BUSY = frozenset({"ResourceInUseException", "ResourceConflictException"})
_AT_WORK = ("Lambda is still busy with the event source mapping", 3)
_UPDATABLE = (
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "ScalingConfig",
    "TumblingWindowInSeconds",
)
_FIXED = ("EventSourceArn", "Queues", "StartingPosition", "StartingPositionTimestamp", "Topics")
_CLEARED: dict[str, Any] = {"Enabled": True, "FilterCriteria": {}, "FunctionResponseTypes": [], "ScalingConfig": {}}
_PERMISSION = (
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)


class EventSourceMappingProvider(Provider):
    """AWS gives a mapping its id, so one is found by its source, its function and its tags."""

    type = "AWS::Lambda::EventSourceMapping"
    service = "lambda"

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_event_source_mapping", _GONE, UUID=id)
        tags = await self._tags(live) if live else None
        if live is None or tags is None:
            return None
        properties = {
            **{name: live.get(name) for name in (*_UPDATABLE, *_FIXED)},
            "FunctionName": function_name(live["FunctionArn"]),
            "Enabled": live.get("State") not in {"Disabled", "Disabling"},
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"Id": id, "EventSourceMappingArn": self._arn(live)})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        found = await self._alike(properties)
        for live in found:
            if is_ours(owner, await self._tags(live) or {}):
                return str(live["UUID"])
        if found and "EventSourceArn" in properties and "FunctionName" in properties:
            raise NotOurs(f"{properties['EventSourceArn']} already invokes {properties['FunctionName']}.")
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, (*_UPDATABLE, *_FIXED))
        # AWS refuses a second mapping of the pair, but not at once.
        if found := await self.find(owner, properties):
            return found
        asked = {key: properties[key] for key in (*_UPDATABLE, *_FIXED) if key in properties}
        made = await self._when_free("create_event_source_mapping", Tags=tag_map(properties.get("Tags")), **asked)
        return str(made["UUID"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_UPDATABLE, *_FIXED))
        named = {**new, "FunctionName": function_name(new["FunctionName"])}
        if change := differing(old, named, _UPDATABLE, _CLEARED):
            await self._when_free("update_event_source_mapping", UUID=id, **change)
        put, removed = retagged(old, new)
        if not put and not removed:
            return
        arn = self._arn(await self.call("get_event_source_mapping", UUID=id))
        if put:
            await self.call("tag_resource", Resource=arn, Tags=put)
        if removed:
            await self.call("untag_resource", Resource=arn, TagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a mapping holds nothing
        live = await self.maybe("get_event_source_mapping", _GONE, UUID=id)
        if live is None or live.get("State") == "Deleting":
            return
        with waiting_out(_BUSY, *_AT_WORK):
            await self.maybe("delete_event_source_mapping", _GONE, UUID=id)

    async def ready(self, id: str) -> Readiness:
        live = await self.maybe("get_event_source_mapping", _GONE, UUID=id)
        state = live["State"] if live else "Creating"
        if state == "Deleting":
            return Failed("The event source mapping is being deleted.")
        return Ready() if state in {"Enabled", "Disabled"} else Waiting(f"the event source mapping is {state.lower()}")

    async def _alike(self, properties: Properties) -> list[dict[str, Any]]:
        """Mappings of the same source and function that stay."""
        pair = {name: properties.get(name) for name in ("EventSourceArn", "FunctionName")}
        try:
            found = await every(
                self, "list_event_source_mappings", "EventSourceMappings", "Marker", "NextMarker", **told(pair)
            )
        except AwsError as error:
            if error.code in _GONE:
                return []
            raise
        return [live for live in found if live.get("State") != "Deleting"]

    async def _tags(self, live: dict[str, Any]) -> dict[str, str] | None:
        answer = await self.maybe("list_tags", _GONE, Resource=self._arn(live))
        return None if answer is None else answer.get("Tags", {})

    async def _when_free(self, operation: str, **arguments: Any) -> dict[str, Any]:
        with waiting_out(_BUSY, *_AT_WORK):
            return await self.call(operation, **arguments)

    @staticmethod
    def _arn(live: dict[str, Any]) -> str:
        """The mapping's ARN; older answers leave it out, and it is the function's with another end."""
        start = ":".join(live["FunctionArn"].split(":")[:5])
        return str(live.get("EventSourceMappingArn") or f"{start}:event-source-mapping:{live['UUID']}")


class PermissionProvider(Provider):
    """A statement of a function's policy. Its id is made from its owner, so nobody else's can have it."""

    type = "AWS::Lambda::Permission"
    service = "lambda"

    async def read(self, id: str) -> Observed | None:
        function, _, statement = id.partition("|")
        live = await self._statement(function, statement)
        if live is None:
            return None
        conditions = {key.lower(): value for test in live.get("Condition", {}).values() for key, value in test.items()}
        properties = {
            "FunctionName": function,
            "Action": live["Action"],
            "Principal": principal_of(live["Principal"]),
            "SourceArn": conditions.get("aws:sourcearn"),
            "SourceAccount": conditions.get("aws:sourceaccount"),
            "PrincipalOrgID": conditions.get("aws:principalorgid"),
            "EventSourceToken": conditions.get("lambda:eventsourcetoken"),
            "FunctionUrlAuthType": conditions.get("lambda:functionurlauthtype"),
        }
        return Observed(told(properties), {"Id": statement})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "FunctionName" not in properties:
            return None
        function, statement = properties["FunctionName"], statement_id(owner)
        return f"{function}|{statement}" if await self._statement(function, statement) else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the statement's id is the token
        settable(self.type, properties, _PERMISSION)
        if found := await self.find(owner, properties):
            return found
        statement = statement_id(owner)
        asked = {key: properties[key] for key in _PERMISSION if key in properties}
        try:
            await self.call("add_permission", StatementId=statement, **asked)
        except AwsError as error:
            # Also said while another statement of the same function is being written.
            if error.code in _BUSY and not await self._statement(properties["FunctionName"], statement):
                raise TryLater("Another change of the function's policy is under way.", seconds=1) from error
            if error.code not in _BUSY:
                raise
        return f"{properties['FunctionName']}|{statement}"

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        """Nothing of a statement can change: it is replaced."""

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a permission holds nothing
        function, _, statement = id.partition("|")
        await self.maybe("remove_permission", _GONE, FunctionName=function, StatementId=statement)

    async def _statement(self, function: str, statement: str) -> dict[str, Any] | None:
        answer = await self.maybe("get_policy", _GONE, FunctionName=function)
        statements: list[dict[str, Any]] = json.loads(answer["Policy"])["Statement"] if answer else []
        return next((live for live in statements if live.get("Sid") == statement), None)


def statement_id(owner: Owner) -> str:
    """The id of a statement in a policy of Lambda, as only this owner has it."""
    return f"panka-{owner.digest()[:32]}"


def principal_of(live: str | dict[str, str]) -> str:
    """`sns.amazonaws.com` or an account's number; Lambda tells the account as the ARN of its root."""
    said = live if isinstance(live, str) else next(iter(live.values()))
    return said.split(":")[4] if said.endswith(":root") else said


def function_name(name: str) -> str:
    """A function's name with its alias or version, from either a name or an ARN."""
    return name.partition(":function:")[2] or name
