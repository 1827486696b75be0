"""How the record follows a run: announced before the first change, folded in as steps end, closed at the end.

All of it is pure and repeatable: folding the same results into the same state twice gives the same state, so that an
activity whose reply was lost writes the same body again.
"""

from collections.abc import Iterable, Mapping

from pydantic import Field

from panka.planner.estimate import operation_of
from panka.planner.plan import Action, Plan, Step
from panka.planner.resource import Address, Model, Properties, Ref, decode, substitute
from panka.planner.state import Intended, Operation, Recorded, RunKind, State


class Span(Model):
    """When a step was at work."""

    began: float
    """Seconds since the epoch when its first try was due, by the server's clock."""
    ended: float
    """The same for the end of its last try."""
    tries: int = 1
    """0: nobody knows."""

    @property
    def seconds(self) -> float:
        return max(self.ended - self.began, 0.0)


class Outcome(Model):
    """What a step left in the cloud: all that the record needs of it."""

    key: str
    id: str = ""
    inputs: dict[str, Properties] = Field(default_factory=dict)
    """Attributes that its references were replaced by, by address."""
    attributes: Properties = Field(default_factory=dict)
    observed: Properties = Field(default_factory=dict)
    before: Properties | None = None
    """Of an update: the live properties just before it."""
    seconds: float = 0
    """How long its last try took."""
    span: Span | None = None


class Undoing(Model):
    """What the undo of a step left."""

    key: str
    restored: bool = False
    """An update was taken back: the resource is as `observed` says. Else the new resource is gone."""
    attributes: Properties = Field(default_factory=dict)
    observed: Properties = Field(default_factory=dict)


class Unresolved(Exception):
    """A step refers to an attribute that nobody told."""


def steps(plan: Plan) -> dict[str, Step]:
    """Every step by its key."""
    return {step.key: step for step in (*plan.forward, *plan.cleanup)}


def resolve(properties: Properties, inputs: Mapping[str, Properties]) -> Properties:
    """The properties with every reference replaced by what the run's earlier steps told. Raises Unresolved."""

    def known(ref: Ref) -> object:
        try:
            return inputs[ref.address][ref.attribute]
        except KeyError:
            raise Unresolved(f"{ref.address} has no attribute `{ref.attribute}`.") from None

    resolved = substitute(decode(properties), known)
    assert isinstance(resolved, dict)  # noqa: S101  # substitute keeps a mapping a mapping
    return resolved


def announce(
    state: State | None,
    plan: Plan,
    *,
    lineage: str,
    kind: RunKind,
    started: str,
    by: str,
) -> State:
    """The state as it is saved before the first change: what will be made is written down first."""
    run = (state.serial if state else 0) + 1
    made = tuple(_intended(step) for step in plan.forward if step.action in (Action.CREATE, Action.REPLACE))
    fresh = {(one.address, one.generation) for one in made}
    left = tuple(one for one in state.intended if (one.address, one.generation) not in fresh) if state else ()
    operation = Operation(run=run, plan=plan.id, kind=kind, started=started, by=by)
    if state is None:
        return State(
            lineage=lineage, serial=run, scope=plan.scope, target=plan.target, operation=operation, intended=made
        )
    return state.model_copy(
        update={"serial": run, "operation": operation, "intended": (*left, *made), "target": plan.target}
    )


def fold(state: State, plan: Plan, done: Iterable[Outcome], undone: Iterable[Undoing]) -> State:
    """The state after these steps."""
    every = steps(plan)
    resources = dict(state.resources)
    deposed = {(one.address, one.generation): one for one in state.deposed}
    intended = {(one.address, one.generation): one for one in state.intended}
    book = _Book(resources, deposed, intended)
    for outcome in done:
        book.enter(every[outcome.key], outcome)
    for undoing in undone:
        book.take_back(every[undoing.key], undoing)
    return state.model_copy(
        update={
            "resources": resources,
            "deposed": tuple(deposed.values()),
            "intended": tuple(intended.values()),
        }
    )


def withdraw(state: State, plan: Plan, never: Iterable[str]) -> State:
    """The state without the announcements of steps that never began."""
    every = steps(plan)
    gone = {(every[key].address, every[key].generation) for key in never}
    kept = tuple(one for one in state.intended if (one.address, one.generation) not in gone)
    return state.model_copy(update={"intended": kept})


def conclude(state: State, plan: Plan, *, succeeded: bool) -> State:
    """The state at the end of a run; the outputs change only when the run succeeded."""
    if not succeeded:
        return state.model_copy(update={"operation": None})
    inputs = {address: told(one.id, one.properties, one.attributes) for address, one in state.resources.items()}
    there = {Address(address).component for address in state.resources}
    authored = {**state.authored, **plan.authored}
    update = {
        "operation": None,
        "plan": plan.id,
        "outputs": resolve(plan.outputs, inputs),
        "exports": {name: known(outputs, inputs) for name, outputs in plan.exports.items()},
        "consumes": plan.consumes,
        "uses": plan.uses,
        "authored": {name: fields for name, fields in authored.items() if name in there},
    }
    return state.model_copy(update=update)


def known(outputs: Properties, inputs: Mapping[str, Properties]) -> Properties:
    """Those of the outputs whose attributes somebody has told."""
    found: Properties = {}
    for name, value in outputs.items():
        try:
            found[name] = resolve({name: value}, inputs)[name]
        except Unresolved:
            continue  # AWS does not tell the attribute for this resource; nobody can refer to it
    return found


def told(id: str, properties: Properties, attributes: Properties) -> Properties:
    """What others may refer to: read-only attributes, then properties, and `Id`."""
    return {**properties, **attributes, "Id": id}


class _Book:
    """The three lists of a state while results are entered."""

    def __init__(
        self,
        resources: dict[str, Recorded],
        deposed: dict[tuple[str, int], Recorded],
        intended: dict[tuple[str, int], Intended],
    ) -> None:
        self.resources = resources
        self.deposed = deposed
        self.intended = intended

    def enter(self, step: Step, outcome: Outcome) -> None:
        match step.action:
            case Action.DELETE | Action.FORGET:
                self._strike(step)
            case Action.REPLACE if not step.delete_first:
                self._depose(step)
                self._record(step, outcome)
            case Action.UPDATE if step.moved_from:
                self._move(step.moved_from, step.address)
                self._record(step, outcome)
            case _:
                self.resources.pop(step.moved_from, None)
                self._record(step, outcome)

    def take_back(self, step: Step, undoing: Undoing) -> None:
        current = self.resources.get(step.address)
        if undoing.restored:
            if current is not None and step.before is not None:
                update = {"properties": step.before, "attributes": undoing.attributes, "observed": undoing.observed}
                if step.seen is not None:  # what others had changed is so again, and is to be seen as changed
                    update["observed"] = step.seen.properties
                self.resources[step.address] = current.model_copy(update=update)
            if step.moved_from:
                self._move(step.address, step.moved_from)
            return
        self.intended.pop((step.address, step.generation), None)
        if current is not None and current.generation == step.generation:
            del self.resources[step.address]
        before = step.moved_from or step.address
        older = [one for one in self.deposed.values() if one.address == before and one.id == step.replaced]
        for one in older:
            self.resources[before] = self.deposed.pop((one.address, one.generation))

    def _strike(self, step: Step) -> None:
        self.deposed.pop((step.address, step.generation), None)
        self.intended.pop((step.address, step.generation), None)
        current = self.resources.get(step.address)
        if current is not None and current.generation == step.generation:
            del self.resources[step.address]

    def _depose(self, step: Step) -> None:
        current = self.resources.get(step.moved_from or step.address)
        if current is not None and (step.moved_from or current.generation != step.generation):
            self.deposed[current.address, current.generation] = current
            self.resources.pop(step.moved_from, None)

    def _move(self, old: str, new: str) -> None:
        """Enters a resource under another address, and says so to those that need it."""
        if old not in self.resources:
            return
        self.resources[new] = self.resources.pop(old).model_copy(update={"address": new})
        for address, one in self.resources.items():
            if old in one.dependencies:
                needs = tuple(new if needed == old else needed for needed in one.dependencies)
                self.resources[address] = one.model_copy(update={"dependencies": needs})

    def _record(self, step: Step, outcome: Outcome) -> None:
        self.intended.pop((step.address, step.generation), None)
        current = self.resources.get(step.address)
        self.resources[step.address] = Recorded(
            address=step.address,
            type=step.type,
            generation=step.generation,
            id=outcome.id,
            kind=step.kind,
            service=step.service,
            properties=self._named(step, outcome) | resolve(step.properties, outcome.inputs),
            attributes=outcome.attributes,
            observed=outcome.observed,
            dependencies=step.dependencies,
            lifecycle=step.lifecycle,
            fixed_name=step.fixed_name,
            keeps_name=bool(step.keeps_name),
            took={**(current.took if current else {}), **_took(step, outcome)},
        )

    def _named(self, step: Step, outcome: Outcome) -> Properties:
        """The name that an imported resource has in AWS."""
        name = outcome.observed.get(step.keeps_name) if step.keeps_name else None
        return {} if name is None else {step.keeps_name: name}


def _took(step: Step, outcome: Outcome) -> dict[str, float]:
    operation = operation_of(step.action)
    return {operation: outcome.seconds} if operation in ("create", "update") and outcome.seconds else {}


def _intended(step: Step) -> Intended:
    return Intended(
        address=step.address,
        type=step.type,
        generation=step.generation,
        kind=step.kind,
        service=step.service,
        properties=step.properties,
        dependencies=step.dependencies,
        lifecycle=step.lifecycle,
    )
