"""Secrets Manager: secrets. Their policies and their rotation are in secretsmanager_parts."""

import hashlib
import json
import re
from typing import Any

from panka.activities.aws.errors import AwsError, Cause, TryLater
from panka.activities.providers.documents import written
from panka.activities.providers.ownership import claim, retagged, unless_taken
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
from panka.activities.providers.secretsmanager_parts import (
    GONE,
    ResourcePolicyProvider,
    RotationScheduleProvider,
    described,
)
from panka.activities.providers.shapes import differing, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_TAKEN = frozenset({"ResourceExistsException"})
_ENDING = frozenset({"InvalidRequestException"})
"""What Secrets Manager says of a secret that waits for its deletion."""
_NAMES = (
    "Description",
    "GenerateSecretString",
    "KmsKeyId",
    "Name",
    "ReplicaRegions",
    "SecretString",
    "Type",
)
_AWS_KEY = "alias/aws/secretsmanager"
_DEFAULTS = {"Description": "", "KmsKeyId": _AWS_KEY}
_OURS = re.compile(r"[0-9a-f]{64}")
"""What the ids of versions look like whose values were generated here."""


class SecretProvider(Provider):
    """A secret's name is unique in account and region; its id is its ARN.

    A generated value goes from one call of Secrets Manager straight into the next and is never kept or told. What it
    was to be like is told by the id of its version: 32 digits that make it once, and 32 of what was asked for.
    """

    type = "AWS::SecretsManager::Secret"
    service = "secretsmanager"

    async def read(self, id: str) -> Observed | None:
        live = await described(self, id)
        if live is None:
            return None
        properties = {
            "Name": live["Name"],
            "Description": live.get("Description") or None,
            "KmsKeyId": _own_key(live),
            "ReplicaRegions": _replicas(live),
            "Type": live.get("Type"),
            "Tags": tag_list(tag_map(live.get("Tags"))),
        }
        return Observed(told(properties), {"Id": live["ARN"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        """A secret that waits for its deletion is not found; `create` restores it."""
        name: str = properties["Name"]
        live = await described(self, name)
        return None if live is None else claim(owner, live["ARN"], f"The secret {name}", tag_map(live.get("Tags")))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, _NAMES)
        if await self._restored(owner, properties):
            return await self._as_wanted(owner, properties)
        names = ("Description", "KmsKeyId", "Name", "Type")
        asked = {name: properties[name] for name in names if name in properties}
        made = self.call(
            "create_secret",
            ClientRequestToken=_version(token, properties),
            Tags=tag_list(tag_map(properties.get("Tags")) | owner.tags()),
            **asked,
            **told({"AddReplicaRegions": properties.get("ReplicaRegions")}),
            **await self._value(properties),
        )
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        found = await self.find(owner, properties)
        if found is None:
            raise TryLater(f"Secrets Manager does not show the secret {properties['Name']} yet.", seconds=2)
        return found

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        change = differing(old, new, _DEFAULTS, _DEFAULTS) | differing(old, new, ("Type",))
        if change:
            await self.call("update_secret", SecretId=id, **change)
        await self._renew(id, new)
        await self._replicate(id, old, new)
        put, removed = retagged(old, new)
        if put:
            await self.call("tag_resource", SecretId=id, Tags=tag_list(put))
        if removed:
            await self.call("untag_resource", SecretId=id, TagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:
        live = await self.maybe("describe_secret", GONE, SecretId=id)
        if live is None or ("DeletedDate" in live and not how.force):
            return
        # Secrets Manager deletes no secret that still has replicas.
        regions = [one["Region"] for one in live.get("ReplicationStatus", [])]
        if regions and "DeletedDate" not in live:
            await self.call("remove_regions_from_replication", SecretId=id, RemoveReplicaRegions=regions)
        force = {"ForceDeleteWithoutRecovery": True} if how.force else {}
        try:
            await self.maybe("delete_secret", GONE, SecretId=id, **force)
        except AwsError as error:
            if "replica" in error.message:
                raise TryLater("The secret's copies in other regions are still being deleted.", seconds=5) from error
            raise

    async def ready(self, id: str) -> Readiness:
        live = await described(self, id)
        if live is None:
            return Waiting("Secrets Manager does not show the secret yet")
        for replica in live.get("ReplicationStatus", []):
            if replica.get("Status") == "Failed":
                return Failed(
                    f"The copy in {replica['Region']} failed: {replica.get('StatusMessage', 'no reason told')}."
                )
            if replica.get("Status") == "InProgress":
                return Waiting(f"the copy in {replica['Region']} is being made")
        return Ready()

    async def _value(self, properties: Properties) -> dict[str, str]:
        """The value to set, generated if it is to be; nothing for a secret that is made empty."""
        if "SecretString" in properties:
            return {"SecretString": str(properties["SecretString"])}
        if "GenerateSecretString" not in properties:
            return {}
        rules = dict(properties["GenerateSecretString"])
        template, key = rules.pop("SecretStringTemplate", None), rules.pop("GenerateStringKey", None)
        if (template is None) != (key is None):
            message = "SecretStringTemplate and GenerateStringKey need each other."
            raise AwsError(Cause.FINAL, "IncompleteTemplate", message, self.type, sent=False)
        value: str = (await self.call("get_random_password", **rules))["RandomPassword"]
        return {"SecretString": value if template is None else json.dumps({**json.loads(template), key: value})}

    async def _renew(self, id: str, wanted: Properties) -> None:
        """Sets the value that is wanted, where the one in force is another.

        A generated one is another when it was generated here to other rules: what a rotation or a person has put in
        since stays.
        """
        if "SecretString" in wanted:
            current = await self.maybe("get_secret_value", GONE, SecretId=id)
            given = await self._value(wanted)
            if current is None or current.get("SecretString") != given["SecretString"]:
                await self.call("put_secret_value", SecretId=id, **given)
        elif "GenerateSecretString" in wanted:
            version = _current(await described(self, id) or {})
            if version is not None and not _OURS.fullmatch(version):
                return
            # Made of the version that it follows: the same however often this is tried.
            token = _version(hashlib.sha256((version or id).encode()).hexdigest()[:32], wanted)
            if version is None or version[32:] != token[32:]:
                value = await self._value(wanted)
                await self.call("put_secret_value", SecretId=id, ClientRequestToken=token, **value)

    async def _replicate(self, id: str, old: Properties, new: Properties) -> None:
        live = {one["Region"]: one for one in old.get("ReplicaRegions", [])}
        wanted = {one["Region"]: one for one in new.get("ReplicaRegions", [])}
        # A copy's key cannot change: it goes, and is made anew.
        changed = [region for region in wanted if region in live and wanted[region] != live[region]]
        if gone := sorted({*live} - {*wanted} | {*changed}):
            await self.call("remove_regions_from_replication", SecretId=id, RemoveReplicaRegions=gone)
        if added := [wanted[region] for region in wanted if region not in live or region in changed]:
            await self.call("replicate_secret_to_regions", SecretId=id, AddReplicaRegions=added)

    async def _restored(self, owner: Owner, properties: Properties) -> bool:
        """Whether the name was kept by a secret of ours that waited for its deletion, and does so no more."""
        name: str = properties["Name"]
        live = await self.maybe("describe_secret", GONE, SecretId=name)
        if live is None or "DeletedDate" not in live:
            return False
        claim(owner, live["ARN"], f"The secret {name}, which waits for its deletion,", tag_map(live.get("Tags")))
        try:
            await self.call("restore_secret", SecretId=live["ARN"])
        except AwsError as error:
            if error.code in GONE | _ENDING:
                raise TryLater(f"The last secret {name} is still being deleted.", seconds=5) from error
            raise
        return True

    async def _as_wanted(self, owner: Owner, properties: Properties) -> str:
        id = await self.find(owner, properties)
        live = await self.read(id) if id else None
        if id is None or live is None:
            raise TryLater(f"Secrets Manager is still restoring the secret {properties['Name']}.", seconds=2)
        await self.update(id, live.properties, properties)
        return id


def _version(token: str, properties: Properties) -> str:
    """The id of a version: a token that makes it once and, for a generated value, what was asked for."""
    if "GenerateSecretString" not in properties or "SecretString" in properties:
        return token
    return token + hashlib.sha256(written(properties["GenerateSecretString"]).encode()).hexdigest()[:32]


def _current(live: dict[str, Any]) -> str | None:
    stages = live.get("VersionIdsToStages", {})
    return next((version for version, names in stages.items() if "AWSCURRENT" in names), None)


def _replicas(live: dict[str, Any]) -> list[dict[str, str]]:
    """The copies in other regions."""
    copies = sorted(live.get("ReplicationStatus", []), key=lambda one: str(one["Region"]))
    return [told({"Region": one["Region"], "KmsKeyId": _own_key(one)}) for one in copies]


def _own_key(live: dict[str, Any]) -> str | None:
    """The key of a secret or a copy, where it is not AWS's own."""
    key = live.get("KmsKeyId") or _AWS_KEY
    return None if key == _AWS_KEY else str(key)


PROVIDERS = (SecretProvider, RotationScheduleProvider, ResourcePolicyProvider)
