"""`panka doctor`."""

import click

from panka.cli.commands.options import output, where
from panka.cli.session import opened


@click.command()
@output("table", "json", "yaml")
@click.option("--json", "as_json", is_flag=True, help="The same as -o json.")
@where
def command(form: str, as_json: bool, **flags: str | None) -> int:
    """Look at all that Panka stands on, and say what is wrong and what mends it. Changes nothing.

    That is Python and the packages, the settings, Temporal with its namespace, worker and search attributes, the
    credentials, the clock, and the bucket and the table with their protection. Exits with the code of the first error.

    \b
    Examples:
      panka doctor
      panka doctor --json -e prod
    """
    from panka.cli.examining import code_of, examine  # noqa: PLC0415  # brings temporalio
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views
    from panka.cli.views.doctor import Health, doctor_text  # noqa: PLC0415  # as above

    with opened(flags) as session:
        findings = examine(session)
        code = code_of(findings)
        if form == "table" and not as_json:
            session.screen.show_folded(doctor_text(findings, session.screen))
        else:
            content = {"exitCode": int(code), "findings": [one.data() for one in findings]}
            session.screen.data("json" if as_json else form, content)
        mend = next((one.mend for one in findings if one.health is Health.WRONG and one.mend), "")
        session.screen.tell(f"Next: {mend or next_command(session, 'status')}")
    return code
