"""`panka open`."""

import asyncio
from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import stack_argument, where
from panka.cli.exits import Exit, Misused
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.planner.owner import Scope


@click.command()
@stack_argument(required=False, metavar="[STACK|RUN]")
@click.option("--print", "only_print", is_flag=True, help="Only print the link.")
@where
def command(stack: str | None, only_print: bool, **flags: str | None) -> int:
    """Show the latest run of STACK (or the RUN of that number) in Temporal's Web UI, and print its link.

    Where the Web UI is the setting `temporal_ui` says (PANKA_TEMPORAL_UI); of a local session and of Temporal Cloud
    it is known.

    \b
    Examples:
      panka open shop
      panka open shop#43 --print
    """
    from panka.cli.recorded import run_or_stack  # noqa: PLC0415  # brings the planner

    with opened(flags) as session:
        scope, number = run_or_stack(session, stack)
        base = _base(session)
        link = asyncio.run(_link(session, scope, number, base))
        session.screen.show(link)
        if session.screen.terminal.prompts and not only_print:
            click.launch(link)
    return Exit.OK


def _base(session: Session) -> str:
    settings = session.settings
    host, _, port = settings.temporal_address.rpartition(":")
    if found := session.ui_url or settings.temporal_ui:
        return found.rstrip("/")
    if host.endswith((".tmprl.cloud", ".temporal.io")):
        return "https://cloud.temporal.io"
    if host in ("127.0.0.1", "localhost") and port.isdecimal():
        return f"http://{host}:{int(port) + 1000}"  # where the development server puts it
    return settings.need("temporal_ui")


async def _link(session: Session, scope: "Scope", number: int | None, base: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415  # only here

    from panka.cli.runs import Runs  # noqa: PLC0415  # brings temporalio

    runs = await Runs.connect(session.settings)
    handle = await (runs.latest(scope) if number is None else runs.numbered(scope, number))
    if handle is None:
        raise Misused(f"Temporal knows no such run of {scope}.", f"panka history {scope.stack} shows those on record")
    namespace = quote(session.settings.temporal_namespace, safe="")
    return f"{base}/namespaces/{namespace}/workflows/{quote(str(scope), safe='')}/{handle.run_id}/history"
