"""`panka drift`."""

from typing import Any

import click

from panka.cli.commands.options import DURATION, output, stack_argument, where
from panka.cli.exits import Misused
from panka.cli.session import Session, opened

_ONE_OF = ("every", "cron", "off", "pause", "resume", "listed", "accept", "restore")


@click.command(
    epilog="""\b
    Examples:
      panka drift shop                               what have others changed?
      panka drift shop --accept                      keep what they have changed
      panka drift shop --restore                     take it back
      panka drift shop --every 6h --notify arn:aws:sns:eu-west-1:111122223333:drift
      panka drift shop --cron "0 6 * * 1-5" --reconcile
      panka drift --list"""
)
@stack_argument(required=False)
@click.option("--accept", is_flag=True, help="Write what is in AWS into the record, by a run.")
@click.option("--restore", is_flag=True, help="Make AWS as it is on record again, by a run; needs no files.")
@click.option("--every", type=DURATION, help="Look again and again, this often: 6h.")
@click.option("--cron", metavar="LINE", help="Look again and again, at these times (UTC).")
@click.option("--off", is_flag=True, help="Look no longer of itself.")
@click.option("--pause", is_flag=True, help="Let the schedule stand still.")
@click.option("--resume", is_flag=True, help="Let it go on.")
@click.option("--list", "listed", is_flag=True, help="Show the schedules of the tenant.")
@click.option(
    "--notify", metavar="TO", multiple=True,
    help="Tell this when the verdict changes: the ARN of an SNS topic or event bus, an https URL, or "
    "{{resolve:secretsmanager:NAME}} with one; may be repeated.",
)  # fmt: skip
@click.option("--reconcile", is_flag=True, help="With --every or --cron: restore what has changed, by a run.")
@click.option("--note", metavar="TEXT", default="", help="With --every or --cron: what others should know of it.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
@click.option("--detail", is_flag=True, help="Show every property, also those that others may change.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when something has changed.")
@click.option("--timeout", type=DURATION, help="Stop waiting after this long; the check goes on.")
@output("table", "json", "yaml")
@where
def command(stack: str | None, form: str, **given: Any) -> int:
    """Show what others have changed of STACK in AWS, and keep looking: a name, or a path (default: the stack here).

    What AWS and autoscaling own is told apart, what could not be read is unknown. Nothing is changed, except by
    --accept, --restore and --reconcile, each by a run.
    """
    asked = [name for name in _ONE_OF if given.get(name) not in (None, False)]
    if len(asked) > 1:
        words = " and ".join(f"--{'list' if name == 'listed' else name}" for name in asked)
        raise Misused(f"{words} do not go together.", "give one of them")
    if (given["reconcile"] or given["note"]) and asked not in (["every"], ["cron"]):
        raise Misused("--reconcile and --note are about a schedule.", "add --every 6h or --cron LINE")
    ours = ("notify", "reconcile", "note", "yes", "detail", "detailed_exitcode", "timeout", *_ONE_OF)
    flags = {name: value for name, value in given.items() if name not in ours}
    with opened(flags) as session:
        return _do(session, stack, asked[0] if asked else "look", form, given)


def _do(session: Session, stack: str | None, what: str, form: str, given: dict[str, Any]) -> int:
    from panka.cli import drifting  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.applying import How  # noqa: PLC0415  # as above
    from panka.cli.stacks import scope_of  # noqa: PLC0415  # brings the planner

    if what == "listed":
        return drifting.list_schedules(session, form)
    if what == "look":
        showing = drifting.Showing(form, given["detail"], given["detailed_exitcode"], given["timeout"])
        return drifting.look(session, stack, given["notify"], showing)
    scope = scope_of(session, stack)
    match what:
        case "off" | "pause" | "resume":
            return drifting.change(session, scope, what)
        case "every" | "cron":
            return _keep(session, scope, given)
        case _:
            how = How(yes=given["yes"], form=form, detail=given["detail"])
            return drifting.answer(session, scope, drifting.ANSWERS[what], how, given["timeout"])


def _keep(session: Session, scope: Any, given: dict[str, Any]) -> int:
    from panka.cli.checks import receivers  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.drifting import keep  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.schedules import Rhythm  # noqa: PLC0415  # as above
    from panka.workflows.messages import DriftInput  # noqa: PLC0415  # as above

    if given["every"] is not None and given["every"] < 1:
        raise Misused("A stack is looked at every second at most.", "give --every 6h")
    input = DriftInput(
        scope=scope,
        by=session.settings.user,
        notify=receivers(given["notify"]),
        reconcile=given["reconcile"],
        step_queue=session.settings.step_queue,
    )
    return keep(session, scope, Rhythm(given["every"] or 0, given["cron"] or ""), input, given["note"])
