"""A run as lines: one for each component's start and end, a sign of life every minute, all errors whole at the end."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from panka.cli.views.account import DOING, Account, Part, Row, Said, run_about, spent_text
from panka.cli.views.screen import Screen
from panka.planner.history import Failure
from panka.planner.render.words import took
from panka.workflows.messages import Phase, Progress, Result

HEARTBEAT = 60.0
"""Seconds of silence after which a line says what is still running."""
_STILL = 5
"""How many of what runs are named in that line."""


class View(Protocol):
    """Whoever is told of a run. Hears every event once, in order; answers with lines to print for good."""

    @property
    def introduced(self) -> bool:
        """Whether the steps are known."""
        ...

    def introduce(self, rows: Sequence[Row], run: int, at: float) -> list[str]:
        """From now on the steps of the run are known. `at` in seconds since the epoch."""
        ...

    def hear(self, progress: Progress) -> list[str]:
        """What is new."""
        ...

    def heartbeat(self, now: float) -> list[str]:
        """Nothing is new; `now` in seconds since the epoch."""
        ...


class Narrator:
    """Turns answers of a run's query into lines for pipes and logs."""

    def __init__(self, scope: object, by: str, screen: Screen, zone: tzinfo | None = None) -> None:
        self._account = Account(scope)
        self._by = by
        self._screen = screen
        self._zone = zone
        self._widths = 0, 0
        self._spoke = 0.0

    @property
    def introduced(self) -> bool:
        return bool(self._account.rows)

    def introduce(self, rows: Sequence[Row], run: int, at: float) -> list[str]:
        """The line that a run begins with."""
        account = self._account
        account.introduce(rows, at)
        self._widths = (
            max((len(part.kind) for part in account.parts.values()), default=0),
            max((len(part.name) for part in account.parts.values()), default=0),
        )
        return [self._line(at, f"{account.scope}#{run} started by {self._by}: {run_about(account)}")]

    def hear(self, progress: Progress) -> list[str]:
        return [self._told(said) for said in self._account.hear(progress)]

    def heartbeat(self, now: float) -> list[str]:
        """A line when nothing has been said for a minute."""
        if not self._spoke:
            self._spoke = now
        if now - self._spoke < HEARTBEAT:
            return []
        return [self._line(now, "still", self._still(now))]

    def _told(self, said: Said) -> str:
        if said.part is not None:
            return self._about(said.at, said.word, said.part, spent_text(said))
        return self._line(said.at, said.text) if said.at else said.text

    def _still(self, now: float) -> str:
        account = self._account
        if not account.running:
            return "waiting for the lock" if account.phase is Phase.LOCKING else account.phase.value
        names: dict[str, str] = {}
        for key in account.running:
            row = account.rows[key]
            doing = "undoing" if account.phase is Phase.ROLLBACK else DOING[row.action]
            names.setdefault(account.named(row), f"{took(now - account.began.get(key, now))} {doing}")
        shown = [f"{name} {text}" for name, text in list(names.items())[:_STILL]]
        more = [f"{len(names) - _STILL} more"] if len(names) > _STILL else []
        said = f"{len(names)} running: {', '.join([*shown, *more])}"
        return f"cancelling, {said}" if account.cancelling else said

    def _about(self, at: float, word: str, part: Part, text: str) -> str:
        kind, name = self._widths
        said = self._screen.paint(word, word.ljust(6))
        return self._line(at, f"{said} {part.kind.ljust(kind)}  {part.name.ljust(name)}  {text}")

    def _line(self, at: float, *words: str) -> str:
        self._spoke = at
        clock = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return f"{clock:%H:%M:%S} {'  '.join(words)}"


def failures_text(failures: Iterable[Failure], screen: Screen) -> str:
    """Every root cause, whole, with the place of the component it belongs to."""
    blocks = []
    for failure in failures:
        lines = [f"{screen.paint('error')}: {failure.key}: {failure.message}"]
        lines += [f"  --> {failure.place}"] if failure.place else []
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def result_text(scope: object, result: Result, spent: float | None) -> str:
    """How it ended, in one line."""
    if not result.run:
        return f"{scope} did not begin: {result.message or result.result}"
    after = f" after {took(spent)}" if spent is not None else ""
    return f"{scope}#{result.run} {result.result}{after}."
