"""Between CloudFormation's properties of a database instance and RDS's own calls and answers."""

from collections.abc import Callable
from typing import Any

from panka.activities.providers.provider import tag_list, tag_map
from panka.activities.providers.shapes import told
from panka.planner.resource import Properties

_NUMBERS = (
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "Iops",
    "MaxAllocatedStorage",
    "MonitoringInterval",
    "PerformanceInsightsRetentionPeriod",
    "Port",
    "PromotionTier",
    "StorageThroughput",
)
_CHANGEABLE = (
    *_NUMBERS,
    "AutoMinorVersionUpgrade",
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
    "LicenseModel",
    "ManageMasterUserPassword",
    "MonitoringRoleArn",
    "MultiAZ",
    "NetworkType",
    "OptionGroupName",
    "PerformanceInsightsKMSKeyId",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "StorageType",
    "VPCSecurityGroups",
)
_FIXED = (
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
)
_SPECIAL = ("AllowMajorVersionUpgrade", "MasterUserPassword", "MasterUserSecret")
_STORAGE = ("AllocatedStorage", "Iops", "StorageThroughput", "StorageType")
_CLEARED: dict[str, Any] = {
    "CopyTagsToSnapshot": False,
    "DeletionProtection": False,
    "EnableCloudwatchLogsExports": [],
    "EnableIAMDatabaseAuthentication": False,
    "EnablePerformanceInsights": False,
    "ManageMasterUserPassword": False,
    "MonitoringInterval": 0,
    "MultiAZ": False,
}
_TOLD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "AllocatedStorage": lambda live: str(live["AllocatedStorage"]) if live.get("AllocatedStorage") else None,
    "DBParameterGroupName": lambda live: _first(live, "DBParameterGroups", "DBParameterGroupName"),
    "DBSubnetGroupName": lambda live: live.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
    "EnableCloudwatchLogsExports": lambda live: sorted(live.get("EnabledCloudwatchLogsExports", [])),
    "EnableIAMDatabaseAuthentication": lambda live: live.get("IAMDatabaseAuthenticationEnabled"),
    "EnablePerformanceInsights": lambda live: live.get("PerformanceInsightsEnabled"),
    "ManageMasterUserPassword": lambda live: True if live.get("MasterUserSecret") else None,
    "OptionGroupName": lambda live: _first(live, "OptionGroupMemberships", "OptionGroupName"),
    "Port": lambda live: str(live["Endpoint"]["Port"]) if live.get("Endpoint", {}).get("Port") else None,
    "SourceDBInstanceIdentifier": lambda live: live.get("ReadReplicaSourceDBInstanceIdentifier") or None,
    "VPCSecurityGroups": lambda live: sorted(one["VpcSecurityGroupId"] for one in live.get("VpcSecurityGroups", [])),
}
"""Properties that RDS's answers spell otherwise."""


def settable_names() -> tuple[str, ...]:
    """The properties that can be set."""
    return (*_CHANGEABLE, *_FIXED, *_SPECIAL)


def observed(live: dict[str, Any]) -> Properties:
    """A described instance as properties; its password is never told."""
    plain = {name: live.get(name) for name in (*_CHANGEABLE, *_FIXED) if name not in _TOLD}
    spelled = {name: tell(live) for name, tell in _TOLD.items()}
    return told({**plain, **spelled, "Tags": tag_list(tag_map(live.get("TagList")))})


def created(properties: Properties) -> dict[str, Any]:
    """Properties as the creating calls take them."""
    asked = {name: value for name, value in properties.items() if name not in ("Tags", "AllowMajorVersionUpgrade")}
    asked.update({name: int(asked[name]) for name in _NUMBERS if name in asked})
    if "VPCSecurityGroups" in asked:
        asked["VpcSecurityGroupIds"] = asked.pop("VPCSecurityGroups")
    if secret := asked.pop("MasterUserSecret", None):
        asked.update(told({"MasterUserSecretKmsKeyId": secret.get("KmsKeyId")}))
    return asked


def changes(old: Properties, new: Properties) -> dict[str, Any]:
    """What the modifying call is to be told so that `old` becomes `new`; nothing when it is so already.

    RDS does not tell a password, so where one is given it is set with every change of the instance.
    """
    live, wanted = _comparable({**_CLEARED, **old}), _comparable({**_CLEARED, **new})
    differs = {name for name in _CHANGEABLE if name in wanted and not _same(name, live.get(name), wanted[name])}
    if "MaxAllocatedStorage" in wanted and live.get("AllocatedStorage", 0) > wanted.get("AllocatedStorage", 0):
        # The storage has grown by itself, as it may; it cannot shrink.
        differs.discard("AllocatedStorage")
    if differs.intersection(_STORAGE) - {"AllocatedStorage"}:
        differs.update(name for name in _STORAGE if name in wanted)
    asked = {name: wanted[name] for name in _CHANGEABLE if name in differs}
    if "MasterUserPassword" in new:
        asked["MasterUserPassword"] = new["MasterUserPassword"]
    if "EngineVersion" in asked and "AllowMajorVersionUpgrade" in new:
        asked["AllowMajorVersionUpgrade"] = new["AllowMajorVersionUpgrade"]
    return _modifying(asked, live)


def _modifying(asked: dict[str, Any], live: Properties) -> dict[str, Any]:
    if "Port" in asked:
        asked["DBPortNumber"] = asked.pop("Port")
    if "VPCSecurityGroups" in asked:
        asked["VpcSecurityGroupIds"] = asked.pop("VPCSecurityGroups")
    if "EnableCloudwatchLogsExports" in asked:
        logs, before = set(asked.pop("EnableCloudwatchLogsExports")), set(live["EnableCloudwatchLogsExports"])
        exports = {"EnableLogTypes": sorted(logs - before), "DisableLogTypes": sorted(before - logs)}
        asked["CloudwatchLogsExportConfiguration"] = told(exports)
    return asked


def _comparable(properties: Properties) -> Properties:
    shaped: Properties = {name: int(value) if name in _NUMBERS else value for name, value in properties.items()}
    for name in ("EnableCloudwatchLogsExports", "VPCSecurityGroups"):
        if name in shaped:
            shaped[name] = sorted(shaped[name])
    return shaped


def _same(name: str, live: Any, wanted: Any) -> bool:
    if name == "EngineVersion" and live is not None:
        # `16` asks for any 16.x.
        return f"{live}.".startswith(f"{wanted}.")
    return bool(live == wanted)


def _first(live: dict[str, Any], group: str, name: str) -> str | None:
    return next((one[name] for one in live.get(group, [])), None)
