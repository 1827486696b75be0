"""Runs that are on record: found by their names, looked at, planned again; and plans that the record alone makes."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from panka.activities.returning import OnFile, on_file, plan_back, run_before
from panka.activities.stores.store import NotThere
from panka.cli.exits import Misused
from panka.cli.planned import Planned, at, no_turn, recorded_target, told
from panka.cli.session import Session
from panka.cli.stacks import protected, scope_of, tenant_in
from panka.cli.tenancy import registered
from panka.cli.views.diff import TwoRuns
from panka.cli.views.plan import header
from panka.planner.blueprint import Blueprint
from panka.planner.comparing import compared
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.refactoring import NotSo
from panka.planner.state import Pointer, State, Target

if TYPE_CHECKING:
    from panka.activities.planning import Desk

OfRecord: TypeAlias = Callable[[State, Pointer | None, Target], Plan]
"""Makes a plan of a record, its name, and where the stack lives; raises NotSo."""
_RUN = re.compile(r"(?:(?P<stack>[^#]*)#)?(?P<number>\d+)")


def run_named(session: Session, run: str, stack: str | None = None) -> tuple[Scope, int]:
    """`shop#43`, `acme/shop/prod#43` or `43` as scope and number. Raises Misused."""
    match = _RUN.fullmatch(run)
    words = (match["stack"] or "").split("/") if match else []
    if match is None or len(words) not in (1, 3):
        raise Misused(f"`{run}` is no run.", "a run is written shop#43, or 43")
    if len(words) == 3:
        session.settings = session.settings.at("the run's name", tenant=words[0], environment=words[2])
    named = words[1] if len(words) == 3 else words[0]
    return scope_of(session, named or stack), int(match["number"])


def run_or_stack(session: Session, said: str | None) -> tuple[Scope, int | None]:
    """As `run_named`; a stack's name or path alone means its latest run, whose number is None."""
    if said is not None and (said.isdecimal() or "#" in said):
        return run_named(session, said)
    return scope_of(session, said), None


def recorded_state(session: Session, stack: str | None) -> State:
    """The current record of the stack that a name or path means; says where it is about. Raises Misused without."""
    scope = scope_of(session, stack)
    _, state, _ = _record(session, scope, no_turn)
    session.screen.tell(header(scope, state.target, state=state.serial))
    return state


def run_of(session: Session, stack: str, run: str) -> tuple[Scope, int]:
    """A run of the stack that a name or path means. Raises Misused when it is another stack's."""
    scope = scope_of(session, stack)
    of, number = run_named(session, run, scope.stack)
    if of != scope:
        raise Misused(f"`{run}` is no run of {scope}.", "a run is written 43 here")
    return scope, number


def two_runs(session: Session, first: str, second: str | None, stack: str | None) -> TwoRuns:
    """Two runs with what differs between their stacks; of one alone, that and the last one before it that succeeded.

    Raises Misused when there are no such runs, or their stacks are not on file.
    """
    scope, number = run_named(session, first, stack)
    desk = session.desk()
    if second is None:
        try:
            number, other = run_before(desk, scope, number), number
        except NotThere as error:
            raise Misused(str(error), f"panka show {scope.stack}#{number} tells what it did") from error
    else:
        other = run_of(session, scope.stack, second)[1]
    before, after = run_on_file(desk, scope, number), run_on_file(desk, scope, other)
    return TwoRuns(scope, after.plan.target, number, other, compared(_stack_of(before), _stack_of(after)))


def _stack_of(run: OnFile) -> Blueprint:
    if run.blueprint is None:
        raise Misused(f"Run #{run.entry.run} {_why_unfiled(run)}.", f"panka history {run.scope.stack} shows the others")
    return run.blueprint


def _why_unfiled(run: OnFile) -> str:
    if run.plan.operation in ("move", "forget"):
        return "changed addresses on record; it was for no stack of its own"
    if run.plan.operation == "destroy":
        return "destroyed a part of what there was; it was for no stack of its own"
    steps = (*run.plan.forward, *run.plan.cleanup)
    if steps and all(step.reason.endswith("outside Panka") for step in steps):
        return "answered what a drift check had found; it was for no stack of its own"
    git = f"; its YAML was that of git {run.plan.git}" if run.plan.git else ""
    return f"was made before whole stacks were filed{git}"


def run_on_file(desk: "Desk", scope: Scope, number: int) -> OnFile:
    """A run that has ended. Raises Misused when there is none of this number."""
    try:
        return on_file(desk, scope, number)
    except NotThere as error:
        raise no_such_run(scope, number) from error


def no_such_run(scope: Scope, number: int) -> Misused:
    return Misused(f"{scope} has no run #{number} on record.", f"panka history {scope.stack} shows its runs")


def plan_rollback(
    session: Session,
    scope: Scope,
    number: int,
    take_turn: Callable[[Scope], None] = no_turn,
    tenant_config: str | None = None,
) -> Planned:
    """The plan that makes AWS what an earlier run was for; no YAML is needed. Raises Stop when it cannot be."""
    said = tenant_in(tenant_config)
    desk, state, _ = _record(session, scope, take_turn)
    tenant = registered(session, desk, scope)
    guarded = protected(tenant or said, scope)
    run = run_on_file(desk, scope, number)
    refuse_return(run, state)
    target = recorded_target(session, desk, state, tenant)
    with told(None):
        plan = plan_back(desk, run, target, guarded=guarded)
    assert run.blueprint is not None  # noqa: S101  # `refuse_return` has looked
    on_failure = run.blueprint.on_failure
    if plan.empty:
        return Planned(desk, plan, at(None), _notes(run), on_failure).under(tenant)
    plan, filing = desk.saving(plan, run.blueprint, {})
    return Planned(desk, plan, filing, _notes(run), on_failure).under(tenant)


def plan_refactoring(
    session: Session,
    scope: Scope,
    make: OfRecord,
    take_turn: Callable[[Scope], None] = no_turn,
) -> Planned:
    """A plan that the record alone makes. Raises Misused when the record does not allow it."""
    desk, state, pointer = _record(session, scope, take_turn)
    tenant = registered(session, desk, scope)
    try:
        plan = make(state, pointer, recorded_target(session, desk, state, tenant))
    except NotSo as error:
        raise Misused(str(error), error.help) from error
    with told(None):
        desk.admit(plan, state)
    return Planned(desk, plan, at(desk.save(plan))).under(tenant)


def _record(session: Session, scope: Scope, take_turn: Callable[[Scope], None]) -> "tuple[Desk, State, Pointer | None]":
    desk = session.desk()
    take_turn(scope)
    state, pointer = desk.state(scope)
    if state is None:
        raise Misused(f"{scope} has no state: nothing was ever applied.", "panka apply makes it")
    return desk, state, pointer


def refuse_return(run: OnFile, state: State) -> None:
    """Raises Misused when nobody can go back to a run."""
    number, stack, plan = f"Run #{run.entry.run}", run.scope.stack, run.plan
    shows = f"panka history {stack} shows the runs that succeeded"
    if run.entry.result != "succeeded":
        raise Misused(f"{number} did not succeed ({run.entry.result}), so nothing was ever as it says.", shows)
    if plan.operation == "destroy":
        raise Misused(f"{number} destroyed what there was.", f"panka destroy {stack} does that again")
    if run.blueprint is None:
        raise Misused(f"{number} {_why_unfiled(run)}.", shows)
    if plan.selection is not None and plan.selection.left_out:
        raise Misused(f"{number} was limited to a part of its stack, so the whole was never as it says.", shows)
    was, is_ = plan.target, state.target
    if (was.account, was.region) != (is_.account, is_.region):
        raise Misused(
            f"{number} was for account {was.account}, {was.region}; the stack lives in {is_.account}, {is_.region}.",
            "what it says of its resources means nothing there",
        )


def _notes(run: OnFile) -> tuple[str, ...]:
    entry = run.entry
    git = f", git {run.plan.git}" if run.plan.git else ""
    notes = [f"back to what run #{entry.run} was for, of {entry.finished} by {entry.by}{git}"]
    if run.plan.consumes:
        stacks = ", ".join(run.plan.consumes)
        notes.append(f"what other stacks tell ({stacks}) is taken as that run knew it")
    return tuple(notes)
