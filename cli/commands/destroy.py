"""`panka destroy`."""

from typing import Literal

import click

from panka.cli.commands.options import output, running, selection, where
from panka.cli.session import opened


@click.command()
@click.argument("stack", metavar="STACK|PATH")
@selection(replace=False)
@click.option("--detail", is_flag=True, help="Show every resource.")
@running
@output("table", "json", "yaml")
@where
def command(
    stack: str,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    detail: bool,
    yes: bool,
    on_failure: Literal["rollback", "keep"] | None,
    lock_timeout: float | None,
    parallelism: int,
    detach: bool,
    cancel_on_interrupt: bool,
    timeout: float | None,
    form: str,
    **flags: str | None,
) -> int:
    """Delete everything that STACK is recorded to have made; its YAML is not needed."""
    from panka.cli.applying import How, plan_and_carry_out  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.planned import plan_destroy  # noqa: PLC0415  # as above
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner
    from panka.planner.selecting import Wish  # noqa: PLC0415  # as above

    with opened(flags | {"lock_timeout": lock_timeout}, embed=True) as session:
        scope = scope_of(session, stack)
        how = How(
            yes=yes,
            on_failure=on_failure,
            lock_timeout=session.settings.lock_timeout,
            parallelism=parallelism,
            detach=detach,
            cancel_on_interrupt=cancel_on_interrupt,
            timeout=timeout,
            form=form,
            detail=detail,
        )
        return plan_and_carry_out(
            session, lambda turn: plan_destroy(session, scope, Wish(targets, excludes), turn), how
        )
