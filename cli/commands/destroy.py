"""`panka destroy`."""

from collections.abc import Mapping
from typing import Any

import click

from panka.cli.commands.options import output, running, selection, stack_argument, tenant_config, where
from panka.cli.session import opened


@click.command()
@stack_argument(metavar="STACK|PATH")
@selection(replace=False)
@tenant_config
@click.option("--detail", is_flag=True, help="Show every resource.")
@running
@output("table", "json", "yaml")
@where
def command(
    stack: str,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    tenant_config: str | None,
    detail: bool,
    ways: Mapping[str, Any],
    form: str,
    **flags: str | None,
) -> int:
    """Delete everything that STACK is recorded to have made; its YAML is not needed.

    What holds data goes too. With -y the stack must be called by its name for that, here or with --confirm.

    \b
    Examples:
      panka destroy shop -e dev
      panka destroy shop -y --confirm shop
    """
    from panka.cli.applying import How, plan_and_carry_out  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.planned import plan_destroy  # noqa: PLC0415  # as above
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner
    from panka.planner.selecting import Wish  # noqa: PLC0415  # as above

    with opened(flags | {"lock_timeout": ways["lock_timeout"]}, embed=True) as session:
        scope = scope_of(session, stack)
        # Whoever has typed the stack's name has named what is lost.
        named = {"confirm": (*ways["confirm"], *((stack,) if stack == scope.stack else ()))}
        how = How.asked(session, {**ways, **named}, form=form, detail=detail)
        return plan_and_carry_out(
            session, lambda turn: plan_destroy(session, scope, Wish(targets, excludes), turn, tenant_config), how
        )
