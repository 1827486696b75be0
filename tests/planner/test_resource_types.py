import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from panka.planner import resource_types
from panka.planner.documented import lines_of
from panka.planner.kinds import KINDS
from panka.planner.resource_types import SOURCE, TypeFacts, facts, types

ROOT = Path(__file__).parents[2]


def known(type: str) -> TypeFacts:
    found = facts(type)
    assert found is not None
    return found


def test_a_type_that_the_registry_does_not_have_is_none() -> None:
    assert facts("AWS::Nope::Nope") is None


def test_a_queue_is_known_whole() -> None:
    queue = known("AWS::SQS::Queue")

    assert queue.create_only == {"FifoQueue", "QueueName"}
    assert queue.read_only == {"Arn", "QueueUrl"}
    assert queue.primary_identifier == ("QueueUrl",)
    assert (queue.tag_property, queue.tags_are_a_map, queue.tag_updatable) == ("Tags", False, True)
    assert queue.handlers == {"create", "read", "update", "delete", "list"}


@pytest.mark.parametrize(
    ("type", "path", "replaces"),
    [
        ("AWS::SQS::Queue", "VisibilityTimeout", False),
        ("AWS::SQS::Queue", "FifoQueue", True),
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions.0.Image", True),  # inside what is create-only
        ("AWS::RDS::DBInstance", "StorageEncrypted", True),
        ("AWS::RDS::DBInstance", "AllocatedStorage", False),
        ("AWS::RDS::DBInstance", "BackupRetentionPeriod", False),  # only conditionally, and not here
        ("AWS::RDS::DBInstance", "Engine", True),
        ("AWS::DynamoDB::Table", "KeySchema.0.AttributeName", True),
        ("AWS::DynamoDB::Table", "AttributeDefinitions.0.AttributeType", False),
        ("AWS::Lambda::Function", "Code.ZipFile.Panka::Asset", False),
        ("AWS::Lambda::Function", "PackageType", True),
        ("AWS::SQS::Queue", "FifoQueueing", False),  # a name that only begins alike
    ],
)
def test_a_change_replaces_where_the_registry_says_so(type: str, path: str, replaces: bool) -> None:
    assert known(type).replaces(path) is replaces


def test_a_change_replaces_whatever_it_holds_or_a_star_stands_for() -> None:
    made_up = TypeFacts(
        type="AWS::X::Y",
        required=frozenset(),
        create_only=frozenset({"A.B", "Rules.*.Name"}),
        conditional_create_only=frozenset(),
        read_only=frozenset(),
        write_only=frozenset(),
        primary_identifier=(),
        tagging=None,
        handlers=frozenset(),
    )

    told = {path: made_up.replaces(path) for path in ("A", "A.B", "A.B.C", "A.C", "Rules.3.Name", "Rules.3.Size")}

    assert told == {"A": True, "A.B": True, "A.B.C": True, "A.C": False, "Rules.3.Name": True, "Rules.3.Size": False}


def test_tags_that_cannot_change_replace() -> None:
    fixed = next(one for type in types() if (one := known(type)).tagging and not one.tag_updatable)

    assert fixed.replaces(f"{fixed.tag_property}.0.Value")


@pytest.mark.parametrize(
    ("type", "property", "is_a_map"),
    [
        ("AWS::S3::Bucket", "Tags", False),
        ("AWS::ApiGatewayV2::Api", "Tags", True),
        ("AWS::EFS::FileSystem", "FileSystemTags", False),
        ("AWS::Cognito::UserPool", "UserPoolTags", True),
        ("AWS::SNS::Subscription", None, False),
        ("AWS::IAM::InstanceProfile", None, False),  # its schema names a property that it does not have
    ],
)
def test_tags_have_their_property_and_form(type: str, property: str | None, is_a_map: bool) -> None:
    assert (known(type).tag_property, known(type).tags_are_a_map) == (property, is_a_map)


@pytest.mark.parametrize(
    ("type", "can_be_made", "fixed"),
    [
        ("AWS::SQS::Queue", True, False),  # by a provider of its own
        ("AWS::Logs::MetricFilter", True, False),
        ("AWS::EC2::KeyPair", True, True),  # by Cloud Control, which has no update for it
        ("AWS::RDS::DBSecurityGroup", False, False),  # it has no handlers
        ("AWS::Nope::Nope", False, False),
    ],
)
def test_a_type_is_made_by_its_own_provider_or_by_cloud_control(type: str, can_be_made: bool, fixed: bool) -> None:
    found = facts(type)

    assert resource_types.can_be_made(type) is can_be_made
    assert (found is not None and found.fixed) is fixed


def test_a_list_is_told_its_parent_and_handlers_tell_their_limits() -> None:
    assert known("AWS::AppConfig::Environment").list_needs == ("ApplicationId",)
    assert known("AWS::CloudFront::Distribution").timeouts == {"create": 60, "update": 60}


def test_what_aws_refuses_to_miss_is_required_though_the_schema_does_not_say_so() -> None:
    assert "PolicyDocument" in known("AWS::IAM::RolePolicy").required


def test_the_tables_of_exceptions_name_types_and_properties_that_exist() -> None:
    for type, paths in resource_types.REPLACES_IN_PRACTICE.items():
        assert set(paths) <= known(type).create_only
        assert not set(paths) & known(type).conditional_create_only
    rows = json.loads(SOURCE.read_text())["types"]
    for type, paths in resource_types.REPLACES_IN_PRACTICE.items():
        assert set(paths) <= set(rows[type][2].split()), f"{type}: the schemas say more now"


def test_every_type_is_there_and_reads_in_no_time() -> None:
    resource_types._table.cache_clear()

    begin = time.perf_counter()
    count = len(types())
    took = time.perf_counter() - begin

    assert count > 1_800
    assert took < 0.1  # about 4 ms alone on the machine
    assert SOURCE.stat().st_size < 700_000


@pytest.mark.parametrize("tool", ["resource_types.py", "own_providers.py"])
def test_the_files_are_what_the_installed_schemas_and_the_providers_say(tool: str) -> None:
    line = [sys.executable, str(ROOT / "tools" / tool), "--check"]

    assert subprocess.run(line, check=False, capture_output=True, text=True).stderr == ""


def test_kinds_are_named_once_and_document_themselves() -> None:
    for name, kind in KINDS.items():
        assert kind.name == name
        assert all(kind.outputs.values())
        missing = kind.spec.model_fields.keys() - lines_of(kind.spec)
        assert not missing, f"{kind.name}: {missing}"
