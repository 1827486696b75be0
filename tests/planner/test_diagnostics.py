"""Diagnostics: their order, their texts in every format, and the table of codes."""

import json
import re
from pathlib import Path

import pytest

from panka.planner.component import ComponentSpec, Grants, Kind, Lowered
from panka.planner.diagnostics import CODES, Diagnostic, Label, Severity, Span, did_you_mean, in_order, listed
from panka.planner.render.diagnostics import concise, full
from panka.planner.render.reports import as_json
from panka.planner.stack import Draft, Options, read_stack

PLANNER = Path(__file__).parents[2] / "planner"


class QueueSpec(ComponentSpec):
    visibility_timeout: int = 30


class DatabaseSpec(ComponentSpec):
    size: int = 20


class ServerSpec(ComponentSpec):
    environment: tuple[dict[str, object], ...] = ()


def nothing(*_: object) -> Lowered:
    return Lowered((), {}, Grants())


DATABASE_OUTPUTS = ("endpoint", "readerEndpoint", "port", "arn", "databaseName", "secretArn", "securityGroupId")
OWN = (
    Kind("SQS", QueueSpec, nothing, {"queueUrl": "", "queueArn": ""}),
    Kind("RDS", DatabaseSpec, nothing, dict.fromkeys(DATABASE_OUTPUTS, "")),
    Kind("MicroService", ServerSpec, nothing, {"url": ""}),
)
KINDS = {kind.name: kind for kind in OWN}


class Files:
    root = "."

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def paths(self) -> list[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path].encode()


STACK = "apiVersion: core.panka.io/v1\nkind: Stack\nmetadata: {name: shop}\n"


def draft(**files: str) -> Draft:
    named = {f"services/{name.replace('__', '/')}.yaml": text for name, text in files.items()}
    return read_stack(Files({"stack.yaml": STACK, **named}), Options(), KINDS)


def shown(found: Draft) -> str:
    return full(found.diagnostics, found.source_line)


def component(kind: str, name: str, spec: str = "") -> str:
    return f"apiVersion: components.panka.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n{spec}"


def test_an_unknown_field_is_shown_with_the_field_that_was_meant() -> None:
    found = draft(api__resources=component("SQS", "jobs", "  # why\n  tags: {}\n\n\n  visibilityTimout: 300\n"))

    assert (
        shown(found)
        == """\
error[PK101]: unknown field `visibilityTimout` in SQS `jobs`
  --> services/api/resources.yaml:10:3
   |
10 |   visibilityTimout: 300
   |   ^^^^^^^^^^^^^^^^ not a field of SQS
   = help: did you mean `visibilityTimeout`?  (panka explain SQS)

Found 1 error in 1 file.  panka explain PK101 tells more about a code.
"""
    )


def test_an_unknown_output_is_shown_with_the_component_and_its_outputs() -> None:
    found = draft(
        api__app=component(
            "MicroService",
            "server",
            "  environment:\n    - name: URL\n      valueFrom:\n        component: main-db\n        output: endpont\n",
        ),
        api__resources=component("RDS", "main-db"),
    )

    assert (
        shown(found)
        == """\
error[PK201]: RDS `main-db` has no output `endpont`
  --> services/api/app.yaml:10:17
   |
10 |         output: endpont
   |                 ^^^^^^^ unknown output
  ::: services/api/resources.yaml:4:9
 4 |   name: main-db
   |         ------- declared here
   = note: outputs of RDS: arn, databaseName, endpoint, port, readerEndpoint, secretArn, securityGroupId
   = help: did you mean `endpoint`?

Found 1 error in 2 files.  panka explain PK201 tells more about a code.
"""
    )


def test_a_cycle_is_shown_with_the_place_of_every_edge() -> None:
    def needs(name: str) -> str:
        return f"  environment:\n    - name: URL\n      value: ${{{name}.url}}\n"

    found = draft(
        api__app=component("MicroService", "api", needs("worker")),
        jobs__worker=component("MicroService", "worker", needs("ledger")),
        jobs__ledger=component("MicroService", "ledger", "  dependsOn: [api]\n"),
    )

    assert (
        shown(found)
        == """\
error[PK203]: dependency cycle: api -> worker -> ledger -> api
 --> services/api/app.yaml:8:14
  |
8 |       value: ${worker.url}
  |              ^^^^^^^^^^^^^ api needs worker
 ::: services/jobs/worker.yaml:8:14
8 |       value: ${ledger.url}
  |              ------------- worker needs ledger
 ::: services/jobs/ledger.yaml:6:15
6 |   dependsOn: [api]
  |               --- ledger needs api: cycle
  = help: break one of the 3 edges

Found 1 error in 3 files.  panka explain PK203 tells more about a code.
"""
    )


ONE = Diagnostic("PK101", "first", Label(Span("a.yaml", 2, 1, 4), "here"), help="do this")
TWO = Diagnostic("PK103", "second", Label(Span("a.yaml", 10, 1, 4)), severity=Severity.WARNING)
NOWHERE = Diagnostic("PK006", "third")


def test_diagnostics_stand_in_the_order_of_their_places_and_once() -> None:
    assert in_order([TWO, ONE, NOWHERE, ONE]) == (NOWHERE, ONE, TWO)


def test_the_concise_format_has_a_line_for_each() -> None:
    assert concise([NOWHERE, ONE, TWO]) == (
        "error[PK006]: third\na.yaml:2:1: error[PK101]: first (do this)\na.yaml:10:1: warning[PK103]: second\n"
    )


def test_json_carries_everything() -> None:
    said = json.loads(as_json([ONE]))

    assert said["schemaVersion"] == 1
    assert said["diagnostics"][0]["code"] == "PK101"
    assert said["diagnostics"][0]["severity"] == "error"
    assert said["diagnostics"][0]["label"]["span"] == {"file": "a.yaml", "line": 2, "column": 1, "endColumn": 4}


def test_only_so_many_are_shown_and_all_are_counted() -> None:
    many = [Diagnostic("PK101", f"number {number}", Label(Span("a.yaml", number, 1, 2))) for number in range(1, 61)]

    shown = full(many, lambda _file, _line: "x")

    assert shown.count("error[PK101]") == 50
    assert "Found 60 errors in 1 file (50 shown)." in shown


def test_errors_and_warnings_are_counted_apart() -> None:
    assert "Found 1 error and 1 warning in 1 file." in full([ONE, TWO], lambda _file, _line: "")


def test_nothing_is_said_of_nothing() -> None:
    assert full([], lambda _file, _line: "") == ""
    assert concise([]) == ""


@pytest.mark.parametrize("line", ["  password: hunter2", "dbPassword: 'hunter2'", "{name: x, apiToken: hunter2}"])
def test_a_line_that_may_hold_a_secret_is_not_quoted(line: str) -> None:
    assert "hunter2" not in full([ONE], lambda _file, _line: line)


def test_a_line_that_refers_to_a_secret_is_quoted() -> None:
    assert "passwordSecret: ${db-secret.arn}" in full([ONE], lambda _file, _line: "passwordSecret: ${db-secret.arn}")


def test_control_characters_of_a_source_do_not_reach_the_terminal() -> None:
    shown = full([ONE], lambda _file, _line: "a\x1b[31m: \u202eb")

    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(("word", "meant"), [("endpont", "endpoint"), ("ENDPOINT", "endpoint"), ("xyz", "")])
def test_the_closest_word_is_offered(word: str, meant: str) -> None:
    assert did_you_mean(word, ["endpoint", "port"]) == (f"did you mean `{meant}`?" if meant else "")


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_choices_are_listed_as_people_do(words: list[str], text: str) -> None:
    assert listed(words) == text


def test_every_code_in_the_planner_is_explained() -> None:
    used = {code for file in PLANNER.rglob("*.py") for code in re.findall(r'"(PK\d{3})"', file.read_text())}

    assert used <= CODES.keys()
    assert all(code.title and code.explanation.endswith(("…", ".", "`")) for code in CODES.values())
