"""What Panka needs of a store: immutable objects by key, a few that change, and a record that moves under a fence.

Two implementations keep these promises, `memory` for tests of what stands above and `s3` with `dynamodb` for everything
else; one suite in tests/activities/test_stores.py holds both to them. All methods block and are safe to repeat.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, Self

from panka.planner.owner import Scope
from panka.planner.state import Pointer

if TYPE_CHECKING:
    from panka.workflows.ports import Lease


class NotThere(Exception):
    """No object has this key."""


class LockLost(Exception):
    """The lease is no longer ours: somebody took the lock over, or forced it open. Nothing more may be changed."""

    @classmethod
    def of(cls, lease: "Lease") -> Self:
        return cls(f"The lock of {lease.scope} is no longer held with fence {lease.fence} by {lease.owner}.")


class Moved(Exception):
    """The pointer is not what the caller took it for: another run has written since."""


class Changed(Exception):
    """An object is not the version that the caller took it for: somebody else has written since."""


@dataclass(frozen=True, slots=True)
class Version:
    """An object that may change, as of one look."""

    body: bytes
    tag: str
    """What the store calls this version; it says nothing to anybody else."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the lock, as of one look."""

    owner: str
    """Workflow id and first run id."""
    who: str
    """The person or machine that asked."""
    operation: str
    since: str
    """RFC 3339, UTC."""
    fence: int
    renewals: int
    """Rises with every renewal: a lease whose number stands still for its whole TTL has lost its keeper."""
    ttl: float
    """Seconds."""


def rfc3339(moment: datetime) -> str:
    """A moment with its time zone, in UTC and whole seconds: `2026-11-23T10:00:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class ObjectStore(Protocol):
    """Bytes by key. A key's object is written once; the same bytes may be written again."""

    def put(self, key: str, body: bytes) -> None:
        """Writes an object that nobody will ever change. Raises FileExistsError if the key holds other bytes."""

    def put_all(self, objects: Mapping[str, bytes]) -> None:
        """The same for several at once, by key; when it raises, some of them may be there."""

    def get(self, key: str) -> bytes:
        """Raises NotThere."""

    def keys(self, prefix: str) -> list[str]:
        """Every key below a prefix, sorted."""

    def look(self, key: str) -> Version:
        """One of the few objects that change, as it is now. Raises NotThere."""

    def replace(self, key: str, body: bytes, over: Version | None) -> None:
        """Writes one of the few objects that change, if it is still `over`; None: if there is none.

        An object that holds the same bytes already is fine, so that a write whose reply was lost can be repeated.
        Raises Changed.
        """


class LockStore(Protocol):
    """Locks and pointers, in one table, so that a pointer moves only under its lock."""

    def acquire(
        self, scope: Scope, owner: str, *, who: str, operation: str, ttl: float, over: Holder | None = None
    ) -> "Lease | Holder":
        """Takes the lock if it is free, already `owner`'s, or still exactly as `over` saw it; else says who has it.

        Taking a lock raises its fence by one, except for the owner who has it already.
        """

    def renew(self, lease: "Lease") -> None:
        """Says that the holder is alive. Raises LockLost."""

    def check(self, lease: "Lease") -> None:
        """Raises LockLost when the lease is not the lock's current one."""

    def release(self, lease: "Lease") -> None:
        """Frees the lock; nothing happens when it is another's by now. The fence stays."""

    def holder(self, scope: Scope) -> Holder | None:
        """Who has the lock now."""

    def pointer(self, scope: Scope) -> Pointer | None:
        """The current state's name; None before the first run. Strongly consistent."""

    def move(self, lease: "Lease", expected: Pointer | None, to: Pointer, *, release: bool = False) -> None:
        """Makes `to` the current state, in one transaction with the check of the lease; already being `to` is fine.

        With `release` the same transaction frees the lock, and where `to` is the current state that has been done.

        Raises:
            LockLost: the lease is not the lock's current one.
            Moved: the pointer is neither `expected` nor `to`.
        """

    def scopes(self, tenant: str) -> list[tuple[Scope, Pointer]]:
        """Every stack and environment of a tenant that has state, sorted."""

    def holders(self, tenant: str) -> list[tuple[Scope, Holder]]:
        """Who holds locks of a tenant's stacks now, sorted by stack and environment. Strongly consistent."""
