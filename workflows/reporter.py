"""What a shard tells its run: in groups, one signal at a time, soon where somebody waits for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Failure
    from panka.planner.journal import Filed
    from panka.planner.resource import Properties
    from panka.workflows.messages import REPORT, Event, EventKind, News, Report, Standing

_MOST = 500
"""Events, and as many pieces of news, in one report."""
_LATEST = timedelta(milliseconds=500)
"""How long something may wait that nobody waits for."""


class Reporter:
    """Gathers what there is to tell, and tells it until the end."""

    def __init__(self, index: int, standing: Callable[[], Standing], on_orphaned: Callable[[], None]) -> None:
        """`on_orphaned` is called when nobody is there any more to be told anything."""
        self._index = index
        self._standing = standing
        self._on_orphaned = on_orphaned
        self._told: Standing | None = None
        self._events: list[Event] = []
        self._failures: list[Failure] = []
        self._filed: list[tuple[Filed, int]] = []
        self._news: list[News] = []
        self._over = False

    def tell(self, kind: EventKind, key: str, text: str = "") -> None:
        self._events.append(Event(at=workflow.time(), kind=kind, key=key, text=text))

    def fail(self, failure: Failure) -> None:
        self._failures.append(failure)

    def filed(self, filed: Filed, results: int) -> None:
        self._filed.append((filed, results))

    def offer(self, to: int, key: str, address: str, values: Properties) -> None:
        self._news.append(News(to=to, key=key, address=address, values=values))

    def end(self) -> None:
        """What there is to tell now is the last."""
        self._over = True

    async def run(self) -> None:
        """Until the end, or until the run is not there any more."""
        parent = workflow.info().parent
        if parent is None:
            return
        run = workflow.get_external_workflow_handle(parent.workflow_id, run_id=parent.run_id)
        while not self._over or self._dirty():
            await workflow.wait_condition(lambda: self._over or self._dirty())
            await self._wait_a_moment()
            if not self._dirty():
                continue
            try:
                await run.signal(REPORT, self._next())
            except FailureError:
                workflow.logger.warning("The run is not there any more.")
                self._on_orphaned()
                return

    async def _wait_a_moment(self) -> None:
        try:
            await workflow.wait_condition(lambda: self._over or self._urgent(), timeout=_LATEST)
        except TimeoutError:
            return

    def _dirty(self) -> bool:
        return bool(self._events or self._failures or self._filed or self._news) or self._standing() != self._told

    def _urgent(self) -> bool:
        """Somebody waits: another shard, a person, or the run for this shard's rest."""
        if self._news or self._failures or len(self._events) >= _MOST:
            return True
        now, told = self._standing(), self._told
        if told is None:
            return now.quiet or now.hungry or now.sated
        lets_go = 2 * now.beyond <= told.beyond > 0
        to_share_out = lets_go or now.hungry > told.hungry or now.sated > told.sated or now.window < told.window
        return to_share_out or (now.quiet and now != told)

    def _next(self) -> Report:
        events, self._events = self._events[:_MOST], self._events[_MOST:]
        news, self._news = self._news[:_MOST], self._news[_MOST:]
        failures, self._failures = self._failures, []
        filed, self._filed = self._filed, []
        standing = self._standing()
        whole = not (self._events or self._news)
        self._told = standing if whole else None
        return Report(
            shard=self._index,
            standing=replace(standing, quiet=standing.quiet and whole),
            events=tuple(events),
            failures=tuple(failures),
            filed=tuple(filed),
            news=tuple(news),
        )
