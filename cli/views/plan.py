"""A plan as people and as machines read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from panka.cli.views.fields import Line, change_text, created, edited, later, of_existing, value_text
from panka.cli.views.screen import Screen, many, took
from panka.planner.assemble import component_action, counts
from panka.planner.plan import Action, Change, Plan, Step, Undo
from panka.planner.protecting import Loss, losses
from panka.planner.resource import STACK, Address, Properties
from panka.planner.state import Target

SYMBOLS = {
    Action.CREATE: "+",
    Action.ADOPT: "+",
    Action.UPDATE: "~",
    Action.ACCEPT: "=",
    Action.REPLACE: "-/+",
    Action.FORGET: "-",
    Action.DELETE: "-",
}
_ORDER = (
    Action.CREATE,
    Action.ADOPT,
    Action.ACCEPT,
    Action.UPDATE,
    Action.REPLACE,
    Action.FORGET,
    Action.DELETE,
)
_NOUNS = {Action.DELETE: "destroy"}
_SHORT = 5
"""How many changed properties of a component are shown without --detail."""
_TELLING = 2
"""How many fields of a component that is made are shown without --detail."""
_MANY = 30
"""From how many components on those of one kind that meet the same fate are shown together."""
_NAMED = 3
"""How many components of such a group are named."""
_PATH = 7
"""How many components of the longest path are named."""


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
    return sorted(every, key=lambda one: (_ORDER.index(one.action), one.name))


def _component(
    name: str, steps: list[Step], authored: Mapping[str, Properties], edits: Mapping[str, tuple[Change, ...]]
) -> ComponentChange:
    replaced = any(step.action is Action.REPLACE and Address(step.address).part == "main" for step in steps)
    action = component_action({step.action for step in steps}, replaced=replaced)
    own = Address(steps[0].address).component
    return ComponentChange(name, steps[0].kind, action, steps, authored.get(own, {}), edits.get(own, ()))


def changes_of(row: ComponentChange) -> dict[str, Any]:
    """What happens to a component, for machines: its resources with the properties that differ."""
    return {
        "component": row.name,
        "kind": row.kind,
        "action": row.action.value,
        "edits": [one.model_dump(mode="json", by_alias=True) for one in row.edits],
        "resources": [
            {
                "address": step.address,
                "type": step.type,
                "action": step.action.value,
                "changes": [one.model_dump(mode="json", by_alias=True) for one in step.changes],
            }
            for step in row.steps
        ],
    }


def header(scope: object, target: Target | None, git: str = "", state: int | None = None) -> str:
    """Where this is about: tenant, stack, environment, account and region, and what it is made from."""
    tenant, stack, environment = str(scope).split("/")
    words = [f"{tenant}/{stack}", environment]
    if target is not None:
        words.append(f"{target.account} {target.region}")
    tail = [f"git {git}"] if git else []
    if state is not None:
        tail.append(f"state #{state}" if state else "no state yet")
    return "  ".join(words) + "".join(f"   {word}" for word in tail)


def plan_text(plan: Plan, screen: Screen, *, detail: bool, notes: Iterable[str] = ()) -> str:
    """The whole plan, without what to do next."""
    lines = [header(plan.scope, plan.target, plan.git, plan.base.serial if plan.base else 0), ""]
    rows = components(plan)
    lines += [*rows_text(rows, screen, detail=detail), ""] if rows else []
    lines += _limits(plan)
    lines += _unfinished(plan)
    lines += _not_taken_back(plan)
    lines += [f"note: {note}" for note in notes]
    lost = losses(plan)
    lines += [f"{screen.paint('-', 'LOSES DATA')}: {losses_text(lost)}"] if lost else []
    lines.append(summary(plan))
    lines += _shape(plan)
    return "\n".join(lines)


def rows_text(rows: list[ComponentChange], screen: Screen, *, detail: bool) -> list[str]:
    """The components, each with what changes of it; many of one kind and fate together."""
    widths = max((len(row.kind) for row in rows), default=0), max((len(row.name) for row in rows), default=0)
    if len(rows) >= _MANY and not detail:
        return [line for group in _groups(rows) for line in _group(group, screen, widths[0])]
    return [line for row in rows for line in _row(row, screen, widths, detail=detail)]


def numbers(total: Mapping[Action, int]) -> str:
    """`1 create, 2 update`."""
    return ", ".join(f"{total[action]} {_NOUNS.get(action, action.value)}" for action in _ORDER if total.get(action))


def summary(plan: Plan) -> str:
    """One line of numbers."""
    if plan.empty and plan.operation == "destroy":
        return "Nothing is left to destroy."
    if plan.empty:
        return f"Nothing changes: {plan.unchanged} resources are as the stack says."
    total = counts((*plan.forward, *plan.cleanup))
    said = numbers(total) or ("outputs change" if plan.outputs_differ else "an earlier run to end")
    resources = len(plan.forward) + sum(step.key == step.address for step in plan.cleanup)
    return f"Plan {plan.id}: {said}   ({many(resources, 'resource')} to change, {plan.unchanged} unchanged)"


def losses_text(lost: Iterable[Loss]) -> str:
    """`api/orders (DynamoDB), db (RDS, after a last snapshot)`."""
    said = {
        component_name(one.address, one.service): f"{one.kind}{', after a last snapshot' if one.snapshot else ''}"
        for one in lost
    }
    return ", ".join(f"{name} ({what})" for name, what in said.items())


def tally(plan: Plan) -> str:
    """`+1 ~1 -/+1 -1`."""
    total = counts((*plan.forward, *plan.cleanup))
    return " ".join(f"{SYMBOLS[action]}{total[action]}" for action in _ORDER if action in total)


def destructive(plan: Plan) -> tuple[int, int]:
    """How many components are replaced and how many destroyed."""
    rows = components(plan)
    replaced = sum(any(step.action is Action.REPLACE for step in row.steps) for row in rows)
    return replaced, sum(row.action is Action.DELETE for row in rows)


def _row(row: ComponentChange, screen: Screen, widths: tuple[int, int], *, detail: bool) -> list[str]:
    symbol = SYMBOLS[row.action]
    kind, name = row.kind.ljust(widths[0]), row.name.ljust(widths[1])
    lines = [f"{screen.paint(symbol, symbol.rjust(3))} {kind}  {name}  {_verb(row)}"]
    said = row.lines
    if detail:
        own = created(row.authored) if row.action is Action.CREATE else edited(row.edits)
        return [*lines, *aligned(own), *(line for step in row.steps for line in _step(step))]
    most = _TELLING if row.action is Action.CREATE else _SHORT
    lines += aligned(said[:most])
    if len(said) > most:
        more = f"({len(said) - most} more: --detail)"
        # Of what is new a line or two tell enough; of what changes, that there is more should not be missed.
        lines[-1:] = [f"{lines[-1]}   {more}"] if row.action is Action.CREATE else [lines[-1], f"      {more}"]
    return lines


def aligned(said: Iterable[Line], indent: int = 6) -> list[str]:
    """The lines in two columns."""
    lines = list(said)
    width = max((len(one.path) for one in lines), default=0)
    forces = "   # forces replacement"
    return [f"{' ' * indent}{one.path.ljust(width)}  {one.text}{forces if one.forced else ''}" for one in lines]


def _groups(rows: list[ComponentChange]) -> list[list[ComponentChange]]:
    """Components of one kind and action together, in the order of the rows: dangerous changes last."""
    found: dict[tuple[Action, str], list[ComponentChange]] = {}
    for row in rows:
        found.setdefault((row.action, row.kind), []).append(row)
    return [group for (action, _), group in sorted(found.items(), key=lambda one: (_ORDER.index(one[0][0]), one[0][1]))]


def _group(group: list[ComponentChange], screen: Screen, width: int) -> list[str]:
    if len(group) == 1:
        return _row(group[0], screen, (width, len(group[0].name)), detail=False)
    first = group[0]
    symbol, number = SYMBOLS[first.action], sum(len(row.steps) for row in group)
    word = _GROUPED[first.action]
    head = f"{screen.paint(symbol, symbol.rjust(3))} {first.kind.ljust(width)}  {len(group)} components  {word}"
    names = ", ".join(row.name for row in group[:_NAMED])
    more = f", ({len(group) - _NAMED} more: --detail)" if len(group) > _NAMED else ""
    lines = [f"{head} ({number} resources)", f"      {names}{more}"]
    if first.action is Action.CREATE:
        return lines
    said_of = [row.lines for row in group]
    paths: dict[str, int] = {}
    forced = {line.path for said in said_of for line in said if line.forced}
    for one in said_of:
        for path in {line.path for line in one}:
            paths[path] = paths.get(path, 0) + 1
    said = sorted(paths.items(), key=lambda one: (one[0] not in forced, -one[1], one[0]))[:_SHORT]
    return lines + [
        f"      {path}  of {count}" + ("   # forces replacement" if path in forced else "") for path, count in said
    ]


_GROUPED = {
    Action.CREATE: "create",
    Action.ADOPT: "import",
    Action.ACCEPT: "accept as it is in AWS",
    Action.UPDATE: "update in place",
    Action.REPLACE: "REPLACE",
    Action.FORGET: "forget, keep in AWS",
    Action.DELETE: "DESTROY",
}


def _limits(plan: Plan) -> list[str]:
    """What --target, --exclude and --replace have made of the plan, with all that followed from them."""
    one = plan.selection
    if one is None:
        return []
    lines = []
    for flag, patterns, closure, word in (
        ("--target", one.targets, one.added, "brings with it"),
        ("--exclude", one.excludes, one.withheld, "also leaves out"),
        ("--replace", one.replaces, (), ""),
    ):
        if patterns:
            lines.append(f"{flag} {' '.join(patterns)}" + (f"  {word} {', '.join(closure)}" if closure else ""))
    if one.left_out:
        lines.append(f"Left out: {many(one.left_out, 'change')} of resources.")
    return lines


def _verb(row: ComponentChange) -> str:
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
            return f"{_GROUPED[row.action]}{number}{_outside(row)}"


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


def _step(step: Step) -> list[str]:
    lines = [f"      {SYMBOLS[step.action]} {step.type}  {step.key}" + (f"  ({step.reason})" if step.reason else "")]
    if step.action is Action.CREATE or (step.action is Action.ADOPT and not step.changes):
        said = [Line(name, value_text(value) + later(value)) for name, value in step.properties.items()]
    else:
        said = [Line(one.path, change_text(one)) for one in step.changes]
    return lines + aligned(said, 10)


def _unfinished(plan: Plan) -> list[str]:
    if plan.unfinished is None:
        return []
    return [f"Run #{plan.unfinished} never told its end; this plan finishes or clears what it began."]


def _not_taken_back(plan: Plan) -> list[str]:
    """What a run that fails could not bring back to exactly what was."""
    steps = [step for step in plan.forward if step.undo is not Undo.EXACT]
    lines = []
    for step in steps[:_SHORT]:
        part = Address(step.address).part
        name = component_name(step.address, step.service) + ("" if part == "main" else f" ({part})")
        lines.append(f"rollback would not be exact: {name}: {step.undo_why}")
    return lines + ([f"  ({len(steps) - _SHORT} more: --detail)"] if len(steps) > _SHORT else [])


def _shape(plan: Plan) -> list[str]:
    steps = plan.forward or plan.cleanup
    if not steps:
        return []
    levels = max(step.level for step in steps) + 1
    seconds = sum(max((step.weight for step in phase), default=0) for phase in (plan.forward, plan.cleanup))
    path = longest_path(steps)
    about = f", longest path {' > '.join(_abridged(path))}" if len(path) > 1 else ""
    return [f"  {levels} level{'s' if levels > 1 else ''}{about}, about {took(max(seconds, 1))}"]


def _abridged(path: list[str]) -> list[str]:
    """A path that fits a line: its beginning and its end."""
    if len(path) <= _PATH:
        return path
    return [*path[: _PATH - 2], f"({len(path) - _PATH + 1} more)", path[-1]]


def longest_path(steps: tuple[Step, ...]) -> list[str]:
    """The components along the path that takes longest, each once."""
    after: dict[str, list[Step]] = {}
    for step in steps:
        for needed in step.depends_on:
            after.setdefault(needed, []).append(step)
    path: dict[str, None] = {}
    choices = [step for step in steps if not step.depends_on]
    while choices:
        step = min(choices, key=lambda one: (-one.weight, one.key))
        path[component_name(step.address, "")] = None
        choices = after.get(step.key, [])
    return list(path)
