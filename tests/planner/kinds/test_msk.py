from dataclasses import replace
from typing import Any

import pytest

from panka.planner.resource_types import facts

BROKERS = {"brokers": {"instanceType": "kafka.t3.small"}}
AUTHORITY = "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1"
USERS = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:AmazonMSK_users-a1b2c3"


@pytest.mark.parametrize("kind", ["MSK", "Kafka"])
def test_a_cluster_has_a_broker_in_each_zone_and_knows_clients_by_role(bench: Any, kind: str) -> None:
    lowered = bench.lower(kind, BROKERS)

    cluster = bench.parts(lowered)["main"]
    nodes = cluster.properties["BrokerNodeGroupInfo"]
    assert cluster.properties["NumberOfBrokerNodes"] == 2
    assert nodes["ClientSubnets"] == ["subnet-a", "subnet-b"]
    assert nodes["StorageInfo"]["EBSStorageInfo"]["VolumeSize"] == 100
    assert cluster.properties["ClientAuthentication"]["Unauthenticated"] == {"Enabled": False}
    assert cluster.properties["EncryptionInfo"]["EncryptionInTransit"] == {"ClientBroker": "TLS", "InCluster": True}
    assert lowered.grants.connect.ports == (9_098,)
    assert lowered.outputs["bootstrapBrokers"] == cluster.ref("BootstrapBrokerStringSaslIam")


def test_who_references_it_may_read_and_write_its_topics(bench: Any) -> None:
    lowered = bench.lower("MSK", BROKERS)

    on_cluster, on_topics, on_groups = lowered.grants.statements
    name = bench.parts(lowered)["main"].ref("ClusterName")
    assert "kafka-cluster:Connect" in on_cluster["Action"]
    assert {"kafka-cluster:ReadData", "kafka-cluster:WriteData"} <= set(on_topics["Action"])
    assert on_topics["Resource"][0].parts == ("arn:aws:kafka:eu-west-1:111122223333:topic/", name, "/*")
    assert on_groups["Resource"][0].parts[0].endswith(":group/")


def test_without_iam_a_reference_opens_ports_and_gives_no_rights(bench: Any) -> None:
    lowered = bench.lower("MSK", {**BROKERS, "authentication": {"iam": False}})

    assert lowered.grants.statements == ()
    assert lowered.grants.connect.ports == (9_094,)
    cluster = bench.parts(lowered)["main"].properties
    assert cluster["ClientAuthentication"]["Unauthenticated"] == {"Enabled": True}


def test_users_with_passwords_are_those_of_the_secrets(bench: Any) -> None:
    said = {"iam": "false", "scram": {"secrets": [USERS]}, "tls": {"certificateAuthorities": [AUTHORITY]}}

    lowered = bench.lower("MSK", {**BROKERS, "authentication": said})

    parts = bench.parts(lowered)
    clients = parts["main"].properties["ClientAuthentication"]
    assert clients["Sasl"] == {"Iam": {"Enabled": False}, "Scram": {"Enabled": True}}
    assert clients["Tls"]["CertificateAuthorityArnList"] == [AUTHORITY]
    assert parts["users"].properties["SecretArnList"] == [USERS]
    assert lowered.grants.connect.ports == (9_096, 9_094)
    assert lowered.grants.statements[0]["Resource"] == [USERS]


def test_settings_stand_in_a_configuration_in_order(bench: Any) -> None:
    said = {"num.partitions": 3, "auto.create.topics.enable": True}

    parts = bench.parts(bench.lower("MSK", {**BROKERS, "configuration": said}))

    settings = parts["configuration"]
    assert settings.properties["ServerProperties"] == "auto.create.topics.enable=true\nnum.partitions=3\n"
    revision = parts["main"].properties["ConfigurationInfo"]
    assert revision == {"Arn": settings.ref("Arn"), "Revision": settings.ref("LatestRevision.Revision")}


def test_brokers_stand_in_three_zones_at_most_and_evenly(bench: Any) -> None:
    wide = replace(bench.network, private_subnets=("a", "b", "c", "d"))
    six = {"brokers": {"instanceType": "kafka.m7g.large", "count": 6, "storageGB": 500}}

    nodes = bench.parts(bench.lower("MSK", six, network=wide))["main"].properties["BrokerNodeGroupInfo"]

    assert nodes["ClientSubnets"] == ["a", "b", "c"]
    assert nodes["StorageInfo"]["EBSStorageInfo"]["VolumeSize"] == 500


def test_express_brokers_have_no_disk(bench: Any) -> None:
    spec = {"brokers": {"instanceType": "express.m7g.large"}}

    assert "StorageInfo" not in bench.parts(bench.lower("MSK", spec))["main"].properties["BrokerNodeGroupInfo"]


@pytest.mark.parametrize(("in_transit", "ports"), [(True, (9_098,)), ("TLS_PLAINTEXT", (9_098, 9_092))])
def test_a_plain_door_lets_everybody_in(bench: Any, in_transit: Any, ports: tuple[int, ...]) -> None:
    lowered = bench.lower("MSK", {**BROKERS, "encryption": {"inTransit": in_transit, "kmsKey": "arn:aws:kms:key"}})

    cluster = bench.parts(lowered)["main"].properties
    assert lowered.grants.connect.ports == ports
    assert cluster["ClientAuthentication"]["Unauthenticated"] == {"Enabled": len(ports) > 1}
    assert cluster["EncryptionInfo"]["EncryptionAtRest"] == {"DataVolumeKMSKeyId": "arn:aws:kms:key"}


def test_without_tls_there_is_one_door(bench: Any) -> None:
    spec = {**BROKERS, "authentication": {"iam": False}, "encryption": {"inTransit": False}}

    lowered = bench.lower("MSK", spec)

    assert lowered.grants.connect.ports == (9_092,)
    assert lowered.outputs["bootstrapBrokers"].attribute == "BootstrapBrokerString"


def test_a_serverless_cluster_has_no_machines(bench: Any) -> None:
    lowered = bench.lower("MSK", {"serverless": True})

    cluster = bench.parts(lowered)["main"]
    assert cluster.type == "AWS::MSK::ServerlessCluster"
    assert cluster.properties["VpcConfigs"][0]["SubnetIds"] == ["subnet-a", "subnet-b"]
    assert lowered.grants.connect.ports == (9_098,)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({}, "PK311"),
        ({"serverless": True, **BROKERS}, "PK312"),
        ({"serverless": True, "version": "3.9.x"}, "PK312"),
        ({"serverless": True, "authentication": {"scram": True}}, "PK332"),
        ({**BROKERS, "encryption": {"inTransit": "PLAINTEXT"}}, "PK332"),
        ({**BROKERS, "authentication": {"tls": True}}, "PK311"),
        ({**BROKERS, "authentication": {"scram": {"enabled": False, "secrets": [USERS]}}}, "PK312"),
        ({"brokers": {"instanceType": "kafka.t3.small", "count": 3}}, "PK331"),
        ({"brokers": {"instanceType": "m7g.large"}}, "PK301"),
        ({"brokers": {"instanceType": "express.m7g.large", "storageGB": 10}}, "PK312"),
        ({**BROKERS, "version": "new"}, "PK301"),
        ({**BROKERS, "encryption": {"inTransit": ["TLS"]}}, "literal_error"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, broken: dict[str, Any], code: str) -> None:
    assert bench.refused("MSK", broken) == code


@pytest.mark.parametrize("spec", [BROKERS, {"serverless": True}, {**BROKERS, "authentication": {"scram": True}}])
def test_the_brokers_addresses_are_an_attribute_that_the_service_tells(bench: Any, spec: dict[str, Any]) -> None:
    lowered = bench.lower("MSK", spec)

    known = facts(bench.parts(lowered)["main"].type)
    assert known is not None
    assert lowered.outputs["bootstrapBrokers"].attribute in known.read_only
