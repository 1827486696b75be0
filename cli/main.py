"""`panka`: the table of commands, and what every command shares at its end: one sentence and an exit code."""

import importlib
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from panka.cli.exits import Exit, Interrupted, InvalidStack, stop_of

COMMANDS: dict[str, tuple[str, str]] = {
    "dev": ("dev", "Start Temporal, an AWS endpoint and a worker on this machine."),
    "init": ("init", "Write a small stack to begin with."),
    "validate": ("validate", "Check a stack without calling anything."),
    "fmt": ("fmt", "Put a stack's YAML in order."),
    "explain": ("explain", "Explain a kind, a field or an error code."),
    "schema": ("schema", "Show the JSON Schema that editors use."),
    "graph": ("graph", "Show what depends on what."),
    "export": ("export", "Write a stack as a CloudFormation template."),
    "plan": ("plan", "Show what an apply would change."),
    "apply": ("apply", "Make AWS what the stack says."),
    "watch": ("watch", "Follow a run to its end."),
    "approve": ("approve", "Approve of a plan, or of the next level of a run."),
    "retry": ("retry", "Let a paused run try again what failed."),
    "skip": ("skip", "Let a paused run go on without what failed."),
    "abort": ("abort", "End a paused run."),
    "cancel": ("cancel", "Cancel a run."),
    "drift": ("drift", "Show what others have changed in AWS, and keep looking."),
    "status": ("status", "Show the stacks of a tenant and what runs."),
    "history": ("history", "Show the runs of a stack."),
    "show": ("show", "Show one run."),
    "why": ("why", "Say why a component waits, failed or is replaced."),
    "open": ("open", "Show a run in Temporal's Web UI."),
    "diff": ("diff", "Show what differs between two runs."),
    "rollback": ("rollback", "Make AWS what an earlier run was for."),
    "destroy": ("destroy", "Delete everything that a stack made."),
    "output": ("output", "Show what a stack tells."),
    "state": ("state", "Look into the record of a stack, or change its addresses."),
    "unlock": ("unlock", "Free the lock of a run that has died."),
    "import": ("import_", "Take over what exists in AWS."),
    "tenant": ("tenant", "Register, change and show tenants."),
    "backend": ("backend", "Make the bucket and the table that hold the record."),
    "worker": ("worker", "Carry out runs until stopped."),
    "doctor": ("doctor", "Look for what is wrong with the surroundings."),
    "config": ("config", "Show the settings and where they come from."),
    "completion": ("completion", "Show a script with which a shell completes."),
    "version": ("version", "Show the versions of Panka and what it stands on."),
}
"""Each command's module in `panka.cli.commands`, which holds a click command called `command`, and its line of help."""


class LazyGroup(click.Group):
    """Loads a command's module when the command is run, so that help costs no import."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        if cmd_name not in COMMANDS:
            return None
        module, short = COMMANDS[cmd_name]
        command: click.Command = importlib.import_module(f"panka.cli.commands.{module}").command
        command.name, command.short_help = cmd_name, short
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands are completed from the table, without a look into their modules."""
        if incomplete and not incomplete[0].isalnum():
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=short) for name, (_, short) in COMMANDS.items() if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version  # noqa: PLC0415  # reading metadata takes longer than the rest of the help

    click.echo(f"panka {version('panka')}")
    ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def panka() -> None:
    """Deploy stacks written in YAML to AWS through Temporal.

    Begin with `panka dev` in one terminal and `panka apply --local` in another.
    """


def run(arguments: Sequence[str]) -> int:
    """Runs a command line. Tells every error on stderr and returns the exit code; raises nothing."""
    try:
        ended = panka.main(list(arguments), prog_name="panka", standalone_mode=False)
    except click.ClickException as error:
        return _misused(error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.OK  # whoever read the output has seen enough
    except Exception as error:  # noqa: BLE001  # the outermost frame: told here, ended here
        return _told(error)
    return _code(ended)


def _code(ended: Any) -> int:
    return int(ended) if isinstance(ended, int) else Exit.OK


def _misused(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return Exit.USAGE
    click.echo(f"error: {error.format_message()}", err=True)
    command = context.command_path if context is not None else "panka"
    click.echo(f"help: {command} --help shows what it takes", err=True)
    return Exit.USAGE


def _told(error: Exception) -> int:
    stop = stop_of(error)
    if stop is None:
        traceback.print_exception(error, file=sys.stderr)
        click.echo(f"error: This is a defect in Panka: {type(error).__name__}: {error}", err=True)
        click.echo("help: report it with the lines above and what you ran", err=True)
        return Exit.BUG
    if isinstance(stop, InvalidStack) and stop.report:
        click.echo(stop.report, err=True)
    elif stop.message:
        click.echo(stop.message if isinstance(stop, Interrupted) else f"error: {stop.message}", err=True)
    if stop.help:
        click.echo(f"help: {stop.help}" if not isinstance(stop, Interrupted) else f"   {stop.help}", err=True)
    return stop.code
