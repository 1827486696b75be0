"""A run in a terminal: each finished component stays as a line, and below them a footer says what runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from panka.cli.views.account import DOING, Account, Part, Row, Said, run_about
from panka.cli.views.canvas import Size, columns, cut
from panka.cli.views.pace import Pace
from panka.cli.views.screen import Screen
from panka.planner.render.components import SYMBOLS
from panka.planner.render.words import took
from panka.planner.resource import Address
from panka.workflows.messages import Phase, Progress

_WIDEST = 110
"""Columns beyond which a line is not stretched."""
_NARROW = 60
"""Columns below which a component's kind is not shown."""
_ABOVE = 6
"""Rows of the terminal that the footer leaves to what is done."""
_WAITING = 3
"""How many components that wait are shown."""
_BAR = 26
"""Columns of the bar, where there is room."""
_PHASES = {
    Phase.APPROVAL: "waits for approval",
    Phase.LOCKING: "waiting for the lock",
    Phase.OPENING: "writing down what is to be done",
    Phase.PAUSED: "paused",
    Phase.ROLLBACK: "going back",
    Phase.CLOSING: "writing down what was done",
    Phase.ENDED: "ended",
}


@dataclass(frozen=True, slots=True)
class Doing:
    """What the server knows of a step that runs."""

    waits: str = ""
    """What it waits for, in its own words."""
    attempt: int = 1
    failure: str = ""
    """Why the attempt before went wrong."""
    again: float | None = None
    """When it is tried again, in seconds since the epoch; None while it is being tried."""


class Live:
    """The content of a terminal; a canvas brings it there."""

    def __init__(self, scope: object, by: str, screen: Screen, hint: str = "") -> None:
        self._account = Account(scope)
        self._by = by
        self._screen = screen
        self._hint = hint
        self._doing: Mapping[str, Doing] = {}
        self._size = Size(80, 24)
        self._finished = 0
        self._pace: Pace | None = None
        self._widths = 0, 0

    @property
    def introduced(self) -> bool:
        return bool(self._account.rows)

    def introduce(self, rows: Sequence[Row], run: int, at: float) -> list[str]:
        account = self._account
        account.introduce(rows, at)
        self._pace = Pace(account)
        self._widths = (
            max((len(part.kind) for part in account.parts.values()), default=0),
            max((len(part.name) for part in account.parts.values()), default=0),
        )
        return [cut(f"{account.scope}#{run} started by {self._by}: {run_about(account)}", self._width)]

    def hear(self, progress: Progress) -> list[str]:
        said = self._account.hear(progress)
        self._finished = progress.finished
        return [line for one in said for line in self._told(one)]

    def heartbeat(self, now: float) -> list[str]:  # noqa: ARG002  # the footer is sign of life enough
        return []

    def heed(self, doing: Mapping[str, Doing]) -> None:
        """What the server knows of the steps that run now, by key."""
        self._doing = doing

    def footer(self, now: float, size: Size) -> list[str]:
        """What is below everything else, fit for a terminal of that size. `now` in seconds since the epoch."""
        self._size = size
        room = max(size.rows - _ABOVE, 0)
        lines = [*self._working(now, room), *self._bar(now)]
        if self._hint and size.rows > 3:
            lines.append(cut(self._hint, self._width))
        return lines

    @property
    def _width(self) -> int:
        """A line that fills the last column is wrapped by some terminals."""
        return max(min(self._size.columns, _WIDEST) - 1, 10)

    def _told(self, said: Said) -> list[str]:
        if said.part is None:
            return [cut(said.text, self._width)]
        symbol = {
            "done": SYMBOLS[said.part.action],
            "FAIL": "x",
            "skip": "",
            "undone": "<",
        }.get(said.word)
        if symbol is None:
            return []  # that it has begun is seen in the footer
        text = f"taken back: {said.text}" if said.word == "undone" else said.text
        return [self._line(symbol, said.part, text, "" if said.seconds is None else took(said.seconds))]

    def _working(self, now: float, room: int) -> list[str]:
        parts = [part for part in self._account.parts.values() if part.running]
        parts.sort(key=self._since)
        shown = parts if len(parts) <= room else parts[: max(room - 1, 0)]
        lines = [self._running(part, now) for part in shown]
        if room and len(shown) < len(parts):
            lines.append(f"    and {len(parts) - len(shown)} more")
        waiting = self._next(min(_WAITING, room - len(lines)))
        return lines + [self._line("", part, text) for part, text in waiting]

    def _since(self, part: Part) -> float:
        return min((self._account.began.get(key, 0.0) for key in part.running), default=0.0)

    def _running(self, part: Part, now: float) -> str:
        row = next(row for row in part.rows if row.key in part.running)
        doing = self._doing.get(row.key, Doing())
        which = "" if len(part.rows) == 1 else f"{Address(row.address).part}: "
        spent = took(max(now - self._since(part), 0.0))
        if doing.attempt > 1 and doing.failure:
            soon = f" in {took(doing.again - now)}" if doing.again is not None and doing.again > now else ""
            return self._line("!", part, f"{which}try {doing.attempt}{soon}: {doing.failure}", spent)
        if self._account.phase is Phase.ROLLBACK:
            return self._line("<", part, f"{which}taking it back", spent)
        return self._line(">", part, which + (doing.waits or DOING[row.action]), spent)

    def _next(self, most: int) -> list[tuple[Part, str]]:
        """Components that wait for nothing but what runs now, with what that is."""
        account = self._account
        found: list[tuple[Part, str]] = []
        for part in account.parts.values():
            if len(found) >= most:
                break
            if part.running or part.started is not None or part.spoilt:
                continue
            open = {key for row in part.rows for key in row.needs} - {row.key for row in part.rows}
            names = {account.part_of(account.rows[key]).name: key for key in sorted(open) if self._open(key)}
            if names and all(self._runs(key) for key in names.values()):
                found.append((part, f"waits for {', '.join(names)}"))
        return found

    def _open(self, key: str) -> bool:
        row = self._account.rows.get(key)
        return row is not None and key in self._account.part_of(row).open

    def _runs(self, key: str) -> bool:
        return bool(self._account.part_of(self._account.rows[key]).running)

    def _bar(self, now: float) -> list[str]:
        account = self._account
        spent = took(max(now - account.started, 0.0)) if account.started else ""
        if not account.rows:
            return [cut("  ".join(["", _PHASES.get(account.phase, account.phase.value), spent]), self._width)]
        total = len(account.rows)
        width = min(_BAR, max(self._width // 4, 6))
        done = min(self._finished, total) * width // total
        words = [f"{self._finished}/{total}", *self._numbers(now, spent)]
        said = f"[{'#' * done}{'.' * (width - done)}] {words[0]}"
        for word in words[1:]:
            if columns(said) + 3 + len(word) > self._width:
                break
            said += f"   {word}"
        return [cut(said, self._width)]

    def _numbers(self, now: float, spent: str) -> list[str]:
        account = self._account
        parts = account.parts.values()
        running = sum(bool(part.running) for part in parts)
        waiting = sum(part.started is None and not part.spoilt and not part.running for part in parts)
        failed = sum(part.spoilt and part.started is not None for part in parts)
        words = ["cancelling"] if account.cancelling else []
        words += [_PHASES[account.phase]] if account.phase in _PHASES else []
        words += [f"{number} {what}" for number, what in ((failed, "failed"), (running, "running")) if number]
        words += [f"{waiting} waiting"] if waiting else []
        going = account.phase in (Phase.FORWARD, Phase.CLEANUP) and not failed
        rest = self._pace.left(now) if going and self._pace else 0.0
        words.append(f"{spent} of about {took(now - account.started + rest)}" if rest >= 1 else spent)
        level = min((row.level for part in parts for row in part.rows if row.key in part.open), default=0)
        return [*words, f"level {level + 1}/{account.levels}"] if going and account.levels > 1 else words

    def _line(self, symbol: str, part: Part, text: str, at_end: str = "") -> str:
        kind = self._widths[0] + 2 if self._size.columns >= _NARROW else 0
        name = min(self._widths[1], max(self._width - kind - 30, 12))
        head = f" {part.kind.ljust(kind)[:kind]}{cut(part.name, name).ljust(name)}  "
        room = self._width - 3 - len(head) - (len(at_end) + 2 if at_end else 0)
        said = cut(text, max(room, 0))
        tail = f"{' ' * (room - columns(said) + 2)}{at_end}" if at_end else ""
        painted = self._screen.paint(symbol, symbol.rjust(3))
        return painted + cut(f"{head}{said}{tail}", self._width - 3).rstrip()
