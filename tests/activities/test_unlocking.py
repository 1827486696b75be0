"""A lock is freed in its dead holder's place, and never while something renews it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from panka.activities.stores.memory import MemoryLocks
from panka.activities.stores.store import Holder
from panka.activities.unlocking import Renewed, free
from panka.planner.owner import Scope
from panka.workflows.ports import Lease

PROD = Scope(tenant="acme", stack="shop", environment="prod")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Watching:
    """A lock of ana's, with a clock that only sleeping moves; `meanwhile` happens in each sleep."""

    def __init__(self) -> None:
        self.locks = MemoryLocks(lambda: NOON)
        self.lease = self.taken("ana")
        self.now = 0.0
        self.meanwhile: Callable[[], object] = lambda: None

    def taken(self, who: str, over: Holder | None = None) -> Lease:
        got = self.locks.acquire(PROD, f"default/acme/{who}", who=who, operation="apply", ttl=90, over=over)
        assert isinstance(got, Lease)
        return got

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()

    @property
    def holder(self) -> Holder:
        holder = self.locks.holder(PROD)
        assert holder is not None
        return holder

    def free(self, *, ended: bool) -> Holder | None:
        return free(self.locks, PROD, self.holder, ended=ended, monotonic=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.mark.parametrize(("ended", "seconds"), [(True, 10), (False, 45)], ids=["ended", "nobody knows"])
def test_a_lease_that_stands_still_for_long_enough_is_freed(watching: Watching, *, ended: bool, seconds: float) -> None:
    assert watching.free(ended=ended) is None

    assert watching.now == pytest.approx(seconds)
    assert watching.locks.holder(PROD) is None
    assert watching.taken("leo").fence == 2, "The fence stays, so nothing of the old holder passes."


def test_the_last_renewals_of_a_run_that_has_ended_are_waited_for(watching: Watching) -> None:
    watching.meanwhile = lambda: watching.locks.renew(watching.lease) if watching.now < 8 else None

    assert watching.free(ended=True) is None

    assert watching.now == pytest.approx(17)


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "nobody knows"])
def test_a_lease_that_is_renewed_again_and_again_is_not_freed(watching: Watching, *, ended: bool) -> None:
    watching.meanwhile = lambda: watching.locks.renew(watching.lease)

    with pytest.raises(Renewed):
        watching.free(ended=ended)

    watching.locks.check(watching.lease)


def test_one_renewal_proves_a_run_alive_of_which_nobody_knows(watching: Watching) -> None:
    watching.meanwhile = lambda: watching.locks.renew(watching.lease) if watching.now == 30 else None

    with pytest.raises(Renewed):
        watching.free(ended=False)

    assert watching.now == 30


def test_a_lock_that_another_took_over_meanwhile_stays_the_others(watching: Watching) -> None:
    watching.meanwhile = lambda: watching.taken("leo", over=watching.holder) if watching.now == 3 else None

    now = watching.free(ended=True)

    assert now is not None
    assert now.who == "leo"
    assert watching.holder.fence == 2


def test_a_lock_that_its_holder_frees_meanwhile_is_free(watching: Watching) -> None:
    watching.meanwhile = lambda: watching.locks.release(watching.lease)

    assert watching.free(ended=True) is None
    assert watching.now == 1
