from typing import Any

import pytest


def disk(**more: Any) -> dict[str, Any]:
    return {"sizeGB": 100, "availabilityZone": "eu-west-1a", **more}


def test_a_disk_is_encrypted_and_of_the_newest_type(bench: Any) -> None:
    lowered = bench.lower("EBS", disk())

    (volume,) = lowered.resources
    assert volume.properties == {
        "AvailabilityZone": "eu-west-1a",
        "VolumeType": "gp3",
        "Encrypted": True,
        "Size": 100,
    }
    assert lowered.outputs["volumeId"] == volume.ref("VolumeId")


def test_every_field_has_its_property(bench: Any) -> None:
    spec = disk(iops=4_000, throughput="250", snapshotId="snap-1", encryption={"kmsKey": "alias/mine"})

    properties = bench.parts(bench.lower("EBS", spec))["main"].properties

    assert (properties["Iops"], properties["Throughput"]) == (4_000, 250)
    assert (properties["SnapshotId"], properties["KmsKeyId"]) == ("snap-1", "alias/mine")


def test_a_snapshot_gives_the_size(bench: Any) -> None:
    spec = {"availabilityZone": "eu-west-1a", "snapshotId": "snap-1"}

    assert "Size" not in bench.parts(bench.lower("EBS", spec))["main"].properties


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"availabilityZone": "eu-west-1a"}, "PK311"),
        ({"sizeGB": 10}, "missing"),
        (disk(availabilityZone="a"), "PK301"),
        (disk(availabilityZone="us-east-1a"), "PK336"),
        (disk(type="io2"), "PK311"),
        (disk(type="st1", sizeGB=200, iops=500), "PK312"),
        (disk(type="gp2", throughput=200), "PK312"),
        (disk(type="st1", sizeGB=100), "PK333"),
        (disk(type="io1", iops=6_000), "PK333"),
        (disk(iops=100), "PK333"),
        (disk(throughput=1_000), "PK333"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, broken: dict[str, Any], code: str) -> None:
    assert bench.refused("EBS", broken) == code
