"""ElastiCacheMemcached: nodes without replication, behind one endpoint."""

from typing import Annotated

from pydantic import Field

from panka.planner.component import Component, ComponentSpec, Context, Endpoint, Grants, Kind, Lowered, Spec
from panka.planner.resource import PhysicalName
from panka.planner.rules import shaped
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.caches import NodeType, in_several_zones, subnet_group
from panka.planner.vocabulary.environment import Version

PORT = 11_211


class Engine(Spec):
    """The cache software."""

    version: Annotated[Version, shaped(r"\d+\.\d+\.\d+", "a version of Memcached: `1.6.22`")] | None = None
    """The version of Memcached, in quotes; by default the newest that ElastiCache has."""


class Cluster(Spec):
    """The machines."""

    node_type: NodeType
    """The machine of each node: `cache.t4g.micro`. Changing it replaces the cache."""
    num_nodes: Annotated[int, Field(ge=1, le=60)] = 1
    """How many nodes the keys are spread over; several stand in several zones."""


class MemcachedSpec(ComponentSpec):
    engine: Engine = Engine()
    """The cache software."""
    cluster: Cluster
    """The machines."""


def lower(component: Component[MemcachedSpec], context: Context) -> Lowered:
    """Network first, then the cluster."""
    spec = component.spec
    group = doors.security_group(component, context)
    subnets = subnet_group(component, context)
    cache = component.resource(
        "main",
        "AWS::ElastiCache::CacheCluster",
        {
            "Engine": "memcached",
            "CacheNodeType": spec.cluster.node_type,
            "NumCacheNodes": spec.cluster.num_nodes,
            "AZMode": "cross-az" if in_several_zones(spec.cluster.num_nodes, context) else "single-az",
            "Port": PORT,
            "CacheSubnetGroupName": subnets.ref("CacheSubnetGroupName"),
            "VpcSecurityGroupIds": [group.ref("GroupId")],
            **({"EngineVersion": spec.engine.version} if spec.engine.version else {}),
        },
        name=PhysicalName("ClusterName", 50),
    )
    return Lowered(
        resources=(group, subnets, cache),
        outputs={
            "endpoint": cache.ref("ConfigurationEndpoint.Address"),
            "port": PORT,
            "securityGroupId": group.ref("GroupId"),
        },
        grants=Grants(connect=Endpoint(group.ref("GroupId"), (PORT,))),
    )


ELASTICACHE_MEMCACHED = Kind(
    "ElastiCacheMemcached",
    MemcachedSpec,
    lower,
    outputs={
        "endpoint": "The host name at which clients learn where the nodes are.",
        "port": "The port.",
        "securityGroupId": "The id of its security group.",
    },
    needs_network=True,
)
