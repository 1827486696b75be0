"""`panka plan`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import as_page, output, refreshing, selection, tenant_config, values, where
from panka.cli.exits import Exit
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.cli.planned import Planned


@click.command()
@click.argument("path", default=".")
@values
@tenant_config
@selection(replace=True)
@refreshing
@click.option("--detail", is_flag=True, help="Show every resource and property.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Write the plan to a file, as JSON.")
@as_page("p-8d21c0….html")
@output("table", "json", "yaml", "name")
@where
def command(
    path: str,
    given: tuple[str, ...],
    files: tuple[str, ...],
    tenant_config: str | None,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    replaces: tuple[str, ...],
    refresh: bool | None,
    detail: bool,
    detailed_exitcode: bool,
    out: str | None,
    page: str | None,
    form: str,
    **flags: str | None,
) -> int:
    """Show what `panka apply` would change for the stack at PATH, and file the plan.

    PATH is a folder or a YAML file. Nothing in AWS is changed.

    \b
    Examples:
      panka plan
      panka plan shop -e prod --var REPLICAS=3
      panka plan --target api/server --detail
      panka plan shop --html
    """
    with opened(flags, embed=True) as session:
        session.expect_desk()
        from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
        from panka.cli.planned import plan_stack  # noqa: PLC0415  # brings the planner
        from panka.planner.selecting import Wish  # noqa: PLC0415  # as above

        planned = plan_stack(
            session,
            path,
            given,
            files,
            Wish(targets, excludes, replaces),
            tenant_config=tenant_config,
            refresh=refresh,
        )
        plan = planned.plan
        text = _text(session, planned, detail=detail) if form == "table" and page != "-" else ""
        planned.filing()  # meanwhile it has been
        if out is not None:
            Path(out).write_text(plan.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8")
        if page != "-":
            _show(session, planned, form, text)
        if page is not None:
            _write(session, planned, page)
        if session.local is not None:
            # The session ends with this command, and the filed plan with it.
            session.screen.tell(f"Apply it: {next_command(session, 'apply', path)}")
        elif plan.empty:
            session.screen.tell(f"Next: {next_command(session, 'status')}")
        else:
            serial = plan.base.serial if plan.base else 0
            until = f"(valid while the state is #{serial})" if serial else "(valid while there is no state)"
            session.screen.tell(f"Apply it: {next_command(session, 'apply', plan.id)}      {until}")
    return Exit.CHANGES if detailed_exitcode and not plan.empty else Exit.OK


def _text(session: Session, planned: "Planned", *, detail: bool) -> str:
    from panka.cli.views.plan import plan_text  # noqa: PLC0415  # brings the planner

    return plan_text(planned.plan, session.screen, detail=detail, notes=planned.notes)


def _show(session: Session, planned: "Planned", form: str, text: str) -> None:
    from panka.cli.views.plan_data import plan_data  # noqa: PLC0415  # brings the planner

    if form == "table":
        session.screen.show_folded(text)
    elif form == "name":
        if planned.ref is not None:  # a plan of nothing is not filed, so there is nothing to apply by this name
            session.screen.show(planned.plan.id)
    else:
        session.screen.data(form, plan_data(planned.plan, planned.notes))


def _write(session: Session, planned: "Planned", page: str) -> None:
    from panka.cli.pages import write_page  # noqa: PLC0415  # few plans are written as pages
    from panka.planner.render.filling import of_plan  # noqa: PLC0415  # as above
    from panka.planner.render.html import html  # noqa: PLC0415  # as above

    write_page(session, html(of_plan(planned.plan, planned.notes)), page, f"{planned.plan.id}.html")
