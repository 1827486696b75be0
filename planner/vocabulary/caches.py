"""What kinds of caches have in common: machines, and the subnets that they stand in."""

from typing import Annotated, TypeAlias

from panka.planner.component import Component, ComponentSpec, Context
from panka.planner.resource import PhysicalName, Resource
from panka.planner.rules import shaped
from panka.planner.vocabulary import doors

NodeType: TypeAlias = Annotated[str, shaped(r"cache\.[a-z0-9-]+\.[a-z0-9]+", "a node type: `cache.t4g.micro`")]


def subnet_group(component: Component[ComponentSpec], context: Context) -> Resource:
    """The subnets that a cache's nodes stand in."""
    return component.resource(
        "subnets",
        "AWS::ElastiCache::SubnetGroup",
        {"Description": f"{component.kind} {component.name}", "SubnetIds": doors.subnets(context)},
        name=PhysicalName("CacheSubnetGroupName", 255),
    )


def in_several_zones(nodes: int, context: Context) -> bool:
    """Whether so many nodes can stand in more than one zone of the network."""
    return nodes > 1 and len(set(doors.subnets(context))) > 1
