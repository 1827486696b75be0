"""Key Management Service: keys and their aliases."""

import asyncio
from typing import Any

from panka.activities.aws.errors import AwsError, Cause, NotOurs
from panka.activities.providers.documents import as_parsed, written
from panka.activities.providers.ownership import of_our_stack, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, tag_list, tag_map
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NotFoundException"})
_ENDED = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
_FIXED = ("KeySpec", "KeyUsage", "MultiRegion", "Origin")
_NAMES = (
    *_FIXED,
    "BypassPolicyLockoutSafetyCheck",
    "Description",
    "EnableKeyRotation",
    "Enabled",
    "KeyPolicy",
    "PendingWindowInDays",
    "RotationPeriodInDays",
)
_WINDOW = "panka:deletion-window"
"""The tag that keeps PendingWindowInDays, which KMS wants to hear when the key is deleted and not before."""
_SHORTEST = 7
"""Days: KMS deletes nothing sooner."""
_YEAR = 365
_NO_ROTATION = frozenset({"UnsupportedOperationException"})
"""What KMS says of keys that cannot rotate: asymmetric ones, and those whose material is the user's."""
_AT_ONCE = 32
"""How many keys are asked for their tags at a time."""


class KeyProvider(Provider):
    """KMS gives a key its id and knows no client token, so that a key is found by its tags.

    Finding one takes a call per key of the account and region. A key that waits for its deletion counts as gone.
    """

    type = "AWS::KMS::Key"
    service = "kms"

    async def read(self, id: str) -> Observed | None:
        key = await self._live(id)
        if key is None:
            return None
        tags = await self._tags(id)
        policy = await self.call("get_key_policy", KeyId=id, PolicyName="default")
        properties = {
            **{name: key.get(name) for name in ("Description", "Enabled", *_FIXED)},
            "KeyPolicy": as_parsed(policy["Policy"]),
            "PendingWindowInDays": int(tags[_WINDOW]) if _WINDOW in tags else None,
            **await self._rotation(id),
            "Tags": tag_list({name: value for name, value in tags.items() if name != _WINDOW}),
        }
        return Observed(told(properties), {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:  # noqa: ARG002  # a key has no name
        keys = [one["KeyId"] for one in await every(self, "list_keys", "Keys", "Marker", "NextMarker")]
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            for key, tags in zip(some, await asyncio.gather(*map(self._tags, some)), strict=True):
                if is_ours(owner, tags) and await self._live(key) is not None:
                    return str(key)
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # KMS knows no tokens
        settable(self.type, properties, _NAMES)
        if found := await self.find(owner, properties):
            return found
        names = ("BypassPolicyLockoutSafetyCheck", "Description", *_FIXED)
        asked = {name: properties[name] for name in names if name in properties}
        if "KeyPolicy" in properties:
            asked["Policy"] = written(properties["KeyPolicy"])
        tags = tag_map(properties.get("Tags")) | owner.tags() | _window(properties)
        made = await self.call("create_key", Tags=_listed(tags), **asked)
        id = str(made["KeyMetadata"]["KeyId"])
        await self._rotate(id, {}, properties)
        if not properties.get("Enabled", True):
            await self.call("disable_key", KeyId=id)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if fixed := sorted(differing(old, new, _FIXED)):
            message = f"KMS cannot change {', '.join(fixed)} of a key."
            raise AwsError(Cause.FINAL, "UnchangeableProperty", message, self.type, sent=False)
        enabled = differing(old, new, ("Enabled",), {"Enabled": True})
        if enabled.get("Enabled"):
            # KMS changes the rotation of enabled keys alone.
            await self.call("enable_key", KeyId=id)
        if change := differing(old, new, ("Description",), {"Description": ""}):
            await self.call("update_key_description", KeyId=id, **change)
        await self._permit(id, old, new)
        await self._rotate(id, old, new)
        if enabled and not enabled["Enabled"]:
            await self.call("disable_key", KeyId=id)
        await self._retag(id, old, new)

    async def delete(self, id: str, how: Ending) -> None:
        if await self._live(id) is None:
            return
        chosen = (await self._tags(id)).get(_WINDOW)
        days = int(chosen) if chosen else _SHORTEST if how.force else None
        await self.maybe("schedule_key_deletion", _GONE, KeyId=id, **told({"PendingWindowInDays": days}))

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_key", _GONE, KeyId=id)
        key: dict[str, Any] | None = answer["KeyMetadata"] if answer else None
        return None if key is None or key["KeyState"] in _ENDED else key

    async def _tags(self, id: str) -> dict[str, str]:
        return await tags_of(self, id) or {}

    async def _rotation(self, id: str) -> Properties:
        status = await self.maybe("get_key_rotation_status", _NO_ROTATION, KeyId=id)
        if status is None:
            return {}
        turns = bool(status["KeyRotationEnabled"])
        period = status.get("RotationPeriodInDays") if turns else None
        return {"EnableKeyRotation": turns, "RotationPeriodInDays": period}

    async def _rotate(self, id: str, old: Properties, new: Properties) -> None:
        if not new.get("EnableKeyRotation"):
            if old.get("EnableKeyRotation"):
                await self.call("disable_key_rotation", KeyId=id)
            return
        wanted = {"EnableKeyRotation": True, "RotationPeriodInDays": new.get("RotationPeriodInDays", _YEAR)}
        if differing({"RotationPeriodInDays": _YEAR, **old}, wanted, wanted):
            period = {"RotationPeriodInDays": wanted["RotationPeriodInDays"]}
            await self.call("enable_key_rotation", KeyId=id, **period)

    async def _permit(self, id: str, old: Properties, new: Properties) -> None:
        live = as_parsed(old.get("KeyPolicy", {}))
        wanted = as_parsed(new.get("KeyPolicy", self._default_policy()))
        if wanted == live or ("KeyPolicy" not in new and wanted["Statement"] == live.get("Statement")):
            return
        bypass = bool(new.get("BypassPolicyLockoutSafetyCheck"))
        await self.call(
            "put_key_policy",
            KeyId=id,
            PolicyName="default",
            Policy=written(wanted),
            BypassPolicyLockoutSafetyCheck=bypass,
        )

    def _default_policy(self) -> Properties:
        """The policy that KMS gives a key which comes without one: the account's IAM decides."""
        everything = {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{self.cloud.partition}:iam::{self.cloud.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        return {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [everything]}

    async def _retag(self, id: str, old: Properties, new: Properties) -> None:
        put, removed = retagged(old, new)
        before, after = _window(old), _window(new)
        if before != after:
            put |= after
            removed += [key for key in before if key not in after]
        if put:
            await self.call("tag_resource", KeyId=id, Tags=_listed(put))
        if removed:
            await self.call("untag_resource", KeyId=id, TagKeys=removed)


class AliasProvider(Provider):
    """A name for a key, unique in account and region. It has no tags: it is ours when the key that bears it is."""

    type = "AWS::KMS::Alias"
    service = "kms"
    _names = ("AliasName", "TargetKeyId")

    async def read(self, id: str) -> Observed | None:
        key = await self._bearer(id)
        return None if key is None else Observed({"AliasName": id, "TargetKeyId": key})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["AliasName"]
        key = await self._bearer(name)
        if key is None:
            return None
        if not of_our_stack(owner, await tags_of(self, key) or {}):
            raise NotOurs(f"The alias {name} names a key that does not belong to {owner.scope}.")
        return name

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        key: str = properties["TargetKeyId"]
        if not of_our_stack(owner, await tags_of(self, key) or {}):
            raise NotOurs(f"The key {key} does not belong to {owner.scope}, so it gets no alias.")
        name: str = properties["AliasName"]
        made = self.call("create_alias", AliasName=name, TargetKeyId=key)
        await unless_taken(made, frozenset({"AlreadyExistsException"}), lambda: self.find(owner, properties))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if _key_id(new["TargetKeyId"]) != _key_id(old["TargetKeyId"]):
            await self.call("update_alias", AliasName=id, TargetKeyId=new["TargetKeyId"])

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # an alias holds nothing
        await self.maybe("delete_alias", _GONE, AliasName=id)

    async def _bearer(self, name: str) -> str | None:
        answer = await self.maybe("describe_key", _GONE, KeyId=name)
        return str(answer["KeyMetadata"]["KeyId"]) if answer else None


async def tags_of(provider: Provider, key: str) -> dict[str, str] | None:
    """A key's tags; None when it is gone, or is none that may be asked: AWS's own, or one whose policy forbids it."""
    try:
        tags = await every(provider, "list_resource_tags", "Tags", "Marker", "NextMarker", KeyId=key)
    except AwsError as error:
        if error.code in _GONE or error.denied:
            return None
        raise
    return {tag["TagKey"]: tag["TagValue"] for tag in tags}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tag_list(tags)]


def _window(properties: Properties) -> dict[str, str]:
    days = properties.get("PendingWindowInDays")
    return {} if days is None else {_WINDOW: str(days)}


def _key_id(key: str) -> str:
    """The id in an ARN of a key."""
    return key.rpartition("/")[2]


PROVIDERS = (KeyProvider, AliasProvider)
