"""How well a step could be taken back if the run fails: exactly, with a loss, or not at all."""

from panka.planner.plan import Action, Step, Undo
from panka.planner.resource_types import facts

_ONE_WAY: dict[str, tuple[str, ...]] = {
    "AWS::DocDB::DBCluster": ("EngineVersion",),
    "AWS::EC2::Volume": ("Size", "VolumeType", "Iops", "Throughput"),
    "AWS::ElastiCache::CacheCluster": ("EngineVersion",),
    "AWS::ElastiCache::ReplicationGroup": ("EngineVersion",),
    "AWS::MSK::Cluster": ("BrokerNodeGroupInfo", "KafkaVersion", "NumberOfBrokerNodes"),
    "AWS::RDS::DBCluster": ("EngineVersion",),
    "AWS::RDS::DBInstance": ("AllocatedStorage", "EngineVersion"),
}
"""Properties that AWS changes in one direction: storage that only grows, versions that only rise."""

_NEVER_ABSENT_AGAIN: dict[str, dict[str, str]] = {
    "AWS::S3::Bucket": {"VersioningConfiguration": "versioning can only be suspended"},
}
"""Properties that a resource keeps in some form once it has had them, with what is done instead of taking them away."""


def undo_of(step: Step) -> tuple[Undo, str]:
    """How well, and if not exactly, why."""
    if step.delete_first:
        return Undo.IMPOSSIBLE, "its old resource is deleted before the new one is made"
    if step.action is not Action.UPDATE:
        return Undo.EXACT, ""
    tops = {change.path.partition(".")[0] for change in step.changes}
    if one_way := sorted(tops.intersection(_ONE_WAY.get(step.type, ()))):
        return Undo.IMPOSSIBLE, f"AWS does not change {', '.join(one_way)} back"
    added = {change.path.partition(".")[0] for change in step.changes if change.before is None}
    if left := sorted(added.intersection(_NEVER_ABSENT_AGAIN.get(step.type, {}))):
        return Undo.LOSSY, ", ".join(_NEVER_ABSENT_AGAIN[step.type][name] for name in left)
    known = facts(step.type)
    unread = {path.partition(".")[0] for path in known.write_only} if known else set()
    if hidden := sorted(tops & unread):
        return Undo.LOSSY, f"AWS does not tell {', '.join(hidden)}: what is on record is set again"
    return Undo.EXACT, ""
