"""What differs between two stacks that are on file: the steps that would lead from one to the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from panka.planner.authored import edited
from panka.planner.blueprint import Blueprint, Wanted
from panka.planner.changes import changes
from panka.planner.plan import Action, Change, Step
from panka.planner.resource import Properties, decode
from panka.planner.resource_types import facts


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is otherwise in the later of two stacks; no account was asked, and no record."""

    steps: tuple[Step, ...]
    """One for each resource that differs, by address."""
    authored: Mapping[str, Properties]
    """What users wrote of the components of the later one, by component and field."""
    edits: Mapping[str, tuple[Change, ...]]
    """The fields that users wrote otherwise, by component."""
    outputs: tuple[Change, ...]
    """The stack's outputs that differ."""


def compared(before: Blueprint, after: Blueprint) -> Comparison:
    """How the second stack differs from the first."""
    names = before.authored.keys() & after.authored.keys()
    edits = {name: edited(before.authored[name], after.authored[name]) for name in sorted(names)}
    return Comparison(
        tuple(_steps(before, after)),
        after.authored,
        {name: found for name, found in edits.items() if found},
        tuple(changes(before.outputs, decode(after.outputs))),
    )


def _steps(before: Blueprint, after: Blueprint) -> Iterator[Step]:
    old, new = ({one.address: one for one in stack.resources} for stack in (before, after))
    for address in sorted({*old, *new}):
        if address not in old:
            yield _step(new[address], Action.CREATE)
        elif address not in new:
            yield _step(old[address], Action.DELETE)
        elif differ := _differ(old[address], new[address]):
            forced = [one.path for one in differ if one.replaces]
            reason = f"{', '.join(forced)} cannot change in place" if forced else ""
            yield _step(new[address], Action.REPLACE if forced else Action.UPDATE, differ, reason)


def _differ(old: Wanted, new: Wanted) -> tuple[Change, ...]:
    if old.type != new.type:
        return (Change(path="Type", before=old.type, after=new.type, replaces=True),)
    known = facts(new.type)
    own = (
        one.model_copy(update={"replaces": known is not None and known.replaces(one.path)})
        for one in changes(old.properties, decode(new.properties))
    )
    return (*own, *changes({"tags": old.tags}, {"tags": new.tags}), *changes(_treatment(old), _treatment(new)))


def _treatment(one: Wanted) -> Properties:
    return {"lifecycle": one.lifecycle.model_dump(mode="json", by_alias=True)}


def _step(one: Wanted, action: Action, differ: tuple[Change, ...] = (), reason: str = "") -> Step:
    return Step(
        key=one.address,
        address=one.address,
        type=one.type,
        action=action,
        generation=1,
        kind=one.kind,
        service=one.service,
        properties=one.properties,
        changes=differ,
        lifecycle=one.lifecycle,
        reason=reason,
        place=str(one.place or ""),
    )
