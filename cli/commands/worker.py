"""`panka worker`."""

import click

from panka.cli.commands.options import where
from panka.cli.session import opened


@click.command()
@where
def command(**flags: str | bool | None) -> int:
    """Carry out runs until SIGTERM or Ctrl-C; steps that have begun get time to settle.

    Any number of workers may poll one task queue.

    \b
    Examples:
      panka worker
      panka worker --task-queue panka-prod
    """
    from panka.cli.worker import run_worker  # noqa: PLC0415  # brings temporalio and boto3

    with opened(flags, spanned=False) as session:
        run_worker(session.settings, graceful=session.settings.graceful_shutdown)
    return 0
