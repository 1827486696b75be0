"""When a job runs: `rate()`, `cron()` and five-field cron, in EventBridge Scheduler's form."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from panka.planner.rules import broken

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SHORT = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a cron line."""

    name: str
    first: int
    last: int
    words: tuple[str, ...] = ()

    def values(self, text: str) -> set[int]:
        """The numbers that a field stands for: `*`, `5`, `1-5`, `*/15`, `1-10/2`, `MON`, and lists of these."""
        return {value for part in text.split(",") for value in self._range(part)}

    def _range(self, part: str) -> Iterable[int]:
        stretch, _, step = part.partition("/")
        if "/" in part and not (step.isdecimal() and int(step) > 0):
            raise self._wrong(part)
        begin, _, end = stretch.partition("-")
        if stretch == "*":
            first, last = self.first, self.last
        else:
            first = self._number(begin, part)
            last = self._number(end, part) if "-" in stretch else self.last if step else first
        if first > last:
            raise self._wrong(part)
        return range(first, last + 1, int(step or 1))

    def _number(self, text: str, part: str) -> int:
        word = text.upper()
        number = self.words.index(word) + self.first if word in self.words else -1
        number = int(text) if text.isdecimal() else number
        if not self.first <= number <= self.last:
            raise self._wrong(part)
        return number

    def _wrong(self, part: str) -> Exception:
        return broken("PK324", f"`{part}` is no {self.name} of a cron line ({self.first} to {self.last})")


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)


def schedule(value: str) -> str:
    """A schedule as EventBridge Scheduler takes it. Raises PK324 for what is none."""
    text = " ".join(value.split())
    if text.startswith("rate("):
        return _rate(text)
    if text.startswith("cron("):
        if not _CRON.fullmatch(text):
            raise broken("PK324", f"`{value}` is not `cron(minute hour day month weekday year)`")
        return text
    fields = _SHORT.get(text, text).split()
    if len(fields) != len(_FIELDS):
        raise broken("PK324", f"`{value}` is no schedule: `rate(5 minutes)`, `cron(0 3 * * ? *)` or `0 3 * * *`")
    return _translated(fields)


def _rate(text: str) -> str:
    match = _RATE.fullmatch(text)
    if match is None:
        raise broken("PK324", f"`{text}` is not `rate(1 hour)`, `rate(5 minutes)` or `rate(2 days)`")
    # Scheduler wants `1 minute` and `2 minutes`.
    return f"rate({match[1]} {match[2]}{'' if match[1] == '1' else 's'})"


def _translated(fields: Sequence[str]) -> str:
    minute, hour, day, month, weekday = (field.values(text) for field, text in zip(_FIELDS, fields, strict=True))
    # Cron counts from Sunday as 0 or 7, Scheduler from Sunday as 1.
    days = {number % 7 + 1 for number in weekday}
    any_day, any_weekday = len(day) == 31, len(days) == 7
    if not (any_day or any_weekday):
        raise broken("PK324", "a schedule has a day of the month or a day of the week: Scheduler takes only one")
    said = [
        _compact(minute, 60),
        _compact(hour, 24),
        _compact(day, 31) if any_weekday else "?",
        _compact(month, 12),
        "?" if any_weekday else _compact(days, 7),
        "*",
    ]
    return f"cron({' '.join(said)})"


def _compact(values: set[int], all: int) -> str:
    """`*`, or numbers and stretches of three and more: `1-5,9`."""
    if len(values) == all:
        return "*"
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


Schedule: TypeAlias = Annotated[str, AfterValidator(schedule)]
"""`rate()`, `cron()` or five-field cron; as a value always in Scheduler's form."""
