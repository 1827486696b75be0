"""Reading YAML: what scalars become, what is refused, and where each value stands."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from panka.planner.diagnostics import Diagnostic, Findings, Span
from panka.planner.language.documents import Document, FileSource, FolderSource, Plain, SourceFile, Steps, parse, typed
from panka.planner.language.reading import read


def documents(text: str) -> list[Document]:
    findings = Findings()
    found = parse(SourceFile("a.yaml", "a.yaml", text), findings)
    assert findings.all() == ()
    return found


def finding(text: str) -> Diagnostic:
    findings = Findings()
    parse(SourceFile("a.yaml", "a.yaml", text), findings)
    (one,) = findings.all()
    return one


@pytest.mark.parametrize(
    "text", ["1.10", "no", "012345678901", "2024-01-01", "0x1F", "1_000", "12:30:45", ".5", "-3", "true"]
)
def test_unquoted_scalars_keep_their_text(text: str) -> None:
    (document,) = documents(f"a: {text}")

    assert document.data["a"] == text
    assert isinstance(document.data["a"], Plain)


@pytest.mark.parametrize("text", ["'1.10'", '"no"', "!!str 5", "word", "a1", "1.2.3.4.x"])
def test_other_scalars_are_texts(text: str) -> None:
    (document,) = documents(f"a: {text}")

    assert type(document.data["a"]) is str


@pytest.mark.parametrize("text", ["", "~", "null"])
def test_nothing_is_none(text: str) -> None:
    assert documents(f"a: {text}")[0].data == {"a": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
    ],
)
def test_typed_reads_plain_scalars_as_yaml_1_2_does(text: str, value: object) -> None:
    assert typed(Plain(text)) == value
    assert type(typed(Plain(text))) is type(value)


@pytest.mark.parametrize("text", ["no", "on", "1_000", "12:30", "2024-01-01", ".inf"])
def test_typed_leaves_what_only_older_yaml_reads(text: str) -> None:
    assert typed([{"a": Plain(text)}]) == [{"a": text}]


def test_quoted_numbers_stay_text_when_typed() -> None:
    assert typed({"a": ["5", Plain("5")]}) == {"a": ["5", 5]}


def test_anchors_and_merge_keys_work() -> None:
    (document,) = documents("base: &b {x: a, y: b}\nown:\n  <<: *b\n  y: c\nlist: [*b]\nmany: {<<: [{x: 1st}, *b]}\n")

    assert document.data["own"] == {"x": "a", "y": "c"}
    assert document.data["list"] == [{"x": "a", "y": "b"}]
    assert document.data["many"] == {"x": "1st", "y": "b"}


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb: [", "PK001", 2, 5),
        ("a:\n\tb: 1\n", "PK001", 2, 1),
        ("a: b: c\n", "PK001", 1, 5),
        ("a: *nowhere\n", "PK001", 1, 4),
        ("a: \x01\n", "PK001", 1, 4),
        ("a: 1\nb: 2\na: 3\n", "PK003", 3, 1),
        ("a: !!python/object:os.system x\n", "PK004", 1, 4),
        ("a: !Ref x\n", "PK004", 1, 4),
        ("- a\n", "PK005", 1, 1),
        ("? [a]\n: b\n", "PK005", 1, 3),
        ("a: " + "[" * 200 + "]" * 200, "PK005", 1, 103),
    ],
)
def test_bad_yaml_is_told_at_its_place(text: str, code: str, line: int, column: int) -> None:
    one = finding(text)

    assert one.label is not None
    assert (one.code, one.label.span.line, one.label.span.column) == (code, line, column)


def test_a_key_given_twice_shows_both_places() -> None:
    one = finding("spec:\n  a: 1\n  b: 2\n  a: 3\n")

    assert one.label is not None
    assert one.label.span == Span("a.yaml", 4, 3, 4)
    assert [label.span for label in one.secondary] == [Span("a.yaml", 2, 3, 4)]


def test_aliases_cannot_blow_a_file_up() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert finding("\n".join(lines)).code == "PK005"


def test_documents_before_a_broken_one_are_read() -> None:
    findings = Findings()

    found = parse(SourceFile("a.yaml", "a.yaml", "a: 1\n---\n---\nb: 2\n---\nc: [\n"), findings)

    assert [document.data for document in found] == [{"a": "1"}, {"b": "2"}]
    assert [one.code for one in findings.all()] == ["PK001"]
    assert found[1].span(("b",)) == Span("a.yaml", 4, 4, 5)


TEXT = """\
kind: SQS
spec:
  list:
    - name: "x"
      value: a ${b.c} d
    - {name: y}
  block: |
    one
    two ${b.d}
  empty:
  base: &b {deep: 1}
  own:
    <<: *b
"""


@pytest.mark.parametrize(
    ("path", "key", "span"),
    [
        (("kind",), False, (1, 7, 10)),
        (("kind",), True, (1, 1, 5)),
        (("spec", "list", 0, "name"), False, (4, 13, 16)),
        (("spec", "list", 1, "name"), True, (6, 8, 12)),
        (("spec", "list", 1), False, (6, 7, 16)),
        (("spec", "nowhere"), False, (2, 1, 5)),
        (("spec", "list", 7), False, (3, 3, 7)),
        (("spec", "own", "deep"), False, (11, 19, 20)),
        (("spec",), True, (2, 1, 5)),
    ],
)
def test_a_value_is_found_where_it_is_written(path: Steps, key: bool, span: tuple[int, int, int]) -> None:
    (document,) = documents(TEXT)

    assert document.span(path, key) == Span("a.yaml", *span)


def test_a_piece_of_a_text_is_found_inside_it() -> None:
    (document,) = documents(TEXT)

    assert document.span_of(("spec", "list", 0, "value"), "${b.c}") == Span("a.yaml", 5, 16, 22)
    assert document.span_of(("spec", "block"), "${b.d}") == Span("a.yaml", 9, 9, 15)
    assert document.span_of(("kind",), "${b.d}") == document.span(("kind",))


words = st.text("aé5.:-#'\"~nyo ${}\n", max_size=6)
scalars = st.none() | st.booleans() | st.integers() | words.filter(lambda word: not re.fullmatch(r"-?\.5+", word))
"""`-.5` is a word of YAML 1.1, which PyYAML writes without quotes, and a number of 1.2, which stacks are written in."""
trees = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner), max_leaves=6
)


@settings(max_examples=40)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), trees, max_size=4))
def test_what_yaml_writes_is_read_back(tree: dict[str, object]) -> None:
    (root,) = read(yaml.safe_dump(tree, allow_unicode=True, version=(1, 1)))

    assert typed(root.value) == tree


@given(st.text(alphabet="ab:-[]{}&*!|>'\"\n\t #?,%@`<0.~\x00é"))
def test_any_text_is_read_or_told_of(text: str) -> None:
    findings = Findings()

    found = parse(SourceFile("a.yaml", "a.yaml", text), findings)

    for document in found:
        assert document.span(()).line >= 1
    for one in findings.all():
        assert one.label is not None
        assert one.label.span.column >= 1


def test_a_folder_lists_its_files_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("stack.yaml", "services/api/a.yaml", ".git/config", "services/.x.yaml", "lib/__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a: 1")

    assert FolderSource(tmp_path, ".").paths() == ["services/api/a.yaml", "stack.yaml"]


def test_a_file_is_a_stack_of_one_path_and_knows_what_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("a: 1")
    (tmp_path / "code.py").write_text("x")

    source = FileSource(tmp_path / "shop.yaml", "shop.yaml")

    assert source.paths() == ["shop.yaml"]
    assert source.beside() == ["code.py", "shop.yaml"]
    assert source.read("code.py") == b"x"


def test_a_root_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="shop"):
        FolderSource(tmp_path / "x", "shop").paths()
    with pytest.raises(FileNotFoundError, match=r"shop\.yaml"):
        FileSource(tmp_path / "x", "shop.yaml").paths()
