"""A sheet drawn: boxes in columns by level, lines from what is needed to what needs it, the longest path in bold."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import pairwise
from pathlib import Path

from panka.planner.render.components import SYMBOLS
from panka.planner.render.diagnostics import cleaned
from panka.planner.render.fate import FATES
from panka.planner.render.layout import HEIGHT, Column, Layout, Spot, below, laid_out, letters, short
from panka.planner.render.routes import Routes
from panka.planner.render.sheet import Box, Sheet

_NO_LETTERS = re.compile(r"[^a-z]+")
STYLE = Path(__file__).with_name("graph.css")


def svg(sheet: Sheet) -> str:
    """A picture that stands alone, for any viewer; light or dark as its reader likes it."""
    style = STYLE.read_text(encoding="utf-8")
    return drawn(sheet, f'<style>{style}</style><rect class="ground" width="100%" height="100%"/>', alone=True)


def drawn(sheet: Sheet, first: str = "", *, alone: bool = False) -> str:
    """The picture as a part of a page, or alone; the boxes have their numbers in the sheet's order as `data-i`."""
    layout = laid_out([box.node for box in sheet.boxes])
    number = {box.node.id: place for place, box in enumerate(sheet.boxes)}
    size = f'width="{layout.width}" height="{layout.height}" viewBox="0 0 {layout.width} {layout.height}"'
    space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    names = _level_names(sheet.boxes)
    parts = [
        f'<svg class="graph"{space} {size} role="group" aria-label="What waits for what">{first}',
        *(_head(column, names[column.level]) for column in layout.columns),
        *_lines(sheet, layout, number),
        *(_box(sheet, box, layout.spots[box.node.id], number) for box in sheet.boxes),
        "</svg>",
    ]
    return "\n".join(parts)


def symbol(box: Box) -> str:
    """What has become of a box, else what is to become of it."""
    if box.known is not None:
        return FATES.get(box.known.fate, "")
    return SYMBOLS[box.action] if box.action is not None else ""


def look(box: Box) -> str:
    """The class by which a box has its colour."""
    if box.known is not None:
        return slug(box.known.fate)
    return slug(box.action) if box.action is not None else "plain"


def slug(word: str) -> str:
    """A word as a class: `taken-back`."""
    return _NO_LETTERS.sub("-", word)


def text(said: object) -> str:
    """Anything as text of a page or an attribute, in which nothing of it can be a part of the page itself."""
    return escape(cleaned(str(said)))


def _level_names(boxes: Iterable[Box]) -> dict[int, str]:
    """`Level 1`, and beyond the commit point `Cleanup 1`."""
    after = {box.node.level for box in boxes if box.cleanup}
    base = min(after, default=0)
    return {
        box.node.level: f"Cleanup {box.node.level - base + 1}" if box.cleanup else f"Level {box.node.level + 1}"
        for box in boxes
    }


def _head(column: Column, name: str) -> str:
    return f'<text class="level" x="{column.x}" y="20">{name}</text>'


def _lines(sheet: Sheet, layout: Layout, number: Mapping[str, int]) -> Iterator[str]:
    bold, routes = set(pairwise(sheet.critical)), Routes(layout.spots)
    found = [(needed, box.node.id) for box in sheet.boxes for needed in box.node.needs if needed in number]
    for needed, id in sorted(found, key=lambda line: line in bold):  # what is bold lies above the others
        kind = "line critical" if (needed, id) in bold else "line"
        ends = f'data-a="{number[needed]}" data-b="{number[id]}"'
        yield f'<path class="{kind}" {ends} d="{routes.path(needed, id)}"/>'


def _box(sheet: Sheet, box: Box, spot: Spot, number: Mapping[str, int]) -> str:
    place = number[box.node.id]
    needs = " ".join(str(number[one]) for one in box.node.needs if one in number)
    classes = f"node {look(box)}" + (" critical" if box.node.id in sheet.critical else "")
    about = f"{box.node.label}, {box.node.kind}{_fate(box)}"
    name = _cut(short(box.node), letters(spot.width))
    kind = _cut(below(box.node), letters(spot.width, small=True))
    inside = 32 if box.action is not None else 14
    return (
        f'<g class="{classes}" data-i="{place}" data-needs="{needs}" tabindex="0" role="button"'
        f' aria-label="{text(about)}" transform="translate({spot.x:g},{spot.y:g})">'
        f"<title>{text(about)}</title>"
        f'<rect width="{spot.width:g}" height="{HEIGHT}" rx="6"/>'
        f'<path class="edge" d="M6,1h18v{HEIGHT - 2}h-18a5,5 0 0 1 -5,-5v-{HEIGHT - 12}a5,5 0 0 1 5,-5z"/>'
        f'<text class="symbol" x="12" y="{HEIGHT // 2 + 4}">{symbol(box)}</text>'
        f'<text class="name" x="{inside}" y="16">{text(name)}</text>'
        f'<text class="kind" x="{inside}" y="30">{text(kind)}</text></g>'
    )


def _fate(box: Box) -> str:
    words = [word for word in (box.action, box.known.fate if box.known else None) if word is not None]
    return "".join(f", {word}" for word in words)


def _cut(said: str, most: int) -> str:
    """A name in so many letters: its end tells it from others as well as its beginning."""
    return said if len(said) <= most else f"{said[: most // 2]}…{said[len(said) - most + most // 2 + 1 :]}"
