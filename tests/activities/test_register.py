"""The register in a store: who writes at once, and what becomes of a change that breaks off."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from panka.activities.register import REGISTRY, Register
from panka.activities.stores.memory import MemoryStore
from panka.activities.stores.store import Version
from panka.planner.register import Change, NotAllowed, Standing, What

CONFIG = "apiVersion: admin.panka.io/v1\nkind: TenantConfig\nmetadata: {name: acme}\nspec: {}\n"


def change(name: str, what: What = "create", config: str = CONFIG, by: str = "ana") -> Change:
    return Change(name=name, what=what, by=by, at="2026-11-23T10:00:00Z", config=config)


class Breaking(MemoryStore):
    """A store that breaks once, when the list is to be written."""

    broken = False

    def replace(self, key: str, body: bytes, over: Version | None) -> None:
        if key == REGISTRY and not self.broken:
            self.broken = True
            raise ConnectionError("The store does not answer.")
        super().replace(key, body, over)


def test_a_tenant_that_nobody_has_registered_has_no_record() -> None:
    register = Register(MemoryStore())

    assert register.record("acme") is None
    assert register.standings() == {}


def test_a_change_is_read_back_and_listed() -> None:
    register = Register(MemoryStore())
    register.change(change("umbrella"))
    register.change(change("acme"))

    register.change(change("acme", "suspend"))

    record = register.record("acme")
    assert record is not None
    assert (record.standing, record.version, record.config) == (Standing.SUSPENDED, 2, CONFIG)
    assert register.standings() == {"acme": Standing.SUSPENDED, "umbrella": Standing.ACTIVE}


def test_a_change_that_broke_off_between_record_and_list_is_made_again() -> None:
    register = Register(Breaking())
    with pytest.raises(ConnectionError):
        register.change(change("acme"))

    record = register.change(change("acme"))

    assert record.version == 1
    assert register.standings() == {"acme": Standing.ACTIVE}


def test_a_refused_change_leaves_no_trace() -> None:
    register = Register(MemoryStore())

    with pytest.raises(NotAllowed):
        register.change(change("acme", "suspend"))

    assert register.record("acme") is None
    assert register.standings() == {}


def test_of_many_tenants_that_are_registered_at_once_none_is_lost() -> None:
    register = Register(MemoryStore())
    names = [f"t{number}" for number in range(12)]

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda name: register.change(change(name)), names))

    assert sorted(register.standings()) == sorted(names)


def test_of_two_who_register_one_name_one_is_refused() -> None:
    register = Register(MemoryStore())

    def create(who: str) -> bool:
        try:
            register.change(change("acme", config=f"{CONFIG}# {who}\n", by=who))
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        won = list(threads.map(create, ("ana", "leo")))

    assert sorted(won) == [False, True]
