"""RDS: a database instance, or an Aurora cluster, in a network of its own."""

from dataclasses import dataclass
from typing import Self

from pydantic import model_validator

from panka.planner.component import Component, ComponentSpec, Context, Endpoint, Grants, Kind, Lowered
from panka.planner.resource import PhysicalName, Properties, Ref, Resource, Text
from panka.planner.rules import broken, unique
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.databases import (
    Backup,
    Maintenance,
    master_password,
    monitoring_role,
    password_arn,
    read_password,
)
from panka.planner.vocabulary.relational import PORTS, Database, Engine, Instance, Monitoring, Storage
from panka.planner.vocabulary.zones import in_region, subnets_of_several


class RdsSpec(ComponentSpec):
    engine: Engine
    """The database software."""
    instance: Instance
    """The machines."""
    database: Database
    """What is in it, and who owns it."""
    backup: Backup = Backup()
    """Automatic backups; by default of 7 days."""
    maintenance: Maintenance = Maintenance()
    """RDS's own work on the database."""
    monitoring: Monitoring = Monitoring()
    """Figures of the operating system."""
    deletion_protection: bool = False
    """RDS refuses to delete it while this is true."""

    @model_validator(mode="after")
    def _user(self) -> Self:
        self.engine.check_user(self.database.username)
        return self

    @model_validator(mode="after")
    def _windows(self) -> Self:
        if self.backup.maintenance_window and self.maintenance.preferred_window:
            raise broken("PK310", "the maintenance window stands both in `backup` and in `maintenance`")
        return self

    @model_validator(mode="after")
    def _machines(self) -> Self:
        zones = self.instance.availability_zones
        unique(zones, "the availability zone")
        if self.engine.aurora and self.instance.storage:
            raise broken("PK312", "`storage` has no effect for Aurora, whose storage grows by itself")
        if not self.engine.aurora and self.instance.multi_az and zones:
            raise broken(
                "PK310", "RDS chooses the zones of a `multiAZ` instance; `availabilityZones` cannot stand beside it"
            )
        if not self.engine.aurora and len(zones) > 1:
            raise broken("PK310", "an instance stands in one availability zone; with `multiAZ: true` in two")
        if not self.engine.aurora and self.instance.replicas and not self.backup.enabled:
            raise broken("PK311", "`replicas` need backups: RDS makes replicas from them")
        if self.engine.aurora and not self.backup.enabled:
            raise broken("PK312", "Aurora always keeps backups; `backup.enabled: false` has no effect")
        return self

    @property
    def port(self) -> int:
        return self.database.port or PORTS[self.engine.type]

    @property
    def maintenance_window(self) -> str | None:
        return self.maintenance.preferred_window or self.backup.maintenance_window


def lower(component: Component[RdsSpec], context: Context) -> Lowered:
    """Network and settings first, then the instance (or the cluster and its instances), then replicas."""
    spec = component.spec
    for place, zone in enumerate(spec.instance.availability_zones):
        in_region(zone, context, f"instance.availabilityZones.{place}")
    surroundings = _surroundings(component, context)
    databases = _cluster(surroundings) if spec.engine.aurora else _instances(surroundings)
    main = databases[0]
    group = surroundings.group.ref("GroupId")
    password = spec.database.password_secret
    secret = password_arn(password, context, main)
    outputs: dict[str, Ref | Text | str | int] = {
        "endpoint": main.ref("Endpoint.Address"),
        "readerEndpoint": _reader(spec, databases),
        "port": main.ref("Endpoint.Port"),
        "arn": main.ref("DBClusterArn" if spec.engine.aurora else "DBInstanceArn"),
        "secretArn": secret,
        "securityGroupId": group,
    }
    if spec.database.name:
        outputs["databaseName"] = spec.database.name
    return Lowered(
        resources=(*surroundings.resources, *databases),
        outputs=outputs,
        grants=Grants((read_password(password, context, secret),), Endpoint(group, (spec.port,))),
    )


def _reader(spec: RdsSpec, databases: tuple[Resource, ...]) -> Ref:
    if spec.engine.aurora:
        return databases[0].ref("ReadEndpoint.Address")
    return databases[min(1, spec.instance.replicas)].ref("Endpoint.Address")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the databases of a component stand in."""

    component: Component[RdsSpec]
    group: Resource
    subnets: Resource
    parameters: Resource | None
    monitor: Resource | None
    resources: tuple[Resource, ...]

    @property
    def spec(self) -> RdsSpec:
        return self.component.spec

    def parameter_group(self, name: str) -> Properties:
        """The property that names the parameter group, when there is one."""
        if self.parameters:
            return {name: self.parameters.ref(name)}
        existing = self.spec.engine.parameter_group
        return {name: existing} if existing else {}

    def monitoring(self) -> Properties:
        if self.monitor is None:
            return {}
        interval = self.spec.monitoring.monitoring_interval or 60
        return {"MonitoringInterval": interval, "MonitoringRoleArn": self.monitor.ref("Arn")}


def _surroundings(component: Component[RdsSpec], context: Context) -> Surroundings:
    spec = component.spec
    group = doors.security_group(component, context)
    subnets = component.resource(
        "subnets",
        "AWS::RDS::DBSubnetGroup",
        {"DBSubnetGroupDescription": f"RDS {component.name}", "SubnetIds": subnets_of_several(context)},
        name=PhysicalName("DBSubnetGroupName", 255),
    )
    parameters = _parameters(component) if spec.engine.parameters else None
    watching = monitoring_role(component, context) if spec.monitoring.enabled else ()
    resources = (group, subnets, *([parameters] if parameters else []), *watching)
    return Surroundings(component, group, subnets, parameters, watching[0] if watching else None, resources)


def _parameters(component: Component[RdsSpec]) -> Resource:
    engine = component.spec.engine
    kind = "DBClusterParameterGroup" if engine.aurora else "DBParameterGroup"
    return component.resource(
        "parameters",
        f"AWS::RDS::{kind}",
        {"Description": f"RDS {component.name}", "Family": engine.family, "Parameters": dict(engine.parameters)},
        name=PhysicalName(f"{kind}Name", 255),
    )


def _common(around: Surroundings) -> Properties:
    """What an instance and a cluster say alike."""
    spec = around.spec
    optional = {
        "EngineVersion": spec.engine.version,
        "PreferredBackupWindow": spec.backup.preferred_window,
        "PreferredMaintenanceWindow": spec.maintenance_window,
    }
    return {
        "Engine": spec.engine.type,
        "MasterUsername": spec.database.username,
        **master_password(spec.database.password_secret),
        "Port": spec.port if spec.engine.aurora else str(spec.port),
        "DBSubnetGroupName": around.subnets.ref("DBSubnetGroupName"),
        "BackupRetentionPeriod": spec.backup.retention_days if spec.backup.enabled else 0,
        "StorageEncrypted": True,
        "CopyTagsToSnapshot": True,
        "DeletionProtection": spec.deletion_protection,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _machine(around: Surroundings) -> Properties:
    """What every instance says: the first, replicas, and those of a cluster, each with a window of its own."""
    window = around.spec.maintenance_window
    return {
        "DBInstanceClass": around.spec.instance.instance_class,
        "PubliclyAccessible": False,
        "AutoMinorVersionUpgrade": around.spec.maintenance.auto_minor_version_upgrade,
        **({"PreferredMaintenanceWindow": window} if window else {}),
        **around.monitoring(),
    }


def _instance_resource(around: Surroundings, part: str, properties: Properties) -> Resource:
    name = PhysicalName("DBInstanceIdentifier", 63)
    return around.component.resource(part, "AWS::RDS::DBInstance", properties, name=name)


def _storage(spec: RdsSpec) -> Properties:
    storage = spec.instance.storage or Storage()
    optional = {"MaxAllocatedStorage": storage.max_allocated_gb, "Iops": storage.iops}
    return {
        "StorageType": storage.type,
        "AllocatedStorage": str(storage.allocated_gb),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _instances(around: Surroundings) -> tuple[Resource, ...]:
    """The instance, then its replicas."""
    spec = around.spec
    zones = spec.instance.availability_zones
    groups = {"VPCSecurityGroups": [around.group.ref("GroupId")]}
    main = _instance_resource(
        around,
        "main",
        {
            **_common(around),
            **_machine(around),
            **_storage(spec),
            **groups,
            **around.parameter_group("DBParameterGroupName"),
            "MultiAZ": spec.instance.multi_az,
            **({"DBName": spec.database.name} if spec.database.name else {}),
            **({"AvailabilityZone": zones[0]} if zones else {}),
        },
    )
    # A replica's disk grows by itself only if it is told to, whatever its source's does.
    growth = spec.instance.storage and spec.instance.storage.max_allocated_gb
    source: Properties = {
        "SourceDBInstanceIdentifier": main.ref("DBInstanceIdentifier"),
        **({"MaxAllocatedStorage": growth} if growth else {}),
    }
    copies = (
        _instance_resource(around, f"replica-{number}", {**_machine(around), **groups, **source})
        for number in range(1, spec.instance.replicas + 1)
    )
    return main, *copies


def _cluster(around: Surroundings) -> tuple[Resource, ...]:
    """The cluster, then its instances; the first one to be ready becomes the writer."""
    spec = around.spec
    cluster = around.component.resource(
        "main",
        "AWS::RDS::DBCluster",
        {
            **_common(around),
            "VpcSecurityGroupIds": [around.group.ref("GroupId")],
            **around.parameter_group("DBClusterParameterGroupName"),
            **({"DatabaseName": spec.database.name} if spec.database.name else {}),
        },
        name=PhysicalName("DBClusterIdentifier", 63),
    )
    readers = max(spec.instance.replicas, 1 if spec.instance.multi_az else 0)
    zones = spec.instance.availability_zones
    members = (
        _instance_resource(
            around,
            f"instance-{number + 1}",
            {
                **_machine(around),
                "Engine": spec.engine.type,
                "DBClusterIdentifier": cluster.ref("DBClusterIdentifier"),
                **({"AvailabilityZone": zones[number % len(zones)]} if zones else {}),
            },
        )
        for number in range(1 + readers)
    )
    return cluster, *members


RDS = Kind(
    "RDS",
    RdsSpec,
    lower,
    outputs={
        "endpoint": "The host name that clients connect to.",
        "readerEndpoint": "The host name of a replica, or of the database itself when it has none.",
        "port": "The port.",
        "arn": "The ARN of the instance or cluster.",
        "databaseName": "The first database's name, when the spec gives one.",
        "secretArn": "The ARN of the secret with the master user's password.",
        "securityGroupId": "The id of its security group.",
    },
    needs_network=True,
)
