"""What a tenant may have: a compiled stack held to the limits, kinds, environments and regions of its TenantConfig."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from panka.planner.compile import Compiled
from panka.planner.diagnostics import Diagnostic, Findings, Label, did_you_mean
from panka.planner.kinds import KINDS
from panka.planner.language.parts import Part, StackPart
from panka.planner.resource import Resource

if TYPE_CHECKING:
    from panka.planner.tenancy import Tenant


@dataclass(frozen=True, slots=True)
class Home:
    """Where a stack is to live, as far as it is known."""

    tenant: str | None = None
    environment: str | None = None
    region: str | None = None
    registered: bool = False
    """The workers have the tenant's credentials: a stack names none of its own."""
    others: frozenset[str] | None = None
    """Names of the tenant's other stacks that have something, in whichever environment."""


def with_default_tags(compiled: Compiled, tenant: "Tenant") -> Compiled:
    """The stack with the tenant's tags on every resource; what the stack itself says goes before them."""
    defaults = tenant.spec.default_tags
    tagged = {address: replace(one, tags={**defaults, **one.tags}) for address, one in compiled.resources.items()}
    return replace(compiled, resources=tagged)


def check_allowance(
    tenant: "Tenant",
    stack: StackPart,
    parts: Mapping[str, Part],
    resources: Iterable[Resource],
    home: Home,
) -> tuple[Diagnostic, ...]:
    """Everything in which the stack goes beyond what its tenant may have.

    How many runs of the tenant go on at once is not to be seen in one stack.
    """
    findings = Findings()
    _places(tenant, stack, home, findings)
    _credentials(tenant, stack, home, findings)
    _stacks(tenant, stack, home, findings)
    _kinds(tenant, parts, findings)
    _services(tenant, parts, findings)
    _resources(tenant, parts, resources, findings)
    return findings.all()


def _places(tenant: "Tenant", stack: StackPart, home: Home, findings: Findings) -> None:
    said = tenant.spec
    if home.tenant not in (None, tenant.name):
        summary = f"the TenantConfig is that of tenant `{tenant.name}`, and the stack belongs to `{home.tenant}`"
        findings.add("PK110", summary, _label(stack, ("metadata", "tenant")))
    account = (said.aws.account_id,) if said.aws.account_id else ()
    for what, given, allowed, path in (
        ("environment", home.environment, said.environments, ("metadata", "environment")),
        ("region", home.region, said.regions, ("spec", "provider", "region")),
        ("account", stack.spec.provider.account_id, account, ("spec", "provider", "accountId")),
    ):
        if given is None or not allowed or given in allowed:
            continue
        findings.add(
            "PK373",
            f"tenant `{tenant.name}` has no {what} `{given}`",
            _label(stack, path),
            notes=(f"its {what}s: {', '.join(allowed)}",),
            help=did_you_mean(given, allowed),
        )


def _credentials(tenant: "Tenant", stack: StackPart, home: Home, findings: Findings) -> None:
    if not home.registered:
        return
    for field, given in (("profile", stack.spec.provider.profile), ("endpointUrl", stack.spec.provider.endpoint_url)):
        if given is not None:
            findings.add(
                "PK373",
                f"tenant `{tenant.name}` has no {field} of its own",
                _label(stack, ("spec", "provider", field)),
                notes=("the workers use the credentials that the tenant's `aws` names",),
            )


def _stacks(tenant: "Tenant", stack: StackPart, home: Home, findings: Findings) -> None:
    most, name = tenant.spec.limits.max_stacks, stack.entry.name if stack.entry else ""
    if most is None or home.others is None or len(home.others | {name}) <= most:
        return
    findings.add(
        "PK371",
        f"tenant `{tenant.name}` may have {most} stacks, and this one is too many",
        stack.entry.name_label("one too many") if stack.entry else None,
        notes=(f"its stacks: {', '.join(sorted(home.others))}",),
    )


def _label(stack: StackPart, path: tuple[str, ...]) -> Label | None:
    """Where the Stack says it; None when somebody else does: the command, or a default."""
    data = stack.entry.layers.data if stack.entry else None
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return Label(stack.entry.layers.span(path)) if stack.entry is not None and data is not None else None


def _kinds(tenant: "Tenant", parts: Mapping[str, Part], findings: Findings) -> None:
    """An alias of a kind (Kafka, MSK) is allowed with it."""
    allowed = tenant.spec.allowed_resources
    if allowed is None:
        return
    for part in parts.values():
        if not any(part.kind.name == name or part.kind.spec is KINDS[name].spec for name in allowed):
            label = Label(part.entry.layers.span(("kind",)), "not allowed")
            notes = (f"its kinds: {', '.join(sorted(allowed)) or 'none'}",)
            findings.add("PK372", f"tenant `{tenant.name}` may have no {part.kind.name}", label, notes=notes)


def _services(tenant: "Tenant", parts: Mapping[str, Part], findings: Findings) -> None:
    most = tenant.spec.limits.max_services_per_stack
    services: dict[str, Part] = {}
    for _, part in sorted(parts.items()):
        if part.component.service:
            services.setdefault(part.component.service, part)
    if most is None or len(services) <= most:
        return
    names = sorted(services)
    first = services[names[most]]
    findings.add(
        "PK371",
        f"the stack has {len(names)} services, and tenant `{tenant.name}` may have {most} in a stack",
        first.entry.name_label(f"of service `{names[most]}`"),
        notes=(f"services: {', '.join(names)}",),
    )


def _resources(tenant: "Tenant", parts: Mapping[str, Part], resources: Iterable[Resource], findings: Findings) -> None:
    """Tells of the component with which its service has too many. What the whole stack shares belongs to none."""
    most = tenant.spec.limits.max_resources_per_service
    made: dict[str, int] = {}
    over: dict[str, Part] = {}
    for one in resources:
        part = parts.get(one.address.component)
        if part is not None:
            made[one.service] = made.get(one.service, 0) + 1
            if most is not None and made[one.service] > most:
                over.setdefault(one.service, part)
    for service, part in over.items():
        where = f"service `{service}` has" if service else "the components outside of services have"
        findings.add(
            "PK371",
            f"{where} {made[service]} AWS resources, and tenant `{tenant.name}` may have {most} in one service",
            part.entry.name_label("with this one there are too many"),
        )
