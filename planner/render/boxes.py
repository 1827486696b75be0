"""The boxes of a plan: one for each step, or for each component where there are too many steps to draw."""

from collections.abc import Iterable, Mapping

from panka.planner.assemble import component_action
from panka.planner.plan import Action, Plan, Step
from panka.planner.record import Span
from panka.planner.render.components import component_name
from panka.planner.render.fate import Fate, Known
from panka.planner.render.picture import Node, levels_of
from panka.planner.render.sheet import Box
from panka.planner.resource import Address

MOST_DRAWN = 2_000
"""Steps up to which each has its box."""
_WORST = (Fate.FAILED, Fate.RUNNING, Fate.WAITING, Fate.SKIPPED, Fate.UNDONE, Fate.DONE)
"""Of which fates among its steps a component's is the first."""


def boxes_of(
    plan: Plan, spans: Mapping[str, Span], known: Mapping[str, Known]
) -> tuple[tuple[Box, ...], Mapping[str, str]]:
    """The boxes by level, and for each step the id of its box. Cleanup stands after everything else."""
    depth = max((step.level + 1 for step in plan.forward), default=0)
    boxes = [
        _box(step, step.level + (depth if cleanup else 0), spans.get(step.key), known.get(step.key), cleanup=cleanup)
        for cleanup, phase in ((False, plan.forward), (True, plan.cleanup))
        for step in phase
    ]
    if len(boxes) <= MOST_DRAWN:
        return _sorted(boxes), {one.node.id: one.node.id for one in boxes}
    return _gathered(boxes)


def _box(step: Step, level: int, span: Span | None, known: Known | None, *, cleanup: bool) -> Box:
    node = Node(step.key, label_of(step), step.type, level, step.depends_on)
    return Box(node, step.action, known, span, cleanup, (step,))


def label_of(step: Step) -> str:
    """A step as people call it: `api/jobs`, `api/jobs:dead`; with its generation where that is an old one."""
    name, part = component_name(step.address, step.service), Address(step.address).part
    whole = name if part == "main" else f"{name}:{part}"
    return whole if step.key == step.address else f"{whole}@{step.generation}"


def _sorted(boxes: Iterable[Box]) -> tuple[Box, ...]:
    return tuple(sorted(boxes, key=lambda one: (one.node.level, one.node.label, one.node.id)))


def _gathered(boxes: list[Box]) -> tuple[tuple[Box, ...], Mapping[str, str]]:
    """One box for each component and phase."""
    home = {one.node.id: f"{Address(one.steps[0].address).component}{'@' if one.cleanup else ''}" for one in boxes}
    members: dict[str, list[Box]] = {}
    for one in boxes:
        members.setdefault(home[one.node.id], []).append(one)
    needs = {
        name: {home[needed] for one in inside for needed in one.node.needs if needed in home} - {name}
        for name, inside in members.items()
    }
    levels = levels_of(needs)
    base = max((levels[name] + 1 for name, inside in members.items() if not inside[0].cleanup), default=0)
    made = [
        _together(name, inside, levels[name] + (base if inside[0].cleanup else 0), tuple(sorted(needs[name])))
        for name, inside in members.items()
    ]
    return _sorted(made), home


def _together(id: str, boxes: list[Box], level: int, needs: tuple[str, ...]) -> Box:
    step = boxes[0].steps[0]
    node = Node(id, component_name(step.address, step.service), step.kind, level, needs, len(boxes))
    steps = tuple(step for one in boxes for step in one.steps)
    replaced = any(step.action is Action.REPLACE for step in steps)
    action = component_action({step.action for step in steps}, replaced=replaced)
    return Box(node, action, _worst(boxes), _span([one.span for one in boxes]), boxes[0].cleanup, steps)


def _worst(boxes: list[Box]) -> Known | None:
    known = [one.known for one in boxes if one.known is not None]
    return min(known, key=lambda one: _WORST.index(one.fate), default=None)


def _span(spans: Iterable[Span | None]) -> Span | None:
    known = [one for one in spans if one is not None]
    if not known:
        return None
    began, ended = min(one.began for one in known), max(one.ended for one in known)
    return Span(began=began, ended=ended, tries=max(one.tries for one in known))
