"""The tables of a report: when steps are at work, what changes of each component, what stands in a stack."""

from collections.abc import Iterable, Iterator

from panka.planner.plan import Action
from panka.planner.record import Span
from panka.planner.render.components import SYMBOLS, ComponentChange, lines_of, verb_of
from panka.planner.render.fields import Line, created, edited
from panka.planner.render.layout import shortened
from panka.planner.render.sheet import Box, Sheet
from panka.planner.render.svg import look, slug, symbol, text
from panka.planner.render.words import took

_FORCES = '<span class="forces">forces replacement</span>'
_MOST_LISTED = 5_000
"""Rows of a table."""


def steps(sheet: Sheet) -> Iterator[str]:
    """When each step is at work, from the first to the last."""
    ran, whole = bool(sheet.result), sheet.whole or Span(began=0, ended=1)
    columns = ("", "Component" if sheet.gathered else "Resource", "Type", "What happens", "Start", "Took", "Tries")
    heads = "".join(f"<th{_numeric(name)}>{name}</th>" for name in (columns if ran else columns[:-1]))
    end = f'<th class="bar"><span>0s</span><span>{took(whole.seconds)}</span></th>'
    yield f'<section class="steps"><h2>{"Steps" if ran else "Steps, as long as such steps take"}</h2>'
    yield f"<table><thead><tr>{heads}{end}</tr></thead><tbody>"
    order = sorted(range(len(sheet.boxes)), key=lambda place: (*_start(sheet.boxes[place]), place))
    for place in order[:_MOST_LISTED]:
        yield _step(place, sheet.boxes[place], whole, ran=ran)
    yield f"</tbody></table>{_more(len(order))}</section>"


def things(sheet: Sheet) -> Iterator[str]:
    """What stands in a stack, and what it needs."""
    labels = {box.node.id: box.node.label for box in sheet.boxes}
    yield '<section class="steps"><h2>All of it</h2><table><thead><tr>'
    yield '<th></th><th>Name</th><th>Kind</th><th class="number">Level</th><th>Needs</th></tr></thead><tbody>'
    for place, box in enumerate(sheet.boxes[:_MOST_LISTED]):
        needs = ", ".join(labels[one] for one in box.node.needs if one in labels)
        yield (
            f'<tr {_data(place, box)}><td></td><td class="name">{text(box.node.label)}</td>'
            f'<td>{text(box.node.kind)}</td><td class="number">{box.node.level + 1}</td><td>{text(needs)}</td></tr>'
        )
    yield f"</tbody></table>{_more(len(sheet.boxes))}</section>"


def changes(sheet: Sheet) -> Iterator[str]:
    """What changes of each component, property by property; dangerous changes last, as in a plan."""
    if not sheet.changes:
        return
    place = {step.key: number for number, box in enumerate(sheet.boxes) for step in box.steps}
    yield '<section class="changes"><h2>Changes</h2>'
    for row in sheet.changes[:_MOST_LISTED]:
        yield from _component(row, place, whole=not sheet.gathered)
    yield f"{_more(len(sheet.changes))}</section>"


def _more(number: int) -> str:
    return f'<p class="legend">{number - _MOST_LISTED} more are not shown.</p>' if number > _MOST_LISTED else ""


def _numeric(name: str) -> str:
    return ' class="number"' if name in ("Start", "Took", "Tries") else ""


def _start(box: Box) -> tuple[bool, float, float]:
    return box.span is None, box.span.began if box.span else 0, box.span.ended if box.span else 0


def _data(place: int, box: Box) -> str:
    """What the page looks for in a row or box."""
    action = f' data-action="{box.action}"' if box.action is not None else f' data-kind="{text(box.node.kind)}"'
    fate = f' data-fate="{box.known.fate}"' if box.known is not None else ""
    return f'data-i="{place}"{action}{fate} class="{look(box)}"'


def _step(place: int, box: Box, whole: Span, *, ran: bool) -> str:
    span = box.span
    cells = [
        f'<td class="symbol">{symbol(box)}</td>',
        f'<td class="name">{text(box.node.label)}</td>',
        f'<td class="type">{text(shortened(box.node.kind))}</td>',
        f'<td class="happens">{_happens(box)}</td>',
        f'<td class="number">{f"+{_short(span.began - whole.began)}" if span else ""}</td>',
        f'<td class="number">{_short(span.seconds) if span else ""}</td>',
        *([f'<td class="number">{box.tries or ""}</td>'] if ran else []),
        f'<td class="bar">{_bar(span, whole) if span else ""}</td>',
    ]
    why = box.known.text if box.known is not None else ""
    return f"<tr {_data(place, box)}>{''.join(cells)}</tr>" + (_why(place, why, len(cells)) if why else "")


def _why(place: int, why: str, cells: int) -> str:
    return f'<tr class="why" data-of="{place}"><td></td><td colspan="{cells - 1}">{text(why)}</td></tr>'


def _happens(box: Box) -> str:
    if box.known is None:
        return text(box.action or "")
    return f'{text(box.action or "")} <span class="fate">{text(box.known.fate)}</span>'


def _short(seconds: float) -> str:
    """`0.3s`, `41s`, `4m12s`."""
    return f"{seconds:.1f}s" if seconds < 9.95 else took(seconds)


def _bar(span: Span, whole: Span) -> str:
    """The span within the whole, in thousandths; what is short can still be seen."""
    scale = 1000 / max(whole.seconds, 0.001)
    width = max(span.seconds * scale, 4)
    start = min(max((span.began - whole.began) * scale, 0), 1000 - width)
    shape = f'<rect x="{start:.0f}" width="{width:.0f}" y="0" height="10" rx="2"/>'
    return f'<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">{shape}</svg>'


def _component(row: ComponentChange, place: dict[str, int], *, whole: bool) -> Iterator[str]:
    """One component; `whole`: with every property of its resources."""
    shut = row.action is Action.CREATE
    yield f'<details class="change {slug(row.action)}"{"" if shut else " open"}>'
    yield f'<summary><b class="symbol">{SYMBOLS[row.action]}</b><span class="name">{text(row.name)}</span>'
    yield f'<span class="type">{text(row.kind)}</span><span>{text(verb_of(row))}</span></summary>'
    yield from _lines(created(row.authored) if row.action is Action.CREATE else edited(row.edits))
    for step in row.steps:
        reason = f' <span class="reason">{text(step.reason)}</span>' if step.reason else ""
        written = f'<span class="place">{text(step.place)}</span>' if step.place else ""
        yield f'<div class="resource {slug(step.action)}" data-i="{place[step.key]}">'
        yield f'<h3><b class="symbol">{SYMBOLS[step.action]}</b><span class="name">{text(step.key)}</span>'
        yield f'<span class="type">{text(step.type)}</span>{reason}{written}</h3>'
        yield from _lines(lines_of(step) if whole else ())
        yield "</div>"
    yield "</details>"


def _lines(lines: Iterable[Line]) -> Iterator[str]:
    rows = "".join(
        f"<tr><th>{text(one.path)}</th><td>{text(one.text)}{_FORCES if one.forced else ''}</td></tr>" for one in lines
    )
    if rows:
        yield f'<table class="lines"><tbody>{rows}</tbody></table>'
