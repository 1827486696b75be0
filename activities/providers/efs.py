"""EFS: file systems. Their mount targets and access points are in efs_doors."""

from functools import partial
from typing import Any

from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.efs_doors import AccessPointProvider, MountTargetProvider
from panka.activities.providers.efs_parts import GONE, ending, readiness, retag, when_free
from panka.activities.providers.ownership import once
from panka.activities.providers.provider import Ending, Observed, Provider, Readiness, is_ours, tag_list, tag_map
from panka.activities.providers.shapes import covers, every, settable, told
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


class FileSystemProvider(Provider):
    """EFS keeps the token of a create, so a run makes one; another run finds it by its tags.

    Backups, policies and protection are calls of their own, which EFS takes when the file system is there.
    """

    type = "AWS::EFS::FileSystem"
    service = "efs"

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
        there = await every(self, "describe_file_systems", "FileSystems", "Marker", "NextMarker")
        stays = [live for live in there if live.get("LifeCycleState") not in {"deleting", "deleted"}]
        ours = [live for live in stays if is_ours(owner, tag_map(live.get("Tags")))]
        return min((str(live["FileSystemId"]) for live in ours), default=None)

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
            await when_free(self, "update_file_system", FileSystemId=id, **speed)
        await self._set(id, old, new)
        await retag(self, id, "FileSystemTags", old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # EFS takes no snapshots
        live = await self._live(id)
        if live is not None and live.get("LifeCycleState") != "deleting":
            # Its mount targets go first, and take a minute.
            await when_free(self, "delete_file_system", missing=GONE, FileSystemId=id)

    async def ready(self, id: str) -> Readiness:
        return readiness(await self._live(id), "the file system")

    async def gone(self, id: str) -> Readiness:
        return ending(await self._live(id), "the file system")

    async def _set(self, id: str, old: Properties, new: Properties) -> None:
        """What calls of their own set."""
        live, wanted = {**_defaults(new), **old}, {**_defaults(new), **new}
        if _sorted(live["LifecyclePolicies"]) != _sorted(wanted["LifecyclePolicies"]):
            moves = wanted["LifecyclePolicies"]
            await when_free(self, "put_lifecycle_configuration", FileSystemId=id, LifecyclePolicies=moves)
        if live["BackupPolicy"] != wanted["BackupPolicy"]:
            await when_free(self, "put_backup_policy", FileSystemId=id, BackupPolicy=wanted["BackupPolicy"])
        if live["FileSystemProtection"] != wanted["FileSystemProtection"]:
            await when_free(self, "update_file_system_protection", FileSystemId=id, **wanted["FileSystemProtection"])
        policy = as_parsed(wanted.get("FileSystemPolicy"))
        if policy is None and live.get("FileSystemPolicy") is not None:
            await when_free(self, "delete_file_system_policy", FileSystemId=id)
        elif policy is not None and not covers(live.get("FileSystemPolicy"), policy):
            unchecked = told({"BypassPolicyLockoutSafetyCheck": new.get("BypassPolicyLockoutSafetyCheck")})
            await when_free(self, "put_file_system_policy", FileSystemId=id, Policy=written(policy), **unchecked)

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_file_systems", GONE, FileSystemId=id)
        found: list[dict[str, Any]] = answer["FileSystems"] if answer else []
        return next((live for live in found if live.get("LifeCycleState") != "deleted"), None)

    async def _aside(self, live: dict[str, Any]) -> Properties | None:
        """What calls of their own tell; None: it is gone meanwhile."""
        id = live["FileSystemId"]
        backup = await self.maybe("describe_backup_policy", _NO_POLICY, FileSystemId=id)
        policy = await self.maybe("describe_file_system_policy", _NO_POLICY, FileSystemId=id)
        moves = await self.maybe("describe_lifecycle_configuration", GONE, FileSystemId=id)
        # On the way (ENABLING) is as good as there.
        on = backup is not None and backup["BackupPolicy"]["Status"].startswith("ENABL")
        return moves and {
            "BackupPolicy": {"Status": "ENABLED" if on else "DISABLED"},
            "FileSystemPolicy": parsed(policy["Policy"]) if policy else None,
            "FileSystemProtection": live.get("FileSystemProtection"),
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


PROVIDERS = (FileSystemProvider, MountTargetProvider, AccessPointProvider)
