"""What a run shows of itself in Temporal's Web UI: its current details, in Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Failure
    from panka.planner.owner import Scope
    from panka.workflows.messages import ABORT, APPROVE, LEVEL, RETRY, SKIP, Phase

_FAILED = 50
"""Failures in the table; Temporal takes 20 KB for all of it."""
_RUNNING = 20
"""Steps in the table of those that run."""
_WORDS = 250
"""Characters of a failure."""
_ROOM = "\N{EM SPACE}"


@dataclass(frozen=True, slots=True)
class Now:
    """How a run stands."""

    scope: Scope
    plan: str
    """Its id."""
    run: int
    """0 until the run has been announced."""
    phase: Phase
    about: str
    """What a pause is for."""
    finished: int
    total: int
    running: Mapping[str, float]
    """Steps and when they began, in seconds since the epoch."""
    failures: Sequence[Failure]
    halting: bool
    passed_over: str
    """Why the last signal was not taken."""
    message: str
    """How it ended."""


def page(now: Now) -> str:
    """Where the run is, what runs and what failed, and what to do next."""
    said = [_headline(now), now.passed_over, _running(now.running), _failed(now.failures), _next(now)]
    return "\n\n".join(one for one in said if one)


def _headline(now: Now) -> str:
    if now.phase is Phase.ENDED:
        return f"**ended** {now.message}"
    count = f" {now.finished} of {now.total} steps have ended." if now.total else ""
    failed = f" {len(now.failures)} failed." if now.failures else ""
    halting = " It was cancelled: nothing more is started." if now.halting else ""
    return f"**{now.phase}**{count}{failed}{halting}"


def _running(running: Mapping[str, float]) -> str:
    rows = [f"| {_code(key)} | {_clock(since)} |" for key, since in islice(running.items(), _RUNNING)]
    return _table(("runs", "since (UTC)"), rows, len(running) - _RUNNING)


def _failed(failures: Sequence[Failure]) -> str:
    rows = [f"| {_code(one.key)} | {_why(one)} |" for one in failures[:_FAILED]]
    return _table(("failed", "why"), rows, len(failures) - _FAILED)


def _table(heads: tuple[str, str], rows: Iterable[str], more: int) -> str:
    rows = [*rows, *([f"| {more} more | |"] if more > 0 else [])]
    return "\n".join([f"| {heads[0]} | {heads[1]} |", "|:---|:---|", *rows]) if rows else ""


def _next(now: Now) -> str:
    stack, where = now.scope.stack, f"-t {now.scope.tenant} -e {now.scope.environment}"
    match now.phase:
        case Phase.APPROVAL:
            return _ways(
                "Nothing is locked and nothing changes before somebody approves of the plan.",
                (f"panka {APPROVE} {stack} {now.plan} {where}", "`--reject` says no"),
                (APPROVE,),
                f'{{"by": "your name", "plan": "{now.plan}"}}',
                '`"approved": false` says no',
            )
        case Phase.PAUSED if now.about == LEVEL:
            return _ways(
                "The next level starts when somebody approves of it.",
                (f"panka {APPROVE} {stack} {where}", "`--reject` ends the run"),
                (APPROVE,),
                '{"by": "your name"}',
                '`"approved": false` ends the run',
            )
        case Phase.PAUSED:
            return _ways(
                "It waits, with its lock, for a word on what failed: try it again, go on without it, or end the run.",
                (f"panka {RETRY} {stack} {where}", f"or `{SKIP}`, or `{ABORT}`"),
                (RETRY, SKIP, ABORT),
                '{"by": "your name"}',
                f'`"keys": ["{now.failures[0].key}"]` names one' if now.failures else "",
            )
        case Phase.ENDED if now.run:
            return f"`panka show {stack}#{now.run} {where}` tells more."
        case _:
            return ""


def _ways(what: str, typed: tuple[str, str], names: tuple[str, ...], data: str, more: str) -> str:
    """How to answer: from a terminal, and from here."""
    updates = ", ".join(f"`{name}`" for name in names)
    also = f"; {more}" if more else ""
    return "\n".join(
        [
            what,
            "",
            f"- In a terminal: `{typed[0]}` ({typed[1]})",
            f"- Here: *More Actions*, *Send an Update*: {updates} with `{data}`{also}",
        ]
    )


def _why(failure: Failure) -> str:
    """In its own words, without AWS's id of the request, which the event of the step has."""
    text = " ".join(failure.message.partition(" (request ")[0].split())
    text = text if len(text) <= _WORDS else f"{text[:_WORDS]} …"
    return _plain(f"{text} ({failure.place})" if failure.place else text)


def _plain(text: str) -> str:
    """Text that cannot end a cell or begin a tag."""
    return text.replace("|", "\\|").replace("<", "\\<")


def _code(key: str) -> str:
    # The Web UI's tables have no room between their columns, and take no entity.
    return f"`{key}`{_ROOM}"


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"
