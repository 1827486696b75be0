"""`panka diff`."""

import click

from panka.cli.commands.options import output, where
from panka.cli.exits import Exit
from panka.cli.session import opened


@click.command()
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="[RUN]", required=False)
@click.option("--stack", metavar="NAME", help="The stack of the runs; default: the stack here.")
@click.option("--detail", is_flag=True, help="Show every resource and property.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when they differ.")
@output("table", "json", "yaml")
@where
def command(
    first: str,
    second: str | None,
    stack: str | None,
    detail: bool,
    detailed_exitcode: bool,
    form: str,
    **flags: str | None,
) -> int:
    """Show what differs between the stacks of two runs, or of one and the run before it that succeeded.

    Compared is what the runs were for; AWS is not asked. RUN is `shop#43`, or `43` with --stack or in the stack's
    folder.

    \b
    Examples:
      panka diff shop#41 shop#43
      panka diff shop#43
    """
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.recorded import two_runs  # noqa: PLC0415  # brings the planner
    from panka.cli.views.diff import diff_data, diff_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        runs = two_runs(session, first, second, stack)
        if form == "table":
            session.screen.show(diff_text(runs, session.screen, detail=detail))
        else:
            session.screen.data(form, diff_data(runs))
        name = runs.scope.stack
        session.screen.tell(f"Next: {next_command(session, 'rollback', name, '--to', str(runs.before))}")
    return Exit.CHANGES if detailed_exitcode and runs.differ else Exit.OK
