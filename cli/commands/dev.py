"""`panka dev`: the embedded parts, until Ctrl-C."""

from pathlib import Path

import click

from panka.cli.commands.options import local_places
from panka.cli.exits import Exit, Unreachable
from panka.cli.session import begin


@click.command()
@local_places
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="How many workers to start.")
def command(workers: int, state_dir: str | None) -> int:
    """Start Temporal with its Web UI, an AWS endpoint in memory and a worker, and keep them until Ctrl-C.

    Nothing of a real AWS account is touched. Other commands use the session with `--local`.

    \b
    Examples:
      panka dev
      panka dev --workers 2
    """
    from panka.cli.dev import LocalFailed, start  # noqa: PLC0415  # brings pydantic

    session = begin({"state_dir": state_dir, "local": True})
    folder = Path(session.settings.state_dir).absolute().parent
    try:
        local = start(folder, session.screen.tell, workers=workers)
        try:
            session.screen.tell(f"Logs are in {local.info.logs}. Ctrl-C ends the session and forgets what it made.")
            session.screen.tell("Next, in another terminal: panka apply --local PATH")
            local.wait()
        finally:
            local.stop()
    except LocalFailed as error:
        raise Unreachable(str(error)) from error
    session.screen.tell("The session has ended.")
    return Exit.OK
