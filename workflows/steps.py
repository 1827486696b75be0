"""The steps of one run as calls: what each is given, and what the ones before it have told."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from panka.planner.record import Outcome, Undoing, told
    from panka.planner.resource import Properties
    from panka.workflows import ports
    from panka.workflows.call import call
    from panka.workflows.messages import RunInput
    from panka.workflows.ports import Lease, Node

_GRACE = timedelta(hours=1)
"""How much longer than its own deadline a step may be retried: the longest outage that a run survives."""


class Steps:
    """Starts steps and their undoing, under one lease."""

    def __init__(self, input: RunInput, lease: Lease, run: int) -> None:
        self._input = input
        self._lease = lease
        self._run = run
        self._told: dict[str, Properties] = {}
        """What the resources of this run tell others, by address."""
        self.outcomes: dict[str, Outcome] = {}

    def do(self, node: Node) -> "workflow.ActivityHandle[Outcome]":
        step = ports.StepCall(
            lease=self._lease, plan=self._input.plan, run=self._run, key=node.key, inputs=self._inputs(node)
        )
        return self._bounded(ports.STEP, step, node, node.key, f"{node.action} {node.address} ({node.kind})")

    def undo(self, node: Node) -> "workflow.ActivityHandle[Undoing]":
        """Takes a step back; one that began and told nothing is looked for."""
        outcome = self.outcomes.get(node.key)
        undo = ports.UndoCall(
            lease=self._lease,
            plan=self._input.plan,
            run=self._run,
            done=outcome or Outcome(key=node.key),
            inputs=self._inputs(node),
            started_only=outcome is None,
        )
        return self._bounded(ports.UNDO, undo, node, f"undo {node.key}", f"undo {node.action} {node.address}")

    def ended(self, node: Node, outcome: Outcome) -> None:
        """A step is done; those that come after may refer to what it told."""
        self.outcomes[node.key] = outcome
        self._told[node.address] = told(outcome.id, outcome.observed, outcome.attributes)

    def heard(self, address: str, values: Properties) -> None:
        """What a resource of another shard has told."""
        self._told[address] = values

    def told(self, address: str) -> Properties:
        """What others may refer to of a resource of this run."""
        return self._told.get(address, {})

    def _inputs(self, node: Node) -> dict[str, Properties]:
        """What the step's references are replaced by, as far as this run's resources have told."""
        inputs: dict[str, Properties] = {}
        for need in node.needs:
            values = self._told.get(need.address, {})
            if need.attribute in values:
                inputs.setdefault(need.address, {})[need.attribute] = values[need.attribute]
        return inputs

    def _bounded(
        self, port: ports.Port[ports.I, ports.O], input: ports.I, node: Node, id: str, summary: str
    ) -> "workflow.ActivityHandle[ports.O]":
        attempt = timedelta(seconds=node.timeout + 120)
        return call(
            port,
            input,
            id=id,
            summary=summary,
            attempt=attempt,
            in_all=attempt + _GRACE,
            queue=self._input.step_queue,
        )
