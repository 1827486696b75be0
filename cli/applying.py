"""Carries a plan out for somebody who sits in front of it: asks, starts the run, follows it, tells how it ended."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TextIO

from panka.cli.confirming import confirm
from panka.cli.exits import Exit, Locked, Misused, RunFailed
from panka.cli.next import command
from panka.cli.planned import Planned
from panka.cli.session import Session
from panka.cli.views.github import annotations, run_summary
from panka.cli.views.plan import plan_text
from panka.cli.views.run import failures_text, result_text
from panka.planner.core import OnFailure
from panka.planner.owner import Scope
from panka.planner.protecting import losses
from panka.planner.render.remarks import summary
from panka.workflows.messages import DriftInput, Result, RunInput


@dataclass(frozen=True, slots=True)
class How:
    """How a run is asked for, started and followed."""

    yes: bool = False
    confirm: tuple[str, ...] = ()
    """What may be lost without anybody being asked: components, or the stack that is destroyed."""
    on_failure: OnFailure | None = None
    """None: as the stack itself wishes."""
    lock_timeout: float = 0
    parallelism: int = 100
    schedule: Literal["ready", "levels"] = "ready"
    pause_between_levels: bool = False
    require_approval: bool = False
    detach: bool = False
    cancel_on_interrupt: bool = False
    timeout: float | None = None
    events: TextIO | None = None
    """Where every event goes, for programs."""
    form: str = "table"
    detail: bool = False

    @classmethod
    def asked(cls, session: Session, ways: Mapping[str, Any], *, form: str, detail: bool) -> Self:
        """As the options of a command say, and the settings where these have the word."""
        if ways["pause_between_levels"] and ways["schedule"] != "levels":
            raise Misused("Only levels have something between them.", "add --schedule levels")
        if ways["detach"] and ways["events"]:
            raise Misused("Nobody hears the events of a run that is not followed.", "leave out --detach or --events")
        given = {**ways, "lock_timeout": session.settings.lock_timeout}
        return cls(**given, form=form, detail=detail)


def carry_out(session: Session, planned: Planned, how: How) -> int:
    """Shows the plan, asks, runs it. An empty plan starts nothing. Raises Stop for every other end than success."""
    plan = planned.plan
    if plan.empty:
        _tell_nothing(session, planned, how)
        return Exit.OK
    from panka.cli.following import Follower  # noqa: PLC0415  # brings temporalio, which a plan without changes needs not

    text = plan_text(plan, session.screen, detail=how.detail, notes=planned.notes)
    ref = planned.ref  # meanwhile it has been filed
    assert ref is not None  # noqa: S101  # only a plan without changes is not filed
    session.screen.tell(text)
    confirm(session, plan, yes=how.yes, named=how.confirm)
    run = RunInput(
        scope=plan.scope,
        plan=ref,
        kind=plan.operation,
        by=session.settings.user,
        git=plan.git,
        on_failure=how.on_failure or planned.on_failure,
        lock_wait=how.lock_timeout,
        window=how.parallelism,
        step_queue=session.settings.step_queue,
        approval=how.require_approval or planned.approval,
        may_lose=tuple(one.address for one in losses(plan)),
        schedule=how.schedule,
        pause_between_levels=how.pause_between_levels,
    )
    if planned.approval and not how.require_approval:
        session.screen.tell(f"In {plan.scope.environment} tenant {plan.scope.tenant} wants somebody to approve first.")
    if planned.drift_check is not None:
        _keep_looking(session, run, planned.drift_check)
    follower = Follower(session, plan.scope, how)
    result = follower.start(run, planned.weight)
    if result is None:
        return Exit.OK
    if plan.operation == "destroy" and result.result == "succeeded":
        _look_no_longer(session, plan.scope)
    if not result.run and result.result == "failed":
        _raise_if_locked(planned, follower.owner)
    return _report(session, plan.scope, result, how, follower.spent, tells=bool(plan.outputs))


def _keep_looking(session: Session, run: RunInput, every: float) -> None:
    """Gives a new stack the rhythm of drift checks that its tenant wants, before its first run: so it has it even if
    nobody follows the run. One that has a schedule keeps it."""
    from panka.cli.schedules import Rhythm, Schedules  # noqa: PLC0415  # as above

    input = DriftInput(scope=run.scope, by=run.by, step_queue=run.step_queue)

    async def begin() -> bool:
        schedules = await Schedules.connect(session.settings)
        return await schedules.begin(input, Rhythm(every), "as the tenant wants it")

    if asyncio.run(begin()):
        session.screen.tell(f"{run.scope} is looked at for drift {Rhythm(every)}, as its tenant wants it.")


def _look_no_longer(session: Session, scope: Scope) -> None:
    """Ends the drift checks of a stack of which nothing is left."""
    state, _ = session.desk().state(scope)
    if state is not None and state.resources:
        return

    from panka.cli.schedules import Schedules  # noqa: PLC0415  # as above

    async def end() -> bool:
        return await (await Schedules.connect(session.settings)).end(scope)

    if asyncio.run(end()):
        session.screen.tell(f"{scope} is no longer looked at for drift.")


def plan_and_carry_out(session: Session, plan: Callable[[Callable[[Scope], None]], Planned], how: How) -> int:
    """Makes a plan when no other run of the stack goes on, and carries it out; waits `how.lock_timeout` for that.

    Whoever is overtaken between the two plans again: a plan is only good for the state that it was made from.
    """
    until = time.monotonic() + how.lock_timeout

    def take_turn(scope: Scope) -> None:
        if how.lock_timeout:
            asyncio.run(_turn(session, scope, until))

    while True:
        planned = plan(take_turn)
        try:
            return carry_out(session, planned, replace(how, lock_timeout=0))
        except Locked:
            if time.monotonic() >= until:
                raise


async def _turn(session: Session, scope: Scope, until: float) -> None:
    from panka.cli.runs import Runs  # noqa: PLC0415  # as above

    runs = await Runs.connect(session.settings)
    await runs.turn(scope, until=until, tell=session.screen.tell)


def follow(session: Session, scope: Scope, how: How, number: int | None = None) -> int:
    """Follows the latest run of a stack, or the one of that number. Raises Misused when Temporal knows none."""
    from panka.cli.following import Follower  # noqa: PLC0415  # as above

    follower = Follower(session, scope, how)
    result = follower.join(number)
    return _report(session, scope, result, how, follower.spent)


def _tell_nothing(session: Session, planned: Planned, how: How) -> None:
    session.screen.tell(plan_text(planned.plan, session.screen, detail=False, notes=planned.notes).rpartition("\n")[0])
    if how.form == "table":
        session.screen.show(summary(planned.plan))
        return
    session.screen.data(how.form, {"scope": str(planned.plan.scope), "run": None, "result": "nothing to do"})


def _raise_if_locked(planned: Planned, owner: str) -> None:
    """A run that could not begin because another one, perhaps of another cluster, has the lock."""
    holder = planned.desk.holder(planned.plan.scope)
    if holder is not None and holder.owner != owner:
        raise Locked(
            f"{planned.plan.scope} is held by {holder.who}, who runs {holder.operation} since {holder.since}.",
            "--lock-timeout 5m waits for its end",
        )


def _report(session: Session, scope: Scope, result: Result, how: How, spent: float, *, tells: bool = True) -> int:
    """How a run has ended, with the stack's outputs if it may have any (`tells`)."""
    screen = session.screen
    session.mark({"panka.run": result.run})
    if result.failures:
        screen.tell()
        screen.tell(failures_text(result.failures, screen))
        screen.tell()
    if screen.terminal.annotations:
        for line in annotations(result.failures):
            screen.tell(line)
    screen.summarise(run_summary(scope, result, spent))
    outputs = _outputs(session, scope) if result.result == "succeeded" and tells else {}
    if how.form == "table":
        screen.show("\n".join([result_text(scope, result, spent), *_output_lines(outputs)]))
    else:
        content = {"scope": str(scope), **result.model_dump(mode="json", by_alias=True), "outputs": outputs}
        screen.data(how.form, content)
    number = f"{scope.stack}#{result.run}"
    if result.result == "succeeded":
        if session.local is not None and not session.stays:
            return Exit.OK  # what could come next ends with the session
        screen.tell(f"Next: {command(session, 'show', number)}        {command(session, 'status')}")
        return Exit.OK
    raise RunFailed("", f"{command(session, 'show', number)} tells more" if result.run else "")


def _outputs(session: Session, scope: Scope) -> dict[str, Any]:
    settings = session.settings
    if not (settings.bucket and settings.table):
        return {}  # whoever only watches needs no access to the state
    state, _ = session.desk().state(scope)
    return dict(state.outputs) if state else {}


def _output_lines(outputs: dict[str, Any]) -> list[str]:
    width = max((len(name) for name in outputs), default=0)
    return [f"  {name.ljust(width)}  {value}" for name, value in outputs.items()]
