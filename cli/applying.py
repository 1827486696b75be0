"""Carries a plan out for somebody who sits in front of it: asks, starts the run, follows it, tells how it ended."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TextIO

from panka.cli.confirming import confirm
from panka.cli.exits import Exit, Interrupted, Locked, Misused, RunFailed, TimedOut
from panka.cli.next import command
from panka.cli.planned import Planned
from panka.cli.runs import Handle, Runs, memo
from panka.cli.session import Session
from panka.cli.showing import shown
from panka.cli.views.events import EventLog
from panka.cli.views.github import annotations, run_summary
from panka.cli.views.plan import plan_text, summary
from panka.cli.views.run import failures_text, result_text
from panka.cli.watching import Watch
from panka.planner.core import OnFailure
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.workflows.messages import Result, RunInput
from panka.workflows.ports import PlanRef


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
    if plan.empty or planned.ref is None:
        _tell_nothing(session, planned, how)
        return Exit.OK
    session.screen.tell(plan_text(plan, session.screen, detail=how.detail, notes=planned.notes))
    confirm(session, plan, yes=how.yes, named=how.confirm)
    run = RunInput(
        scope=plan.scope,
        plan=planned.ref,
        kind=plan.operation,
        by=session.settings.user,
        git=plan.git,
        on_failure=how.on_failure or planned.on_failure,
        lock_wait=how.lock_timeout,
        window=how.parallelism,
        step_queue=session.settings.step_queue,
        approval=how.require_approval or planned.approval,
        schedule=how.schedule,
        pause_between_levels=how.pause_between_levels,
    )
    if planned.approval and not how.require_approval:
        session.screen.tell(f"In {plan.scope.environment} tenant {plan.scope.tenant} wants somebody to approve first.")
    follower = _Follower(session, plan.scope, how)
    result = follower.start(run, planned.weight)
    if result is None:
        return Exit.OK
    if not result.run and result.result == "failed":
        _raise_if_locked(planned, follower.owner)
    return _report(session, plan.scope, result, how, follower.spent)


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
    runs = await Runs.connect(session.settings)
    await runs.turn(scope, until=until, tell=session.screen.tell)


def follow(session: Session, scope: Scope, how: How, number: int | None = None) -> int:
    """Follows the latest run of a stack, or the one of that number. Raises Misused when Temporal knows none."""
    follower = _Follower(session, scope, how)
    result = follower.join(number)
    return _report(session, scope, result, how, follower.spent)


class _Follower:
    """One command's watch of one run, with its place in the world of Ctrl-C."""

    def __init__(self, session: Session, scope: Scope, how: How) -> None:
        self._session = session
        self._scope = scope
        self._how = how
        self._watch: Watch | None = None
        self._began = 0.0
        session.mark({"panka.stack": scope.stack})
        self.owner = ""
        """What the run's lock is held by, once it has begun."""

    @property
    def spent(self) -> float:
        return time.time() - self._began

    def start(self, run: RunInput, weight: float) -> Result | None:
        """None: the run goes on, and nobody was to follow it. `weight` is the tenant's share of the workers."""
        return self._interruptible(self._start(run, weight))

    def join(self, number: int | None) -> Result:
        result = self._interruptible(self._join(number))
        assert result is not None  # noqa: S101  # only a start can be left to itself
        return result

    async def _start(self, run: RunInput, weight: float) -> Result | None:
        settings = self._session.settings
        runs = await Runs.connect(settings)
        handle = await runs.start(run, wait=self._how.lock_timeout, weight=weight)
        self.owner = f"{settings.temporal_namespace}/{handle.id}/{handle.first_execution_run_id}"
        if self._how.detach:
            self._session.screen.tell(f"{self._scope} runs by itself.")
            self._session.screen.tell(f"Follow it: {command(self._session, 'watch', self._scope.stack)}")
            return None
        self._began = time.time()
        return await self._follow(runs, handle, run.by)

    async def _join(self, number: int | None) -> Result | None:
        runs = await Runs.connect(self._session.settings)
        handle = await (runs.latest(self._scope) if number is None else runs.numbered(self._scope, number))
        if handle is None:
            which = f"run of {self._scope}" if number is None else f"run {self._scope}#{number}"
            history = command(self._session, "history", self._scope.stack)
            raise Misused(f"Temporal knows no {which}.", f"{history} shows the runs that are on record")
        said = await memo(handle)
        self._began = (await handle.describe()).start_time.timestamp()
        return await self._follow(runs, handle, str(said.get("by", "unknown")))

    async def _follow(self, runs: Runs, handle: Handle, by: str) -> Result:
        hint = "" if self._how.cancel_on_interrupt else _ctrl_c(self._session)
        async with shown(self._session.screen, runs, handle, self._scope, by, hint) as (view, tell):
            log = EventLog(self._scope, self._how.events) if self._how.events else None
            self._watch = Watch(runs, handle, [view, *([log] if log else [])], tell, self._plan)
            result = await self._watch.follow(
                seconds=self._how.timeout, cancel_on_interrupt=self._how.cancel_on_interrupt
            )
            if log is not None:
                log.end(result, time.time())
            return result

    def _plan(self, ref: PlanRef) -> Plan:
        return self._session.desk().archive.plan(ref)

    def _interruptible(self, work: Any) -> Result | None:
        try:
            ended: Result | None = asyncio.run(work)
        except KeyboardInterrupt:
            if self._watch is None:
                raise
            raise Interrupted(*self._farewell("Stopped watching.")) from None
        except TimedOut as error:
            raise TimedOut(*self._farewell("--timeout is over.")) from error
        return ended

    def _farewell(self, why: str) -> tuple[str, str]:
        number = f"#{self._watch.run}" if self._watch and self._watch.run else ""
        run = f"{self._scope}{number}"
        if self._session.local is not None:
            return f"{why} {run} ends with the local session of this command.", "panka dev keeps a session"
        stack = self._scope.stack
        next_ = f"{command(self._session, 'watch', stack)}        {command(self._session, 'cancel', stack)}"
        return f"{why} {run} goes on and keeps its lock.", next_


def _ctrl_c(session: Session) -> str:
    where = f"  {session.ui_url}" if session.ui_url else ""
    return f"Ctrl-C stops watching only.{where}"


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


def _report(session: Session, scope: Scope, result: Result, how: How, spent: float) -> int:
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
    outputs = _outputs(session, scope) if result.result == "succeeded" else {}
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
