"""Draws pictures of a terminal as one animated SVG: no script, no font and nothing else from the network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

LETTER, LINE, MARGIN, TITLE = 8.43, 18, 14, 34
"""Pixels: a letter's width, a line's height, what is left free around the text, the bar above it."""
COLOURS = {
    "default": "#d8dee6",
    "green": "#7fd1a0",
    "red": "#ff7b72",
    "brown": "#e3b341",  # what pyte calls yellow
    "blue": "#79b8ff",
    "cyan": "#7bd5e0",
    "magenta": "#d2a8ff",
    "black": "#8b949e",
    "brightblack": "#8b949e",
}
STYLE = """\
text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d8dee6;white-space:pre}}
.b{{font-weight:600}}
.film{{animation:play {seconds:.2f}s step-end infinite}}
@keyframes play{{{steps}}}
@media (prefers-reduced-motion:reduce){{.film{{animation:none;transform:translateX({last}px)}}}}
{colours}"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters of one look, from a column on."""

    column: int
    text: str
    colour: str = "default"
    bold: bool = False


Row: TypeAlias = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """What stood in the terminal `at` seconds after the beginning, and for how many seconds it is shown."""

    rows: tuple[Row, ...]
    at: float
    shown: float


def draw(pictures: Sequence[Picture], columns: int, title: str) -> str:
    """The pictures one after the other, for ever. Whoever wants no motion sees the last one."""
    width, height = round(columns * LETTER) + 2 * MARGIN, len(pictures[0].rows) * LINE + TITLE + MARGIN
    known: dict[Row, str] = {}
    for picture in pictures:
        for row in picture.rows:
            if row:
                known.setdefault(row, f"r{len(known)}")
    style = STYLE.format(
        seconds=sum(one.shown for one in pictures),
        steps="".join(_steps(pictures, width)),
        last=-width * (len(pictures) - 1),
        colours="".join(f".{name}{{fill:{value}}}" for name, value in COLOURS.items() if name != "default"),
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{style}</style>",
        "<defs>",
        *(f'<g id="{name}">{"".join(map(_piece, row))}</g>' for row, name in known.items()),
        "</defs>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#11161d"/>',
        f'<text x="{MARGIN}" y="22" class="black">{escape(title)}</text>',
        '<g class="film">',
        *(_picture(one, known, width * number, width) for number, one in enumerate(pictures)),
        "</g>",
        "</svg>",
        "",
    ]
    return "\n".join(lines)


def _steps(pictures: Sequence[Picture], width: int) -> Iterator[str]:
    total, passed = sum(one.shown for one in pictures), 0.0
    for number, picture in enumerate(pictures):
        yield f"{100 * passed / total:.3f}%{{transform:translateX({-width * number}px)}}"
        passed += picture.shown


def _picture(picture: Picture, known: dict[Row, str], x: int, width: int) -> str:
    uses = (
        f'<use href="#{known[row]}" y="{number * LINE}"/>' for number, row in enumerate(picture.rows) if row in known
    )
    clock = f'<text x="{width - MARGIN}" y="22" text-anchor="end" class="black">{picture.at:.0f} s</text>'
    text = f'<g transform="translate({MARGIN},{TITLE + 14})">{"".join(uses)}</g>'
    return f'<g transform="translate({x},0)">{clock}{text}</g>'


def _piece(piece: Piece) -> str:
    look = [piece.colour] * (piece.colour in COLOURS and piece.colour != "default") + ["b"] * piece.bold
    said = f' class="{" ".join(look)}"' if look else ""
    return f'<text x="{piece.column * LETTER:.1f}"{said}>{escape(piece.text, quote=False)}</text>'
