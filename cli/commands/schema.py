"""`panka schema`."""

import json
from pathlib import Path

import click

from panka.cli.exits import Exit, Misused
from panka.cli.settings import read_terminal
from panka.cli.views.screen import Screen


@click.command()
@click.argument("path", default=".")
@click.option("--write", is_flag=True, help="Write it beside the stack at PATH instead of showing it.")
@click.option("--overlay", is_flag=True, help="For documents of environments/, in which nothing is required.")
def command(path: str, write: bool, overlay: bool) -> int:
    """Show the JSON Schema (draft-07) of a stack's documents, from which editors complete and check.

    \b
    Examples:
      panka schema > panka.schema.json
      panka schema --write examples/shop
    A file takes it with this line at its top:
      # yaml-language-server: $schema=panka.schema.json
    """
    from panka.planner.authoring.schema import FILE, OVERLAY_FILE, schema  # noqa: PLC0415  # as above
    from panka.planner.kinds import KINDS  # noqa: PLC0415  # brings the planner

    screen = Screen(read_terminal())
    text = json.dumps(schema(KINDS, overlay=overlay), indent=2, ensure_ascii=False)
    if not write:
        screen.show(text)
        return Exit.OK
    at = Path(path)
    if not at.exists():
        raise Misused(f"There is no stack at {path}.", "name its folder or its YAML file")
    written = (at if at.is_dir() else at.parent) / (OVERLAY_FILE if overlay else FILE)
    try:
        written.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise Misused(f"{written} cannot be written: {error.strerror}.") from error
    screen.show(str(written))
    screen.tell(f"Next: put `# yaml-language-server: $schema={written.name}` at the top of the files beside it")
    return Exit.OK
