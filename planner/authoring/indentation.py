"""Indentation, quotes and blank lines of YAML: found out from its tokens, and changed line by line in the text."""

import re
from bisect import bisect
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO

import yaml

from panka.planner.language.reading import Plain, read

_STEP = 2
_SAFE_START = re.compile(r"[A-Za-z_/$]")
_RESOLVER = yaml.SafeLoader("")
_ANALYST = yaml.emitter.Emitter(StringIO())
_FLOW_STARTS = yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken
_FLOW_ENDS = yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken


@dataclass(slots=True)
class _Block:
    """A mapping or list in block style: the column it stood in, and the one it moves to."""

    old: int
    new: int
    indentless: bool = False


@dataclass
class _Edits:
    """What is to be done to the lines, found in one walk over the tokens."""

    indent: dict[int, int] = field(default_factory=dict)
    """The new indentation of a line that begins with a token."""
    shift: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By how much a line inside a value moves, and the least indentation it may get."""
    literal: set[int] = field(default_factory=set)
    """Lines whose blanks are part of a value."""
    replace: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)
    """Stretches of a line, by old columns, and what stands there instead."""
    open_at: dict[int, tuple[_Block, ...]] = field(default_factory=dict)
    """The blocks that are open where a line begins with a token; copies, as columns never change."""

    @cached_property
    def lines(self) -> list[int]:
        """The lines that begin with a token, sorted; read when all edits are known."""
        return sorted(self.indent)


def laid_out(text: str) -> str:
    """The text with two blanks a level, no quotes that say nothing, and at most one blank line in a row."""
    edits = _Walk(text).edits()
    lines = text.split("\n")
    made: list[str] = []
    blank = 0
    for number in range(len(lines)):
        new = _line(lines, number, edits)
        if not new and number not in edits.literal:
            blank += 1
            continue
        made += [""] * min(blank, 1 if made else 0)
        made.append(new)
        blank = 0
    return "\n".join([*made, ""] if blank or len(lines) - 1 not in edits.literal else made)


def _line(lines: list[str], number: int, edits: _Edits) -> str:
    line = lines[number]
    if number in edits.shift:
        by, least = edits.shift[number]
        return _shifted(line, by, least, literal=number in edits.literal)
    if number in edits.indent:
        for start, end, new in sorted(edits.replace.get(number, []), reverse=True):
            line = line[:start] + new + line[end:]
        kept = line.lstrip(" ")
        return " " * edits.indent[number] + (kept if _ends_in_value(number, edits) else kept.rstrip())
    stripped = line.strip()
    if stripped.startswith("#"):
        return " " * _comment_column(line, number, edits) + stripped
    return stripped


def _ends_in_value(number: int, edits: _Edits) -> bool:
    """Whether a value goes on in the next line, so that blanks at this line's end may mean something."""
    return number + 1 in edits.shift


def _shifted(line: str, by: int, least: int, *, literal: bool) -> str:
    blanks = len(line) - len(line.lstrip(" "))
    if not line.strip(" ") and blanks + by <= 0:
        return ""
    if not literal and not line.strip():
        return ""
    return " " * max(least, blanks + by) + line[blanks:]


def _comment_column(line: str, number: int, edits: _Edits) -> int:
    """A comment stands with what follows it, unless it stands deeper: then with the block that it ends."""
    column = len(line) - len(line.lstrip(" "))
    lines = edits.lines
    position = bisect(lines, number)
    above = lines[position - 1] if position else None
    below = lines[position] if position < len(lines) else None
    ended = edits.open_at[above] if above is not None else ()
    least = edits.open_at[below][-1].old if below is not None and edits.open_at[below] else -1
    own = edits.indent[below] if below is not None else 0
    return next((block.new for block in reversed(ended) if least < block.old <= column), own)


class _Walk:
    """One walk over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._tokens = list(yaml.scan(text, Loader=yaml.CSafeLoader))
        self._lines = text.split("\n")
        self._edits = _Edits()
        self._open: list[_Block] = []
        self._flow: list[int] = []
        """For every open flow collection by how much its further lines move."""
        self._last = -1
        """The last line that a token has begun or ended on."""

    def edits(self) -> _Edits:
        for number, token in enumerate(self._tokens):
            self._structure(token, number)
            if not isinstance(token, _INVISIBLE):
                self._place(token)
            self._close_up(number)
        return self._edits

    def _structure(self, token: yaml.Token, number: int) -> None:
        column = token.start_mark.column
        if isinstance(token, yaml.DocumentStartToken | yaml.DocumentEndToken | yaml.DirectiveToken):
            self._open.clear()
        elif isinstance(token, yaml.BlockMappingStartToken | yaml.BlockSequenceStartToken):
            self._open.append(_Block(column, self._open[-1].new + _STEP if self._open else 0))
        elif isinstance(token, yaml.BlockEndToken):
            self._leave_indentless()
            self._open.pop()
        elif isinstance(token, yaml.KeyToken) and not self._flow:
            self._leave_indentless()
        elif isinstance(token, yaml.BlockEntryToken) and self._needs_indentless(number):
            self._open.append(_Block(column, self._open[-1].new + _STEP, indentless=True))

    def _needs_indentless(self, number: int) -> bool:
        """Whether the dash begins a list that stands no deeper than the key that holds it."""
        before = self._tokens[number - 1]
        return not self._open[-1].indentless and isinstance(before, yaml.ValueToken | yaml.AnchorToken | yaml.TagToken)

    def _leave_indentless(self) -> None:
        if self._open and self._open[-1].indentless:
            self._open.pop()

    def _place(self, token: yaml.Token) -> None:
        first = token.start_mark.line
        if first > self._last:
            self._begin(token, first)
        elif isinstance(token, _FLOW_STARTS):
            self._flow.append(self._block_shift())
        if isinstance(token, _FLOW_ENDS):
            self._flow.pop()
        if isinstance(token, yaml.ScalarToken):
            self._scalar(token)
        self._last = max(self._last, self._last_line(token))

    def _begin(self, token: yaml.Token, line: int) -> None:
        """A line begins with this token."""
        if self._flow:
            for number in range(self._last + 1, line + 1):
                self._edits.shift[number] = (self._flow[-1], self._open[-1].new if self._open else 0)
        else:
            structural = isinstance(token, yaml.KeyToken | yaml.ValueToken | yaml.BlockEntryToken | _DOCUMENT)
            own = self._open[-1].new if self._open else 0
            self._edits.indent[line] = own if structural or not self._open else own + _STEP
            self._edits.open_at[line] = tuple(self._open)
        if isinstance(token, _FLOW_STARTS):
            before = self._flow[-1] if self._flow else self._edits.indent[line] - token.start_mark.column
            self._flow.append(before)

    def _block_shift(self) -> int:
        if self._flow:
            return self._flow[-1]
        return self._open[-1].new - self._open[-1].old if self._open else 0

    def _scalar(self, token: yaml.ScalarToken) -> None:
        first, last = token.start_mark.line, self._last_line(token)
        if last > first:
            block = token.style in ("|", ">")
            least = 0 if block or not self._open else self._open[-1].new + _STEP
            for number in range(first + 1, last + 1):
                self._edits.shift[number] = (self._block_shift(), least)
                if block or token.style == '"':
                    self._edits.literal.add(number)
        elif token.style in ("'", '"'):
            # Inside a collection over several lines the columns of this line are moved, not written anew.
            new = None if first in self._edits.shift else _requoted(token.value, token.style, in_flow=bool(self._flow))
            if new is not None:
                edit = (token.start_mark.column, token.end_mark.column, new)
                self._edits.replace.setdefault(first, []).append(edit)

    @staticmethod
    def _last_line(token: yaml.Token) -> int:
        """The last line that has something of the token."""
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">") and token.end_mark.column == 0:
            return max(int(token.start_mark.line), int(token.end_mark.line) - 1)
        return int(token.end_mark.line)

    def _close_up(self, number: int) -> None:
        """One blank between a dash and what stands behind it on the same line."""
        before, token = self._tokens[number - 1], self._tokens[number]
        if number and isinstance(before, yaml.BlockEntryToken) and before.end_mark.line == token.start_mark.line:
            stretch = (before.end_mark.column, token.start_mark.column, " ")
            if stretch[1] - stretch[0] > 1:
                self._edits.replace.setdefault(token.start_mark.line, []).append(stretch)


_DOCUMENT = yaml.DocumentStartToken | yaml.DocumentEndToken | yaml.DirectiveToken
_INVISIBLE = (
    yaml.StreamStartToken
    | yaml.StreamEndToken
    | yaml.BlockMappingStartToken
    | yaml.BlockSequenceStartToken
    | yaml.BlockEndToken
)


def _requoted(value: str, style: str, *, in_flow: bool) -> str | None:
    """The value without quotes where every reader of YAML reads the same text, else in double ones; None: as it is."""
    analysis = _ANALYST.analyze_scalar(value)
    allowed = analysis.allow_flow_plain if in_flow else analysis.allow_block_plain
    if allowed and _SAFE_START.match(value) and _is_text(value):
        return value
    if style == "'" and value.isprintable() and not set(value) & {'"', "\\"}:
        return f'"{value}"'
    return None


def _is_text(value: str) -> bool:
    """Whether neither YAML 1.1 nor Panka reads the unquoted text as anything else."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]  # so are its stubs
    if tag != "tag:yaml.org,2002:str" or value.lower() in ("y", "n"):
        return False
    (root,) = read(f"- {value}\n")
    (item,) = root.value
    return type(item) is str and not isinstance(item, Plain)
