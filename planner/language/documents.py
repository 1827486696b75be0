"""The files of a stack and the documents in them. Every value of a document can be led back to its place."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeAlias

import yaml

from panka.planner.diagnostics import Findings, Label, Span
from panka.planner.language.reading import Broken, Data, Plain, read, typed

__all__ = [
    "Document",
    "FileSource",
    "FolderSource",
    "Plain",
    "Source",
    "SourceFile",
    "Steps",
    "parse",
    "steps_of",
    "typed",
]

Steps: TypeAlias = tuple[str | int, ...]
"""The way from a document's root to a value in it: keys and positions in lists."""


def steps_of(field: str) -> Steps:
    """The way that a rule's `field` stands for: `listeners.0.port`."""
    return tuple(int(step) if step.isdigit() else step for step in field.split("."))


class Source(Protocol):
    """Where a stack's files are. Paths are relative to the root and written with `/`."""

    @property
    def root(self) -> str:
        """As the user typed it; what places in messages begin with."""
        ...

    def paths(self) -> list[str]:
        """Every file that may hold documents, and every other file of the folder, sorted; hidden ones not."""
        ...

    def read(self, path: str) -> bytes:
        """Raises `FileNotFoundError` (or another `OSError`)."""
        ...


@dataclass(frozen=True)
class FolderSource:
    """A folder that holds a stack; `at` is where it is, `root` what the user calls it."""

    at: Path
    root: str

    def paths(self) -> list[str]:
        if not self.at.is_dir():
            raise FileNotFoundError(self.root)
        return sorted(_below(self.at))

    def read(self, path: str) -> bytes:
        return (self.at / path).read_bytes()


@dataclass(frozen=True)
class FileSource:
    """A stack in one file. What its components pack is found beside the file."""

    at: Path
    root: str

    def paths(self) -> list[str]:
        if not self.at.is_file():
            raise FileNotFoundError(self.root)
        return [self.at.name]

    def read(self, path: str) -> bytes:
        return (self.at.parent / path).read_bytes()

    def beside(self) -> list[str]:
        """Every file of the folder that the stack's file is in, sorted; hidden ones not."""
        return sorted(_below(self.at.parent))


def _below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        inside = Path(parent).relative_to(folder)
        yield from ((inside / name).as_posix() for name in files if not name.startswith("."))


@dataclass(eq=False)
class SourceFile:
    """One text file of a stack. `name` is the file as the user would type it."""

    path: str
    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return re.split(r"\r\n|[\n\r\x85\u2028\u2029]", self.text)

    @cached_property
    def nodes(self) -> list[yaml.Node]:
        """The documents once more, with the place of each node; read when the first message needs a place."""
        found: list[yaml.Node] = []
        try:
            found.extend(node for node in yaml.compose_all(self.text, Loader=yaml.CSafeLoader) if node is not None)
        except yaml.YAMLError:
            # What stands before the broken place has its nodes; the place itself is told by whoever read the file.
            return found
        return found

    def span(self, line: int, column: int, end_column: int = 0) -> Span:
        """The stretch from line and column (from 1) to `end_column`, or to the end of the word there."""
        if not end_column:
            text = self.lines[line - 1] if line <= len(self.lines) else ""
            word = re.match(r"[^\s:,\[\]{}]+", text[column - 1 :])
            end_column = column + (word.end() if word else 1)
        return Span(self.name, line, column, end_column)


@dataclass(eq=False, slots=True)
class Document:
    """One document: `data` is its root mapping."""

    file: SourceFile
    index: int
    data: dict[str, Data]
    line: int
    column: int
    _found: dict[tuple[Steps, bool], Span] = field(default_factory=dict, repr=False)

    def span(self, path: Steps, key: bool = False) -> Span:
        """Where the value at a path stands, or its key. Of what is not there: the key of what should hold it."""
        if (path, key) not in self._found:
            self._found[path, key] = self._span(path, key)
        return self._found[path, key]

    def _span(self, path: Steps, key: bool) -> Span:
        if self.index >= len(self.file.nodes):
            return self.file.span(self.line, self.column)
        place = node = self.file.nodes[self.index]
        for step in path:
            entry = _entry(node, step)
            if entry is None:
                return self._of(place)
            place, node = entry
        return self._of(place if key else node)

    def _of(self, node: yaml.Node) -> Span:
        start, end = node.start_mark, node.end_mark
        if isinstance(node, yaml.CollectionNode) and node.flow_style and start.line == end.line:
            return Span(self.file.name, start.line + 1, start.column + 1, end.column + 1)
        if not isinstance(node, yaml.ScalarNode) or start.line != end.line or start.index == end.index:
            return self._to_line_end(start.line + 1, start.column + 1, isinstance(node, yaml.ScalarNode))
        return Span(self.file.name, start.line + 1, start.column + 1, end.column + 1)

    def _to_line_end(self, line: int, column: int, scalar: bool) -> Span:
        text = self.file.lines[line - 1] if line <= len(self.file.lines) else ""
        rest = text[column - 1 :]
        if rest[:1] in ("{", "[") or scalar:
            return Span(self.file.name, line, column, column + max(1, len(rest.rstrip())))
        return self.file.span(line, column)

    def span_of(self, path: Steps, text: str) -> Span:
        """Where a piece of the value at a path stands; the value's own place if it is not written there as such."""
        whole = self.span(path)
        node = self._node(path)
        last = node.end_mark.line + 1 if node is not None else whole.line
        for line in range(whole.line, min(last, len(self.file.lines)) + 1):
            column = self.file.lines[line - 1].find(text, whole.column - 1 if line == whole.line else 0)
            if column >= 0:
                return Span(self.file.name, line, column + 1, column + 1 + len(text))
        return whole

    def _node(self, path: Steps) -> yaml.Node | None:
        if self.index >= len(self.file.nodes):
            return None
        node = self.file.nodes[self.index]
        for step in path:
            entry = _entry(node, step)
            if entry is None:
                return None
            node = entry[1]
        return node


def _entry(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key (for a list: the item) and the value that one step leads to."""
    if isinstance(node, yaml.SequenceNode):
        if isinstance(step, int) and step < len(node.value):
            return node.value[step], node.value[step]
        return None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == step:
            return key, value
    merged = [value for key, value in node.value if key.tag == "tag:yaml.org,2002:merge"]
    sources = [one for value in merged for one in (value.value if isinstance(value, yaml.SequenceNode) else [value])]
    return next((entry for source in sources if (entry := _entry(source, step))), None)


def parse(file: SourceFile, findings: Findings) -> list[Document]:
    """The documents of a file; empty ones are passed over. What is wrong is added to the findings."""
    documents = []
    try:
        for root in read(file.text):
            if isinstance(root.value, dict):
                documents.append(Document(file, root.index, root.value, root.at.line, root.at.column))
            elif root.value is not None:
                label = Label(file.span(root.at.line, root.at.column), "not a mapping")
                findings.add("PK005", "a document is a mapping of apiVersion, kind, metadata and spec", label)
    except Broken as error:
        twice = error.code == "PK003"
        label = Label(file.span(error.at.line, error.at.column), "given again" if twice else "")
        told = "given first" if twice else "what began here is not finished"
        first = () if error.first is None else (Label(file.span(error.first.line, error.first.column), told),)
        findings.add(error.code, error.summary, label, secondary=first, help=error.help)
    return documents
