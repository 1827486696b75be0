"""One suite for every store: what activities/stores/store.py promises, kept in memory and at endpoints over HTTP."""

import io
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from panka.activities.stores.backend import create_backend
from panka.activities.stores.dynamodb import DynamoLocks
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.activities.stores.s3 import S3Store
from panka.activities.stores.store import Changed, Holder, LockLost, LockStore, Moved, NotThere, ObjectStore, Version
from panka.planner.owner import Scope
from panka.planner.state import Pointer
from panka.workflows.ports import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANA, LEO = "acme/shop/prod#run-of-ana", "acme/shop/prod#run-of-leo"


@dataclass
class Stores:
    objects: ObjectStore
    locks: LockStore


class Answer(io.BytesIO):
    """A body as botocore reads one."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Endpoint:
    """Clients and a backend of one's own; `lose_reply` makes a service's next reply vanish after it took effect."""

    s3: "S3Client"
    dynamodb: "DynamoDBClient"
    name: str

    @property
    def stores(self) -> Stores:
        return Stores(S3Store(self.s3, self.name), DynamoLocks(self.dynamodb, self.name, lambda: NOON))

    def lose_reply(self, operation: str) -> None:
        """The service does it and the connection breaks: the client knows nothing and asks again."""
        client = self.s3 if operation == "PutObject" else self.dynamodb
        event = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"

        def send_and_lose(request: object, **_: object) -> None:
            client.meta.events.unregister(event, send_and_lose)
            client._endpoint.http_session.send(request)
            raise ConnectionClosedError(endpoint_url=client.meta.endpoint_url)

        client.meta.events.register(event, send_and_lose)

    def refuse_once(self, operation: str, status: int, body: str) -> list[str]:
        """Answers the next such call with this error, as AWS words it; the returned list grows by what was refused."""
        client = self.s3 if operation == "PutObject" else self.dynamodb
        event = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"
        refused: list[str] = []

        def refuse(request: AWSPreparedRequest, **_: object) -> AWSResponse:
            client.meta.events.unregister(event, refuse)
            refused.append(operation)
            return AWSResponse(request.url, status, HeadersDict(), Answer(body.encode()))

        client.meta.events.register(event, refuse)
        return refused


def backend_at(url: str) -> Endpoint:
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
    config = Config(retries={"mode": "standard", "total_max_attempts": 4}, max_pool_connections=32)
    s3: S3Client = boto3.client("s3", endpoint_url=url, config=config, **keys)
    dynamodb: DynamoDBClient = boto3.client("dynamodb", endpoint_url=url, config=config, **keys)
    name = f"panka-{uuid.uuid4().hex[:10]}"
    create_backend(s3, dynamodb, name, name)
    return Endpoint(s3, dynamodb, name)


@pytest.fixture(scope="module")
def backends(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Endpoint]]:
    made: dict[str, Endpoint] = {}

    def of(which: str) -> Endpoint:
        if which not in made:
            made[which] = backend_at(request.getfixturevalue(f"{which}_url"))
        return made[which]

    yield of
    for endpoint in made.values():
        endpoint.s3.close()
        endpoint.dynamodb.close()


@pytest.fixture(params=["moto", "ministack"])
def endpoint(request: pytest.FixtureRequest, backends: Callable[[str], Endpoint]) -> Endpoint:
    return backends(request.param)


@pytest.fixture(params=["memory", "moto", "ministack"])
def stores(request: pytest.FixtureRequest, backends: Callable[[str], Endpoint]) -> Stores:
    if request.param == "memory":
        return Stores(MemoryStore(), MemoryLocks(lambda: NOON))
    return backends(request.param).stores


@pytest.fixture(params=["memory", "moto", "ministack"])
def racing_locks(request: pytest.FixtureRequest, backends: Callable[[str], Endpoint]) -> LockStore:
    if request.param == "memory":
        return MemoryLocks(lambda: NOON)
    if request.param == "moto":
        pytest.skip("moto checks a condition and writes in two steps, so that two racers can win")
    return backends(request.param).stores.locks


@pytest.fixture
def scope() -> Scope:
    return new_scope()


def new_scope(tenant: str = "acme") -> Scope:
    return Scope(tenant=tenant, stack=f"shop-{uuid.uuid4().hex[:8]}", environment="prod")


def take(locks: LockStore, scope: Scope, owner: str, over: Holder | None = None) -> Lease:
    """The lock, taken as it must be possible."""
    got = locks.acquire(scope, owner, who=owner[-3:], operation="apply", ttl=90, over=over)
    assert isinstance(got, Lease)
    return got


def refused(locks: LockStore, scope: Scope, owner: str, over: Holder | None = None) -> Holder:
    """Who has the lock instead."""
    got = locks.acquire(scope, owner, who=owner[-3:], operation="destroy", ttl=90, over=over)
    assert isinstance(got, Holder)
    return got


def body(serial: int, text: str = "a") -> Pointer:
    return Pointer(serial=serial, key=f"state/{serial}-{text}.json", sha256=text * 64)


# Objects


def test_an_object_is_read_as_it_was_written(stores: Stores) -> None:
    stores.objects.put("one/body", b"\x00bytes")

    assert stores.objects.get("one/body") == b"\x00bytes"


def test_the_same_bytes_may_be_written_again(stores: Stores) -> None:
    stores.objects.put("again/body", b"same")

    stores.objects.put("again/body", b"same")

    assert stores.objects.get("again/body") == b"same"


def test_several_objects_are_written_at_once(stores: Stores) -> None:
    bodies = {f"several/{number}": f"{number}".encode() for number in range(20)}

    stores.objects.put_all(bodies)

    assert {key: stores.objects.get(key) for key in stores.objects.keys("several/")} == bodies


def test_of_several_objects_none_changes_what_is_there(stores: Stores) -> None:
    stores.objects.put("mixed/old", b"first")

    with pytest.raises(FileExistsError):
        stores.objects.put_all({"mixed/new": b"new", "mixed/old": b"second"})

    assert stores.objects.get("mixed/old") == b"first"


def test_an_object_never_changes(stores: Stores) -> None:
    stores.objects.put("immutable/body", b"first")

    with pytest.raises(FileExistsError):
        stores.objects.put("immutable/body", b"second")

    assert stores.objects.get("immutable/body") == b"first"


def test_what_was_never_written_is_not_there(stores: Stores) -> None:
    with pytest.raises(NotThere):
        stores.objects.get("nobody/wrote/this")


def test_keys_are_those_below_the_prefix_and_sorted(stores: Stores) -> None:
    for key in ("list/b", "list/a/2", "list/a/10", "listed"):
        stores.objects.put(key, b"")

    assert stores.objects.keys("list/") == ["list/a/10", "list/a/2", "list/b"]
    assert stores.objects.keys("list/a/") == ["list/a/10", "list/a/2"]
    assert stores.objects.keys("nothing/") == []


def test_of_many_writers_of_one_key_one_is_first_and_the_others_hear_it(stores: Stores) -> None:
    def write(number: int) -> bool:
        try:
            stores.objects.put("race/body", f"writer {number}".encode())
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(write, range(8)))

    assert won.count(True) == 1
    assert stores.objects.get("race/body") == f"writer {won.index(True)}".encode()


# Objects that change


def new_key() -> str:
    return f"changing/{uuid.uuid4().hex}"


def test_an_object_that_changes_is_read_as_it_was_written_last(stores: Stores) -> None:
    key = new_key()
    stores.objects.replace(key, b"one", None)

    stores.objects.replace(key, b"two", stores.objects.look(key))

    assert stores.objects.look(key).body == b"two"


def test_what_was_never_written_cannot_be_looked_at(stores: Stores) -> None:
    with pytest.raises(NotThere):
        stores.objects.look("nobody/wrote/this/either")


def test_an_object_that_another_has_written_is_not_replaced(stores: Stores) -> None:
    key = new_key()
    stores.objects.replace(key, b"one", None)
    seen = stores.objects.look(key)
    stores.objects.replace(key, b"two", seen)

    for over in (None, seen):
        with pytest.raises(Changed):
            stores.objects.replace(key, b"three", over)

    assert stores.objects.look(key).body == b"two"


def test_an_object_that_is_gone_is_not_replaced(stores: Stores) -> None:
    with pytest.raises(Changed):
        stores.objects.replace(new_key(), b"two", Version(b"one", '"0123456789abcdef0123456789abcdef"'))


def test_the_same_bytes_replace_themselves_whatever_was_seen(stores: Stores) -> None:
    key = new_key()
    stores.objects.replace(key, b"one", None)
    seen = stores.objects.look(key)

    for over in (None, seen, seen):
        stores.objects.replace(key, b"one", over)

    assert stores.objects.look(key).body == b"one"


def test_of_eight_that_replace_one_version_one_wins_and_the_others_hear_it(stores: Stores) -> None:
    key = new_key()
    stores.objects.replace(key, b"first", None)
    seen = stores.objects.look(key)

    def write(number: int) -> bool:
        try:
            stores.objects.replace(key, f"writer {number}".encode(), seen)
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(write, range(8)))

    assert won.count(True) == 1
    assert stores.objects.look(key).body == f"writer {won.index(True)}".encode()


# Locks


def test_a_free_lock_is_taken_and_its_holder_is_known(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)

    assert lease == Lease(scope=scope, owner=ANA, fence=1)
    assert stores.locks.holder(scope) == Holder(ANA, "ana", "apply", "2026-11-23T12:00:00Z", 1, 0, 90)


def test_a_lock_that_nobody_ever_took_has_no_holder(stores: Stores, scope: Scope) -> None:
    assert stores.locks.holder(scope) is None


def test_acquire_again_gives_the_same_lease(stores: Stores, scope: Scope) -> None:
    first = take(stores.locks, scope, ANA)

    assert take(stores.locks, scope, ANA) == first


def test_a_holder_does_not_take_its_own_lock_over(stores: Stores, scope: Scope) -> None:
    first = take(stores.locks, scope, ANA)

    assert take(stores.locks, scope, ANA, over=stores.locks.holder(scope)) == first


def test_a_held_lock_is_refused_with_its_holder(stores: Stores, scope: Scope) -> None:
    take(stores.locks, scope, ANA)

    holder = refused(stores.locks, scope, LEO)

    assert (holder.owner, holder.who, holder.operation) == (ANA, "ana", "apply")
    stores.locks.check(Lease(scope=scope, owner=ANA, fence=1))


def test_a_lock_is_taken_over_from_a_holder_that_stood_still(stores: Stores, scope: Scope) -> None:
    take(stores.locks, scope, ANA)
    seen = refused(stores.locks, scope, LEO)

    lease = take(stores.locks, scope, LEO, over=seen)

    assert lease.fence == 2
    assert stores.locks.holder(scope) == Holder(LEO, "leo", "apply", "2026-11-23T12:00:00Z", 2, 0, 90)


def test_a_renewal_saves_a_lock_from_takeover(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)
    seen = refused(stores.locks, scope, LEO)
    stores.locks.renew(lease)

    now = refused(stores.locks, scope, LEO, over=seen)

    assert (now.owner, now.renewals) == (ANA, seen.renewals + 1)


def test_a_lock_that_was_freed_and_taken_anew_is_not_taken_over_as_the_old_one(stores: Stores, scope: Scope) -> None:
    first = take(stores.locks, scope, ANA)
    seen = refused(stores.locks, scope, LEO)
    stores.locks.release(first)
    take(stores.locks, scope, ANA)

    assert refused(stores.locks, scope, LEO, over=seen).fence == 2


def test_over_does_not_matter_when_the_lock_has_become_free(stores: Stores, scope: Scope) -> None:
    first = take(stores.locks, scope, ANA)
    seen = refused(stores.locks, scope, LEO)
    stores.locks.release(first)

    assert take(stores.locks, scope, LEO, over=seen).fence == 2


def test_the_fence_rises_with_every_taking_and_survives_release(stores: Stores, scope: Scope) -> None:
    fences = []
    for owner in (ANA, LEO, ANA):
        lease = take(stores.locks, scope, owner)
        fences.append(lease.fence)
        stores.locks.release(lease)

    assert fences == [1, 2, 3]
    assert stores.locks.holder(scope) is None


def test_release_may_be_repeated(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)

    stores.locks.release(lease)
    stores.locks.release(lease)

    assert stores.locks.holder(scope) is None


def test_release_of_a_lost_lease_leaves_the_new_holder_alone(stores: Stores, scope: Scope) -> None:
    lost = take(stores.locks, scope, ANA)
    kept = take(stores.locks, scope, LEO, over=stores.locks.holder(scope))

    stores.locks.release(lost)

    stores.locks.check(kept)


def test_whoever_has_seen_the_holder_can_free_the_lock_and_its_fence_stays(stores: Stores, scope: Scope) -> None:
    forced = take(stores.locks, scope, ANA)
    stores.locks.renew(forced)
    seen = stores.locks.holder(scope)
    assert seen is not None

    stores.locks.release(Lease(scope=scope, owner=seen.owner, fence=seen.fence))

    assert stores.locks.holder(scope) is None
    assert take(stores.locks, scope, LEO).fence == 2
    with pytest.raises(LockLost):
        stores.locks.move(forced, None, body(1))


def test_a_lock_that_was_freed_and_taken_anew_is_not_freed_as_the_old_one(stores: Stores, scope: Scope) -> None:
    stores.locks.release(take(stores.locks, scope, ANA))
    again = take(stores.locks, scope, ANA)

    stores.locks.release(Lease(scope=scope, owner=ANA, fence=1))

    stores.locks.check(again)


@pytest.mark.parametrize("use", [LockStore.renew, LockStore.check], ids=["renew", "check"])
def test_a_lease_that_was_taken_over_is_lost(
    stores: Stores, scope: Scope, use: Callable[[LockStore, Lease], None]
) -> None:
    lost = take(stores.locks, scope, ANA)
    take(stores.locks, scope, LEO, over=stores.locks.holder(scope))

    with pytest.raises(LockLost, match=ANA):
        getattr(stores.locks, use.__name__)(lost)


@pytest.mark.parametrize("use", [LockStore.renew, LockStore.check], ids=["renew", "check"])
def test_a_lease_that_was_released_is_lost(
    stores: Stores, scope: Scope, use: Callable[[LockStore, Lease], None]
) -> None:
    lost = take(stores.locks, scope, ANA)
    stores.locks.release(lost)

    with pytest.raises(LockLost):
        getattr(stores.locks, use.__name__)(lost)


def test_an_old_fence_of_the_same_owner_is_lost(stores: Stores, scope: Scope) -> None:
    old = take(stores.locks, scope, ANA)
    stores.locks.release(old)
    take(stores.locks, scope, ANA)

    with pytest.raises(LockLost):
        stores.locks.check(old)


def test_locks_of_other_stacks_environments_and_tenants_are_others(stores: Stores, scope: Scope) -> None:
    take(stores.locks, scope, ANA)

    for other in (
        scope.model_copy(update={"tenant": "umbrella"}),
        scope.model_copy(update={"stack": scope.stack + "-2"}),
        scope.model_copy(update={"environment": "dev"}),
    ):
        assert take(stores.locks, other, LEO).fence == 1


# Pointers


def test_a_stack_without_state_has_no_pointer(stores: Stores, scope: Scope) -> None:
    assert stores.locks.pointer(scope) is None


def test_the_pointer_moves_under_the_lock(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)

    stores.locks.move(lease, None, body(1))
    stores.locks.move(lease, body(1), body(2))

    assert stores.locks.pointer(scope) == body(2)


def test_a_move_may_be_repeated(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)

    for _ in range(2):
        stores.locks.move(lease, None, body(1))
    for _ in range(2):
        stores.locks.move(lease, body(1), body(2))

    assert stores.locks.pointer(scope) == body(2)


def test_a_renewal_does_not_stop_the_pointer(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)
    stores.locks.renew(lease)

    stores.locks.move(lease, None, body(1))

    assert stores.locks.pointer(scope) == body(1)


def test_a_holder_that_wakes_after_a_takeover_cannot_move_the_pointer(stores: Stores, scope: Scope) -> None:
    zombie = take(stores.locks, scope, ANA)
    stores.locks.move(zombie, None, body(1))
    take(stores.locks, scope, LEO, over=stores.locks.holder(scope))

    # The new holder has written nothing yet: it is the lock that stops the old one, not the pointer.
    with pytest.raises(LockLost):
        stores.locks.move(zombie, body(1), body(2))

    assert stores.locks.pointer(scope) == body(1)


def test_the_last_move_frees_the_lock(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)
    stores.locks.move(lease, None, body(1))

    for _ in range(2):  # the first reply may be lost
        stores.locks.move(lease, body(1), body(2), release=True)

    assert stores.locks.pointer(scope) == body(2)
    assert stores.locks.holder(scope) is None
    assert take(stores.locks, scope, LEO).fence == lease.fence + 1


def test_a_last_move_that_is_refused_frees_nothing(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)
    stores.locks.move(lease, None, body(1))

    with pytest.raises(Moved):
        stores.locks.move(lease, body(2), body(3), release=True)

    assert stores.locks.pointer(scope) == body(1)
    stores.locks.check(lease)


def test_a_last_move_after_a_takeover_leaves_the_lock_to_its_holder(stores: Stores, scope: Scope) -> None:
    zombie = take(stores.locks, scope, ANA)
    stores.locks.move(zombie, None, body(1))
    new = take(stores.locks, scope, LEO, over=stores.locks.holder(scope))

    with pytest.raises(LockLost):
        stores.locks.move(zombie, body(1), body(2), release=True)

    assert stores.locks.pointer(scope) == body(1)
    stores.locks.check(new)


def test_nobody_moves_the_pointer_after_release(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)
    stores.locks.release(lease)

    with pytest.raises(LockLost):
        stores.locks.move(lease, None, body(1))

    assert stores.locks.pointer(scope) is None


@pytest.mark.parametrize("expected", [None, body(1, "b"), body(2)], ids=["none", "same serial", "next serial"])
def test_a_pointer_that_is_not_the_expected_one_stays(stores: Stores, scope: Scope, expected: Pointer | None) -> None:
    lease = take(stores.locks, scope, ANA)
    stores.locks.move(lease, None, body(1))

    with pytest.raises(Moved):
        stores.locks.move(lease, expected, body(3))

    assert stores.locks.pointer(scope) == body(1)


def test_a_pointer_that_is_expected_and_not_there_is_not_made(stores: Stores, scope: Scope) -> None:
    lease = take(stores.locks, scope, ANA)

    with pytest.raises(Moved):
        stores.locks.move(lease, body(1), body(2))

    assert stores.locks.pointer(scope) is None


def test_a_lost_lock_is_told_before_a_foreign_pointer(stores: Stores, scope: Scope) -> None:
    zombie = take(stores.locks, scope, ANA)
    new = take(stores.locks, scope, LEO, over=stores.locks.holder(scope))
    stores.locks.move(new, None, body(1))

    with pytest.raises(LockLost):
        stores.locks.move(zombie, None, body(2))


def test_scopes_are_those_of_the_tenant_that_have_state(stores: Stores) -> None:
    tenant = f"t{uuid.uuid4().hex[:8]}"
    wanted = [
        Scope(tenant=tenant, stack=stack, environment=environment)
        for stack, environment in (("shop", "dev"), ("shop", "prod"), ("shop-2", "dev"))
    ]
    for one in reversed(wanted):
        stores.locks.move(take(stores.locks, one, ANA), None, body(1))
    take(stores.locks, Scope(tenant=tenant, stack="locked-only", environment="dev"), ANA)
    stores.locks.move(take(stores.locks, foreign := new_scope(tenant + "x"), ANA), None, body(1))

    assert stores.locks.scopes(tenant) == [(one, body(1)) for one in wanted]
    assert stores.locks.scopes(foreign.tenant) == [(foreign, body(1))]


def test_holders_are_those_of_the_tenant_that_hold_now(stores: Stores) -> None:
    tenant = f"t{uuid.uuid4().hex[:8]}"
    held, freed = (Scope(tenant=tenant, stack="shop", environment=name) for name in ("dev", "prod"))
    lease = take(stores.locks, held, ANA)
    stores.locks.move(lease, None, body(1))
    stores.locks.release(take(stores.locks, freed, ANA))
    take(stores.locks, new_scope(tenant + "x"), LEO)

    found = stores.locks.holders(tenant)

    assert [(scope, holder.owner) for scope, holder in found] == [(held, ANA)]


# Races


def at_once(number: int, call: Callable[[int], object]) -> list[object]:
    """What each of so many threads got that began together."""
    gate = threading.Barrier(number)

    def run(which: int) -> object:
        gate.wait()
        return call(which)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))


def test_of_sixteen_at_once_exactly_one_takes_the_lock(racing_locks: LockStore) -> None:
    for _ in range(10):
        scope = new_scope()

        got = at_once(16, lambda n, at=scope: racing_locks.acquire(at, f"run-{n}", who="ci", operation="apply", ttl=90))

        [lease] = [one for one in got if isinstance(one, Lease)]
        assert lease.fence == 1
        racing_locks.check(lease)


def test_of_sixteen_at_once_exactly_one_takes_over(racing_locks: LockStore) -> None:
    for _ in range(10):
        scope = new_scope()
        take(racing_locks, scope, ANA)
        seen = refused(racing_locks, scope, LEO)

        got = at_once(
            16,
            lambda n, at=scope, over=seen: racing_locks.acquire(
                at, f"run-{n}", who="ci", operation="apply", ttl=90, over=over
            ),
        )

        [lease] = [one for one in got if isinstance(one, Lease)]
        assert lease.fence == 2
        racing_locks.check(lease)


def test_of_eight_movers_at_once_exactly_one_moves_the_pointer(racing_locks: LockStore) -> None:
    for _ in range(10):
        scope = new_scope()
        lease = take(racing_locks, scope, ANA)

        def move(number: int, lease: Lease = lease) -> bool:
            try:
                racing_locks.move(lease, None, body(1, str(number)))
            except Moved:
                return False
            return True

        won = at_once(8, move)

        assert won.count(True) == 1
        assert racing_locks.pointer(scope) == body(1, str(won.index(True)))


def test_no_pointer_is_moved_past_a_takeover_that_happens_meanwhile(racing_locks: LockStore) -> None:
    for _ in range(10):
        scope = new_scope()
        zombie = take(racing_locks, scope, ANA)
        seen = racing_locks.holder(scope)

        def turn(number: int, zombie: Lease = zombie, seen: Holder | None = seen, scope: Scope = scope) -> object:
            if number == 1:
                take(racing_locks, scope, LEO, over=seen)
                return racing_locks.pointer(scope)
            try:
                racing_locks.move(zombie, None, body(1))
            except LockLost:
                return False
            return True

        moved, seen_by_new = at_once(2, turn)

        # Either it moved before the takeover, and the new holder reads so, or it did not move at all.
        assert seen_by_new == (body(1) if moved else None)
        assert racing_locks.pointer(scope) == seen_by_new


# Lost replies: the service did it, the connection broke, and the client asked again by itself.


def test_acquire_survives_a_lost_reply(endpoint: Endpoint, scope: Scope) -> None:
    endpoint.lose_reply("UpdateItem")

    lease = take(endpoint.stores.locks, scope, ANA)

    assert lease.fence == 1
    endpoint.stores.locks.check(lease)


def test_a_takeover_survives_a_lost_reply(endpoint: Endpoint, scope: Scope) -> None:
    locks = endpoint.stores.locks
    take(locks, scope, ANA)
    seen = refused(locks, scope, LEO)
    endpoint.lose_reply("UpdateItem")

    lease = take(locks, scope, LEO, over=seen)

    assert lease.fence == 2
    locks.check(lease)


def test_release_and_renew_survive_lost_replies(endpoint: Endpoint, scope: Scope) -> None:
    locks = endpoint.stores.locks
    lease = take(locks, scope, ANA)

    endpoint.lose_reply("UpdateItem")
    locks.renew(lease)
    endpoint.lose_reply("UpdateItem")
    locks.release(lease)

    assert locks.holder(scope) is None
    assert take(locks, scope, LEO).fence == 2


def test_a_move_survives_a_lost_reply(endpoint: Endpoint, scope: Scope) -> None:
    locks = endpoint.stores.locks
    lease = take(locks, scope, ANA)
    locks.move(lease, None, body(1))
    endpoint.lose_reply("TransactWriteItems")

    locks.move(lease, body(1), body(2))

    assert locks.pointer(scope) == body(2)


def test_put_survives_a_lost_reply(endpoint: Endpoint) -> None:
    endpoint.lose_reply("PutObject")

    endpoint.stores.objects.put("lost/body", b"once")

    versions = endpoint.s3.list_object_versions(Bucket=endpoint.name, Prefix="lost/body")["Versions"]
    assert len(versions) == 1


def test_a_replacement_survives_a_lost_reply(endpoint: Endpoint) -> None:
    key = new_key()
    objects = endpoint.stores.objects
    objects.replace(key, b"one", None)
    endpoint.lose_reply("PutObject")

    objects.replace(key, b"two", objects.look(key))

    assert objects.look(key).body == b"two"


# Conflicts: DynamoDB and S3 refuse a call while another is at the same item or key. No local endpoint does.


def conflict(code: str, *reasons: str) -> str:
    answer = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "Transaction is ongoing for the item"}
    return json.dumps({**answer, "CancellationReasons": [{"Code": reason} for reason in reasons]})


@pytest.mark.parametrize("reasons", [("TransactionConflict", "None"), ("None", "TransactionConflict")])
def test_a_move_that_meets_another_call_is_tried_again(
    endpoint: Endpoint, scope: Scope, reasons: tuple[str, str]
) -> None:
    locks = endpoint.stores.locks
    lease = take(locks, scope, ANA)
    refused = endpoint.refuse_once("TransactWriteItems", 400, conflict("TransactionCanceledException", *reasons))

    locks.move(lease, None, body(1))

    assert refused == ["TransactWriteItems"]
    assert locks.pointer(scope) == body(1)


def test_a_renewal_that_meets_a_move_is_tried_again(endpoint: Endpoint, scope: Scope) -> None:
    locks = endpoint.stores.locks
    lease = take(locks, scope, ANA)
    refused = endpoint.refuse_once("UpdateItem", 400, conflict("TransactionConflictException"))

    locks.renew(lease)

    assert refused == ["UpdateItem"]
    assert [holder.renewals for holder in [locks.holder(scope)] if holder] == [1]


def test_a_transaction_that_is_refused_for_another_reason_says_so(endpoint: Endpoint, scope: Scope) -> None:
    locks = endpoint.stores.locks
    lease = take(locks, scope, ANA)
    endpoint.refuse_once(
        "TransactWriteItems", 400, conflict("TransactionCanceledException", "None", "ItemCollectionSizeLimitExceeded")
    )

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        locks.move(lease, None, body(1))


def test_a_put_that_meets_another_is_tried_again(endpoint: Endpoint) -> None:
    key = f"conflict/{uuid.uuid4().hex}"
    refused = endpoint.refuse_once(
        "PutObject", 409, "<Error><Code>ConditionalRequestConflict</Code><Message>Retry</Message></Error>"
    )

    endpoint.stores.objects.put(key, b"body")

    assert refused == ["PutObject"]
    assert endpoint.stores.objects.get(key) == b"body"


# The table's items, as docs/reference/state-format.md describes them


def test_a_lock_is_forgotten_long_after_its_last_use_and_a_pointer_never(endpoint: Endpoint, scope: Scope) -> None:
    locks = endpoint.stores.locks
    lease = take(locks, scope, ANA)
    locks.move(lease, None, body(1))
    locks.release(lease)

    lock, pointer = (
        endpoint.dynamodb.get_item(
            TableName=endpoint.name, Key={"pk": {"S": "acme"}, "sk": {"S": f"{what}#{scope.stack}#prod"}}
        )["Item"]
        for what in ("lock", "state")
    )

    days = (int(lock["forget_after"]["N"]) - NOON.timestamp()) / 86_400
    assert days == 400
    assert set(lock) == {"pk", "sk", "fence", "forget_after"}
    assert set(pointer) == {"pk", "sk", "serial", "key", "sha256"}
