"""`panka unlock`."""

import click

from panka.cli.commands.options import stack_argument, where
from panka.cli.session import opened


@click.command()
@stack_argument(required=False)
@click.option("-y", "--yes", is_flag=True, help="Ask nothing. Where Temporal cannot say that the run is over: --force.")
@click.option("--force", is_flag=True, help="Free it also when Temporal does not answer, or does not know the run.")
@click.option("--confirm", metavar="NAME", help="The stack's name, which --force wants to hear, typed here.")
@where
def command(stack: str | None, yes: bool, force: bool, confirm: str | None, **flags: str | None) -> int:
    """Free the lock of STACK, whose run has died: a name, or a path (default: the stack here).

    Names the holder first. Refuses as long as its run goes on, with --force too.

    Example: panka unlock shop -e prod
    """
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner
    from panka.cli.unlocking import unlock  # noqa: PLC0415  # brings temporalio and boto3

    with opened(flags) as session:
        return unlock(session, scope_of(session, stack), yes=yes, force=force, confirm=confirm)
