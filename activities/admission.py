"""What a worker asks the register before a run: whether the tenant's runs are taken, and whether it may have this."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import NoReturn

from temporalio.exceptions import ApplicationError

from panka.activities.archive import Archive
from panka.activities.aws.roles import Role, role_of
from panka.activities.register import Register, other_stacks, standing_text
from panka.activities.stores.store import Holder, LockStore
from panka.planner.diagnostics import Invalid
from panka.planner.entitlement import Beside, endangered, refusals, unrecorded
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.register import Standing, TenantRecord
from panka.planner.tenancy import Tenant
from panka.workflows.ports import REFUSED, Lease, Opening

_LOOK_AGAIN = 2.0
"""Seconds between looks at who holds the tenant's locks."""
_REMEMBERED = 256
"""Runs whose tenants' roles are kept at hand."""


@dataclass(slots=True)
class Admission:
    """Holds runs to what their tenants may have. Everything blocks and only reads, so it is safe to repeat."""

    register: Register
    archive: Archive
    locks: LockStore
    required: bool = False
    """Runs of tenants that nobody has registered are refused."""
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic

    def __call__(self, opening: Opening) -> Callable[[Plan], None]:
        """Who judges the run's plan by what the register says of its tenant now: raises ApplicationError, with every
        reason, when it may not be carried out."""
        return partial(self._judge, opening, self.register.record(opening.lease.scope.tenant))

    def _judge(self, opening: Opening, record: TenantRecord | None, plan: Plan) -> None:
        scope = opening.lease.scope
        if record is None:
            if self.required:
                _refuse(f"Nobody has registered tenant {scope.tenant}: panka tenant create does.")
            return
        if record.standing is not Standing.ACTIVE:
            _refuse(standing_text(record))
        tenant = _tenant(record)
        if scope.environment in tenant.spec.policies.require_approval and not opening.approved_by:
            _refuse(f"In {scope.environment} somebody must approve of {scope.tenant}'s plans: --require-approval asks.")
        pointer = self.locks.pointer(scope)
        state = self.archive.state(pointer) if pointer else None
        beyond = list(refusals(tenant, plan, state, Beside(frozenset(self._others(tenant, scope)))))
        beyond += endangered(tenant, plan, opening.may_lose)
        if pointer == plan.base:  # else the plan is stale, or this very run has announced it already
            beyond += unrecorded(plan, state)
        if beyond:
            _refuse(f"Plan {plan.id} is not what tenant {scope.tenant} may have: {'; '.join(beyond)}.")
        self._await_turn(tenant, opening.lease)

    def asks(self, scope: Scope) -> bool:
        """Whether somebody must approve of what is planned there."""
        record = self.register.record(scope.tenant)
        try:
            return record is not None and scope.environment in record.tenant().spec.policies.require_approval
        except Invalid:
            return True  # it will be refused, with the reason

    def _others(self, tenant: Tenant, scope: Scope) -> Iterable[str]:
        """The tenant's other stacks that have something; read only where their number matters."""
        return other_stacks(self.archive, self.locks, scope) if tenant.spec.limits.max_stacks is not None else ()

    def _await_turn(self, tenant: Tenant, lease: Lease) -> None:
        """Returns when fewer runs go on that began before than the tenant may have.

        It waits as long as the lock of a run without a keeper could stand still: those that did do not count.
        """
        most = tenant.spec.limits.max_concurrent_runs
        if most is None:
            return
        first = self._before(lease)
        until = self.now() + max((holder.ttl for holder in first.values()), default=0)
        seen = first
        while len(seen) >= most and self.now() < until:
            self.sleep(_LOOK_AGAIN)
            seen = self._before(lease)
        alive = {scope: holder for scope, holder in seen.items() if holder != first.get(scope)}
        if len(seen) >= most and len(alive) >= most:
            runs = ", ".join(f"{scope} by {holder.who}" for scope, holder in alive.items())
            _refuse(f"Tenant {tenant.name} may have {most} runs at a time, and has {runs}.")

    def _before(self, lease: Lease) -> dict[Scope, Holder]:
        """The holders of the tenant's other locks that came before this one, so that of two one goes first."""
        held = dict(self.locks.holders(lease.scope.tenant))
        own = held.pop(lease.scope, None)
        mine = (own.since, str(lease.scope)) if own else ("", "")
        return {scope: holder for scope, holder in held.items() if (holder.since, str(scope)) < mine}


@dataclass(slots=True)
class Roles:
    """The roles of tenants, each asked for once in every run, so that a run has one role from its first step on."""

    register: Register
    bucket: str
    table: str
    _known: OrderedDict[str, Role | None] = field(default_factory=OrderedDict)
    _asking: Lock = field(default_factory=Lock)

    def knows(self, lease: Lease) -> bool:
        """Whether `of` answers at once."""
        return lease.owner in self._known

    def of(self, lease: Lease) -> Role | None:
        """None: the tenant has none, or nobody has registered it. Blocks. Raises Newer, Invalid."""
        if not self.knows(lease):
            with self._asking:  # the first steps of a run come all at once, and one of them asks
                if not self.knows(lease):
                    self._ask(lease)
        return self._known[lease.owner]

    def _ask(self, lease: Lease) -> None:
        record = self.register.record(lease.scope.tenant)
        self._known[lease.owner] = role_of(record.tenant(), lease.scope, self.bucket, self.table) if record else None
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _tenant(record: TenantRecord) -> Tenant:
    try:
        return record.tenant()
    except Invalid as error:
        _refuse(f"This worker does not take the TenantConfig of {record.name}: {error}.")


def _refuse(why: str) -> NoReturn:
    raise ApplicationError(why, type=REFUSED, non_retryable=True)
