"""What differs between two states of a replication group, as the calls that ElastiCache has for each part of it."""

from typing import Any

from panka.activities.providers.elasticache_shapes import GROUP
from panka.planner.resource import Properties

Change = tuple[str, dict[str, Any]]
"""An operation (`increase_replica_count`) and its arguments, the group and when to begin aside."""


def group_changes(old: Properties, new: Properties, shards: list[str]) -> list[Change]:
    """The calls that make `new` of `old`, for a replication group with the shards of these ids.

    ElastiCache makes one change at a time. Shards and replicas are added before other changes, which may need them, and
    taken away after them.
    """
    has, wanted = _replicas(old, new)
    count = int(new.get("NumNodeGroups", len(shards)))
    last = {"NodeGroupsToRemove": sorted(shards)[count:]} if count < len(shards) else {}
    shard = ("modify_replication_group_shard_configuration", {"NodeGroupCount": count, **last})
    asked = GROUP.changes(old, new)
    return [
        *([("increase_replica_count", {"NewReplicaCount": wanted})] if wanted > has else []),
        *([shard] if count > len(shards) else []),
        *([("modify_replication_group", asked)] if asked else []),
        *([shard] if count < len(shards) else []),
        *([("decrease_replica_count", {"NewReplicaCount": wanted})] if wanted < has else []),
    ]


def _replicas(old: Properties, new: Properties) -> tuple[int, int]:
    """How many replicas each shard has, and how many it is to have."""
    nodes, wanted = old.get("NumCacheClusters"), new.get("NumCacheClusters")
    if nodes and wanted and nodes != wanted:
        return nodes - 1, wanted - 1
    has = int(old.get("ReplicasPerNodeGroup", 0))
    return has, int(new.get("ReplicasPerNodeGroup", has))
