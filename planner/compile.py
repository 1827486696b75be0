"""Lowers a stack's components to resources, what is needed first, and ties them together."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pydantic_core import PydanticCustomError

from panka.planner.authored import Authored
from panka.planner.blame import labels_of, labels_of_circle
from panka.planner.blocks import Blocks
from panka.planner.component import (
    Component,
    ComponentSpec,
    Context,
    Grants,
    Inbound,
    Lowered,
    Network,
    Notice,
    Used,
    partition_of,
)
from panka.planner.core import OnFailure
from panka.planner.diagnostics import Diagnostic, Findings, Invalid, Label
from panka.planner.language.addresses import check_addresses
from panka.planner.language.envelopes import Entry
from panka.planner.language.expansion import Reference
from panka.planner.language.expressions import Foreign, Malformed, Output
from panka.planner.language.parts import Part, StackPart
from panka.planner.language.reading import typed
from panka.planner.laying import check_parts, laid_over
from panka.planner.neighbours import Neighbours, Untold
from panka.planner.notices import untie
from panka.planner.owner import Scope
from panka.planner.packing import Packer
from panka.planner.placing import OWN_GROUP, network_of, own_group
from panka.planner.resolving import plainly, resolve
from panka.planner.resource import STACK, Address, Properties, Ref, Resource
from panka.planner.rivals import check_names, check_rules
from panka.planner.state import Target, Use


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a stack becomes. With an error among the diagnostics, what could be lowered."""

    resources: dict[Address, Resource]
    """Component by component, what is needed first."""
    outputs: Properties
    """The stack's outputs; may hold references."""
    notes: tuple[tuple[str, str], ...]
    """Component as people read it, and what the user should know of it."""
    assets: dict[str, bytes]
    """Zipped code by its SHA-256."""
    exports: dict[str, Properties]
    """The outputs of every component, by its name; may hold references."""
    consumes: tuple[str, ...]
    """Other stacks whose outputs are in it."""
    blocks: Blocks
    """What the stack says of what is on record or exists."""
    diagnostics: tuple[Diagnostic, ...]
    components: dict[str, Component[ComponentSpec]]
    written: Mapping[str, Authored] = field(default_factory=dict)
    """What users wrote of every component, by its name."""
    uses: tuple[Use, ...] = ()
    """Which outputs of other stacks are in it, and where."""
    taken: Mapping[str, str] = field(default_factory=dict)
    """The digests of these outputs' values."""
    on_failure: OnFailure = "rollback"
    """What the stack itself wishes for a run that fails."""


def compile_parts(
    stack: StackPart,
    parts: Mapping[str, Part],
    packer: Packer,
    scope: Scope,
    target: Target,
    network: Network | None,
    neighbours: Neighbours,
) -> Compiled:
    """Lowers parts that stand in an order in which each comes after what it needs."""
    placed = network_of(stack.spec.networking, network)
    compiling = _Compiling(stack, parts, packer, scope, target, placed, neighbours)
    for part in parts.values():
        compiling.lower(part)
    compiling.let_in()
    callers = compiling.notify()
    check_rules(compiling.resources, parts, compiling.findings)
    check_names(compiling.resources, parts, compiling.findings)
    compiling.wait()
    compiling.untie(callers)
    compiling.place_own_group()
    for part in parts.values():
        compiling.check_overrides(part)
    compiling.check_blocks()
    outputs = compiling.outputs()
    return Compiled(
        resources=compiling.resources,
        outputs=outputs,
        notes=tuple(compiling.notes),
        assets=compiling.assets,
        exports={name: plainly(lowered.outputs) for name, lowered in compiling.lowered.items() if lowered.outputs},
        consumes=neighbours.consumed,
        blocks=Blocks.of(stack.spec, stack.import_label),
        diagnostics=compiling.findings.all(),
        components={name: part.component for name, part in parts.items()},
        written={name: Authored(part.kind.spec, part.data) for name, part in parts.items()},
        uses=tuple(compiling.uses()),
        taken=neighbours.taken,
        on_failure=stack.spec.on_failure,
    )


def _foreign(references: Iterable[Reference], entry: Entry, by: str) -> Iterator[Use]:
    for one in references:
        if one.stack:
            span = one.output_span(entry.layers)
            place = f"{span.file}:{span.line}:{span.column}"
            component = one.component.rpartition("/")[2]
            yield Use(stack=one.stack, component=component, output=one.output, by=by, place=place)


class _NoOutput(LookupError):
    def __init__(self, output: Output) -> None:
        super().__init__(output.source)
        self.output = output


@dataclass(eq=False, slots=True)
class _Compiling:
    stack: StackPart
    parts: Mapping[str, Part]
    packer: Packer
    scope: Scope
    target: Target
    network: Network
    neighbours: Neighbours
    lowered: dict[str, Lowered] = field(default_factory=dict)
    """Of components that could be lowered; outputs put in, escapes kept, as others build on it."""
    resources: dict[Address, Resource] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    assets: dict[str, bytes] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)

    def lower(self, part: Part) -> None:
        """Lowers one component; one that needs what could not be lowered is left out without a word."""
        if not all(name in self.lowered for name in part.uses):
            return
        if self._untold(part.references, part.entry):
            return
        name = part.component.name
        try:
            lowered = part.kind.lower(part.component, self._context(part))
            self.assets |= lowered.assets
            self.lowered[name] = self._resolved(lowered)
        except PydanticCustomError as error:
            label, others = labels_of(error, part, self.parts)
            self.findings.add(error.type, error.message(), label, secondary=others)
        except Invalid as error:
            self.findings.extend(error.diagnostics)
        except _NoOutput as error:
            self._no_output(part, error.output)
        except Malformed as error:
            self.findings.add("PK206", str(error), part.label)
        else:
            for resource in self.lowered[name].resources:
                self._keep(resource, part)
            self.notes += [(part.component.address, note) for note in lowered.notes]

    def _context(self, part: Part) -> Context:
        uses = {name: Used(name, self.parts[name].kind.name, self.lowered[name]) for name in part.uses}
        pack = partial(self._pack, near=part.entry.layers.document.file.path)
        read = partial(self.packer.read, near=part.entry.layers.document.file.path)
        return Context(self.scope, self.target, self.network, uses, part.granted, pack, read)

    def _pack(self, path: str, near: str) -> str:
        content = self.packer.pack(path, near)
        digest = hashlib.sha256(content).hexdigest()
        self.assets[digest] = content
        return digest

    def _resolved(self, lowered: Lowered) -> Lowered:
        def put(value: Any) -> Any:
            return resolve(value, self._output)

        return Lowered(
            resources=tuple(replace(one, properties=put(one.properties)) for one in lowered.resources),
            outputs=put(lowered.outputs),
            grants=Grants(tuple(put(one) for one in lowered.grants.statements), lowered.grants.connect),
            inbound=tuple(Inbound(one.component, put(one.statement)) for one in lowered.inbound),
            notes=lowered.notes,
            targets=lowered.targets,
            notices=tuple(replace(one, properties=put(one.properties)) for one in lowered.notices),
        )

    def _untold(self, references: Iterable[Reference], entry: Entry) -> bool:
        """Tells of outputs that other stacks do not have on record; whether there are some."""
        untold = False
        for one in references:
            try:
                if one.stack:
                    self.neighbours.value(one)
            except Untold as error:
                label = Label(one.output_span(entry.layers), "not on record")
                self.findings.add("PK208", str(error), label, help=error.help)
                untold = True
        return untold

    def _output(self, output: Output | Foreign) -> Any:
        if isinstance(output, Foreign):
            return self.neighbours.value(output)
        if output.source == OWN_GROUP:
            return Ref(Address.of(STACK, "security-group"), "GroupId")
        lowered = self.lowered.get(output.component.rpartition("/")[2])
        if lowered is None or output.output not in lowered.outputs:
            raise _NoOutput(output)
        return lowered.outputs[output.output]

    def _no_output(self, part: Part, output: Output) -> None:
        """The kind has the output, but not this component as it is written: no dead-letter queue, no URL."""
        name = output.component.rpartition("/")[2]
        made = self.lowered[name].outputs if name in self.lowered else {}
        place = (one for one in part.references if (one.component, one.output) == (output.component, output.output))
        span = next((one.output_span(part.entry.layers) for one in place), part.label.span)
        self.findings.add(
            "PK201",
            f"`{name}` as it is written has no output `{output.output}`",
            Label(span, "unknown output"),
            secondary=(self.parts[name].entry.name_label("declared here"),),
            notes=(f"outputs of `{name}`: {', '.join(sorted(made))}",),
        )

    def _keep(self, resource: Resource, part: Part) -> None:
        if resource.address.component == STACK:
            self._share(replace(resource, tags={**self.stack.tags, **resource.tags}), part)
            return
        protected = {name.rpartition("/")[2] for name in self.stack.spec.protect}
        over = laid_over(resource, part, protected=part.component.name in protected, findings=self.findings)
        self.resources[resource.address] = replace(over, properties=plainly(self._overrides_resolved(over, part)))

    def _overrides_resolved(self, resource: Resource, part: Part) -> Properties:
        if resource.address.part not in part.component.spec.overrides:
            return resource.properties
        properties: Properties = resolve(resource.properties, self._output)
        return properties

    def _share(self, resource: Resource, part: Part) -> None:
        """Keeps what belongs to the whole stack once."""
        shared = replace(resource, properties=plainly(resource.properties), place=None)
        first = self.resources.setdefault(resource.address, shared)
        if first != shared:
            summary = f"{part.entry.title} wants `{resource.address}` otherwise than the components before it"
            self.findings.add("PK355", summary, part.label)

    def let_in(self) -> None:
        """Hands every component the statements of those who asked it to let them in."""
        asked: dict[str, list[dict[str, Any]]] = {}
        for name, lowered in self.lowered.items():
            for one in lowered.inbound:
                target = one.component.rpartition("/")[2]
                if self.parts[target].kind.accept is None:
                    self._lets_nobody_in(self.parts[name], self.parts[target])
                else:
                    asked.setdefault(target, []).append(one.statement)
        for target, statements in asked.items():
            part = self.parts[target]
            if target in self.lowered and part.kind.accept is not None:
                for resource in part.kind.accept(part.component, self.lowered[target], tuple(statements)):
                    self._keep(replace(resource, properties=resolve(resource.properties, self._output)), part)

    def _lets_nobody_in(self, sender: Part, target: Part) -> None:
        summary = f"{sender.entry.title} sends to {target.entry.title}, which lets nobody in"
        self.findings.add("PK204", summary, sender.label, secondary=(target.entry.name_label("the target"),))

    def notify(self) -> dict[Address, Part]:
        """Hands every component what others want to be told by it; the resources that call, with who asked first."""
        asked: dict[str, list[Notice]] = {}
        askers: dict[Address, Part] = {}
        for lowered in self.lowered.values():
            for one in lowered.notices:
                asked.setdefault(one.component, []).append(one)
        for target, notices in asked.items():
            part = self.parts[target]
            if part.kind.notify is not None:
                caller = part.kind.notify(self.lowered[target], tuple(notices))
                self._keep(caller, part)
                askers[caller.address] = self.parts[notices[0].after.component]
        return askers

    def untie(self, callers: Mapping[Address, Part]) -> None:
        """Cuts the circles between resources that call and those that they call."""
        partition = partition_of(self.target.region)
        for address in untie(self.resources, callers, partition, self.target.region):
            summary = (
                f"{callers[address].entry.title} waits for `{address.component}`, which must wait for it to call it"
            )
            help = "take the bucket out of `dependsOn`, or give it a `bucket.name` that is no reference"
            label, others = labels_of_circle(address.component, callers[address], self.parts)
            self.findings.add("PK345", summary, label, secondary=others, help=help)

    def wait(self) -> None:
        """Makes the first resources of a component wait for the last ones of those that it depends on."""
        for name, part in self.parts.items():
            last = [one for awaited in part.awaits for one in self._ends(awaited, of_others=True)]
            for address in self._ends(name, of_others=False) if last else ():
                resource = self.resources[address]
                waits = tuple(dict.fromkeys((*resource.depends_on, *last)))
                self.resources[address] = replace(resource, depends_on=waits)

    def _ends(self, name: str, *, of_others: bool) -> list[Address]:
        """Resources of a component that none of its others needs (`of_others`), or that need none of the others."""
        lowered = self.lowered.get(name)
        own = [one for one in lowered.resources if one.address.component == name] if lowered else []
        if len(own) < 2:
            return [one.address for one in own]
        addresses = {one.address for one in own}
        needs = {one.address: one.dependencies() & addresses for one in own}
        if not of_others:
            return [address for address, needed in needs.items() if not needed]
        needed = frozenset[Address]().union(*needs.values())
        return [address for address in needs if address not in needed]

    def place_own_group(self) -> None:
        """The security group that the stack's rules make, for the components that stand in the network."""
        if any(part.in_network for part in self.parts.values()):
            group = own_group(self.stack, self.network)
            if group is not None and all(name in self.lowered for name in self.parts):
                group = replace(group, properties=plainly(resolve(group.properties, self._output)))
                self.resources[group.address] = replace(group, tags=self.stack.tags)

    def check_overrides(self, part: Part) -> None:
        name = part.component.name
        if part.component.spec.overrides and name in self.lowered:
            made: Iterable[str] = (one.part for one in self.resources if one.component == name)
            check_parts(part, made, self.findings)

    def check_blocks(self) -> None:
        """Holds the addresses in the stack's blocks to the resources that were made."""
        if self.stack.entry is not None and len(self.lowered) == len(self.parts):
            made = {str(address) for address in self.resources}
            check_addresses(self.stack.spec, self.stack.entry, made, self.findings)

    def uses(self) -> Iterator[Use]:
        """Every mention of another stack's output; none where nobody was asked for their values."""
        if self.neighbours.ask is None:
            return
        for part in self.parts.values():
            yield from _foreign(part.references, part.entry, part.component.address)
        if self.stack.entry is not None:
            yield from _foreign(self.stack.references, self.stack.entry, "(stack)")

    def outputs(self) -> Properties:
        """The stack's outputs; those of components that could not be lowered are left out."""
        found: Properties = {}
        entry = self.stack.entry
        if entry and self._untold(self.stack.references, entry):
            return found
        for name, value in self.stack.outputs.items():
            try:
                found[name] = plainly(resolve(typed(value), self._output))
            except _NoOutput as error:
                component = error.output.component.rpartition("/")[2]
                if self.stack.entry is not None and component in self.lowered:
                    label = Label(self.stack.entry.layers.span(("spec", "outputs", name)), "unknown output")
                    summary = f"`{component}` as it is written has no output `{error.output.output}`"
                    self.findings.add("PK201", summary, label)
        return found
