"""The lower end of a terminal: lines that stay, and below them a footer that is drawn again and again.

The cursor rests at the footer's beginning. Whatever a terminal does to the lines when it is resized, everything below
the cursor is the footer's, so that to erase from there takes the footer and nothing else.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

_BEGIN, _END = "\x1b[?2026h\x1b[?25l", "\x1b[?2026l"
"""The terminal shows what is between at once, and no cursor."""
_SHOW_CURSOR = "\x1b[?25h"
_ERASE = "\r\x1b[J"


@dataclass(frozen=True, slots=True)
class Size:
    columns: int
    rows: int


@dataclass(slots=True)
class Canvas:
    """Writes at most as often as `draw` is called. To be closed, whatever happens."""

    stream: TextIO
    size: Callable[[], Size]
    _pending: list[str] = field(default_factory=list)
    _footer: list[str] = field(default_factory=list)

    def tell(self, text: str) -> None:
        """A line that stays, from the next frame on."""
        self._pending.append(text)

    def draw(self, footer: Sequence[str]) -> None:
        """A frame: what was told since the last one, and the footer. Its lines must fit the terminal."""
        if self._pending or list(footer) != self._footer:
            self._footer = list(footer)
            self._write(_BEGIN + self._told() + _footer(self._footer) + _END)

    def close(self) -> None:
        """Takes the footer away and leaves the terminal as it was, with all that was told."""
        self._write(self._told() + _SHOW_CURSOR)
        self._footer = []

    def _told(self) -> str:
        lines, self._pending = self._pending, []
        return _ERASE + "".join(f"{line}\r\n" for line in lines)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _footer(lines: Sequence[str]) -> str:
    back = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
    return "\r\n".join(lines) + back + "\r"


def cut(text: str, width: int) -> str:
    """The text on one line of so many columns, with `…` where something is missing. Knows no control codes."""
    said = "".join(" " if char in "\r\n\t" else char for char in text if char.isprintable() or char in "\r\n\t")
    if columns(said) <= width:
        return said
    kept = ""
    for char in said:
        if columns(kept) + columns(char) > width - 1:
            break
        kept += char
    return f"{kept}…" if width > 0 else ""


def columns(text: str) -> int:
    """How wide a text is: some characters take two columns, and some none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
