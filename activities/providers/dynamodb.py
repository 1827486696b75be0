"""DynamoDB: tables."""

import asyncio
from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.dynamodb_changes import table_changes
from panka.activities.providers.dynamodb_shapes import (
    SETTABLE,
    create_arguments,
    expiry_told,
    recovery_told,
    table_told,
)
from panka.activities.providers.ownership import claim, retagged
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import every, settable
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_MISSING = frozenset({"ResourceNotFoundException"})
_BUSY = "ResourceInUseException"
_UNUSABLE = frozenset({"ARCHIVED", "ARCHIVING", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"})
_LOOK_EVERY = 1.0
"""Seconds between two looks at a table that is being changed."""


class TableProvider(Provider):
    """Finds a table by its name, which is its id.

    Only a table that is ready takes expiry, recovery, or another change, so `create` and `update` wait between calls.
    """

    type = "AWS::DynamoDB::Table"
    service = "dynamodb"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._made: dict[str, dict[str, Any]] = {}
        """Tables as the answer to their create has described them, until somebody looks."""
        self._ready: dict[str, dict[str, Any]] = {}
        """Tables as they were described when they were ready."""

    async def read(self, id: str) -> Observed | None:
        table = await self._described(id)
        if table is None or table["TableStatus"] == "DELETING":
            return None
        expiry, recovery, tags = await asyncio.gather(
            self._expiry(id), self._recovery(id), self._tags(table["TableArn"])
        )
        return _observed(table, expiry, recovery, tags or {})

    async def read_new(self, id: str, properties: Properties) -> Observed | None:
        table = self._ready.pop(id, None) or await self._described(id)
        if table is None:
            return None
        expires = (properties.get("TimeToLiveSpecification") or {}).get("Enabled")
        recovers = (properties.get("PointInTimeRecoverySpecification") or {}).get("PointInTimeRecoveryEnabled")
        expiry = await self._expiry(id) if expires else {}
        recovery = await self._recovery(id) if recovers else {}
        return _observed(table, expiry, recovery, tag_map(properties.get("Tags")))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["TableName"]
        table = await self._described(name)
        if table is None or table["TableStatus"] == "DELETING":
            return None
        tags = await self._tags(table["TableArn"])
        if tags is None:
            return None
        if not tags and table["TableStatus"] == "CREATING":
            raise TryLater(f"The table {name} is being made and does not show its tags yet.", seconds=2)
        return claim(owner, name, f"The table {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        settable(self.type, properties, SETTABLE)
        name: str = properties["TableName"]
        tags = tag_list(tag_map(properties.get("Tags")) | owner.tags())
        try:
            made = await self.call("create_table", **create_arguments(properties, tags))
        except AwsError as error:
            if error.code != _BUSY:
                raise
            # There is one: ours, somebody else's, or one that goes.
            if await self.find(owner, properties) is not None:
                return name
            raise TryLater(f"An old table {name} is still being deleted.", seconds=5) from error
        self._made[name] = made["TableDescription"]
        await self._complete(name, {}, properties)
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, SETTABLE)
        for change in table_changes(old, new):
            await self._settled(id)
            await self.call("update_table", TableName=id, **change)
        await self._complete(id, old, new)
        wanted, unwanted = retagged(old, new)
        if wanted or unwanted:
            await self._retag(id, wanted, unwanted)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a table goes with its items in any case
        try:
            await self.maybe("delete_table", _MISSING, TableName=id)
        except AwsError as error:
            if error.code == _BUSY:
                raise TryLater(f"The table {id} is being changed.", seconds=5) from error
            raise

    async def ready(self, id: str) -> Readiness:
        table = await self._looked_at(id)
        if table is None:
            return Waiting("the table does not show yet")
        if table["TableStatus"] in _UNUSABLE:
            return Failed(f"The table is {table['TableStatus']}.")
        busy = _unsettled(table)
        if busy:
            return Waiting(busy)
        self._ready[id] = table
        return Ready()

    async def gone(self, id: str) -> Readiness:
        table = await self._described(id)
        return Ready() if table is None else Waiting(f"the table is {table['TableStatus']}")

    async def _complete(self, table: str, old: Properties, new: Properties) -> None:
        """Sets what the table's own calls do not take."""
        before, after = (one.get("TimeToLiveSpecification") or {} for one in (old, new))
        if bool(before.get("Enabled")) != bool(after.get("Enabled")) or _moved(before, after):
            await self._expire(table, before, after)
        before, after = (one.get("PointInTimeRecoverySpecification") or {} for one in (old, new))
        enabled = bool(after.get("PointInTimeRecoveryEnabled"))
        days = after.get("RecoveryPeriodInDays", before.get("RecoveryPeriodInDays")) if enabled else None
        same_days = not enabled or days == before.get("RecoveryPeriodInDays")
        if enabled != bool(before.get("PointInTimeRecoveryEnabled")) or not same_days:
            await self._settled(table)
            wanted = {"PointInTimeRecoveryEnabled": enabled, **({"RecoveryPeriodInDays": days} if days else {})}
            await self.call("update_continuous_backups", TableName=table, PointInTimeRecoverySpecification=wanted)

    async def _expire(self, table: str, before: Properties, after: Properties) -> None:
        # Another attribute is taken only after the first one was given up.
        for one, on in ((before, False), (after, True)):
            if one.get("Enabled"):
                await self._settled(table)
                wanted = {"AttributeName": one["AttributeName"], "Enabled": on}
                await self.call("update_time_to_live", TableName=table, TimeToLiveSpecification=wanted)

    async def _settled(self, table: str) -> None:
        """Waits until the table takes the next change."""
        while True:
            described = await self._looked_at(table)
            busy = "does not show yet" if described is None else _unsettled(described)
            if not busy:
                return
            await self.cloud.pause(_LOOK_EVERY, f"Waiting for the table {table}: {busy}")

    async def _retag(self, table: str, wanted: dict[str, str], unwanted: list[str]) -> None:
        described = await self.call("describe_table", TableName=table)
        arn = described["Table"]["TableArn"]
        if wanted:
            await self.call("tag_resource", ResourceArn=arn, Tags=tag_list(wanted))
        if unwanted:
            await self.call("untag_resource", ResourceArn=arn, TagKeys=unwanted)

    async def _looked_at(self, table: str) -> dict[str, Any] | None:
        """The first look at a table that was made just now is the answer to its create."""
        return self._made.pop(table, None) or await self._described(table)

    async def _described(self, table: str) -> dict[str, Any] | None:
        told = await self.maybe("describe_table", _MISSING, TableName=table)
        return None if told is None else told["Table"]

    async def _expiry(self, table: str) -> Properties:
        return await self.maybe("describe_time_to_live", _MISSING, TableName=table) or {}

    async def _recovery(self, table: str) -> Properties:
        missing = _MISSING | {"TableNotFoundException"}
        return await self.maybe("describe_continuous_backups", missing, TableName=table) or {}

    async def _tags(self, arn: str) -> dict[str, str] | None:
        """None: the table has gone meanwhile."""
        try:
            told = await every(self, "list_tags_of_resource", "Tags", "NextToken", "NextToken", ResourceArn=arn)
        except AwsError as error:
            if error.code in _MISSING:
                return None
            raise
        return tag_map(told)


def _observed(table: dict[str, Any], expiry: Properties, recovery: Properties, tags: dict[str, str]) -> Observed:
    told = table_told(table)
    if ttl := expiry_told(expiry):
        told["TimeToLiveSpecification"] = ttl
    if point := recovery_told(recovery):
        told["PointInTimeRecoverySpecification"] = point
    # The ARN of a stream that was switched off stays for a day.
    stream = {"StreamArn": table["LatestStreamArn"]} if "StreamSpecification" in told else {}
    return Observed(
        {**told, "Tags": tag_list(tags)}, {"Arn": table["TableArn"], "TableName": table["TableName"], **stream}
    )


def _moved(before: Properties, after: Properties) -> bool:
    return bool(after.get("Enabled")) and before.get("AttributeName") != after.get("AttributeName")


def _unsettled(table: dict[str, Any]) -> str:
    """What goes on with a table, in words; empty: nothing."""
    if table["TableStatus"] != "ACTIVE":
        return f"the table is {table['TableStatus']}"
    busy = [one for one in table.get("GlobalSecondaryIndexes", []) if one.get("IndexStatus", "ACTIVE") != "ACTIVE"]
    return f"the index {busy[0]['IndexName']} is {busy[0]['IndexStatus']}" if busy else ""


PROVIDERS: tuple[type[Provider], ...] = (TableProvider,)
