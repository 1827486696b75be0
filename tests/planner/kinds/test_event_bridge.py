import json
from typing import Any

import pytest

ZIP = {"runtime": "python3.13", "handler": "main.handler", "code": {"zipFile": "code"}}


def rule(*targets: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "placed", "pattern": {"source": ["orders"]}, "targets": list(targets), **more}


def test_the_default_bus_is_named_and_not_made(bench: Any) -> None:
    lowered = bench.lower("EventBridge", {})

    assert lowered.resources == ()
    assert lowered.outputs == {
        "busName": "default",
        "busArn": "arn:aws:events:eu-west-1:111122223333:event-bus/default",
    }


def test_targets_are_let_in_each_in_its_way(bench: Any) -> None:
    uses = {
        "fn": bench.used("Lambda", ZIP, "fn"),
        "jobs": bench.used("SQS", {"type": "fifo"}, "jobs"),
        "news": bench.used("SNS", {}, "news"),
        "lost": bench.used("SQS", {}, "lost"),
    }
    targets = (
        {"component": "fn", "input": {"a": [1]}},
        {"component": "jobs", "deadLetterQueue": "lost"},
        {"component": "news"},
    )

    lowered = bench.lower("EventBridge", {"bus": {}, "rules": [rule(*targets)]}, uses=uses)

    parts = bench.parts(lowered)
    made = parts["rule-placed"]
    fn, jobs, _news = made.properties["Targets"]
    assert json.loads(fn["Input"]) == {"a": [1]}
    assert jobs["SqsParameters"] == {"MessageGroupId": "placed"}
    assert jobs["DeadLetterConfig"] == {"Arn": uses["lost"].lowered.outputs["queueArn"]}
    assert parts["rule-placed-may-call-fn"].properties["SourceArn"] == made.ref("Arn")
    assert [(one.component, one.statement["Action"]) for one in lowered.inbound] == [
        ("jobs", ["sqs:SendMessage"]),
        ("lost", ["sqs:SendMessage"]),
        ("news", ["sns:Publish"]),
    ]
    for name, kind in (("lost", "SQS"), ("news", "SNS")):
        (policy,) = bench.accepted(kind, {}, name, lowered)
        assert policy.address.part == "inbound"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"bus": {}, "rules": [rule({"arn": "a"}, pattern=None, schedule="rate(1 day)")]}, "PK342"),
        ({"rules": [rule({"arn": "a"}, schedule="rate(1 day)")]}, "PK310"),
        ({"rules": [rule({"arn": "a"}, {"arn": "a"})]}, "PK309"),
        ({"rules": [rule({"arn": "a"}), rule({"arn": "b"})]}, "PK309"),
        ({"rules": [rule({"component": "table"})]}, "PK313"),
        ({"rules": [rule({"arn": "a", "component": "table"})]}, "PK310"),
        ({"rules": [rule()]}, "PK311"),
        ({"bus": {"name": "default"}}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    uses = {"table": bench.used("DynamoDB", {"hashKey": {"name": "id"}}, "table")}

    assert bench.refused("EventBridge", spec, uses=uses) == code
