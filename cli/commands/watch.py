"""`panka watch`."""

from typing import TextIO

import click

from panka.cli.commands.options import following, output, stack_argument, where
from panka.cli.session import opened


@click.command()
@stack_argument(required=False, metavar="[STACK|RUN]")
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
    from panka.cli.recorded import run_or_stack  # noqa: PLC0415  # brings the planner

    with opened(flags) as session:
        scope, number = run_or_stack(session, stack)
        how = How(cancel_on_interrupt=cancel_on_interrupt, timeout=timeout, events=events, form=form)
        return follow(session, scope, how, number)
