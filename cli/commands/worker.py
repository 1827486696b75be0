"""`panka worker`: carries out runs, and says which release of it new runs go to."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from panka.cli.commands.options import F, output, where
from panka.cli.exits import Exit
from panka.cli.session import Session, opened

if TYPE_CHECKING:
    from panka.cli.releases import Release, Releases


def _release(function: F) -> F:
    """Which release is meant."""
    return click.option("--deployment", "worker_deployment", metavar="NAME", help="The deployment of the workers.")(
        function
    )


@click.group(invoke_without_command=True)
@_release
@click.option(
    "--build-id", "worker_build_id", metavar="ID", help="The build that this worker is; default: made of its code."
)
@where
@click.pass_context
def command(ctx: click.Context, /, **flags: str | bool | None) -> int:
    """Carry out runs until SIGTERM or Ctrl-C; steps that have begun get time to settle.

    Any number of workers may poll one task queue. With --deployment, a run stays with workers of the build that it
    began on, and new runs go to the build that was promoted last.

    \b
    Examples:
      panka worker
      panka worker --deployment panka
    """
    ctx.obj = {name: value for name, value in flags.items() if value is not None}
    if ctx.invoked_subcommand is not None:
        return Exit.OK
    from panka.cli.worker import run_worker  # noqa: PLC0415  # brings temporalio and boto3

    with opened(flags, spanned=False) as session:
        run_worker(session.settings, graceful=session.settings.graceful_shutdown)
    return Exit.OK


@command.command("promote")
@click.argument("build", required=False)
@_release
@where
@click.pass_obj
def promote(before: dict[str, Any], /, build: str | None, **flags: str | bool | None) -> int:
    """Let new runs go to BUILD (default: the build of this installation). Runs that go on stay where they are.

    Its workers must be there already.

    Example: panka worker promote --deployment panka
    """
    with opened(_merged(before, flags)) as session:
        return asyncio.run(_promote(session, build))


@command.command("releases")
@_release
@output("table", "json", "yaml")
@where
@click.pass_obj
def releases(before: dict[str, Any], /, form: str, **flags: str | bool | None) -> int:
    """List the builds of the deployment, and how many runs belong to each: workers of one without runs may go.

    Example: panka worker releases --deployment panka
    """
    from panka.cli.views.releases import releases_text  # noqa: PLC0415  # only this command shows them

    with opened(_merged(before, flags)) as session:
        deployment = session.settings.need("worker_deployment")
        found = asyncio.run(_every(session))
        if form == "table":
            session.screen.show(releases_text(deployment, found))
        else:
            rows = [{"build": one.build, "state": one.state, "runs": one.runs} for one in found]
            session.screen.data(form, {"deployment": deployment, "releases": rows})
    return Exit.OK


def _merged(before: dict[str, Any], flags: dict[str, Any]) -> dict[str, Any]:
    """Flags may stand before the subcommand as well as after it."""
    return before | {name: value for name, value in flags.items() if value is not None}


async def _releases(session: Session) -> "Releases":
    from panka.cli.releases import Releases  # noqa: PLC0415  # brings temporalio
    from panka.cli.runs import open_client  # noqa: PLC0415  # as above

    deployment = session.settings.need("worker_deployment")
    return Releases(await open_client(session.settings), deployment)


async def _every(session: Session) -> "list[Release]":
    return await (await _releases(session)).every()


async def _promote(session: Session, build: str | None) -> int:
    from panka.cli.build import own_build  # noqa: PLC0415  # reads all of the code

    chosen = build or session.settings.worker_build_id or own_build()
    await (await _releases(session)).promote(chosen)
    session.screen.tell(f"New runs go to build {chosen}. Runs that go on stay with the build that they began on.")
    session.screen.tell("Next: panka worker releases        (tells when the build before has none left)")
    return Exit.OK
