"""Makes the plan that a command is about, or finds the one that it names."""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from panka.activities.stores.store import NotThere
from panka.cli.exits import InvalidStack, Misused, RunFailed
from panka.cli.names import remember
from panka.cli.session import Session
from panka.cli.stacks import Whole, compiled, git_commit, protected, read, report, scope_of_draft, tenant_in
from panka.cli.tenancy import registered
from panka.planner.allowance import Home
from panka.planner.blueprint import Blueprint
from panka.planner.core import OnFailure
from panka.planner.diagnostics import Invalid, did_you_mean
from panka.planner.network import compile_network, is_network, network_scope
from panka.planner.owner import Scope
from panka.planner.plan import Plan, PlanRef
from panka.planner.render.diagnostics import full
from panka.planner.selecting import NoMatch, Wish
from panka.planner.stack import Draft
from panka.planner.state import RunKind, State, Target

if TYPE_CHECKING:
    from panka.activities.planning import Desk
    from panka.planner.tenancy import Tenant


@dataclass(frozen=True, slots=True)
class Planned:
    """A filed plan, and what should be said with it."""

    desk: "Desk"
    plan: Plan
    filing: Callable[[], PlanRef | None]
    notes: tuple[str, ...] = ()
    on_failure: OnFailure = "rollback"
    """What the stack itself wishes for a run that fails."""
    approval: bool = False
    """The tenant wants somebody to agree before the plan is carried out."""
    weight: float = 1
    """The tenant's share of the workers."""
    drift_check: float | None = None
    """Of a stack that is applied for the first time: how often, in seconds, its tenant wants it looked at."""

    @property
    def ref(self) -> PlanRef | None:
        """Where the plan is filed, once it is; None: there is nothing to do, so nothing was filed."""
        return self.filing()

    def under(self, tenant: "Tenant | None") -> "Planned":
        """The same, carried out as the tenant wants it."""
        if tenant is None:
            return self
        asks = self.plan.scope.environment in tenant.spec.policies.require_approval
        every = tenant.spec.policies.drift_check if self.plan.base is None else None
        return replace(self, approval=asks, weight=tenant.spec.weight, drift_check=every)


def at(ref: PlanRef | None) -> Callable[[], PlanRef | None]:
    """Of a plan that is filed already."""
    return lambda: ref


class Stale(RunFailed):
    """The state has moved since the plan was made."""


def no_turn(_scope: Scope) -> None:
    """Whoever only looks at a plan waits for nobody."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """No looks for cycles meanwhile: a plan is millions of objects and hardly a cycle, so looks only cost time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_uncollected()
def plan_stack(
    session: Session,
    path: str,
    given: Sequence[str],
    files: Sequence[str],
    wish: Wish | None = None,
    take_turn: Callable[[Scope], None] = no_turn,
    tenant_config: str | None = None,
    imports: "Import | None" = None,
    refresh: bool | None = None,
) -> Planned:
    """Reads the stack, asks the account what must be known, compares with the record and files the plan.

    A TenantConfig's file says what the stack may have. With `imports` the plan takes that over, and makes nothing but
    what it needs. `take_turn` returns when no other run of the stack goes on, so that the plan fits what that run
    leaves. With `refresh` a drift check comes first; without a word on it, the plan takes back what the last one
    found; False: it leaves that alone.

    Raises:
        InvalidStack: the YAML makes no stack.
        Stop: whatever else stands in the way, with its exit code.
    """
    tenant = tenant_in(tenant_config)
    draft = read(session, path, given, files, tenant)
    if not (refresh or session.settings.lock_timeout):  # else it may move before it is asked for
        session.desk(draft.provider.region).expect_state(scope_of_draft(session, draft))
    if take_turn is not no_turn:
        session.expect_run()
    whole = compiled(session, draft)
    if tenant is not None:
        home = Home(whole.scope.tenant, whole.scope.environment, whole.target.region)
        report(session, draft, draft.beyond(tenant, whole.compiled, home))
    take_turn(whole.scope)
    operation: RunKind | None = None
    if imports is not None:
        whole, wish, operation = imports.into(whole), Wish(targets=(imports.address,)), "import"
    guarded = protected(whole.tenant or tenant, whole.scope)
    if refresh:
        _look(session, whole)
    record = whole.desk.state(whole.scope)
    found = None if refresh is False else whole.desk.drift_of(whole.scope, record[1])
    with told(draft):
        plan, _ = whole.desk.plan(
            whole.compiled, whole.scope, whole.target, git=git_commit(path), wish=wish, operation=operation,
            guarded=guarded, drift=found.findings if found else (), record=record,
        )  # fmt: skip
    filing: Callable[[], PlanRef | None] = at(None)
    if not plan.empty:
        plan, filing = whole.desk.saving(plan, Blueprint.of(whole.compiled), whole.compiled.assets)
        _remember(session, plan)
    remember(Path(session.settings.state_dir), draft.name, _components(draft))
    notes = [f"{component}: {note}" for component, note in whole.compiled.notes]
    if found:
        from panka.cli.views.drift import healing_notes  # noqa: PLC0415  # few stacks have drifted

        notes += healing_notes(found)
    return Planned(whole.desk, plan, filing, tuple(notes), draft.on_failure).under(whole.tenant or tenant)


def _look(session: Session, whole: Whole) -> None:
    """Has the workers look what others have changed, and waits until they have."""
    from panka.cli.checks import checked  # noqa: PLC0415  # brings temporalio

    checked(session, whole.scope)


@dataclass(frozen=True, slots=True)
class Import:
    """One resource of a stack, and the identifier of what exists and is to become it."""

    address: str
    id: str

    def into(self, whole: Whole) -> Whole:
        """The stack with this as its only `import` block. Raises Misused when the address cannot take it."""
        resources, scope = whole.compiled.resources, whole.scope
        if self.address not in resources:
            hint = did_you_mean(self.address, resources) or "panka graph shows all names"
            raise Misused(f"The stack has no resource `{self.address}`.", hint)
        state, _ = whole.desk.state(scope)
        recorded = state.resources if state else {}
        moves = whole.compiled.blocks.moves(recorded, resources)
        if (old := recorded.get(moves.get(self.address, self.address))) is not None:
            raise Misused(
                f"`{self.address}` is on record already: it is {old.type} {old.id}.",
                f"panka state rm {old.address} --stack {scope.stack} forgets that one",
            )
        blocks = replace(whole.compiled.blocks, imports={self.address: self.id}, places={})
        return replace(whole, compiled=replace(whole.compiled, blocks=blocks))


@contextmanager
def told(draft: Draft | None) -> Iterator[None]:
    """Tells why there can be no plan, as the mistakes in a stack are told."""
    try:
        yield
    except Invalid as error:
        text = full(error.diagnostics, draft.source_line if draft else lambda _file, _line: "").rstrip()
        raise InvalidStack("There is no such plan.", report=text) from error
    except NoMatch as error:
        raise Misused(str(error), error.help) from error


def plan_destroy(
    session: Session,
    scope: Scope,
    wish: Wish | None = None,
    take_turn: Callable[[Scope], None] = no_turn,
    tenant_config: str | None = None,
) -> Planned:
    """The plan that deletes what a stack is recorded to have made; no YAML is needed. Raises Misused without state."""
    said = tenant_in(tenant_config)
    desk = session.desk()
    tenant = registered(session, desk, scope)
    guarded = protected(tenant or said, scope)
    take_turn(scope)
    state, _ = desk.state(scope)
    if state is None:
        raise Misused(f"{scope} has no state: there is nothing to destroy.")
    if is_network(scope) and (others := desk.others(scope)):
        raise Misused(
            f"The network of {scope.tenant} has stacks in it: {', '.join(sorted(others))}.", "destroy them first"
        )
    target = recorded_target(session, desk, state, tenant)
    with told(None):
        plan, _ = desk.plan(None, scope, target, destroy=True, wish=wish, guarded=guarded)
    return Planned(desk, plan, at(None if plan.empty else desk.save(plan))).under(tenant)


def recorded_target(session: Session, desk: "Desk", state: State, tenant: "Tenant | None") -> Target:
    """Where a stack is on record. Raises as `Desk.target` when the credentials in use are for another account."""
    recorded = state.target
    return desk.target(
        region=recorded.region,
        account=recorded.account,
        profile=None if tenant else session.settings.profile or recorded.profile,
        endpoint_url=None if tenant else recorded.endpoint_url,
    )


def network_matters(session: Session, tenant: "Tenant") -> bool:
    """Whether the tenant has a network that Panka makes, or had one."""
    made = tenant.spec.networking is not None and tenant.spec.networking.vpc is not None
    return made or session.desk(tenant.spec.aws.region).state(network_scope(tenant.name))[0] is not None


def plan_network(session: Session, tenant: "Tenant", take_turn: Callable[[Scope], None] = no_turn) -> Planned:
    """The plan that makes a registered tenant's network what its TenantConfig says; without one, that deletes it."""
    scope, said = network_scope(tenant.name), tenant.spec.aws
    desk = session.desk(said.region)
    registered(session, desk, scope)
    take_turn(scope)
    region = session.settings.region if session.settings.local else said.region
    target = desk.target(region=region, account=said.account_id)
    with told(None):
        plan, _ = desk.plan(compile_network(tenant), scope, target)
    return Planned(desk, plan, at(None if plan.empty else desk.save(plan))).under(tenant)


def find_plan(session: Session, plan_id: str, stack: str | None) -> Planned:
    """A plan made before, here or elsewhere, still fit to be applied.

    Raises:
        Misused: there is no such plan.
        Stale: another run has changed the stack since.
    """
    desk = session.desk()
    for scope in _candidates(session, desk, plan_id, stack):
        try:
            plan, ref = desk.load_plan(scope, plan_id)
        except NotThere:
            continue
        _refuse_stale(desk, plan)
        return Planned(desk, plan, at(ref)).under(registered(session, desk, scope))
    raise Misused(f"There is no plan {plan_id}.", "panka plan makes one; --stack NAME says whose it is")


def _candidates(session: Session, desk: "Desk", plan_id: str, stack: str | None) -> list[Scope]:
    """The stacks that a plan may belong to, the likeliest first."""
    if stack is not None:
        return [session.scope(stack)]
    try:
        remembered = Scope.model_validate(json.loads((_folder(session) / f"{plan_id}.json").read_bytes()))
    except (OSError, ValueError):
        remembered = None
    tenant, environment = session.settings.need("tenant"), session.settings.need("environment")
    if remembered is not None and (remembered.tenant, remembered.environment) == (tenant, environment):
        return [remembered]
    return [scope for scope, _ in desk.stacks(tenant) if scope.environment == environment]


def _refuse_stale(desk: "Desk", plan: Plan) -> None:
    now = desk.locks.pointer(plan.scope)
    if now != plan.base:
        made, is_ = plan.base.serial if plan.base else 0, now.serial if now else 0
        raise Stale(
            f"Plan {plan.id} was made from state #{made}; the state is #{is_} by now.", "panka plan makes a new one"
        )


def _components(draft: Draft) -> list[str]:
    return [f"{one.service}/{name}" if one.service else name for name, one in draft.components.items()]


def _remember(session: Session, plan: Plan) -> None:
    """Notes whose plan it is, so that `panka apply p-…` needs no more than the id. Nothing else depends on it."""
    folder = _folder(session)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / ".gitignore").write_text("*\n")
        (folder / f"{plan.id}.json").write_text(plan.scope.model_dump_json(by_alias=True))
    except OSError as error:
        session.screen.tell(f"The plan is not remembered in {folder}: {error.strerror}.")


def _folder(session: Session) -> Path:
    return Path(session.settings.state_dir) / "plans"
