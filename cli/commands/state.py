"""`panka state`: looks into the record; changes nothing."""

from typing import TYPE_CHECKING, Any

import click

from panka.cli.commands.options import output, where
from panka.cli.exits import Exit, Misused
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.planner.state import State


@click.group()
def command() -> None:
    """Look into the record of a stack; nothing is changed."""


@command.command("list")
@click.argument("stack", required=False)
@output("table", "name", "json", "yaml")
@where
def list_(stack: str | None, form: str, **flags: str | None) -> int:
    """List the resources of STACK: a name, or a path (default: the stack here)."""
    from panka.cli.views.records import resources_text, unsettled_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        state = _state(session, stack)
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
    """Show everything on record of the resource ADDRESS."""
    from panka.planner.diagnostics import did_you_mean  # noqa: PLC0415  # only for a wrong address

    with opened(flags) as session:
        state = _state(session, stack)
        found = state.resources.get(address) or state.resources.get(f"{address}:main")
        if found is None:
            hint = did_you_mean(address, state.resources)
            raise Misused(f"{state.scope} has no resource `{address}`.", hint or "panka state list shows them all")
        session.screen.data(form, found.model_dump(mode="json", by_alias=True))
        _next(session, "state", "list", state.scope.stack)
    return Exit.OK


@command.command("pull")
@click.argument("stack", required=False)
@where
def pull(stack: str | None, **flags: str | None) -> int:
    """Write the whole record of STACK to stdout, as JSON."""
    with opened(flags) as session:
        content: dict[str, Any] = _state(session, stack).model_dump(mode="json", by_alias=True)
        session.screen.data("json", content)
    return Exit.OK


def _state(session: Session, stack: str | None) -> "State":
    """The current state; says where it is about. Raises Misused when there is none."""
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner
    from panka.cli.views.plan import header  # noqa: PLC0415  # brings pydantic

    scope = scope_of(session, stack)
    state, _ = session.desk().state(scope)
    if state is None:
        raise Misused(f"{scope} has no state: nothing was ever applied.", "panka apply makes it")
    session.screen.tell(header(scope, state.target, state=state.serial))
    return state


def _next(session: Session, *words: str) -> None:
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views

    session.screen.tell(f"Next: {next_command(session, *words)}")
