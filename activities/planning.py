"""The desk at which plans are made: reads state and account facts, and files plans. What the CLI and drift checks use.

Nothing here changes the cloud or the state; a plan and its files are written under new keys. Everything blocks.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

from panka.activities.archive import Archive
from panka.activities.beside import beside
from panka.activities.register import Register, other_stacks
from panka.activities.stores.store import Holder, LockStore, ObjectStore
from panka.planner.adopting import Live
from panka.planner.assemble import make_plan, of_stack
from panka.planner.blueprint import Blueprint
from panka.planner.component import Network
from panka.planner.consumers import refuse_missed
from panka.planner.diagnostics import Invalid
from panka.planner.drift import Finding, Report
from panka.planner.history import Entry
from panka.planner.owner import Scope
from panka.planner.plan import Plan, PlanRef
from panka.planner.protecting import refuse_losses
from panka.planner.register import TenantRecord
from panka.planner.resource import Address
from panka.planner.resource_types import can_be_made
from panka.planner.selecting import Wish
from panka.planner.state import Pointer, RunKind, State, Target

if TYPE_CHECKING:
    from panka.activities.aws.roles import Role
    from panka.planner.compile import Compiled


class Account(Protocol):
    """What a desk asks about an account beside its stores. All methods block, and raise AwsError."""

    def here(self) -> Target:
        """The account that the credentials belong to, and the region in use."""

    def region(self) -> str:
        """The region in use, of which nobody need be asked."""

    def network(self, target: Target, role: "Role | None") -> Network:
        """The account's default network, as a role may see it if there is one. Raises LookupError."""

    def live(self, asked: Mapping[str, tuple[str, str]], target: Target, role: "Role | None") -> dict[str, Live]:
        """What is there under identifiers, each with its type."""


class Reach(Protocol):
    """All that a desk needs of AWS."""

    @property
    def objects(self) -> ObjectStore: ...

    @property
    def locks(self) -> LockStore: ...

    @property
    def account(self) -> Account: ...

    def expect(self, part: str, method: str, *arguments: Any) -> None:
        """That a method of one of these (`objects`) will be asked this: whoever can begins with it."""


Record: TypeAlias = tuple[State | None, Pointer | None]
"""A state and its name."""


class WrongAccount(Exception):
    """The credentials in use belong to another account than the stack names."""


class Desk:
    """Reading and planning for one set of credentials."""

    def __init__(
        self,
        archive: Archive,
        locks: LockStore,
        account: Account,
        register: Register | None = None,
        expect: Callable[..., None] = lambda *_: None,
    ) -> None:
        """Without a register nobody has registered any tenant. `expect` is that of the `Reach`, if it has one."""
        self.archive = archive
        self.locks = locks
        self._account = account
        self._register = register
        self._expect = expect
        self._role: Role | None = None

    @classmethod
    def of(cls, reach: Reach) -> Self:
        return cls(Archive(reach.objects), reach.locks, reach.account, Register(reach.objects), reach.expect)

    def tenant(self, name: str) -> TenantRecord | None:
        """What the register keeps of a tenant; None: nobody has registered it. Raises Newer."""
        return self._register.record(name) if self._register else None

    def expect_state(self, scope: Scope) -> None:
        """That the state will be asked for soon: it is looked up now."""
        self._expect("locks", "pointer", scope)

    def others(self, scope: Scope) -> frozenset[str]:
        """Names of the tenant's other stacks that have something, in whichever environment."""
        return frozenset(other_stacks(self.archive, self.locks, scope))

    def take_on(self, role: "Role | None") -> None:
        """From now on AWS is seen in this role wherever a stack lives; the record is read as before."""
        self._role = role

    def target(
        self,
        *,
        region: str | None = None,
        account: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
    ) -> Target:
        """Where a stack will live: what it says itself, else what the credentials say.

        Raises:
            WrongAccount: the stack names another account than the credentials'.
            AwsError: AWS refuses the credentials, or does not answer.
        """
        # Of a role the account is known, and nobody need ask whose the credentials are that take it on.
        found = self._role.arn.split(":")[4] if self._role else self._account.here().account
        if account is not None and account != found:
            raise WrongAccount(f"The stack is for account {account}; the credentials in use are for {found}.")
        return Target(
            account=found, region=region or self._account.region(), profile=profile, endpoint_url=endpoint_url
        )

    def network(self, target: Target) -> Network:
        """The account's default network. Raises AwsError, LookupError."""
        return self._account.network(target, self._role)

    def live(self, compiled: "Compiled", state: State | None, target: Target) -> dict[str, Live]:
        """What is there of what the stack would import and has not yet, by address.

        Of a type that nobody can read nothing is told. Raises AwsError when AWS does not say.
        """
        recorded = state.resources if state else {}
        asked = {
            address: (compiled.resources[Address(address)].type, id)
            for address, id in compiled.blocks.imports.items()
            if address in compiled.resources and address not in recorded
        }
        asked = {address: said for address, said in asked.items() if can_be_made(said[0])}
        return self._account.live(asked, target, self._role) if asked else {}

    def state(self, scope: Scope) -> Record:
        """The current state and its name; two None before the first run."""
        pointer = self.locks.pointer(scope)
        return (self.archive.state(pointer), pointer) if pointer else (None, None)

    def plan(
        self,
        compiled: "Compiled | None",
        scope: Scope,
        target: Target,
        *,
        destroy: bool = False,
        git: str = "",
        wish: Wish | None = None,
        operation: RunKind | None = None,
        guarded: bool = False,
        drift: Iterable[Finding] = (),
        record: Record | None = None,
    ) -> tuple[Plan, State | None]:
        """The plan for a compiled stack, or to destroy it, and the state it was made from: `record`, if it is at hand.

        It takes back what others have changed, as `drift` says. Raises as `make_plan` and `admit` do.
        """
        state, pointer = record or self.state(scope)
        resources = compiled.resources if compiled else {}
        outputs = compiled.outputs if compiled else {}
        blocks = replace(compiled.blocks, live=self.live(compiled, state, target)) if compiled else None
        assets = tuple(compiled.assets) if compiled else ()
        plan = make_plan(
            scope,
            target,
            resources,
            outputs,
            state,
            pointer,
            destroy=destroy,
            operation=operation,
            assets=assets,
            git=git,
            blocks=blocks,
            wish=wish,
            exports=compiled.exports if compiled else None,
            consumes=compiled.consumes if compiled else (),
            uses=compiled.uses if compiled else (),
            taken=compiled.taken if compiled else None,
            written=compiled.written if compiled else None,
            drift={one.address: one for one in drift},
        )
        self.admit(plan, state, guarded=guarded)
        return plan, state

    def admit(self, plan: Plan, state: State | None, *, guarded: bool = False) -> None:
        """Lets a plan pass. Raises Invalid when it takes away what other stacks use, or, where the tenant protects the
        environment (`guarded`), what holds data.
        """
        refused = refuse_missed(plan, state, lambda: self.beside(plan.scope))
        if guarded:
            refused = (*refused, *refuse_losses(plan))
        if refused:
            raise Invalid(refused)

    def beside(self, scope: Scope) -> Iterator[State]:
        """The records of the tenant's other stacks in the environment."""
        return beside(self.archive, self.locks, scope)

    def drift(self, scope: Scope) -> Report | None:
        """What the latest drift check has found, if it was about the current state and could judge."""
        return self.drift_of(scope, self.locks.pointer(scope))

    def drift_of(self, scope: Scope, pointer: Pointer | None) -> Report | None:
        """The same of the state that a pointer names."""
        latest = self.archive.report(scope) if pointer else None
        if latest is None or latest[0].state != pointer or latest[0].moved:
            return None
        return latest[0]

    def outputs_of(self, scope: Scope) -> Mapping[str, Mapping[str, object]] | None:
        """The outputs of a stack's components as of its last run that succeeded; None before the first run."""
        state, _ = self.state(scope)
        return state.exports if state else None

    def save(self, plan: Plan) -> PlanRef:
        return self.archive.save_plan(plan)

    def saving(self, plan: Plan, stack: Blueprint, assets: Mapping[str, bytes]) -> tuple[Plan, Callable[[], PlanRef]]:
        """Begins to file a plan with the whole stack that it is for, which it names from now on, and its packed code.

        Code that is not among `assets` is there from before. The plan is filed when the second has returned.
        """
        body = stack.text().encode()
        plan = of_stack(plan, hashlib.sha256(body).hexdigest())
        packed = [assets[sha256] for sha256 in plan.assets if sha256 in assets]
        filing = self.archive.filing(plan, body, packed)
        self._expect("objects", "put_all", filing.objects)
        return plan, cache(lambda: self.archive.file(filing))

    def load_plan(self, scope: Scope, plan_id: str) -> tuple[Plan, PlanRef]:
        """A filed plan by its id or the beginning of it. Raises NotThere."""
        return self.archive.find_plan(scope, plan_id)

    def history(self, scope: Scope) -> list[Entry]:
        """Every ended run, the latest first."""
        return self.archive.entries(scope)

    def entry(self, scope: Scope, run: int) -> Entry:
        """Raises NotThere."""
        return self.archive.entry(scope, run)

    def holder(self, scope: Scope) -> Holder | None:
        """Who holds the stack's lock now."""
        return self.locks.holder(scope)

    def stacks(self, tenant: str) -> list[tuple[Scope, Pointer]]:
        """Every stack and environment of a tenant that has state."""
        return self.locks.scopes(tenant)
