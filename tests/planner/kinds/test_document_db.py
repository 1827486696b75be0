from dataclasses import replace
from typing import Any

import pytest

SPEC: dict[str, Any] = {"instance": {"class": "db.t4g.medium"}, "database": {"managed": True}}


def test_a_cluster_stands_private_and_encrypted_with_its_instances(bench: Any) -> None:
    spec = {**SPEC, "instance": {"class": "db.r6g.large", "count": 2}, "engine": {"version": "5.0"}}

    lowered = bench.lower("DocumentDB", spec)

    parts = bench.parts(lowered)
    cluster = parts["main"].properties
    assert list(parts) == ["security-group", "subnets", "main", "instance-1", "instance-2"]
    assert cluster["VpcSecurityGroupIds"] == [parts["security-group"].ref("GroupId")]
    assert (cluster["StorageEncrypted"], cluster["Port"], cluster["EngineVersion"]) == (True, 27_017, "5.0.0")
    assert parts["instance-2"].properties["DBClusterIdentifier"] == parts["main"].ref("DBClusterIdentifier")
    assert lowered.outputs["readerEndpoint"] == parts["main"].ref("ReadEndpoint")


def test_who_references_it_may_connect_and_read_the_secret(bench: Any) -> None:
    lowered = bench.lower("DocumentDB", {**SPEC, "database": {"passwordSecret": {"ref": "mongo"}, "port": 27_018}})

    assert lowered.grants.connect.ports == (27_018,)
    assert lowered.grants.statements[0]["Resource"] == [
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mongo-??????"
    ]
    assert bench.parts(lowered)["main"].properties["MasterUserPassword"] == "{{resolve:secretsmanager:mongo}}"


def test_backups_and_protection_have_their_properties(bench: Any) -> None:
    backup = {"retentionDays": 14, "preferredWindow": "02:00-03:00", "maintenanceWindow": "sun:04:00-sun:05:00"}

    parts = bench.parts(bench.lower("DocumentDB", {**SPEC, "backup": backup, "deletionProtection": True}))

    cluster = parts["main"].properties
    assert (cluster["BackupRetentionPeriod"], cluster["PreferredBackupWindow"]) == (14, "02:00-03:00")
    assert cluster["PreferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
    assert parts["instance-1"].properties["PreferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
    assert cluster["DeletionProtection"] is True


@pytest.mark.parametrize(("written", "sent"), [("5", "5.0.0"), ("4.0", "4.0.0"), ("5.0.1", "5.0.1"), (5, "5.0.0")])
def test_a_version_is_sent_with_three_numbers(bench: Any, written: str | int, sent: str) -> None:
    parts = bench.parts(bench.lower("DocumentDB", {**SPEC, "engine": {"version": written}}))

    assert parts["main"].properties["EngineVersion"] == sent


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({**SPEC, "database": {}}, "PK306"),
        ({**SPEC, "backup": {"enabled": False}}, "PK312"),
        ({**SPEC, "engine": {"version": "newest"}}, "PK301"),
        ({**SPEC, "instance": {"class": "t4g.medium"}}, "PK301"),
        ({**SPEC, "instance": {"class": "db.t4g.medium", "count": 17}}, "less_than_equal"),
        ({**SPEC, "database": {"managed": True, "username": "my_admin"}}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, broken: dict[str, Any], code: str) -> None:
    assert bench.refused("DocumentDB", broken) == code


def test_it_needs_subnets_in_two_zones(bench: Any) -> None:
    assert bench.refused("DocumentDB", SPEC, network=replace(bench.network, private_subnets=("subnet-a",))) == "PK335"
