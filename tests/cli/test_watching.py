"""Starting and following runs, on a real Temporal server with a run that does as the test says."""

import asyncio
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from panka.cli.exits import Locked, Misused, TimedOut, Unreachable
from panka.cli.runs import Handle, Runs
from panka.cli.settings import Settings, Terminal
from panka.cli.views.run import Narrator
from panka.cli.views.screen import Screen
from panka.cli.watching import Watch
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan, PlanRef, Step
from panka.planner.state import Target
from panka.workflows.messages import PROGRESS, RUN, RUN_FAILED, Event, EventKind, Phase, Progress, Result, RunInput

KEY = "jobs:main"
ASKED: Counter[str] = Counter()
"""How often each run was asked."""


def plan_of_one_queue(ref: PlanRef) -> Plan:
    made = Step(
        key=KEY, address=KEY, type="AWS::SQS::Queue", action=Action.CREATE, generation=1, kind="SQS", service="api"
    )
    return Plan(
        format=2,
        id=ref.id,
        operation="apply",
        scope=Scope(tenant="acme", stack="shop", environment="prod"),
        target=Target(account="111122223333", region="eu-west-1"),
        lineage=None,
        base=None,
        forward=(made,),
        cleanup=(),
    )


@workflow.defn(name=RUN)
class Scripted:
    """Creates one component, and ends when it is told to, as it is told to."""

    def __init__(self) -> None:
        self.ending: str | None = None
        self.events: list[Event] = []
        self.result: Result | None = None
        self.number = 7
        self.known = False
        """Its steps are known, and therefore its plan is read."""

    @workflow.run
    async def run(self, input: RunInput) -> Result:
        self.known = input.git != "waits"
        self.number = 6 if input.git == "number 6" else 7
        self.events += [] if self.known else [Event(at=0, kind=EventKind.PHASE, key=Phase.APPROVAL)]
        self.tell(EventKind.STARTED)
        try:
            await workflow.wait_condition(lambda: self.ending is not None)
        except asyncio.CancelledError:
            self.ending = "cancelled"
        self.tell(EventKind.DONE)
        self.result = Result(run=7, result=self.ending)  # type: ignore[arg-type]  # the test says one of the words
        if self.ending == "succeeded":
            last = self.events[1:]
            return self.result.model_copy(update={"told": 2, "last": last}) if input.git == "tells" else self.result
        raise ApplicationError("no", self.result, type=RUN_FAILED, non_retryable=True)

    def tell(self, kind: EventKind) -> None:
        self.events.append(Event(at=workflow.time(), kind=kind, key=KEY))

    @workflow.signal
    def end(self, how: str) -> None:
        self.ending = how

    @workflow.query(name=PROGRESS)
    def progress(self, since: int) -> Progress:
        ASKED[workflow.info().workflow_id] += 1
        return Progress(
            run=self.number,
            phase=Phase.FORWARD,
            plan=PlanRef(id="p-1", key="k", sha256="s"),
            events=tuple(self.events[since:]),
            seen=len(self.events),
            total=int(self.known),
            finished=0,
            result=self.result,
        )


@dataclass
class Room:
    """A task queue with its runs, and what a watcher of one is told."""

    client: Client
    runs: Runs
    scope: Scope
    lines: list[str] = field(default_factory=list)

    def input(self, by: str = "ana", git: str = "") -> RunInput:
        plan = PlanRef(id="p-1", key="k", sha256="s")
        return RunInput(scope=self.scope, plan=plan, kind="apply", by=by, git=git)

    def worker(self) -> Worker:
        return Worker(
            self.client,
            task_queue=self.runs.task_queue,
            workflows=[Scripted],
            workflow_runner=UnsandboxedWorkflowRunner(),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        )

    def watch(self, handle: Handle, **more: float) -> Watch:
        narrator = Narrator(self.scope, "ana", Screen(Terminal(colour=False, prompts=False)))
        return Watch(self.runs, handle, [narrator], self.lines.append, plan_of_one_queue, **more)

    def said(self, words: str) -> int:
        return sum(words in line for line in self.lines)


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # what is waited for tells nobody when it comes
            await asyncio.sleep(0.05)


@pytest.fixture
async def room(temporal: Client) -> AsyncIterator[Room]:
    queue = f"q-{uuid4()}"
    settings = Settings(temporal_address=temporal.service_client.config.target_host, task_queue=queue)
    room = Room(
        temporal, await Runs.connect(settings), Scope(tenant="acme", stack=f"s{uuid4().hex[:8]}", environment="dev")
    )
    yield room
    handle = await room.runs.latest(room.scope)
    if handle is not None and await room.runs.running(room.scope):
        await handle.terminate("The test is over.")


@pytest.mark.parametrize("how", ["succeeded", "failed", "rolled back"])
async def test_a_run_is_followed_to_its_result_whether_good_or_bad(room: Room, how: str) -> None:
    async with room.worker():
        handle = await room.runs.start(room.input(), wait=0)
        following = asyncio.create_task(room.watch(handle).follow(seconds=60, cancel_on_interrupt=False))
        await until(lambda: room.said("start") > 1)
        await handle.signal("end", how)
        result = await following

    assert result == Result(run=7, result=how)  # type: ignore[arg-type]  # one of the words
    assert [line.split()[1] for line in room.lines] == [f"{room.scope}#7", "start", "done"]


async def test_the_end_is_heard_from_the_result_where_no_worker_is_left_to_ask(room: Room) -> None:
    async with room.worker():
        handle = await room.runs.start(room.input(git="tells"), wait=0)
        watch = room.watch(handle)
        with pytest.raises(TimedOut):
            await watch.follow(seconds=0, cancel_on_interrupt=False)
        before = [line.split()[1] for line in room.lines]
        await handle.signal("end", "succeeded")
        await handle.result()

    result = await watch.follow(seconds=60, cancel_on_interrupt=False)

    assert result.result == "succeeded"
    assert before == [f"{room.scope}#7", "start"]
    assert [line.split()[1] for line in room.lines] == [f"{room.scope}#7", "start", "done"]


async def test_a_quiet_run_is_left_alone_and_heard_as_soon_as_something_happens(room: Room) -> None:
    async with room.worker():
        handle = await room.runs.start(room.input(), wait=0)
        following = asyncio.create_task(
            room.watch(handle, silence=10_000).follow(seconds=60, cancel_on_interrupt=False)
        )
        await until(lambda: room.said("start ") > 0)
        await asyncio.sleep(2)
        before = ASKED[str(room.scope)]
        await asyncio.sleep(4)
        quiet = ASKED[str(room.scope)] - before
        await handle.signal("end", "succeeded")
        result = await following

    assert quiet == 0
    assert result.result == "succeeded"
    assert room.said("done ") == 1


async def test_a_run_is_found_by_its_number_among_those_of_its_stack(room: Room) -> None:
    async with room.worker():
        first = await room.runs.start(room.input(git="number 6"), wait=0)
        await first.signal("end", "succeeded")
        await first.result()
        second = await room.runs.start(room.input(), wait=0)

        async with asyncio.timeout(60):
            while (found := await room.runs.numbered(room.scope, 6)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.5)  # Temporal lists a run a moment after it has begun
        assert found.run_id == first.first_execution_run_id
        latest = await room.runs.numbered(room.scope, 7)
        assert latest is not None
        assert latest.run_id == second.first_execution_run_id
        assert await room.runs.numbered(room.scope, 8) is None


async def test_a_second_run_of_a_stack_is_refused_with_the_name_of_who_has_it(room: Room) -> None:
    async with room.worker():
        await room.runs.start(room.input(by="leo"), wait=0)

        with pytest.raises(Locked, match=r"is held by leo, who runs apply\.") as refused:
            await room.runs.start(room.input(), wait=0)

    assert refused.value.code == 75


async def test_a_second_run_that_may_wait_starts_when_the_first_has_ended(room: Room) -> None:
    async with room.worker():
        first = await room.runs.start(room.input(by="leo"), wait=0)
        second = asyncio.create_task(room.runs.start(room.input(), wait=30))
        await asyncio.sleep(1)
        assert not second.done()

        await first.signal("end", "succeeded")

        assert (await second).first_execution_run_id != first.first_execution_run_id


async def test_waiting_for_a_stack_ends_with_the_holders_name(room: Room) -> None:
    async with room.worker():
        await room.runs.start(room.input(by="leo"), wait=0)

        with pytest.raises(Locked, match="leo"):
            await room.runs.start(room.input(), wait=1)


async def test_a_missing_worker_is_told_once_and_the_run_goes_on_when_one_comes(room: Room) -> None:
    handle = await room.runs.start(room.input(), wait=0)
    following = asyncio.create_task(room.watch(handle).follow(seconds=90, cancel_on_interrupt=False))
    await until(lambda: bool(room.lines), seconds=40)

    async with room.worker():
        await until(lambda: room.said("start ") > 0)
        await handle.signal("end", "succeeded")
        result = await following

    assert result.result == "succeeded"
    assert room.lines[0] == f"no worker is polling task queue {room.runs.task_queue}: start one with panka worker"
    assert room.said("no worker") == 1


async def test_a_terminated_run_has_a_result_that_says_so(room: Room) -> None:
    async with room.worker():
        handle = await room.runs.start(room.input(), wait=0)
        following = asyncio.create_task(room.watch(handle).follow(seconds=60, cancel_on_interrupt=False))
        await until(lambda: room.said("start ") > 0)
        await handle.terminate("by hand")
        result = await following

    assert result.result == "failed"
    assert "terminated in Temporal" in result.message


async def test_the_time_of_a_watcher_ends_and_the_run_goes_on(room: Room) -> None:
    async with room.worker():
        handle = await room.runs.start(room.input(), wait=0)

        with pytest.raises(TimedOut):
            await room.watch(handle).follow(seconds=0.5, cancel_on_interrupt=False)

        assert await room.runs.running(room.scope) is not None


async def test_an_interrupt_stops_the_watcher_only(room: Room) -> None:
    async with room.worker():
        handle = await room.runs.start(room.input(), wait=0)
        following = asyncio.create_task(room.watch(handle).follow(seconds=60, cancel_on_interrupt=False))
        await until(lambda: room.said("start ") > 0)

        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

        assert await room.runs.running(room.scope) is not None


async def test_an_interrupt_cancels_the_run_if_that_is_wished_and_its_end_is_still_seen(room: Room) -> None:
    async with room.worker():
        handle = await room.runs.start(room.input(), wait=0)
        following = asyncio.create_task(room.watch(handle).follow(seconds=60, cancel_on_interrupt=True))
        await until(lambda: room.said("start ") > 0)

        following.cancel()
        result = await following

    assert result.result == "cancelled"


async def test_ctrl_c_on_the_command_says_that_the_run_goes_on_and_how_to_take_it_up_again(room: Room) -> None:
    async with room.worker():
        await room.runs.start(room.input(git="waits"), wait=0)
        watching = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "panka.cli", "watch", room.scope.stack, "-t", "acme", "-e", "dev",
            "--temporal-address", room.client.service_client.config.target_host, "--task-queue", room.runs.task_queue,
            stderr=asyncio.subprocess.PIPE,
            # As in a terminal: what a shell starts in the background does not hear Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        assert watching.stderr is not None
        while b"waits" not in (line := await asyncio.wait_for(watching.stderr.readline(), 30)):
            assert line

        watching.send_signal(signal.SIGINT)
        said = await asyncio.wait_for(watching.stderr.read(), 30)

        assert await watching.wait() == 130
        assert f"Stopped watching. {room.scope}#7 goes on and keeps its lock.\n".encode() in said
        assert f"panka watch {room.scope.stack} -t acme -e dev".encode() in said
        assert await room.runs.running(room.scope) is not None


async def test_who_started_a_run_is_known_to_others(room: Room) -> None:
    async with room.worker():
        await room.runs.start(room.input(by="leo"), wait=0)
        running = await room.runs.running(room.scope)

    assert running is not None
    assert (running.by, running.operation) == ("leo", "apply")


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = Settings(temporal_address=f"127.0.0.1:{taken.getsockname()[1]}")

        with pytest.raises(Unreachable, match="Temporal does not answer"):
            await Runs.connect(settings)


async def test_a_namespace_that_is_not_there_is_a_usage_error(temporal: Client) -> None:
    settings = Settings(temporal_address=temporal.service_client.config.target_host, temporal_namespace="nope")

    with pytest.raises(Misused, match="no namespace `nope`"):
        await Runs.connect(settings)
