"""EC2: disks (EBS)."""

from typing import Any

from panka.activities.aws.errors import AwsError, Cause, TryLater
from panka.activities.providers.ec2_unnamed import Listing, UnnamedProvider, retag
from panka.activities.providers.ownership import once
from panka.activities.providers.provider import Ending, Failed, Observed, Readiness, Ready, Waiting, tag_list, tag_map
from panka.activities.providers.shapes import differing, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_CHANGEABLE = ("Iops", "MultiAttachEnabled", "Size", "Throughput", "VolumeType")
_FIXED = (
    "AvailabilityZone",
    "AvailabilityZoneId",
    "Encrypted",
    "KmsKeyId",
    "OutpostArn",
    "SnapshotId",
    "VolumeInitializationRate",
)
_NAMES = (*_CHANGEABLE, *_FIXED)
_IOPS = frozenset({"gp3", "io1", "io2"})
"""Types whose operations per second are bought; those of the others come with their size."""
_NEVER = frozenset({"InvalidVolumeModification.NotFound"})


class VolumeProvider(UnnamedProvider):
    """A disk. EC2 changes one while it is in use, and then not again for six hours."""

    type = "AWS::EC2::Volume"
    listing = Listing(
        "describe_volumes",
        "Volumes",
        "VolumeId",
        "volume",
        "delete_volume",
        "the volume",
        usable=frozenset({"available", "in-use"}),
    )

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        properties = {name: live.get(name) for name in _NAMES}
        if live.get("VolumeType") not in _IOPS:
            del properties["Iops"]
        if live.get("VolumeType") != "gp3":
            del properties["Throughput"]
        properties["SnapshotId"] = live.get("SnapshotId") or None
        properties["Tags"] = tag_list(tag_map(live.get("Tags")))
        return Observed(told(properties), {"VolumeId": id})

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, _NAMES)
        asked = {name: properties[name] for name in _NAMES if name in properties}
        if "VolumeType" in asked:
            asked["VolumeType"] = str(asked["VolumeType"]).lower()
        return await self._make(owner, properties, "create_volume", ClientToken=token, **asked)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if change := changes(old, new):
            try:
                await self.call("modify_volume", VolumeId=id, **change)
            except AwsError as error:
                if error.code == "IncorrectModificationState" and await self._changing(id) is not None:
                    raise TryLater(f"EC2 is still changing the volume {id}.", seconds=10) from error
                raise
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:
        live = await self._live(id) if how.snapshot else None
        if how.snapshot and live is not None:
            await self._keep(live, how.snapshot)
        await super().delete(id, how)

    async def ready(self, id: str) -> Readiness:
        state = await super().ready(id)
        changing = await self._changing(id) if isinstance(state, Ready) else None
        return state if changing is None else changing

    async def _changing(self, id: str) -> Readiness | None:
        """What keeps a change from being in effect; None: nothing. Its optimizing afterwards keeps nobody."""
        answer = await self.maybe("describe_volumes_modifications", _NEVER, VolumeIds=[id])
        last = (answer or {}).get("VolumesModifications", [])[-1:]
        for one in last:
            if one["ModificationState"] == "failed":
                return Failed(f"EC2 could not change the volume: {one.get('StatusMessage')}.")
            if one["ModificationState"] == "modifying":
                return Waiting(f"EC2 has changed {one.get('Progress', 0)} % of the volume")
        return None

    async def _keep(self, live: dict[str, Any], name: str) -> None:
        """Takes the last snapshot, and lets nothing go on until it is complete."""
        id: str = live["VolumeId"]
        mine = [{"Name": "volume-id", "Values": [id]}, {"Name": "tag:Name", "Values": [name]}]

        async def find() -> str | None:
            found = (await self.call("describe_snapshots", OwnerIds=["self"], Filters=mine))["Snapshots"]
            return next((str(one["SnapshotId"]) for one in found), None)

        async def make() -> str:
            tags = tag_list({**tag_map(live.get("Tags")), "Name": name})
            made = await self.call(
                "create_snapshot",
                VolumeId=id,
                Description=f"The last of {id}",
                TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
            )
            return str(made["SnapshotId"])

        snapshot = await once(self, find, make)
        shown = (await self.call("describe_snapshots", SnapshotIds=[snapshot]))["Snapshots"][0]
        if shown["State"] == "error":
            why = f"The snapshot {snapshot} did not succeed, so the volume {id} stays: {shown.get('StateMessage')}."
            raise AwsError(Cause.FINAL, "SnapshotFailed", why, "ec2:CreateSnapshot")
        if shown["State"] != "completed":
            raise TryLater(f"The snapshot {snapshot} is complete to {shown.get('Progress', '0%')}.", seconds=10)


def changes(old: Properties, new: Properties) -> dict[str, Any]:
    """What the modifying call is to be told so that `old` becomes `new`; nothing when it is so already."""
    kind = str(new.get("VolumeType", "gp2")).lower()
    defaults: dict[str, Any] = {"MultiAttachEnabled": False, "VolumeType": "gp2"}
    if kind == "gp3":
        defaults |= {"Iops": 3000, "Throughput": 125}
    return differing(old, {**new, "VolumeType": kind}, _CHANGEABLE, defaults)


PROVIDERS = (VolumeProvider,)
