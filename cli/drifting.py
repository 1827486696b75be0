"""What `panka drift` does: looks, tells, answers, and keeps the schedule by which stacks are looked at."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from panka.cli.applying import How, carry_out
from panka.cli.checks import checked
from panka.cli.exits import Exit, InvalidStack, Locked, Misused, RunFailed
from panka.cli.next import command
from panka.cli.planned import Planned, at
from panka.cli.schedules import Rhythm, Schedules
from panka.cli.session import Session
from panka.cli.stacks import HERE, chosen, compiled, is_path, scope_of
from panka.cli.stacks import look as look_at
from panka.cli.views.drift import Scheduled, drift_text, schedules_text
from panka.cli.views.plan import header
from panka.planner.answering import acceptance, restoration
from panka.planner.assemble import Protected
from panka.planner.diagnostics import Invalid
from panka.planner.drift import Report, Status, Verdict
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.resource import Properties
from panka.planner.state import State
from panka.workflows.messages import DriftInput

Answer = Callable[[Report, State], tuple[Plan, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Showing:
    """How what was found is shown."""

    form: str = "table"
    detail: bool = False
    detailed_exitcode: bool = False
    timeout: float | None = None


def look(session: Session, stack: str | None, notify: Sequence[str], showing: Showing) -> int:
    """Looks, and shows what was found, beside what the stack's files say, where they are at hand.

    Raises RunFailed when some of it could not be read and nothing has drifted.
    """
    scope = scope_of(session, stack)
    report = checked(session, scope, notify, showing.timeout)
    if report is None:
        raise Misused(f"{scope} has no state: nothing was ever applied.", "panka apply makes it")
    report = report.beside(_wanted(session, stack, report))
    _show(session, report, showing)
    if report.verdict is Verdict.DRIFTED:
        keep = command(session, "drift", scope.stack, "--accept")
        files = [stack] if stack is not None and is_path(stack) else []
        session.screen.tell(f"  restore: {command(session, 'apply', *files)}     keep: {keep}")
        return Exit.CHANGES if showing.detailed_exitcode else Exit.OK
    if report.verdict is Verdict.UNKNOWN:
        raise RunFailed(
            _unknown(report), "what could not be read may have changed: look at the credentials of the worker"
        )
    session.screen.tell(f"Next: {command(session, 'drift', scope.stack, '--every', '6h')}")
    return Exit.OK


def _wanted(session: Session, stack: str | None, report: Report) -> dict[str, Properties]:
    """What the stack's files say of the resources that have changed; nothing where they make no plan."""
    changed = [one.address for one in report.findings if one.status is Status.CHANGED]
    if not changed or (stack is not None and not is_path(stack)):
        return {}
    try:
        whole = compiled(session, look_at(session, stack or HERE))
        plan, state = whole.desk.plan(whole.compiled, whole.scope, whole.target)
    except (InvalidStack, Invalid, Protected) as error:
        session.screen.tell(f"note: what the stack's files say is left out: {error}")
        return {}
    recorded = {key: one.properties for key, one in state.resources.items()} if state else {}
    planned = {step.key: step.properties for step in plan.forward}
    return {address: (recorded | planned)[address] for address in changed if address in recorded | planned}


def answer(session: Session, scope: Scope, make: Answer, how: How, timeout: float | None) -> int:
    """Looks, and carries out the plan that answers what was found, once it is confirmed."""
    report = checked(session, scope, (), timeout)
    desk = session.desk()
    state, pointer = desk.state(scope)
    if report is None or state is None:
        raise Misused(f"{scope} has no state: nothing was ever applied.", "panka apply makes it")
    if report.moved or report.state != pointer:
        raise Locked(f"{scope} was changed meanwhile.", "run the command again")
    plan, left = make(report, state)
    if plan.empty:
        _show(session, report, Showing(how.form))
        for one in left:
            session.screen.tell(f"note: {one}")
        session.screen.tell("There is nothing to do.")
        return Exit.OK
    return carry_out(session, Planned(desk, plan, at(desk.save(plan)), left, "keep"), how)


ANSWERS: dict[str, Answer] = {"accept": acceptance, "restore": restoration}


def keep(session: Session, scope: Scope, rhythm: Rhythm, input: DriftInput, note: str) -> int:
    """Lets the stack be looked at of itself."""

    async def set_() -> None:
        await (await Schedules.connect(session.settings)).keep(input, rhythm, note)

    if session.desk().state(scope)[1] is None:
        session.screen.tell(f"note: nothing of {scope} is on record yet")
    asyncio.run(set_())
    session.screen.tell(f"{scope} is looked at {rhythm}.")
    session.screen.tell(f"Next: {command(session, 'drift', '--list')}")
    return Exit.OK


def change(session: Session, scope: Scope, what: str) -> int:
    """Ends, pauses or resumes the schedule. Raises Misused when there is none."""

    async def changed() -> str:
        schedules = await Schedules.connect(session.settings)
        match what:
            case "off":
                return "is no longer looked at of itself" if await schedules.end(scope) else "has no schedule"
            case "pause":
                await schedules.pause(scope, session.settings.user)
                return "is not looked at until somebody resumes it"
            case _:
                await schedules.resume(scope)
                return "is looked at again"

    session.screen.tell(f"{scope} {asyncio.run(changed())}.")
    return Exit.OK


def list_schedules(session: Session, form: str) -> int:
    """Every schedule of the tenant, in the environment in use if one was chosen."""
    settings = session.settings
    tenant = settings.need("tenant")

    async def found() -> Sequence[Scheduled]:
        return await (await Schedules.connect(settings)).of(tenant)

    every = asyncio.run(found())
    shown = [one for one in every if chosen(session, "environment") in (None, one.scope.environment)]
    if not shown and form == "table":
        session.screen.tell(f"No stack of {tenant} is looked at of itself.")
        session.screen.tell(f"Next: {command(session, 'drift', 'STACK', '--every', '6h')}")
    elif form == "table":
        session.screen.show(schedules_text(shown, datetime.now(UTC)))
    else:
        session.screen.data(form, {"tenant": tenant, "schedules": [one.data() for one in shown]})
    return Exit.OK


def _show(session: Session, report: Report, showing: Showing) -> None:
    screen = session.screen
    screen.tell(header(report.scope, report.target, state=report.state.serial))
    if showing.form == "table":
        screen.show(drift_text(report, screen, detail=showing.detail))
        return
    counts = {status.name.lower(): report.count(status) for status in Status}
    said = report.model_dump(mode="json", by_alias=True, exclude={"findings": {"__all__": {"accepted", "live"}}})
    screen.data(showing.form, {"verdict": report.verdict, "counts": counts, **said})


def _unknown(report: Report) -> str:
    if report.moved:
        return f"The state of {report.scope} moved again and again, so that nobody can judge."
    number = report.count(Status.UNKNOWN)
    return f"{number} resource{'s' if number > 1 else ''} of {report.scope} could not be read."
