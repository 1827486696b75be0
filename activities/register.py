"""The register of tenants in the object store: one record for each tenant, and a list of all. Everything blocks."""

from collections.abc import Callable, Iterable

from panka.activities.archive import Archive
from panka.activities.stores.store import Changed, LockStore, NotThere, ObjectStore, Version
from panka.planner.network import is_network
from panka.planner.owner import Name, Scope
from panka.planner.register import Change, Registry, Standing, TenantRecord, changed, record_key

REGISTRY = "tenants/registry.json"
_TRIES = 50
"""How often a write is made anew from what another writer has left."""


class Register:
    """Tenants by name. A tenant's record is all that counts; it lies where the tenant's own credentials may read it."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def record(self, name: Name) -> TenantRecord | None:
        """None: nobody has registered the tenant. Raises Newer."""
        found = self._seen(record_key(name))
        return TenantRecord.read(found.body) if found else None

    def standings(self) -> dict[str, Standing]:
        """Every tenant that was ever registered, sorted by name."""
        found = self._seen(REGISTRY)
        listed = Registry.read(found.body).tenants if found else {}
        return dict(sorted(listed.items()))

    def change(self, change: Change) -> TenantRecord:
        """Makes a change, and lists the tenant.

        The record comes first: a crash between the two leaves a tenant that counts and is not listed, until the same
        change is made again, as its activity is. Raises NotAllowed, Newer.
        """
        record: TenantRecord | None = None

        def with_change(seen: Version | None) -> bytes:
            nonlocal record
            record = changed(TenantRecord.read(seen.body) if seen else None, change)
            return record.text().encode()

        self._rewrite(record_key(change.name), with_change)
        assert record is not None  # noqa: S101  # written a line above
        self._list(record)
        return record

    def _list(self, record: TenantRecord) -> None:
        def with_tenant(seen: Version | None) -> bytes:
            registry = Registry.read(seen.body) if seen else Registry()
            tenants = dict(sorted({**registry.tenants, record.name: record.standing}.items()))
            return registry.model_copy(update={"tenants": tenants}).model_dump_json(by_alias=True, indent=2).encode()

        self._rewrite(REGISTRY, with_tenant)

    def _rewrite(self, key: str, written: Callable[[Version | None], bytes]) -> None:
        """Writes what follows from what is there; from the beginning where somebody else was faster."""
        for _ in range(_TRIES):
            seen = self._seen(key)
            try:
                self._objects.replace(key, written(seen), seen)
            except Changed:
                continue
            return
        raise Changed(f"{key} is being written by others all the time.")

    def _seen(self, key: str) -> Version | None:
        try:
            return self._objects.look(key)
        except NotThere:
            return None


def other_stacks(archive: Archive, locks: LockStore, scope: Scope) -> Iterable[str]:
    """The names of the tenant's stacks that have something, beside this one and the tenant's network."""
    named = {other.stack for other, _ in locks.scopes(scope.tenant)} - {scope.stack}
    for other, pointer in locks.scopes(scope.tenant):
        if other.stack in named and not is_network(other) and archive.state(pointer).resources:
            named.discard(other.stack)
            yield other.stack


def standing_text(record: TenantRecord) -> str:
    """Why no run of the tenant is taken."""
    why = f": {record.why}" if record.why else ""
    word = "about to be deleted" if record.standing is Standing.CLOSING else record.standing
    return f"Tenant {record.name} is {word}, by {record.by} since {record.since}{why}."
