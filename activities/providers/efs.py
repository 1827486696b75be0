"""EFS: file systems. Their mount targets and access points are in efs_doors."""

from functools import partial
from typing import Any

from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.efs_doors import PROVIDERS as DOORS
from panka.activities.providers.efs_parts import GONE, EfsProvider
from panka.activities.providers.ownership import once
from panka.activities.providers.provider import Observed, tag_list, tag_map
from panka.activities.providers.shapes import covers, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_CREATED = (
    "AvailabilityZoneName",
    "Encrypted",
    "KmsKeyId",
    "PerformanceMode",
    "ProvisionedThroughputInMibps",
    "ThroughputMode",
)
_ASIDE = ("BackupPolicy", "FileSystemPolicy", "FileSystemProtection", "LifecyclePolicies")
_NAMES = (*_CREATED, *_ASIDE, "BypassPolicyLockoutSafetyCheck", "FileSystemTags")
_NO_POLICY = GONE | {"PolicyNotFound"}


class FileSystemProvider(EfsProvider):
    """EFS keeps the token of a create, so a run makes one; another run finds it by its tags.

    Backups, policies and protection are calls of their own, which EFS takes when the file system is there.
    """

    type = "AWS::EFS::FileSystem"
    noun = "file_system"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        aside = await self._aside(live) if live else None
        if live is None or aside is None:
            return None
        properties = {
            **{name: live.get(name) or None for name in _CREATED},
            "ProvisionedThroughputInMibps": _speed(live).get("ProvisionedThroughputInMibps"),
            **aside,
            "FileSystemTags": tag_list(tag_map(live.get("Tags"))),
        }
        return Observed(told(properties), {"Arn": live["FileSystemArn"], "FileSystemId": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:  # noqa: ARG002  # the tags say it all
        return await self._tagged(owner)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, _NAMES)
        asked = {name: properties[name] for name in _CREATED if name in properties}
        if "BackupPolicy" in properties:
            asked["Backup"] = properties["BackupPolicy"]["Status"] == "ENABLED"

        async def make() -> str:
            tags = properties.get("FileSystemTags", [])
            made = await self.call("create_file_system", CreationToken=token, Tags=tags, **asked)
            return str(made["FileSystemId"])

        id = await once(self, partial(self.find, owner, properties), make, frozenset({"FileSystemAlreadyExists"}))
        await self._set(id, _defaults(properties) | told({"BackupPolicy": properties.get("BackupPolicy")}), properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if (speed := _speed(new)) != _speed(old):
            await self._when_free("update_file_system", FileSystemId=id, **speed)
        await self._set(id, old, new)
        await self._retag(id, "FileSystemTags", old, new)

    async def _set(self, id: str, old: Properties, new: Properties) -> None:
        """What calls of their own set."""
        live, wanted = {**_defaults(new), **old}, {**_defaults(new), **new}
        if _sorted(live["LifecyclePolicies"]) != _sorted(wanted["LifecyclePolicies"]):
            moves = wanted["LifecyclePolicies"]
            await self._when_free("put_lifecycle_configuration", FileSystemId=id, LifecyclePolicies=moves)
        if live["BackupPolicy"] != wanted["BackupPolicy"]:
            await self._when_free("put_backup_policy", FileSystemId=id, BackupPolicy=wanted["BackupPolicy"])
        if live["FileSystemProtection"] != wanted["FileSystemProtection"]:
            await self._when_free("update_file_system_protection", FileSystemId=id, **wanted["FileSystemProtection"])
        policy = as_parsed(wanted.get("FileSystemPolicy"))
        if policy is None and live.get("FileSystemPolicy") is not None:
            await self._when_free("delete_file_system_policy", FileSystemId=id)
        elif policy is not None and not covers(live.get("FileSystemPolicy"), policy):
            unchecked = told({"BypassPolicyLockoutSafetyCheck": new.get("BypassPolicyLockoutSafetyCheck")})
            await self._when_free("put_file_system_policy", FileSystemId=id, Policy=written(policy), **unchecked)

    async def _aside(self, live: dict[str, Any]) -> Properties | None:
        """What calls of their own tell; None: it is gone meanwhile."""
        id = live["FileSystemId"]
        backup = await self.maybe("describe_backup_policy", _NO_POLICY, FileSystemId=id)
        policy = await self.maybe("describe_file_system_policy", _NO_POLICY, FileSystemId=id)
        moves = await self.maybe("describe_lifecycle_configuration", GONE, FileSystemId=id)
        if moves is None:
            return None
        # On the way (ENABLING) is as good as there.
        on = backup is not None and backup["BackupPolicy"]["Status"].startswith("ENABL")
        # The target of a replication is protected by nobody's choice.
        protection = live.get("FileSystemProtection")
        chosen = protection is not None and protection["ReplicationOverwriteProtection"] != "REPLICATING"
        return {
            "BackupPolicy": {"Status": "ENABLED" if on else "DISABLED"},
            "FileSystemPolicy": parsed(policy["Policy"]) if policy else None,
            "FileSystemProtection": protection if chosen else None,
            "LifecyclePolicies": moves.get("LifecyclePolicies"),
        }


def _defaults(properties: Properties) -> Properties:
    """What EFS sets where nothing is said; what stands in one zone it saves."""
    return {
        "BackupPolicy": {"Status": "ENABLED" if "AvailabilityZoneName" in properties else "DISABLED"},
        "FileSystemProtection": {"ReplicationOverwriteProtection": "ENABLED"},
        "LifecyclePolicies": [],
    }


def _speed(properties: Properties) -> dict[str, Any]:
    mode = properties.get("ThroughputMode", "bursting")
    bought = {"ProvisionedThroughputInMibps": properties.get("ProvisionedThroughputInMibps")}
    return {"ThroughputMode": mode, **(told(bought) if mode == "provisioned" else {})}


def _sorted(policies: list[dict[str, str]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(policy.items()) for policy in policies)


PROVIDERS = (FileSystemProvider, *DOORS)
