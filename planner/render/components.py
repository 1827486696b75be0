"""What a plan does with components, and the words for it: the same wherever a plan is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from panka.planner.assemble import component_action
from panka.planner.plan import Action, Change, Plan, Step
from panka.planner.render.fields import Line, changed_value, created, later, of_existing, value_text
from panka.planner.resource import STACK, Address, Properties

SYMBOLS = {
    Action.CREATE: "+",
    Action.ADOPT: "+",
    Action.UPDATE: "~",
    Action.ACCEPT: "=",
    Action.REPLACE: "-/+",
    Action.FORGET: "-",
    Action.DELETE: "-",
}
ORDER = (
    Action.CREATE,
    Action.ADOPT,
    Action.ACCEPT,
    Action.UPDATE,
    Action.REPLACE,
    Action.FORGET,
    Action.DELETE,
)
_NOUNS = {Action.DELETE: "destroy"}
GROUPED = {
    Action.CREATE: "create",
    Action.ADOPT: "import",
    Action.ACCEPT: "accept as it is in AWS",
    Action.UPDATE: "update in place",
    Action.REPLACE: "REPLACE",
    Action.FORGET: "forget, keep in AWS",
    Action.DELETE: "DESTROY",
}


@dataclass(slots=True)
class ComponentChange:
    """What a plan does with one component."""

    name: str
    kind: str
    action: Action
    steps: list[Step] = field(default_factory=list)

    authored: Properties = field(default_factory=dict)
    """What its author wrote, by field."""
    edits: tuple[Change, ...] = ()
    """What of it is not as recorded."""

    @property
    def lines(self) -> list[Line]:
        """What to show of it; what forces a replacement is why the reader looks, so it comes first."""
        if self.action is Action.CREATE:
            return created(self.authored)
        found = of_existing(self.steps, self.edits, replaced=self.action is Action.REPLACE)
        return sorted(found, key=lambda one: not one.forced)


def component_name(address: str, service: str) -> str:
    """A component as people call it; what belongs to the stack itself is `(stack)`."""
    component = Address(address).component
    if component == STACK:
        return "(stack)"
    return f"{service}/{component}" if service else component


def components(plan: Plan) -> list[ComponentChange]:
    """What happens to each component; dangerous changes last."""
    return components_of((*plan.forward, *plan.cleanup), plan.authored, plan.edits)


def components_of(
    steps: Iterable[Step], authored: Mapping[str, Properties], edits: Mapping[str, tuple[Change, ...]]
) -> list[ComponentChange]:
    """What steps do to each component; dangerous changes last."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        if step.key == step.address or step.action is not Action.DELETE:
            found.setdefault(component_name(step.address, step.service), []).append(step)
    every = [_component(name, own, authored, edits) for name, own in found.items()]
    return sorted(every, key=lambda one: (ORDER.index(one.action), one.name))


def _component(
    name: str, steps: list[Step], authored: Mapping[str, Properties], edits: Mapping[str, tuple[Change, ...]]
) -> ComponentChange:
    replaced = any(step.action is Action.REPLACE and Address(step.address).part == "main" for step in steps)
    action = component_action({step.action for step in steps}, replaced=replaced)
    own = Address(steps[0].address).component
    return ComponentChange(name, steps[0].kind, action, steps, authored.get(own, {}), edits.get(own, ()))


def numbers(total: Mapping[Action, int]) -> str:
    """`1 create, 2 update`."""
    return ", ".join(f"{total[action]} {_NOUNS.get(action, action.value)}" for action in ORDER if total.get(action))


def verb_of(row: ComponentChange) -> str:
    """What happens to it, and why where that is not plain."""
    number = f" ({len(row.steps)} resources)" if len(row.steps) > 1 else ""
    match row.action:
        case Action.ADOPT:
            return f"import {', '.join(step.id or '' for step in row.steps)}"
        case Action.UPDATE:
            return f"update in place{_moved(row)}{_besides(row)}{_outside(row)}"
        case Action.REPLACE:
            return f"REPLACE: {next(step.reason for step in row.steps if step.action is Action.REPLACE)}"
        case Action.FORGET if _outside(row):
            return f"forget{number}{_outside(row)}"
        case _:
            return f"{GROUPED[row.action]}{number}{_outside(row)}"


def _outside(row: ComponentChange) -> str:
    """What others have done to it, where that is why it is in the plan."""
    reasons = dict.fromkeys(step.reason for step in row.steps if step.reason.endswith("outside Panka"))
    return "".join(f": {reason}" for reason in reasons)


def _moved(row: ComponentChange) -> str:
    """Where the component's resources are on record until now."""
    names = dict.fromkeys(_old_name(step) for step in row.steps if step.moved_from)
    return f", moved from {', '.join(names)}" if names else ""


def _old_name(step: Step) -> str:
    old, new = Address(step.moved_from), Address(step.address)
    return old.component if old.part == new.part else str(old)


def _besides(row: ComponentChange) -> str:
    """What an update brings beside updates: resources that come, go, or are replaced."""
    words = {
        Action.CREATE: "adds",
        Action.ADOPT: "imports",
        Action.ACCEPT: "accepts",
        Action.REPLACE: "REPLACES",
        Action.DELETE: "deletes",
        Action.FORGET: "forgets",
    }
    said = []
    for action, word in words.items():
        parts = [Address(step.address).part for step in row.steps if step.action is action]
        said += [f"{word} {', '.join(parts)}"] if parts else []
    return f"; {'; '.join(said)}" if said else ""


def lines_of(step: Step) -> list[Line]:
    """Everything that a step sets or changes, property by property."""
    if step.action is Action.CREATE or (step.action is Action.ADOPT and not step.changes):
        return [Line(name, value_text(value) + later(value)) for name, value in step.properties.items()]
    return [Line(one.path, changed_value(one), one.replaces) for one in step.changes]


def longest_path(steps: tuple[Step, ...]) -> list[Step]:
    """The steps along the path that takes longest."""
    after: dict[str, list[Step]] = {}
    for step in steps:
        for needed in step.depends_on:
            after.setdefault(needed, []).append(step)
    path: list[Step] = []
    choices = [step for step in steps if not step.depends_on]
    while choices:
        step = min(choices, key=lambda one: (-one.weight, one.key))
        path.append(step)
        choices = after.get(step.key, [])
    return path
