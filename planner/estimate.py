"""How long a step takes, in seconds: as earlier runs of the stack have shown, else rough defaults per type.

Good enough to order steps and to say `about 6m`.
"""

from typing import Literal, TypeAlias

from panka.planner.plan import Action, Step
from panka.planner.resource_types import TypeFacts, facts
from panka.planner.state import State

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


class Expected:
    """What steps on a stack's resources are expected to take."""

    def __init__(self, state: State | None) -> None:
        self._recorded = state.resources if state else {}
        shown: dict[tuple[str, str], list[float]] = {}
        for one in self._recorded.values():
            for operation, took in one.took.items():
                shown.setdefault((one.type, operation), []).append(took)
        self._usual = {key: sorted(times)[len(times) // 2] for key, times in shown.items()}

    def seconds(self, step: Step) -> float:
        """As the resource has taken itself, else as others of its type in the stack, else as its type does in general.

        Deletes, and updates that nobody has seen yet, take about half of a create.
        """
        operation = operation_of(step.action)
        if operation is None:
            return 0.1
        own = self._recorded.get(step.moved_from or step.address)
        took = own.took if own is not None and own.type == step.type else {}
        for known in (took.get, lambda operation: self._usual.get((step.type, operation))):
            if (found := known(operation)) is not None:
                return found
            if operation != "create" and (made := known("create")) is not None:
                return made / 2
        return seconds(step.type, operation)


def operation_of(action: Action) -> Operation | None:
    """What a step does in AWS, by the longest of it; None: nothing is called."""
    match action:
        case Action.CREATE | Action.REPLACE:
            return "create"
        case Action.UPDATE | Action.ADOPT:
            return "update"
        case Action.DELETE:
            return "delete"
        case Action.ACCEPT | Action.FORGET:
            return None


def seconds(type: str, operation: Operation) -> float:
    """The expected time of an operation on a type. Deletes and updates of slow types take half of their create."""
    slow = _SLOW.get(type)
    if slow is None and _by_cloud_control(type) is None:
        return _DEFAULT
    create = slow[0] if slow else _BY_CLOUD_CONTROL
    return create if operation == "create" else create / 2


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
