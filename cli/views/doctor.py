"""What `panka doctor` has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from panka.cli.exits import Exit
from panka.cli.views.screen import Screen
from panka.planner.render.words import many


class Health(StrEnum):
    WELL = "ok"
    ODD = "warning"
    """Panka works, but not as well as it could, or not for long."""
    WRONG = "error"
    UNKNOWN = "unknown"
    """It could not be looked at, because of something else that is wrong."""


_SYMBOLS = {Health.WELL: "=", Health.ODD: "!", Health.WRONG: "x", Health.UNKNOWN: ""}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    health: Health
    said: str
    """A sentence."""
    mend: str = ""
    """What to type or to set."""
    code: Exit = Exit.OK
    """What the command exits with because of this."""

    def data(self) -> dict[str, Any]:
        return {"check": self.about, "health": self.health.value, "message": self.said, "mend": self.mend or None}


def doctor_text(findings: Sequence[Finding], screen: Screen) -> str:
    """A line each, with what mends it below; a sum at the end."""
    width = max(len(one.about) for one in findings)
    lines = []
    for one in findings:
        symbol = _SYMBOLS[one.health]
        lines.append(f"{screen.paint(symbol, symbol.rjust(3))} {one.about.ljust(width)}  {one.said}")
        lines += [f"    {' ' * width}  help: {one.mend}"] if one.mend else []
    return "\n".join([*lines, "", _sum(findings)])


def _sum(findings: Sequence[Finding]) -> str:
    count = {health: sum(one.health is health for one in findings) for health in Health}
    if count[Health.WELL] == len(findings):
        return "All is well."
    said = [many(count[health], word) for health, word in ((Health.WRONG, "error"), (Health.ODD, "warning"))]
    unknown = [f"{count[Health.UNKNOWN]} not looked at"] if count[Health.UNKNOWN] else []
    return f"{', '.join([*said, *unknown])}, {count[Health.WELL]} well."
