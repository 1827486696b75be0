"""`panka config`."""

from typing import Any

import click

from panka.cli.commands.options import output, where
from panka.cli.exits import Exit
from panka.cli.session import begin
from panka.cli.settings import NAMES, Settings
from panka.cli.views.screen import table


@click.command()
@click.option("--show-origin", is_flag=True, help="Say of each setting where its value comes from.")
@output("table", "json", "yaml")
@where
def command(show_origin: bool, form: str, **flags: str | None) -> int:
    """Show every setting as it holds here: flags go before PANKA_*, before panka.toml, before the user's own file.

    \b
    Example:
      panka config --show-origin
    """
    session = begin(flags)
    settings = session.settings
    if form != "table":
        said = {name: {"value": _plain(settings, name), "origin": settings.origins[name]} for name in NAMES}
        session.screen.data(form, {"settings": said})
        return Exit.OK
    rows = [(name, _text(settings, name), settings.origins[name]) for name in NAMES]
    if show_origin:
        session.screen.show(table(("SETTING", "VALUE", "ORIGIN"), rows))
    else:
        session.screen.show(table(("SETTING", "VALUE"), [row[:2] for row in rows]))
    session.screen.tell("Next: panka doctor        (whether what they name is there and well)")
    return Exit.OK


def _plain(settings: Settings, name: str) -> Any:
    value = getattr(settings, name)
    return sorted(value) if isinstance(value, frozenset) else value


def _text(settings: Settings, name: str) -> str:
    value = _plain(settings, name)
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else f"{value:g}" if isinstance(value, float) else str(value)
