"""`panka apply`."""

import re
from collections.abc import Mapping
from typing import Any

import click

from panka.cli.commands.options import output, refreshing, running, selection, tenant_config, values, where
from panka.cli.session import opened

_PLAN = re.compile(r"p-[0-9a-f]{4,}")


@click.command()
@click.argument("path", default=".", metavar="[PATH|PLAN]")
@values
@tenant_config
@selection(replace=True)
@refreshing
@click.option("--stack", metavar="NAME", help="The stack that PLAN belongs to.")
@click.option("--detail", is_flag=True, help="Show every resource and property.")
@click.option("--stay", is_flag=True, help="Keep the local session that this command has started until Ctrl-C.")
@running
@output("table", "json", "yaml")
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
    stack: str | None,
    detail: bool,
    stay: bool,
    ways: Mapping[str, Any],
    form: str,
    **flags: str | None,
) -> int:
    """Make AWS what the stack at PATH says: plan, show, ask, run, follow to the end.

    Instead of a PATH it takes a PLAN (`p-…`) that `panka plan` has shown; then exactly that is done.

    \b
    Examples:
      panka apply
      panka apply p-8d21c0
      panka apply shop -e prod -y --events events.jsonl
    """
    with opened(flags | {"lock_timeout": ways["lock_timeout"]}, embed=True, stay=stay) as session:
        session.expect_desk()
        from panka.cli.applying import How, carry_out, plan_and_carry_out  # noqa: PLC0415  # brings temporalio and boto3
        from panka.cli.exits import Misused  # noqa: PLC0415  # as above
        from panka.cli.planned import find_plan, plan_stack  # noqa: PLC0415  # as above
        from panka.planner.selecting import Wish  # noqa: PLC0415  # as above

        filed = _PLAN.fullmatch(path) is not None
        how = How.asked(session, ways, form=form, detail=detail)
        wish = Wish(targets, excludes, replaces)
        if filed and (wish != Wish() or tenant_config or refresh is not None):
            raise Misused(
                "A filed plan is carried out as it is.",
                "give --target, --exclude, --replace, --refresh, --tenant-config to panka plan",
            )
        if filed:
            return carry_out(session, find_plan(session, path, stack), how)
        return plan_and_carry_out(
            session,
            lambda turn: plan_stack(session, path, given, files, wish, turn, tenant_config, refresh=refresh),
            how,
        )
