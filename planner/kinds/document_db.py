"""DocumentDB: a cluster that speaks MongoDB, and its instances."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Endpoint, Grants, Kind, Lowered, Spec
from panka.planner.resource import PhysicalName, Properties, Resource, Text
from panka.planner.rules import broken, shaped
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.databases import (
    Backup,
    DatabasePort,
    InstanceClass,
    PasswordSecret,
    master_password,
    one_password_source,
    password_arn,
    read_password,
)
from panka.planner.vocabulary.environment import Version
from panka.planner.vocabulary.zones import subnets_of_several


class Engine(Spec):
    """The database software."""

    version: Annotated[Version, shaped(r"\d+(\.\d+){0,2}", "a version of DocumentDB: `5.0.0`")] | None = None
    """The version, in quotes: `"5.0.0"` or `"5.0"`; by default the newest that DocumentDB recommends."""

    @property
    def full_version(self) -> str | None:
        """With all of its three numbers, as DocumentDB spells it."""
        return f"{self.version}.0.0".removesuffix(".0" * self.version.count(".")) if self.version else None


class Instance(Spec):
    """The machines."""

    instance_class: InstanceClass
    """The instance class: `db.t4g.medium`."""
    count: Annotated[int, Field(ge=1, le=16)] = 1
    """How many: the first writes, the others read and stand by."""


class Database(Spec):
    """Who owns it, and where it listens."""

    username: Annotated[
        str,
        shaped(r"(?!(?i:admin|rdsadmin)$)[A-Za-z][A-Za-z0-9]{0,62}", "a user: letters and digits, not `admin`"),
    ] = "dbadmin"
    """The master user. Changing it replaces the database."""
    password_secret: PasswordSecret | None = None
    """A secret that holds the master user's password."""
    managed: bool = False
    """DocumentDB makes the password, keeps it in Secrets Manager and rotates it."""
    port: DatabasePort = 27_017
    """The port."""

    @model_validator(mode="after")
    def _password(self) -> Self:
        one_password_source(self.password_secret, managed=self.managed)
        return self


class DocumentDbSpec(ComponentSpec):
    engine: Engine = Engine()
    """The database software."""
    instance: Instance
    """The machines."""
    database: Database
    """Who owns it, and where it listens."""
    backup: Backup = Backup()
    """Automatic backups; by default of 7 days."""
    deletion_protection: bool = False
    """DocumentDB refuses to delete it while this is true."""

    @model_validator(mode="after")
    def _keeps_backups(self) -> Self:
        if not self.backup.enabled:
            raise broken("PK312", "DocumentDB always keeps backups; `enabled: false` has no effect", "backup.enabled")
        return self


def lower(component: Component[DocumentDbSpec], context: Context) -> Lowered:
    """Network first, then the cluster, then its instances."""
    database = component.spec.database
    group = doors.security_group(component, context)
    subnets = component.resource(
        "subnets",
        "AWS::DocDB::DBSubnetGroup",
        {"DBSubnetGroupDescription": f"DocumentDB {component.name}", "SubnetIds": subnets_of_several(context)},
        name=PhysicalName("DBSubnetGroupName", 255),
    )
    cluster = component.resource(
        "main",
        "AWS::DocDB::DBCluster",
        _cluster(component.spec, group, subnets),
        name=PhysicalName("DBClusterIdentifier", 63),
    )
    secret = password_arn(database.password_secret, context, cluster)
    target = context.target
    arn = f"arn:{context.partition}:rds:{target.region}:{target.account}:cluster:"
    return Lowered(
        resources=(group, subnets, cluster, *_instances(component, cluster)),
        outputs={
            "endpoint": cluster.ref("Endpoint"),
            "readerEndpoint": cluster.ref("ReadEndpoint"),
            "port": database.port,
            "arn": Text((arn, cluster.ref("DBClusterIdentifier"))),
            "secretArn": secret,
            "securityGroupId": group.ref("GroupId"),
        },
        grants=Grants(
            (read_password(database.password_secret, context, secret),),
            Endpoint(group.ref("GroupId"), (database.port,)),
        ),
    )


def _cluster(spec: DocumentDbSpec, group: Resource, subnets: Resource) -> Properties:
    optional = {
        "EngineVersion": spec.engine.full_version,
        "PreferredBackupWindow": spec.backup.preferred_window,
        "PreferredMaintenanceWindow": spec.backup.maintenance_window,
    }
    return {
        "MasterUsername": spec.database.username,
        **master_password(spec.database.password_secret),
        "Port": spec.database.port,
        "DBSubnetGroupName": subnets.ref("DBSubnetGroupName"),
        "VpcSecurityGroupIds": [group.ref("GroupId")],
        "BackupRetentionPeriod": spec.backup.retention_days,
        "StorageEncrypted": True,
        "CopyTagsToSnapshot": True,
        "DeletionProtection": spec.deletion_protection,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _instances(component: Component[DocumentDbSpec], cluster: Resource) -> tuple[Resource, ...]:
    """All alike; the first one to be ready becomes the writer."""
    spec = component.spec
    window = spec.backup.maintenance_window
    properties: Properties = {
        "DBClusterIdentifier": cluster.ref("DBClusterIdentifier"),
        "DBInstanceClass": spec.instance.instance_class,
        **({"PreferredMaintenanceWindow": window} if window else {}),
    }
    return tuple(
        component.resource(
            f"instance-{number}",
            "AWS::DocDB::DBInstance",
            properties,
            name=PhysicalName("DBInstanceIdentifier", 63),
        )
        for number in range(1, spec.instance.count + 1)
    )


DOCUMENT_DB = Kind(
    "DocumentDB",
    DocumentDbSpec,
    lower,
    outputs={
        "endpoint": "The host name that clients write to.",
        "readerEndpoint": "The host name that spreads readers over the instances.",
        "port": "The port.",
        "arn": "The cluster's ARN.",
        "secretArn": "The ARN of the secret with the master user's password.",
        "securityGroupId": "The id of its security group.",
    },
    needs_network=True,
)
