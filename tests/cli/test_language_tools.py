"""explain, schema, fmt and init as they are typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from panka.cli.commands.init import TEMPLATES
from panka.cli.main import run
from panka.planner.kinds import KINDS

Ran = tuple[int, str, str]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """A command line run in an empty folder: its exit code, what it showed and what it told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def command(*words: str) -> Ran:
        code = run(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_explain_lists_every_kind(typed: Callable[..., Ran]) -> None:
    code, out, _ = typed("explain")

    assert code == 0
    assert {line.split()[0] for line in out.splitlines()} >= set(KINDS) | {"Stack", "Service"}


def test_explain_tells_a_kind_with_fields_outputs_grants_and_example(typed: Callable[..., Ran]) -> None:
    code, out, _ = typed("explain", "sqs")

    assert code == 0
    assert 'type  standard | fifo = "standard"   REPLACES' in out
    assert "queueUrl" in out
    assert "may sqs:SendMessage" in out
    assert "kind: SQS" in out


def test_explain_tells_a_field(typed: Callable[..., Ran]) -> None:
    code, out, _ = typed("explain", "SQS.deadLetterQueue.maxReceiveCount")

    assert code == 0
    assert out == (
        "SQS.deadLetterQueue.maxReceiveCount\n"
        "  How often a message is received before it moves to the dead-letter queue.\n"
        "  type      whole number\n"
        "  range     1 to 1000\n"
        "  default   5\n"
        "  a change  updates in place\n"
    )


def test_explain_tells_machines_the_same(typed: Callable[..., Ran]) -> None:
    _, out, _ = typed("explain", "SQS.type", "-f", "json")

    field = json.loads(out)["field"]
    assert (field["path"], field["choices"], field["change"]["verdict"]) == ("type", ["standard", "fifo"], "replaces")


@pytest.mark.parametrize(
    ("topic", "help"),
    [("SQSS", "did you mean `SQS`?"), ("SQS.visibilityTimout", "did you mean `visibilityTimeout`?")],
)
def test_explain_of_what_is_not_there_says_what_is(typed: Callable[..., Ran], topic: str, help: str) -> None:
    code, out, err = typed("explain", topic)

    assert (code, out) == (64, "")
    assert f"help: {help}" in err


def test_schema_is_shown_or_written_beside_the_stack(typed: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()

    _, shown, _ = typed("schema")
    code, out, _ = typed("schema", "--write", "shop")

    assert (code, out) == (0, "shop/panka.schema.json\n")
    assert json.loads((tmp_path / "shop" / "panka.schema.json").read_text()) == json.loads(shown)


def test_fmt_check_changes_nothing_and_fmt_does(typed: Callable[..., Ran], tmp_path: Path) -> None:
    place = tmp_path / "stack.yaml"
    place.write_text("kind: 'Stack'\napiVersion: core.panka.io/v1\nmetadata:\n    name: shop # mine\n")
    before = place.read_text()

    checked = typed("fmt", "--check")
    assert (checked[:2], place.read_text()) == ((1, "stack.yaml\n"), before)

    assert typed("fmt")[:2] == (0, "stack.yaml\n")
    assert place.read_text() == "apiVersion: core.panka.io/v1\nkind: Stack\nmetadata:\n  name: shop # mine\n"
    assert typed("fmt", "--check")[:2] == (0, "")


def test_fmt_leaves_a_broken_file_and_shows_where(typed: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text("kind: [Stack\n")

    code, _, err = typed("fmt", "stack.yaml")

    assert code == 65
    assert "--> stack.yaml:" in err
    assert (tmp_path / "stack.yaml").read_text() == "kind: [Stack\n"


@pytest.mark.parametrize("template", TEMPLATES)
def test_init_writes_a_stack_that_is_valid_and_in_order(
    typed: Callable[..., Ran], tmp_path: Path, template: str
) -> None:
    code, out, err = typed("init", "shop", "--template", template)

    assert code == 0
    assert "shop/stack.yaml" in out.splitlines()
    assert "cd shop && panka validate" in err
    assert typed("validate", "shop")[0] == 0
    assert typed("fmt", "--check", "shop")[0] == 0
    for place in (tmp_path / "shop").rglob("*.yaml"):
        first, *_ = place.read_text().splitlines()
        assert first.startswith("# yaml-language-server: $schema=")
        assert (place.parent / first.partition("=")[2]).is_file()
        assert list(yaml.safe_load_all(place.read_text()))


def test_init_overwrites_nothing(typed: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "stack.yaml").write_text("mine")

    code, out, err = typed("init", "shop")

    assert (code, out) == (64, "")
    assert "stack.yaml in shop would be overwritten" in err
    assert [one.name for one in (tmp_path / "shop").iterdir()] == ["stack.yaml"]


def test_init_refuses_a_name_that_no_stack_can_have(typed: Callable[..., Ran]) -> None:
    code, _, err = typed("init", "My Shop")

    assert code == 64
    assert "help: --name gives one" in err


@pytest.mark.parametrize("name", ["explain", "schema", "fmt", "init"])
def test_help_has_an_example(typed: Callable[..., Ran], name: str) -> None:
    code, out, _ = typed(name, "--help")

    assert code == 0
    assert f"  panka {name}" in out.partition("Example")[2]
