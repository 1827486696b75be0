"""DocumentDB: clusters, their instances and their groups. Its calls are RDS's under another name."""

from typing import Any

from panka.activities.providers.provider import Ending
from panka.activities.providers.rds_databases import ClusterProvider, InstanceProvider
from panka.activities.providers.rds_groups import ClusterParameterGroupProvider, SubnetGroupProvider
from panka.activities.providers.rds_shapes import TOLD_BY_CLUSTERS, DatabaseShape
from panka.planner.resource import Properties

_CLUSTER = DatabaseShape(
    changeable=(
        "BackupRetentionPeriod",
        "CopyTagsToSnapshot",
        "DBClusterParameterGroupName",
        "DeletionProtection",
        "EnableCloudwatchLogsExports",
        "EngineVersion",
        "ManageMasterUserPassword",
        "NetworkType",
        "Port",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "ServerlessV2ScalingConfiguration",
        "StorageType",
        "VpcSecurityGroupIds",
    ),
    fixed=(
        "AvailabilityZones",
        "DBClusterIdentifier",
        "DBSubnetGroupName",
        "KmsKeyId",
        "MasterUsername",
        "StorageEncrypted",
    ),
    unread=("MasterUserPassword", "MasterUserSecretKmsKeyId"),
    cleared={
        "CopyTagsToSnapshot": False,
        "DeletionProtection": False,
        "EnableCloudwatchLogsExports": [],
        "ManageMasterUserPassword": False,
    },
    told=TOLD_BY_CLUSTERS,
    along={"ManageMasterUserPassword": ("MasterUserSecretKmsKeyId",)},
)
_INSTANCE = DatabaseShape(
    changeable=(
        "AutoMinorVersionUpgrade",
        "CACertificateIdentifier",
        "DBInstanceClass",
        "EnablePerformanceInsights",
        "PreferredMaintenanceWindow",
    ),
    fixed=("AvailabilityZone", "DBClusterIdentifier", "DBInstanceIdentifier"),
    unread=("CertificateRotationRestart",),
    cleared={"EnablePerformanceInsights": False},
    told={"EnablePerformanceInsights": lambda live: live.get("PerformanceInsightsEnabled")},
    along={"CACertificateIdentifier": ("CertificateRotationRestart",)},
)


class DBClusterProvider(ClusterProvider):
    """Its identifier is taken for clusters of RDS too."""

    type = "AWS::DocDB::DBCluster"
    service = "docdb"
    shape = _CLUSTER

    def attributes(self, live: dict[str, Any]) -> Properties:
        return {
            "Id": live["DBClusterIdentifier"],
            "ClusterResourceId": live.get("DbClusterResourceId"),
            "Endpoint": live.get("Endpoint"),
            "ReadEndpoint": live.get("ReaderEndpoint"),
            "MasterUserSecret.SecretArn": live.get("MasterUserSecret", {}).get("SecretArn"),
        }

    async def make(self, properties: Properties) -> dict[str, Any]:
        return await super().make({**properties, "Engine": "docdb"})


class DBInstanceProvider(InstanceProvider):
    """Always a member of a cluster, which holds the data."""

    type = "AWS::DocDB::DBInstance"
    service = "docdb"
    shape = _INSTANCE
    word = "instance"

    def attributes(self, live: dict[str, Any]) -> Properties:
        endpoint = live.get("Endpoint", {})
        return {
            "Id": live["DBInstanceIdentifier"],
            "Endpoint": endpoint.get("Address"),
            "Port": str(endpoint["Port"]) if "Port" in endpoint else None,
        }

    def ending(self, live: dict[str, Any], how: Ending) -> dict[str, Any]:  # noqa: ARG002  # the cluster holds the data
        return {}

    async def make(self, properties: Properties) -> dict[str, Any]:
        return await super().make({**properties, "Engine": "docdb"})


class DBSubnetGroupProvider(SubnetGroupProvider):
    """The subnets of clusters."""

    type = "AWS::DocDB::DBSubnetGroup"
    service = "docdb"


class DBClusterParameterGroupProvider(ClusterParameterGroupProvider):
    """The parameters of clusters."""

    type = "AWS::DocDB::DBClusterParameterGroup"
    service = "docdb"
    name = "Name"


PROVIDERS = (
    DBSubnetGroupProvider,
    DBClusterParameterGroupProvider,
    DBClusterProvider,
    DBInstanceProvider,
)
