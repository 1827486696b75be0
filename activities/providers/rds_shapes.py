"""Between CloudFormation's properties of a database and the calls and answers of RDS and DocumentDB."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from panka.activities.providers.shapes import told
from panka.activities.providers.stateful_shapes import Shape
from panka.planner.resource import Properties

_NUMBERS = frozenset(
    {
        "AllocatedStorage",
        "BackupRetentionPeriod",
        "Iops",
        "MaxAllocatedStorage",
        "MonitoringInterval",
        "PerformanceInsightsRetentionPeriod",
        "Port",
        "PromotionTier",
        "StorageThroughput",
    }
)
_STORAGE = ("AllocatedStorage", "Iops", "StorageThroughput", "StorageType")
_NEVER_AT_FIRST = frozenset({"AllowMajorVersionUpgrade", "CertificateRotationRestart", "DBInstanceParameterGroupName"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseShape(Shape):
    """The shape of an instance or a cluster."""

    changed: Mapping[str, str] = field(default_factory=dict)
    """Properties that only the modifying call spells otherwise."""
    along: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Unread properties that are said with the change of another."""

    def created(self, properties: Properties) -> dict[str, Any]:
        """Properties as the creating calls take them."""
        return self._numbered({name: value for name, value in properties.items() if name not in _NEVER_AT_FIRST})

    def changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        """What the modifying call is to be told so that `old` becomes `new`; nothing when it is so already.

        A password is set unless `old` has the same one: AWS never tells it, but the record may.
        """
        asked = self.differing(old, new)
        if "MaxAllocatedStorage" in new and int(old.get("AllocatedStorage", 0)) > int(new.get("AllocatedStorage", 0)):
            # The storage has grown by itself, as it may; it cannot shrink.
            asked.pop("AllocatedStorage", None)
        if asked.keys() & set(_STORAGE) - {"AllocatedStorage"}:
            asked.update({name: new[name] for name in _STORAGE if name in new})
        if new.get("MasterUserPassword") != old.get("MasterUserPassword") and "MasterUserPassword" in new:
            asked["MasterUserPassword"] = new["MasterUserPassword"]
        beside = [name for changed, names in self.along.items() if changed in asked for name in names if name in new]
        asked.update({name: new[name] for name in beside})
        if "EnableCloudwatchLogsExports" in asked:
            logs, before = (
                set(asked.pop("EnableCloudwatchLogsExports")),
                set(old.get("EnableCloudwatchLogsExports", [])),
            )
            exports = {"EnableLogTypes": sorted(logs - before), "DisableLogTypes": sorted(before - logs)}
            asked["CloudwatchLogsExportConfiguration"] = told(exports)
        return {self.changed.get(name, name): value for name, value in self._numbered(asked).items()}

    def _numbered(self, asked: dict[str, Any]) -> dict[str, Any]:
        spelled = self.spelled({name: int(value) if name in _NUMBERS else value for name, value in asked.items()})
        if secret := spelled.pop("MasterUserSecret", None):
            spelled.update(told({"MasterUserSecretKmsKeyId": secret.get("KmsKeyId")}))
        return spelled


def first(live: dict[str, Any], group: str, name: str) -> str | None:
    """A value of the first item of a list that AWS told (`DBParameterGroups`), if there is one."""
    return next((one[name] for one in live.get(group, [])), None)


def security_groups(live: dict[str, Any]) -> list[str]:
    """The ids of the security groups that something described stands in, sorted."""
    return sorted(one["VpcSecurityGroupId"] for one in live.get("VpcSecurityGroups", []))


def exported_logs(live: dict[str, Any]) -> list[str]:
    """The logs that something described sends to CloudWatch, sorted."""
    return sorted(live.get("EnabledCloudwatchLogsExports", []))


def manages_password(live: dict[str, Any]) -> bool | None:
    """True when AWS keeps the master user's password itself; AWS does not tell otherwise."""
    return True if live.get("MasterUserSecret") else None


TOLD_BY_CLUSTERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "DBClusterParameterGroupName": lambda live: live.get("DBClusterParameterGroup"),
    "DBSubnetGroupName": lambda live: live.get("DBSubnetGroup"),
    "EnableCloudwatchLogsExports": exported_logs,
    "ManageMasterUserPassword": manages_password,
    "VpcSecurityGroupIds": security_groups,
}
"""What clusters of both services spell otherwise in their answers."""
