"""`panka status`."""

import asyncio
import time
from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import output, stack_argument, where
from panka.cli.exits import Exit
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.activities.planning import Desk
    from panka.cli.runs import Running, Runs
    from panka.cli.views.records import StackRow
    from panka.planner.owner import Scope
    from panka.workflows.messages import Progress


_WAITING = {"approval": "waits", "paused": "paused"}
"""Phases in which a run waits for somebody, and how its stack is called then."""


@click.command()
@stack_argument(required=False)
@output("table", "wide", "json", "yaml", "name")
@where
def command(stack: str | None, form: str, **flags: str | None) -> int:
    """Show the stacks of the tenant (or one of them), what they are and what runs.

    \b
    Examples:
      panka status
      panka status shop -e prod -o json
    """
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner
    from panka.cli.views.records import status_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        tenant = session.settings.need("tenant")
        only = scope_of(session, stack).stack if stack else None
        rows = asyncio.run(_rows(session, tenant, only))
        if form in ("table", "wide"):
            columns = session.screen.terminal.columns if form == "table" else None
            session.screen.show(status_text(tenant, session.settings.environment, rows, session.screen, columns))
        elif form == "name":
            session.screen.show("\n".join(f"{tenant}/{row.stack}/{row.environment}" for row in rows))
        else:
            session.screen.data(form, {"tenant": tenant, "stacks": [row.data() for row in rows]})
        _next(session, rows)
    return Exit.OK


async def _rows(session: Session, tenant: str, only: str | None) -> "list[StackRow]":
    from panka.cli.runs import Runs  # noqa: PLC0415  # brings temporalio

    runs = await Runs.connect(session.settings)
    running = {str(one.scope): one for one in await runs.every_running(tenant)}
    desk = session.desk()
    # The desk blocks and has an event loop of its own for some calls, so it stays out of this one's thread.
    known = {str(scope): scope for scope, _ in await asyncio.to_thread(desk.stacks, tenant)}
    known |= {name: one.scope for name, one in running.items()}
    rows = []
    for name, scope in sorted(known.items()):
        if _wanted(session, scope, only):
            active = running.get(name)
            progress = await runs.try_progress(scope) if active else None
            silent = await _silent(runs, scope) if active and progress is None else ""
            rows.append(await asyncio.to_thread(_row, desk, scope, active, progress, silent))
    return rows


async def _silent(runs: "Runs", scope: "Scope") -> str:
    """Why a run does not answer."""
    handle = await runs.latest(scope)
    missing = await runs.missing(handle) if handle else None
    return missing.what if missing else "no worker answers"


def _wanted(session: Session, scope: "Scope", only: str | None) -> bool:
    environment = session.settings.environment
    return (only is None or scope.stack == only) and (environment is None or scope.environment == environment)


def _row(
    desk: "Desk", scope: "Scope", active: "Running | None", progress: "Progress | None", silent: str
) -> "StackRow":
    from panka.cli.views.records import StackRow  # noqa: PLC0415  # brings pydantic

    if active is None:
        return _settled(desk, scope)
    done = f"{progress.finished}/{progress.total}" if progress and progress.total else "-"
    return StackRow(
        stack=scope.stack,
        environment=scope.environment,
        state=_state(active, progress),
        run=progress.run if progress and progress.run else None,
        done=done,
        now=_now(progress) if progress else silent,
        by=active.by,
        age=time.time() - active.started,
    )


def _state(active: "Running", progress: "Progress | None") -> str:
    if progress is None or not (progress.cancelling or progress.phase.value in _WAITING):
        return f"{active.operation} runs"
    return "cancelling" if progress.cancelling else _WAITING[progress.phase.value]


def _now(progress: "Progress") -> str:
    phase = progress.phase.value
    if progress.failed:
        return f"{phase}: {', '.join(progress.failed)} failed"
    if not progress.running:
        return phase
    more = f" and {len(progress.running) - 1} more" if len(progress.running) > 1 else ""
    return f"{phase}: {progress.running[0]}{more}"


def _settled(desk: "Desk", scope: "Scope") -> "StackRow":
    """A stack of which no run goes on."""
    from panka.activities.stores.store import NotThere  # noqa: PLC0415  # brings nothing heavy, but the planner
    from panka.cli.views.records import StackRow, moment  # noqa: PLC0415  # brings pydantic
    from panka.planner.drift import Verdict  # noqa: PLC0415  # as above

    state, _ = desk.state(scope)
    if state is None:
        return StackRow(scope.stack, scope.environment, "empty", None)
    try:
        entry = desk.entry(scope, state.serial)
    except NotThere:
        entry = None
    if state.operation is not None:
        word, run = "unfinished", state.operation.run
    elif entry is not None and entry.result != "succeeded":
        word, run = entry.result, entry.run
    else:
        word, run = ("ok" if state.resources else "empty"), state.serial
    report = desk.drift(scope)
    if word == "ok" and report is not None and report.verdict is Verdict.DRIFTED:
        word = "drifted"
    return StackRow(
        stack=scope.stack,
        environment=scope.environment,
        state=word,
        run=run,
        now=f"{len(state.resources)} resources",
        by=entry.by if entry else "",
        age=time.time() - moment(entry.finished) if entry else None,
    )


def _next(session: Session, rows: "list[StackRow]") -> None:
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views

    going = ("cancelling", *_WAITING.values())
    running = next((row.stack for row in rows if row.state in going or row.state.endswith("runs")), None)
    if running:
        session.screen.tell(f"Next: {next_command(session, 'watch', running)}")
    elif rows:
        session.screen.tell(f"Next: {next_command(session, 'history', rows[0].stack)}")
    else:
        session.screen.tell(f"Next: {next_command(session, 'plan')}")
