"""The JSON Schema accepts what Panka accepts, and says what is wrong with the rest."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from panka.planner.authoring.reference import SURROUNDINGS
from panka.planner.authoring.schema import schema
from panka.planner.kinds import KINDS
from panka.planner.language.envelopes import CORE_KINDS

ROOT = Path(__file__).parents[2]
SCHEMA = schema(KINDS)
EDITOR = Draft7Validator(SCHEMA)
OVERLAYS = Draft7Validator(schema(KINDS, overlay=True))
BASE = [
    *(ROOT / "examples").rglob("*.yaml"),
    *(ROOT / "planner" / "authoring" / "examples").glob("*.yaml"),
    *(ROOT / "cli" / "templates").rglob("*.yaml"),
]


def mistakes(document: dict[str, Any], validator: Draft7Validator = EDITOR) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def queue(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "components.panka.io/v1", "kind": "SQS", "metadata": {"name": "jobs"}, "spec": spec}


def test_the_schema_is_draft_07() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_kind_is_there() -> None:
    assert SCHEMA["properties"]["kind"]["enum"] == sorted([*SURROUNDINGS, *KINDS])
    assert set(SURROUNDINGS) == {*CORE_KINDS, "TenantConfig"}


@pytest.mark.parametrize("place", BASE, ids=lambda place: "-".join(place.parts[-3:]))
def test_documents_that_panka_accepts_have_no_mistake(place: Path) -> None:
    validator = OVERLAYS if "environments" in place.parts else EDITOR

    for document in yaml.safe_load_all(place.read_text()):
        assert mistakes(document, validator) == []


@pytest.mark.parametrize(
    "spec",
    [
        {"visibilityTimeout": "${TIMEOUT}"},
        {"visibilityTimeout": "5m"},
        {"maxMessageSize": "2048"},
        {"maxMessageSize": "${SIZE}"},
        {"contentBasedDeduplication": "${YES}"},
        {"type": "${TYPE}"},
        {"deadLetterQueue": "${DEAD}"},
        {"deadLetterQueue": None},
        {"dependsOn": "${ALL}"},
        {"tags": {"cost-center": 42}},
    ],
)
def test_expressions_numbers_as_text_and_nothing_are_accepted(spec: dict[str, Any]) -> None:
    assert mistakes(queue(**spec)) == []


@pytest.mark.parametrize("protocol", ["tcp", "TCP"])
def test_words_that_panka_takes_in_any_case_are_no_mistake(protocol: str) -> None:
    spec = {
        "image": {"repository": "nginx"},
        "ports": [{"port": 80, "protocol": protocol}],
        "healthCheck": {"protocol": protocol},
    }

    assert mistakes(queue() | {"kind": "MicroService", "spec": spec}) == []


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"visibilityTimout": 30}, "$.spec: "),
        ({"maxMessageSize": 1}, "$.spec.maxMessageSize: "),
        ({"maxMessageSize": "large"}, "$.spec.maxMessageSize: "),
        ({"type": "fifos"}, "$.spec.type: "),
        ({"visibilityTimeout": 50_000}, "$.spec.visibilityTimeout: "),
        ({"deadLetterQueue": {"maxReceives": 1}}, "$.spec.deadLetterQueue: "),
        ({"dependsOn": "other"}, "$.spec.dependsOn: "),
    ],
)
def test_a_wrong_value_is_one_mistake_at_its_place(spec: dict[str, Any], place: str) -> None:
    (only,) = mistakes(queue(**spec))

    assert only.startswith(place)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"kind": "SQSS"}, "$.kind: 'SQSS' is not one of ["),
        ({"apiVersion": "core.panka.io/v1"}, "$.apiVersion: "),
        ({"metadata": {"name": "Jobs"}}, "$.metadata.name: "),
        ({"metadata": {}}, "$.metadata: 'name' is a required property"),
        ({"specs": {}}, "$: Additional properties are not allowed"),
    ],
)
def test_a_wrong_frame_is_one_mistake_at_its_place(change: dict[str, Any], place: str) -> None:
    (only,) = mistakes(queue() | change)

    assert only.startswith(place)


def test_a_spec_with_required_fields_must_be_there() -> None:
    document = {"apiVersion": "panka.io/v1", "kind": "DynamoDB", "metadata": {"name": "orders"}}

    assert mistakes(document) == ["$: 'spec' is a required property"]
    assert mistakes(document, OVERLAYS) == []


def test_fields_are_described_by_the_line_under_them() -> None:
    field = SCHEMA["definitions"]["SQS.DeadLetterQueue"]["properties"]["maxReceiveCount"]

    assert field["description"] == "How often a message is received before it moves to the dead-letter queue."
    assert (field["minimum"], field["maximum"], field["default"]) == (1, 1000, 5)
