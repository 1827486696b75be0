"""What is on record of a run that has ended: when its steps were at work, and a report for people."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from temporalio.client import Client

from panka.activities.archive import Archive
from panka.activities.aws.errors import AwsError, Cause
from panka.activities.stores.memory import MemoryLocks, MemoryStore
from panka.planner.formats import Newer
from panka.planner.history import FORMAT, Entry
from panka.planner.journal import Part
from panka.planner.render.filling import of_run
from panka.planner.render.html import html
from panka.planner.state import Pointer
from panka.workflows.ports import CHECKPOINT, STEP, Lease
from plugins.runs import Place, resource
from plugins.world import until

DIAMOND = (resource("a"), resource("b", "a"), resource("c", "a"), resource("d", "b", "c"))


class NoReports(MemoryStore):
    """A store that has no room for reports, or has something else in their place."""

    def __init__(self, instead: bytes | None) -> None:
        super().__init__()
        self._instead = instead

    def put(self, key: str, body: bytes) -> None:
        if "/reports/" in key and self._instead is None:
            raise OSError("The store is full.")
        super().put(key, self._instead if "/reports/" in key and self._instead is not None else body)
        if "/reports/" in key:
            super().put(key, body)


class LastReplyLost(MemoryLocks):
    """The reply to the move that ends a run is lost, after a while in which whoever keeps the lock finds it free."""

    lost = False

    def move(self, lease: Lease, expected: Pointer | None, to: Pointer, *, release: bool = False) -> None:
        super().move(lease, expected, to, release=release)
        if release and not self.lost:
            self.lost = True
            time.sleep(1.5)
            raise OSError("The reply was lost.")


@pytest.fixture(params=[None, b"something else"], ids=["full", "taken"])
async def without(
    temporal: Client, threads: ThreadPoolExecutor, request: pytest.FixtureRequest
) -> AsyncIterator[Place]:
    place = Place(temporal, threads)
    place.archive = Archive(NoReports(request.param))
    async with place.worker():
        yield place


async def page(place: Place, run: int) -> str:
    """The report that a run has left, which comes soon after its end."""
    key = f"tenants/acme/stacks/{place.scope.stack}/prod/reports/{run:08d}.html"
    await until(lambda: place.archive._objects.keys(key) != [], 30, "the report")
    return place.archive._objects.get(key).decode()


async def test_the_record_says_when_each_step_was_at_work(place: Place) -> None:
    await place.apply(*DIAMOND)

    entry = place.archive.entry(place.scope, 1)

    spans = entry.spans
    assert spans.keys() == {"a:main", "b:main", "c:main", "d:main"}
    assert all(span.began <= span.ended and span.tries == 1 for span in spans.values())
    assert all(
        spans[needed].ended <= spans[one].began + 0.5 for needed, one in (("a:main", "b:main"), ("b:main", "d:main"))
    )
    started, finished = (datetime.fromisoformat(said).timestamp() for said in (entry.started, entry.finished))
    assert all(started - 1 <= span.began and span.ended <= finished + 2 for span in spans.values())


async def test_what_was_tried_again_is_counted_from_its_first_try(place: Place) -> None:
    place.sky.lose["b:main"] = 1

    await place.apply(*DIAMOND)

    entry = place.archive.entry(place.scope, 1)
    assert entry.spans["b:main"].tries == 2
    assert entry.spans["b:main"].seconds > dict(entry.steps)["b:main"]


async def test_a_failure_says_when_and_after_how_many_tries(place: Place) -> None:
    place.sky.lose["d:main"] = 1
    place.sky.unread["d:main#1"] = AwsError(Cause.FINAL, "AccessDenied", "You may not.", "any:Read")

    await place.apply(*DIAMOND, on_failure="keep")

    failure = place.archive.entry(place.scope, 1).failures[0]
    assert failure.key == "d:main"
    assert failure.span is not None
    assert failure.span.tries == 2
    assert 0 < failure.span.seconds < 120


async def test_of_a_run_in_shards_as_much_is_known(place: Place) -> None:
    place.sky.refuse.add("d:main")

    await place.apply(*DIAMOND, on_failure="keep", most=2, shard_size=2)

    entry = place.archive.entry(place.scope, 1)
    assert entry.spans.keys() == {"a:main", "b:main", "c:main"}
    assert entry.failures[0].span is not None


@pytest.mark.parametrize("fails", [False, True], ids=["succeeds", "fails"])
async def test_a_run_leaves_the_report_that_its_record_makes(place: Place, fails: bool) -> None:
    place.sky.refuse |= {"d:main"} if fails else set()
    plan = place.plan(*DIAMOND)

    await place.run(plan)

    left = await page(place, 1)
    assert left == html(of_run(plan, place.archive.entry(place.scope, 1)))
    assert ("any:create AccessDenied: You may not. (request req-1)" in left) is fails


async def test_no_run_fails_for_the_lack_of_a_report(without: Place) -> None:
    ended = await without.apply(*DIAMOND)

    assert ended.result == "succeeded"
    assert without.archive.entry(without.scope, 1).result == "succeeded"
    without.assert_settled()


OLD = (
    '{"format":1,"run":4,"kind":"apply","plan":"p-1","by":"ana","git":"","started":"2026-11-23T10:00:00Z",'
    '"finished":"2026-11-23T10:00:09Z","result":"succeeded","changes":{"create":1},"steps":[["a:main",1.5]],'
    '"failures":[{"key":"b:main","place":"","message":"no"}],"approvedBy":"","said":[]}'
)


def test_the_line_of_an_earlier_run_is_read_and_makes_a_report(place: Place) -> None:
    entry = Entry.read(OLD.encode())

    said = html(of_run(place.plan(*DIAMOND), entry))

    assert entry.format == FORMAT
    assert entry.steps == (("a:main", 1.5),)
    assert "Run #4" in said


def test_what_a_newer_version_wrote_is_refused_by_name() -> None:
    with pytest.raises(Newer, match="history of a run is of format 99"):
        Entry.read(OLD.replace('"format":1', '"format":99').encode())


def test_a_part_of_a_journal_of_before_is_read() -> None:
    old = b'{"format":4,"done":[{"key":"a:main","id":"q","seconds":1.5}],"undone":[],"never":[]}'

    assert Part.read(old).done[0].span is None


async def test_what_ends_within_a_moment_is_written_together_and_waits_for_nothing_slow(place: Place) -> None:
    many = [resource(f"quick{number:02}") for number in range(30)]
    place.sky.hold["slow:main"] = asyncio.Event()
    handle = await place.start(place.plan(*many, resource("slow")))

    await until(lambda: len(place.state.resources) == len(many) if place.state else False, 30, "all that is quick")
    place.sky.hold["slow:main"].set()
    await handle.result()

    named = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in (await handle.fetch_history()).events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    assert named.count(STEP.name) == len(many) + 1
    assert named.count(CHECKPOINT.name) < len(many) / 3


async def test_a_run_whose_end_is_recorded_has_succeeded_whoever_finds_its_lock_free(
    temporal: Client, threads: ThreadPoolExecutor
) -> None:
    place = Place(temporal, threads)
    place.locks = LastReplyLost(lambda: datetime.now(UTC))
    async with place.worker():
        ended = await place.apply(*DIAMOND, lock_ttl=0.6)

    assert place.locks.lost
    assert (ended.result, ended.failures) == ("succeeded", ())
    place.assert_settled()
