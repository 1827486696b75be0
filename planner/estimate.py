"""How long a step takes, in seconds: rough defaults per type, good enough to order steps and to say `about 6m`."""

from typing import Literal, TypeAlias

from panka.planner.plan import Action, Step
from panka.planner.resource_types import TypeFacts, facts

Operation: TypeAlias = Literal["create", "update", "delete"]

_DEFAULT = 4.0
_BY_CLOUD_CONTROL = 20.0
"""Seconds of a create through Cloud Control, which takes about ten times longer than the service itself."""
_DEADLINE = 600.0
"""Seconds until a resource that is not ready counts as failed, where its type says nothing else."""
_HANDLER = 120
"""Minutes that AWS gives a handler of Cloud Control which sets itself no limit."""
_LONGEST = 6 * 3600.0
"""Some handlers may take days; whoever wants to wait that long says so in `lifecycle.timeouts`."""

# Seconds of a create; (create, deadline).
_SLOW: dict[str, tuple[float, float]] = {
    "AWS::ApiGateway::Stage": (4, 900),
    "AWS::ApiGatewayV2::DomainName": (30, 900),
    "AWS::CertificateManager::Certificate": (180, 3600),
    "AWS::CloudFront::Distribution": (300, 2400),
    "AWS::DocDB::DBCluster": (120, 2400),
    "AWS::DocDB::DBInstance": (480, 3600),
    "AWS::DynamoDB::Table": (12, 1800),
    "AWS::EC2::NatGateway": (100, 900),
    "AWS::EC2::VPCEndpoint": (60, 900),
    "AWS::EC2::Volume": (5, 3600),
    "AWS::ECS::Service": (90, 1800),
    "AWS::EFS::FileSystem": (8, 900),
    "AWS::EFS::MountTarget": (90, 900),
    "AWS::ElastiCache::CacheCluster": (300, 2400),
    "AWS::ElastiCache::ReplicationGroup": (480, 3600),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (150, 1200),
    "AWS::Lambda::Alias": (4, 900),
    "AWS::Lambda::Function": (8, 900),
    "AWS::Lambda::Version": (4, 900),
    "AWS::MSK::Cluster": (1500, 5400),
    "AWS::MSK::ServerlessCluster": (300, 2400),
    "AWS::RDS::DBCluster": (120, 2400),
    "AWS::RDS::DBInstance": (420, 5400),
    "AWS::ServiceDiscovery::HttpNamespace": (15, 600),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": (45, 600),
}

# Deadlines that are not those of the create.
_OTHERWISE: dict[tuple[str, Operation], float] = {
    ("AWS::DocDB::DBInstance", "update"): 7200,
    ("AWS::DynamoDB::Table", "update"): 14_400,  # a new index of a large table is filled first
    ("AWS::EC2::SecurityGroup", "delete"): 2700,  # network interfaces of functions leave it late
    ("AWS::ElastiCache::ReplicationGroup", "update"): 7200,
    ("AWS::MSK::Cluster", "update"): 14_400,  # one broker after the other
    ("AWS::RDS::DBInstance", "update"): 10_800,
}


def seconds(type: str, action: Action) -> float:
    """The expected time of a step. Deletes and updates of slow types take about half of their create."""
    if action in (Action.ACCEPT, Action.FORGET):
        return 0.1
    slow = _SLOW.get(type)
    if slow is None and _by_cloud_control(type) is None:
        return _DEFAULT
    create = slow[0] if slow else _BY_CLOUD_CONTROL
    return create if action in (Action.CREATE, Action.REPLACE) else create / 2


def deadline(type: str, operation: Operation) -> float:
    """Seconds after which an operation on this type counts as failed.

    What Cloud Control makes has as long as AWS's own handler, which knows best, but at most six hours.
    """
    if (type, operation) in _OTHERWISE:
        return _OTHERWISE[type, operation]
    if type in _SLOW:
        return _SLOW[type][1]
    known = _by_cloud_control(type)
    if known is None:
        return _DEADLINE
    return min(max(_DEADLINE, known.timeouts.get(operation, _HANDLER) * 60.0), _LONGEST)


def limit(step: Step, operation: Operation) -> float:
    """Seconds after which an operation of a step counts as failed: the user's word, else its type's."""
    said: float | None = getattr(step.lifecycle.timeouts, operation)
    return said if said is not None else deadline(step.type, operation)


def longest(step: Step) -> float:
    """Seconds that a step, or its undo, may spend on waiting in all."""
    match step.action:
        case Action.UPDATE | Action.ADOPT | Action.ACCEPT:
            return limit(step, "update")
        case Action.DELETE | Action.FORGET:
            return limit(step, "delete")
        case Action.REPLACE if step.delete_first:
            return limit(step, "delete") + limit(step, "create")
        case _:
            return max(limit(step, "create"), limit(step, "delete"))


def _by_cloud_control(type: str) -> TypeFacts | None:
    known = facts(type)
    return known if known is not None and not known.own_provider else None
