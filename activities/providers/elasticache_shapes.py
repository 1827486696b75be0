"""Between CloudFormation's properties of caches and ElastiCache's own calls and answers."""

from dataclasses import dataclass
from typing import Any

from panka.activities.providers.shapes import told
from panka.activities.providers.stateful_shapes import Shape
from panka.planner.resource import Properties

_LOGS = ("LogType", "DestinationType", "DestinationDetails", "LogFormat")
_ON = frozenset({"enabled", "enabling"})
_SILENT = {"NotificationTopicStatus": "inactive"}
_COUNTS = ("NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheShape(Shape):
    """The shape of a cluster or of a replication group."""

    def changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        """What the modifying call is to be told, numbers of nodes aside; nothing when it is so already.

        A token is never told, so where one is given it is set with every change; the last one stays good beside it.
        """
        asked = {name: value for name, value in self.differing(old, new).items() if name not in _COUNTS}
        if "NotificationTopicArn" in asked:
            topic = asked.pop("NotificationTopicArn")
            asked |= {"NotificationTopicArn": topic, "NotificationTopicStatus": "active"} if topic else _SILENT
        if "LogDeliveryConfigurations" in asked:
            asked["LogDeliveryConfigurations"] = _logs(old, new)
        if "UserGroupIds" in asked:
            before, after = old.get("UserGroupIds", []), asked.pop("UserGroupIds")
            asked["UserGroupIdsToAdd"] = [id for id in after if id not in before]
            asked["UserGroupIdsToRemove"] = [id for id in before if id not in after]
        if "AuthToken" in new and new["AuthToken"] != old.get("AuthToken"):
            asked |= {"AuthToken": new["AuthToken"], "AuthTokenUpdateStrategy": "ROTATE"}
        return self.spelled({name: value for name, value in asked.items() if value != []})


def _nodes(live: dict[str, Any]) -> list[Any]:
    """The nodes of the first shard: all have equally many."""
    shards = live.get("NodeGroups", [])
    return shards[0].get("NodeGroupMembers", []) if shards else []


def _security_groups(live: dict[str, Any]) -> list[str]:
    return sorted(one["SecurityGroupId"] for one in live.get("SecurityGroups", []))


_COMMON = {
    "LogDeliveryConfigurations": lambda live: [
        {name: one[name] for name in _LOGS if name in one} for one in live.get("LogDeliveryConfigurations", [])
    ],
    "NotificationTopicArn": lambda live: live.get("NotificationConfiguration", {}).get("TopicArn"),
    "CacheParameterGroupName": lambda live: live.get("CacheParameterGroup", {}).get("CacheParameterGroupName"),
}
_CLEARED: dict[str, Any] = {"LogDeliveryConfigurations": [], "NotificationTopicArn": None, "SnapshotRetentionLimit": 0}

CLUSTER = CacheShape(
    changeable=(
        "AZMode",
        "AutoMinorVersionUpgrade",
        "CacheParameterGroupName",
        "EngineVersion",
        "IpDiscovery",
        "LogDeliveryConfigurations",
        "NotificationTopicArn",
        "NumCacheNodes",
        "PreferredMaintenanceWindow",
        "SnapshotRetentionLimit",
        "SnapshotWindow",
        "VpcSecurityGroupIds",
    ),
    fixed=(
        "CacheNodeType",
        "CacheSubnetGroupName",
        "ClusterName",
        "Engine",
        "NetworkType",
        "Port",
        "TransitEncryptionEnabled",
    ),
    unread=("PreferredAvailabilityZone", "PreferredAvailabilityZones", "SnapshotArns", "SnapshotName"),
    cleared=_CLEARED,
    told={
        **_COMMON,
        "AZMode": lambda live: "cross-az" if live.get("PreferredAvailabilityZone") == "Multiple" else "single-az",
        "ClusterName": lambda live: live["CacheClusterId"],
        "Port": lambda live: endpoint(live).get("Port"),
        "VpcSecurityGroupIds": _security_groups,
    },
    asked={"ClusterName": "CacheClusterId", "VpcSecurityGroupIds": "SecurityGroupIds"},
)
GROUP = CacheShape(
    changeable=(
        "AutoMinorVersionUpgrade",
        "AutomaticFailoverEnabled",
        "CacheNodeType",
        "CacheParameterGroupName",
        "ClusterMode",
        "Durability",
        "Engine",
        "EngineVersion",
        "IpDiscovery",
        "LogDeliveryConfigurations",
        "MultiAZEnabled",
        "NotificationTopicArn",
        *_COUNTS,
        "PreferredMaintenanceWindow",
        "ReplicationGroupDescription",
        "SecurityGroupIds",
        "SnapshotRetentionLimit",
        "SnapshotWindow",
        "TransitEncryptionMode",
        "UserGroupIds",
    ),
    fixed=(
        "AtRestEncryptionEnabled",
        "CacheSubnetGroupName",
        "DataTieringEnabled",
        "KmsKeyId",
        "NetworkType",
        "Port",
        "ReplicationGroupId",
        "TransitEncryptionEnabled",
    ),
    unread=("AuthToken", "PreferredCacheClusterAZs", "SnapshotArns", "SnapshotName"),
    cleared={**_CLEARED, "AutomaticFailoverEnabled": False, "MultiAZEnabled": False, "UserGroupIds": []},
    told={
        **_COMMON,
        "AutomaticFailoverEnabled": lambda live: live.get("AutomaticFailover") in _ON,
        "DataTieringEnabled": lambda live: live.get("DataTiering") in _ON,
        "MultiAZEnabled": lambda live: live.get("MultiAZ") in _ON,
        # What a group has of its nodes' number depends on whether it is sharded.
        "NumCacheClusters": lambda live: None if live.get("ClusterEnabled") else len(_nodes(live)),
        "NumNodeGroups": lambda live: len(live.get("NodeGroups", [])),
        "Port": lambda live: endpoint(live).get("Port"),
        "ReplicasPerNodeGroup": lambda live: max(len(_nodes(live)) - 1, 0),
        "ReplicationGroupDescription": lambda live: live.get("Description"),
        "SecurityGroupIds": _security_groups,
    },
)
OF_MEMBERS = (
    "CacheParameterGroup",
    "CacheSubnetGroupName",
    "EngineVersion",
    "NotificationConfiguration",
    "PreferredMaintenanceWindow",
    "SecurityGroups",
)
"""What ElastiCache tells of the members of a replication group only, who are all alike."""


def endpoint(live: dict[str, Any]) -> dict[str, Any]:
    """Where clients of a cache that was described connect; empty when it is not known yet."""
    first: dict[str, Any] = next(iter(live.get("CacheNodes") or live.get("NodeGroups") or []), {})
    found: dict[str, Any] = (
        live.get("ConfigurationEndpoint") or first.get("PrimaryEndpoint") or first.get("Endpoint") or {}
    )
    return found


def _logs(old: Properties, new: Properties) -> list[dict[str, Any]]:
    """The deliveries to begin or to change, and those to end."""
    before, after = ({one["LogType"]: one for one in of.get("LogDeliveryConfigurations", [])} for of in (old, new))
    wanted = [{**one, "Enabled": True} for kind, one in after.items() if one != before.get(kind)]
    return wanted + [{"LogType": kind, "Enabled": False} for kind in before if kind not in after]


def group_attributes(live: dict[str, Any]) -> Properties:
    """The addresses of a replication group, as others refer to them."""
    first: dict[str, Any] = next(iter(live.get("NodeGroups", [])), {})
    if live.get("ClusterEnabled"):
        ends = _where("ConfigurationEndPoint", live.get("ConfigurationEndpoint"))
    else:
        ends = {
            **_where("PrimaryEndPoint", first.get("PrimaryEndpoint")),
            **_where("ReaderEndPoint", first.get("ReaderEndpoint")),
            **_reads([one["ReadEndpoint"] for one in first.get("NodeGroupMembers", []) if "ReadEndpoint" in one]),
        }
    return {**ends, "EffectiveDurability": live.get("EffectiveDurability")}


def _reads(found: list[dict[str, Any]]) -> Properties:
    addresses, ports = [one["Address"] for one in found], [str(one["Port"]) for one in found]
    return {
        "ReadEndPoint.Addresses": f"[{', '.join(addresses)}]",
        "ReadEndPoint.AddressesList": addresses,
        "ReadEndPoint.Ports": f"[{', '.join(ports)}]",
        "ReadEndPoint.PortsList": ports,
    }


def cluster_attributes(live: dict[str, Any]) -> Properties:
    """The addresses of a cluster: of the one that tells of its nodes, or of the one node of Redis."""
    memcached = live.get("Engine") == "memcached"
    return _where("ConfigurationEndpoint" if memcached else "RedisEndpoint", endpoint(live))


def _where(name: str, found: dict[str, Any] | None) -> Properties:
    return {f"{name}.Address": found["Address"], f"{name}.Port": str(found["Port"])} if found else {}


def told_of_both(live: dict[str, Any], member: dict[str, Any]) -> dict[str, Any]:
    """A replication group with what only its members tell."""
    return {**live, **told({name: member.get(name) for name in OF_MEMBERS})}
