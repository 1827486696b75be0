"""One shard of a large run: a child workflow that carries out its share of the plan, as its run says."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Failure
    from panka.planner.record import Outcome, Undoing
    from panka.planner.resource import Properties
    from panka.workflows import ports
    from panka.workflows.call import call
    from panka.workflows.messages import (
        ORDERS,
        SHARD,
        EventKind,
        Order,
        ShardInput,
        Standing,
        Word,
        Words,
    )
    from panka.workflows.passes import Passes
    from panka.workflows.ports import Node, Share
    from panka.workflows.recorder import Filer
    from panka.workflows.reporter import Reporter
    from panka.workflows.steps import Steps
    from panka.workflows.story import why
    from panka.workflows.walk import Walk


@workflow.defn(name=SHARD)
class ShardWorkflow:
    """Walks its steps pass by pass. It decides nothing by itself: failures wait for what the run says of them."""

    @workflow.init
    def __init__(self, input: ShardInput) -> None:
        self._input = input
        user = workflow.info().first_execution_run_id
        self._lease = input.lease.model_copy(update={"user": user})
        self._inbox: list[Word] = []
        self._heard = 0
        self._walk: Walk[Outcome] | Walk[Undoing] | None = None
        self._back = False
        self._over = False
        self._halted = False
        self._share = Share(forward=(), cleanup=())
        self._passes: Passes | None = None
        self._reporter = Reporter(input.index, self._standing, self._leave_off)
        self._filer = Filer(self._lease, input.number, self._reporter.filed, lambda: self._walk)

    @workflow.signal(name=ORDERS, description="The run says what is to be done. Not for people.")
    def orders(self, said: Words | None = None) -> None:
        self._inbox += said.words if said is not None else ()
        if self._passes is not None:
            self._obey(self._passes)

    @workflow.run
    async def run(self, input: ShardInput) -> None:  # noqa: ARG002  # `__init__` has taken it, as Temporal wants
        """Until the run says that it is over, also when somebody cancels the shard: then the run is told to stop."""
        work = asyncio.create_task(self._work())
        while not work.done():
            try:
                await workflow.wait_condition(work.done)
            except asyncio.CancelledError:
                if workflow.cancellation_reason() is None:
                    raise  # the shard leaves this worker's cache; it goes on elsewhere
                self._halted = True
        work.result()

    async def _work(self) -> None:
        run = self._input.run
        slice = ports.Slice(lease=self._lease, plan=run.plan, index=self._input.index, size=run.shard_size)
        self._share = await call(ports.SHARE, slice, id="share", summary="the steps of this shard")
        steps = Steps(run, self._lease, self._input.number)
        self._passes = passes = Passes(self._share, steps, self, window=0)  # until the run has given it a part
        self._obey(passes)
        reporting = asyncio.create_task(self._reporter.run())
        while not self._over:
            await workflow.wait_condition(lambda: self._over or (self._walk is not None and not self._walk.stuck))
            if self._walk is not None:
                await self._walk.run()
        try:
            await self._filer.finish(await passes.end())
        except FailureError:
            workflow.logger.warning("What never began could not be filed; the run knows why.")
        self._reporter.end()
        await reporting

    def _leave_off(self) -> None:
        """The run was reset, which leaves its shards alone: nobody would put on record what they do."""
        self._over = True
        if self._walk is not None:
            self._walk.stop()

    def _standing(self) -> Standing:
        walk, passes = self._walk, self._passes
        return Standing(
            heard=self._heard,
            quiet=passes is not None and not self._inbox and self._filer.idle and (walk is None or walk.stuck),
            left=walk.left if walk is not None else 0,
            forward_left=passes.left if passes is not None else len(self._share.forward),
            ready=walk.ready if walk is not None else 0,
            running=walk.running if walk is not None else 0,
            weight=walk.longest if walk is not None else 0,
            window=passes.window if passes is not None else 0,
            failed=tuple(sorted(walk.failed)) if walk is not None and walk.failed else (),
            halted=self._halted,
            lost=why(self._filer.error) if self._filer.error is not None else "",
        )

    def _obey(self, passes: Passes) -> None:
        words, self._inbox = self._inbox, []
        for word in words:
            self._heard += 1
            self._act(passes, word)

    def _act(self, passes: Passes, word: Word) -> None:
        match word.order:
            case Order.FORWARD:
                self._walk = passes.forward(word.level)
            case Order.CLEANUP:
                self._walk = passes.cleanup()
            case Order.BACK:
                self._back = True
                self._walk = passes.back()
            case Order.NEWS:
                passes.arrived(word.key, word.address, word.values)
                if self._walk is not None:
                    self._walk.arrived(word.key)
            case Order.WINDOW:
                self._widen(passes, word.window)
            case Order.LEAVE:
                passes.leave(word.text)
            case Order.END:
                self._over = True
            case Order.STOP | Order.RETRY | Order.SKIP:
                self._change(word)

    def _widen(self, passes: Passes, window: int) -> None:
        passes.window = window
        if self._walk is not None:
            self._walk.widen(window)

    def _change(self, word: Word) -> None:
        """Something changes in the pass that goes on."""
        if self._walk is None:
            return
        match word.order:
            case Order.STOP:
                self._walk.stop()
            case Order.RETRY:
                self._walk.retry(word.key)
            case _:
                self._walk.give_up(word.key)

    def tell(self, kind: EventKind, key: str, text: str = "") -> None:
        self._reporter.tell(kind, key, text)

    def record(self, result: Outcome | Undoing) -> None:
        self._filer.record(result)

    def fail(self, failure: Failure) -> None:
        self._reporter.fail(failure)

    def offer(self, node: Node, values: Properties) -> None:
        """Tells the shards that wait for a step; on the way back these are the ones that it needed."""
        others = node.depends_on if self._back else self._share.dependents.get(node.key, ())
        said = {name: values[name] for name in self._share.offers.get(node.address, ()) if name in values}
        for shard in sorted({self._share.elsewhere[other] for other in others if other in self._share.elsewhere}):
            self._reporter.offer(shard, node.key, node.address, said)
