"""A large state while a run goes on: what each checkpoint writes, and that nobody who reads it sees a difference."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from panka.activities.archive import Archive, Damaged
from panka.activities.fencing import Fences
from panka.activities.state import StateActivities
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.planner.assemble import make_plan
from panka.planner.formats import Newer
from panka.planner.history import Entry
from panka.planner.journal import Part
from panka.planner.owner import Scope
from panka.planner.plan import PlanRef
from panka.planner.record import Outcome, conclude, fold, withdraw
from panka.planner.state import Pointer, State, Target
from panka.workflows.ports import Checkpoint, Ending, Lease, Opened, Opening, Portion
from plugins.runs import TARGET, resource

SCOPE = Scope(tenant="acme", stack="large", environment="prod")
COUNT = 300
THEN = "2026-11-23T10:00:00Z"


class Room:
    """A stack of many queues whose run has been announced."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.locks = MemoryLocks(lambda: datetime.now(UTC))
        self.archive = Archive(self.store)
        threads = ThreadPoolExecutor(4)

        async def account(_lease: Lease, target: Target) -> str:
            return target.account

        self.activities = StateActivities(
            self.archive, self.locks, Fences(self.locks, threads), account, threads, lambda _type: True
        )
        resources = {one.address: one for one in (resource(f"q{index}") for index in range(COUNT))}
        self.plan = make_plan(SCOPE, TARGET, resources, {}, None, None)
        self.ref: PlanRef = self.archive.save_plan(self.plan)
        lease = self.locks.acquire(SCOPE, "run", who="ana", operation="apply", ttl=60)
        assert isinstance(lease, Lease)
        self.lease = lease

    async def open(self) -> Opened:
        opening = Opening(lease=self.lease, plan=self.ref, kind="apply", by="ana", started="then", most=2_000, size=500)
        return await ActivityEnvironment().run(self.activities.open, opening)

    async def take(self, base: Pointer, first: int, last: int) -> Pointer:
        return await ActivityEnvironment().run(self.activities.checkpoint, self.checkpoint(base, first, last))

    def checkpoint(self, base: Pointer, first: int, last: int) -> Checkpoint:
        done = outcomes(first, last)
        return Checkpoint(lease=self.lease, plan=self.ref, base=base, done=done, results=last - first)

    async def end(self, base: Pointer, first: int, last: int) -> Pointer:
        said = {"run": 1, "kind": "apply", "plan": self.plan.id, "by": "ana", "changes": {}, "result": "succeeded"}
        entry = Entry.model_validate(said | {"started": THEN, "finished": THEN})
        ending = Ending(**dict(self.checkpoint(base, first, last)), entry=entry)
        await ActivityEnvironment().run(self.activities.close, ending)
        pointer = self.locks.pointer(SCOPE)
        assert pointer is not None
        return pointer

    def bytes(self, pointer: Pointer) -> int:
        return len(self.store.get(pointer.key))

    def read(self, pointer: Pointer) -> State:
        """As somebody reads it who remembers nothing."""
        return Archive(self.store).state(pointer)


def outcomes(first: int, last: int) -> tuple[Outcome, ...]:
    return tuple(Outcome(key=f"q{index}:main", id=f"id-{index}") for index in range(first, last))


@pytest.fixture
def room() -> Room:
    return Room()


async def test_a_checkpoint_of_a_large_state_writes_what_is_new(room: Room) -> None:
    opened = await room.open()

    first = await room.take(opened.state, 0, 2)
    second = await room.take(first, 2, 4)

    whole = fold(room.read(opened.state), room.plan, outcomes(0, 4), ())
    assert room.bytes(second) < room.bytes(opened.state) / 50
    assert room.read(second) == whole
    assert room.locks.pointer(SCOPE) == second


async def test_a_checkpoint_whose_reply_was_lost_is_the_same_again(room: Room) -> None:
    opened = await room.open()
    first = await room.take(opened.state, 0, 2)

    again = await room.take(opened.state, 0, 2)

    assert again == first
    assert len(room.read(again).resources) == 2


async def test_the_state_is_written_whole_at_the_end(room: Room) -> None:
    opened = await room.open()
    pointer = await room.take(opened.state, 0, 200)

    end = await room.end(pointer, 200, COUNT)

    announced = room.read(opened.state)
    assert room.read(end) == conclude(fold(announced, room.plan, outcomes(0, COUNT), ()), room.plan, succeeded=True)
    assert "/state/" in end.key


async def test_with_the_last_state_the_history_is_written_and_the_lock_is_free(room: Room) -> None:
    opened = await room.open()

    first = await room.end(opened.state, 0, COUNT)
    again = await room.end(opened.state, 0, COUNT)  # the first reply was lost

    assert again == first
    assert room.locks.holder(SCOPE) is None
    assert [one.result for one in room.archive.entries(SCOPE)] == ["succeeded"]


async def test_whoever_has_lost_the_lock_ends_nothing(room: Room) -> None:
    opened = await room.open()
    room.locks.release(room.lease)

    with pytest.raises(ApplicationError, match="no longer held"):
        await room.end(opened.state, 0, COUNT)

    assert room.locks.pointer(SCOPE) == opened.state


async def test_a_body_is_the_canonical_json_of_its_state(room: Room) -> None:
    pointer = await room.end((await room.open()).state, 0, 3)

    body = room.store.get(pointer.key)

    plain = room.read(pointer).model_dump(mode="json", by_alias=True)
    assert len(plain["resources"]) == 3
    assert body == json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


async def test_the_state_is_written_whole_when_more_is_new_than_it_has(room: Room) -> None:
    opened = await room.open()
    pointer = opened.state
    keys = []
    for _ in range(2):
        for first in range(0, COUNT, 100):
            pointer = await room.take(pointer, first, first + 100)
            keys.append("/state/" in pointer.key)

    assert keys == [False, False, False, False, True, False]


async def test_what_shards_have_filed_counts_once_a_checkpoint_names_it(room: Room) -> None:
    opened = await room.open()
    portion = Portion(lease=room.lease, run=opened.run, done=outcomes(0, 2), never=("q7:main",))
    filed = await ActivityEnvironment().run(room.activities.file, portion)
    assert room.read(room.locks.pointer(SCOPE) or opened.state).resources == {}

    checkpoint = Checkpoint(lease=room.lease, plan=room.ref, base=opened.state, parts=(filed,), results=2)
    pointer = await ActivityEnvironment().run(room.activities.checkpoint, checkpoint)

    announced = room.read(opened.state)
    assert room.read(pointer) == withdraw(fold(announced, room.plan, outcomes(0, 2), ()), room.plan, ["q7:main"])


async def test_a_part_that_is_not_what_the_journal_names_is_refused(room: Room) -> None:
    opened = await room.open()
    filed = room.archive.save_part(SCOPE, opened.run, Part(done=outcomes(0, 1)))
    checkpoint = Checkpoint(
        lease=room.lease,
        plan=room.ref,
        base=opened.state,
        parts=(filed.model_copy(update={"sha256": "0" * 64}),),
        results=1,
    )
    pointer = await ActivityEnvironment().run(room.activities.checkpoint, checkpoint)

    with pytest.raises(Damaged, match="does not hold what its reference names"):
        room.read(pointer)


async def test_somebody_who_knows_bodies_only_refuses_a_journal(room: Room) -> None:
    opened = await room.open()
    pointer = await room.take(opened.state, 0, 2)

    with pytest.raises(Newer):
        State.read(room.store.get(pointer.key))
