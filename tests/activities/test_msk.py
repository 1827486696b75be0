"""What is special to Kafka clusters."""

import json
from typing import Any

import pytest
from tests.activities.conformance.cases_data import BROKERS, CASES, KAFKA, SETTINGS, secrets
from tests.activities.conformance.stage import FORCED, THEIRS, Stage, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.msk import ClusterProvider
from panka.activities.providers.msk_changes import changes
from panka.activities.providers.msk_settings import ConfigurationProvider
from panka.activities.providers.provider import Failed, Waiting
from panka.planner.resource import Properties

pytestmark = pytest.mark.parametrize("endpoint", ["fake_msk"], indirect=True)

SECRETS = next(case for case in CASES if case.type == "AWS::MSK::BatchScramSecret")
WITH_SETTINGS = next(case for case in CASES if case.label == "settings")
MUCH: Properties = {"NumberOfBrokerNodes": 4, "EnhancedMonitoring": "PER_BROKER"}


async def made(stage: Stage) -> tuple[str, Properties]:
    """The id of a cluster that is ready, and its properties."""
    id = await stage.apply(stage.properties())
    return id, (await stage.live(id)).properties


async def test_a_cluster_tells_its_brokers_once_it_is_ready(cloud: Cloud) -> None:
    stage = await staged(BROKERS, cloud)

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    before = (await stage.live(id)).attributes
    await stage.ready(id)
    after = (await stage.live(id)).attributes

    assert not any(name.startswith("Bootstrap") for name in before)
    told = {name for name in after if name.startswith("Bootstrap")}
    assert told == {"BootstrapBrokerStringSaslIam", "BootstrapBrokerStringSaslScram"}


async def test_a_cluster_is_waited_for_while_it_is_made_changed_and_deleted(cloud: Cloud) -> None:
    stage = await staged(BROKERS, cloud)

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    assert await stage.provider.ready(id) == Waiting("the Kafka cluster is creating")
    await stage.ready(id)
    live = (await stage.live(id)).properties
    await stage.provider.update(id, live, {**live, "NumberOfBrokerNodes": 4})
    assert await stage.provider.ready(id) == Waiting("the Kafka cluster is updating")
    await stage.ready(id)
    await stage.provider.delete(id, FORCED)
    assert await stage.provider.gone(id) == Waiting("the Kafka cluster is deleting")
    with pytest.raises(TryLater, match="still being deleted"):
        await stage.provider.find(stage.owner, stage.properties())


async def test_a_cluster_that_could_not_be_made_says_why(cloud: Cloud, faults: Faults) -> None:
    told = {"clusterInfo": {"state": "FAILED", "stateInfo": {"code": "X", "message": "No subnets."}}}
    faults.instead = Answer(200, json.dumps(told).encode(), {"content-type": "application/json"})

    assert await ClusterProvider(cloud).ready("arn") == Failed("MSK could not make the cluster: No subnets.")


async def test_several_changes_are_made_one_after_another(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(BROKERS, cloud)
    id, live = await made(stage)
    faults.reset()

    with pytest.raises(TryLater, match="1 wait"):
        await stage.provider.update(id, live, {**live, **MUCH})
    with pytest.raises(TryLater, match="is updating"):
        await stage.provider.update(id, live, {**live, **MUCH})
    assert len(faults.mutations) == 1

    await stage.ready(id)
    await stage.provider.update(id, (await stage.live(id)).properties, {**live, **MUCH})
    await stage.ready(id)
    assert stage.drift({**live, **MUCH}, await stage.live(id)) == []
    assert len(faults.mutations) == 2


async def test_a_change_that_meets_another_is_made_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(BROKERS, cloud)
    id, live = await made(stage)
    seen = await ClusterProvider(cloud).live(id)
    assert seen is not None
    await stage.provider.update(id, live, {**live, "NumberOfBrokerNodes": 4})
    early = json.dumps(
        {"clusterInfo": {"clusterArn": id, "clusterName": "c", "state": "ACTIVE", "currentVersion": "K1"}}
    )
    faults.instead = Answer(200, early.encode(), {"content-type": "application/json"})

    with pytest.raises(TryLater, match="is updating"):
        await stage.provider.update(id, live, {**live, "EnhancedMonitoring": "PER_BROKER"})


async def test_a_change_that_msk_refuses_is_told(cloud: Cloud) -> None:
    stage = await staged(BROKERS, cloud)
    id, live = await made(stage)
    disks = {**live["BrokerNodeGroupInfo"], "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 50}}}

    with pytest.raises(AwsError, match="only grow"):
        await stage.provider.update(id, live, {**live, "BrokerNodeGroupInfo": disks})


async def test_disks_grow(cloud: Cloud) -> None:
    stage = await staged(BROKERS, cloud)
    id, live = await made(stage)
    disks = {**live["BrokerNodeGroupInfo"], "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 200}}}

    await stage.change(id, {**live, "BrokerNodeGroupInfo": disks})

    after = (await stage.live(id)).properties["BrokerNodeGroupInfo"]
    assert after["StorageInfo"] == {"EBSStorageInfo": {"VolumeSize": 200}}


async def test_a_change_of_settings_makes_a_revision(cloud: Cloud) -> None:
    stage = await staged(SETTINGS, cloud)
    id = await stage.apply(stage.properties())
    live = await stage.live(id)

    await stage.provider.update(id, live.properties, {**live.properties, "ServerProperties": "log.retention.hours=1\n"})

    attributes = (await stage.live(id)).attributes
    assert (live.attributes["LatestRevision.Revision"], attributes["LatestRevision.Revision"]) == (1, 2)


async def test_settings_in_use_are_deleted_later(cloud: Cloud) -> None:
    stage = await staged(WITH_SETTINGS, cloud)
    await stage.apply(stage.properties())

    with pytest.raises(TryLater, match="still in use"):
        await ConfigurationProvider(cloud).delete(stage.known["settings"]["Arn"], FORCED)


async def test_a_secret_that_msk_does_not_take_is_named(cloud: Cloud) -> None:
    stage = await staged(SECRETS, cloud)
    wrong = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:other"

    with pytest.raises(AwsError, match="secret:other: The name of a secret must begin with AmazonMSK_"):
        await stage.provider.create(stage.owner, {**stage.properties(), "SecretArnList": [wrong]}, stage.token)


async def test_many_secrets_go_in_parts(cloud: Cloud) -> None:
    stage = await staged(SECRETS, cloud)
    many = secrets(*(f"user-{number:02}" for number in range(12)))

    id = await stage.apply({**stage.properties(), "SecretArnList": many})

    assert (await stage.live(id)).properties["SecretArnList"] == many


async def test_a_cluster_at_work_is_given_secrets_later(cloud: Cloud) -> None:
    stage = await staged(SECRETS, cloud)
    brokers = ClusterProvider(cloud)
    id = str(stage.known["cluster"]["Arn"])
    observed = await brokers.read(id)
    assert observed is not None
    await brokers.update(id, observed.properties, {**observed.properties, "NumberOfBrokerNodes": 4})

    with pytest.raises(TryLater, match="being changed"):
        await stage.provider.create(stage.owner, stage.properties(), stage.token)


async def test_a_stranger_s_cluster_is_given_no_secrets(cloud: Cloud) -> None:
    ours, theirs = await staged(SECRETS, cloud), await staged(SECRETS, cloud, THEIRS)

    with pytest.raises(NotOurs):
        await ours.provider.create(ours.owner, theirs.properties(), ours.token)

    assert await theirs.provider.read(theirs.known["cluster"]["Arn"]) is None


ON = {"Enabled": True}
LIVE: Properties = {
    **KAFKA,
    "EnhancedMonitoring": "DEFAULT",
    "ConfigurationInfo": {"Arn": "arn:c", "Revision": 1},
    "LoggingInfo": {"BrokerLogs": {"CloudWatchLogs": {**ON, "LogGroup": "/kafka"}, "S3": {"Enabled": False}}},
}


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({}, []),
        ({"LoggingInfo": {"BrokerLogs": {"CloudWatchLogs": {**ON, "LogGroup": "/kafka"}}}}, []),
        (
            {"LoggingInfo": {"BrokerLogs": {"S3": {**ON, "Bucket": "b"}}}},
            [
                (
                    "update_monitoring",
                    {
                        "LoggingInfo": {
                            "BrokerLogs": {"CloudWatchLogs": {"Enabled": False}, "S3": {**ON, "Bucket": "b"}}
                        }
                    },
                )
            ],
        ),
        (
            {"KafkaVersion": "3.9.x", "ConfigurationInfo": {"Arn": "arn:c", "Revision": 2}},
            [
                (
                    "update_cluster_kafka_version",
                    {"TargetKafkaVersion": "3.9.x", "ConfigurationInfo": {"Arn": "arn:c", "Revision": 2}},
                )
            ],
        ),
        (
            {"ConfigurationInfo": {"Arn": "arn:c", "Revision": 2}},
            [("update_cluster_configuration", {"ConfigurationInfo": {"Arn": "arn:c", "Revision": 2}})],
        ),
        (
            {"EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}}},
            [("update_security", {"EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}}})],
        ),
        ({"Rebalancing": {"Status": "PAUSED"}}, [("update_rebalancing", {"Rebalancing": {"Status": "PAUSED"}})]),
        ({"StorageMode": "TIERED"}, [("update_storage", {"StorageMode": "TIERED"})]),
        (
            {"NumberOfBrokerNodes": 4, "EnhancedMonitoring": "PER_BROKER"},
            [
                ("update_monitoring", {"EnhancedMonitoring": "PER_BROKER"}),
                ("update_broker_count", {"TargetNumberOfBrokerNodes": 4}),
            ],
        ),
    ],
)
def test_each_part_that_differs_has_its_call(wanted: Properties, asked: list[Any], endpoint: str) -> None:
    assert changes(LIVE, {**LIVE, **wanted}) == asked


def test_what_is_public_and_no_longer_wanted_so_is_closed(endpoint: str) -> None:
    brokers = {**KAFKA["BrokerNodeGroupInfo"], "ConnectivityInfo": {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}}}

    asked = changes({**LIVE, "BrokerNodeGroupInfo": brokers}, LIVE)

    assert asked == [("update_connectivity", {"ConnectivityInfo": {"PublicAccess": {"Type": "DISABLED"}}})]
