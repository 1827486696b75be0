"""`panka why`."""

from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import output, where
from panka.cli.completing import component_names
from panka.cli.exits import Exit
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.cli.views.why import Case
    from panka.planner.owner import Scope


@click.command()
@click.argument("address", shell_complete=component_names)
@click.option("--stack", metavar="NAME", help="The stack; default: the stack here.")
@click.option("--plan", metavar="PLAN", help="Look into this plan (`p-…`) instead of the latest run.")
@output("table", "json", "yaml")
@where
def command(address: str, stack: str | None, plan: str | None, form: str, **flags: str | None) -> int:
    """Say why ADDRESS waits, failed, was skipped or is replaced, and what to do: of the run that goes on, or the last.

    ADDRESS is a component (`server`, `api/server`) or a step (`server:main`).

    \b
    Examples:
      panka why api/server --stack shop
      panka why server:main --plan p-8d21c0
    """
    from panka.cli.reasons import case_of  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner
    from panka.cli.views.why import why_data, why_text  # noqa: PLC0415  # as above

    with opened(flags) as session:
        scope = scope_of(session, stack)
        case = case_of(session, scope, address, plan)
        if form == "table":
            session.screen.show_folded(why_text(case, session.screen))
        else:
            session.screen.data(form, {"scope": str(scope), **why_data(case)})
        session.screen.tell(f"Next: {_next(session, scope, case, plan)}")
    return Exit.OK


def _next(session: Session, scope: "Scope", case: "Case", plan: str | None) -> str:
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.planner.render.fate import Fate  # noqa: PLC0415  # as above

    fates = {case.fate(step.key) for step in case.steps}
    if plan is not None:
        return next_command(session, "apply", plan)
    if case.paused and Fate.FAILED in fates:
        key = next(step.key for step in case.steps if case.fate(step.key) is Fate.FAILED)
        again, without = (next_command(session, word, scope.stack, key) for word in ("retry", "skip"))
        return f"{again}        {without}"
    blamed = [case.root(step.key) for step in case.steps if case.fate(step.key) in (Fate.WAITING, Fate.SKIPPED)]
    failed = next((key for key in blamed if case.fate(key) is Fate.FAILED), None)
    if failed is not None:
        return next_command(session, "why", failed, "--stack", scope.stack)
    if case.goes_on:
        return next_command(session, "watch", scope.stack)
    if Fate.FAILED in fates or Fate.SKIPPED in fates:
        return f"mend it, then {next_command(session, 'plan')}"
    return next_command(session, "history", scope.stack)
