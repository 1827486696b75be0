"""Who may change a resource beside Panka: AWS itself, autoscaling, or whoever the stack leaves it to."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from panka.planner.resource import Properties
from panka.planner.resource_types import facts
from panka.planner.state import Recorded

_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_DATABASES = ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
_CACHES = ("AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is on record of a stack, as far as it decides who owns what."""

    scaled: frozenset[str] = frozenset()
    """What Application Auto Scaling scales, as it names it: `service/shop/api`."""

    @classmethod
    def of(cls, resources: Iterable[Recorded]) -> Self:
        targets = (one for one in resources if one.type == _TARGET)
        return cls(frozenset(str(one.properties.get("ResourceId", "")) for one in targets))

    def owner(self, recorded: Recorded, path: str, before: Any, now: Any) -> str:
        """Who may have changed the value at a path, in words; empty: nobody but Panka may."""
        if _within(path, recorded.lifecycle.ignore_changes):
            return "the stack ignores its changes"
        if _is_of_aws(recorded.type, path):
            return "AWS sets it"
        case = _Case(recorded, before, now, self.scaled)
        for pattern, applies, who in _RULES.get(recorded.type, ()):
            if re.fullmatch(pattern, path) and applies(case):
                return who
        return ""


@dataclass(frozen=True, slots=True)
class _Case:
    recorded: Recorded
    before: Any
    now: Any
    scaled: frozenset[str]

    @property
    def properties(self) -> Properties:
        """What was applied, over what AWS has filled in."""
        return {**self.recorded.observed, **self.recorded.properties}


def _within(path: str, patterns: Iterable[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in patterns)


def _is_of_aws(type: str, path: str) -> bool:
    known = facts(type)
    if known is None:
        return False
    if known.tag_property and path.startswith(f"{known.tag_property}.aws:"):
        return True
    plain = re.sub(r"\.\d+(?=\.|$)", ".*", path)
    return any(plain == one or plain.startswith(f"{one}.") for one in known.read_only)


def _scaled(form: str) -> Callable[[_Case], bool]:
    """Whether autoscaling has a target for the resource; `form`, a pattern, names it by its identifier's last part."""

    def applies(case: _Case) -> bool:
        pattern = form.format(re.escape(re.split(r"[:/]", case.recorded.id)[-1]))
        return any(re.fullmatch(pattern, one) for one in case.scaled)

    return applies


def _grew(most: str) -> Callable[[_Case], bool]:
    """Whether a number has risen, and not above what a property allows."""

    def applies(case: _Case) -> bool:
        limit = _number(case.properties.get(most))
        before, now = _number(case.before), _number(case.now)
        return None not in (limit, before, now) and before < now <= limit  # type: ignore[operator]  # none is None

    return applies


def _in_a_minor_version(case: _Case) -> bool:
    """Whether AWS may have brought it to a later version of the same line."""
    automatic = case.properties.get("AutoMinorVersionUpgrade", True) not in (False, "false")
    before, now = (_version(one) for one in (case.before, case.now))
    return automatic and bool(before) and before[:1] == now[:1] and before < now


def _between_limits(case: _Case) -> bool:
    least, most, now = (
        _number(one) for one in (case.properties.get("MinSize"), case.properties.get("MaxSize"), case.now)
    )
    return None not in (least, most, now) and least < most and least <= now <= most  # type: ignore[operator]  # as above


def _deployed_by_others(case: _Case) -> bool:
    controller = case.properties.get("DeploymentController") or {}
    return isinstance(controller, Mapping) and controller.get("Type", "ECS") != "ECS"


def _not_applied(name: str) -> Callable[[_Case], bool]:
    return lambda case: not case.recorded.properties.get(name)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _version(value: Any) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", str(value or "")))


_Rule = tuple[str, Callable[[_Case], bool], str]
_AUTOSCALING, _MINOR = "autoscaling", "AWS's minor version upgrades"
_RULES: dict[str, tuple[_Rule, ...]] = {
    "AWS::AutoScaling::AutoScalingGroup": ((r"DesiredCapacity", _between_limits, _AUTOSCALING),),
    "AWS::DynamoDB::Table": (
        (r"ProvisionedThroughput(\..+)?", _scaled(r"table/{}"), _AUTOSCALING),
        (r"GlobalSecondaryIndexes\.\d+\.ProvisionedThroughput(\..+)?", _scaled(r"table/{}/index/.+"), _AUTOSCALING),
    ),
    "AWS::ECS::Service": (
        (r"DesiredCount", _scaled(r"service/(.+/)?{}"), _AUTOSCALING),
        (r"(DesiredCount|LoadBalancers|TaskDefinition)(\..+)?", _deployed_by_others, "its deployment controller"),
    ),
    "AWS::ElastiCache::ReplicationGroup": (
        (r"NumCacheClusters|NumNodeGroups|ReplicasPerNodeGroup", _scaled(r"replication-group/{}"), _AUTOSCALING),
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        (r"Targets(\..+)?", _not_applied("Targets"), "those who register as its targets"),
    ),
    "AWS::Lambda::Alias": ((r"ProvisionedConcurrencyConfig(\..+)?", _scaled(r"function:.+:{}"), _AUTOSCALING),),
    "AWS::MSK::Cluster": ((r"BrokerNodeGroupInfo\.StorageInfo\..+\.VolumeSize", _scaled(r".*{}"), _AUTOSCALING),),
    "AWS::RDS::DBInstance": (
        (r"AllocatedStorage", _grew("MaxAllocatedStorage"), "RDS storage autoscaling"),
        (r"CACertificateIdentifier", _not_applied("CACertificateIdentifier"), "AWS's rotation of certificates"),
    ),
}
"""By type: a pattern of paths, when it is so, and whose they are then."""
for _type in (*_DATABASES, *_CACHES):
    _RULES[_type] = (*_RULES.get(_type, ()), (r"EngineVersion", _in_a_minor_version, _MINOR))
