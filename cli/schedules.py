"""When stacks are looked at of themselves: one Temporal schedule for each stack and environment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from panka.cli.checks import LONGEST, check_attributes, check_id
from panka.cli.exits import Misused
from panka.cli.runs import knows_no_attributes, open_client
from panka.cli.settings import Settings
from panka.cli.views.drift import Scheduled
from panka.planner.owner import Scope
from panka.workflows.messages import DRIFT, DriftInput

_CALL = timedelta(seconds=10)
_CATCH_UP = timedelta(minutes=1)
"""How long after its time a check still begins: after a longer outage the next one is early enough."""
_JITTER = timedelta(minutes=10)
"""The most by which checks are spread, so that a thousand stacks are not looked at in one moment."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a stack is looked at: every so many seconds, or as a cron line says."""

    every: float = 0
    cron: str = ""

    def __str__(self) -> str:
        return f"cron {self.cron}" if self.cron else f"every {_round(self.every)}"

    def spec(self, scope: Scope) -> ScheduleSpec:
        """Stacks of one rhythm are spread over it, each always at the same moment."""
        if self.cron:
            return ScheduleSpec(cron_expressions=[self.cron], jitter=timedelta(seconds=30))
        offset = int(sha256(str(scope).encode()).hexdigest(), 16) % max(1, int(self.every))
        every = ScheduleIntervalSpec(timedelta(seconds=self.every), timedelta(seconds=offset))
        return ScheduleSpec(intervals=[every], jitter=min(_JITTER, timedelta(seconds=self.every / 10)))


class Schedules:
    """The schedules of one Temporal namespace. A check that still goes on when the next one is due goes before it."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._queue = task_queue

    @classmethod
    async def connect(cls, settings: Settings) -> "Schedules":
        """Raises Unreachable within about ten seconds."""
        return cls(await open_client(settings), settings.task_queue)

    async def keep(self, input: DriftInput, rhythm: Rhythm, note: str = "") -> None:
        """Makes the stack's schedule, or changes it. Raises Misused when the server does not take the rhythm."""
        if not await self.begin(input, rhythm, note):
            wanted = self._schedule(input.model_copy(update={"attributes": True}), rhythm, note)

            def changed(now: ScheduleUpdateInput) -> ScheduleUpdate:
                knows = now.description.schedule.action
                searched = isinstance(knows, ScheduleActionStartWorkflow) and bool(knows.typed_search_attributes)
                return ScheduleUpdate(wanted if searched else self._schedule(input, rhythm, note))

            try:
                await self._handle(input.scope).update(changed, rpc_timeout=_CALL)
            except RPCError as error:
                raise _refused(error, rhythm) from error

    async def begin(self, input: DriftInput, rhythm: Rhythm, note: str = "") -> bool:
        """Makes the stack's schedule; False: there is one, and it stays as it is. Raises Misused as `keep`."""
        try:
            return await self._made(self._schedule(input.model_copy(update={"attributes": True}), rhythm, note))
        except RPCError as error:
            if not knows_no_attributes(error):
                raise _refused(error, rhythm) from error
            return await self._made(self._schedule(input, rhythm, note))

    async def end(self, scope: Scope) -> bool:
        """Removes the stack's schedule; False: there is none. A check that goes on ends by itself."""
        try:
            await self._handle(scope).delete(rpc_timeout=_CALL)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def pause(self, scope: Scope, by: str) -> None:
        """Raises Misused when there is none."""
        note = await self._note(scope)
        await self._handle(scope).pause(note=f"{note}; paused by {by}", rpc_timeout=_CALL)

    async def resume(self, scope: Scope) -> None:
        """Raises Misused when there is none."""
        note = await self._note(scope)
        await self._handle(scope).unpause(note=note, rpc_timeout=_CALL)

    async def of(self, tenant: str) -> Sequence[Scheduled]:
        """Every schedule of a tenant, sorted; one that was made a moment ago may be missing."""
        found = []
        async for one in await self._client.list_schedules(rpc_timeout=_CALL):
            words = one.id.split("/")
            if len(words) == 4 and words[0] == tenant and words[3] == "drift" and one.schedule and one.info:
                scope = Scope(tenant=words[0], stack=words[1], environment=words[2])
                recent = [action.started_at for action in one.info.recent_actions]
                state, coming = one.schedule.state, one.info.next_action_times
                found.append(
                    Scheduled(
                        scope, state.note or "", state.paused, min(coming, default=None), max(recent, default=None)
                    )
                )
        return sorted(found, key=lambda one: str(one.scope))

    def _schedule(self, input: DriftInput, rhythm: Rhythm, note: str) -> Schedule:
        action = ScheduleActionStartWorkflow(
            DRIFT,
            input,
            id=check_id(input.scope),
            task_queue=self._queue,
            execution_timeout=LONGEST,
            memo={"by": input.by},
            static_summary=f"drift check of {input.scope}, {rhythm}",
        )
        if input.attributes:
            action = replace(action, typed_search_attributes=check_attributes(input.scope))
        return Schedule(
            action=action,
            spec=rhythm.spec(input.scope),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
            state=ScheduleState(note=f"{rhythm}, set by {input.by}" + (f": {note}" if note else "")),
        )

    async def _made(self, schedule: Schedule) -> bool:
        assert isinstance(schedule.action, ScheduleActionStartWorkflow)  # noqa: S101  # made above
        try:
            await self._client.create_schedule(schedule.action.id, schedule, rpc_timeout=_CALL)
        except ScheduleAlreadyRunningError:
            return False
        return True

    def _handle(self, scope: Scope) -> ScheduleHandle:
        return self._client.get_schedule_handle(check_id(scope))

    async def _note(self, scope: Scope) -> str:
        """What is said of the stack's schedule, without who paused it."""
        try:
            found = await self._handle(scope).describe(rpc_timeout=_CALL)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Misused(f"{scope} has no schedule.", f"panka drift {scope.stack} --every 6h makes one") from error
            raise
        return (found.schedule.state.note or "").partition("; paused by ")[0]


def _round(seconds: float) -> str:
    """`6h`, `90m`, `45s`: as people say how often."""
    whole = round(seconds)
    for unit, length in (("h", 3600), ("m", 60)):
        if whole % length == 0:
            return f"{whole // length}{unit}"
    return f"{whole}s"


def _refused(error: RPCError, rhythm: Rhythm) -> Exception:
    if error.status is not RPCStatusCode.INVALID_ARGUMENT:
        return error
    return Misused(f"Temporal does not take `{rhythm}`: {error.message}.", 'a cron line has five fields: "0 */6 * * *"')
