"""The store's promises kept in this process: for tests of what stands above the stores."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from panka.activities.stores.store import Changed, Holder, LockLost, Moved, NotThere, Version, rfc3339
from panka.planner.owner import Scope
from panka.planner.state import Pointer
from panka.workflows.ports import Lease


class MemoryStore:
    """An `ObjectStore` that ends with the process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> None:
        with self._guard:
            if self._objects.setdefault(key, body) != body:
                raise FileExistsError(f"{key} holds other bytes already.")

    def put_all(self, objects: Mapping[str, bytes]) -> None:
        for key, body in objects.items():
            self.put(key, body)

    def get(self, key: str) -> bytes:
        with self._guard:
            if key not in self._objects:
                raise NotThere(f"There is no object {key}.")
            return self._objects[key]

    def keys(self, prefix: str) -> list[str]:
        with self._guard:
            return sorted(key for key in self._objects if key.startswith(prefix))

    def look(self, key: str) -> Version:
        body = self.get(key)
        return Version(body, hashlib.sha256(body).hexdigest())

    def replace(self, key: str, body: bytes, over: Version | None) -> None:
        with self._guard:
            now = self._objects.get(key)
            if now not in (body, over.body if over else None):
                raise Changed(f"{key} is no longer what it was.")
            self._objects[key] = body


class MemoryLocks:
    """A `LockStore` that ends with the process; every method is one critical section."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._holders: dict[Scope, Holder] = {}
        self._fences: dict[Scope, int] = {}
        self._pointers: dict[Scope, Pointer] = {}

    def acquire(
        self, scope: Scope, owner: str, *, who: str, operation: str, ttl: float, over: Holder | None = None
    ) -> Lease | Holder:
        with self._guard:
            holder = self._holders.get(scope)
            if holder is not None and holder.owner == owner:
                return Lease(scope=scope, owner=owner, fence=holder.fence)
            if holder is not None and not (over is not None and _seen(holder) == _seen(over)):
                return holder
            fence = self._fences[scope] = self._fences.get(scope, 0) + 1
            self._holders[scope] = Holder(owner, who, operation, rfc3339(self._clock()), fence, renewals=0, ttl=ttl)
            return Lease(scope=scope, owner=owner, fence=fence)

    def renew(self, lease: Lease) -> None:
        with self._guard:
            holder = self._mine(lease)
            self._holders[lease.scope] = replace(holder, renewals=holder.renewals + 1)

    def check(self, lease: Lease) -> None:
        with self._guard:
            self._mine(lease)

    def release(self, lease: Lease) -> None:
        with self._guard:
            if _is(self._holders.get(lease.scope), lease):
                del self._holders[lease.scope]

    def holder(self, scope: Scope) -> Holder | None:
        with self._guard:
            return self._holders.get(scope)

    def pointer(self, scope: Scope) -> Pointer | None:
        with self._guard:
            return self._pointers.get(scope)

    def move(self, lease: Lease, expected: Pointer | None, to: Pointer, *, release: bool = False) -> None:
        with self._guard:
            if release and self._pointers.get(lease.scope) == to and not _is(self._holders.get(lease.scope), lease):
                return
            self._mine(lease)
            if self._pointers.get(lease.scope) not in (expected, to):
                raise Moved(f"The state of {lease.scope} is no longer the one that this run began with.")
            self._pointers[lease.scope] = to
            if release:
                del self._holders[lease.scope]

    def scopes(self, tenant: str) -> list[tuple[Scope, Pointer]]:
        with self._guard:
            found = [(scope, pointer) for scope, pointer in self._pointers.items() if scope.tenant == tenant]
        return sorted(found, key=lambda one: (one[0].stack, one[0].environment))

    def holders(self, tenant: str) -> list[tuple[Scope, Holder]]:
        with self._guard:
            found = [(scope, holder) for scope, holder in self._holders.items() if scope.tenant == tenant]
        return sorted(found, key=lambda one: (one[0].stack, one[0].environment))

    def _mine(self, lease: Lease) -> Holder:
        holder = self._holders.get(lease.scope)
        if holder is None or not _is(holder, lease):
            raise LockLost.of(lease)
        return holder


def _is(holder: Holder | None, lease: Lease) -> bool:
    return holder is not None and (holder.owner, holder.fence) == (lease.owner, lease.fence)


def _seen(holder: Holder) -> tuple[str, int, int]:
    return holder.owner, holder.fence, holder.renewals
