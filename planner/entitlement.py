"""What a worker holds a plan to before it carries it out: the tenant's limits once more, seen in the plan alone.

The stack that the plan was made of was held to them already (`allowance`), with the places of mistakes; but a plan is
made by the caller, who may have gone about it, and what the tenant may have can have changed since.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from panka.planner.network import NETWORK_KIND, is_network
from panka.planner.plan import Action, Plan, Step
from panka.planner.protecting import losses, refuse_losses
from panka.planner.resource import STACK, Properties
from panka.planner.resource_types import facts
from panka.planner.state import State
from panka.planner.tenancy import Tenant

_MAKES = (Action.CREATE, Action.REPLACE, Action.ADOPT, Action.UPDATE)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the tenant has beside the stack that a plan is about."""

    stacks: frozenset[str]
    """Names of the other stacks with resources, in whichever environment."""


def refusals(tenant: Tenant, plan: Plan, state: State | None, beside: Beside) -> Iterator[str]:
    """Everything in which the plan goes beyond what its tenant may have, a sentence each."""
    yield from _places(tenant, plan)
    if is_network(plan.scope):
        foreign = {step.kind for step in plan.forward} - {NETWORK_KIND}
        yield from [f"{plan.scope} is the tenant's network, and not for a {kind}" for kind in sorted(foreign)]
        return
    if plan.operation == "destroy":
        return
    yield from _kinds(tenant, plan)
    yield from _numbers(tenant, plan, state, beside)
    yield from _tags(tenant, plan)


def endangered(tenant: Tenant, plan: Plan, may_lose: Collection[str]) -> Iterator[str]:
    """What holds data and would go with the plan although its environment is protected, or nobody has agreed to it."""
    if tenant.protects(plan.scope.environment):
        yield from (one.summary for one in refuse_losses(plan))
        return
    for one in losses(plan):
        if one.address not in may_lose:
            yield f"the plan would {one.verb} `{one.address}`, which holds data, and nobody has confirmed that"


def unrecorded(plan: Plan, state: State | None) -> Iterator[str]:
    """What the plan would change and the record that it was made from does not know, a sentence each.

    Whoever writes a plan could name anything by its id. What an import names is looked at when it is taken over.
    """
    known = {one.id for one in (*state.resources.values(), *state.deposed)} if state else set()
    for step in (*plan.forward, *plan.cleanup):
        if step.action is not Action.ADOPT:
            for id in {step.id, step.replaced} - known - {None}:
                yield f"{step.address} is not on record as {id}"


def _places(tenant: Tenant, plan: Plan) -> Iterator[str]:
    said, target = tenant.spec, plan.target
    if target.profile is not None or target.endpoint_url is not None:
        yield "its stack names an AWS profile or endpoint, which are those of the workers"
    if said.aws.account_id and target.account != said.aws.account_id:
        yield f"it is for account {target.account}, and the tenant's is {said.aws.account_id}"
    if said.regions and target.region not in said.regions:
        yield f"the tenant has no region {target.region}"
    if said.environments and plan.scope.environment not in said.environments and not is_network(plan.scope):
        yield f"the tenant has no environment {plan.scope.environment}"


def _kinds(tenant: Tenant, plan: Plan) -> Iterator[str]:
    # Here, because whoever only looks for places needs no kinds.
    from panka.planner.kinds import KINDS  # noqa: PLC0415

    allowed = tenant.spec.allowed_resources
    if allowed is None:
        return
    specs = [KINDS[name].spec for name in allowed]
    for kind in sorted({step.kind for step in plan.forward if step.action in _MAKES and step.kind in KINDS}):
        if KINDS[kind].spec not in specs:
            yield f"the tenant may have no {kind}"


def _numbers(tenant: Tenant, plan: Plan, state: State | None, beside: Beside) -> Iterator[str]:
    limits = tenant.spec.limits
    services = _services(plan, state)
    if limits.max_stacks is not None and len(beside.stacks | {plan.scope.stack}) > limits.max_stacks:
        yield f"the tenant may have {limits.max_stacks} stacks"
    named = [name for name in services if name]
    if limits.max_services_per_stack is not None and len(named) > limits.max_services_per_stack:
        yield f"the tenant may have {limits.max_services_per_stack} services in a stack, and this one has {len(named)}"
    most = limits.max_resources_per_service
    for name, number in sorted(services.items()):
        if most is not None and number > most:
            where = f"service {name} has" if name else "the components outside of services have"
            yield f"the tenant may have {most} resources in a service, and {where} {number}"


def _services(plan: Plan, state: State | None) -> dict[str, int]:
    """How many resources each service has after the run; what a whole stack shares belongs to none."""
    after = {one.address: one.service for one in state.resources.values()} if state else {}
    for step in plan.cleanup:
        if step.key == step.address:
            after.pop(step.address, None)
    for step in plan.forward:
        after.pop(step.moved_from, None)
        after[step.address] = step.service
    counted: dict[str, int] = {}
    for address, service in after.items():
        if not address.startswith(f"{STACK}:"):
            counted[service] = counted.get(service, 0) + 1
    return counted


def _tags(tenant: Tenant, plan: Plan) -> Iterator[str]:
    wanted = set(tenant.spec.default_tags)
    for step in plan.forward:
        if step.action in _MAKES and (missing := sorted(wanted - _keys(step, wanted))):
            yield f"{step.address} lacks the tenant's tags {', '.join(missing)}"


def _keys(step: Step, every: set[str]) -> set[str]:
    """The keys of a step's tags; all of them where the type takes no tags, or takes them in a form of its own."""
    known = facts(step.type)
    if known is None or not known.tag_property or known.tag_property not in step.properties:
        return every
    tags: Properties | list[Properties] = step.properties[known.tag_property]
    return set(tags) if isinstance(tags, dict) else {str(one.get("Key")) for one in tags if isinstance(one, dict)}
