"""`panka approve`."""

import click

from panka.cli.commands.options import stack_argument, where
from panka.cli.session import opened


@click.command()
@stack_argument()
@click.argument("plan", default="", required=False)
@click.option("--reject", is_flag=True, help="Say no: nothing is changed, or nothing more.")
@click.option("-m", "--comment", default="", metavar="TEXT", help="Why; kept in the history.")
@where
def command(stack: str, plan: str, reject: bool, comment: str, **flags: str | None) -> int:
    """Approve of the PLAN that a run of STACK waits with, or of its next level. STACK is a name or a path.

    With a PLAN (`p-…`) the run refuses when it is about another one.

    \b
    Examples:
      panka approve shop p-8d21c0 -m 'looked at with Ana'
      panka approve shop --reject
    """
    from panka.cli.deciding import approve  # noqa: PLC0415  # brings temporalio

    with opened(flags) as session:
        return approve(session, stack, plan, comment, reject=reject)
