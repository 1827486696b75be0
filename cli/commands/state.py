"""`panka state`: looks into the record, and changes its addresses by runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from panka.cli.commands.options import output, running, stack_argument, where
from panka.cli.exits import Exit, Misused
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.cli.applying import How
    from panka.cli.recorded import OfRecord


@click.group()
def command() -> None:
    """Look into the record of a stack, or change the addresses in it."""


@command.command("list")
@stack_argument(required=False)
@output("table", "name", "json", "yaml")
@where
def list_(stack: str | None, form: str, **flags: str | None) -> int:
    """List the resources of STACK: a name, or a path (default: the stack here).

    \b
    Example:
      panka state list shop
    """
    from panka.cli.recorded import recorded_state  # noqa: PLC0415  # brings the planner
    from panka.cli.views.records import resources_text, unsettled_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        state = recorded_state(session, stack)
        resources = [state.resources[address] for address in sorted(state.resources)]
        if form == "table":
            session.screen.show(resources_text(resources))
        elif form == "name":
            session.screen.show("\n".join(one.address for one in resources))
        else:
            rows = [{"address": one.address, "type": one.type, "id": one.id} for one in resources]
            session.screen.data(form, {"scope": str(state.scope), "serial": state.serial, "resources": rows})
        for line in unsettled_text(state):
            session.screen.tell(line)
        _next(session, "state", "show", resources[0].address if resources else "ADDRESS", "--stack", state.scope.stack)
    return Exit.OK


@command.command("show")
@click.argument("address")
@click.option("--stack", metavar="NAME", help="The stack; default: the stack here.")
@output("yaml", "json")
@where
def show(address: str, stack: str | None, form: str, **flags: str | None) -> int:
    """Show everything on record of the resource ADDRESS.

    \b
    Example:
      panka state show jobs:main --stack shop
    """
    from panka.cli.recorded import recorded_state  # noqa: PLC0415  # brings the planner
    from panka.planner.diagnostics import did_you_mean  # noqa: PLC0415  # only for a wrong address

    with opened(flags) as session:
        state = recorded_state(session, stack)
        found = state.resources.get(address) or state.resources.get(f"{address}:main")
        if found is None:
            hint = did_you_mean(address, state.resources)
            raise Misused(f"{state.scope} has no resource `{address}`.", hint or "panka state list shows them all")
        session.screen.data(form, found.model_dump(mode="json", by_alias=True))
        _next(session, "state", "list", state.scope.stack)
    return Exit.OK


@command.command("pull")
@stack_argument(required=False)
@where
def pull(stack: str | None, **flags: str | None) -> int:
    """Write the whole record of STACK to stdout, as JSON.

    \b
    Example:
      panka state pull shop > shop.state.json
    """
    from panka.cli.recorded import recorded_state  # noqa: PLC0415  # brings the planner

    with opened(flags) as session:
        content: dict[str, Any] = recorded_state(session, stack).model_dump(mode="json", by_alias=True)
        session.screen.data("json", content)
    return Exit.OK


@command.command("mv")
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="TO")
@click.option("--stack", metavar="NAME", help="The stack; default: the stack here.")
@click.option("--detail", is_flag=True, help="Show every resource and property.")
@running
@output("table", "json", "yaml")
@where
def move(
    old: str, new: str, stack: str | None, detail: bool, ways: Mapping[str, Any], form: str, **flags: str | None
) -> int:
    """Give what is on record as FROM the address TO: two components, or two single resources (`component:part`).

    A run does it, with its line in the history: it writes the new address into the resources' tags and changes
    nothing else. The YAML must then say the new name too; a `moved` block in the Stack does the same as part of an
    apply.

    \b
    Example:
      panka state mv jobs tasks --stack shop
    """
    from panka.planner.refactoring import moving  # noqa: PLC0415  # brings the planner

    with opened(flags | {"lock_timeout": ways["lock_timeout"]}) as session:
        how = _how(session, ways, form=form, detail=detail)
        return _refactor(session, stack, lambda state, base, at: moving(state, base, at, old, new), how)


@command.command("rm")
@click.argument("names", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--stack", metavar="NAME", help="The stack; default: the stack here.")
@click.option("--detail", is_flag=True, help="Show every resource.")
@running
@output("table", "json", "yaml")
@where
def remove(
    names: tuple[str, ...], stack: str | None, detail: bool, ways: Mapping[str, Any], form: str, **flags: str | None
) -> int:
    """Forget what is on record as ADDRESS, a component or one resource of it; in AWS it stays as it is.

    A run does it, with its line in the history. While the YAML still has it, the next plan would make it anew; a
    `removed` block in the Stack does the same as part of an apply.

    \b
    Example:
      panka state rm legacy --stack shop
    """
    from panka.planner.refactoring import forgetting  # noqa: PLC0415  # brings the planner

    with opened(flags | {"lock_timeout": ways["lock_timeout"]}) as session:
        how = _how(session, ways, form=form, detail=detail)
        return _refactor(session, stack, lambda state, base, at: forgetting(state, base, at, names), how)


def _how(session: Session, ways: Mapping[str, Any], *, form: str, detail: bool) -> "How":
    from panka.cli.applying import How  # noqa: PLC0415  # brings temporalio and boto3

    return How.asked(session, ways, form=form, detail=detail)


def _refactor(session: Session, stack: str | None, make: "OfRecord", how: "How") -> int:
    """Carries out a plan that the record alone makes."""
    from panka.cli.applying import plan_and_carry_out  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.recorded import plan_refactoring  # noqa: PLC0415  # as above
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # as above

    scope = scope_of(session, stack)
    return plan_and_carry_out(session, lambda turn: plan_refactoring(session, scope, make, turn), how)


def _next(session: Session, *words: str) -> None:
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views

    session.screen.tell(f"Next: {next_command(session, *words)}")
