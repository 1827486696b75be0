"""How long a step takes, in seconds: rough defaults per type, good enough to order steps and to say `about 6m`."""

from panka.planner.plan import Action

_DEFAULT = 4.0
_DEADLINE = 600.0
"""Seconds until a resource that is not ready counts as failed, where its type says nothing else."""

# Seconds of a create; (create, deadline).
_SLOW: dict[str, tuple[float, float]] = {
    "AWS::CertificateManager::Certificate": (180, 3600),
    "AWS::CloudFront::Distribution": (300, 2400),
    "AWS::DocDB::DBCluster": (120, 2400),
    "AWS::DocDB::DBInstance": (480, 3600),
    "AWS::DynamoDB::Table": (12, 1800),
    "AWS::EC2::NatGateway": (100, 900),
    "AWS::ECS::Service": (90, 1800),
    "AWS::EFS::MountTarget": (90, 900),
    "AWS::ElastiCache::CacheCluster": (300, 2400),
    "AWS::ElastiCache::ReplicationGroup": (480, 3600),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (150, 1200),
    "AWS::Lambda::Function": (8, 900),
    "AWS::MSK::Cluster": (1500, 5400),
    "AWS::MSK::ServerlessCluster": (300, 2400),
    "AWS::RDS::DBCluster": (120, 2400),
    "AWS::RDS::DBInstance": (420, 5400),
    "AWS::ServiceDiscovery::HttpNamespace": (15, 600),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": (45, 600),
}


def seconds(type: str, action: Action) -> float:
    """The expected time of a step. Deletes and updates of slow types take about half of their create."""
    slow = _SLOW.get(type)
    if action is Action.FORGET:
        return 0.1
    if slow is None:
        return _DEFAULT
    return slow[0] if action in (Action.CREATE, Action.REPLACE) else slow[0] / 2


def deadline(type: str) -> float:
    """Seconds after which a step of this type counts as failed."""
    slow = _SLOW.get(type)
    return slow[1] if slow else _DEADLINE
