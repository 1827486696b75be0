"""The desk at which plans are made: reads state and account facts, and files plans. What the CLI and drift checks use.

Nothing here changes the cloud or the state; a plan and its files are written under new keys. Everything blocks.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, Self

from panka.activities.archive import Archive
from panka.activities.stores.store import Holder, LockStore, ObjectStore
from panka.planner.adopting import Live
from panka.planner.assemble import make_plan
from panka.planner.component import Network
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.resource import Address
from panka.planner.resource_types import can_be_made
from panka.planner.selecting import Wish
from panka.planner.state import Pointer, State, Target
from panka.workflows.ports import Entry, PlanRef

if TYPE_CHECKING:
    from panka.planner.compile import Compiled


class Account(Protocol):
    """What a desk asks about an account beside its stores. All methods block, and raise AwsError."""

    def here(self) -> Target:
        """The account that the credentials belong to, and the region in use."""

    def network(self, target: Target) -> Network:
        """The account's default network. Raises LookupError."""

    def live(self, asked: Mapping[str, tuple[str, str]], target: Target) -> dict[str, Live]:
        """What is there under identifiers, each with its type."""


class Reach(Protocol):
    """All that a desk needs of AWS."""

    @property
    def objects(self) -> ObjectStore: ...

    @property
    def locks(self) -> LockStore: ...

    @property
    def account(self) -> Account: ...


class WrongAccount(Exception):
    """The credentials in use belong to another account than the stack names."""


class Desk:
    """Reading and planning for one set of credentials."""

    def __init__(self, archive: Archive, locks: LockStore, account: Account) -> None:
        self.archive = archive
        self.locks = locks
        self._account = account

    @classmethod
    def of(cls, reach: Reach) -> Self:
        return cls(Archive(reach.objects), reach.locks, reach.account)

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
        here = self._account.here()
        if account is not None and account != here.account:
            raise WrongAccount(f"The stack is for account {account}; the credentials in use are for {here.account}.")
        return Target(account=here.account, region=region or here.region, profile=profile, endpoint_url=endpoint_url)

    def network(self, target: Target) -> Network:
        """The account's default network. Raises AwsError, LookupError."""
        return self._account.network(target)

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
        return self._account.live(asked, target) if asked else {}

    def state(self, scope: Scope) -> tuple[State | None, Pointer | None]:
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
    ) -> tuple[Plan, State | None]:
        """The plan for a compiled stack, or to destroy it, and the state it was made from. Raises as `make_plan`."""
        state, pointer = self.state(scope)
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
            assets=assets,
            git=git,
            blocks=blocks,
            wish=wish,
            exports=compiled.exports if compiled else None,
            consumes=compiled.consumes if compiled else (),
            written=compiled.written if compiled else None,
        )
        return plan, state

    def outputs_of(self, scope: Scope) -> Mapping[str, Mapping[str, object]] | None:
        """The outputs of a stack's components as of its last run that succeeded; None before the first run."""
        state, _ = self.state(scope)
        return state.exports if state else None

    def save(self, plan: Plan, assets: Mapping[str, bytes]) -> PlanRef:
        """Files the plan's packed code, then the plan."""
        for sha256 in plan.assets:
            self.archive.save_asset(plan.scope.tenant, assets[sha256])
        return self.archive.save_plan(plan)

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
