"""The records of a tenant's other stacks in an environment: those that may use what one of them tells."""

from collections.abc import Iterator

from panka.activities.archive import Archive
from panka.activities.stores.store import LockStore
from panka.planner.owner import Scope
from panka.planner.state import State


def beside(archive: Archive, locks: LockStore, scope: Scope) -> Iterator[State]:
    """The current record of every other stack of the tenant and environment. Blocks."""
    for other, pointer in locks.scopes(scope.tenant):
        if other.environment == scope.environment and other.stack != scope.stack:
            yield archive.state(pointer)
