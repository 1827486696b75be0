"""YAML text to plain data. Plain scalars keep the text they were written with."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

Data: TypeAlias = Any
"""What a YAML document holds: mappings with text keys, lists, `str`, `Plain` and None."""

_Event: TypeAlias = Any
"""One of PyYAML's events; their stubs give the fields to the subclasses alone, which `type() is` does not narrow to."""

DEEPEST = 100
LARGEST = 2_000_000
"""Values in one file, aliases counted as often as they are used."""


class Plain(str):
    """Unquoted text that YAML would read as a number, a boolean or a date: `1.10`, `no`, `012345678901`."""

    __slots__ = ()


_STARTS_PLAIN = frozenset("-+.0123456789yYnNtTfFoO")
_READ_BY_YAML = re.compile(
    r"""[-+]?(?: [0-9][0-9_]*(?:\.[0-9_]*)? | \.[0-9][0-9_]* ) (?:[eE][-+]?[0-9]+)?
      | [-+]?0(?: x[0-9a-fA-F_]+ | o[0-7]+ | b[01_]+ )
      | [-+]?[0-9][0-9_]*(?: :[0-5]?[0-9] )+(?: \.[0-9_]* )?
      | [-+]?\.(?: inf|Inf|INF ) | \.(?: nan|NaN|NAN )
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?: (?: [Tt]|[ \t]+ )[0-9:.]+[ \t]*(?: Z|[-+][0-9:]+ )? )?
      | true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF""",
    re.VERBOSE,
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?")
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}


def typed(value: Data) -> Data:
    """The value with unquoted scalars read as YAML 1.2 reads them: `5` a number, `true` a boolean, `no` a word."""
    if isinstance(value, Plain):
        return _typed_scalar(value)
    if isinstance(value, dict):
        return {str(key): typed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [typed(item) for item in value]
    return value


def _typed_scalar(value: Plain) -> str | int | float | bool:
    text = str(value)
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text.startswith(("0x", "0o")) else int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text; line and column count from 1."""

    line: int
    column: int


class Broken(Exception):
    """The text is not the YAML that a stack is written in."""

    def __init__(self, code: str, summary: str, at: Mark, *, first: Mark | None = None, help: str = "") -> None:
        super().__init__(summary)
        self.code = code
        self.summary = summary
        self.at = at
        self.first = first
        self.help = help


@dataclass(frozen=True, slots=True)
class Root:
    """One document of a file: its number from 0, its value and where that begins."""

    index: int
    value: Data
    at: Mark


def read(text: str) -> Iterator[Root]:
    """The documents of a text, one after the other; raises `Broken` at the first place that is not accepted."""
    try:
        yield from _Builder(text).roots()
    except yaml.MarkedYAMLError as error:
        raise _broken(error, text) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        at = Mark(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        raise Broken("PK001", "the file holds a control character", at) from error


def _broken(error: yaml.MarkedYAMLError, text: str) -> Broken:
    mark = error.problem_mark or error.context_mark
    at = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
    lines = text.splitlines()
    if lines and at.line > len(lines):
        # The parser calls the end of the text a line of its own; people see the end of the last one.
        at = Mark(len(lines), len(lines[-1]) + 1)
    problem = str(error.problem or error.context or "broken YAML")
    if text.splitlines()[at.line - 1 : at.line] and text.splitlines()[at.line - 1][at.column - 1 :].startswith("\t"):
        return Broken("PK001", "a tab stands where YAML wants spaces", at, help="indent with spaces")
    context = f" {error.context}" if error.context and error.problem else ""
    began = error.context_mark
    first = (
        Mark(began.line + 1, began.column + 1)
        if began and (began.line + 1, began.column + 1) < (at.line, at.column)
        else None
    )
    if first is not None and "end of stream" in problem:
        return Broken("PK001", f"broken YAML: {problem}{context}", first, help=_advice(problem))
    return Broken("PK001", f"broken YAML: {problem}{context}", at, first=first, help=_advice(problem))


def _advice(problem: str) -> str:
    if problem.startswith("mapping values are not allowed"):
        return "put a text that holds `: ` in quotes"
    if problem.startswith("found unexpected end of stream"):
        return "close the quote"
    return "indent what belongs together alike" if problem.startswith("did not find expected key") else ""


class _Builder:
    """Builds the data from the parser's events: half the time of PyYAML's constructors, and every key is seen.

    Scalars, nine of ten events, are read where they stand: a call for each would double the time.
    """

    def __init__(self, text: str) -> None:
        self._next: Callable[[], _Event] = yaml.CSafeLoader(text).get_event
        self._anchors: dict[str, tuple[Data, int]] = {}
        self._values = 0
        self._depth = 0

    def roots(self) -> Iterator[Root]:
        index = 0
        while (event := self._next()) is not None:
            if type(event) is yaml.DocumentStartEvent:
                self._anchors.clear()
                first = self._next()
                yield Root(index, self._value(first), _mark(first))
                index += 1

    def _value(self, event: _Event) -> Data:
        kind = type(event)
        self._values += 1
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        return self._collection(event)

    def _collection(self, event: _Event) -> Data:
        if event.tag is not None and event.tag not in _TAGS:
            raise _foreign_tag(event)
        self._depth += 1
        if self._depth > DEEPEST:
            raise Broken("PK005", f"values are nested more than {DEEPEST} deep", _mark(event))
        before = self._values
        value = self._mapping() if type(event) is yaml.MappingStartEvent else self._sequence()
        self._depth -= 1
        if event.anchor:
            self._anchors[event.anchor] = (value, self._values - before + 1)
        return value

    def _sequence(self) -> list[Data]:
        items = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            items.append(self._value(event))
        return items

    def _mapping(self) -> dict[str, Data]:
        found: dict[str, Data] = {}
        places: dict[str, _Event] = {}
        merged: dict[str, Data] = {}
        following = self._next
        while type(event := following()) is not yaml.MappingEndEvent:
            key = event.value if type(event) is yaml.ScalarEvent and not event.anchor else self._key(event)
            if key == "<<" and event.implicit[0]:
                merged |= self._merged(following()) | merged
                continue
            if key in found:
                raise Broken("PK003", f"the key `{key}` is given twice", _mark(event), first=_mark(places[key]))
            places[key] = event
            value = following()
            if type(value) is yaml.ScalarEvent:
                self._values += 1
                found[key] = self._scalar(value)
            else:
                found[key] = self._value(value)
        return merged | found if merged else found

    def _merged(self, event: _Event) -> dict[str, Data]:
        value = self._value(event)
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise Broken("PK001", "`<<` takes a mapping or a list of mappings", _mark(event))
        return {key: item for source in reversed(sources) for key, item in source.items()}

    def _key(self, event: _Event) -> str:
        if type(event) is yaml.AliasEvent:
            value = self._alias(event)
        else:
            value = event.value if type(event) is yaml.ScalarEvent else None
        if not isinstance(value, str):
            raise Broken("PK005", "the key of a mapping is a text", _mark(event))
        if type(event) is yaml.ScalarEvent and event.anchor:
            self._anchors[event.anchor] = (value, 1)
        return str(value)

    def _alias(self, event: _Event) -> Data:
        if event.anchor not in self._anchors:
            raise Broken("PK001", f"no anchor `&{event.anchor}` stands before this alias", _mark(event))
        value, size = self._anchors[event.anchor]
        self._values += size
        if self._values > LARGEST:
            raise Broken("PK005", f"aliases make the file larger than {LARGEST} values", _mark(event))
        return value

    def _scalar(self, event: _Event) -> Data:
        text: str = event.value
        value: Data = text
        if event.tag is not None and event.tag != "!":
            value = self._tagged(event, text)
        elif event.implicit[0]:
            if text in _NULL:
                value = None
            elif text[0] in _STARTS_PLAIN and _READ_BY_YAML.fullmatch(text):
                value = Plain(text)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        return value

    @staticmethod
    def _tagged(event: _Event, text: str) -> Data:
        if event.tag not in _TAGS:
            raise _foreign_tag(event)
        name = event.tag.rpartition(":")[2]
        return None if name == "null" else text if name == "str" else Plain(text)


def _foreign_tag(event: _Event) -> Broken:
    tag = event.tag.replace("tag:yaml.org,2002:", "!!")
    return Broken("PK004", f"the tag `{tag}` is not accepted", _mark(event), help="write the value without a tag")


def _mark(event: _Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
