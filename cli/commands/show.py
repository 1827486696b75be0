"""`panka show`."""

import click

from panka.cli.commands.options import output, where
from panka.cli.exits import Exit
from panka.cli.session import opened


@click.command()
@click.argument("run")
@click.option("--stack", metavar="NAME", help="The stack of the run; default: the stack here.")
@output("table", "json", "yaml")
@where
def command(run: str, stack: str | None, form: str, **flags: str | None) -> int:
    """Show one run: what it did, how long each step took, why it failed.

    RUN is `shop#43`, or `43` with --stack or in the stack's folder.

    \b
    Examples:
      panka show shop#43
      panka show 43
    """
    from panka.activities.stores.store import NotThere  # noqa: PLC0415  # brings the planner
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.recorded import no_such_run, run_named  # noqa: PLC0415  # brings the planner
    from panka.cli.views.records import run_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        scope, number = run_named(session, run, stack)
        name = scope.stack
        try:
            entry = session.desk().entry(scope, number)
        except NotThere as error:
            raise no_such_run(scope, number) from error
        if form == "table":
            session.screen.show_folded(run_text(scope, entry))
        else:
            session.screen.data(form, {"scope": str(scope), **entry.model_dump(mode="json", by_alias=True)})
        session.screen.tell(f"Next: {next_command(session, 'history', name)}")
    return Exit.OK
