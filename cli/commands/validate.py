"""`panka validate`."""

from typing import TYPE_CHECKING

import click

from panka.cli.commands.options import stack_choice, tenant_config, values
from panka.cli.exits import Exit
from panka.cli.session import Session, begin
from panka.planner.render.words import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panka.planner.diagnostics import Diagnostic
    from panka.planner.render.reports import Format
    from panka.planner.stack import Draft

FORMATS = ("full", "concise", "json", "github", "sarif", "junit")
"""Those of the planner, named here so that `--help` needs none of it."""


@click.command()
@click.argument("path", default=".")
@values
@click.option(
    "-f", "--format", "form", type=click.Choice(FORMATS), default="full", show_default=True,
    help="How mistakes are shown: for people, or as GitHub annotations, SARIF 2.1.0 or JUnit XML on stdout.",
)  # fmt: skip
@click.option(
    "--max-errors", type=click.IntRange(min=1), default=50, show_default=True,
    help="How many mistakes are shown to people; programs get all.",
)  # fmt: skip
@tenant_config
@stack_choice
def command(
    path: str,
    given: tuple[str, ...],
    files: tuple[str, ...],
    form: "Format",
    max_errors: int,
    tenant_config: str | None,
    **flags: str | None,
) -> int:
    """Check the stack at PATH (a folder or a YAML file): every error at once. Nothing is called.

    \b
    Examples:
      panka validate
      panka validate services/api -f github
    """
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.stacks import look, offline, tenant_in  # noqa: PLC0415  # brings the planner
    from panka.planner.allowance import Home  # noqa: PLC0415  # as above
    from panka.planner.diagnostics import errors, in_order  # noqa: PLC0415  # as above
    from panka.planner.render.reports import DOCUMENTS  # noqa: PLC0415  # as above

    session = begin(flags)
    tenant = tenant_in(tenant_config)
    draft = look(session, path, given, files, tenant)
    found = draft.diagnostics
    compiled = None if errors(found) else offline(session, draft)
    if compiled is not None:
        settings = session.settings
        home = Home(draft.tenant, draft.environment or settings.environment, draft.provider.region or settings.region)
        beyond = draft.beyond(tenant, compiled, home) if tenant else ()
        found = in_order((*found, *compiled.diagnostics, *beyond))
    _show(session, draft, found, form, max_errors)
    if compiled is None or errors(found):
        return Exit.INVALID
    if form not in DOCUMENTS:
        services = {component.service for component in draft.components.values() if component.service}
        numbers = f"{many(len(draft.components), 'component')} in {many(len(services), 'service')}"
        session.screen.show(f"{draft.name} is valid: {numbers}, {many(len(compiled.resources), 'AWS resource')}.")
    session.screen.tell(f"Next: {next_command(session, 'plan', *(() if path == '.' else (path,)))}")
    return Exit.OK


def _show(session: Session, draft: "Draft", found: "Sequence[Diagnostic]", form: "Format", max_errors: int) -> None:
    """Mistakes are what is asked for here, but only machines read them on stdout."""
    from panka.planner.render.reports import rendered  # noqa: PLC0415  # brings the planner

    text = rendered(form, found, draft.source_line, draft.files, max_errors=max_errors).rstrip()
    if not text:
        return
    if form in ("full", "concise"):
        session.screen.tell(text)
    else:
        session.screen.show(text)
