from dataclasses import replace
from typing import Any

import pytest

OWN = "arn:aws:secretsmanager:eu-west-1:1:secret:a-b1c2d3"


def spec(**more: Any) -> dict[str, Any]:
    """A small PostgreSQL, with sections laid over it."""
    base: dict[str, Any] = {
        "engine": {"type": "postgres"},
        "instance": {"class": "db.t4g.micro"},
        "database": {"managed": True},
    }
    return {**base, **{name: {**base.get(name, {}), **section} for name, section in more.items()}}


def test_an_instance_stands_private_and_encrypted_in_its_own_group(bench: Any) -> None:
    parts = bench.parts(bench.lower("RDS", spec(database={"name": "orders"})))

    database = parts["main"].properties
    assert parts.keys() == {"security-group", "subnets", "main"}
    assert parts["subnets"].properties["SubnetIds"] == ["subnet-a", "subnet-b"]
    assert database["VPCSecurityGroups"] == [parts["security-group"].ref("GroupId")]
    assert database["DBSubnetGroupName"] == parts["subnets"].ref("DBSubnetGroupName")
    assert (database["StorageEncrypted"], database["PubliclyAccessible"]) == (True, False)
    assert (database["AllocatedStorage"], database["StorageType"], database["DBName"]) == ("20", "gp3", "orders")
    assert (database["Port"], database["BackupRetentionPeriod"]) == ("5432", 7)


def test_a_managed_password_is_a_secret_that_rds_makes(bench: Any) -> None:
    lowered = bench.lower("RDS", spec())

    database = bench.parts(lowered)["main"]
    assert database.properties["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in database.properties
    assert lowered.outputs["secretArn"] == database.ref("MasterUserSecret.SecretArn")


@pytest.mark.parametrize(
    ("reference", "arn", "granted"),
    [
        (
            "db-password",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-password",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-password-??????",
        ),
        (
            "db:SecretString:password",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-??????",
        ),
        (
            "arn:aws:secretsmanager:eu-west-1:1:secret:a-b1c2d3",
            OWN,
            OWN,
        ),
        ("${vault.arn}", "${vault.arn}", "${vault.arn}"),
    ],
)
def test_a_password_from_a_secret_stays_a_reference(bench: Any, reference: str, arn: str, granted: str) -> None:
    lowered = bench.lower("RDS", {**spec(), "database": {"passwordSecret": {"ref": reference}}})

    password = bench.parts(lowered)["main"].properties["MasterUserPassword"]
    assert password == f"{{{{resolve:secretsmanager:{reference}}}}}"
    assert lowered.outputs["secretArn"] == arn
    assert lowered.grants.statements[0]["Resource"] == [granted]


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [("postgres", "16.4", "postgres16"), ("mysql", "8.0.36", "mysql8.0"), ("mariadb", "10.11", "mariadb10.11")],
)
def test_parameters_make_a_group_of_the_versions_family(bench: Any, engine: str, version: str, family: str) -> None:
    said = {"type": engine, "version": version, "parameters": {"max_connections": 100}}

    parts = bench.parts(bench.lower("RDS", spec(engine=said)))

    group = parts["parameters"]
    assert group.properties["Family"] == family
    assert group.properties["Parameters"] == {"max_connections": "100"}
    assert parts["main"].properties["DBParameterGroupName"] == group.ref("DBParameterGroupName")


def test_enhanced_monitoring_comes_with_its_role(bench: Any) -> None:
    parts = bench.parts(
        bench.lower("RDS", {**spec(), "monitoring": {"enhancedMonitoring": True, "monitoringInterval": "15"}})
    )

    assert parts["main"].properties["MonitoringInterval"] == 15
    assert parts["main"].properties["MonitoringRoleArn"] == parts["monitoring-role"].ref("Arn")
    assert "monitoring-policy" in parts


def test_an_interval_alone_turns_enhanced_monitoring_on_and_false_off(bench: Any) -> None:
    on = bench.parts(bench.lower("RDS", {**spec(), "monitoring": {"monitoringInterval": 5}}))
    off = bench.parts(
        bench.lower("RDS", {**spec(), "monitoring": {"enhancedMonitoring": False, "monitoringInterval": 5}})
    )

    assert on["main"].properties["MonitoringInterval"] == 5
    assert "MonitoringInterval" not in off["main"].properties
    assert "monitoring-role" not in off


@pytest.mark.parametrize("engine", ["postgres", "aurora-postgresql"])
def test_every_instance_has_the_maintenance_window_and_the_monitoring(bench: Any, engine: str) -> None:
    said = {
        **spec(engine={"type": engine}, instance={"replicas": 1}),
        "maintenance": {"preferredWindow": "sun:04:00-sun:05:00", "autoMinorVersionUpgrade": False},
        "monitoring": {"enhancedMonitoring": True},
    }

    lowered = bench.lower("RDS", said)

    instances = [one.properties for one in lowered.resources if one.type == "AWS::RDS::DBInstance"]
    assert len(instances) == 2
    for instance in instances:
        assert instance["PreferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
        assert instance["AutoMinorVersionUpgrade"] is False
        assert instance["MonitoringInterval"] == 60


def test_aurora_keeps_backups_and_protection_in_its_cluster(bench: Any) -> None:
    aurora = {
        **spec(engine={"type": "aurora-mysql", "parameterGroup": "mine"}, database={"name": "orders"}),
        "backup": {"retentionDays": 3, "preferredWindow": "02:00-03:00", "maintenanceWindow": "sun:04:00-sun:05:00"},
        "deletionProtection": True,
    }

    cluster = bench.parts(bench.lower("RDS", aurora))["main"].properties

    assert (cluster["BackupRetentionPeriod"], cluster["PreferredBackupWindow"]) == (3, "02:00-03:00")
    assert (cluster["PreferredMaintenanceWindow"], cluster["DeletionProtection"]) == ("sun:04:00-sun:05:00", True)
    assert (cluster["DBClusterParameterGroupName"], cluster["DatabaseName"]) == ("mine", "orders")


def test_the_disks_of_replicas_grow_too(bench: Any) -> None:
    storage = {"storage": {"maxAllocatedGB": 100}, "replicas": 1}

    parts = bench.parts(bench.lower("RDS", spec(instance=storage)))

    assert (
        parts["main"].properties["MaxAllocatedStorage"] == parts["replica-1"].properties["MaxAllocatedStorage"] == 100
    )


def test_a_database_needs_subnets_in_two_zones(bench: Any) -> None:
    small = replace(bench.network, private_subnets=("subnet-a",))

    assert bench.refused("RDS", spec(), network=small) == "PK335"


def test_replicas_read_from_the_first_instance(bench: Any) -> None:
    lowered = bench.lower("RDS", spec(instance={"replicas": 2}))

    parts = bench.parts(lowered)
    assert parts["replica-2"].properties["SourceDBInstanceIdentifier"] == parts["main"].ref("DBInstanceIdentifier")
    assert lowered.outputs["readerEndpoint"] == parts["replica-1"].ref("Endpoint.Address")
    assert lowered.outputs["endpoint"] == parts["main"].ref("Endpoint.Address")


def test_aurora_is_a_cluster_with_instances_in_turn_over_the_zones(bench: Any) -> None:
    aurora = spec(
        engine={"type": "aurora-postgresql", "version": "16.4", "parameters": {"a": "b"}},
        instance={"replicas": 2, "availabilityZones": ["eu-west-1a", "eu-west-1b"]},
    )

    lowered = bench.lower("RDS", aurora)

    parts = bench.parts(lowered)
    cluster = parts["main"]
    assert cluster.type == "AWS::RDS::DBCluster"
    assert cluster.properties["Port"] == 5_432
    assert parts["parameters"].properties["Family"] == "aurora-postgresql16"
    zones = [parts[f"instance-{number}"].properties["AvailabilityZone"] for number in (1, 2, 3)]
    assert zones == ["eu-west-1a", "eu-west-1b", "eu-west-1a"]
    assert lowered.outputs["readerEndpoint"] == cluster.ref("ReadEndpoint.Address")


def test_backups_and_windows_have_their_properties(bench: Any) -> None:
    windows = {
        "backup": {"enabled": "true", "retentionDays": "14", "preferredWindow": "02:00-03:00"},
        "maintenance": {"preferredWindow": "sun:04:00-sun:05:00", "autoMinorVersionUpgrade": False},
    }

    database = bench.parts(bench.lower("RDS", {**spec(), **windows, "deletionProtection": True}))["main"].properties

    assert (database["BackupRetentionPeriod"], database["PreferredBackupWindow"]) == (14, "02:00-03:00")
    assert database["PreferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
    assert (database["AutoMinorVersionUpgrade"], database["DeletionProtection"]) == (False, True)


def test_switched_off_backups_are_kept_for_no_days(bench: Any) -> None:
    parts = bench.parts(bench.lower("RDS", {**spec(), "backup": {"enabled": False}}))

    assert parts["main"].properties["BackupRetentionPeriod"] == 0


def test_who_references_a_database_may_connect_and_read_the_secret(bench: Any) -> None:
    lowered = bench.lower("RDS", spec(database={"port": 6_000}))

    assert lowered.grants.connect.ports == (6_000,)
    assert lowered.grants.connect.security_group == lowered.outputs["securityGroupId"]
    assert lowered.grants.statements[0]["Resource"] == [lowered.outputs["secretArn"]]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({**spec(), "database": {}}, "PK306"),
        (spec(database={"passwordSecret": {"ref": "a"}}), "PK306"),
        (spec(engine={"parameters": {"a": "b"}}), "PK311"),
        (spec(engine={"version": "16", "parameters": {"a": "b"}, "parameterGroup": "g"}), "PK310"),
        (spec(engine={"version": 15.1}), "string_type"),
        (spec(instance={"storage": {"allocatedGB": 19}}), "greater_than_equal"),
        (spec(instance={"storage": {"type": "io1"}}), "PK311"),
        (spec(instance={"storage": {"type": "gp2", "iops": 3000}}), "PK312"),
        (spec(instance={"storage": {"maxAllocatedGB": 20}}), "PK310"),
        (spec(instance={"class": "t4g.micro"}), "PK301"),
        (spec(instance={"multiAZ": True, "availabilityZones": ["eu-west-1a"]}), "PK310"),
        (spec(instance={"availabilityZones": ["eu-west-1a", "eu-west-1b"]}), "PK310"),
        (spec(instance={"availabilityZones": ["a"]}), "PK301"),
        (spec(instance={"availabilityZones": ["us-east-1a"]}), "PK336"),
        (spec(instance={"storage": {"iops": 12_000}}), "PK333"),
        (spec(engine={"type": "aurora-mysql"}, instance={"storage": {}}), "PK312"),
        ({**spec(instance={"replicas": 1}), "backup": {"enabled": False}}, "PK311"),
        ({**spec(), "backup": {"retentionDays": 36}}, "less_than_equal"),
        ({**spec(), "backup": {"preferredWindow": "at night"}}, "PK301"),
        (
            {
                **spec(),
                "backup": {"maintenanceWindow": "sun:04:00-sun:05:00"},
                "maintenance": {"preferredWindow": "sun:04:00-sun:05:00"},
            },
            "PK310",
        ),
        ({**spec(), "monitoring": {"monitoringInterval": 7}}, "literal_error"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, broken: dict[str, Any], code: str) -> None:
    assert bench.refused("RDS", broken) == code
