"""Plans that are made of the record alone: resources get other addresses, or are forgotten and stay in AWS."""

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from panka.planner.assemble import in_order, name
from panka.planner.changes import changes
from panka.planner.core import MovedSpec
from panka.planner.diagnostics import did_you_mean
from panka.planner.diff import with_tags
from panka.planner.difference import ending
from panka.planner.estimate import Expected
from panka.planner.owner import Owner
from panka.planner.plan import FORMAT, Action, Plan, Step
from panka.planner.resource import Address
from panka.planner.state import Pointer, Recorded, RunKind, State, Target


class NotSo(Exception):
    """The record does not allow what is asked for. `help` says what to do."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


def moving(state: State, base: Pointer | None, target: Target, old: str, new: str) -> Plan:
    """The plan that gives a component, or one resource (`component:part`), another address. Raises NotSo."""
    try:
        MovedSpec.model_validate({"from": old, "to": new})
    except ValidationError as error:
        raise NotSo(f"`{old}` cannot become `{new}`: {error.errors()[0]['msg']}.") from None
    moves = {one: _renamed(one, new) for one in _meant(state, old)}
    taken = sorted(to for to in moves.values() if to in state.resources)
    if taken:
        raise NotSo(f"`{taken[0]}` is on record already.", f"panka state rm {taken[0]} forgets it")
    steps = {to: _moved(state, state.resources[one], to, moves) for one, to in moves.items()}
    return _plan(state, base, target, "move", forward=steps, renamed={old: new} if ":" not in old else {})


def forgetting(state: State, base: Pointer | None, target: Target, names: Iterable[str]) -> Plan:
    """The plan that takes components or resources off the record and leaves them in AWS. Raises NotSo."""
    addresses = [address for one in names for address in _meant(state, one)]
    reason = "it is taken off the record"
    steps = {one: ending(Action.FORGET, one, state.resources[one], reason) for one in addresses}
    return _plan(state, base, target, "forget", cleanup=steps)


def _meant(state: State, written: str) -> list[str]:
    """The recorded addresses that a component or an address means, sorted."""
    found = sorted(one for one in state.resources if written in (one, Address(one).component))
    if not found:
        known = {*state.resources, *(Address(one).component for one in state.resources)}
        hint = did_you_mean(written, known) or "panka state list shows what there is"
        raise NotSo(f"{state.scope} has nothing called `{written}` on record.", hint)
    return found


def _renamed(address: str, new: str) -> str:
    return new if ":" in new else Address.of(new, Address(address).part)


def _moved(state: State, old: Recorded, to: str, moves: Mapping[str, str]) -> Step:
    owner = Owner(scope=state.scope, address=to, generation=old.generation)
    properties = with_tags(old.type, old.properties, owner.tags())
    return Step(
        key=to,
        address=to,
        type=old.type,
        action=Action.UPDATE,
        generation=old.generation,
        kind=old.kind,
        service=old.service,
        id=old.id,
        properties=properties,
        before=old.properties,
        changes=tuple(changes(old.properties, properties)),
        dependencies=tuple(moves.get(one, one) for one in old.dependencies),
        lifecycle=old.lifecycle,
        fixed_name=old.fixed_name,
        keeps_name="" if old.fixed_name else _name_property(state, old),
        moved_from=old.address,
        reason=f"moved from {old.address}",
    )


def _name_property(state: State, old: Recorded) -> str:
    """The property that holds the name which Panka gave, or which it kept; empty when the type has none."""
    texts = [name for name, value in old.properties.items() if isinstance(value, str)]
    own = old.owner(state.scope)
    digits = {Owner(own.scope, own.address, generation).digest()[:6] for generation in (0, own.generation)}
    given = [name for name in texts if any(one in old.properties[name] for one in digits)]
    return next(iter([*given, *(name for name in texts if name.endswith(("Name", "Identifier", "Family")))]), "")


def _plan(
    state: State,
    base: Pointer | None,
    target: Target,
    operation: RunKind,
    *,
    forward: Mapping[str, Step] | None = None,
    cleanup: Mapping[str, Step] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Plan:
    """A plan of steps that wait for nothing. What the stack tells stays as it is, under new names where there are."""
    forward, cleanup, renamed = forward or {}, cleanup or {}, renamed or {}
    left = state.resources.keys() - cleanup.keys()
    there = {Address(one).component for one in left}
    expected = Expected(state)
    plan = Plan(
        format=FORMAT,
        id="",
        operation=operation,
        scope=state.scope,
        target=target,
        lineage=state.lineage,
        base=base,
        forward=in_order(forward, {key: set() for key in forward}, expected),
        cleanup=in_order(cleanup, {key: set() for key in cleanup}, expected),
        unchanged=len(left) - len(forward),
        outputs=state.outputs,
        exports={renamed.get(one, one): values for one, values in state.exports.items() if one in there},
        consumes=state.consumes,
        uses=state.uses,
        unfinished=state.operation.run if state.operation else None,
        authored={renamed[one]: state.authored[one] for one in renamed if one in state.authored},
    )
    return plan.model_copy(update={"id": name(plan)})
