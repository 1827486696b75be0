"""Compares what a stack wants with what is recorded: the steps of a plan."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

from panka.planner.adopting import Import
from panka.planner.blocks import Blocks
from panka.planner.changes import changes
from panka.planner.diagnostics import Diagnostic, label_of
from panka.planner.difference import PROTECTED, Difference, Fate, Refusal, Settled, forget, look_and_remove, remove
from panka.planner.drift import Finding, Status
from panka.planner.graph import Graph
from panka.planner.on_record import OnRecord
from panka.planner.owner import Owner, Scope
from panka.planner.plan import Action, Change, Need, Step
from panka.planner.resource import Address, Lifecycle, Properties, Resource, decode, encode, references, substitute
from panka.planner.resource_types import TAGS_IN_PRACTICE, TAKEN_ONCE, facts
from panka.planner.restoring import Restoration
from panka.planner.state import Intended, Recorded, State


def compare(
    scope: Scope,
    resources: Mapping[Address, Resource],
    graph: Graph,
    state: State | None,
    blocks: Blocks | None = None,
    replaces: AbstractSet[str] = frozenset(),
    drift: Mapping[str, Finding] = MappingProxyType({}),
) -> Difference:
    """What must happen so that exactly `resources` exist. `graph` is the graph of these resources.

    `drift` is what others have changed or deleted of what is on record, as it was seen last.
    """
    difference = Difference()
    blocks = blocks or Blocks()
    intended = {one.address: one for one in state.intended} if state else {}
    record = OnRecord.of(state, resources, blocks, replaces, drift)
    early = {ref for one in resources.values() for ref in references(one.properties) if ref.early}
    for ref in early:
        wanted = _Wanted(scope, resources[ref.address], record, intended.get(ref.address))
        difference.names[ref] = wanted.name(ref.attribute)
    for name in graph.order():
        address = Address(name)
        _Wanted(scope, resources[address], record, intended.pop(address, None)).settle(difference)
    moved = set(record.moves.values())
    for key, old in record.resources.items():
        if Address(key) not in resources and key not in moved:
            if blocks.forgets(key):
                forget(difference, key, old)
            else:
                remove(difference, key, old, "it is no longer in the stack")
    for old in state.deposed if state else ():
        remove(difference, f"{old.address}@{old.generation}", old, "it was replaced")
    for left in intended.values():
        look_and_remove(difference, left)
    return difference


@dataclass(slots=True)
class _Wanted:
    """One wanted resource beside its record."""

    scope: Scope
    resource: Resource
    record: OnRecord
    intended: Intended | None

    def settle(self, difference: Difference) -> None:
        address = self.resource.address
        old = self.record.find(address)
        if old is None and address in self.record.blocks.imports:
            self._adopt(difference, self.record.blocks.imports[address])
            return
        if old is None:
            self._create(difference)
            return
        changes = self._changes(difference, old)
        back = self._restoration(difference, old)
        if back is not None:
            written = {change.path for change in changes}
            changes = (*changes, *(change for change in back.changes if change.path not in written))
        if any(change.replaces for change in changes) or address in self.record.replaces:
            self._replace(difference, old, changes)
        elif changes or self._moved_from(old):
            self._update(difference, old, changes, back)
        else:
            self._keep(difference, old)

    def _owner(self, generation: int) -> Owner:
        return Owner(scope=self.scope, address=self.resource.address, generation=generation)

    def _moved_from(self, old: Recorded) -> str:
        return "" if old.address == self.resource.address else old.address

    def _kept_name(self, old: Recorded) -> Properties | None:
        """The name that the recorded resource bears and keeps; None: the one that Panka gives to its address."""
        if self.resource.name is None or not (old.keeps_name or self._moved_from(old)):
            return None
        name = self.resource.name.property
        return {name: old.properties[name]} if name in old.properties else {}

    def name(self, property: str) -> str:
        """The name that the resource has or will have; a resource with early names is replaced on demand alone."""
        old, left = self.record.find(self.resource.address), self.intended
        if old is None and self.resource.address in self.record.blocks.imports:
            return self.record.blocks.imports[self.resource.address]
        anew = self.resource.address in self.record.replaces
        if old is not None and property in old.properties and not anew:
            return str(old.properties[property])
        before = old or self.record.deleted(self.resource.address)
        generation = left.generation if left is not None else 1 if before is None else before.generation + 1
        return self._owner(generation).name(self.resource.name) if self.resource.name else ""

    def _desired(self, generation: int, difference: Difference, named: Properties | None = None) -> Properties:
        """The properties with Panka's name (or `named`) and tags, references replaced where known."""
        owner = self._owner(generation)
        wanted = {**self.resource.properties, **(named or {})}
        if self.resource.name is not None and named is None:
            wanted[self.resource.name.property] = owner.name(self.resource.name)
        known: Properties = substitute(wanted, difference.known)
        return with_tags(self.resource.type, known, self.resource.tags | owner.tags())

    def _changes(self, difference: Difference, old: Recorded) -> tuple[Change, ...]:
        if old.type != self.resource.type:
            return (Change(path="Type", before=old.type, after=self.resource.type, replaces=True),)
        desired = self._desired(old.generation, difference, self._kept_name(old))
        ignored = self.resource.lifecycle.ignore_changes
        known = facts(self.resource.type)
        differ = tuple(
            change.model_copy(update={"replaces": known is not None and known.replaces(change.path)})
            for change in changes(old.properties, desired)
            if not any(change.path == path or change.path.startswith(f"{path}.") for path in ignored)
        )
        return (*differ, *_treatment(old.lifecycle, self.resource.lifecycle))

    def _keep(self, difference: Difference, old: Recorded) -> None:
        if self.intended is not None:
            look_and_remove(difference, self.intended)
        difference.unchanged += 1
        known = Settled(Fate.UNCHANGED, old.properties, old.attributes, old.id)
        difference.settled[self.resource.address] = known

    def _restoration(self, difference: Difference, old: Recorded) -> Restoration | None:
        """What takes back that others have changed it."""
        found = self.record.drift.get(old.address)
        if found is None or found.status is not Status.CHANGED or old.type != self.resource.type:
            return None
        return Restoration.of(found, old, self._desired(old.generation, difference, self._kept_name(old)))

    def _update(
        self, difference: Difference, old: Recorded, changes: tuple[Change, ...], back: Restoration | None = None
    ) -> None:
        if self.intended is not None:
            look_and_remove(difference, self.intended)
        kept, moved = self._kept_name(old), self._moved_from(old)
        desired = self._keeping_ignored(self._desired(old.generation, difference, kept), old)
        difference.settled[self.resource.address] = Settled(Fate.UPDATED, desired, old.attributes, old.id)
        self._add(
            difference,
            Action.UPDATE,
            old.generation,
            desired,
            id=old.id,
            before=old.properties,
            changes=changes,
            keeps_name=self._name_property() if kept is not None else "",
            moved_from=moved,
            reason=f"moved from {moved}" if moved else "it was changed outside Panka" if back else "",
            back=back,
        )

    def _name_property(self) -> str:
        return self.resource.name.property if self.resource.name else ""

    def _adopt(self, difference: Difference, id: str) -> None:
        """Takes over what exists. Its name is its own, so Panka names nothing."""
        generation = 1 if self.intended is None else self.intended.generation + 1
        if self.intended is not None:
            look_and_remove(difference, self.intended)
        self._taken_already(difference, id)
        desired = self._desired(generation, difference, {})
        differ = self._taken_over(difference, id, desired)
        difference.settled[self.resource.address] = Settled(Fate.MADE, desired, id=id)
        name = self._name_property()
        self._add(
            difference,
            Action.ADOPT,
            generation,
            desired,
            id=id,
            changes=differ,
            keeps_name=name,
            reason=f"imports {id}",
        )

    def _taken_over(self, difference: Difference, id: str, desired: Properties) -> tuple[Change, ...]:
        """How what exists differs from what is wanted; nothing when nobody has looked."""
        address, blocks = self.resource.address, self.record.blocks
        live = blocks.live.get(address)
        if live is None:
            return ()
        block = Import(address, self.resource.type, id, self.scope.tenant, blocks.places.get(address))
        differ, problems = block.judge(live, desired)
        difference.diagnostics.extend(problems)
        return differ

    def _taken_already(self, difference: Difference, id: str) -> None:
        for old in self.record.resources.values():
            if (old.type, old.id) == (self.resource.type, id):
                summary = f"`{id}` cannot become `{self.resource.address}`: it is on record as `{old.address}`"
                written = self.record.blocks.places.get(self.resource.address)
                label = written or label_of(str(self.resource.place or ""))
                help = "a `moved` block renames it"
                difference.diagnostics.append(Diagnostic("PK362", summary, label, help=help))

    def _keeping_ignored(self, desired: Properties, old: Recorded) -> Properties:
        """What is ignored stays as it was recorded, so that the update leaves it alone."""
        for path in self.resource.lifecycle.ignore_changes:
            top = path.split(".", 1)[0]
            if top in old.properties:
                desired[top] = old.properties[top]
        return desired

    def _create(self, difference: Difference) -> None:
        gone = self.record.deleted(self.resource.address)
        least = self._first_generation() if gone is None else gone.generation + 1
        generation, probe = self._next_generation(difference, least)
        desired = self._desired(generation, difference)
        difference.settled[self.resource.address] = Settled(Fate.MADE, desired)
        reason = "it was deleted outside Panka" if gone else ""
        self._add(difference, Action.CREATE, generation, desired, probe=probe, reason=reason)

    def _first_generation(self) -> int:
        """The first one whose name is not borne by a resource that was made here and moved away with its name."""
        form, generation = self.resource.name, 1
        if form is None or form.stable:
            return generation
        taken = {one.properties.get(form.property) for one in self.record.named if one.type == self.resource.type}
        while taken and self._owner(generation).name(form) in taken:
            generation += 1
        return generation

    def _replace(self, difference: Difference, old: Recorded, changes: tuple[Change, ...]) -> None:
        generation, probe = self._next_generation(difference, old.generation + 1)
        desired = self._desired(generation, difference)
        difference.settled[self.resource.address] = Settled(Fate.MADE, desired)
        if old.lifecycle.prevent_destroy or self.resource.lifecycle.prevent_destroy:
            self._refuse(difference, "replace")
        delete_first = not self.resource.lifecycle.create_before_destroy or self._same_name(old, desired)
        if delete_first and (old.lifecycle.retain or self.resource.lifecycle.retain):
            self._refuse(difference, "replace", "lifecycle.retain")
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
            moved_from=self._moved_from(old),
            reason=self._why_replaced(changes),
        )
        if not delete_first:
            remove(difference, f"{old.address}@{old.generation}", old, "it was replaced", protected=False)

    def _why_replaced(self, changes: tuple[Change, ...]) -> str:
        why = ", ".join(change.path for change in changes if change.replaces)
        if not why:
            return "--replace asks for it"
        known = facts(self.resource.type)
        if known is not None and known.fixed:
            return f"nothing of {known.type} can change in place ({why})"
        return f"{why} cannot change in place"

    def _next_generation(self, difference: Difference, least: int) -> tuple[int, bool]:
        """The generation to make, and whether an earlier run may have made it already."""
        left = self.intended
        if left is None:
            return least, False
        if left.type == self.resource.type and self._would_fit(left, difference):
            return left.generation, True
        look_and_remove(difference, left)
        return max(least, left.generation + 1), False

    def _would_fit(self, left: Intended, difference: Difference) -> bool:
        """Whether what an earlier run may have made needs at most an update to be what is wanted now."""
        known = facts(left.type)
        before = encode(substitute(decode(left.properties), difference.known))
        now = self._desired(left.generation, difference)
        return not any(known is not None and known.replaces(change.path) for change in changes(before, now))

    def _same_name(self, old: Recorded, desired: Properties) -> bool:
        """Whether old and new would bear one name, or need what AWS gives once: they cannot stand side by side."""
        once = TAKEN_ONCE.get(self.resource.type, "")
        if once in desired and old.properties.get(once) == desired[once]:
            return True
        if self.resource.name is not None:
            return False
        known = facts(self.resource.type)
        if known is None or old.type != self.resource.type:
            return False
        names = [name for name in known.create_only if name.endswith(("Name", "Identifier")) and "." not in name]
        names += [name for name in known.primary_identifier if name not in known.read_only]
        said = [name for name in names if name in desired]
        return bool(said) and all(old.properties.get(name) == desired[name] for name in said)

    def _refuse(self, difference: Difference, verb: str, why: str = PROTECTED) -> None:
        difference.refusals.append(Refusal(self.resource.address, verb, str(self.resource.place or ""), why))

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
        keeps_name: str = "",
        moved_from: str = "",
        reason: str = "",
        back: Restoration | None = None,
    ) -> None:
        one = self.resource
        # Of what refers to nothing, nothing is left to be known: most resources need one walk here, not two.
        refers = references(one.properties)
        needs = {(ref.address, ref.attribute): None for ref in (references(desired) if refers else ())}
        waits = {ref.address for ref in refers if not ref.early}.union(one.depends_on)
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
            besides=back.besides if back else {},
            seen=back.seen if back else None,
            needs=tuple(Need(address=address, attribute=attribute) for address, attribute in needs),
            dependencies=tuple(sorted(waits)),
            probe=probe,
            delete_first=delete_first,
            replaced=replaced,
            lifecycle=one.lifecycle,
            fixed_name=one.name is None,
            keeps_name=keeps_name,
            moved_from=moved_from,
            reason=reason,
            place=str(one.place or ""),
        )


def _treatment(before: Lifecycle, after: Lifecycle) -> tuple[Change, ...]:
    """How a resource may change and end: it must be on record to hold when the component has left the YAML."""
    if before == after:
        return ()
    old, new = (one.model_dump(mode="json", by_alias=True) for one in (before, after))
    return tuple(one.model_copy(update={"path": f"lifecycle.{one.path}"}) for one in changes(old, new))


def with_tags(type: str, properties: Properties, tags: Mapping[str, str]) -> Properties:
    """The properties with all tags in the form that the type takes; a type without tags stays as it is."""
    known = facts(type)
    if known is None or known.tag_property is None:
        return properties
    given = properties.get(known.tag_property, {})
    if known.tags_are_a_map:
        return {**properties, known.tag_property: {**given, **tags}}
    every = {tag["Key"]: tag for tag in given} | {key: {"Key": key, "Value": value} for key, value in tags.items()}
    more = TAGS_IN_PRACTICE.get(type, {})
    return {**properties, known.tag_property: [{**more, **every[key]} for key in sorted(every)]}
