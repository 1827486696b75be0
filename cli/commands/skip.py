"""`panka skip`."""

import click

from panka.cli.commands.options import stack_argument, where
from panka.cli.completing import component_names
from panka.cli.session import opened


@click.command()
@stack_argument()
@click.argument("steps", nargs=-1, metavar="[STEP]...", shell_complete=component_names)
@where
def command(stack: str, steps: tuple[str, ...], **flags: str | None) -> int:
    """Let the paused run of STACK go on without what failed, and without what waits for it.

    STACK is a name or a path. STEP is a step that failed, by its address (`api:main`); without one, all are meant.

    \b
    Example:
      panka skip shop server:main
    """
    from panka.cli.deciding import decide  # noqa: PLC0415  # brings temporalio
    from panka.workflows.messages import SKIP  # noqa: PLC0415  # as above

    with opened(flags) as session:
        return decide(session, stack, SKIP, steps)
