"""What a kind says of itself, and what is found out about it."""

import pytest

from panka.planner.authoring.consequences import Consequence, Trial, Verdict
from panka.planner.authoring.reference import Field, about, example, fields_of, find
from panka.planner.component import Kind
from panka.planner.kinds import KINDS


def field(kind: str, path: str) -> Field:
    found = find(fields_of(KINDS[kind].spec), path)
    assert found is not None
    return found


def change(kind: str, path: str) -> Consequence:
    return Trial(KINDS[kind], KINDS).consequence(field(kind, path))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_sentence_and_an_example_that_compiles(kind: Kind) -> None:
    assert about(kind).endswith(".")
    assert f"kind: {kind.name}\n" in example(kind.name)
    assert Trial(kind, KINDS).earned(tuple(kind.outputs)) is not None


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_of_a_kind_says_what_it_is(kind: Kind) -> None:
    every = [one for top in fields_of(kind.spec) for one in top.all()]

    assert [one.path for one in every if not (one.doc and one.type)] == []


def test_a_field_has_type_default_limits_and_choices() -> None:
    count = field("SQS", "deadLetterQueue.maxReceiveCount")
    type = field("SQS", "TYPE")

    assert (count.type, count.default, count.limits) == ("whole number", "5", "1 to 1000")
    assert (type.choices, type.default) == (("standard", "fifo"), '"standard"')
    assert field("SQS", "visibilityTimeout").type == "duration"
    assert field("MicroService", "runtime.memory").type == "memory size"
    assert field("MicroService", "ports.port").required


@pytest.mark.parametrize(
    ("kind", "path", "property"),
    [
        ("SQS", "type", "FifoQueue of AWS::SQS::Queue"),
        ("SNS", "fifoTopic", "FifoTopic of AWS::SNS::Topic"),
        ("S3", "bucket.name", "BucketName of AWS::S3::Bucket"),
        ("DynamoDB", "hashKey.name", "KeySchema of AWS::DynamoDB::Table"),
        ("RDS", "database.username", "MasterUsername of AWS::RDS::DBInstance"),
    ],
)
def test_a_change_of_a_create_only_property_replaces(kind: str, path: str, property: str) -> None:
    found = change(kind, path)

    assert found.verdict is Verdict.REPLACES
    assert property in found.replaced


@pytest.mark.parametrize(
    ("kind", "path"),
    [("SQS", "visibilityTimeout"), ("DynamoDB", "ttl.enabled"), ("RDS", "instance.class"), ("Lambda", "memory")],
)
def test_other_changes_update_in_place(kind: str, path: str) -> None:
    assert change(kind, path) == Consequence(Verdict.UPDATES)


def test_a_new_task_definition_does_not_replace_the_service() -> None:
    found = change("MicroService", "image.tag")

    assert found == Consequence(Verdict.UPDATES, ("ContainerDefinitions of AWS::ECS::TaskDefinition",))


def test_resources_that_come_and_go_are_named() -> None:
    assert change("SQS", "deadLetterQueue.enabled").comes_and_goes == ("AWS::SQS::Queue",)


def test_lifecycle_changes_nothing_in_aws() -> None:
    assert change("SQS", "lifecycle.retain").verdict is Verdict.HANDLES


def test_what_cannot_be_varied_is_not_guessed() -> None:
    assert change("SQS", "overrides") == Consequence(Verdict.UNKNOWN)


def test_a_reference_earns_what_the_kind_grants() -> None:
    topic = Trial(KINDS["SNS"], KINDS).earned(("topicArn",))
    database = Trial(KINDS["RDS"], KINDS).earned(("endpoint",))

    assert topic is not None
    assert topic.actions == ("sns:Publish",)
    assert database is not None
    assert database.ports == (5432,)
