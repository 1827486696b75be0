"""Finds out what a component waits for or why it failed: from the run that goes on, else from the last that ended."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from panka.activities.planning import Desk
from panka.activities.stores.store import NotThere
from panka.cli.doing import doing
from panka.cli.exits import Misused
from panka.cli.runs import Handle, Running, Runs
from panka.cli.session import Session
from panka.cli.views.live import Doing
from panka.cli.views.records import moment
from panka.cli.views.why import Case, belongs
from panka.planner.diagnostics import did_you_mean
from panka.planner.owner import Scope
from panka.planner.plan import Plan, Step
from panka.planner.render.fate import Fate, Known, ended
from panka.planner.render.words import ago
from panka.planner.resource import Address
from panka.workflows.messages import PAGE, Event, EventKind, Progress

_FATES = {
    EventKind.STARTED: Fate.RUNNING,
    EventKind.UNDOING: Fate.RUNNING,
    EventKind.DONE: Fate.DONE,
    EventKind.FAILED: Fate.FAILED,
    EventKind.SKIPPED: Fate.SKIPPED,
    EventKind.UNDONE: Fate.UNDONE,
}


def case_of(session: Session, scope: Scope, said: str, plan: str | None) -> Case:
    """What is known of a component in the run of a stack that goes on, else in its last one, or in a filed plan.

    Raises Misused when nothing is known of it.
    """
    desk = session.desk()
    if plan is not None:
        return _in_plan(desk, scope, said, plan)
    going = asyncio.run(_going(session, scope))
    if going is not None:
        running, progress, events, beats = going
        title = f"{scope}#{progress.run or '?'}  {running.operation} by {running.by}, {progress.phase}"
        case = _case(title, desk.archive.plan(progress.plan), said, _from_events(events, beats, time.time()))
        return replace(case, goes_on=True, paused=bool(progress.failed))
    entry = next(iter(desk.history(scope)), None)
    if entry is None:
        raise Misused(f"Nothing was ever done for {scope}.", "panka plan shows what would be")
    made, _ = desk.load_plan(scope, entry.plan)
    when = ago(time.time() - moment(entry.finished))
    title = f"{scope}#{entry.run}  {entry.kind} by {entry.by}, {entry.result} {when} ago"
    return _case(title, made, said, ended(entry, made))


def _in_plan(desk: Desk, scope: Scope, said: str, plan: str) -> Case:
    try:
        made, _ = desk.load_plan(scope, plan)
    except NotThere as error:
        raise Misused(f"There is no plan {plan} of {scope}.", "panka plan makes one") from error
    return _case(f"{scope}  plan {made.id}", made, said, {})


def _case(title: str, plan: Plan, said: str, known: Mapping[str, Known]) -> Case:
    every = {step.key: step for step in (*plan.forward, *plan.cleanup)}
    steps = [step for step in every.values() if belongs(step, said)]
    if not steps:
        raise Misused(f"That plan ({plan.id}) does nothing with `{said}`.", _hint(said, every.values()))
    return Case(title, steps, every, known)


def _hint(said: str, steps: Iterable[Step]) -> str:
    near = did_you_mean(said, {Address(step.address).component for step in steps})
    return near or "panka state list shows what is on record, panka plan what would change"


async def _going(session: Session, scope: Scope) -> tuple[Running, Progress, list[Event], dict[str, Doing]] | None:
    """The run that goes on, with all its events and what the server knows of its steps."""
    runs = await Runs.connect(session.settings)
    running = await runs.running(scope)
    handle = await runs.latest(scope) if running else None
    if running is None or handle is None:
        return None
    progress, events = await _whole(runs, handle)
    return (running, progress, events, await doing(runs, handle)) if progress.total else None


async def _whole(runs: Runs, handle: Handle) -> tuple[Progress, list[Event]]:
    events: list[Event] = []
    while True:
        progress = await runs.progress(handle, len(events))
        events += progress.events
        if len(progress.events) < PAGE:
            return progress, events


def _from_events(events: Iterable[Event], beats: Mapping[str, Doing], now: float) -> dict[str, Known]:
    known: dict[str, Known] = {}
    began: dict[str, float] = {}
    for event in events:
        if event.kind not in _FATES:
            continue
        if event.kind in (EventKind.STARTED, EventKind.UNDOING):
            began[event.key] = event.at
        spent = event.at - began[event.key] if event.key in began else None
        known[event.key] = Known(_FATES[event.kind], event.text, spent)
    for key, one in known.items():
        if one.fate is Fate.RUNNING:
            beat = beats.get(key, Doing())
            text = f"try {beat.attempt}: {beat.failure}" if beat.failure else beat.waits
            known[key] = Known(Fate.RUNNING, text, now - began[key])
    return known
