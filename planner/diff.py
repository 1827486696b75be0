"""Compares what a stack wants with what is recorded: the steps of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from panka.planner.graph import Graph
from panka.planner.owner import Owner, Scope
from panka.planner.plan import Action, Change, Need, Step
from panka.planner.resource import Address, Properties, Ref, Resource, decode, encode, references, substitute
from panka.planner.resource_types import facts
from panka.planner.state import Intended, Recorded, State


class Fate(Enum):
    """What becomes of a resource that the stack wants."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    MADE = "made"


@dataclass(slots=True)
class Settled:
    """A wanted resource that has been compared; what others may know of it."""

    fate: Fate
    properties: Properties
    attributes: Properties = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that the stack's own protection forbids."""

    address: str
    kind: str
    service: str
    verb: str
    place: str


@dataclass(slots=True)
class Difference:
    """Everything that differs between a stack and its record, as steps that are not in order yet."""

    forward: dict[str, Step] = field(default_factory=dict)
    cleanup: dict[str, Step] = field(default_factory=dict)
    unchanged: int = 0
    settled: dict[str, Settled] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def known(self, ref: Ref) -> Any:
        """The value of a reference if it is known before the run; else the reference itself."""
        target = self.settled.get(ref.address)
        if target is None:
            return ref
        if ref.attribute == "Id" and target.id is not None:
            return target.id
        for values in (target.attributes, target.properties):
            value = values.get(ref.attribute, ref)
            if value is not ref and not any(references(value)):
                return value
        return ref


def compare(scope: Scope, resources: Mapping[Address, Resource], graph: Graph, state: State | None) -> Difference:
    """What must happen so that exactly `resources` exist. `graph` is the graph of these resources."""
    difference = Difference()
    intended = {one.address: one for one in state.intended} if state else {}
    recorded = state.resources if state else {}
    for name in graph.order():
        address = Address(name)
        _Wanted(scope, resources[address], recorded.get(address), intended.pop(address, None)).settle(difference)
    for key, old in recorded.items():
        if Address(key) not in resources:
            _remove(difference, key, old, "it is no longer in the stack")
    for old in state.deposed if state else ():
        _remove(difference, f"{old.address}@{old.generation}", old, "it was replaced")
    for left in intended.values():
        _look_and_remove(difference, left)
    return difference


@dataclass(slots=True)
class _Wanted:
    """One wanted resource beside its record."""

    scope: Scope
    resource: Resource
    recorded: Recorded | None
    intended: Intended | None

    def settle(self, difference: Difference) -> None:
        if self.recorded is None:
            self._create(difference)
            return
        changes = self._changes(difference, self.recorded)
        if not changes:
            self._keep(difference, self.recorded)
        elif any(change.replaces for change in changes):
            self._replace(difference, self.recorded, changes)
        else:
            self._update(difference, self.recorded, changes)

    def _desired(self, generation: int, difference: Difference) -> Properties:
        """The properties with Panka's name and tags for this generation, references replaced where known."""
        owner = Owner(scope=self.scope, address=self.resource.address, generation=generation)
        wanted = {**self.resource.properties}
        if self.resource.name is not None:
            wanted[self.resource.name.property] = owner.name(self.resource.name)
        known = substitute(wanted, difference.known)
        assert isinstance(known, dict)  # noqa: S101  # substitute keeps a mapping a mapping
        return _with_tags(self.resource.type, known, self.resource.tags | owner.tags())

    def _changes(self, difference: Difference, old: Recorded) -> tuple[Change, ...]:
        if old.type != self.resource.type:
            return (Change(path="Type", before=old.type, after=self.resource.type, replaces=True),)
        desired = self._desired(old.generation, difference)
        ignored = self.resource.lifecycle.ignore_changes
        known = facts(self.resource.type)
        return tuple(
            change.model_copy(update={"replaces": known is not None and known.replaces(change.path)})
            for change in changes(old.properties, desired)
            if not any(change.path == path or change.path.startswith(f"{path}.") for path in ignored)
        )

    def _keep(self, difference: Difference, old: Recorded) -> None:
        if self.intended is not None:
            _look_and_remove(difference, self.intended)
        difference.unchanged += 1
        difference.settled[old.address] = Settled(Fate.UNCHANGED, old.properties, old.attributes, old.id)

    def _update(self, difference: Difference, old: Recorded, changes: tuple[Change, ...]) -> None:
        if self.intended is not None:
            _look_and_remove(difference, self.intended)
        desired = self._keeping_ignored(self._desired(old.generation, difference), old)
        difference.settled[old.address] = Settled(Fate.UPDATED, desired, old.attributes, old.id)
        self._add(difference, Action.UPDATE, old.generation, desired, id=old.id, before=old.properties, changes=changes)

    def _keeping_ignored(self, desired: Properties, old: Recorded) -> Properties:
        """What is ignored stays as it was recorded, so that the update leaves it alone."""
        for path in self.resource.lifecycle.ignore_changes:
            top = path.split(".", 1)[0]
            if top in old.properties:
                desired[top] = old.properties[top]
        return desired

    def _create(self, difference: Difference) -> None:
        generation, probe = self._next_generation(difference, 1)
        desired = self._desired(generation, difference)
        difference.settled[self.resource.address] = Settled(Fate.MADE, desired)
        self._add(difference, Action.CREATE, generation, desired, probe=probe)

    def _replace(self, difference: Difference, old: Recorded, changes: tuple[Change, ...]) -> None:
        generation, probe = self._next_generation(difference, old.generation + 1)
        desired = self._desired(generation, difference)
        difference.settled[self.resource.address] = Settled(Fate.MADE, desired)
        if old.lifecycle.prevent_destroy or self.resource.lifecycle.prevent_destroy:
            self._refuse(difference, "replace")
        delete_first = not self.resource.lifecycle.create_before_destroy or self._same_name(old, desired)
        why = ", ".join(change.path for change in changes if change.replaces)
        self._add(
            difference,
            Action.REPLACE,
            generation,
            desired,
            before=old.properties,
            changes=changes,
            probe=probe,
            delete_first=delete_first,
            replaced=old.id,
            reason=f"{why} cannot change in place",
        )
        if not delete_first:
            _remove(difference, f"{old.address}@{old.generation}", old, "it was replaced", protected=False)

    def _next_generation(self, difference: Difference, least: int) -> tuple[int, bool]:
        """The generation to make, and whether an earlier run may have made it already."""
        left = self.intended
        if left is None:
            return least, False
        if left.type == self.resource.type and self._would_fit(left, difference):
            return left.generation, True
        _look_and_remove(difference, left)
        return max(least, left.generation + 1), False

    def _would_fit(self, left: Intended, difference: Difference) -> bool:
        """Whether what an earlier run may have made needs at most an update to be what is wanted now."""
        known = facts(left.type)
        before = encode(substitute(decode(left.properties), difference.known))
        now = self._desired(left.generation, difference)
        return not any(known is not None and known.replaces(change.path) for change in changes(before, now))

    def _same_name(self, old: Recorded, desired: Properties) -> bool:
        """Whether old and new would bear one name, so that they cannot stand side by side."""
        if self.resource.name is not None:
            return False
        known = facts(self.resource.type)
        if known is None or old.type != self.resource.type:
            return False
        names = [name for name in known.create_only if name.endswith(("Name", "Identifier")) and "." not in name]
        names += [name for name in known.primary_identifier if name not in known.read_only]
        said = [name for name in names if name in desired]
        return bool(said) and all(old.properties.get(name) == desired[name] for name in said)

    def _refuse(self, difference: Difference, verb: str) -> None:
        one = self.resource
        difference.refusals.append(Refusal(one.address, one.kind, one.service, verb, str(one.place or "")))

    def _add(
        self,
        difference: Difference,
        action: Action,
        generation: int,
        desired: Properties,
        *,
        changes: tuple[Change, ...] = (),
        id: str | None = None,
        before: Properties | None = None,
        probe: bool = False,
        delete_first: bool = False,
        replaced: str | None = None,
        reason: str = "",
    ) -> None:
        one = self.resource
        needs = {(ref.address, ref.attribute): None for ref in references(desired)}
        difference.forward[one.address] = Step(
            key=one.address,
            address=one.address,
            type=one.type,
            action=action,
            generation=generation,
            kind=one.kind,
            service=one.service,
            id=id,
            properties=encode(desired),
            before=before,
            changes=changes,
            needs=tuple(Need(address=address, attribute=attribute) for address, attribute in needs),
            dependencies=tuple(sorted(one.dependencies())),
            probe=probe,
            delete_first=delete_first,
            replaced=replaced,
            lifecycle=one.lifecycle,
            fixed_name=one.name is None,
            reason=reason,
            place=str(one.place or ""),
        )


def _remove(difference: Difference, key: str, old: Recorded, reason: str, *, protected: bool = True) -> None:
    if protected and old.lifecycle.prevent_destroy and not old.lifecycle.retain:
        difference.refusals.append(Refusal(old.address, old.kind, old.service, "delete", ""))
    difference.cleanup[key] = Step(
        key=key,
        address=old.address,
        type=old.type,
        action=Action.FORGET if old.lifecycle.retain else Action.DELETE,
        generation=old.generation,
        kind=old.kind,
        service=old.service,
        id=old.id,
        before=old.properties,
        dependencies=old.dependencies,
        lifecycle=old.lifecycle,
        fixed_name=old.fixed_name,
        reason=reason,
    )


def _look_and_remove(difference: Difference, left: Intended) -> None:
    key = f"{left.address}@{left.generation}"
    difference.cleanup[key] = Step(
        key=key,
        address=left.address,
        type=left.type,
        action=Action.DELETE,
        generation=left.generation,
        kind=left.kind,
        service=left.service,
        properties=encode(substitute(decode(left.properties), difference.known)),
        dependencies=left.dependencies,
        probe=True,
        lifecycle=left.lifecycle,
        reason="an unfinished run may have left it",
    )


def _with_tags(type: str, properties: Properties, tags: Mapping[str, str]) -> Properties:
    """The properties with all tags in the form that the type takes; a type without tags stays as it is."""
    known = facts(type)
    if known is None or known.tag_property is None:
        return properties
    given = properties.get(known.tag_property, {})
    if isinstance(given, list):
        given = {tag["Key"]: tag["Value"] for tag in given}
    every = {**given, **tags}
    form: Any = every if known.tags_are_a_map else [{"Key": key, "Value": every[key]} for key in sorted(every)]
    return {**properties, known.tag_property: form}


def changes(before: Properties, after: Properties) -> list[Change]:
    """The paths whose values differ, in the order of `after`, then those that are gone. Values are encoded."""
    found: list[Change] = []
    _walk("", before, after, found)
    return found


_NOTHING = object()


def _walk(path: str, before: Any, after: Any, found: list[Change]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            _walk(f"{path}.{key}" if path else key, before.get(key, _NOTHING), after.get(key, _NOTHING), found)
    elif _is_tags(before) and _is_tags(after):
        _walk(path, {tag["Key"]: tag["Value"] for tag in before}, {tag["Key"]: tag["Value"] for tag in after}, found)
    elif isinstance(before, list) and isinstance(after, list | tuple) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            _walk(f"{path}.{index}", old, new, found)
    elif before is _NOTHING or after is _NOTHING or before != encode(after):
        found.append(_change(path, before, after))


def _change(path: str, before: Any, after: Any) -> Change:
    return Change(
        path=path,
        before=None if before is _NOTHING else before,
        after=None if after is _NOTHING else encode(after),
        unknown=after is not _NOTHING and any(references(after)),
    )


def _is_tags(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(i, dict) and set(i) == {"Key", "Value"} for i in value)
    )
