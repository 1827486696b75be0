"""EFS: the doors of a file system: mount targets in subnets, and access points to its folders."""

from functools import partial
from typing import Any

from panka.activities.aws.errors import NotOurs, TryLater
from panka.activities.providers.efs_parts import GONE, EfsProvider
from panka.activities.providers.ownership import of_our_stack, once
from panka.activities.providers.provider import Observed, tag_list, tag_map
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_NUMBERS = frozenset({"Gid", "OwnerGid", "OwnerUid", "SecondaryGids", "Uid"})
_NOT_YET = GONE | {"IncorrectMountTargetState"}


class MountTargetProvider(EfsProvider):
    """A file system has one in a subnet at most. It has no tags: it is ours when its file system is."""

    type = "AWS::EFS::MountTarget"
    noun = "mount_target"
    _names = ("FileSystemId", "IpAddress", "IpAddressType", "Ipv6Address", "SecurityGroups", "SubnetId")

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        groups = await self.maybe("describe_mount_target_security_groups", _NOT_YET, MountTargetId=id)
        properties = {
            **{name: live.get(name) for name in ("FileSystemId", "IpAddress", "Ipv6Address", "SubnetId")},
            "SecurityGroups": sorted((groups or {}).get("SecurityGroups") or []),
        }
        return Observed(told(properties), {"Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        files, subnet = properties.get("FileSystemId"), properties.get("SubnetId")
        if not files or not subnet:
            return None
        live = next((one for one in await self._list(FileSystemId=files) if one["SubnetId"] == subnet), None)
        if live is None:
            return None
        answer = await self.maybe("describe_file_systems", GONE, FileSystemId=files)
        tags = tag_map(answer["FileSystems"][0].get("Tags")) if answer and answer["FileSystems"] else {}
        if not of_our_stack(owner, tags):
            raise NotOurs(f"{files} has a mount target in {subnet}, and is not of {owner.scope}.")
        if live.get("LifeCycleState") == "deleting":
            raise TryLater(f"The last mount target of {files} in {subnet} is still being deleted.", seconds=5)
        return str(live["MountTargetId"])

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the subnet is the token
        settable(self.type, properties, self._names)
        asked = {name: properties[name] for name in self._names if name in properties}

        async def make() -> str:
            return str((await self._when_free("create_mount_target", **asked))["MountTargetId"])

        return await once(self, partial(self.find, owner, properties), make, frozenset({"MountTargetConflict"}))

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        groups = sorted(new.get("SecurityGroups", []))
        if groups and groups != sorted(old.get("SecurityGroups", [])):
            await self._when_free("modify_mount_target_security_groups", MountTargetId=id, SecurityGroups=groups)


class AccessPointProvider(EfsProvider):
    """EFS keeps the token of a create, so a run makes one; another run finds it by its tags."""

    type = "AWS::EFS::AccessPoint"
    noun = "access_point"
    paging = ("NextToken", "NextToken")
    _names = ("AccessPointTags", "FileSystemId", "PosixUser", "RootDirectory")

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        folder = live.get("RootDirectory") or {}
        properties = {
            "FileSystemId": live["FileSystemId"],
            "PosixUser": _texts(live.get("PosixUser") or {}),
            "RootDirectory": {**folder, **told({"CreationInfo": _texts(folder.get("CreationInfo") or {})})},
            "AccessPointTags": tag_list(tag_map(live.get("Tags"))),
        }
        return Observed(told(properties), {"AccessPointId": id, "Arn": live["AccessPointArn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        return await self._tagged(owner, **told({"FileSystemId": properties.get("FileSystemId")}))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, self._names)
        asked = {
            "ClientToken": token,
            "FileSystemId": properties["FileSystemId"],
            "PosixUser": _numbers(properties.get("PosixUser", {})),
            "RootDirectory": _numbers(properties.get("RootDirectory", {})),
            "Tags": properties.get("AccessPointTags", []),
        }

        async def make() -> str:
            return str((await self._when_free("create_access_point", **told(asked)))["AccessPointId"])

        return await once(self, partial(self.find, owner, properties), make, frozenset({"AccessPointAlreadyExists"}))

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        await self._retag(id, "AccessPointTags", old, new)


def _numbers(said: Any, name: str = "") -> Any:
    """Users and groups as EFS takes them; CloudFormation writes them as texts."""
    if isinstance(said, dict):
        return {key: _numbers(value, key) for key, value in said.items()}
    if isinstance(said, list):
        return [_numbers(one, name) for one in said]
    return int(said) if name in _NUMBERS else said


def _texts(live: dict[str, Any]) -> Properties:
    """The same as CloudFormation writes them."""
    return {
        name: [str(one) for one in value] if isinstance(value, list) else str(value) for name, value in live.items()
    }


PROVIDERS: tuple[type[EfsProvider], ...] = (MountTargetProvider, AccessPointProvider)
