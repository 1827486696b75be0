"""What there is to say of a plan as a whole: its numbers, its limits, and what nobody should miss."""

from collections.abc import Iterable

from panka.planner.assemble import counts
from panka.planner.plan import Plan, Undo
from panka.planner.protecting import Loss
from panka.planner.render.components import component_name, longest_path, numbers
from panka.planner.render.words import many, took
from panka.planner.resource import Address

_PATH = 7
"""How many components of the longest path are named."""


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


def limits(plan: Plan) -> list[str]:
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


def unfinished(plan: Plan) -> list[str]:
    """That an earlier run is still to be ended."""
    if plan.unfinished is None:
        return []
    return [f"Run #{plan.unfinished} never told its end; this plan finishes or clears what it began."]


def not_taken_back(plan: Plan) -> list[str]:
    """What a run that fails could not bring back to exactly what was."""
    lines = []
    for step in (step for step in plan.forward if step.undo is not Undo.EXACT):
        part = Address(step.address).part
        name = component_name(step.address, step.service) + ("" if part == "main" else f" ({part})")
        lines.append(f"rollback would not be exact: {name}: {step.undo_why}")
    return lines


def shape(plan: Plan) -> list[str]:
    """How deep it is, and how long it takes."""
    steps = plan.forward or plan.cleanup
    if not steps:
        return []
    levels = max(step.level for step in steps) + 1
    seconds = sum(max((step.weight for step in phase), default=0) for phase in (plan.forward, plan.cleanup))
    path = list(dict.fromkeys(component_name(step.address, "") for step in longest_path(steps)))
    about = f", longest path {' > '.join(_abridged(path))}" if len(path) > 1 else ""
    return [f"{levels} level{'s' if levels > 1 else ''}{about}, about {took(max(seconds, 1))}"]


def _abridged(path: list[str]) -> list[str]:
    """A path that fits a line: its beginning and its end."""
    if len(path) <= _PATH:
        return path
    return [*path[: _PATH - 2], f"({len(path) - _PATH + 1} more)", path[-1]]
