"""What a shell offers for an argument: names from a file in `.panka`, so that nothing is called and little imported."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from panka.cli import names
from panka.cli.exits import Stop
from panka.cli.settings import read_settings


def stack_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001  # click gives it
    """Stacks; a path is completed by the shell itself."""
    if incomplete.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="file")]
    return _starting(names.stacks(_folder(ctx)), incomplete)


def component_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001  # click gives it
    """Components of the stack that the command line names, else of all."""
    return _starting(names.components(_folder(ctx), ctx.params.get("stack")), incomplete)


def _starting(known: list[str], incomplete: str) -> list[CompletionItem]:
    """A component is found by its name as well as by its service's."""
    return [
        CompletionItem(name)
        for name in known
        if name.startswith(incomplete) or name.rpartition("/")[2].startswith(incomplete)
    ]


def _folder(ctx: click.Context) -> Path:
    try:
        return Path(read_settings({"state_dir": ctx.params.get("state_dir")}).state_dir)
    except Stop:
        return Path(".panka")
