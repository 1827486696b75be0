"""`panka init`."""

import json
from pathlib import Path

import click

from panka.cli.exits import Exit, Misused
from panka.cli.settings import is_name, read_terminal
from panka.cli.views.screen import Screen

TEMPLATES = ("queue-worker", "web-service", "static-site", "data")
_FOLDER = Path(__file__).parent.parent / "templates"
_STACK = "stack-name"
"""What the templates call the stack."""


@click.command()
@click.argument("path")
@click.option(
    "--template", type=click.Choice(TEMPLATES), default="web-service", show_default=True, help="What to begin with."
)
@click.option("--name", metavar="NAME", help="The stack's name; by default that of the folder.")
def command(path: str, template: str, name: str | None) -> int:
    """Write a small stack that is valid into the folder PATH. No file that exists is overwritten.

    \b
    Example:
      panka init shop --template queue-worker
    """
    screen = Screen(read_terminal())
    folder = Path(path)
    stack = name or folder.resolve().name
    if not is_name(stack):
        raise Misused(f"`{stack}` cannot be a stack's name: lower-case letters, digits and dashes.", "--name gives one")
    files = _contents(template, stack)
    taken = sorted(inside for inside in files if (folder / inside).exists())
    if taken:
        raise Misused(f"{', '.join(taken)} in {path} would be overwritten; nothing is written.", "name another folder")
    for inside, text in files.items():
        place = folder / inside
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise Misused(f"{place} cannot be written: {error.strerror}.") from error
        screen.show(place.as_posix())
    screen.tell(f"Next: cd {path} && panka validate")
    return Exit.OK


def _contents(template: str, stack: str) -> dict[str, str]:
    """The text of every file by its path in the folder."""
    from panka.planner.authoring.schema import FILE, OVERLAY_FILE, schema  # noqa: PLC0415  # as above
    from panka.planner.kinds import KINDS  # noqa: PLC0415  # brings the planner

    found: dict[str, str] = {}
    for source in (_FOLDER / "common", _FOLDER / template):
        for place in sorted(one for one in source.rglob("*") if one.is_file() and "__pycache__" not in one.parts):
            inside = place.relative_to(source)
            text = place.read_text(encoding="utf-8").replace(_STACK, stack)
            if inside.suffix == ".yaml":
                schema_at = "../" * (len(inside.parts) - 1) + FILE
                text = f"# yaml-language-server: $schema={schema_at}\n{text}"
            # Wheels leave files out whose names begin with a dot.
            found[".gitignore" if inside.name == "gitignore" else inside.as_posix()] = text
    for name, overlay in ((FILE, False), (OVERLAY_FILE, True)):
        found[name] = json.dumps(schema(KINDS, overlay=overlay), indent=2, ensure_ascii=False) + "\n"
    return found
