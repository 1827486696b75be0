"""What a plan would lose for good: the data of resources that it deletes or replaces."""

from dataclasses import dataclass

from panka.planner.diagnostics import Diagnostic, label_of
from panka.planner.plan import Action, Plan, Step
from panka.planner.resource import Address
from panka.planner.resource_types import SNAPSHOTS, holds_data


@dataclass(frozen=True, slots=True)
class Loss:
    """One resource whose data goes with it."""

    address: str
    kind: str
    service: str
    verb: str
    """`delete` or `replace`."""
    snapshot: bool
    """A final snapshot of it is taken first."""
    place: str
    left: bool = False
    """An earlier run has replaced it already, and only its delete is still to come."""

    @property
    def component(self) -> str:
        return Address(self.address).component


def losses(plan: Plan) -> tuple[Loss, ...]:
    """Everything that holds data and that the plan deletes, in the plan's order; what it forgets stays in AWS."""
    replaced = {step.moved_from or step.address: step for step in plan.forward if step.action is Action.REPLACE}
    first = (step for step in replaced.values() if step.delete_first)
    then = (step for step in plan.cleanup if step.action is Action.DELETE)
    found = [step for step in (*first, *then) if not step.probe and holds_data(step.type, step.before or {})]
    return tuple(_loss(step, replaced.get(step.moved_from or step.address)) for step in found)


def refuse_losses(plan: Plan) -> tuple[Diagnostic, ...]:
    """Why a plan cannot be, in an environment that its tenant protects. What was replaced before may go."""
    scope = plan.scope
    return tuple(
        Diagnostic(
            "PK368",
            f"the plan would {one.verb} `{one.address}`, which holds data, and `{scope.environment}` is protected",
            label_of(one.place),
            notes=(f"tenant `{scope.tenant}` has `{scope.environment}` among its `policies.protectedEnvironments`",),
            help="`removed` in the Stack, or `lifecycle: {retain: true}`, leaves it in AWS",
        )
        for one in losses(plan)
        if not one.left
    )


def _loss(step: Step, by: Step | None) -> Loss:
    """`by` is what replaces it, which has a place in the YAML."""
    snapshot = step.lifecycle.snapshot and step.type in SNAPSHOTS
    verb, place = ("replace", by.place) if by is not None else ("delete", step.place)
    left = by is None and step.key != step.address
    return Loss(step.address, step.kind, step.service, verb, snapshot, place, left)
