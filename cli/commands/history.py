"""`panka history`."""

import asyncio
import time
from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import output, stack_argument, where
from panka.cli.exits import Exit
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.cli.views.records import Active
    from panka.planner.owner import Scope


@click.command()
@stack_argument(required=False)
@click.option("-n", "--last", type=click.IntRange(min=1), default=20, show_default=True, help="How many runs.")
@output("table", "wide", "json", "yaml", "name")
@where
def command(stack: str | None, last: int, form: str, **flags: str | None) -> int:
    """Show the runs of STACK, the latest first: a name, or a path (default: the stack here).

    \b
    Examples:
      panka history shop
      panka history shop -n 5 -o json
    """
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner
    from panka.cli.views.plan import header  # noqa: PLC0415  # brings pydantic
    from panka.cli.views.records import history_text  # noqa: PLC0415  # as above

    with opened(flags) as session:
        scope = scope_of(session, stack)
        desk = session.desk()
        entries = desk.history(scope)[:last]
        state, _ = desk.state(scope)
        active = asyncio.run(_active(session, scope))
        session.screen.tell(header(scope, state.target if state else None, state=state.serial if state else 0))
        if form in ("table", "wide"):
            columns = session.screen.terminal.columns if form == "table" else None
            session.screen.show(history_text(entries, active, time.time(), columns))
        elif form == "name":
            session.screen.show("\n".join(f"{scope.stack}#{entry.run}" for entry in entries))
        else:
            runs = [entry.model_dump(mode="json", by_alias=True) for entry in entries]
            session.screen.data(form, {"scope": str(scope), "running": active is not None, "runs": runs})
        word, what = (
            ("watch", scope.stack) if active else ("show", f"{scope.stack}#{entries[0].run}" if entries else "")
        )
        session.screen.tell(f"Next: {next_command(session, *((word, what) if what else ('plan',)))}")
    return Exit.OK


async def _active(session: Session, scope: "Scope") -> "Active | None":
    from panka.cli.runs import Runs  # noqa: PLC0415  # brings temporalio
    from panka.cli.views.records import Active  # noqa: PLC0415  # brings pydantic

    runs = await Runs.connect(session.settings)
    running = await runs.running(scope)
    if running is None:
        return None
    progress = await runs.try_progress(scope)
    return Active(
        run=progress.run if progress and progress.run else None,
        operation=running.operation,
        by=running.by,
        git=running.git or "-",
        started=running.started,
        done=f"{progress.finished}/{progress.total}" if progress and progress.total else "",
    )
