from dataclasses import replace
from typing import Any

import pytest

from panka.planner.resource import Text


def test_a_file_system_has_a_door_in_every_private_subnet(bench: Any) -> None:
    lowered = bench.lower("EFS", {})

    parts = bench.parts(lowered)
    doors = [one for one in lowered.resources if one.type == "AWS::EFS::MountTarget"]
    assert [one.properties["SubnetId"] for one in doors] == ["subnet-a", "subnet-b"]
    assert doors[0].properties["SecurityGroups"] == [parts["security-group"].ref("GroupId")]
    assert parts["main"].properties == {
        "PerformanceMode": "generalPurpose",
        "ThroughputMode": "bursting",
        "BackupPolicy": {"Status": "ENABLED"},
        "Encrypted": True,
    }


def test_a_door_keeps_its_address_when_subnets_change(bench: Any) -> None:
    fewer = replace(bench.network, private_subnets=("subnet-b",))

    assert "mount-target-subnet-b" in bench.parts(bench.lower("EFS", {}))
    assert "mount-target-subnet-b" in bench.parts(bench.lower("EFS", {}, network=fewer))


def test_who_references_it_may_connect_mount_and_write(bench: Any) -> None:
    lowered = bench.lower("EFS", {})

    assert lowered.grants.connect.ports == (2_049,)
    assert lowered.grants.statements[0]["Resource"] == [lowered.outputs["arn"]]
    assert {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"} < set(
        lowered.grants.statements[0]["Action"]
    )


def test_access_points_are_folders_with_an_owner(bench: Any) -> None:
    points = [{"path": "/uploads", "uid": 33, "gid": "33"}, {"path": "/"}]

    lowered = bench.lower("EFS", {"accessPoints": points})

    parts = bench.parts(lowered)
    uploads, root = parts["access-point-uploads"], parts["access-point-root"]
    assert uploads.properties["PosixUser"] == {"Uid": "33", "Gid": "33"}
    assert uploads.properties["RootDirectory"]["CreationInfo"]["OwnerUid"] == "33"
    assert root.properties["RootDirectory"] == {"Path": "/"}
    assert lowered.outputs["accessPointIds"] == Text((uploads.ref("AccessPointId"), ",", root.ref("AccessPointId")))
    assert "elasticfilesystem:ClientRootAccess" not in lowered.grants.statements[0]["Action"]


@pytest.mark.parametrize("policy", ["AFTER_30_DAYS", {"transitionToIA": "AFTER_30_DAYS"}])
def test_a_lifecycle_policy_is_a_word_or_a_mapping(bench: Any, policy: Any) -> None:
    files = bench.parts(bench.lower("EFS", {"lifecyclePolicy": policy}))["main"].properties

    assert files["LifecyclePolicies"] == [{"TransitionToIA": "AFTER_30_DAYS"}]


def test_every_transition_is_a_policy_of_its_own(bench: Any) -> None:
    policy = {
        "transitionToIA": "AFTER_30_DAYS",
        "transitionToArchive": "AFTER_90_DAYS",
        "transitionToPrimaryStorageClass": "AFTER_1_ACCESS",
    }

    spec = {"lifecyclePolicy": policy, "throughputMode": "elastic"}

    assert [list(one) for one in bench.parts(bench.lower("EFS", spec))["main"].properties["LifecyclePolicies"]] == [
        ["TransitionToIA"],
        ["TransitionToArchive"],
        ["TransitionToPrimaryStorageClass"],
    ]


@pytest.mark.parametrize(
    ("encryption", "sent"),
    [
        (False, {"Encrypted": False}),
        ("true", {"Encrypted": True}),
        ({"kmsKey": "alias/mine"}, {"Encrypted": True, "KmsKeyId": "alias/mine"}),
    ],
)
def test_encryption_is_a_switch_or_a_key(bench: Any, encryption: Any, sent: dict[str, Any]) -> None:
    spec = {"encryption": encryption, "backup": False, "throughputMode": "provisioned", "provisionedThroughput": 8}

    files = bench.parts(bench.lower("EFS", spec))["main"].properties

    assert {name: files[name] for name in sent} == sent
    assert files["BackupPolicy"] == {"Status": "DISABLED"}
    assert files["ProvisionedThroughputInMibps"] == 8


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"throughputMode": "provisioned"}, "PK311"),
        ({"provisionedThroughput": 8}, "PK312"),
        ({"performanceMode": "maxIO", "throughputMode": "elastic"}, "PK334"),
        ({"lifecyclePolicy": {"transitionToArchive": "AFTER_90_DAYS"}}, "PK334"),
        (
            {
                "throughputMode": "elastic",
                "lifecyclePolicy": {"transitionToIA": "AFTER_90_DAYS", "transitionToArchive": "AFTER_30_DAYS"},
            },
            "PK334",
        ),
        ({"accessPoints": [{"path": "uploads"}]}, "PK301"),
        ({"accessPoints": [{"path": "/a"}, {"path": "/a", "uid": 3}]}, "PK309"),
        ({"encryption": {"enabled": False, "kmsKey": "alias/mine"}}, "PK310"),
        ({"lifecyclePolicy": "AFTER_2_DAYS"}, "literal_error"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, broken: dict[str, Any], code: str) -> None:
    assert bench.refused("EFS", broken) == code
