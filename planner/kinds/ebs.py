"""EBS: a disk for an EC2 instance."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Kind, Lowered
from panka.planner.rules import broken
from panka.planner.vocabulary.encryption import AtRest, Encryption
from panka.planner.vocabulary.zones import Zone, in_region


class Limits(NamedTuple):
    """What EC2 sells of a type of disk."""

    sizes: tuple[int, int]
    """GiB."""
    iops: tuple[int, int] | None
    """Operations per second that can be bought; None: they come with the size."""
    iops_per_gb: int = 0


LIMITS = {
    "gp2": Limits((1, 16_384), None),
    "gp3": Limits((1, 65_536), (3_000, 80_000), 500),
    "io1": Limits((4, 16_384), (100, 64_000), 50),
    "io2": Limits((4, 65_536), (100, 256_000), 1_000),
    "st1": Limits((125, 16_384), None),
    "sc1": Limits((125, 16_384), None),
    "standard": Limits((1, 1_024), None),
}
FREE_IOPS = 3_000
"""Operations per second that every `gp3` disk has."""
OPERATIONS_PER_MIB = 4
"""Operations per second that a `gp3` disk needs for each MiB/s."""


class EbsSpec(ComponentSpec):
    size_gb: Annotated[int | None, Field(ge=1, le=65_536, alias="sizeGB")] = None
    """Its size in GiB: it can grow, not shrink. Without one, that of the snapshot."""
    type: Literal["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"] = "gp3"
    """The kind of disk."""
    iops: Annotated[int, Field(ge=100, le=256_000)] | None = None
    """Operations per second: required for `io1` and `io2`; for `gp3` from 3000, which is also its default."""
    throughput: Annotated[int, Field(ge=125, le=2_000)] | None = None
    """MiB per second, for `gp3` only; by default 125."""
    availability_zone: Zone
    """The zone, that of the instance which will use it: `eu-west-1a`. Changing it replaces the disk."""
    encryption: Encryption = AtRest()
    """How it is encrypted: true, false, or with a key of one's own. Changing it replaces the disk."""
    snapshot_id: str | None = None
    """A snapshot (`snap-…`) that the disk begins with. Changing it replaces the disk."""

    @model_validator(mode="after")
    def _has_content_and_size(self) -> Self:
        if self.size_gb is None and self.snapshot_id is None:
            raise broken("PK311", "a disk needs `sizeGB`, or a `snapshotId` from which it takes its size")
        low, high = LIMITS[self.type].sizes
        if self.size_gb is not None and not low <= self.size_gb <= high:
            raise broken("PK333", f"a disk of type `{self.type}` has {low} to {high} GiB", "sizeGB")
        return self

    @model_validator(mode="after")
    def _iops_fit(self) -> Self:
        limits = LIMITS[self.type]
        if self.iops is None:
            if self.type in ("io1", "io2"):
                raise broken("PK311", f"a disk of type `{self.type}` needs `iops`")
            return self
        if limits.iops is None:
            raise broken("PK312", f"`iops` has no effect on a disk of type `{self.type}`", "iops")
        low, high = limits.iops
        if not low <= self.iops <= high:
            raise broken("PK333", f"a disk of type `{self.type}` has {low} to {high} `iops`", "iops")
        most = max(low, limits.iops_per_gb * self.size_gb) if self.size_gb else high
        if self.iops > most:
            raise broken("PK333", f"{self.size_gb} GiB of type `{self.type}` have at most {most} `iops`", "iops")
        return self

    @model_validator(mode="after")
    def _throughput_fits(self) -> Self:
        if self.throughput is None:
            return self
        if self.type != "gp3":
            raise broken("PK312", f"`throughput` has no effect on a disk of type `{self.type}`", "throughput")
        if self.throughput * OPERATIONS_PER_MIB > (self.iops or FREE_IOPS):
            needed = self.throughput * OPERATIONS_PER_MIB
            raise broken("PK333", f"{self.throughput} MiB/s need `iops` of at least {needed}", "throughput")
        return self


def lower(component: Component[EbsSpec], context: Context) -> Lowered:
    """One volume."""
    spec = component.spec
    optional = {
        "Size": spec.size_gb,
        "Iops": spec.iops,
        "Throughput": spec.throughput,
        "SnapshotId": spec.snapshot_id,
    }
    volume = component.resource(
        "main",
        "AWS::EC2::Volume",
        {
            "AvailabilityZone": in_region(spec.availability_zone, context, "availabilityZone"),
            "VolumeType": spec.type,
            **spec.encryption.properties,
            **{name: value for name, value in optional.items() if value is not None},
        },
    )
    return Lowered(resources=(volume,), outputs={"volumeId": volume.ref("VolumeId")})


EBS = Kind("EBS", EbsSpec, lower, outputs={"volumeId": "The id that an instance attaches it by."})
