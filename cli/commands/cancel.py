"""`panka cancel`."""

import asyncio
from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import stack_argument, where
from panka.cli.exits import Exit, Misused
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.planner.owner import Scope


@click.command()
@stack_argument(required=False)
@where
def command(stack: str | None, **flags: str | None) -> int:
    """Cancel the run of STACK: nothing new is started, what runs settles, then as --on-failure said.

    STACK is a name, or a path (default: the stack here).

    \b
    Example:
      panka cancel shop
    """
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner

    with opened(flags) as session:
        return asyncio.run(_cancel(session, scope_of(session, stack)))


async def _cancel(session: Session, scope: "Scope") -> int:
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.runs import Runs  # noqa: PLC0415  # as above

    runs = await Runs.connect(session.settings)
    running = await runs.running(scope)
    handle = await runs.latest(scope)
    if running is None or handle is None:
        raise Misused(
            f"No run of {scope} goes on.", f"{next_command(session, 'history', scope.stack)} shows those that ended"
        )
    await handle.cancel()
    session.screen.tell(f"{scope} was asked to stop: {running.operation}, started by {running.by}.")
    session.screen.tell(f"Follow it: {next_command(session, 'watch', scope.stack)}")
    return Exit.OK
