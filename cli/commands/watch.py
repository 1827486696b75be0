"""`panka watch`."""

from typing import TextIO

import click

from panka.cli.commands.options import following, output, where
from panka.cli.session import opened


@click.command()
@click.argument("stack", required=False, metavar="[STACK|RUN]")
@following
@output("table", "json", "yaml")
@where
def command(
    stack: str | None,
    cancel_on_interrupt: bool,
    timeout: float | None,
    events: TextIO | None,
    form: str,
    **flags: str | None,
) -> int:
    """Follow the latest run of STACK to its end, or the RUN of that number: `shop`, a path, `shop#43`, `43`.

    \b
    Examples:
      panka watch shop
      panka watch shop#43
    """
    from panka.cli.applying import How, follow  # noqa: PLC0415  # brings temporalio
    from panka.cli.recorded import run_named  # noqa: PLC0415  # brings the planner
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # as above

    with opened(flags) as session:
        numbered = stack is not None and (stack.isdecimal() or "#" in stack)
        scope, number = run_named(session, stack or "") if numbered else (scope_of(session, stack), None)
        how = How(cancel_on_interrupt=cancel_on_interrupt, timeout=timeout, events=events, form=form)
        return follow(session, scope, how, number)
