from dataclasses import replace
from typing import Any

import pytest

from panka.planner.resource_types import facts

NODE = "cache.t4g.micro"


def redis(**cluster: Any) -> dict[str, Any]:
    return {"cluster": {"nodeType": NODE, **cluster}}


def test_a_single_redis_node_is_private_and_encrypted(bench: Any) -> None:
    lowered = bench.lower("ElastiCacheRedis", redis())

    parts = bench.parts(lowered)
    cache = parts["main"].properties
    assert list(parts) == ["security-group", "subnets", "main"]
    assert cache["SecurityGroupIds"] == [parts["security-group"].ref("GroupId")]
    assert (cache["NumCacheClusters"], cache["AutomaticFailoverEnabled"], cache["MultiAZEnabled"]) == (1, False, False)
    assert (cache["AtRestEncryptionEnabled"], cache["TransitEncryptionEnabled"]) == (True, True)
    assert lowered.grants.connect.ports == (6_379,)


def test_replicas_stand_in_other_zones_and_take_over(bench: Any) -> None:
    lowered = bench.lower("ElastiCacheRedis", redis(mode="replication-group", numNodes="3"))

    cache = bench.parts(lowered)["main"]
    assert (cache.properties["NumCacheClusters"], cache.properties["AutomaticFailoverEnabled"]) == (3, True)
    assert cache.properties["MultiAZEnabled"] is True
    assert lowered.outputs["endpoint"] == cache.ref("PrimaryEndPoint.Address")
    assert lowered.outputs["readerEndpoint"] == cache.ref("ReaderEndPoint.Address")


def test_replicas_in_a_network_of_one_subnet_stand_together(bench: Any) -> None:
    network = replace(bench.network, private_subnets=("subnet-a",))

    cache = bench.parts(bench.lower("ElastiCacheRedis", redis(numNodes=2), network=network))["main"].properties

    assert (cache["AutomaticFailoverEnabled"], cache["MultiAZEnabled"]) == (True, False)


@pytest.mark.parametrize(("version", "group"), [("7.1", "redis7"), ("6.2", "redis6.x"), ("5.0.6", "redis5.0")])
def test_a_cluster_has_shards_with_replicas_and_one_endpoint(bench: Any, version: str, group: str) -> None:
    spec = {**redis(mode="cluster", numNodes=3, replicasPerShard=1), "engine": {"version": version}}

    lowered = bench.lower("ElastiCacheRedis", spec)

    cache = bench.parts(lowered)["main"]
    assert (cache.properties["NumNodeGroups"], cache.properties["ReplicasPerNodeGroup"]) == (3, 1)
    assert (cache.properties["AutomaticFailoverEnabled"], cache.properties["MultiAZEnabled"]) == (True, True)
    assert cache.properties["CacheParameterGroupName"] == f"default.{group}.cluster.on"
    assert lowered.outputs["endpoint"] == lowered.outputs["readerEndpoint"]


def test_the_mode_is_part_of_the_name_so_that_its_change_replaces(bench: Any) -> None:
    names = {bench.parts(bench.lower("ElastiCacheRedis", redis(mode=mode)))["main"].name for mode in MODES}

    assert len(names) == len(MODES)


MODES = ("replication-group", "cluster")


def test_encryption_can_be_switched_off(bench: Any) -> None:
    spec = {**redis(), "security": {"atRestEncryption": False, "transitEncryption": False}}

    cache = bench.parts(bench.lower("ElastiCacheRedis", spec))["main"].properties

    assert (cache["AtRestEncryptionEnabled"], cache["TransitEncryptionEnabled"]) == (False, False)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (redis(numNodes=7), "PK330"),
        (redis(mode="cluster", numNodes=300, replicasPerShard=1), "PK330"),
        (redis(replicasPerShard=1), "PK312"),
        (redis(mode="sentinel"), "literal_error"),
        (redis(nodeType="t4g.micro"), "PK301"),
        ({**redis(), "engine": {"version": "7"}}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, broken: dict[str, Any], code: str) -> None:
    assert bench.refused("ElastiCacheRedis", broken) == code


def test_memcached_nodes_stand_in_several_zones_behind_one_endpoint(bench: Any) -> None:
    spec = {"cluster": {"nodeType": NODE, "numNodes": 2}, "engine": {"version": "1.6.22"}}

    lowered = bench.lower("ElastiCacheMemcached", spec)

    cache = bench.parts(lowered)["main"]
    assert (cache.properties["NumCacheNodes"], cache.properties["AZMode"]) == (2, "cross-az")
    assert cache.properties["EngineVersion"] == "1.6.22"
    assert lowered.outputs["endpoint"] == cache.ref("ConfigurationEndpoint.Address")
    assert lowered.grants.connect.ports == (11_211,)


def test_one_memcached_node_stands_in_one_zone(bench: Any) -> None:
    cache = bench.parts(bench.lower("ElastiCacheMemcached", {"cluster": {"nodeType": NODE}}))["main"].properties

    assert cache["AZMode"] == "single-az"
    assert "EngineVersion" not in cache


@pytest.mark.parametrize(
    ("type", "path"),
    [
        ("AWS::ElastiCache::CacheCluster", "CacheNodeType"),
        ("AWS::ElastiCache::ReplicationGroup", "TransitEncryptionEnabled"),
        ("AWS::EC2::Volume", "AvailabilityZone"),
    ],
)
def test_what_aws_cannot_change_replaces_though_the_schemas_do_not_say_so(type: str, path: str) -> None:
    known = facts(type)

    assert known is not None
    assert known.replaces(path)
