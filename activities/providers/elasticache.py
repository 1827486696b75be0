"""ElastiCache: replication groups, and clusters on their own. Their groups of subnets and parameters are in
elasticache_groups."""

from typing import Any, ClassVar

from panka.activities.providers.elasticache_changes import group_changes
from panka.activities.providers.elasticache_groups import ParameterGroupProvider, SubnetGroupProvider
from panka.activities.providers.elasticache_shapes import (
    CLUSTER,
    GROUP,
    CacheShape,
    cluster_attributes,
    group_attributes,
    told_of_both,
)
from panka.activities.providers.provider import Ending
from panka.activities.providers.stateful import StatefulProvider
from panka.planner.resource import Properties


class CacheProvider(StatefulProvider):
    """A replication group or a cluster."""

    shape: ClassVar[CacheShape]
    arn = "ARN"
    absent = frozenset({"CacheClusterNotFound", "ReplicationGroupNotFoundFault"})
    taken = frozenset({"CacheClusterAlreadyExists", "ReplicationGroupAlreadyExists"})
    busy = frozenset({"InvalidCacheClusterState", "InvalidReplicationGroupState"})
    usable = frozenset({"available", "snapshotting"})
    broken = ("create-failed", "incompatible-", "restore-failed")

    async def make(self, properties: Properties) -> dict[str, Any]:
        return await self.call(f"create_{self.kind}", Tags=properties.get("Tags", []), **self.shape.spelled(properties))

    def ending(self, live: dict[str, Any], how: Ending) -> dict[str, Any]:
        # Memcached keeps nothing that a snapshot could be taken of.
        keeps = live.get("Engine") != "memcached"
        return {"FinalSnapshotIdentifier": how.snapshot} if how.snapshot and keeps else {}


class CacheClusterProvider(CacheProvider):
    """Nodes of Memcached, or one of Redis."""

    type = "AWS::ElastiCache::CacheCluster"
    service = "elasticache"
    shape = CLUSTER
    kind, noun, status, word = "cache_cluster", "CacheCluster", "CacheClusterStatus", "cache"
    name, identifier = "ClusterName", "CacheClusterId"

    def attributes(self, live: dict[str, Any]) -> Properties:
        return cluster_attributes(live)

    async def live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_cache_clusters", self.absent, CacheClusterId=id, ShowCacheNodeInfo=True)
        return answer["CacheClusters"][0] if answer and answer["CacheClusters"] else None

    async def change(self, id: str, old: Properties, new: Properties) -> None:
        asked = self.shape.changes(old, new)
        wanted = int(asked.get("NumCacheNodes", 0))
        if wanted and wanted < int(old["NumCacheNodes"]):
            live = await self.live(id) or {}
            nodes = sorted(node["CacheNodeId"] for node in live.get("CacheNodes", []))
            asked["CacheNodeIdsToRemove"] = nodes[wanted:]
        if asked:
            await self.when_free(id, "modify_cache_cluster", **self.named(id), ApplyImmediately=True, **asked)


class ReplicationGroupProvider(CacheProvider):
    """Shards of Redis or Valkey, each a primary and its replicas."""

    type = "AWS::ElastiCache::ReplicationGroup"
    service = "elasticache"
    shape = GROUP
    kind, noun, status, word = "replication_group", "ReplicationGroup", "Status", "replication group"
    name, identifier = "ReplicationGroupId", "ReplicationGroupId"

    def attributes(self, live: dict[str, Any]) -> Properties:
        return group_attributes(live)

    async def observe(self, live: dict[str, Any]) -> Properties:
        first = next(iter(live.get("MemberClusters", [])), None)
        answer = await self.maybe("describe_cache_clusters", self.absent, CacheClusterId=first) if first else None
        members = answer["CacheClusters"] if answer else []
        return self.shape.observed(told_of_both(live, members[0]) if members else live)

    async def change(self, id: str, old: Properties, new: Properties) -> None:
        live = await self.live(id) or {}
        shards = [shard["NodeGroupId"] for shard in live.get("NodeGroups", [])]
        for operation, arguments in group_changes(old, new, shards):
            await self.when_free(id, operation, **self.named(id), ApplyImmediately=True, **arguments)


PROVIDERS = (SubnetGroupProvider, ParameterGroupProvider, ReplicationGroupProvider, CacheClusterProvider)
