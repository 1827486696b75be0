"""What is on record: stacks, runs, one run, resources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from panka.cli.views.account import changes_text
from panka.cli.views.screen import Screen, table
from panka.planner.history import Entry
from panka.planner.render.words import ago, took
from panka.planner.state import Recorded, State


@dataclass(frozen=True, slots=True)
class StackRow:
    """A stack in one environment, as `panka status` tells it."""

    stack: str
    environment: str
    state: str
    run: int | None
    done: str = "-"
    now: str = ""
    by: str = ""
    age: float | None = None
    """Seconds since it became so."""

    def data(self) -> dict[str, Any]:
        return {
            "stack": self.stack,
            "environment": self.environment,
            "state": self.state,
            "run": self.run,
            "done": None if self.done == "-" else self.done,
            "now": self.now,
            "by": self.by,
            "ageSeconds": None if self.age is None else round(self.age),
        }


@dataclass(frozen=True, slots=True)
class Active:
    """A run that goes on now."""

    run: int | None
    operation: str
    by: str
    git: str
    started: float
    """Seconds since the epoch."""
    done: str
    """`9/16`; empty when it is not known."""


_DOING = {"apply runs": "applying", "destroy runs": "destroying", "rollback runs": "going back"}
_SYMBOLS = {"paused": "!", "waits": "!", "cancelling": "!", "failed": "x", "rolled back": "x", "unfinished": "x"}


def status_text(
    tenant: str, environment: str | None, rows: Sequence[StackRow], screen: Screen, columns: int | None = None
) -> str:
    """How many stacks are in which state, and a line for each; the environment only where there may be several."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[_state(row)] = counts.get(_state(row), 0) + 1
    said = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "no stacks yet"
    head = f"{tenant}  {environment or 'all environments'}   {said}"
    if not rows:
        return head
    titles: tuple[str, ...] = ("STACK", "ENV", "STATE", "RUN", "DONE", "NOW", "BY", "AGE")
    cells = [_status_cells(row) for row in rows]
    if environment is not None:
        titles, cells = titles[:1] + titles[2:], [row[:1] + row[2:] for row in cells]
    lines = table(titles, cells, columns, titles.index("NOW")).splitlines()
    at = lines[0].index("STATE")
    return "\n".join([head, lines[0], *(_painted(line, at, screen) for line in lines[1:])])


def _state(row: StackRow) -> str:
    return _DOING.get(row.state, row.state)


def _status_cells(row: StackRow) -> tuple[str, ...]:
    symbol = ">" if row.state in _DOING else _SYMBOLS.get(row.state, "=" if row.state == "ok" else " ")
    run = f"#{row.run}" if row.run else "-"
    age = "-" if row.age is None else ago(row.age)
    return (
        row.stack, row.environment, f"{symbol} {_state(row)}", run, row.done, row.now or "-", row.by or "-", age,
    )  # fmt: skip


def _painted(line: str, at: int, screen: Screen) -> str:
    return line[:at] + screen.paint(line[at]) + line[at + 1 :]


def history_text(entries: Iterable[Entry], active: Active | None, now: float, columns: int | None = None) -> str:
    """The runs of a stack, newest first."""
    rows: list[Sequence[str]] = []
    if active is not None:
        number = f"#{active.run}" if active.run else "-"
        spent = now - active.started
        rows.append(
            (
                number,
                active.operation,
                f"> {active.done}".rstrip(),
                "",
                active.by,
                active.git,
                f"{ago(spent)} ago",
                took(spent),
            )
        )
    rows += [_entry_cells(entry, now) for entry in sorted(entries, key=lambda one: -one.run)]
    return table(("RUN", "OP", "RESULT", "CHANGES", "BY", "GIT", "WHEN", "TOOK"), rows, columns, 4)


def _entry_cells(entry: Entry, now: float) -> tuple[str, ...]:
    result = entry.result if entry.result == "succeeded" else f"x {entry.result}"
    when = f"{ago(now - moment(entry.finished))} ago"
    changes = changes_text(entry.changes)
    return (f"#{entry.run}", entry.kind, result, changes, entry.by, entry.git or "-", when, took(length(entry)))


def run_text(scope: object, entry: Entry) -> str:
    """One run, whole: the steps that took longest first."""
    lines = [
        f"{scope}#{entry.run}  {entry.kind} of {entry.plan}  {entry.result}",
        f"  by {entry.by}"
        + (f", approved by {entry.approved_by}" if entry.approved_by else "")
        + (f"   git {entry.git}" if entry.git else ""),
        *(f"  {line}" for line in entry.said),
        f"  {entry.started} to {entry.finished}, {took(length(entry))}",
        f"  {changes_text(entry.changes)}",
    ]
    for failure in entry.failures:
        lines.append(f"  error: {failure.key}: {failure.message}")
        lines += [f"    --> {failure.place}"] if failure.place else []
    if entry.steps:
        slowest = sorted(entry.steps, key=lambda step: (-step[1], step[0]))
        lines += ["", table(("STEP", "TOOK"), [(key, f"{seconds:.1f}s") for key, seconds in slowest])]
    return "\n".join(lines)


def resources_text(resources: Iterable[Recorded]) -> str:
    cells = [(one.address, one.type, str(one.generation), one.id) for one in resources]
    return table(("ADDRESS", "TYPE", "GEN", "ID"), cells)


def unsettled_text(state: State) -> list[str]:
    """What a run left open, a sentence each."""
    lines = []
    if state.operation is not None:
        lines.append(f"Run #{state.operation.run} by {state.operation.by} has not told its end.")
    if state.deposed:
        lines.append(f"{len(state.deposed)} replaced resources still wait for their delete.")
    if state.intended:
        lines.append(f"{len(state.intended)} creates were announced and not confirmed.")
    return lines


def moment(said: str) -> float:
    """RFC 3339 as seconds since the epoch."""
    return datetime.fromisoformat(said).timestamp()


def length(entry: Entry) -> float:
    return moment(entry.finished) - moment(entry.started)
