"""A plan as people and as machines read it."""

from collections.abc import Iterable
from typing import Any

from panka.cli.views.screen import Screen
from panka.planner.assemble import counts
from panka.planner.plan import Action, Plan, Step
from panka.planner.protecting import losses
from panka.planner.render.components import GROUPED, ORDER, SYMBOLS, ComponentChange, components, lines_of, verb_of
from panka.planner.render.fields import Line, created, edited
from panka.planner.render.remarks import limits, losses_text, not_taken_back, shape, summary, unfinished
from panka.planner.state import Target

_SHORT = 5
"""How many changed properties of a component are shown without --detail."""
_TELLING = 2
"""How many fields of a component that is made are shown without --detail."""
_MANY = 30
"""From how many components on those of one kind that meet the same fate are shown together."""
_NAMED = 3
"""How many components of such a group are named."""


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
    lines += limits(plan)
    lines += unfinished(plan)
    lines += _not_taken_back(plan)
    lines += [f"note: {note}" for note in notes]
    lost = losses(plan)
    lines += [f"{screen.paint('-', 'LOSES DATA')}: {losses_text(lost)}"] if lost else []
    lines.append(summary(plan))
    lines += [f"  {said}" for said in shape(plan)]
    return "\n".join(lines)


def _not_taken_back(plan: Plan) -> list[str]:
    said = not_taken_back(plan)
    return said[:_SHORT] + ([f"  ({len(said) - _SHORT} more: --detail)"] if len(said) > _SHORT else [])


def rows_text(rows: list[ComponentChange], screen: Screen, *, detail: bool) -> list[str]:
    """The components, each with what changes of it; many of one kind and fate together."""
    widths = max((len(row.kind) for row in rows), default=0), max((len(row.name) for row in rows), default=0)
    if len(rows) >= _MANY and not detail:
        return [line for group in _groups(rows) for line in _group(group, screen, widths[0])]
    return [line for row in rows for line in _row(row, screen, widths, detail=detail)]


def tally(plan: Plan) -> str:
    """`+1 ~1 -/+1 -1`."""
    total = counts((*plan.forward, *plan.cleanup))
    return " ".join(f"{SYMBOLS[action]}{total[action]}" for action in ORDER if action in total)


def destructive(plan: Plan) -> tuple[int, int]:
    """How many components are replaced and how many destroyed."""
    rows = components(plan)
    replaced = sum(any(step.action is Action.REPLACE for step in row.steps) for row in rows)
    return replaced, sum(row.action is Action.DELETE for row in rows)


def _row(row: ComponentChange, screen: Screen, widths: tuple[int, int], *, detail: bool) -> list[str]:
    symbol = SYMBOLS[row.action]
    kind, name = row.kind.ljust(widths[0]), row.name.ljust(widths[1])
    lines = [f"{screen.paint(symbol, symbol.rjust(3))} {kind}  {name}  {verb_of(row)}"]
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
    return [group for (action, _), group in sorted(found.items(), key=lambda one: (ORDER.index(one[0][0]), one[0][1]))]


def _group(group: list[ComponentChange], screen: Screen, width: int) -> list[str]:
    if len(group) == 1:
        return _row(group[0], screen, (width, len(group[0].name)), detail=False)
    first = group[0]
    symbol, number = SYMBOLS[first.action], sum(len(row.steps) for row in group)
    word = GROUPED[first.action]
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


def _step(step: Step) -> list[str]:
    lines = [f"      {SYMBOLS[step.action]} {step.type}  {step.key}" + (f"  ({step.reason})" if step.reason else "")]
    return lines + aligned(lines_of(step), 10)
