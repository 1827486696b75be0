"""Puts a plan together: the difference in order, with levels, weights and a name made of its content."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from panka.planner.authored import Authored, Remembered, edited
from panka.planner.blocks import Blocks
from panka.planner.diagnostics import Invalid
from panka.planner.diff import compare
from panka.planner.difference import Difference, Refusal, refuse_what_nobody_makes
from panka.planner.drift import Finding
from panka.planner.estimate import Expected
from panka.planner.graph import Cycle, Graph
from panka.planner.owner import Scope
from panka.planner.plan import FORMAT, Action, Change, Plan, Step, Undo
from panka.planner.resource import Address, Properties, Resource, decode, encode, references, substitute
from panka.planner.selecting import Wish, choose
from panka.planner.state import Pointer, RunKind, State, Target, Use
from panka.planner.undoing import undo_of


class Protected(Invalid):
    """The plan would delete or replace what must not be."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(one.diagnostic for one in refusals)


class Elsewhere(Exception):
    """The state belongs to another account or region; its identifiers mean nothing here."""

    def __init__(self, recorded: Target, asked: Target) -> None:
        super().__init__(
            f"The stack is recorded in account {recorded.account}, {recorded.region}, "
            f"and the credentials in use are for account {asked.account}, {asked.region}."
        )


def make_plan(
    scope: Scope,
    target: Target,
    resources: Mapping[Address, Resource],
    outputs: Properties,
    state: State | None,
    base: Pointer | None,
    *,
    destroy: bool = False,
    operation: RunKind | None = None,
    assets: tuple[str, ...] = (),
    git: str = "",
    blocks: Blocks | None = None,
    wish: Wish | None = None,
    exports: Mapping[str, Properties] | None = None,
    consumes: tuple[str, ...] = (),
    uses: tuple[Use, ...] = (),
    taken: Mapping[str, str] | None = None,
    written: Mapping[str, Authored | Remembered] | None = None,
    drift: Mapping[str, Finding] | None = None,
) -> Plan:
    """The plan that makes exactly `resources` exist; none of them when `destroy` is asked for.

    `drift` is what others have changed of what is on record: the plan takes it back.

    Raises:
        Cycle: the resources need each other.
        Protected: something protected would be deleted or replaced.
        Invalid: a block or the selection asks for what cannot be, or there is a type that nobody can make; its
            diagnostics say why.
        NoMatch: the selection names what there is not.
        Elsewhere: the state was made in another account or region.
    """
    if state is not None and (state.target.account, state.target.region) != (target.account, target.region):
        raise Elsewhere(state.target, target)
    wanted = {} if destroy else resources
    graph = Graph.of(wanted)
    wish = wish or Wish()
    difference = compare(scope, wanted, graph, state, blocks, wish.replaced(wanted.values()), drift or {})
    selection, left_out = choose(wish, difference, graph, state)
    refuse_what_nobody_makes(difference)
    if difference.refusals:
        raise Protected(difference.refusals)
    if difference.diagnostics:
        raise Invalid(difference.diagnostics)
    known = _Promises(difference, state, left_out)
    promised = {} if destroy else known.outputs(outputs)
    offered = known.exports({} if destroy else exports or {})
    authored, edits = _authored(written or {}, difference, state, left_out)
    expected = Expected(state)
    plan = Plan(
        format=FORMAT,
        id="",
        operation=operation or ("destroy" if destroy else "apply"),
        scope=scope,
        target=target,
        lineage=state.lineage if state else None,
        base=base,
        forward=in_order(difference.forward, graph.nearest(difference.forward.__contains__), expected),
        cleanup=in_order(difference.cleanup, _deletions(difference.cleanup), expected),
        unchanged=difference.unchanged,
        outputs=promised,
        outputs_differ=promised != (state.outputs if state else {}) or known.differ(offered, consumes, uses),
        exports=offered,
        consumes=consumes,
        uses=uses,
        taken=dict(taken or {}),
        selection=selection,
        unfinished=state.operation.run if state and state.operation else None,
        assets=tuple(sorted(_used(difference, assets))),
        git=git,
        authored=authored,
        edits=edits,
    )
    return plan.model_copy(update={"id": name(plan)})


def _authored(
    written: Mapping[str, Authored | Remembered], difference: Difference, state: State | None, left_out: frozenset[str]
) -> tuple[dict[str, Properties], dict[str, tuple[Change, ...]]]:
    """What users wrote of the components that change, and what of it is not as recorded.

    A component of which some changes are left out is none of them: its record is not to say that it is as written.
    """
    recorded = state.authored if state else {}
    partly = {Address(address).component for address in left_out}
    changing = dict.fromkeys(Address(address).component for address in difference.forward)
    authored = {name: written[name].fields() for name in changing if name in written and name not in partly}
    edits = {name: edited(recorded[name], now) for name, now in authored.items() if name in recorded}
    return authored, {name: found for name, found in edits.items() if found}


@dataclass(frozen=True, slots=True)
class _Promises:
    """What outputs will be after the run."""

    difference: Difference
    state: State | None
    left_out: frozenset[str]
    """Addresses whose changes are not in the plan: what they will be is not to be told of."""

    def outputs(self, wanted: Properties) -> Properties:
        """The stack's outputs; one that needs what is left out stays as it is on record, if it is there."""
        return self._beside(wanted, self.state.outputs if self.state else {})

    def exports(self, wanted: Mapping[str, Properties]) -> dict[str, Properties]:
        """The outputs of the components, in the same way; of one whose end is left out, all that is on record."""
        recorded = self.state.exports if self.state else {}
        ending = {Address(step.address).component for step in self.difference.cleanup.values()}
        left = {Address(address).component for address in self.left_out} - wanted.keys() - ending
        offered = {name: self._beside(values, recorded.get(name, {})) for name, values in wanted.items()}
        return {**offered, **{name: recorded[name] for name in sorted(left) if name in recorded}}

    def _beside(self, wanted: Properties, recorded: Properties) -> Properties:
        kept = {name: recorded[name] for name in wanted if name in recorded and self._early(wanted[name])}
        return {**self.of(wanted), **kept}

    def of(self, values: Properties) -> Properties:
        """The values, encoded, except those that need what is left out."""
        now = {name: value for name, value in values.items() if not self._early(value)}
        encoded: Properties = encode(substitute(now, self.difference.known))
        return encoded

    def _early(self, value: object) -> bool:
        return bool(self.left_out) and any(ref.address in self.left_out for ref in references(value))

    def differ(self, offered: Mapping[str, Properties], consumes: tuple[str, ...], uses: tuple[Use, ...]) -> bool:
        """Whether the exports on record are others although no resource changes: what a newer Panka tells besides."""
        if self.difference.forward or self.difference.cleanup or self.left_out or self.state is None:
            return False
        told = {name: _known(values) for name, values in offered.items()}
        used = ({one.what for one in uses}, {one.what for one in self.state.uses})
        return (told, consumes) != (self.state.exports, self.state.consumes) or used[0] != used[1]


def _known(values: Properties) -> Properties:
    return {name: value for name, value in values.items() if not any(references(decode(value)))}


def of_stack(plan: Plan, sha256: str) -> Plan:
    """The plan, which says from now on where the stack is filed that it was made for."""
    return plan.model_copy(update={"stack": sha256, "id": _called(plan.id + sha256)})


def name(plan: Plan) -> str:
    """`p-` and 12 hexadecimal digits of what the plan says."""
    return _called(plan.text(named=False))


def _called(text: str) -> str:
    return "p-" + hashlib.sha256(text.encode()).hexdigest()[:12]


def _used(difference: Difference, assets: tuple[str, ...]) -> set[str]:
    """The files that the steps need; unchanged code is not brought along."""
    said = json.dumps([step.properties for step in difference.forward.values()]) if assets else ""
    return {sha256 for sha256 in assets if sha256 in said}


def _deletions(cleanup: Mapping[str, Step]) -> dict[str, set[str]]:
    """Whoever needs a resource goes before it."""
    keys: dict[str, list[str]] = {}
    for key, step in cleanup.items():
        keys.setdefault(step.address, []).append(key)
    waits: dict[str, set[str]] = {key: set() for key in cleanup}
    for key, step in cleanup.items():
        for other in (other for needed in step.dependencies for other in keys.get(needed, ())):
            waits[other].add(key)
    return waits


def in_order(steps: Mapping[str, Step], waits: Mapping[str, set[str]], expected: Expected) -> tuple[Step, ...]:
    """The steps in topological order, each with what it waits for, its level and its weight."""
    graph = _acyclic(steps, waits)
    weights = graph.remaining(lambda key: expected.seconds(steps[key]))
    levels: dict[str, int] = {key: level for level, keys in enumerate(graph.levels()) for key in keys}
    return tuple(
        steps[key].model_copy(
            update={
                "depends_on": tuple(graph.dependencies(key)),
                "level": levels[key],
                "weight": round(weights[key], 3),
                **_undo(steps[key]),
            }
        )
        for key in graph.order()
    )


def _undo(step: Step) -> dict[str, str]:
    undo, why = undo_of(step)
    return {} if undo is Undo.EXACT else {"undo": undo, "undo_why": why}


def _acyclic(steps: Mapping[str, Step], waits: Mapping[str, set[str]]) -> Graph:
    """The graph of the steps. Records of different age may need each other; then older generations go last, alone."""
    try:
        return Graph(waits)
    except Cycle:
        current = {key for key, step in steps.items() if key == step.address}
        loose = {key: {other for other in waits[key] if other in current} for key in current}
        return Graph(loose | {key: set(current) for key in steps if key not in current})


class Fated(Protocol):
    """A step, as far as what happens to its component depends on it."""

    @property
    def key(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def action(self) -> Action: ...


def counts(steps: Iterable[Fated]) -> dict[Action, int]:
    """Components by what happens to them; one whose resources meet different fates counts once, as an update.

    A component of which everything is made (or deleted) counts as created (or deleted); one that loses its main
    resource to a replacement counts as replaced.
    """
    fates: dict[str, set[Action]] = {}
    replaced: set[str] = set()
    for step in steps:
        if step.key != step.address and step.action is Action.DELETE:
            continue
        address = Address(step.address)
        fates.setdefault(address.component, set()).add(step.action)
        if step.action is Action.REPLACE and address.part == "main":
            replaced.add(address.component)
    return dict(Counter(component_action(fates[name], replaced=name in replaced) for name in fates))


def component_action(actions: set[Action], *, replaced: bool) -> Action:
    """What happens to a component whose resources meet these fates."""
    if replaced:
        return Action.REPLACE
    return next(iter(actions)) if len(actions) == 1 and Action.REPLACE not in actions else Action.UPDATE
