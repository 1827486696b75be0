"""The passes of a run over its steps: forward, cleanup, and back. One workflow's steps are walked here.

A run that is cut into shards has the same passes, each of which is then a pass in every shard (`shards.py`).
"""

from collections.abc import Iterable, Set
from typing import Protocol

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.history import Failure
    from panka.planner.record import Outcome, Span, Undoing
    from panka.planner.resource import Properties
    from panka.workflows.messages import EventKind
    from panka.workflows.ports import Node, Share
    from panka.workflows.steps import Steps
    from panka.workflows.story import tries, why
    from panka.workflows.walk import Walk


class Pass(Protocol):
    """One pass: may be stopped, and people may decide about what failed in it."""

    @property
    def failed(self) -> Set[str]:
        """Keys of steps that failed and were neither tried again nor given up."""

    @property
    def stuck(self) -> bool:
        """Nothing runs and nothing can start."""

    async def run(self) -> bool:
        """Until nothing runs and nothing more can start. True when every step is done."""

    def stop(self) -> None:
        """Starts nothing more; what runs settles."""

    def retry(self, key: str) -> None:
        """Tries a failed step again, now or when `run` is called next."""

    def give_up(self, key: str) -> None:
        """Goes on without a failed step, and without all that waits for it."""


class Crew(Protocol):
    """Who carries out the steps of a run: its own workflow, or its shards."""

    def forward(self, level: int | None = None) -> Pass:
        """Creates, updates, and the creating half of replaces; of one level only where that is asked for."""

    def cleanup(self) -> Pass:
        """Deletes, and the deleting half of replaces."""

    def back(self) -> Pass:
        """Takes back every step that began, dependents first. What failed may have made something: it is looked for."""

    def leave(self, text: str) -> None:
        """Tells of every step of the pass that has not begun that it never will, and why."""

    @property
    def complete(self) -> bool:
        """All of forward is done."""

    async def end(self) -> tuple[str, ...]:
        """No pass will come any more. The forward steps that never began, if they are still to be put on record."""


class Listener(Protocol):
    """Who hears of what happens to steps."""

    def tell(self, kind: EventKind, key: str, text: str = "") -> None:
        """Something happened to a step."""

    def record(self, result: Outcome | Undoing) -> None:
        """A step left something that belongs on record."""

    def fail(self, failure: Failure) -> None:
        """A step failed."""

    def offer(self, node: Node, values: Properties) -> None:
        """A step is done; steps elsewhere may wait for it. `values` is what they may refer to."""


class Passes:
    """Walks the steps that one workflow carries out."""

    def __init__(self, share: Share, steps: Steps, listener: Listener, window: int) -> None:
        self._share = share
        self._steps = steps
        self._listener = listener
        self.window = window
        """How many steps may run at once in the passes that come."""
        self._nodes = {node.key: node for node in (*share.forward, *share.cleanup)}
        self._began: set[str] = set()
        self._since: dict[str, float] = {}
        """When each step, or its undo, was started last."""
        self._arrived: set[str] = set()
        """Steps elsewhere that are done."""
        self._waiting = {node.key: None for node in share.forward}
        """Steps of the pass that have not begun, in order."""
        self._forward = {node.key for node in share.forward}
        self.left = len(self._forward)
        """Steps of forward that are not done."""

    @property
    def complete(self) -> bool:
        return self.left == 0

    def forward(self, level: int | None = None) -> Walk[Outcome]:
        if level is None:
            return self._do(self._share.forward)
        there = self._steps.outcomes.keys() | self._arrived
        ready = [node for node in self._share.forward if node.level == level and there >= set(node.depends_on)]
        return self._do([node.model_copy(update={"depends_on": ()}) for node in ready])

    def cleanup(self) -> Walk[Outcome]:
        self._waiting = {node.key: None for node in self._share.cleanup}
        return self._do(self._share.cleanup)

    def back(self) -> Walk[Undoing]:
        began = [node for node in self._share.forward if node.key in self._began]
        self._waiting = {node.key: None for node in began}
        waits: dict[str, list[str]] = {node.key: list(self._share.dependents.get(node.key, ())) for node in began}
        for node in began:
            for needed in node.depends_on:
                if needed in waits:
                    waits[needed].append(node.key)
        for node in self._share.forward:
            if node.key not in waits:
                self._listener.offer(node, {})  # there is nothing to take back, and nobody need wait for it
        return Walk(
            waits,
            dict.fromkeys(waits, 0.0),
            self._start_undo,
            window=self.window,
            on_done=self._undone,
            on_failed=self._failed,
        )

    def leave(self, text: str) -> None:
        for key in sorted(self._waiting):
            self._listener.tell(EventKind.SKIPPED, key, text)
        self._waiting = {}

    async def end(self) -> tuple[str, ...]:
        return tuple(node.key for node in self._share.forward if node.key not in self._began)

    def arrived(self, key: str, address: str, values: Properties) -> None:
        """A step elsewhere is done."""
        self._arrived.add(key)
        self._steps.heard(address, values)

    def _do(self, nodes: Iterable[Node]) -> Walk[Outcome]:
        nodes = tuple(nodes)
        return Walk(
            {node.key: [needed for needed in node.depends_on if needed not in self._arrived] for node in nodes},
            {node.key: node.weight for node in nodes},
            self._start,
            window=self.window,
            on_done=self._done,
            on_failed=self._failed,
        )

    def _start(self, key: str) -> "workflow.ActivityHandle[Outcome]":
        self._began.add(key)
        self._waiting.pop(key, None)
        self._since[key] = workflow.time()
        self._listener.tell(EventKind.STARTED, key)
        return self._steps.do(self._nodes[key])

    def _done(self, key: str, outcome: Outcome) -> None:
        self.left -= key in self._forward
        self._steps.ended(self._nodes[key], outcome)
        self._listener.tell(EventKind.DONE, key)
        self._listener.record(outcome)
        self._listener.offer(self._nodes[key], self._steps.told(self._nodes[key].address))

    def _start_undo(self, key: str) -> "workflow.ActivityHandle[Undoing]":
        self._waiting.pop(key, None)
        self._since[key] = workflow.time()
        self._listener.tell(EventKind.UNDOING, key)
        return self._steps.undo(self._nodes[key])

    def _undone(self, key: str, undoing: Undoing) -> None:
        self._listener.tell(EventKind.UNDONE, key)
        self._listener.record(undoing)
        self._listener.offer(self._nodes[key], {})

    def _failed(self, key: str, error: FailureError) -> None:
        self._listener.tell(EventKind.FAILED, key, why(error))
        span = Span(began=self._since[key], ended=workflow.time(), tries=tries(error))
        self._listener.fail(Failure(key=key, place=self._nodes[key].place, message=why(error), span=span))
