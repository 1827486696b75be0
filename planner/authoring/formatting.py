"""Puts a stack's YAML in order without changing what it says.

The text is edited, not written anew: lines move and change their indentation, quotes that say nothing go. So a comment
cannot get lost, and what no rule speaks of stays as its author wrote it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from panka.planner.authoring.indentation import laid_out
from panka.planner.language.reading import Broken, read, typed

FRAME = ("apiVersion", "kind", "metadata", "spec")
"""The keys of a document in the order in which people look for them; others follow in theirs."""


class Unchangeable(ValueError):
    """The text would not say the same after formatting; it is left as it is."""


def formatted(text: str) -> str:
    """The text in order. `formatted` of the result is the result.

    Raises:
        Broken: the text is not the YAML that a stack is written in.
        Unchangeable: putting it in order would change what it says.
    """
    said = _said(text)
    if not said:
        return text
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not plain.endswith("\n") and _says(f"{plain}\n", said):
        plain = f"{plain}\n"
    laid = laid_out(plain)
    if not _says(laid, said):
        raise Unchangeable("the text would not say the same in order")
    ordered = laid_out(_in_order(laid))
    return ordered if _says(ordered, said) else laid


def _says(text: str, said: list[str]) -> bool:
    try:
        return _said(text) == said
    except Broken:  # an alias that has come before its anchor
        return False


def _said(text: str) -> list[str]:
    """What the documents say, in a form that tells text from numbers and keeps how numbers are written."""
    roots = [root.value for root in read(text) if root.value is not None]
    return [json.dumps([typed(value), value]) for value in (_sorted_frame(root) for root in roots)]


def _sorted_frame(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {key: value[key] for key in sorted(value, key=_rank)}


def _rank(key: str) -> int:
    return FRAME.index(key) if key in FRAME else len(FRAME)


@dataclass(slots=True)
class _Root:
    """The lines of one document's root mapping: where each key's stretch begins, comments above it included."""

    keys: list[str]
    starts: list[int]
    end: int


def _in_order(text: str) -> str:
    lines = text.split("\n")
    for root in reversed(list(_roots(text, lines))):
        order = sorted(range(len(root.keys)), key=lambda number: _rank(root.keys[number]))
        stretches = [lines[start:end] for start, end in zip(root.starts, [*root.starts[1:], root.end], strict=True)]
        if order != sorted(order):
            lines[root.starts[0] : root.end] = [line for number in order for line in stretches[number]]
    return "\n".join(lines)


def _roots(text: str, lines: list[str]) -> Iterator[_Root]:
    """Every root mapping in block style that has each of its keys on a line of its own."""
    depth, root, key_next = 0, _Root([], [], 0), False
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.BlockMappingStartToken | yaml.BlockSequenceStartToken | _FLOW_STARTS):
            depth += 1
        elif isinstance(token, yaml.BlockEndToken | _FLOW_ENDS):
            depth -= 1
            if depth == 0 and root.keys:
                root.end = _end_of_content(lines, root.starts[-1], token.start_mark.line)
                yield root
                root = _Root([], [], 0)
        elif depth == 1 and isinstance(token, yaml.KeyToken) and token.start_mark.column == 0:
            key_next = True
            floor = root.starts[-1] + 1 if root.starts else token.start_mark.line
            root.starts.append(_above(lines, token.start_mark.line, floor))
        elif key_next:
            root.keys.append(token.value if isinstance(token, yaml.ScalarToken) else "")
            key_next = False


_FLOW_STARTS = yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken
_FLOW_ENDS = yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken


def _above(lines: list[str], line: int, floor: int) -> int:
    """The first of the comments right above a key; those of the document's head stay where they are."""
    while line > floor and lines[line - 1].startswith("#"):
        line -= 1
    return line


def _end_of_content(lines: list[str], start: int, end: int) -> int:
    """The line after the last one that belongs to a mapping: what follows it unindented belongs to the file."""
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end
