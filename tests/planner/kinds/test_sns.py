from typing import Any

import pytest

from panka.planner.kinds.sns import SNS


def test_a_fifo_topic_has_its_suffix(bench: Any) -> None:
    topic = bench.parts(bench.lower("SNS", {"fifoTopic": True, "contentBasedDeduplication": True}))["main"]

    assert topic.name.suffix == ".fifo"
    assert topic.properties == {"FifoTopic": True, "ContentBasedDeduplication": True}


def test_encryption_uses_the_key_of_sns_unless_one_is_named(bench: Any) -> None:
    own = bench.parts(bench.lower("SNS", {"encryption": {}}))["main"].properties
    named = bench.parts(bench.lower("SNS", {"encryption": {"kmsKey": "alias/mine"}}))["main"].properties

    assert (own["KmsMasterKeyId"], named["KmsMasterKeyId"]) == ("alias/aws/sns", "alias/mine")


def test_a_queue_is_subscribed_and_asked_to_let_the_topic_in(bench: Any) -> None:
    spec = {
        "subscriptions": [{"component": "orders/jobs", "rawMessageDelivery": "true", "filterPolicy": {"event": ["x"]}}]
    }
    jobs = bench.used("SQS", {}, "jobs")

    lowered = bench.lower("SNS", spec, uses={"jobs": jobs})

    subscription = bench.parts(lowered)["to-jobs"].properties
    assert subscription == {
        "TopicArn": lowered.outputs["topicArn"],
        "Protocol": "sqs",
        "Endpoint": jobs.lowered.outputs["queueArn"],
        "FilterPolicy": {"event": ["x"]},
        "RawMessageDelivery": True,
    }
    (asked,) = lowered.inbound
    assert asked.component == "jobs"
    assert asked.statement["Action"] == ["sqs:SendMessage"]


def test_a_function_is_subscribed_after_its_permission(bench: Any) -> None:
    function = bench.used("Lambda", ZIP, "mailer")

    lowered = bench.lower("SNS", {"subscriptions": [{"component": "mailer"}]}, uses={"mailer": function})

    parts = bench.parts(lowered)
    assert parts["may-call-mailer"].properties["SourceArn"] == lowered.outputs["topicArn"]
    assert parts["to-mailer"].depends_on == (parts["may-call-mailer"].address,)
    assert parts["to-mailer"].properties["Endpoint"] == function.lowered.outputs["functionArn"]
    assert lowered.inbound == ()


def test_an_endpoint_keeps_its_address_when_the_list_is_reordered(bench: Any) -> None:
    one, two = {"protocol": "https", "endpoint": "https://a.example"}, {"protocol": "email", "endpoint": "a@b.example"}

    there = bench.parts(bench.lower("SNS", {"subscriptions": [one, two]}))
    back = bench.parts(bench.lower("SNS", {"subscriptions": [two, one]}))

    assert there == back
    assert len(there) == 3


def test_a_delivery_policy_goes_to_web_subscriptions_alone(bench: Any) -> None:
    policy = {"healthyRetryPolicy": {"numRetries": 5}}
    web, mail = {"protocol": "https", "endpoint": "https://a.example"}, {"protocol": "email", "endpoint": "a@b.example"}

    lowered = bench.lower("SNS", {"subscriptions": [web, mail], "deliveryPolicy": policy})

    told = {resource.properties["Protocol"]: resource.properties for resource in lowered.resources[1:]}
    assert told["https"]["DeliveryPolicy"] == policy
    assert "DeliveryPolicy" not in told["email"]


def test_subscribed_components_are_mentioned_with_their_place() -> None:
    spec = SNS.spec.model_validate({"subscriptions": [{"protocol": "sms", "endpoint": "+4912"}, {"component": "a/b"}]})

    assert list(SNS.mentions(spec)) == [("a/b", ("subscriptions", 1, "component"))]


ZIP = {"runtime": "python3.13", "handler": "main.handler", "code": {"zipFile": "code"}}


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"subscriptions": [{"protocol": "sqs"}]}, "PK310"),
        ({"subscriptions": [{"endpoint": "https://a.example"}]}, "PK311"),
        ({"subscriptions": [{"protocol": "email", "component": "jobs"}]}, "PK313"),
        ({"subscriptions": [{"component": "jobs"}, {"component": "jobs"}]}, "PK309"),
        ({"subscriptions": [{"component": "jobs", "protocol": "lambda"}]}, "PK313"),
        ({"subscriptions": [{"component": "table"}]}, "PK313"),
        ({"subscriptions": [{"protocol": "sms", "endpoint": "+49", "rawMessageDelivery": True}]}, "PK312"),
        ({"contentBasedDeduplication": True}, "PK303"),
        ({"deliveryPolicy": {"healthyRetryPolicy": {}}}, "PK312"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    uses = {
        "jobs": bench.used("SQS", {}, "jobs"),
        "table": bench.used("DynamoDB", {"hashKey": {"name": "id"}}, "table"),
    }

    assert bench.refused("SNS", spec, uses=uses) == code
