"""The activities that change the cloud: one step of a plan, or the undo of one.

Each may run any number of times: a repeated attempt looks for what an earlier one made before it makes anything, and a
worker that died while a resource became ready leaves the resource's id in the heartbeat, so that only the wait goes on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from temporalio import activity

from panka.activities.archive import Archive
from panka.activities.aws.session import Cloud
from panka.activities.failing import translated
from panka.activities.fencing import Fences
from panka.activities.providers.provider import Provider
from panka.activities.state import check_account
from panka.activities.telemetry import Traces, Untraced
from panka.activities.tries import at_work, counted
from panka.activities.work import Beat, Work
from panka.planner.owner import Scope
from panka.planner.plan import Plan, PlanRef, Step
from panka.planner.record import Outcome, Undoing, steps
from panka.planner.state import Target
from panka.workflows.ports import STEP, UNDO, Lease, StepCall, UndoCall

_PULSE = 5.0
"""Seconds between heartbeats."""
_PLANS = 32
"""Plans whose steps are kept at hand."""


class Provisioning:
    """Runs steps with the provider of their type."""

    def __init__(
        self,
        archive: Archive,
        fences: Fences,
        cloud: Callable[[Lease, Target], Awaitable[Cloud]],
        provider: Callable[[str, Cloud], Provider],
        threads: Executor,
        account: Callable[[Lease, Target], Awaitable[str]],
        traces: Traces | None = None,
    ) -> None:
        """`cloud` is a target as a run's tenant may see it, `account` the one that the credentials for it belong to."""
        self._archive = archive
        self._fences = fences
        self._cloud = cloud
        self._provider = provider
        self._threads = threads
        self._account = account
        self._traces = traces or Untraced()
        self._plans: dict[tuple[Scope, PlanRef], tuple[Plan, Mapping[str, Step]]] = {}

    @activity.defn(name=STEP.name)
    async def step(self, call: StepCall) -> Outcome:
        """Makes, changes or deletes one resource, and tells what it is then."""
        began = time.monotonic()
        with counted(), translated():
            plan, step = await self._load(call.lease, call.plan, call.key)
            async with self._at_work(call, plan, step) as work:
                outcome = await work.carry_out(call.inputs)
        seconds = round(time.monotonic() - began, 3)
        return outcome.model_copy(update={"seconds": seconds, "span": at_work(seconds)})

    @activity.defn(name=UNDO.name)
    async def undo(self, call: UndoCall) -> Undoing:
        """Takes a step back: deletes what it made, or restores what it changed."""
        with counted(), translated():
            plan, step = await self._load(call.lease, call.plan, call.done.key)
            async with self._at_work(call, plan, step) as work:
                return await work.take_back(call.done, call.inputs, started_only=call.started_only)

    async def _load(self, lease: Lease, ref: PlanRef, key: str) -> tuple[Plan, Step]:
        name = lease.scope, ref
        if name not in self._plans:
            loop = asyncio.get_running_loop()
            plan = await loop.run_in_executor(self._threads, self._archive.plan_of, lease.scope, ref)
            while len(self._plans) >= _PLANS:
                del self._plans[next(iter(self._plans))]
            self._plans[name] = plan, steps(plan)
        plan, known = self._plans[name]
        return plan, known[key]

    @asynccontextmanager
    async def _at_work(self, call: StepCall | UndoCall, plan: Plan, step: Step) -> "AsyncIterator[Work]":
        beat = Beat.heard()
        if not beat.first:
            beat.send()  # what was heard is said again at once, or a third attempt would not know of it
        loop = asyncio.get_running_loop()

        async def fence() -> None:
            await self._fences.check(call.lease)

        async def asset(sha256: str) -> bytes:
            return await loop.run_in_executor(self._threads, self._archive.asset, plan.scope.tenant, sha256)

        def progress(what: str) -> None:
            beat.waits = what

        cloud = replace(
            await self._cloud(call.lease, plan.target),
            before_mutation=fence,
            progress=progress,
            assets=asset,
            traces=self._traces,
        )
        with _pulse(beat):
            attempt, undo = activity.info().attempt, isinstance(call, UndoCall)
            with self._traces.step(plan.scope, step, call.run, attempt, undo=undo):
                # Before anything else: in another account nothing is there, and that must not be taken for deleted.
                await check_account(self._account, call.lease, plan.target)
                yield Work(step, step.owner(plan.scope), cloud, self._provider(step.type, cloud), beat, call.run)


@contextmanager
def _pulse(beat: Beat) -> Iterator[None]:
    """Signs of life for as long as the block lasts. Most steps are over before the first is due, and need no task."""
    loop = asyncio.get_running_loop()
    due: asyncio.TimerHandle

    def wait() -> None:
        nonlocal due
        due = loop.call_later(_PULSE, again)

    def again() -> None:
        beat.send()
        wait()

    wait()
    try:
        yield
    finally:
        due.cancel()
