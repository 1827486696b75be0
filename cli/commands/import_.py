"""`panka import`."""

from collections.abc import Mapping
from typing import Any

import click

from panka.cli.commands.options import output, running, tenant_config, values, where
from panka.cli.session import opened


@click.command()
@click.argument("address")
@click.argument("id")
@click.argument("path", default=".", metavar="[STACK]")
@values
@tenant_config
@click.option("--detail", is_flag=True, help="Show every resource and property.")
@running
@output("table", "json", "yaml")
@where
def command(
    address: str,
    id: str,
    path: str,
    given: tuple[str, ...],
    files: tuple[str, ...],
    tenant_config: str | None,
    detail: bool,
    ways: Mapping[str, Any],
    form: str,
    **flags: str | None,
) -> int:
    """Take over what exists in AWS under ID as the resource ADDRESS of the stack at STACK, a folder or a file.

    ADDRESS is `component:part`, or `component` for its main resource. The plan shows, property by property, what of it
    would be made as the stack says; nothing is made anew. What the resource needs is made with it. An `import` block
    in the Stack does the same.

    \b
    Examples:
      panka import jobs https://sqs.eu-west-1.amazonaws.com/111122223333/jobs shop/
      panka import orders orders-table
    """
    from panka.cli.applying import How, plan_and_carry_out  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.planned import Import, plan_stack  # noqa: PLC0415  # as above
    from panka.planner.blocks import main_of  # noqa: PLC0415  # brings the planner

    with opened(flags | {"lock_timeout": ways["lock_timeout"]}) as session:
        how = How.asked(session, ways, form=form, detail=detail)
        taken = Import(main_of(address), id)
        return plan_and_carry_out(
            session, lambda turn: plan_stack(session, path, given, files, None, turn, tenant_config, taken), how
        )
