"""A sheet as a page of its own: one file that asks nothing of the network, for any browser, and for paper.

The same sheet gives the same bytes. What users and AWS have said is text in it and never a part of the page; beside
that, a policy in its head lets only its own style and script through.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template

from panka.planner.plan import Action
from panka.planner.render.components import SYMBOLS
from panka.planner.render.fate import FATES, Fate
from panka.planner.render.particulars import changes, steps, things
from panka.planner.render.sheet import Failed, Sheet
from panka.planner.render.svg import drawn, slug, text

HERE = Path(__file__).parent
_MOST_DRAWN = 2_000
"""Boxes up to which there is a picture."""


def html(sheet: Sheet) -> str:
    """The page."""
    style, script = _asset("graph.css") + _asset("report.css"), _asset("report.js")
    return Template(_asset("report.html")).substitute(
        policy=f"default-src 'none'; style-src {_sha(style)}; script-src {_sha(script)}; img-src data:",
        title=text(_title(sheet)),
        style=style,
        script=script,
        body="\n".join(_body(sheet)),
    )


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _sha(content: str) -> str:
    """A part of the page, for its policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _title(sheet: Sheet) -> str:
    return f"{sheet.what} · {sheet.scope or sheet.stack}"


def _body(sheet: Sheet) -> Iterator[str]:
    yield from _head(sheet)
    yield from _failed(sheet.failures)
    yield from _notes(sheet)
    if not sheet.boxes:
        return
    yield from _tools(sheet)
    yield from _picture(sheet)
    yield from things(sheet) if sheet.kinds else steps(sheet)
    yield from changes(sheet)


def _head(sheet: Sheet) -> Iterator[str]:
    tenant, environment = (sheet.scope.tenant, sheet.scope.environment) if sheet.scope else ("", "")
    result = f' <span class="result {slug(sheet.result)}">{text(sheet.result)}</span>' if sheet.result else ""
    yield f'<header><p class="what">{text(sheet.what)}{result}</p>'
    yield "<h1>" + (f"<span>{text(tenant)}/</span>" if tenant else "") + text(sheet.stack)
    yield (f" <em>{text(environment)}</em>" if environment else "") + "</h1>"
    yield '<dl class="facts">'
    yield from (f"<div><dt>{text(name)}</dt><dd>{text(said)}</dd></div>" for name, said in sheet.facts)
    yield "</dl>"
    yield from (f'<p class="summary">{text(said)}</p>' for said in sheet.summary if said)
    yield "</header>"


def _failed(failures: Iterable[Failed]) -> Iterator[str]:
    found = list(failures)
    if not found:
        return
    yield '<section class="failures" aria-label="Failed">'
    for one in found:
        place = f'<p class="place">{text(one.place)}</p>' if one.place else ""
        yield f'<article><h3>{text(one.key)}</h3><p class="said">{text(one.message)}</p>{place}</article>'
    yield "</section>"


def _notes(sheet: Sheet) -> Iterator[str]:
    if sheet.loss:
        yield f'<p class="loss"><strong>LOSES DATA</strong> {text(sheet.loss)}</p>'
    if sheet.remarks:
        yield '<ul class="remarks">' + "".join(f"<li>{text(said)}</li>" for said in sheet.remarks) + "</ul>"


def _tools(sheet: Sheet) -> Iterator[str]:
    yield '<form class="tools" role="search">'
    yield '<input id="search" type="search" placeholder="Search" aria-label="Search" aria-keyshortcuts="/"><kbd>/</kbd>'
    if sheet.kinds:
        yield from _chips("kind", [(box.node.kind, "plain", "") for box in sheet.boxes])
    else:
        actions = [box.action for box in sheet.boxes if box.action is not None]
        yield from _chips("action", [(one, one, SYMBOLS[one]) for one in sorted(actions, key=list(Action).index)])
    fates = [box.known.fate for box in sheet.boxes if box.known is not None]
    yield from _chips("fate", [(one, slug(one), FATES.get(one, "")) for one in sorted(fates, key=list(Fate).index)])
    yield '<output id="count" for="search"></output></form>'


def _chips(about: str, every: list[tuple[str, str, str]]) -> Iterator[str]:
    """Buttons that choose: a word, how it looks, its symbol; with how many there are of each."""
    yield f'<span class="chips" role="group" aria-label="Only this {about}">'
    for word, look, sign in dict.fromkeys(every):
        said = f"{f'<b>{sign}</b> ' if sign else ''}{every.count((word, look, sign))} {text(word)}"
        yield (
            f'<button type="button" class="chip {slug(look)}" aria-pressed="false"'
            f' data-about="{about}" data-word="{text(word)}">{said}</button>'
        )
    yield "</span>"


def _picture(sheet: Sheet) -> Iterator[str]:
    yield '<section class="picture"><h2>What waits for what</h2>'
    if len(sheet.boxes) > _MOST_DRAWN:
        yield f"<p>{len(sheet.boxes)} boxes are too many to draw.</p></section>"
        return
    together = "Each box is a component: there are too many resources to draw. " if sheet.gathered else ""
    longest = "The bold line is the path that took longest. " if sheet.result else "The bold line is the longest path. "
    keys = "Arrow keys go from box to box, Enter tells more, Esc clears."
    yield f'<div class="scroll" tabindex="-1">{drawn(sheet)}</div>'
    yield f'<p class="legend">{together}{longest if len(sheet.critical) > 1 else ""}<span>{keys}</span></p></section>'
