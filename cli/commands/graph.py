"""`panka graph`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from panka.cli.commands.options import stack_choice, values
from panka.cli.exits import Exit, Misused
from panka.cli.session import begin

if TYPE_CHECKING:
    from panka.planner.render.picture import Picture

FORMATS = ("text", "tree", "stats", "dot", "mermaid", "json", "svg", "html")


@click.command()
@click.argument("path", default=".")
@values
@click.option("-f", "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="The form.")
@click.option("--focus", metavar="NAME", help="Only this one, what it needs and what needs it.")
@click.option("--detail", is_flag=True, help="AWS resources instead of components.")
@stack_choice
def command(
    path: str,
    given: tuple[str, ...],
    files: tuple[str, ...],
    form: str,
    focus: str | None,
    detail: bool,
    **flags: str | None,
) -> int:
    """Show what depends on what in the stack at PATH. Nothing is called.

    \b
    Examples:
      panka graph shop
      panka graph shop --focus api -f mermaid
      panka graph shop -f html > shop.html
    """
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.stacks import offline, read, report  # noqa: PLC0415  # brings the planner
    from panka.planner.render import picture  # noqa: PLC0415  # as above

    session = begin(flags)
    draft = read(session, path, given, files)
    compiled = offline(session, draft)
    report(session, draft, compiled.diagnostics)
    resources = compiled.resources
    drawn = picture.of_resources(resources) if detail else picture.of_components(resources)
    if focus is not None:
        drawn = _focused(drawn, focus)
    if form == "json":
        session.screen.data("json", {"stack": draft.name, **_data(drawn)})
    else:
        session.screen.show(_text(draft.name, drawn, form))
    session.screen.tell(f"Next: {next_command(session, 'plan', *(() if path == '.' else (path,)))}")
    return Exit.OK


def _focused(drawn: "Picture", focus: str) -> "Picture":
    from panka.planner.diagnostics import did_you_mean  # noqa: PLC0415  # only for a wrong name

    try:
        return drawn.around(focus)
    except KeyError as error:
        names = [name for node in drawn.nodes for name in (node.id, node.label)]
        raise Misused(
            f"The stack has no `{focus}`.", did_you_mean(focus, names) or "panka graph shows all names"
        ) from error


def _text(name: str, drawn: "Picture", form: str) -> str:
    from panka.planner.render import ascii as levels  # noqa: PLC0415  # brings the planner
    from panka.planner.render import dot, mermaid, stats, tree  # noqa: PLC0415  # as above

    match form:
        case "tree":
            return tree.tree(drawn)
        case "stats":
            return stats.stats_text(stats.stats(drawn))
        case "dot":
            return dot.dot(drawn)
        case "mermaid":
            return mermaid.mermaid(drawn)
        case "svg" | "html":
            return _page(name, drawn, form)
        case _:
            return levels.ascii(drawn)


def _page(name: str, drawn: "Picture", form: str) -> str:
    from panka.planner.render.filling import of_stack  # noqa: PLC0415  # brings what plans are shown with
    from panka.planner.render.html import html  # noqa: PLC0415  # as above
    from panka.planner.render.svg import svg  # noqa: PLC0415  # as above

    sheet = of_stack(name, drawn)
    return svg(sheet) if form == "svg" else html(sheet).rstrip()


def _data(drawn: "Picture") -> dict[str, Any]:
    return {"nodes": [asdict(node) for node in drawn.nodes], "criticalPath": list(drawn.critical)}
