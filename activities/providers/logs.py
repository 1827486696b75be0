"""CloudWatch Logs: log groups."""

from typing import Any

from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list, tag_map
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_TAKEN = frozenset({"ResourceAlreadyExistsException"})
_NAMES = ("Tags", "DeletionProtectionEnabled", "KmsKeyId", "LogGroupClass", "LogGroupName", "RetentionInDays")


class LogGroupProvider(Provider):
    """A log group's name is unique in account and region, so a second create finds the first one's group."""

    type = "AWS::Logs::LogGroup"
    service = "logs"

    async def read(self, id: str) -> Observed | None:
        group = await self._group(id)
        tags = await self._tags(group) if group else None
        if group is None or tags is None:
            return None
        properties = {
            "LogGroupName": id,
            "RetentionInDays": group.get("retentionInDays"),
            "KmsKeyId": group.get("kmsKeyId"),
            "LogGroupClass": group.get("logGroupClass"),
            "DeletionProtectionEnabled": group.get("deletionProtectionEnabled") or None,
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"Arn": f"{_arn(group)}:*"})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["LogGroupName"]
        group = await self._group(name)
        tags = await self._tags(group) if group else None
        return None if tags is None else claim(owner, name, f"The log group {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _NAMES)
        name: str = properties["LogGroupName"]
        asked = {
            "kmsKeyId": properties.get("KmsKeyId"),
            "logGroupClass": properties.get("LogGroupClass"),
            "deletionProtectionEnabled": properties.get("DeletionProtectionEnabled"),
        }
        made = self.call("create_log_group", logGroupName=name, tags=tag_map(properties.get("Tags")), **told(asked))
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        await self._retain(name, properties.get("RetentionInDays"))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if new.get("RetentionInDays") != old.get("RetentionInDays"):
            if "RetentionInDays" in new:
                await self._retain(id, new["RetentionInDays"])
            else:
                await self.call("delete_retention_policy", logGroupName=id)
        await self._encrypt(id, old.get("KmsKeyId"), new.get("KmsKeyId"))
        if change := differing(old, new, ("DeletionProtectionEnabled",), {"DeletionProtectionEnabled": False}):
            protected = change["DeletionProtectionEnabled"]
            await self.call(
                "put_log_group_deletion_protection", logGroupIdentifier=id, deletionProtectionEnabled=protected
            )
        await self._retag(id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # logs go with their group
        await self.maybe("delete_log_group", _GONE, logGroupName=id)

    async def _group(self, name: str) -> dict[str, Any] | None:
        groups = await every(
            self, "describe_log_groups", "logGroups", "nextToken", "nextToken", logGroupNamePrefix=name
        )
        return next((group for group in groups if group["logGroupName"] == name), None)

    async def _tags(self, group: dict[str, Any]) -> dict[str, str] | None:
        answer = await self.maybe("list_tags_for_resource", _GONE, resourceArn=_arn(group))
        return None if answer is None else answer.get("tags", {})

    async def _retain(self, name: str, days: int | None) -> None:
        if days is not None:
            await self.call("put_retention_policy", logGroupName=name, retentionInDays=days)

    async def _encrypt(self, name: str, old: str | None, new: str | None) -> None:
        if new == old:
            return
        if new is None:
            await self.call("disassociate_kms_key", logGroupName=name)
        else:
            await self.call("associate_kms_key", logGroupName=name, kmsKeyId=new)

    async def _retag(self, name: str, old: Properties, new: Properties) -> None:
        put, removed = retagged(old, new)
        if not put and not removed:
            return
        group = await self._group(name)
        if group is None:
            return
        if put:
            await self.call("tag_resource", resourceArn=_arn(group), tags=put)
        if removed:
            await self.call("untag_resource", resourceArn=_arn(group), tagKeys=removed)


def _arn(group: dict[str, Any]) -> str:
    """The ARN that the tagging calls take: the group's own, without the streams' `:*`."""
    return str(group["arn"]).removesuffix(":*")


PROVIDERS = (LogGroupProvider,)
