"""What programs read of diagnostics: JSON, annotations, SARIF and JUnit."""

import json
from xml.etree import ElementTree as ET

import pytest

from panka.planner.diagnostics import Diagnostic, Label, Severity, Span
from panka.planner.render.reports import FORMATS, as_json, github, junit, rendered, sarif

ONE = Diagnostic(
    "PK201",
    "SQS `jobs` has no output `a,b:c`",
    Label(Span("services/a b.yaml", 14, 3, 9), "unknown output"),
    (Label(Span("services/jobs.yaml", 4, 9, 13), "declared here"),),
    ("outputs of SQS: queueUrl",),
    "did you mean `queueUrl`?",
)
NOWHERE = Diagnostic("PK008", "there is no overlay for 100%", severity=Severity.WARNING)


def quoted(_file: str, _line: int) -> str:
    return "  output\x1b: <x> & y"


def test_json_names_every_place_in_camel_case() -> None:
    said = json.loads(as_json([NOWHERE, ONE]))

    assert (said["schemaVersion"], said["errors"], said["warnings"]) == (1, 1, 1)
    assert said["diagnostics"][1]["label"]["span"] == {
        "file": "services/a b.yaml",
        "line": 14,
        "column": 3,
        "endColumn": 9,
    }
    assert said["diagnostics"][1]["title"] == "unknown output"
    assert said["diagnostics"][0]["label"] is None


def test_an_annotation_stands_on_one_line_with_its_place_escaped() -> None:
    warning, error = github([NOWHERE, ONE]).splitlines()

    assert warning == "::warning title=PK008%3A environment without overlay::there is no overlay for 100%25"
    assert error.startswith(
        "::error file=services/a b.yaml,line=14,endLine=14,col=3,endColumn=9,title=PK201%3A unknown"
    )
    assert error.endswith("%0Aunknown output%0Anote: outputs of SQS: queueUrl%0Ahelp: did you mean `queueUrl`?")


def test_sarif_has_a_rule_for_each_code_and_a_location_for_each_place() -> None:
    log = json.loads(sarif([NOWHERE, ONE]))
    run = log["runs"][0]
    warning, error = run["results"]

    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["name"] == "panka"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["PK008", "PK201"]
    assert (warning["ruleIndex"], warning["level"], warning["locations"]) == (0, "warning", [])
    assert (error["ruleIndex"], error["ruleId"], error["level"]) == (1, "PK201", "error")
    assert error["message"]["text"].startswith(ONE.summary)
    assert error["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "services/a%20b.yaml"},
                "region": {"startLine": 14, "startColumn": 3, "endColumn": 9},
            }
        }
    ]
    assert error["relatedLocations"][0]["message"]["text"] == "declared here"


def test_junit_fails_a_case_for_each_error_and_passes_files_and_warnings() -> None:
    suite = ET.fromstring(junit([NOWHERE, ONE], quoted, ["stack.yaml", "services/a b.yaml"]))[0]

    assert suite.attrib == {"name": "panka validate", "tests": "3", "failures": "1", "errors": "0"}
    valid, warning, error = suite
    assert (valid.get("classname"), len(valid)) == ("stack.yaml", 0)
    assert [one.tag for one in warning] == ["system-out"]
    failure = error.find("failure")
    assert failure is not None
    assert failure.get("type") == "PK201"
    assert "<x> & y" in str(failure.text)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_takes_no_diagnostics(form: str) -> None:
    text = rendered(form, [], quoted, ["stack.yaml"])  # type: ignore[arg-type]  # the parameter is one of the formats

    assert (text == "") == (form in ("full", "concise", "github"))
