"""`panka abort`."""

import click

from panka.cli.commands.options import stack_argument, where
from panka.cli.session import opened


@click.command()
@stack_argument()
@click.option("--keep", is_flag=True, help="Leave what is done as it is, instead of taking it back.")
@where
def command(stack: str, keep: bool, **flags: str | None) -> int:
    """End the paused run of STACK: take back what it did, or keep it. STACK is a name or a path.

    \b
    Examples:
      panka abort shop
      panka abort shop --keep
    """
    from panka.cli.deciding import decide  # noqa: PLC0415  # brings temporalio
    from panka.workflows.messages import ABORT  # noqa: PLC0415  # as above

    with opened(flags) as session:
        return decide(session, stack, ABORT, (), keep=keep)
