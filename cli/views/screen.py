"""The two streams: data on stdout, everything else on stderr."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from panka.cli.settings import Terminal
from panka.cli.views.canvas import columns, cut

SCHEMA_VERSION = 1
_COLOURS = {
    "+": "green",
    "~": "yellow",
    "-/+": "magenta",
    "-": "red",
    "=": "green",
    ">": "cyan",
    "<": "yellow",
    "!": "yellow",
    "x": "red",
    "FAIL": "red",
    "error": "red",
}


@dataclass(frozen=True, slots=True)
class Screen:
    """Whoever looks at the output."""

    terminal: Terminal

    def show(self, text: str) -> None:
        """Data."""
        click.echo(text, color=self.terminal.colour)

    def show_folded(self, text: str) -> None:
        """Data for people: in a terminal, a line that is too wide goes on below itself, further in."""
        self.show("\n".join(folded(line, self.terminal.columns) for line in text.splitlines()))

    def tell(self, text: str = "") -> None:
        """Everything that is not the data that was asked for."""
        click.echo(text, err=True, color=self.terminal.colour_told)

    def summarise(self, markdown: str) -> None:
        """For the page of a workflow of GitHub Actions, where this is one."""
        if self.terminal.step_summary is None:
            return
        try:
            with Path(self.terminal.step_summary).open("a", encoding="utf-8") as file:
                file.write(f"{markdown}\n")
        except OSError as error:
            self.tell(f"The summary cannot be written: {error.strerror}.")

    def paint(self, symbol: str, text: str | None = None) -> str:
        """A symbol (or a text that stands for it) in its colour, where colours are wanted."""
        said = symbol if text is None else text
        wanted = self.terminal.colour or self.terminal.colour_told
        return click.style(said, fg=_COLOURS[symbol]) if wanted and symbol in _COLOURS else said

    def data(self, form: str, content: Mapping[str, Any]) -> None:
        """JSON or YAML; `schemaVersion` tells when a field changes its meaning."""
        whole = {"schemaVersion": SCHEMA_VERSION, **content}
        if form == "json":
            self.show(json.dumps(whole, indent=2))
            return
        import yaml  # noqa: PLC0415  # only this form needs it

        self.show(yaml.safe_dump(json.loads(json.dumps(whole)), sort_keys=False).rstrip())


def folded(line: str, width: int | None) -> str:
    """A line in at most so many columns, if it can be broken at blanks; only its beginning may be coloured."""
    plain = click.unstyle(line)
    if width is None or columns(plain) <= width:
        return line
    indent = " " * (len(plain) - len(plain.lstrip()) + 4)
    first, *rest = textwrap.wrap(plain, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    coloured = line.rfind("\x1b[0m") + 4 if "\x1b" in line else 0
    kept = line[:coloured] + first[len(click.unstyle(line[:coloured])) :]
    return "\n".join((kept, *rest))


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None, flexible: int = 0) -> str:
    """Columns with two blanks between, each as wide as its widest cell, no blanks at the end of a line.

    Where that is more than `width`, the cells of the column `flexible` are cut.
    """
    lines = [list(titles), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    beyond = sum(widths) + 2 * (len(widths) - 1) - width if width else 0
    if beyond > 0:
        widths[flexible] = max(widths[flexible] - beyond, len(titles[flexible]))
        for line in lines:
            line[flexible] = cut(line[flexible], widths[flexible])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
