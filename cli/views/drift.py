"""What a drift check has found, as people read it, and when checks come of themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from panka.cli.views.screen import Screen, table
from panka.planner.drift import Finding, Property, Report, Status
from panka.planner.owner import Scope
from panka.planner.render.components import component_name
from panka.planner.render.fields import value_text
from panka.planner.render.words import ago, many, took
from panka.planner.resource import Address

_SYMBOLS = {Status.CHANGED: "~", Status.MISSING: "-", Status.UNKNOWN: "?", Status.SAME: "="}
_SHORT = 5
"""How many properties of a resource are shown without --detail."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule as it is now."""

    scope: Scope
    note: str
    paused: bool
    next: datetime | None
    last: datetime | None

    def data(self) -> dict[str, Any]:
        return {
            "stack": self.scope.stack,
            "environment": self.scope.environment,
            "note": self.note,
            "paused": self.paused,
            "next": self.next.isoformat() if self.next else None,
            "last": self.last.isoformat() if self.last else None,
        }


def drift_text(report: Report, screen: Screen, *, detail: bool) -> str:
    """Every finding and the numbers."""
    shown = [one for one in report.findings if detail or one.status is not Status.SAME]
    names = [_name(one) for one in shown]
    widths = max((len(one.kind) for one in shown), default=0), max((len(name) for name in names), default=0)
    lines = []
    for one, name in zip(shown, names, strict=True):
        symbol = screen.paint(_SYMBOLS[one.status], _SYMBOLS[one.status].rjust(3))
        lines.append(f"{symbol} {one.kind.ljust(widths[0])}  {name.ljust(widths[1])}  {_said(one)}")
        lines += _properties(one, detail=detail)
    return "\n".join([*lines, *_unjudged(report), summary(report), *_besides(report, detail=detail)])


def summary(report: Report) -> str:
    """One line of numbers."""
    words = {Status.CHANGED: "changed", Status.MISSING: "missing", Status.UNKNOWN: "unknown"}
    said = [f"{report.count(status)} {word}" for status, word in words.items() if report.count(status)]
    return f"Drift: {', '.join([*said, f'{report.count(Status.SAME)} as recorded'])}"


def healing_notes(report: Report) -> list[str]:
    """What a plan has taken from a drift check."""
    notes = []
    if report.count(Status.CHANGED) or report.count(Status.MISSING):
        notes.append(f"it takes back what the drift check of {report.finished} found; --no-refresh leaves that alone")
    if unknown := report.count(Status.UNKNOWN):
        notes.append(f"{many(unknown, 'resource')} could not be read and may have changed")
    return notes


def schedules_text(schedules: Sequence[Scheduled], now: datetime) -> str:
    """When each stack is looked at."""
    rows = [
        (
            one.scope.stack,
            one.scope.environment,
            "paused" if one.paused else "on",
            f"{ago((now - one.last).total_seconds())} ago" if one.last else "-",
            f"in {took(max(0.0, (one.next - now).total_seconds()))}" if one.next and not one.paused else "-",
            one.note or "-",
        )
        for one in schedules
    ]
    return table(("STACK", "ENV", "STATE", "LAST", "NEXT", "NOTE"), rows)


def _name(one: Finding) -> str:
    part = Address(one.address).part
    name = component_name(one.address, one.service)
    return name if part == "main" else f"{name} ({part})"


def _said(one: Finding) -> str:
    match one.status:
        case Status.CHANGED:
            return "changed outside Panka"
        case Status.MISSING:
            return "deleted outside Panka"
        case Status.UNKNOWN:
            return f"unknown: {one.why}"
        case Status.SAME:
            return "as recorded"


def _properties(one: Finding, *, detail: bool) -> list[str]:
    every = one.properties if detail else one.drifted
    shown = every if detail else every[:_SHORT]
    width = max((len(found.path) for found in shown), default=0)
    lines = [f"      {found.path.ljust(width)}  {_change(found)}" for found in shown]
    lines += [f"      ({len(every) - len(shown)} more: --detail)"] if len(every) > len(shown) else []
    return lines + ([f"      AWS does not tell {', '.join(one.untold)}"] if detail and one.untold else [])


def _change(one: Property) -> str:
    before = one.observed if one.applied is None else one.applied
    if before is None:
        said = f"+ {value_text(one.live)}"
    else:
        said = f"{value_text(before)} -> {value_text(one.live)}" if one.live is not None else f"- {value_text(before)}"
    if one.desired not in (None, one.applied):
        said += f"   (the stack says {value_text(one.desired)})"
    return f"{said}   ({one.owner})" if one.owner else said


def _unjudged(report: Report) -> list[str]:
    if not report.moved:
        return []
    return ["The state moved again and again meanwhile, so that some of this may be what Panka itself has done."]


def _besides(report: Report, *, detail: bool) -> list[str]:
    """What is no drift, in numbers."""
    if detail:
        return []
    owned = sum(bool(found.owner) for one in report.findings for found in one.properties)
    untold = sum(len(one.untold) for one in report.findings)
    said = [f"{many(owned, 'difference')} that others may make"] if owned else []
    said += [f"{untold} {'property' if untold == 1 else 'properties'} that AWS does not tell"] if untold else []
    return [f"  beside that {' and '.join(said)}: --detail"] if said else []
