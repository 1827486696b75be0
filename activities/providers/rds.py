"""RDS: instances. Clusters are in rds_clusters, subnet groups and parameter groups in rds_groups."""

from typing import Any

from panka.activities.providers.provider import Ending
from panka.activities.providers.rds_clusters import DBClusterProvider
from panka.activities.providers.rds_databases import InstanceProvider
from panka.activities.providers.rds_groups import (
    DBClusterParameterGroupProvider,
    DBParameterGroupProvider,
    DBSubnetGroupProvider,
)
from panka.activities.providers.rds_shapes import DatabaseShape, exported_logs, first, manages_password, security_groups
from panka.planner.resource import Properties

_OF_CLUSTER = frozenset(
    {
        "AllocatedStorage",
        "BackupRetentionPeriod",
        "CopyTagsToSnapshot",
        "DeletionProtection",
        "EnableCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication",
        "EngineVersion",
        "Iops",
        "ManageMasterUserPassword",
        "MultiAZ",
        "NetworkType",
        "OptionGroupName",
        "Port",
        "PreferredBackupWindow",
        "StorageThroughput",
        "StorageType",
        "VPCSecurityGroups",
    }
)
"""What a member of a cluster tells too, and only the cluster can change."""

_SHAPE = DatabaseShape(
    changeable=(
        "AllocatedStorage",
        "AutoMinorVersionUpgrade",
        "BackupRetentionPeriod",
        "CACertificateIdentifier",
        "CopyTagsToSnapshot",
        "DBInstanceClass",
        "DBParameterGroupName",
        "DatabaseInsightsMode",
        "DedicatedLogVolume",
        "DeletionProtection",
        "EnableCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication",
        "EnablePerformanceInsights",
        "EngineLifecycleSupport",
        "EngineVersion",
        "Iops",
        "LicenseModel",
        "ManageMasterUserPassword",
        "MaxAllocatedStorage",
        "MonitoringInterval",
        "MonitoringRoleArn",
        "MultiAZ",
        "NetworkType",
        "OptionGroupName",
        "PerformanceInsightsKMSKeyId",
        "PerformanceInsightsRetentionPeriod",
        "Port",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "PromotionTier",
        "PubliclyAccessible",
        "StorageThroughput",
        "StorageType",
        "VPCSecurityGroups",
    ),
    fixed=(
        "AvailabilityZone",
        "CharacterSetName",
        "DBClusterIdentifier",
        "DBInstanceIdentifier",
        "DBName",
        "DBSubnetGroupName",
        "Engine",
        "KmsKeyId",
        "MasterUsername",
        "SourceDBInstanceIdentifier",
        "StorageEncrypted",
    ),
    unread=("AllowMajorVersionUpgrade", "MasterUserPassword", "MasterUserSecret"),
    cleared={
        "CopyTagsToSnapshot": False,
        "DeletionProtection": False,
        "EnableCloudwatchLogsExports": [],
        "EnableIAMDatabaseAuthentication": False,
        "EnablePerformanceInsights": False,
        "ManageMasterUserPassword": False,
        "MonitoringInterval": 0,
        "MultiAZ": False,
    },
    told={
        "AllocatedStorage": lambda live: str(live["AllocatedStorage"]) if live.get("AllocatedStorage") else None,
        "DBParameterGroupName": lambda live: first(live, "DBParameterGroups", "DBParameterGroupName"),
        "DBSubnetGroupName": lambda live: live.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
        "EnableCloudwatchLogsExports": exported_logs,
        "EnableIAMDatabaseAuthentication": lambda live: live.get("IAMDatabaseAuthenticationEnabled"),
        "EnablePerformanceInsights": lambda live: live.get("PerformanceInsightsEnabled"),
        "ManageMasterUserPassword": manages_password,
        "OptionGroupName": lambda live: first(live, "OptionGroupMemberships", "OptionGroupName"),
        "Port": lambda live: str(live["Endpoint"]["Port"]) if live.get("Endpoint", {}).get("Port") else None,
        "SourceDBInstanceIdentifier": lambda live: live.get("ReadReplicaSourceDBInstanceIdentifier") or None,
        "VPCSecurityGroups": security_groups,
    },
    asked={"VPCSecurityGroups": "VpcSecurityGroupIds"},
    changed={"Port": "DBPortNumber"},
    along={"EngineVersion": ("AllowMajorVersionUpgrade",), "ManageMasterUserPassword": ("MasterUserSecret",)},
)


class DBInstanceProvider(InstanceProvider):
    """An instance of its own, a replica of another, or a member of a cluster."""

    type = "AWS::RDS::DBInstance"
    service = "rds"
    shape = _SHAPE
    word = "database"

    def attributes(self, live: dict[str, Any]) -> Properties:
        endpoint = live.get("Endpoint", {})
        return {
            "DBInstanceArn": live["DBInstanceArn"],
            "DbiResourceId": live.get("DbiResourceId"),
            "Endpoint.Address": endpoint.get("Address"),
            "Endpoint.Port": str(endpoint["Port"]) if "Port" in endpoint else None,
            "MasterUserSecret.SecretArn": live.get("MasterUserSecret", {}).get("SecretArn"),
        }

    def changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        if old.get("DBClusterIdentifier"):
            old, new = ({name: one[name] for name in one if name not in _OF_CLUSTER} for one in (old, new))
        return super().changes(old, new)

    def ending(self, live: dict[str, Any], how: Ending) -> dict[str, Any]:
        # RDS takes no snapshot of replicas, nor of the members of a cluster.
        copies = live.get("ReadReplicaSourceDBInstanceIdentifier") or live.get("DBClusterIdentifier")
        return super().ending(live, Ending() if copies else how)

    async def make(self, properties: Properties) -> dict[str, Any]:
        replica = "SourceDBInstanceIdentifier" in properties
        operation = "create_db_instance_read_replica" if replica else "create_db_instance"
        return await self.call(operation, Tags=properties.get("Tags", []), **self.shape.created(properties))


PROVIDERS = (
    DBSubnetGroupProvider,
    DBParameterGroupProvider,
    DBClusterParameterGroupProvider,
    DBInstanceProvider,
    DBClusterProvider,
)
