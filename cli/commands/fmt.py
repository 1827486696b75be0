"""`panka fmt`."""

from collections.abc import Iterator
from pathlib import Path

import click

from panka.cli.exits import Exit, InvalidStack, Misused
from panka.cli.settings import read_terminal
from panka.cli.views.screen import Screen


@click.command()
@click.argument("path", default=".")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 when a file is not in order.")
def command(path: str, check: bool) -> int:
    """Put the YAML at PATH (a file, or a stack's folder) in order. What it says stays, and so does every comment.

    Keys of a document stand as apiVersion, kind, metadata, spec; indentation is two blanks; quotes that say nothing go.

    \b
    Examples:
      panka fmt
      panka fmt --check examples/shop
    """
    screen = Screen(read_terminal())
    every = list(_files(path))
    changed: list[str] = []
    broken: list[str] = []
    for place, name in every:
        try:
            text = place.read_text(encoding="utf-8")
            new = _formatted(text, name, broken)
            if new not in (None, text):
                changed.append(name)
                if new is not None and not check:
                    place.write_text(new, encoding="utf-8", newline="\n")
        except (OSError, UnicodeDecodeError) as error:
            raise Misused(f"{name} cannot be put in order: {error}.") from error
    for name in changed:
        screen.show(name)
    if broken:
        raise InvalidStack("Some files are not the YAML of a stack.", report="\n\n".join(broken))
    if changed and check:
        screen.tell(f"{len(changed)} of {len(every)} files are not in order.\nNext: panka fmt {path}")
        return Exit.FAILED
    screen.tell(f"{len(every)} files, {len(changed)} changed.\nNext: panka validate {path}")
    return Exit.OK


def _files(path: str) -> Iterator[tuple[Path, str]]:
    """The file, or the folder's files that hold documents; each with its name as the user would type it."""
    from panka.planner.language.documents import FolderSource  # noqa: PLC0415  # brings the planner
    from panka.planner.language.envelopes import environments, layer_of  # noqa: PLC0415  # as above

    at = Path(path)
    if at.is_file():
        yield at, path
        return
    if not at.is_dir():
        raise Misused(f"There is nothing at {path}.", "name a stack's folder or a YAML file")
    paths = FolderSource(at, path).paths()
    for environment in (None, *environments(paths)):
        layer = "base" if environment is None else "overlay"
        for inside in paths:
            if layer_of(inside, environment) == layer:
                yield at / inside, (Path(path) / inside).as_posix()


def _formatted(text: str, name: str, broken: list[str]) -> str | None:
    """The text in order; None, and its mistakes told, when it is not the YAML of a stack."""
    from panka.planner.authoring.formatting import Unchangeable, formatted  # noqa: PLC0415  # as above
    from panka.planner.diagnostics import Findings  # noqa: PLC0415  # brings the planner
    from panka.planner.language.documents import SourceFile, parse  # noqa: PLC0415  # as above
    from panka.planner.render.diagnostics import full  # noqa: PLC0415  # as above

    file, findings = SourceFile(name, name, text), Findings()
    parse(file, findings)
    if findings.all():
        broken.append(full(findings.all(), lambda _file, line: file.lines[line - 1]).rstrip())
        return None
    try:
        return formatted(text)
    except Unchangeable as error:
        broken.append(f"error: {name} is left as it is: {error}.")
        return None
