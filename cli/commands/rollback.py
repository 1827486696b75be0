"""`panka rollback`."""

from collections.abc import Mapping
from typing import Any

import click

from panka.cli.commands.options import output, running, stack_argument, tenant_config, where
from panka.cli.session import opened


@click.command()
@stack_argument(metavar="STACK|PATH")
@click.option("--to", "run", metavar="RUN", required=True, help="The run to go back to: 41, or shop#41.")
@tenant_config
@click.option("--detail", is_flag=True, help="Show every resource and property.")
@running
@output("table", "json", "yaml")
@where
def command(
    stack: str,
    run: str,
    tenant_config: str | None,
    detail: bool,
    ways: Mapping[str, Any],
    form: str,
    **flags: str | None,
) -> int:
    """Make AWS what an earlier run of STACK was for; its YAML is not needed.

    The whole stack of that run is on file. It is planned against what is there now, shown, and carried out as any
    other plan: data that is gone does not come back.

    \b
    Examples:
      panka history shop
      panka rollback shop --to 41
    """
    from panka.cli.applying import How, plan_and_carry_out  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.recorded import plan_rollback, run_of  # noqa: PLC0415  # as above

    with opened(flags | {"lock_timeout": ways["lock_timeout"]}) as session:
        scope, number = run_of(session, stack, run)
        how = How.asked(session, ways, form=form, detail=detail)
        return plan_and_carry_out(session, lambda turn: plan_rollback(session, scope, number, turn, tenant_config), how)
