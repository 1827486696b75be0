"""Answers to drift that need nothing but the record: plans that accept what others have changed, or restore it."""

from collections.abc import Mapping
from typing import Any

from panka.planner import assemble
from panka.planner.drift import Finding, Report, Status
from panka.planner.plan import FORMAT, Action, Change, Plan, Step
from panka.planner.resource_types import facts
from panka.planner.restoring import Restoration
from panka.planner.state import Recorded, State


def acceptance(report: Report, state: State) -> tuple[Plan, tuple[str, ...]]:
    """The plan that takes a report's findings into the state that it is about, and a sentence for each that it cannot.

    What changed is recorded as AWS told it, what is missing is struck off; what could not be read stays as it is. All
    steps stand in the cleanup phase, which is never taken back: each is true by itself.
    """
    steps = []
    left = []
    for one in report.findings:
        if one.status is Status.MISSING:
            steps.append(_strike(state.resources[one.address]))
        elif one.status is Status.CHANGED and one.accepted is not None:
            steps.append(_take_in(one, state.resources[one.address]))
        elif one.status is Status.CHANGED:
            left.append(f"{one.address} has changed to what looks like a secret, which no record may hold")
        elif one.status is Status.UNKNOWN:
            left.append(f"{one.address} could not be read")
    return _of_steps(report, state, cleanup=tuple(steps)), tuple(left)


def restoration(report: Report, state: State) -> tuple[Plan, tuple[str, ...]]:
    """The plan that makes AWS as it is on record again, and a sentence for each finding that it cannot mend.

    Without the stack's files nobody knows what refers to what: a resource that is gone is only made anew where no other
    one has taken in its identifiers, and nothing is replaced.
    """
    steps = []
    left = []
    for one in report.findings:
        recorded = state.resources[one.address]
        if one.status is Status.MISSING:
            if user := _user_of(recorded, state):
                left.append(f"{one.address} is gone, and {user} refers to it: panka apply makes both fit again")
            else:
                steps.append(_anew(recorded))
        elif one.status is Status.CHANGED:
            step = _back(one, recorded)
            fixed = [change.path for change in step.changes if change.replaces]
            if fixed:
                left.append(
                    f"{one.address} cannot be changed back in place ({', '.join(fixed)}): panka apply replaces it"
                )
            else:
                steps.append(step)
        elif one.status is Status.UNKNOWN:
            left.append(f"{one.address} could not be read")
    return _of_steps(report, state, forward=tuple(steps)), tuple(left)


def _of_steps(report: Report, state: State, *, forward: tuple[Step, ...] = (), cleanup: tuple[Step, ...] = ()) -> Plan:
    """A plan of these steps, each for itself, after which the stack promises what it promised before."""
    plan = Plan(
        format=FORMAT,
        id="",
        operation="apply",
        scope=report.scope,
        target=state.target,
        lineage=state.lineage,
        base=report.state,
        forward=forward,
        cleanup=cleanup,
        unchanged=len(state.resources) - len(forward) - len(cleanup),
        outputs=state.outputs,
        exports=state.exports,
        consumes=state.consumes,
        unfinished=state.operation.run if state.operation else None,
    )
    return plan.model_copy(update={"id": assemble.name(plan)})


def _step_of(recorded: Recorded, action: Action, reason: str) -> Step:
    """A step on what is on record, of which nothing changes yet."""
    known = facts(recorded.type)
    named = known.primary_identifier[0] if known and known.primary_identifier else "Id"
    return Step(
        key=recorded.address,
        address=recorded.address,
        type=recorded.type,
        action=action,
        generation=recorded.generation,
        kind=recorded.kind,
        service=recorded.service,
        id=recorded.id,
        properties=recorded.properties,
        before=recorded.properties,
        dependencies=recorded.dependencies,
        lifecycle=recorded.lifecycle,
        fixed_name=recorded.fixed_name,
        keeps_name=named if recorded.keeps_name else "",
        reason=reason,
    )


def _take_in(finding: Finding, recorded: Recorded) -> Step:
    changes = tuple(
        Change(path=one.path, before=one.observed if one.applied is None else one.applied, after=one.live)
        for one in finding.drifted
    )
    update = {"properties": finding.accepted, "changes": changes, "seen": finding.live}
    return _step_of(recorded, Action.ACCEPT, "it was changed outside Panka").model_copy(update=update)


def _strike(recorded: Recorded) -> Step:
    return _step_of(recorded, Action.FORGET, "it was deleted outside Panka").model_copy(update={"properties": {}})


def _back(finding: Finding, recorded: Recorded) -> Step:
    back = Restoration.of(finding, recorded, recorded.properties)
    update = {"changes": back.changes, "besides": back.besides, "seen": back.seen}
    return _step_of(recorded, Action.UPDATE, "it was changed outside Panka").model_copy(update=update)


def _anew(recorded: Recorded) -> Step:
    """The generation stays: the recorded properties bear its name and tags."""
    step = _step_of(recorded, Action.CREATE, "it was deleted outside Panka")
    return step.model_copy(update={"id": None, "before": None})


def _user_of(gone: Recorded, state: State) -> str:
    """Who has taken in an identifier of it, which may be another one when it is made anew."""
    told = {gone.id, *(value for value in gone.attributes.values() if isinstance(value, str) and value)}
    for address, one in state.resources.items():
        if gone.address in one.dependencies and any(text in said for said in _texts(one.properties) for text in told):
            return address
    return ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for item in inside for text in _texts(item)]
