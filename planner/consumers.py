"""Who uses what a stack tells: outputs that other stacks have taken in are not taken away from them."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from panka.planner.diagnostics import Diagnostic, label_of
from panka.planner.plan import Plan
from panka.planner.state import State, Use

Others = Callable[[], Iterable[State]]
"""The records of the tenant's other stacks in the environment; asked only when something would be missed."""


def refuse_missed(plan: Plan, state: State | None, others: Others) -> tuple[Diagnostic, ...]:
    """Why a plan cannot take outputs away: those that it would end and that other stacks use, with their places."""
    ended = set(_ended(plan, state)) if state is not None else set()
    if not ended:
        return ()
    found: dict[tuple[str, str], list[str]] = {}
    for other in sorted(others(), key=lambda one: one.scope.stack):
        for what, note in _missed(plan.scope.stack, other, ended):
            found.setdefault(what, []).append(note)
    places = {step.address.partition(":")[0]: step.place for step in (*plan.cleanup, *plan.forward)}
    return tuple(_refusal(what, notes, places) for what, notes in sorted(found.items()))


def consumers(stack: str, others: Iterable[State]) -> dict[tuple[str, str], list[Use]]:
    """Who uses which outputs of a stack: component and output, with every mention; `stack` of a mention is whose."""
    found: dict[tuple[str, str], list[Use]] = {}
    for other in others:
        for use in other.uses:
            if use.stack == stack:
                own = use.model_copy(update={"stack": other.scope.stack})
                found.setdefault((use.component, use.output), []).append(own)
    return found


def _ended(plan: Plan, state: State) -> Iterator[tuple[str, str]]:
    for component, outputs in state.exports.items():
        offered = plan.exports.get(component, {})
        yield from ((component, output) for output in outputs if output not in offered)


def _missed(stack: str, other: State, ended: set[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    """What another stack would miss, each with a line that says where it uses it."""
    mentions = [use for use in other.uses if use.stack == stack]
    if stack in other.consumes and not mentions:
        # Recorded before mentions were: it may be any of them.
        yield from ((what, f"stack `{other.scope.stack}`, whose record says no more") for what in sorted(ended))
    for use in mentions:
        if (use.component, use.output) in ended:
            where = f" at {use.place}" if use.place else ""
            yield (use.component, use.output), f"stack `{other.scope.stack}`: {use.by}{where}"


def _refusal(what: tuple[str, str], notes: list[str], places: Mapping[str, str]) -> Diagnostic:
    component, output = what
    stacks = list(dict.fromkeys(note.split("`")[1] for note in notes))
    return Diagnostic(
        "PK367",
        f"the plan would take away the output `{component}.{output}`, which other stacks use",
        label_of(places.get(component, ""), "tells it until now"),
        notes=tuple(f"used by {note}" for note in notes),
        help=f"take the references out of {', '.join(f'`{one}`' for one in stacks)} and apply that first",
    )
