"""The activities that keep the register of tenants, and tell of it.

Each may run again after any lost reply: a change that is made already changes nothing.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from panka.activities.archive import Archive
from panka.activities.failing import translated
from panka.activities.register import Register
from panka.activities.stores.store import LockStore, NotThere
from panka.planner.diagnostics import Invalid
from panka.planner.owner import Scope
from panka.planner.register import Change, NotAllowed, TenantRecord, parsed
from panka.planner.state import Intended, Recorded, State
from panka.workflows.ports import REFUSED
from panka.workflows.tenancy import (
    CHECK_EMPTY,
    KEEP,
    LIST,
    SHOW,
    USAGE,
    Everybody,
    Listing,
    Named,
    StackUse,
    Told,
    Usage,
)

T = TypeVar("T")

_MOST_TOLD = 50
"""Resources that a refusal names."""


class TenantActivities:
    """Changes tenants and tells of them."""

    def __init__(self, register: Register, archive: Archive, locks: LockStore, threads: Executor) -> None:
        self._register = register
        self._archive = archive
        self._locks = locks
        self._threads = threads

    @activity.defn(name=KEEP.name)
    async def keep(self, change: Change) -> Told:
        """Makes one change of a tenant."""
        return await self._blocking(lambda: self._keep(change))

    @activity.defn(name=CHECK_EMPTY.name)
    async def check_empty(self, named: Named) -> None:
        """Refuses a tenant of which a run goes on, or which has something, with the list."""
        await self._blocking(lambda: self._check_empty(named.name))

    @activity.defn(name=LIST.name)
    async def list_all(self, everybody: Everybody) -> Listing:  # noqa: ARG002  # there is nothing to say
        """Every tenant that was ever registered."""
        return await self._blocking(lambda: Listing(tenants=self._register.standings()))

    @activity.defn(name=SHOW.name)
    async def show(self, named: Named) -> Told:
        """One tenant, as the register has it."""
        return await self._blocking(lambda: _told(self._record(named.name)))

    @activity.defn(name=USAGE.name)
    async def usage(self, named: Named) -> Usage:
        """What a tenant has, registered or not."""
        return await self._blocking(lambda: self._usage(named.name))

    def _keep(self, change: Change) -> Told:
        # Nobody else checks what comes past the command line, and what cannot be read would stop every run.
        if change.config and parsed("the TenantConfig", change.config).name != change.name:
            raise NotAllowed(f"The TenantConfig is not one of tenant {change.name}.")
        return _told(self._register.change(change))

    def _record(self, name: str) -> TenantRecord:
        record = self._register.record(name)
        if record is None:
            raise NotAllowed(f"There is no tenant {name}.", "panka tenant list shows all")
        return record

    def _check_empty(self, name: str) -> None:
        # A run takes its lock before it asks whether its tenant may run, so one that was told yes is seen here.
        if held := self._running(name):
            raise NotAllowed(f"Tenant {name} has runs that go on: {', '.join(held)}.")
        left = [line for scope, state in self._states(name) for line in _left(scope, state)]
        if left:
            more = f", and {len(left) - _MOST_TOLD} more" if len(left) > _MOST_TOLD else ""
            raise NotAllowed(
                f"Tenant {name} has {len(left)} resources: {', '.join(left[:_MOST_TOLD])}{more}.",
                "panka destroy STACK deletes those of a stack",
            )

    def _usage(self, name: str) -> Usage:
        stacks = tuple(self._use(scope, state) for scope, state in self._states(name))
        return Usage(name=name, stacks=stacks, running=tuple(self._running(name)))

    def _running(self, name: str) -> list[str]:
        held = self._locks.holders(name)
        return [f"{scope.stack}/{scope.environment} by {holder.who}" for scope, holder in held]

    def _states(self, name: str) -> Iterator[tuple[Scope, State]]:
        for scope, pointer in self._locks.scopes(name):
            yield scope, self._archive.state(pointer)

    def _use(self, scope: Scope, state: State) -> StackUse:
        counts: dict[str, int] = {}
        for one in (*state.resources.values(), *state.deposed):
            counts[one.type] = counts.get(one.type, 0) + 1
        use = StackUse(stack=scope.stack, environment=scope.environment, resources=dict(sorted(counts.items())))
        try:
            entry = self._archive.entry(scope, state.serial)
        except NotThere:
            return use
        said = {"run": entry.run, "kind": entry.kind, "result": entry.result, "by": entry.by}
        return use.model_copy(update=said | {"finished": entry.finished})

    async def _blocking(self, work: Callable[[], T]) -> T:
        with translated():
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
            except NotAllowed as error:
                raise ApplicationError(_sentences(error), type=REFUSED, non_retryable=True) from error
            except Invalid as error:
                raise ApplicationError(
                    f"The TenantConfig is invalid: {error}.", type=REFUSED, non_retryable=True
                ) from error


def _told(record: TenantRecord) -> Told:
    return Told.model_validate(record.model_dump(exclude={"format"}))


def _left(scope: Scope, state: State) -> Iterator[str]:
    """What a stack has, or may have: what was announced counts, for nobody knows that it is not there."""
    named: list[Recorded | Intended] = [*state.resources.values(), *state.deposed, *state.intended]
    for one in named:
        yield f"{scope.stack}/{scope.environment} {one.address} ({one.type})"


def _sentences(error: NotAllowed) -> str:
    return f"{str(error).removesuffix('.')}: {error.help}." if error.help else str(error)
