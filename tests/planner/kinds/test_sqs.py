from typing import Any

import pytest

from panka.planner.resource import Text


def test_a_plain_queue_is_encrypted_and_says_every_default(bench: Any) -> None:
    queue = bench.parts(bench.lower("SQS", {}))["main"]

    assert queue.properties == {
        "MessageRetentionPeriod": 345_600,
        "VisibilityTimeout": 30,
        "ReceiveMessageWaitTimeSeconds": 0,
        "DelaySeconds": 0,
        "SqsManagedSseEnabled": True,
    }
    assert (queue.name.property, queue.name.limit, queue.name.suffix) == ("QueueName", 80, "")


def test_durations_are_seconds_or_text(bench: Any) -> None:
    spec = {"visibilityTimeout": "5m", "messageRetentionPeriod": "14d", "receiveWaitTime": "20", "delaySeconds": 15}

    queue = bench.parts(bench.lower("SQS", spec))["main"].properties

    assert (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"]) == (300, 1_209_600)
    assert (queue["ReceiveMessageWaitTimeSeconds"], queue["DelaySeconds"]) == (20, 15)


def test_a_dead_letter_queue_comes_first_and_is_of_the_same_type(bench: Any) -> None:
    lowered = bench.lower("SQS", {"type": "fifo", "deadLetterQueue": {"maxReceiveCount": "7"}})

    dead, queue = lowered.resources
    assert queue.properties["RedrivePolicy"] == {"deadLetterTargetArn": dead.ref("Arn"), "maxReceiveCount": 7}
    assert dead.properties["FifoQueue"] is queue.properties["FifoQueue"] is True
    assert dead.name.suffix == queue.name.suffix == ".fifo"
    assert lowered.outputs["deadLetterQueueArn"] == dead.ref("Arn")
    assert lowered.outputs["queueUrl"] == lowered.outputs["url"] == queue.ref("QueueUrl")


def test_a_dead_letter_queue_can_be_switched_off(bench: Any) -> None:
    lowered = bench.lower("SQS", {"deadLetterQueue": {"enabled": False}})

    assert [resource.address.part for resource in lowered.resources] == ["main"]
    assert "deadLetterQueueUrl" not in lowered.outputs


def test_a_key_of_ones_own_replaces_the_managed_encryption(bench: Any) -> None:
    queue = bench.parts(bench.lower("SQS", {"encryption": {"kmsKey": "alias/mine"}}))["main"].properties

    assert queue["KmsMasterKeyId"] == "alias/mine"
    assert "SqsManagedSseEnabled" not in queue


def test_who_references_a_queue_may_send_receive_and_delete_there_alone(bench: Any) -> None:
    lowered = bench.lower("SQS", {})

    (statement,) = lowered.grants.statements
    assert {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"} <= set(statement["Action"])
    assert statement["Resource"] == [lowered.resources[-1].ref("Arn")]


def test_all_who_deliver_share_one_policy(bench: Any) -> None:
    queue = bench.used("SQS", {}, "jobs")
    topic = bench.lower("SNS", {"subscriptions": [{"component": "jobs"}]}, name="news", uses={"jobs": queue})

    (policy,) = bench.accepted("SQS", {}, "jobs", topic)

    (statement,) = policy.properties["PolicyDocument"]["Statement"]
    assert policy.type == "AWS::SQS::QueueInlinePolicy"
    assert policy.properties["Queue"] == queue.lowered.outputs["queueUrl"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topic.outputs["topicArn"]}}
    assert not isinstance(statement["Resource"][0], Text)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"contentBasedDeduplication": True}, "PK303"),
        ({"deduplicationScope": "queue"}, "PK303"),
        ({"type": "fifo", "fifoThroughputLimit": "perMessageGroupId"}, "PK311"),
        ({"encryption": {"enabled": False, "kmsKey": "k"}}, "PK310"),
        ({"visibilityTimeout": 43_201}, "less_than_equal"),
        ({"messageRetentionPeriod": 59}, "greater_than_equal"),
        ({"delaySeconds": "soon"}, "PK302"),
        ({"delaySeconds": "0.5s"}, "PK302"),
        ({"visibilityTimout": 5}, "extra_forbidden"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    assert bench.refused("SQS", spec) == code
