"""`panka show`."""

from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import as_page, output, where
from panka.cli.exits import Exit
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.planner.history import Entry
    from panka.planner.owner import Scope


@click.command()
@click.argument("run")
@click.option("--stack", metavar="NAME", help="The stack of the run; default: the stack here.")
@as_page("shop-43.html")
@output("table", "json", "yaml")
@where
def command(run: str, stack: str | None, page: str | None, form: str, **flags: str | None) -> int:
    """Show one run: what it did, how long each step took, why it failed.

    RUN is `shop#43`, or `43` with --stack or in the stack's folder.

    \b
    Examples:
      panka show shop#43
      panka show 43
      panka show shop#43 --html
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
        if page is not None:
            _write(session, scope, entry, page)
        if page == "-":
            return Exit.OK
        if form == "table":
            session.screen.show_folded(run_text(scope, entry))
        else:
            session.screen.data(form, {"scope": str(scope), **entry.model_dump(mode="json", by_alias=True)})
        session.screen.tell(f"Next: {next_command(session, 'history', name)}")
    return Exit.OK


def _write(session: Session, scope: "Scope", entry: "Entry", page: str) -> None:
    """The same page as the run has left in the bucket."""
    from panka.cli.pages import write_page  # noqa: PLC0415  # few runs are written as pages
    from panka.planner.render.filling import of_run  # noqa: PLC0415  # as above
    from panka.planner.render.html import html  # noqa: PLC0415  # as above

    plan, _ = session.desk().load_plan(scope, entry.plan)
    write_page(session, html(of_run(plan, entry)), page, f"{scope.stack}-{entry.run}.html")
