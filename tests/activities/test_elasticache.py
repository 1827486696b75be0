"""What is special to caches."""

from typing import Any

import pytest
from tests.activities.conformance.cases_data import CACHE_SUBNETS, CASES
from tests.activities.conformance.stage import FORCED, staged
from tests.plugins.faults import Answer, Faults, refusal

from panka.activities.aws.errors import TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.elasticache import CacheClusterProvider, ReplicationGroupProvider
from panka.activities.providers.elasticache_changes import group_changes
from panka.activities.providers.provider import Ending, Failed, Readiness, Ready, Waiting
from panka.planner.resource import Properties

pytestmark = pytest.mark.parametrize("endpoint", ["ministack"], indirect=True)

GROUP, SHARDS = (case for case in CASES if case.type == "AWS::ElastiCache::ReplicationGroup")
MEMCACHED = next(case for case in CASES if case.type == "AWS::ElastiCache::CacheCluster")


def described(status: str, pending: str = "") -> Answer:
    group = f"<Status>{status}</Status><PendingModifiedValues>{pending}</PendingModifiedValues>"
    result = f"<ReplicationGroups><ReplicationGroup>{group}</ReplicationGroup></ReplicationGroups>"
    body = f"<R><DescribeReplicationGroupsResult>{result}</DescribeReplicationGroupsResult></R>"
    return Answer(200, body.encode(), {"content-type": "text/xml"})


@pytest.mark.parametrize(
    ("case", "names"),
    [
        (GROUP, {"PrimaryEndPoint.Address", "ReaderEndPoint.Port", "ReadEndPoint.AddressesList"}),
        (SHARDS, {"ConfigurationEndPoint.Address", "ConfigurationEndPoint.Port"}),
        (MEMCACHED, {"ConfigurationEndpoint.Address", "ConfigurationEndpoint.Port"}),
    ],
    ids=["replicas", "shards", "memcached"],
)
async def test_a_cache_tells_where_its_clients_connect(cloud: Cloud, case: Any, names: set[str]) -> None:
    stage = await staged(case, cloud)

    id = await stage.apply(stage.properties())

    attributes = (await stage.live(id)).attributes
    assert names <= attributes.keys()
    assert all(isinstance(value, list) or value for value in attributes.values())


async def test_one_node_of_redis_tells_where_it_listens(cloud: Cloud) -> None:
    stage = await staged(MEMCACHED, cloud)

    id = await stage.apply({**stage.properties(), "Engine": "redis", "NumCacheNodes": 1})

    assert (await stage.live(id)).attributes.keys() == {"RedisEndpoint.Address", "RedisEndpoint.Port"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (described("creating"), Waiting("the replication group is creating")),
        (described("modifying"), Waiting("the replication group is modifying")),
        (described("create-failed"), Failed("The replication group is create-failed.")),
        (described("snapshotting"), Ready()),
        (
            described("available", "<AuthTokenStatus>ROTATING</AuthTokenStatus>"),
            Waiting("AWS has still to change AuthTokenStatus"),
        ),
        (described("available"), Ready()),
    ],
    ids=["creating", "modifying", "broken", "snapshotting", "pending", "available"],
)
async def test_a_group_is_ready_when_nothing_is_pending(
    cloud: Cloud, faults: Faults, answer: Answer, expected: Readiness
) -> None:
    faults.instead = Answer(answer.status, answer.body, answer.headers)

    assert await ReplicationGroupProvider(cloud).ready("cache") == expected


async def test_a_busy_group_is_changed_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(SHARDS, cloud)
    id = await stage.apply(stage.properties())
    provider = ReplicationGroupProvider(cloud)
    faults.instead = refusal("InvalidReplicationGroupState")

    with pytest.raises(TryLater, match="busy"):
        await provider.when_free(id, "modify_replication_group", ReplicationGroupId=id, ApplyImmediately=True)


async def test_whose_a_group_is_that_is_being_made_is_asked_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(MEMCACHED, cloud)
    arn = "arn:aws:elasticache:eu-west-1:000000000000:cluster:c"
    cluster = f"<CacheClusterId>c</CacheClusterId><CacheClusterStatus>creating</CacheClusterStatus><ARN>{arn}</ARN>"
    result = f"<CacheClusters><CacheCluster>{cluster}</CacheCluster></CacheClusters>"
    body = f"<R><DescribeCacheClustersResult>{result}</DescribeCacheClustersResult></R>"
    faults.instead = Answer(200, body.encode(), {"content-type": "text/xml"})

    with pytest.raises(TryLater, match="does not tell yet whose"):
        await stage.provider.find(stage.owner, stage.properties())


async def test_the_last_snapshot_is_taken_when_it_is_asked_for(cloud: Cloud) -> None:
    live = {"Engine": "redis"}

    assert ReplicationGroupProvider(cloud).ending(live, Ending(snapshot="last")) == {"FinalSnapshotIdentifier": "last"}
    assert ReplicationGroupProvider(cloud).ending(live, FORCED) == {}
    assert CacheClusterProvider(cloud).ending({"Engine": "memcached"}, Ending(snapshot="last")) == {}


async def test_a_group_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(CACHE_SUBNETS, cloud)
    id = await stage.apply(stage.properties())
    faults.instead = refusal("CacheSubnetGroupInUse")

    with pytest.raises(TryLater, match="still in use"):
        await stage.provider.delete(id, FORCED)


LOG = {"LogType": "slow-log", "DestinationType": "cloudwatch-logs", "LogFormat": "json", "DestinationDetails": {}}
LIVE: Properties = {
    "EngineVersion": "7.1.0",
    "NumCacheClusters": 2,
    "ReplicasPerNodeGroup": 1,
    "NotificationTopicArn": "arn:topic",
    "LogDeliveryConfigurations": [LOG],
    "UserGroupIds": ["one"],
}


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({"EngineVersion": "7.1"}, []),
        ({"EngineVersion": "7.x"}, []),
        ({"EngineVersion": "7.2"}, [("modify_replication_group", {"EngineVersion": "7.2"})]),
        ({"NotificationTopicArn": None}, [("modify_replication_group", {"NotificationTopicStatus": "inactive"})]),
        (
            {"NotificationTopicArn": "arn:other"},
            [
                (
                    "modify_replication_group",
                    {"NotificationTopicArn": "arn:other", "NotificationTopicStatus": "active"},
                )
            ],
        ),
        (
            {"LogDeliveryConfigurations": []},
            [
                (
                    "modify_replication_group",
                    {"LogDeliveryConfigurations": [{"LogType": "slow-log", "Enabled": False}]},
                )
            ],
        ),
        (
            {"LogDeliveryConfigurations": [{**LOG, "LogFormat": "text"}]},
            [
                (
                    "modify_replication_group",
                    {"LogDeliveryConfigurations": [{**LOG, "LogFormat": "text", "Enabled": True}]},
                )
            ],
        ),
        (
            {"UserGroupIds": ["two"]},
            [("modify_replication_group", {"UserGroupIdsToAdd": ["two"], "UserGroupIdsToRemove": ["one"]})],
        ),
        (
            {"AuthToken": "s3cret"},
            [("modify_replication_group", {"AuthToken": "s3cret", "AuthTokenUpdateStrategy": "ROTATE"})],
        ),
        (
            {"NumCacheClusters": 3, "AutomaticFailoverEnabled": True},
            [
                ("increase_replica_count", {"NewReplicaCount": 2}),
                ("modify_replication_group", {"AutomaticFailoverEnabled": True}),
            ],
        ),
        (
            {"NumCacheClusters": 1, "SnapshotRetentionLimit": 1},
            [
                ("modify_replication_group", {"SnapshotRetentionLimit": 1}),
                ("decrease_replica_count", {"NewReplicaCount": 0}),
            ],
        ),
        (
            {"NumNodeGroups": 4, "SnapshotRetentionLimit": 1},
            [
                ("modify_replication_group_shard_configuration", {"NodeGroupCount": 4}),
                ("modify_replication_group", {"SnapshotRetentionLimit": 1}),
            ],
        ),
        (
            {"NumNodeGroups": 1, "ReplicasPerNodeGroup": 2},
            [
                ("increase_replica_count", {"NewReplicaCount": 2}),
                (
                    "modify_replication_group_shard_configuration",
                    {"NodeGroupCount": 1, "NodeGroupsToRemove": ["0002", "0003"]},
                ),
            ],
        ),
    ],
)
def test_only_what_differs_is_asked_for_and_in_order(wanted: Properties, asked: list[Any], endpoint: str) -> None:
    assert group_changes(LIVE, {**LIVE, **wanted}, ["0001", "0003", "0002"]) == asked
