"""Between CloudFormation's properties of a database and the calls and answers of RDS and DocumentDB."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from panka.activities.providers.shapes import covers, told
from panka.planner.resource import Properties

_NUMBERS = frozenset(
    {
        "AllocatedStorage",
        "BacktrackWindow",
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
_LISTS = ("EnableCloudwatchLogsExports", "VPCSecurityGroups", "VpcSecurityGroupIds")
_STORAGE = ("AllocatedStorage", "Iops", "StorageThroughput", "StorageType")
_ONLY_FOR_CHANGES = frozenset(
    {"AllowMajorVersionUpgrade", "CertificateRotationRestart", "DBInstanceParameterGroupName", "Tags"}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One type of the family: the properties that it has, and how its calls and answers spell them."""

    changeable: tuple[str, ...]
    fixed: tuple[str, ...]
    unread: tuple[str, ...]
    """What can be set and is never told: passwords, and what only goes along with a change."""
    cleared: Mapping[str, Any]
    """What properties that are taken away go back to."""
    told: Mapping[str, Callable[[dict[str, Any]], Any]]
    """Properties that answers spell otherwise."""
    asked: Mapping[str, str]
    """Properties that calls spell otherwise."""
    changed: Mapping[str, str]
    """The same, for the modifying call alone."""
    along: Mapping[str, tuple[str, ...]]
    """Unread properties that are said with the change of another."""

    @property
    def settable(self) -> tuple[str, ...]:
        """The properties that can be set."""
        return (*self.changeable, *self.fixed, *self.unread)

    def observed(self, live: dict[str, Any]) -> Properties:
        """What a service describes, as properties; a password is never told."""
        plain = {name: live.get(name) for name in (*self.changeable, *self.fixed) if name not in self.told}
        return told({**plain, **{name: tell(live) for name, tell in self.told.items()}})

    def created(self, properties: Properties) -> dict[str, Any]:
        """Properties as the creating calls take them."""
        return self._spelled(
            {name: _plain(name, value) for name, value in properties.items() if name not in _ONLY_FOR_CHANGES}
        )

    def changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        """What the modifying call is to be told so that `old` becomes `new`; nothing when it is so already.

        A password is never told, so where one is given it is set with every change.
        """
        live, wanted = _comparable({**self.cleared, **old}), _comparable({**self.cleared, **new})
        differs = {name for name in self.changeable if name in wanted and not _same(name, live.get(name), wanted[name])}
        if "MaxAllocatedStorage" in wanted and live.get("AllocatedStorage", 0) > wanted.get("AllocatedStorage", 0):
            # The storage has grown by itself, as it may; it cannot shrink.
            differs.discard("AllocatedStorage")
        if differs.intersection(_STORAGE) - {"AllocatedStorage"}:
            differs.update(name for name in _STORAGE if name in wanted)
        asked = {name: wanted[name] for name in self.changeable if name in differs}
        if "MasterUserPassword" in new:
            asked["MasterUserPassword"] = new["MasterUserPassword"]
        beside = [name for changed, names in self.along.items() if changed in asked for name in names if name in new]
        asked.update({name: new[name] for name in beside})
        return self._modifying(asked, live)

    def _modifying(self, asked: dict[str, Any], live: Properties) -> dict[str, Any]:
        asked = {self.changed.get(name, name): value for name, value in asked.items()}
        if "EnableCloudwatchLogsExports" in asked:
            logs, before = set(asked.pop("EnableCloudwatchLogsExports")), set(live["EnableCloudwatchLogsExports"])
            exports = {"EnableLogTypes": sorted(logs - before), "DisableLogTypes": sorted(before - logs)}
            asked["CloudwatchLogsExportConfiguration"] = told(exports)
        return self._spelled(asked)

    def _spelled(self, asked: dict[str, Any]) -> dict[str, Any]:
        spelled = {self.asked.get(name, name): value for name, value in asked.items()}
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


def _comparable(properties: Properties) -> Properties:
    return {
        name: sorted(value) if name in _LISTS else _plain(name, value)
        for name, value in properties.items()
        if value is not None
    }


def _plain(name: str, value: Any) -> Any:
    return int(value) if name in _NUMBERS else value


def _same(name: str, live: Any, wanted: Any) -> bool:
    if name == "EngineVersion" and live is not None:
        # `16` asks for any 16.x.
        return f"{live}.".startswith(f"{wanted}.")
    return covers(live, wanted)
