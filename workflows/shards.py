"""A run that is too large for one workflow: its shards as the crew of the run.

All that is said between shards goes through the run, which therefore knows when none of them has anything left to do:
a shard that is quiet and has acted upon every word that was sent to it stays quiet.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Failure
    from panka.planner.journal import Filed
    from panka.workflows.allotment import Demand, allot
    from panka.workflows.messages import (
        ORDERS,
        SHARD,
        Event,
        Order,
        Report,
        RunInput,
        ShardInput,
        Standing,
        Word,
        Words,
    )
    from panka.workflows.ports import Lease, Opened
    from panka.workflows.story import why

_BATCH = 200
"""Words in one signal."""


class Head(Protocol):
    """The run, as far as its shards tell it things."""

    def hear(self, event: Event) -> None: ...
    def fail(self, failure: Failure) -> None: ...
    def take(self, filed: Filed, results: int) -> None: ...
    def lose(self, reason: str) -> None: ...
    def halt(self) -> None: ...


@dataclass(slots=True)
class _Shard:
    """One shard, as of its last report."""

    index: int
    handle: "workflow.ChildWorkflowHandle[Any, Any] | None" = None
    outbox: list[Word] = field(default_factory=list)
    sent: int = 0
    """Words, those in the outbox included."""
    standing: Standing = field(default_factory=Standing)
    failed: frozenset[str] = frozenset()
    demand: Demand = field(default_factory=Demand)
    posting: bool = False
    ended: bool = False

    @property
    def settled(self) -> bool:
        return self.ended or (self.standing.quiet and self.standing.heard == self.sent)


class Shards:
    """The shards of one run. Their passes are passes of the run."""

    def __init__(self, input: RunInput, lease: Lease, opened: Opened, head: Head) -> None:
        self._input = input.model_copy(update={"shard_size": opened.size or input.shard_size})
        self._lease = lease
        self._run = opened.run
        self._head = head
        self._shards = [_Shard(index) for index in range(opened.shards)]
        self._of: dict[str, int] = {}
        """The shards of steps that failed."""
        self._over = False
        self.broken = ""
        """Why a shard is not there any more."""

    async def start(self) -> None:
        """Starts every shard; they wait for orders."""
        await asyncio.gather(*(self._start(shard) for shard in self._shards))

    def hear(self, report: Report) -> None:
        """A shard tells what has happened in it."""
        shard = self._shards[report.shard]
        now = shard.standing = report.standing
        shard.demand.tell(now.ready, now.running, now.weight, now.window)
        if now.heard == shard.sent:
            shard.failed = frozenset(now.failed)
        for event in report.events:
            self._head.hear(event)
        for failure in report.failures:
            self._of[failure.key] = report.shard
            self._head.fail(failure)
        for filed, results in report.filed:
            self._head.take(filed, results)
        for news in report.news:
            word = Word(order=Order.NEWS, key=news.key, address=news.address, values=news.values)
            self._send(self._shards[news.to], word)
        if now.lost:
            self._head.lose(now.lost)
        if now.halted:
            self._head.halt()
        for index, window in allot(self._input.window, [one.demand for one in self._shards]).items():
            self._send(self._shards[index], Word(order=Order.WINDOW, window=window))

    @property
    def complete(self) -> bool:
        return not any(shard.standing.forward_left for shard in self._shards)

    @property
    def settled(self) -> bool:
        """None of them has anything left to do."""
        return all(shard.settled for shard in self._shards)

    @property
    def left(self) -> int:
        return sum(shard.standing.left for shard in self._shards)

    @property
    def failed(self) -> set[str]:
        return {key for shard in self._shards for key in shard.failed}

    def forward(self, level: int | None = None) -> "ShardedPass":
        return self._pass(Word(order=Order.FORWARD, level=level))

    def cleanup(self) -> "ShardedPass":
        return self._pass(Word(order=Order.CLEANUP))

    def back(self) -> "ShardedPass":
        return self._pass(Word(order=Order.BACK))

    def leave(self, text: str) -> None:
        self.send_all(Word(order=Order.LEAVE, text=text))

    async def end(self) -> tuple[str, ...]:
        """Until every shard has ended. What never began they have filed themselves."""
        self._over = True
        self.send_all(Word(order=Order.END))
        await workflow.wait_condition(lambda: all(shard.ended for shard in self._shards))
        self.raise_broken()
        return ()

    def send_all(self, word: Word) -> None:
        for shard in self._shards:
            self._send(shard, word)

    def decide(self, order: Order, key: str) -> None:
        """Says what is to be done about a step that failed."""
        shard = self._shards[self._of[key]]
        shard.failed -= {key}
        self._send(shard, Word(order=order, key=key))

    def raise_broken(self) -> None:
        """Raises ApplicationError when a shard is not there any more: what it did is not on record."""
        if self.broken:
            raise ApplicationError(self.broken)

    def _pass(self, word: Word) -> "ShardedPass":
        self.send_all(word)
        return ShardedPass(self)

    async def _start(self, shard: _Shard) -> None:
        name = f"shard {shard.index + 1} of {len(self._shards)}"
        input = ShardInput(
            run=self._input, lease=self._lease, number=self._run, index=shard.index, of=len(self._shards)
        )
        shard.handle = await workflow.start_child_workflow(
            SHARD,
            input,
            id=f"{self._input.scope}#{self._run}/shard-{shard.index + 1}",
            static_summary=f"{name} of {self._input.scope}#{self._run}",
        )
        asyncio.create_task(self._attend(shard, name))  # noqa: RUF006  # it ends with the shard

    async def _attend(self, shard: _Shard, name: str) -> None:
        try:
            if shard.handle is not None:
                await shard.handle
        except FailureError as error:
            self._break(f"{name} was ended from outside ({why(error)})")
        else:
            if not self._over:
                self._break(f"{name} ended before its run")
        shard.ended, shard.demand = True, Demand()

    def _break(self, reason: str) -> None:
        self.broken = self.broken or reason
        self._head.halt()

    def _send(self, shard: _Shard, word: Word) -> None:
        shard.outbox.append(word)
        shard.sent += 1
        if not shard.posting:
            shard.posting = True
            asyncio.create_task(self._post(shard))  # noqa: RUF006  # it ends with the outbox

    async def _post(self, shard: _Shard) -> None:
        while shard.outbox and shard.handle is not None and not shard.ended:
            words, shard.outbox = shard.outbox[:_BATCH], shard.outbox[_BATCH:]
            try:
                await shard.handle.signal(ORDERS, Words(words=tuple(words)))
            except FailureError as error:
                self._break(f"shard {shard.index + 1} could not be told anything ({why(error)})")
                await _disown(shard.handle.id)
                shard.ended = True  # nor will it tell anything
        shard.posting = False


async def _disown(id: str) -> None:
    """Lets go of a shard that is no child any more: Temporal leaves it alone when it resets the run, and it would wait
    for the run that was. A cancel makes it speak up, and find that nobody hears it."""
    try:
        await workflow.get_external_workflow_handle(id).cancel()
    except FailureError:
        workflow.logger.info("Shard %s is not there any more.", id)


class ShardedPass:
    """A pass in all shards."""

    def __init__(self, shards: Shards) -> None:
        self._shards = shards

    @property
    def failed(self) -> set[str]:
        return self._shards.failed

    @property
    def stuck(self) -> bool:
        return self._shards.settled

    async def run(self) -> bool:
        await workflow.wait_condition(lambda: self._shards.settled)
        self._shards.raise_broken()
        return not self._shards.left

    def stop(self) -> None:
        self._shards.send_all(Word(order=Order.STOP))

    def retry(self, key: str) -> None:
        self._shards.decide(Order.RETRY, key)

    def give_up(self, key: str) -> None:
        self._shards.decide(Order.SKIP, key)
