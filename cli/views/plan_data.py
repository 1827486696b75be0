"""A plan as machines read it. `schemaVersion`, which the screen adds, rises when a field changes its meaning."""

from collections.abc import Iterable
from typing import Any

from panka.planner.assemble import counts
from panka.planner.plan import Action, Plan
from panka.planner.protecting import losses
from panka.planner.render.components import components
from panka.planner.resource import Model


class ComponentData(Model):
    """What happens to one component."""

    component: str
    """As people read it: `service/name`."""
    kind: str
    action: Action
    resources: tuple[str, ...]
    """Keys of its steps in the plan."""


class PlanData(Model):
    """The answer of `panka plan -o json`."""

    empty: bool
    counts: dict[Action, int]
    """Components by what happens to them; every action is there."""
    seconds: float
    """How long a run takes, as estimated."""
    loses: tuple[str, ...]
    """Addresses of what holds data and is deleted."""
    components: tuple[ComponentData, ...]
    plan: Plan
    """Every step in the plan's own words."""
    notes: tuple[str, ...]


def plan_data(plan: Plan, notes: Iterable[str] = ()) -> dict[str, Any]:
    """The plan for machines, as JSON values."""
    total = counts((*plan.forward, *plan.cleanup))
    return PlanData(
        empty=plan.empty,
        counts={action: total.get(action, 0) for action in Action},
        seconds=sum(max((step.weight for step in phase), default=0) for phase in (plan.forward, plan.cleanup)),
        loses=tuple(one.address for one in losses(plan)),
        components=tuple(
            ComponentData(
                component=row.name, kind=row.kind, action=row.action, resources=tuple(step.key for step in row.steps)
            )
            for row in components(plan)
        ),
        plan=plan,
        notes=tuple(notes),
    ).model_dump(mode="json", by_alias=True)
