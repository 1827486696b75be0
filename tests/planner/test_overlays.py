"""Documents laid over one another keep the place of each value."""

from typing import Any

import pytest

from panka.planner.diagnostics import Findings
from panka.planner.language.documents import SourceFile, parse
from panka.planner.language.overlays import Layered, overlay, overlay_all, underlay


def layered(text: str, file: str = "base.yaml") -> Layered:
    (document,) = parse(SourceFile(file, file, text), Findings())
    return Layered.of(document)


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ("a: {b: x, c: y}", "a: {c: z, d: w}", {"a": {"b": "x", "c": "z", "d": "w"}}),
        ("a: {b: x, c: y}", "a: {b: null}", {"a": {"c": "y"}}),
        ("a: {b: x}", "a: null", {}),
        ("a: [x, y]", "a: [z]", {"a": ["z"]}),
        ("a: {b: x}", "a: word", {"a": "word"}),
        (
            "e: [{name: A, value: x}, {name: B, value: y}]",
            "e: [{name: B, value: z}, {name: C, value: w}]",
            {"e": [{"name": "A", "value": "x"}, {"name": "B", "value": "z"}, {"name": "C", "value": "w"}]},
        ),
        ("e: [{name: A}]", "e: [{key: A}]", {"e": [{"key": "A"}]}),
    ],
)
def test_maps_merge_deeply_named_items_by_name_and_the_rest_is_replaced(base: str, over: str, merged: Any) -> None:
    assert overlay(layered(base), layered(over)).data == merged


def test_every_value_is_found_in_the_document_that_gave_it() -> None:
    base = layered("spec:\n  a: x\n  env:\n    - name: A\n      value: x\n      kept: k\n")
    over = layered("spec:\n  b: y\n  env:\n    - {name: B, value: new}\n    - {name: A, value: z}\n", "prod.yaml")

    merged = overlay(base, over)

    assert (merged.span(("spec", "a")).file, merged.span(("spec", "a")).line) == ("base.yaml", 2)
    assert (merged.span(("spec", "b"), key=True).file, merged.span(("spec", "b")).line) == ("prod.yaml", 2)
    assert merged.span(("spec", "env", 0, "kept")).file == "base.yaml"
    assert (merged.span(("spec", "env", 0, "value")).file, merged.span(("spec", "env", 0, "value")).line) == (
        "prod.yaml",
        5,
    )
    assert (merged.span(("spec", "env", 1, "value")).file, merged.span(("spec", "env", 1, "value")).line) == (
        "prod.yaml",
        4,
    )
    assert merged.data["spec"]["env"][1]["name"] == "B"


def test_the_last_overlay_wins_and_its_place_with_it() -> None:
    base = layered("a: {b: x}")

    merged = overlay_all(
        base, [layered("a: {b: y}", "one.yaml"), layered("a: word", "two.yaml"), layered("c: z", "three.yaml")]
    )

    assert merged.data == {"a": "word", "c": "z"}
    assert merged.span(("a",)).file == "two.yaml"


def test_layers_do_not_change_what_they_are_made_of() -> None:
    base, over = layered("a: {b: [{name: A}]}"), layered("a: {b: [{name: A, value: x}]}")

    overlay(base, over)

    assert base.data == {"a": {"b": [{"name": "A"}]}}


def test_defaults_lie_under_a_document() -> None:
    base = layered("spec: {a: x}")
    defaults = layered("x: {a: d, b: d}", "defaults.yaml")
    under = Layered(
        defaults.document,
        {"spec": defaults.data["x"]},
        {("spec", "a"): (defaults.document, ("x", "a")), ("spec", "b"): (defaults.document, ("x", "b"))},
    )

    merged = underlay(base, under)

    assert merged.data == {"spec": {"a": "x", "b": "d"}}
    assert merged.document is base.document
    assert (merged.span(("spec", "a")).file, merged.span(("spec", "b")).file) == ("base.yaml", "defaults.yaml")
