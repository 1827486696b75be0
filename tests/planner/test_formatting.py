"""What `panka fmt` may do to a text, and what it may not."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panka.planner.authoring.formatting import formatted
from panka.planner.language.reading import Broken, read, typed

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "planner" / "authoring" / "examples").glob("*.yaml"))
UNTIDY = """\
# yaml-language-server: $schema=panka.schema.json
# The queue of the shop.

metadata:
      # its name
      name:   'jobs'   # inline
      labels: {a: "b",
               # inside
               c: 'it''s'}
# what it is
kind: "SQS"
apiVersion: components.panka.io/v1


spec:
   deadLetterQueue:
         maxReceiveCount: "3"
         # the end of the dead letters
   list:
   - a
   -   b: 1
       c: |
          text
            more

          # no comment
       # the end of the item
   text: "long
     folded"
   url: "${X}"
   flow: ["${X}", "1.10", 'a b']
# foot
"""
TIDY = """\
# yaml-language-server: $schema=panka.schema.json
# The queue of the shop.

apiVersion: components.panka.io/v1

# what it is
kind: SQS
metadata:
  # its name
  name:   jobs   # inline
  labels: {a: b,
           # inside
           c: 'it''s'}
spec:
  deadLetterQueue:
    maxReceiveCount: "3"
    # the end of the dead letters
  list:
    - a
    - b: 1
      c: |
         text
           more

         # no comment
      # the end of the item
  text: "long
    folded"
  url: ${X}
  flow: ["${X}", "1.10", a b]
# foot
"""


def said(text: str) -> list[str]:
    """What the documents say, whatever the order of their keys."""
    return [
        json.dumps([typed(root.value), root.value], sort_keys=True) for root in read(text) if root.value is not None
    ]


def test_a_text_comes_in_order_with_its_comments() -> None:
    assert formatted(UNTIDY) == TIDY


def test_what_is_in_order_stays() -> None:
    assert formatted(TIDY) == TIDY


@pytest.mark.parametrize(
    "value", ["5", "1.10", "true", "no", "null", "~", "1e3", "2024-01-01", "", " a", "a: b", "a #b"]
)
def test_quotes_stay_where_the_text_would_be_read_otherwise(value: str) -> None:
    text = f'a: "{value}"\n'

    assert formatted(text) == text


@pytest.mark.parametrize("value", ["abc", "${NAME}", "$${x}", "a b", "a:b", "/path", "t3.micro"])
def test_quotes_that_say_nothing_go(value: str) -> None:
    assert formatted(f'a: "{value}"\n') == f"a: {value}\n"


@pytest.mark.parametrize("text", ["", "# alone\n", "a: |+\n  x\n\n\n", "a: |\n  no end of line", "--- {a: 1}\n...\n"])
def test_odd_texts_are_left_alone(text: str) -> None:
    assert said(formatted(text)) == said(text)


def test_an_alias_never_comes_before_its_anchor() -> None:
    text = "spec: &all\n    a: 1\nkind: SQS\nmetadata: *all\n"

    assert formatted(text) == "spec: &all\n  a: 1\nkind: SQS\nmetadata: *all\n"


def test_line_ends_and_trailing_blanks_become_plain() -> None:
    assert formatted("a:   \r\n    b: 1  \r\n") == "a:\n  b: 1\n"


def test_broken_text_is_refused() -> None:
    with pytest.raises(Broken):
        formatted("a: [1\n")


@pytest.mark.parametrize("place", EXAMPLES, ids=lambda place: place.stem)
def test_examples_are_in_order(place: Path) -> None:
    text = place.read_text()

    assert formatted(text) == text


KEYS = st.sampled_from(("apiVersion", "kind", "metadata", "spec", "name", "x-y", "KEY", "a b", "5", "yes"))
WORDS = st.one_of(
    st.sampled_from(
        ("5", "1.10", "true", "no", "null", "a: b", "a #b", "- a", "${X}", "it's", 'say "x"', "{a}", "*a", "---")
    ),
    st.text(alphabet="ab1 :#-{}[],'\"$&*!|>%@`é", max_size=8),
)


@st.composite
def texts(draw: st.DrawFn) -> str:  # noqa: C901  # a grammar, whose rules call each other
    """YAML as untidy as people write it: any indentation, quotes, flow and block style, comments everywhere."""
    counter = [0]

    def comment(indent: int) -> list[str]:
        if not draw(st.booleans()):
            return [""] * draw(st.integers(0, 2))
        counter[0] += 1
        return [f"{' ' * draw(st.integers(0, indent + 3))}# c{counter[0]}"]

    def scalar(*, key: bool = False) -> str:
        word = draw(KEYS if key else WORDS)
        style = draw(st.sampled_from(("double", "single", "plain")))
        if style == "single" and word.isprintable():
            return "'" + word.replace("'", "''") + "'"
        return word if style == "plain" and re.fullmatch(r"[A-Za-z0-9.]+", word) else json.dumps(word)

    def flow(depth: int) -> str:
        kind = draw(st.sampled_from(("scalar", "list", "mapping"))) if depth < 2 else "scalar"
        if kind == "scalar":
            return scalar()
        end = draw(st.sampled_from((" ", "\n   ", "\n            ")))
        if kind == "list":
            return "[" + f",{end}".join(flow(depth + 1) for _ in range(draw(st.integers(0, 3)))) + "]"
        keys = draw(st.lists(KEYS, unique=True, max_size=3))
        return "{" + f",{end}".join(f"{json.dumps(one)}: {flow(depth + 1)}" for one in keys) + "}"

    def literal(indent: int) -> list[str]:
        lines = draw(st.lists(st.sampled_from(("text", "  deeper", "", "# no comment", "- x")), min_size=1, max_size=3))
        lead = " " * draw(st.integers(1, 4))
        return [f"{' ' * indent}{lead}{line}" if line else "" for line in ["first", *lines]]

    def mapping(indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for name in draw(st.lists(KEYS, unique=True, min_size=1, max_size=4)):
            lines += comment(indent)
            key = " " * indent + (name if re.fullmatch(r"[A-Za-z-]+", name) else json.dumps(name)) + ":"
            lines += value(key, indent, depth, in_mapping=True)
        return lines

    def sequence(indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(draw(st.integers(1, 3))):
            lines += comment(indent)
            dash = " " * indent + "-"
            if depth < 3 and draw(st.booleans()):
                inner = mapping(indent + 1 + (gap := draw(st.integers(1, 3))), depth + 1)
                while not inner[0].strip() or inner[0].lstrip().startswith("#"):
                    lines.append(inner.pop(0))
                lines += [dash + " " * gap + inner[0].lstrip(), *inner[1:]]
            else:
                lines += value(dash, indent, depth, in_mapping=False)
        return lines

    def value(lead: str, indent: int, depth: int, *, in_mapping: bool) -> list[str]:
        kind = draw(st.sampled_from(("scalar", "flow", "literal", "mapping", "sequence", "null")))
        if kind == "literal":
            return [f"{lead} {draw(st.sampled_from(('|', '>', '|-', '|+')))}", *literal(indent)]
        if kind in ("mapping", "sequence") and depth < 3:
            inner = indent + draw(st.integers(0 if in_mapping and kind == "sequence" else 1, 4))
            return [lead, *(mapping if kind == "mapping" else sequence)(inner, depth + 1)]
        if kind == "null":
            return [lead]
        blanks = " " * draw(st.integers(1, 3))
        counter[0] += 1
        tail = f"   # c{counter[0]}" if draw(st.booleans()) else ""
        written = flow(0) if kind == "flow" else scalar()
        return [*(f"{lead}{blanks}{written}".split("\n")[:-1]), f"{lead}{blanks}{written}".split("\n")[-1] + tail]

    documents = ["\n".join([*mapping(0, 0), *comment(0)]) for _ in range(draw(st.integers(1, 2)))]
    return "\n---\n".join(documents) + draw(st.sampled_from(("", "\n", "\n\n\n")))


def comments(text: str) -> list[str]:
    return sorted(re.findall(r"# c\d+", text))


@settings(max_examples=400, deadline=None)
@given(texts())
def test_formatting_changes_neither_data_nor_comments_and_has_an_end(text: str) -> None:
    before = said(text)

    after = formatted(text)

    assert said(after) == before
    assert comments(after) == comments(text)
    assert formatted(after) == after
