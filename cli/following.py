"""Starts a run and follows it, or one that goes on, for one command that may be interrupted."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from panka.cli.exits import Interrupted, Misused, TimedOut
from panka.cli.next import command
from panka.cli.runs import Handle, Runs, memo
from panka.cli.session import Session
from panka.cli.showing import shown
from panka.cli.views.events import EventLog
from panka.cli.watching import Watch
from panka.planner.owner import Scope
from panka.planner.plan import Plan, PlanRef
from panka.workflows.messages import Result, RunInput

if TYPE_CHECKING:
    from panka.cli.applying import How


class Follower:
    """One command's watch of one run, with its place in the world of Ctrl-C."""

    def __init__(self, session: Session, scope: Scope, how: "How") -> None:
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
        """Of the latest run, or of the one of that number."""
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
