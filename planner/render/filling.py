"""Brings a plan, a run of one, or a stack alone into the shape of a report."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from panka.planner.history import Entry
from panka.planner.masking import masked
from panka.planner.plan import Plan, Step
from panka.planner.protecting import losses
from panka.planner.record import Span, steps
from panka.planner.render.boxes import boxes_of, label_of
from panka.planner.render.components import ComponentChange, components, longest_path
from panka.planner.render.fate import Fate, Known, ended
from panka.planner.render.picture import Picture
from panka.planner.render.remarks import limits, losses_text, not_taken_back, shape, summary, unfinished
from panka.planner.render.sheet import Box, Failed, Sheet
from panka.planner.render.words import many, took
from panka.planner.state import Target


def of_plan(plan: Plan, notes: Iterable[str] = ()) -> Sheet:
    """A plan that nobody has carried out yet."""
    spans = _expected(plan)
    end = max((span.ended for span in spans.values()), default=0.0)
    boxes, home = boxes_of(plan, spans, {})
    return Sheet(
        what="Plan",
        scope=plan.scope,
        stack=plan.scope.stack,
        facts=(
            ("Plan", plan.id),
            ("Operation", plan.operation),
            *_where(plan.target),
            ("Made from", f"state #{plan.base.serial}" if plan.base else "no state yet"),
            *((("Git", plan.git),) if plan.git else ()),
        ),
        boxes=boxes,
        critical=_homes(longest_path(plan.forward or plan.cleanup), home),
        summary=(summary(plan), *shape(plan)),
        remarks=(*_remarks(plan), *(f"note: {note}" for note in notes)),
        loss=losses_text(losses(plan)),
        changes=_changes(plan),
        whole=Span(began=0, ended=end) if end else None,
        gathered=len(boxes) < len(home),
    )


def of_run(plan: Plan, ran: Entry) -> Sheet:
    """A run that has ended, and what it was to do: all of it is on record."""
    fates = ended(ran, plan)
    spans = {key: known.span for key, known in fates.items() if known.span is not None}
    whole = _whole(ran, spans.values())
    boxes, home = boxes_of(plan, spans, fates)
    return Sheet(
        what=f"Run #{ran.run}",
        scope=plan.scope,
        stack=plan.scope.stack,
        facts=tuple(_facts(plan, ran)),
        boxes=boxes,
        critical=_homes(_waited(plan, spans), home),
        summary=(summary(plan), _fates(fates[key] for key in home)),
        remarks=(*_remarks(plan), *ran.said),
        loss=losses_text(losses(plan)),
        changes=_changes(plan),
        result=ran.result,
        failures=tuple(_failures(plan, ran)),
        whole=whole,
        gathered=len(boxes) < len(home),
    )


def of_stack(name: str, picture: Picture) -> Sheet:
    """A stack alone, as it is written."""
    lines = sum(len(node.needs) for node in picture.nodes)
    levels = len({node.level for node in picture.nodes})
    return Sheet(
        what="Graph",
        scope=None,
        stack=name,
        facts=(("Boxes", str(len(picture.nodes))), ("Lines", str(lines)), ("Levels", str(levels))),
        boxes=tuple(Box(node) for node in picture.nodes),
        critical=picture.critical,
        kinds=True,
    )


def _where(target: Target) -> tuple[tuple[str, str], ...]:
    return ("Account", target.account), ("Region", target.region)


def _facts(plan: Plan, ran: Entry) -> Iterator[tuple[str, str]]:
    yield from (("Plan", plan.id), ("Operation", ran.kind), *_where(plan.target))
    yield "State", f"#{plan.base.serial} to #{ran.run}" if plan.base else f"none to #{ran.run}"
    told = (("Git", ran.git), ("By", ran.by), ("Approved by", ran.approved_by))
    yield from ((name, said) for name, said in told if said)
    yield from (("Started", ran.started), ("Finished", ran.finished))
    yield "Took", took(_moment(ran.finished) - _moment(ran.started))


def _remarks(plan: Plan) -> tuple[str, ...]:
    return (*limits(plan), *unfinished(plan), *not_taken_back(plan))


def _changes(plan: Plan) -> tuple[ComponentChange, ...]:
    rows = components(plan)
    for row in rows:
        row.steps = [masked(step) for step in row.steps]
    return tuple(rows)


def _expected(plan: Plan) -> dict[str, Span]:
    """When each step is at work if all take as long as the plan expects, and nothing waits for a place."""
    spans: dict[str, Span] = {}
    start = 0.0
    for phase in (plan.forward, plan.cleanup):
        after: dict[str, float] = {}
        for step in phase:
            after |= {key: max(after.get(key, 0), step.weight) for key in step.depends_on}
        for step in phase:
            began = max((spans[key].ended for key in step.depends_on if key in spans), default=start)
            spans[step.key] = Span(began=began, ended=began + max(step.weight - after.get(step.key, 0), 0))
        start = max((spans[step.key].ended for step in phase), default=start)
    return spans


def _waited(plan: Plan, spans: Mapping[str, Span]) -> list[Step]:
    """The steps that decided how long forward took: the last one to end, what it waited for longest, and so on."""
    phase = {step.key: step for step in (plan.forward or plan.cleanup) if step.key in spans}
    path: list[Step] = []
    choices = list(phase)
    while choices:
        last = max(choices, key=lambda key: (spans[key].ended, key))
        path.insert(0, phase[last])
        choices = [key for key in phase[last].depends_on if key in phase]
    return path


def _homes(path: Iterable[Step], home: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(home[step.key] for step in path))


def _whole(ran: Entry, spans: Iterable[Span]) -> Span:
    """The whole run: its own times are told in seconds, those of its steps more closely."""
    known = list(spans)
    began = min([_moment(ran.started), *(span.began for span in known)])
    return Span(began=began, ended=max([_moment(ran.finished), *(span.ended for span in known)]))


def _fates(known: Iterable[Known]) -> str:
    """`12 done, 1 failed, 3 skipped`, of steps."""
    fates = [one.fate for one in known]
    said = ", ".join(f"{fates.count(fate)} {fate}" for fate in Fate if fate in fates)
    return f"{many(len(fates), 'step')}: {said}" if fates else ""


def _failures(plan: Plan, ran: Entry) -> Iterator[Failed]:
    every = steps(plan)
    for one in ran.failures:
        yield Failed(label_of(every[one.key]) if one.key in every else one.key, one.message, one.place)


def _moment(said: str) -> float:
    return datetime.fromisoformat(said).timestamp()
