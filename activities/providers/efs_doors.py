"""EFS: the doors of a file system: mount targets in subnets, and access points to its folders."""

from functools import partial
from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.providers.efs_parts import GONE, ending, readiness, retag, when_free
from panka.activities.providers.ownership import of_our_stack, once
from panka.activities.providers.provider import Ending, Observed, Provider, Readiness, is_ours, tag_list, tag_map
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GOING = frozenset({"deleting", "deleted"})
_NOT_YET = GONE | {"IncorrectMountTargetState"}


class MountTargetProvider(Provider):
    """A file system has one in a subnet at most. It has no tags: it is ours when its file system is."""

    type = "AWS::EFS::MountTarget"
    service = "efs"
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
        live = await self._in_subnet(files, subnet)
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
            return str((await when_free(self, "create_mount_target", **asked))["MountTargetId"])

        return await once(self, partial(self.find, owner, properties), make, frozenset({"MountTargetConflict"}))

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        groups = sorted(new.get("SecurityGroups", []))
        if groups and groups != sorted(old.get("SecurityGroups", [])):
            await when_free(self, "modify_mount_target_security_groups", MountTargetId=id, SecurityGroups=groups)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a door holds nothing
        live = await self._live(id)
        if live is not None and live.get("LifeCycleState") != "deleting":
            await when_free(self, "delete_mount_target", missing=GONE, MountTargetId=id)

    async def ready(self, id: str) -> Readiness:
        return readiness(await self._live(id), "the mount target")

    async def gone(self, id: str) -> Readiness:
        return ending(await self._live(id), "the mount target")

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_mount_targets", GONE, MountTargetId=id)
        found: list[dict[str, Any]] = answer["MountTargets"] if answer else []
        return next((live for live in found if live.get("LifeCycleState") != "deleted"), None)

    async def _in_subnet(self, files: str, subnet: str) -> dict[str, Any] | None:
        try:
            there = await every(
                self, "describe_mount_targets", "MountTargets", "Marker", "NextMarker", FileSystemId=files
            )
        except AwsError as error:
            if error.code in GONE:
                return None
            raise
        stays = (live for live in there if live.get("LifeCycleState") != "deleted")
        return next((live for live in stays if live["SubnetId"] == subnet), None)


class AccessPointProvider(Provider):
    """EFS keeps the token of a create, so a run makes one; another run finds it by its tags."""

    type = "AWS::EFS::AccessPoint"
    service = "efs"
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
        where = told({"FileSystemId": properties.get("FileSystemId")})
        try:
            there = await every(self, "describe_access_points", "AccessPoints", "NextToken", "NextToken", **where)
        except AwsError as error:
            if error.code in GONE:
                return None
            raise
        stays = [live for live in there if live.get("LifeCycleState") not in _GOING]
        ours = [live for live in stays if is_ours(owner, tag_map(live.get("Tags")))]
        return min((str(live["AccessPointId"]) for live in ours), default=None)

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
            return str((await when_free(self, "create_access_point", **told(asked)))["AccessPointId"])

        return await once(self, partial(self.find, owner, properties), make, frozenset({"AccessPointAlreadyExists"}))

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        await retag(self, id, "AccessPointTags", old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # the folder stays in the file system
        live = await self._live(id)
        if live is not None and live.get("LifeCycleState") != "deleting":
            await when_free(self, "delete_access_point", missing=GONE, AccessPointId=id)

    async def ready(self, id: str) -> Readiness:
        return readiness(await self._live(id), "the access point")

    async def gone(self, id: str) -> Readiness:
        return ending(await self._live(id), "the access point")

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_access_points", GONE, AccessPointId=id)
        found: list[dict[str, Any]] = answer["AccessPoints"] if answer else []
        return next((live for live in found if live.get("LifeCycleState") != "deleted"), None)


_NUMBERS = frozenset({"Gid", "OwnerGid", "OwnerUid", "SecondaryGids", "Uid"})


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
