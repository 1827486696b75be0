"""`panka export`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import output, stack_choice, values
from panka.cli.exits import Exit
from panka.cli.session import Session, begin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panka.planner.export import Template
    from panka.planner.stack import Draft
    from panka.planner.state import Target


@click.command()
@click.argument("path", default=".")
@values
@click.option(
    "-f", "--format", "language", type=click.Choice(["cloudformation"]), default="cloudformation", show_default=True,
    help="What to write the stack as.",
)  # fmt: skip
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Write the template to a file.")
@click.option("--assets", metavar="FOLDER", type=click.Path(file_okay=False), help="Write the packed code to a folder.")
@output("yaml", "json")
@stack_choice
def command(
    path: str,
    given: tuple[str, ...],
    files: tuple[str, ...],
    language: str,  # noqa: ARG001  # there is one as yet; click has checked it
    out: str | None,
    assets: str | None,
    form: str,
    **flags: str | None,
) -> int:
    """Write the stack at PATH (a folder or a YAML file) as a CloudFormation template. Nothing is called.

    The template makes the resources that a first apply would make. What it needs from outside are its parameters.

    \b
    Example:
      panka export shop > shop.template.json
    """
    from panka.cli.stacks import read, report, scope_of_draft  # noqa: PLC0415  # brings the planner
    from panka.planner.export import MOST_RESOURCES, template  # noqa: PLC0415  # as above

    session = begin(flags)
    draft = read(session, path, given, files)
    scope = scope_of_draft(session, draft)
    compiled = draft.compile(scope, _target(draft))
    report(session, draft, [one for one in compiled.diagnostics if one not in draft.diagnostics])
    made = template(scope, compiled.resources, compiled.outputs, compiled.assets, draft.description)
    _write(session, _text(made, form), out)
    if assets is not None:
        _pack(Path(assets), compiled.assets)
    if len(made["Resources"]) > MOST_RESOURCES:
        session.screen.tell(
            f"The template holds {len(made['Resources'])} resources, and CloudFormation takes {MOST_RESOURCES}."
        )
    return Exit.OK


def _target(draft: "Draft") -> "Target":
    """Account and region as the stack says; what it leaves open stays open in the template."""
    from panka.planner.export import ANYWHERE  # noqa: PLC0415  # brings the planner

    said = {"account": draft.provider.account_id, "region": draft.provider.region}
    return ANYWHERE.model_copy(update={name: value for name, value in said.items() if value is not None})


def _text(made: "Template", form: str) -> str:
    if form == "json":
        return json.dumps(made, indent=2)
    import yaml  # noqa: PLC0415  # only this form needs it

    # A document of its own for every value, as nobody wants to read anchors.
    dumper = type("Plain", (yaml.SafeDumper,), {"ignore_aliases": lambda _self, _data: True})
    return yaml.dump(made, Dumper=dumper, sort_keys=False, width=120, allow_unicode=True).rstrip()


def _write(session: Session, text: str, out: str | None) -> None:
    if out is None:
        session.screen.show(text)
    else:
        Path(out).write_text(f"{text}\n", encoding="utf-8")


def _pack(folder: Path, assets: "Mapping[str, bytes]") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for digest, content in assets.items():
        (folder / f"{digest}.zip").write_bytes(content)
