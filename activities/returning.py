"""What ended runs were made for, read back from the archive, and planned again. Changes nothing; everything blocks."""

from dataclasses import dataclass

from panka.activities.planning import Desk
from panka.activities.stores.store import NotThere
from panka.planner.assemble import make_plan
from panka.planner.blocks import Blocks
from panka.planner.blueprint import FORMAT, Blueprint
from panka.planner.history import Entry
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.resource import decode
from panka.planner.returning import moves_back
from panka.planner.state import Target


@dataclass(frozen=True, slots=True)
class OnFile:
    """An ended run with its plan and its whole stack."""

    scope: Scope
    entry: Entry
    plan: Plan
    blueprint: Blueprint | None
    """None: the run was not for a stack, or was made before stacks were filed."""


def on_file(desk: Desk, scope: Scope, run: int) -> OnFile:
    """Raises NotThere when there is no such run."""
    entry = desk.entry(scope, run)
    plan, _ = desk.load_plan(scope, entry.plan)
    if plan.operation == "destroy" and plan.selection is None:
        return OnFile(scope, entry, plan, Blueprint(format=FORMAT, resources=()))
    return OnFile(scope, entry, plan, desk.archive.blueprint(scope, plan.stack) if plan.stack else None)


def plan_back(desk: Desk, to: OnFile, target: Target, *, guarded: bool = False) -> Plan:
    """The plan that makes AWS what an earlier run was for. Raises as `Desk.plan`."""
    assert to.blueprint is not None  # noqa: S101  # the caller has looked
    state, pointer = desk.state(to.scope)
    stack = to.blueprint
    plan = make_plan(
        to.scope,
        target,
        stack.by_address(),
        decode(stack.outputs),
        state,
        pointer,
        operation="rollback",
        assets=stack.assets,
        git=to.plan.git,
        blocks=Blocks(moved=_moves_since(desk, to)),
        exports=decode(stack.exports),
        consumes=stack.consumes,
        uses=stack.uses,
        written=stack.written(),
    )
    desk.admit(plan, state, guarded=guarded)
    return plan


def _moves_since(desk: Desk, to: OnFile) -> dict[str, str]:
    return moves_back(_plan(desk, to.scope, one) for one in desk.history(to.scope) if one.run > to.entry.run)


def _plan(desk: Desk, scope: Scope, entry: Entry) -> Plan:
    plan, _ = desk.load_plan(scope, entry.plan)
    return plan


def run_before(desk: Desk, scope: Scope, run: int) -> int:
    """The last run before another one that succeeded. Raises NotThere."""
    found = next((one.run for one in desk.history(scope) if one.run < run and one.result == "succeeded"), None)
    if found is None:
        raise NotThere(f"No run of {scope} before #{run} has succeeded.")
    return found
