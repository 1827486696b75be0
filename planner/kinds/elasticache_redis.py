"""ElastiCacheRedis: a replication group, with one shard or several."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Endpoint, Grants, Kind, Lowered, Spec
from panka.planner.resource import PhysicalName, Properties, Ref, Resource, Text
from panka.planner.rules import broken, shaped
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.caches import NodeType, in_several_zones, subnet_group
from panka.planner.vocabulary.environment import Version

PORT = 6_379
MOST_NODES = 500
"""How many nodes a cluster can have, replicas among them."""
MOST_REPLICAS = 5
"""How many replicas ElastiCache gives a shard."""
_NAMED_BY_MINOR = 6
"""The first version whose default parameter groups are not named after a minor version."""


class Engine(Spec):
    """The cache software."""

    version: Annotated[Version, shaped(r"\d+\.(\d+|x)(\.\d+)?", "a version of Redis: `7.1`")] = "7.1"
    """The version of Redis, in quotes."""

    @property
    def family(self) -> str:
        """The family of parameter groups: `redis7`, `redis6.x`, `redis5.0`."""
        major, minor = self.version.split(".")[:2]
        if int(major) > _NAMED_BY_MINOR:
            return f"redis{major}"
        return f"redis{major}.{'x' if int(major) == _NAMED_BY_MINOR else minor}"


class Cluster(Spec):
    """The machines, and how the data is spread over them."""

    node_type: NodeType
    """The machine of each node: `cache.t4g.micro`."""
    num_nodes: Annotated[int, Field(ge=1, le=MOST_NODES)] = 1
    """`replication-group`: one primary, and up to 5 replicas that take over for it. `cluster`: the shards."""
    mode: Literal["replication-group", "cluster"] = "replication-group"
    """`cluster` spreads the keys over several shards; its clients must know Redis Cluster. Changing the mode replaces
    the cache."""
    replicas_per_shard: Annotated[int, Field(ge=0, le=MOST_REPLICAS)] | None = None
    """`cluster`: the replicas of each shard; by default none, so that a lost node loses its keys."""

    @model_validator(mode="after")
    def _fits_the_mode(self) -> Self:
        if self.mode == "cluster":
            nodes = self.num_nodes * (1 + (self.replicas_per_shard or 0))
            if nodes > MOST_NODES:
                sentence = f"{nodes} nodes are more than the {MOST_NODES} that a cluster can have"
                raise broken("PK330", sentence, "numNodes")
        elif self.num_nodes > 1 + MOST_REPLICAS:
            raise broken("PK330", "a replication group has at most 6 nodes; `mode: cluster` takes more", "numNodes")
        elif self.replicas_per_shard is not None:
            raise broken("PK312", "`replicasPerShard` has no effect without `mode: cluster`", "replicasPerShard")
        return self

    @property
    def sharded(self) -> bool:
        return self.mode == "cluster"


class Security(Spec):
    """How data is encrypted. Changing either replaces the cache."""

    at_rest_encryption: bool = True
    """On disk: swap, and snapshots."""
    transit_encryption: bool = True
    """On the way; clients then connect with TLS (`rediss://`)."""


class RedisSpec(ComponentSpec):
    engine: Engine = Engine()
    """The cache software."""
    cluster: Cluster
    """The machines, and how the data is spread over them."""
    security: Security = Security()
    """How data is encrypted; by default both at rest and on the way."""


def lower(component: Component[RedisSpec], context: Context) -> Lowered:
    """Network first, then the replication group."""
    spec = component.spec
    group = doors.security_group(component, context)
    subnets = subnet_group(component, context)
    cache = component.resource(
        "main",
        "AWS::ElastiCache::ReplicationGroup",
        {
            "ReplicationGroupDescription": f"ElastiCacheRedis {component.name}",
            "Engine": "redis",
            "EngineVersion": spec.engine.version,
            "CacheNodeType": spec.cluster.node_type,
            "Port": PORT,
            "CacheSubnetGroupName": subnets.ref("CacheSubnetGroupName"),
            "SecurityGroupIds": [group.ref("GroupId")],
            "AtRestEncryptionEnabled": spec.security.at_rest_encryption,
            "TransitEncryptionEnabled": spec.security.transit_encryption,
            **(_shards(spec, context) if spec.cluster.sharded else _replicas(spec, context)),
        },
        # The mode is part of the name, as it cannot change in place and no property of its own says so.
        name=PhysicalName("ReplicationGroupId", 40, "-shards" if spec.cluster.sharded else ""),
    )
    return Lowered(
        resources=(group, subnets, cache),
        outputs=_outputs(spec, context, cache, group),
        grants=Grants(connect=Endpoint(group.ref("GroupId"), (PORT,))),
    )


def _replicas(spec: RedisSpec, context: Context) -> Properties:
    nodes = spec.cluster.num_nodes
    return {
        "NumCacheClusters": nodes,
        "AutomaticFailoverEnabled": nodes > 1,
        "MultiAZEnabled": in_several_zones(nodes, context),
    }


def _shards(spec: RedisSpec, context: Context) -> Properties:
    replicas = spec.cluster.replicas_per_shard or 0
    return {
        "NumNodeGroups": spec.cluster.num_nodes,
        "ReplicasPerNodeGroup": replicas,
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": in_several_zones(1 + replicas, context),
        "CacheParameterGroupName": f"default.{spec.engine.family}.cluster.on",
    }


def _outputs(spec: RedisSpec, context: Context, cache: Resource, group: Resource) -> dict[str, Ref | Text | str | int]:
    # A sharded cache has one endpoint, at which its clients learn where the shards are.
    ends = ("ConfigurationEndPoint",) * 2 if spec.cluster.sharded else ("PrimaryEndPoint", "ReaderEndPoint")
    target = context.target
    arn = f"arn:{context.partition}:elasticache:{target.region}:{target.account}:replicationgroup:"
    return {
        "endpoint": cache.ref(f"{ends[0]}.Address"),
        "readerEndpoint": cache.ref(f"{ends[1]}.Address"),
        "port": PORT,
        "arn": Text((arn, cache.ref("ReplicationGroupId"))),
        "securityGroupId": group.ref("GroupId"),
    }


ELASTICACHE_REDIS = Kind(
    "ElastiCacheRedis",
    RedisSpec,
    lower,
    outputs={
        "endpoint": "The host name that clients write to; with `mode: cluster` the one that tells of the shards.",
        "readerEndpoint": "The host name that spreads readers over the replicas; with `mode: cluster` as `endpoint`.",
        "port": "The port.",
        "arn": "The ARN of the replication group.",
        "securityGroupId": "The id of its security group.",
    },
    needs_network=True,
)
