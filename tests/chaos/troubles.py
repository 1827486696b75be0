"""What can go wrong with a run, each as a thing to do at a moment that is drawn."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from plugins.aws_requests import Request
from plugins.faults import Rule, refused
from plugins.world import Process, World

THROTTLED = {"s3": "SlowDown", "sns": "Throttled", "sqs": "RequestThrottled"}
"""How a service says that it is asked too much; the others say `ThrottlingException`."""


@dataclass
class Stage:
    """One world, with what a trial has in it: workers, a command under way, and repairs to come."""

    place: World
    client: Client
    outage: float
    """Seconds that the endpoint stays down."""
    stack: str = ""
    refused_part: str = ""
    """The component that AWS refuses for good, where that is the trouble."""
    denied: str = ""
    """The operation that was denied there, once one was."""
    crew: list[Process] = field(default_factory=list)
    command: Process | None = None
    repairs: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The latest run of the trial's stack."""
        return self.client.get_workflow_handle(f"acme/{self.stack}/dev")

    def later(self, seconds: float, repair: Callable[[], Awaitable[object]]) -> None:
        """Does something a little later; the trial waits for it."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            await repair()

        self.repairs.append(asyncio.create_task(wait()))

    async def staffed(self, number: int = 1) -> None:
        """Until at least so many workers work."""
        self.crew = [one for one in self.crew if one.returncode is None]
        while len(self.crew) < number:
            self.crew.append(await self.place.start_worker())

    async def repaired(self) -> None:
        """Until all that was to be done later is done, also what that brought with it."""
        while self.repairs:
            await self.repairs.pop(0)

    def refuse(self, rule: Rule, seconds: float | None) -> None:
        """Lets a rule hold for so long; None: until the trial lifts it."""
        rules = self.place.faults.rules
        rules.append(rule)

        async def lift() -> None:
            if rule in rules:
                rules.remove(rule)

        if seconds is not None:
            self.later(seconds, lift)


async def kill_worker(stage: Stage, random: Random) -> None:
    alive = [one for one in stage.crew if one.returncode is None]
    if alive:
        random.choice(alive).kill()
    stage.later(random.uniform(0.2, 3), stage.staffed)


async def kill_server(stage: Stage, random: Random) -> None:
    server = stage.place.temporal
    assert server is not None
    server.kill()

    async def again() -> None:
        await server.wait()
        await stage.place.start_temporal()

    stage.later(random.uniform(0, 3), again)


async def lose_replies(stage: Stage, random: Random) -> None:
    left = random.randint(1, 4)

    def meant(request: Request) -> bool:
        nonlocal left
        hit = request.mutates and left > 0 and random.random() < 0.4
        left -= hit
        return hit

    stage.refuse(Rule(meant), None)


async def throttle(stage: Stage, random: Random) -> None:
    def answer(request: Request) -> Any:
        code = THROTTLED.get(request.service, "ThrottlingException")
        return refused(request, code, 503 if request.service == "s3" else 400)

    stage.refuse(Rule(lambda _: random.random() < 0.7, answer), random.uniform(2, 6))


async def go_down(stage: Stage, random: Random) -> None:
    async def outage() -> None:
        await stage.place.faults.close()
        await asyncio.sleep(stage.outage)
        await stage.place.faults.open()

    stage.later(0, outage)  # the request at hand cannot wait for its own end


async def refuse_bucket(stage: Stage, random: Random) -> None:
    rule, seconds = _refusal(random, _to_the_bucket, ("ServiceUnavailable", 503), ("AccessDenied", 403))
    stage.refuse(rule, seconds)


async def refuse_table(stage: Stage, random: Random) -> None:
    rule, seconds = _refusal(random, _to_the_table, ("InternalServerError", 500), ("AccessDeniedException", 400))
    stage.refuse(rule, seconds)


async def lose_lease(stage: Stage, random: Random) -> None:
    """The table is away for longer than a lease lasts without renewal."""
    rule = Rule(_to_the_table, lambda request: refused(request, "InternalServerError", 500))
    stage.refuse(rule, 100 + random.uniform(0, 10))


def _refusal(
    random: Random, meant: Callable[[Request], bool], passing: tuple[str, int], final: tuple[str, int]
) -> tuple[Rule, float | None]:
    """Either for some seconds, with an answer that is worth another try, or until somebody gives the right back."""
    for_good = random.random() < 0.5
    code, status = final if for_good else passing
    return Rule(meant, lambda request: refused(request, code, status)), None if for_good else random.uniform(2, 12)


def _to_the_bucket(request: Request) -> bool:
    return request.service == "s3" and request.mutates and request.path.startswith("/panka-state/")


def _to_the_table(request: Request) -> bool:
    return request.service == "dynamodb" and b'"panka-state"' in request.body


async def cancel(stage: Stage, random: Random) -> None:
    stage.later(0, lambda: stage.place.panka("cancel", stage.stack))


async def cancel_twice(stage: Stage, random: Random) -> None:
    async def twice() -> None:
        await stage.place.panka("cancel", stage.stack)
        await asyncio.sleep(random.uniform(0, 1))
        await stage.place.panka("cancel", stage.stack)

    stage.later(0, twice)


async def terminate(stage: Stage, random: Random) -> None:
    async def end() -> None:
        with contextlib.suppress(RPCError):  # the command has not started its run yet
            await stage.handle.terminate("chaos")

    stage.later(0, end)


async def kill_command(stage: Stage, random: Random) -> None:
    if stage.command is not None and stage.command.returncode is None:
        stage.command.kill()


async def freeze_worker(stage: Stage, random: Random) -> None:
    """A worker stands still for longer than its heartbeats may fail, and wakes while another has taken its work."""
    frozen = next((one for one in stage.crew if one.returncode is None), None)
    if frozen is None:
        return
    frozen.send_signal(signal.SIGSTOP)

    async def wake() -> None:
        began = time.monotonic()
        await stage.staffed(len(stage.crew) + 1)
        await asyncio.sleep(max(0.0, 20 - (time.monotonic() - began)))
        if frozen.returncode is None:
            frozen.send_signal(signal.SIGCONT)

    stage.later(0, wake)


async def set_clock_wrong(stage: Stage, random: Random) -> None:
    """All workers of the trial are an hour ahead or behind."""
    for worker in stage.crew:
        if worker.returncode is None:
            await stage.place.kill(worker)
    stage.crew = [await stage.place.start_worker(ahead=random.choice([-3600, 3600]))]


async def refuse_part(stage: Stage, random: Random) -> None:
    """AWS denies one sort of call on one component for good: its first, or one that comes later in making it.

    Nothing that has been allowed is denied later, as going back may need it.
    """
    allowed, name = random.choice([0, 0, 0, 1, 2]), f"{stage.stack}-dev-{stage.refused_part}"
    passed = set[str]()

    def meant(request: Request) -> bool:
        about = any(one == name or one.startswith(f"{name}-") for one in request.names)
        if not about or not request.mutates or request.operation in passed or "delete" in request.operation.lower():
            return False
        if not stage.denied and len(passed) < allowed:
            passed.add(request.operation)
            return False
        stage.denied = stage.denied or request.operation
        return request.operation == stage.denied

    stage.denied = ""
    stage.refuse(Rule(meant, lambda request: refused(request, "AccessDenied", 403)), None)


@dataclass(frozen=True)
class Trouble:
    """One sort of trouble."""

    name: str
    strike: Callable[[Stage, Random], Awaitable[None]]
    first: bool = False
    """Arranged before the run begins; else it comes at a moment within."""
    outage: bool = False
    """Something is away for a while: a run must get over it by itself."""
    long: bool = False
    """Takes so long that only the long set has it."""


REFUSED = Trouble("a resource refused for good", refuse_part, first=True)
TROUBLES = (
    Trouble("worker killed", kill_worker, outage=True),
    Trouble("Temporal server killed", kill_server, outage=True),
    Trouble("replies lost", lose_replies, outage=True),
    Trouble("throttling storm", throttle, outage=True),
    Trouble("AWS endpoint down", go_down, outage=True),
    Trouble("state bucket refuses writes", refuse_bucket),
    Trouble("lock table refuses", refuse_table),
    Trouble("lock table away for longer than the lease", lose_lease, long=True),
    Trouble("cancelled", cancel),
    Trouble("cancelled twice", cancel_twice),
    Trouble("terminated in Temporal", terminate),
    Trouble("command killed", kill_command, outage=True),
    Trouble("worker frozen for 20 s", freeze_worker, outage=True, long=True),
    Trouble("worker's clock off by an hour", set_clock_wrong, first=True, outage=True),
    REFUSED,
)
