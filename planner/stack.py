"""Reads a stack: files to checked components that know what they need. `Draft.compile` makes resources of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from panka.planner.compile import Compiled, compile_parts
from panka.planner.component import Component, ComponentSpec, Kind, Network
from panka.planner.core import NetworkingSpec, OnFailure, ProviderSpec
from panka.planner.diagnostics import Diagnostic, Findings, Invalid, Label, errors
from panka.planner.language.checking import check_all
from panka.planner.language.documents import Source, SourceFile
from panka.planner.language.envelopes import Entry
from panka.planner.language.expressions import Variables
from panka.planner.language.inventory import take_inventory
from panka.planner.language.parts import Part, StackPart
from panka.planner.language.review import Review, written_variables
from panka.planner.language.tracing import traced
from panka.planner.neighbours import Neighbours, OutputsOf
from panka.planner.owner import Scope
from panka.planner.packing import Packer
from panka.planner.state import Target

if TYPE_CHECKING:
    from panka.planner.allowance import Home
    from panka.planner.tenancy import Tenant


@dataclass(frozen=True)
class Options:
    """What is said beside the files."""

    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of `--var`: they win over all others."""
    fallback: Mapping[str, str] = field(default_factory=dict)
    """Of `PANKA_VAR_…`, without that prefix."""
    tenant: str | None = None


@dataclass(frozen=True, eq=False)
class Draft:
    """A stack as read for one environment. With an error among the diagnostics the rest is what could be understood."""

    diagnostics: tuple[Diagnostic, ...]
    name: str
    """Empty when there is no Stack."""
    tenant: str | None
    environment: str | None
    components: dict[str, Component[ComponentSpec]]
    """The components that are right, by name, what is needed first."""
    files: dict[str, SourceFile]
    """By the name that places carry."""
    _stack: StackPart
    _parts: dict[str, Part]
    _packer: Packer

    @property
    def provider(self) -> ProviderSpec:
        return self._stack.spec.provider

    @property
    def networking(self) -> NetworkingSpec:
        return self._stack.spec.networking

    @property
    def description(self) -> str:
        """What the Stack says of itself; empty when it says nothing."""
        entry = self._stack.entry
        return self._stack.spec.description or (entry.metadata.description if entry else "")

    @property
    def on_failure(self) -> OnFailure:
        return self._stack.spec.on_failure

    @property
    def protect(self) -> tuple[str, ...]:
        return self._stack.spec.protect

    @property
    def needs_network(self) -> bool:
        """Whether a network must be looked up: a component stands in one, and the stack names none."""
        return self.networking.vpc_id is None and any(part.in_network for part in self._parts.values())

    def source_line(self, file: str, line: int) -> str:
        """A line of a file by the name that places carry; empty when there is none."""
        known = self.files.get(file)
        return known.lines[line - 1] if known and 0 < line <= len(known.lines) else ""

    def compile(
        self, scope: Scope, target: Target, network: Network | None = None, outputs_of: OutputsOf | None = None
    ) -> Compiled:
        """The resources. Without a network that is needed a stand-in is used: good for checking, not for a plan.

        `outputs_of` tells what other stacks have on record; without it references to them stay as they are written.

        Raises `Invalid` when the draft has errors; what is found while lowering is in the result's diagnostics.
        """
        if errors(self.diagnostics):
            raise Invalid(self.diagnostics)
        neighbours = Neighbours(scope.stack, outputs_of)
        return compile_parts(self._stack, self._parts, self._packer, scope, target, network, neighbours)

    def beyond(self, tenant: "Tenant", compiled: Compiled, home: "Home") -> tuple[Diagnostic, ...]:
        """Everything in which the compiled stack goes beyond what its tenant may have."""
        from panka.planner.allowance import check_allowance  # noqa: PLC0415  # only who has a TenantConfig needs it

        return check_allowance(tenant, self._stack, self._parts, compiled.resources.values(), home)


def read_stack(source: Source, options: Options, kinds: Mapping[str, Kind] | None = None) -> Draft:
    """Reads and checks a stack. Mistakes of the user are diagnostics; a root that is not there `FileNotFoundError`."""
    if kinds is None:
        # Here, because kinds of the caller's own need none of Panka's to be there.
        from panka.planner.kinds import KINDS  # noqa: PLC0415

        kinds = KINDS
    findings = Findings()
    inventory = take_inventory(source, options.environment, kinds, findings)
    variables = Variables(
        given=options.variables,
        services={name: written_variables(entry) for name, entry in inventory.services.items()},
        stack=written_variables(inventory.stack),
        fallback=options.fallback,
    )
    stack, parts = check_all(Review(inventory, kinds, variables, findings))
    tenant = _tenant(inventory.stack, options.tenant, findings)
    return Draft(
        tenant=tenant,
        diagnostics=traced(findings.all(), inventory),
        name=inventory.stack.name if inventory.stack else "",
        environment=inventory.environment,
        components={name: part.component for name, part in parts.items()},
        files=inventory.files,
        _stack=stack,
        _parts=parts,
        _packer=Packer(source),
    )


def _tenant(stack: Entry | None, given: str | None, findings: Findings) -> str | None:
    written = stack.metadata.tenant if stack else None
    if stack is not None and given is not None and written is not None and given != written:
        label = Label(stack.layers.span(("metadata", "tenant")), f"the tenant in use is `{given}`")
        findings.add("PK110", f"{stack.title} belongs to tenant `{written}`", label)
    return given or written
