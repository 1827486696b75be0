"""`panka output`."""

import click

from panka.cli.commands.options import output, where
from panka.cli.exits import Exit, Misused
from panka.cli.session import opened


@click.command()
@click.argument("name", required=False)
@click.option("--stack", metavar="NAME", help="The stack: a name, or a path; default: the stack here.")
@click.option("--all", "everything", is_flag=True, help="Those of every component, and which stacks use them.")
@click.option("--json", "as_json", is_flag=True, help="The same as -o json.")
@output("table", "json", "yaml")
@where
def command(
    name: str | None, stack: str | None, everything: bool, as_json: bool, form: str, **flags: str | None
) -> int:
    """Show the outputs of a stack as of its last run that succeeded, or only the value of NAME.

    NAME is one of the stack's own outputs, or `component.output`, as other stacks refer to it.

    \b
    Examples:
      panka output --stack shop
      panka output url --stack shop
      panka output api.url --json --stack shop
    """
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.recorded import recorded_state  # noqa: PLC0415  # brings the planner
    from panka.cli.views.outputs import Told, all_text, outputs_data, outputs_text, value_text  # noqa: PLC0415
    from panka.planner.diagnostics import did_you_mean  # noqa: PLC0415  # as above

    if name is not None and everything:
        raise Misused("One output is asked for, and all.", "leave NAME or --all away")
    form = "json" if as_json else form
    with opened(flags) as session:
        state = recorded_state(session, stack)
        told = Told.of(state, session.desk().beside(state.scope) if everything else ())
        if name is not None:
            if not told.has(name):
                hint = did_you_mean(name, told.names()) or "panka output --all shows what there is"
                raise Misused(f"{state.scope} has no output `{name}` on record.", hint)
            session.screen.show(value_text(told.value(name), form))
            return Exit.OK
        if form == "table":
            session.screen.show(all_text(told) if everything else outputs_text(told))
        else:
            session.screen.data(form, outputs_data(told, everything=everything))
        session.screen.tell(f"Next: {next_command(session, 'status', state.scope.stack)}")
    return Exit.OK
