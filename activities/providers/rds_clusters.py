"""RDS: clusters of Aurora, and those that stand in three zones. Their members are instances like others."""

from typing import Any

from panka.activities.providers.rds_databases import ClusterProvider
from panka.activities.providers.rds_shapes import TOLD_BY_CLUSTERS, DatabaseShape
from panka.activities.providers.shapes import told
from panka.planner.resource import Properties

_FORWARDING = frozenset({"enabled", "enabling", "requested"})
_SHAPE = DatabaseShape(
    changeable=(
        "AllocatedStorage",
        "AutoMinorVersionUpgrade",
        "BacktrackWindow",
        "BackupRetentionPeriod",
        "CopyTagsToSnapshot",
        "DBClusterInstanceClass",
        "DBClusterParameterGroupName",
        "DatabaseInsightsMode",
        "DeletionProtection",
        "EnableCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication",
        "EnableLocalWriteForwarding",
        "EngineLifecycleSupport",
        "EngineVersion",
        "Iops",
        "ManageMasterUserPassword",
        "MonitoringInterval",
        "MonitoringRoleArn",
        "NetworkType",
        "PerformanceInsightsEnabled",
        "PerformanceInsightsKmsKeyId",
        "PerformanceInsightsRetentionPeriod",
        "Port",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "ServerlessV2ScalingConfiguration",
        "StorageType",
        "VpcSecurityGroupIds",
    ),
    fixed=(
        "AssociatedRoles",
        "AvailabilityZones",
        "ClusterScalabilityType",
        "DBClusterIdentifier",
        "DBSubnetGroupName",
        "DatabaseName",
        "EnableHttpEndpoint",
        "Engine",
        "EngineMode",
        "KmsKeyId",
        "MasterUsername",
        "PubliclyAccessible",
        "StorageEncrypted",
    ),
    unread=("DBInstanceParameterGroupName", "MasterUserPassword", "MasterUserSecret"),
    cleared={
        "BacktrackWindow": 0,
        "CopyTagsToSnapshot": False,
        "DeletionProtection": False,
        "EnableCloudwatchLogsExports": [],
        "EnableIAMDatabaseAuthentication": False,
        "EnableLocalWriteForwarding": False,
        "ManageMasterUserPassword": False,
        "MonitoringInterval": 0,
        "PerformanceInsightsEnabled": False,
    },
    told={
        **TOLD_BY_CLUSTERS,
        # The storage of Aurora grows and shrinks by itself; what it tells is no setting.
        "AllocatedStorage": lambda live: live.get("AllocatedStorage") if live.get("DBClusterInstanceClass") else None,
        "AssociatedRoles": lambda live: _roles(live.get("AssociatedRoles", [])),
        "EnableHttpEndpoint": lambda live: live.get("HttpEndpointEnabled"),
        "EnableIAMDatabaseAuthentication": lambda live: live.get("IAMDatabaseAuthenticationEnabled"),
        "EnableLocalWriteForwarding": lambda live: live.get("LocalWriteForwardingStatus") in _FORWARDING or None,
        "PerformanceInsightsKmsKeyId": lambda live: live.get("PerformanceInsightsKMSKeyId"),
    },
    asked={
        "PerformanceInsightsEnabled": "EnablePerformanceInsights",
        "PerformanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    },
    along={"EngineVersion": ("DBInstanceParameterGroupName",), "ManageMasterUserPassword": ("MasterUserSecret",)},
)
_NO_ROLE = frozenset({"DBClusterRoleNotFound"})
_HAS_ROLE = frozenset({"DBClusterRoleAlreadyExists"})


class DBClusterProvider(ClusterProvider):
    """Roles and the HTTP endpoint are changed by calls of their own."""

    type = "AWS::RDS::DBCluster"
    service = "rds"
    shape = _SHAPE

    def attributes(self, live: dict[str, Any]) -> Properties:
        return {
            "DBClusterArn": live["DBClusterArn"],
            "DBClusterResourceId": live.get("DbClusterResourceId"),
            "Endpoint.Address": live.get("Endpoint"),
            "Endpoint.Port": str(live["Port"]) if live.get("Port") else None,
            "ReadEndpoint.Address": live.get("ReaderEndpoint"),
            "MasterUserSecret.SecretArn": live.get("MasterUserSecret", {}).get("SecretArn"),
            "StorageEncryptionType": live.get("StorageEncryptionType"),
            "StorageThroughput": live.get("StorageThroughput"),
        }

    async def change(self, id: str, old: Properties, new: Properties) -> None:
        await super().change(id, old, new)
        serves = bool(new.get("EnableHttpEndpoint"))
        if serves != bool(old.get("EnableHttpEndpoint")) and (live := await self.live(id)):
            operation = "enable_http_endpoint" if serves else "disable_http_endpoint"
            await self.when_free(id, operation, ResourceArn=live["DBClusterArn"])
        await self._lend(id, old.get("AssociatedRoles", []), new.get("AssociatedRoles", []))

    async def _lend(self, id: str, before: list[Properties], after: list[Properties]) -> None:
        for role in before:
            if role not in after:
                await self.when_free(id, "remove_role_from_db_cluster", _NO_ROLE, **self.named(id), **role)
        for role in after:
            if role not in before:
                await self.when_free(id, "add_role_to_db_cluster", _HAS_ROLE, **self.named(id), **role)


def _roles(live: list[dict[str, Any]]) -> list[Properties]:
    return [told({name: role.get(name) for name in ("RoleArn", "FeatureName")}) for role in live]
