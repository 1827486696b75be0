"""Runs on a real Temporal server: order, record, failures, rollback, cancel, lost replies, lost locks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError

from panka.planner.blocks import Blocks
from panka.planner.owner import Owner
from panka.planner.plan import Action
from panka.planner.resource import Address, PhysicalName, Resource
from panka.planner.state import Recorded, State
from panka.workflows.messages import EventKind, Phase
from plugins.runs import Place, resource, result

DIAMOND = (resource("a"), resource("b", "a"), resource("c", "a"), resource("d", "b", "c"))


async def test_every_resource_is_made_after_what_it_needs_and_recorded(place: Place) -> None:
    ended = await place.apply(*DIAMOND)

    order = [address for _, address in place.sky.calls]
    assert ended.result == "succeeded"
    assert order[0] == "a:main"
    assert order[-1] == "d:main"
    assert place.state is not None
    assert set(place.state.resources) == {"a:main", "b:main", "c:main", "d:main"}
    place.assert_settled()


async def test_a_step_starts_when_its_own_dependencies_are_done(place: Place) -> None:
    place.sky.hold["slow:main"] = asyncio.Event()
    place.sky.began["after:main"] = asyncio.Event()
    run = asyncio.create_task(place.apply(resource("slow"), resource("quick"), resource("after", "quick")))

    await asyncio.wait_for(place.sky.began["after:main"].wait(), 20)
    place.sky.hold["slow:main"].set()

    assert (await run).result == "succeeded"


async def test_the_window_bounds_what_runs_at_once(place: Place) -> None:
    await place.apply(*(resource(f"n{index}") for index in range(12)), window=3)

    assert place.sky.peak <= 3


async def test_values_reach_those_who_refer_to_them(place: Place) -> None:
    jobs = resource("jobs")
    topic = Resource(Address("news:main"), "AWS::SNS::Topic", {"DisplayName": jobs.ref("Arn")}, "SNS")

    plan = place.plan(jobs, topic, outputs={"url": jobs.ref("QueueUrl")})
    await place.run(plan)

    assert place.state is not None
    assert place.state.resources["news:main"].properties["DisplayName"] == "arn:jobs:main#1"
    assert place.state.outputs == {"url": "https://jobs:main#1"}


async def test_a_second_plan_after_a_run_is_empty(place: Place) -> None:
    await place.apply(*DIAMOND)

    assert place.plan(*DIAMOND).empty


async def test_update_replace_and_delete_go_through_their_phases(place: Place) -> None:
    def table(key: str) -> Resource:
        return Resource(
            Address("t:main"),
            "AWS::DynamoDB::Table",
            {"KeySchema": [key]},
            "DynamoDB",
            name=PhysicalName("TableName", 99),
        )

    await place.apply(resource("q", VisibilityTimeout=1), table("a"), resource("old"))
    place.sky.calls.clear()

    await place.apply(resource("q", VisibilityTimeout=2), table("b"))

    assert sorted(place.sky.calls[:2]) == [("create", "t:main"), ("update", "q:main")]
    assert sorted(place.sky.calls[2:]) == [("delete", "old:main"), ("delete", "t:main")]
    assert "t:main#2" in place.sky.resources
    place.assert_settled()


async def test_destroy_leaves_nothing_dependents_first(place: Place) -> None:
    await place.apply(*DIAMOND)
    place.sky.calls.clear()

    ended = await place.run(place.plan(destroy=True))

    assert ended.result == "succeeded"
    assert place.sky.calls[0] == ("delete", "d:main")
    assert place.sky.calls[-1] == ("delete", "a:main")
    assert place.sky.resources == {}
    place.assert_settled()


async def test_a_failure_skips_only_what_waits_for_it(place: Place) -> None:
    place.sky.refuse.add("b:main")

    ended = await place.apply(*DIAMOND, resource("free"), on_failure="keep")

    assert ended.result == "failed"
    assert [(one.key, "AccessDenied" in one.message) for one in ended.failures] == [("b:main", True)]
    assert place.sky.addresses() == ["a:main", "c:main", "free:main"]
    assert place.state is not None
    assert [one.address for one in place.state.intended] == ["b:main"]


async def test_a_mistake_of_a_provider_ends_its_step_and_is_told_as_one(place: Place) -> None:
    place.sky.stumble.add("b:main")

    ended = await place.apply(*DIAMOND)

    assert ended.result == "rolled back"
    (failure,) = ended.failures
    assert failure.key == "b:main"
    assert failure.message.startswith("This is a defect in Panka: KeyError at tests/plugins/clouds.py:")
    assert "BucketName" not in failure.message
    assert "traceback from the worker's log" in failure.message
    assert place.sky.calls.count(("create", "b:main")) == 3


async def test_the_run_after_a_failure_makes_only_the_rest(place: Place) -> None:
    place.sky.refuse.add("b:main")
    await place.apply(*DIAMOND, on_failure="keep")
    place.sky.refuse.clear()
    place.sky.calls.clear()

    ended = await place.apply(*DIAMOND)

    assert ended.result == "succeeded"
    assert [address for _, address in place.sky.calls] == ["b:main", "d:main"]
    place.assert_settled()


def untimed(state: State | None) -> dict[str, Recorded]:
    """What is on record of resources but for the time that they took."""
    assert state is not None
    return {address: one.model_copy(update={"took": {}}) for address, one in state.resources.items()}


async def test_a_failed_run_is_rolled_back_to_exactly_what_was(place: Place) -> None:
    await place.apply(resource("q", VisibilityTimeout=1), resource("kept"))
    before = dict(place.sky.resources)
    recorded = untimed(place.state)
    place.sky.refuse.add("bad:main")

    ended = await place.apply(
        resource("q", VisibilityTimeout=2), resource("kept"), resource("new"), resource("bad", "q", "new")
    )

    assert ended.result == "rolled back"
    assert place.sky.resources == before
    assert untimed(place.state) == recorded
    place.assert_settled()


async def test_nothing_old_is_deleted_when_something_new_fails(place: Place) -> None:
    await place.apply(resource("old"))
    place.sky.refuse.add("new:main")

    await place.apply(resource("new"))

    assert ("delete", "old:main") not in place.sky.calls


async def test_a_lost_reply_makes_no_second_resource(place: Place) -> None:
    place.sky.lose["a:main"] = 2

    ended = await place.apply(*DIAMOND)

    assert ended.result == "succeeded"
    place.assert_settled()


async def test_a_cancelled_run_lets_what_runs_settle_and_goes_back(place: Place) -> None:
    place.sky.hold["a:main"] = asyncio.Event()
    place.sky.began["a:main"] = asyncio.Event()
    handle = await place.start(place.plan(*DIAMOND))
    await asyncio.wait_for(place.sky.began["a:main"].wait(), 20)

    await handle.cancel()
    await handle.cancel()
    await asyncio.sleep(0.5)
    place.sky.hold["a:main"].set()
    ended = await result(handle)

    assert ended.result == "cancelled"
    assert place.sky.resources == {}
    place.assert_settled()


async def test_a_terminated_run_is_ended_by_the_next_one_even_with_a_create_in_flight(place: Place) -> None:
    place.sky.hold["a:main"] = asyncio.Event()
    place.sky.began["a:main"] = asyncio.Event()
    handle = await place.start(place.plan(*DIAMOND))
    await asyncio.wait_for(place.sky.began["a:main"].wait(), 20)

    await handle.terminate("by hand")
    place.sky.hold["a:main"].set()
    stuck = place.state
    ended = await place.apply(*DIAMOND)

    assert stuck is not None
    assert stuck.operation is not None
    assert ended.result == "succeeded"
    assert place.sky.calls.count(("create", "a:main")) == 1
    place.assert_settled()


async def test_a_second_run_of_the_same_stack_is_refused_by_temporal(place: Place) -> None:
    place.sky.hold["a:main"] = asyncio.Event()
    plan = place.plan(resource("a"))
    handle = await place.start(plan)

    with pytest.raises(WorkflowAlreadyStartedError):
        await place.start(plan)
    place.sky.hold["a:main"].set()

    assert (await result(handle)).result == "succeeded"


async def test_a_plan_is_refused_once_the_state_has_moved_on(place: Place) -> None:
    stale = place.plan(resource("a"))
    await place.apply(resource("b"))

    ended = await place.run(stale)

    assert ended.result == "failed"
    assert "Plan again" in ended.message
    assert place.sky.addresses() == ["b:main"]
    place.assert_settled()


async def test_credentials_of_another_account_change_nothing(place: Place) -> None:
    place.account = "999999999999"

    ended = await place.apply(resource("a"))

    assert "999999999999" in ended.message
    assert place.sky.calls == []
    assert place.state is None


@pytest.mark.parametrize("destroy", [True, False], ids=["destroy", "change"])
async def test_a_step_with_credentials_of_another_account_takes_nothing_for_deleted(
    place: Place, *, destroy: bool
) -> None:
    await place.apply(resource("jobs"))
    before = place.state
    (there,) = place.sky.resources
    wanted = [] if destroy else [resource("jobs", VisibilityTimeout=5)]
    plan = place.plan(*wanted, destroy=destroy)
    hidden = place.sky.resources.pop(there)  # as in the other account, where it never was
    place.account_of_steps = "999999999999"

    ended = await place.run(plan)

    assert ended.result == "failed"
    assert "the worker's credentials are for 999999999999" in ended.failures[0].message
    assert place.state is not None
    assert before is not None
    assert place.state.resources == before.resources
    place.sky.resources[there] = hidden


async def test_a_type_that_no_provider_makes_refuses_the_whole_plan_before_any_change(
    temporal: Client, threads: ThreadPoolExecutor
) -> None:
    place = Place(temporal, threads, types=frozenset({"AWS::SQS::Queue"}))
    topic = Resource(Address("news:main"), "AWS::SNS::Topic", {}, "SNS")

    async with place.worker():
        ended = await place.apply(resource("a"), topic)

    assert "AWS::SNS::Topic (news:main)" in ended.message
    assert place.sky.calls == []


async def test_a_lock_held_elsewhere_names_its_holder(place: Place) -> None:
    place.locks.acquire(place.scope, "elsewhere/run", who="leo", operation="apply", ttl=60)

    ended = await place.apply(resource("a"))

    assert "leo" in ended.message
    assert place.sky.calls == []


async def test_a_run_that_loses_its_lock_changes_nothing_more(place: Place) -> None:
    place.sky.hold["a:main"] = asyncio.Event()
    place.sky.began["a:main"] = asyncio.Event()
    handle = await place.start(place.plan(*DIAMOND))
    await asyncio.wait_for(place.sky.began["a:main"].wait(), 20)
    held = place.locks.holder(place.scope)
    taken = place.locks.acquire(place.scope, "other", who="leo", operation="apply", ttl=60, over=held)

    await asyncio.sleep(0.5)  # longer than one look at the lock serves
    place.sky.hold["a:main"].set()
    ended = await result(handle)

    assert ended.result == "failed"
    assert place.sky.calls == [("create", "a:main")]
    assert place.locks.holder(place.scope) is not None
    assert taken.owner == "other"


async def test_the_story_tells_every_step_once_and_only_what_is_new(place: Place) -> None:
    plan = place.plan(*DIAMOND)
    handle = await place.start(plan)
    await result(handle)

    whole = await place.progress(handle)
    rest = await place.progress(handle, whole.seen - 1)

    done = [event.key for event in whole.events if event.kind is EventKind.DONE]
    assert sorted(done) == ["a:main", "b:main", "c:main", "d:main"]
    assert whole.plan.id == plan.id
    assert (whole.total, whole.finished, whole.phase) == (4, 4, Phase.ENDED)
    assert len(rest.events) == 1
    assert whole.result is not None


async def test_the_history_says_who_did_what(place: Place) -> None:
    await place.apply(*DIAMOND, git="3f2c1a9")

    (entry,) = place.archive.entries(place.scope)

    assert (entry.run, entry.by, entry.git, entry.result) == (1, "ana", "3f2c1a9", "succeeded")
    assert entry.changes == {Action.CREATE: 4}


async def test_a_run_goes_on_when_its_workflow_leaves_every_cache(
    temporal: Client, threads: ThreadPoolExecutor
) -> None:
    place = Place(temporal, threads)
    place.sky.refuse.add("d:main")

    async with place.worker(max_cached_workflows=0):
        ended = await place.apply(*DIAMOND)

    assert ended.result == "rolled back"
    assert place.sky.resources == {}


async def test_another_worker_takes_over_a_run(temporal: Client, threads: ThreadPoolExecutor) -> None:
    place = Place(temporal, threads)
    place.sky.hold["b:main"] = asyncio.Event()
    place.sky.began["b:main"] = asyncio.Event()

    async with place.worker():
        handle = await place.start(place.plan(*DIAMOND))
        await asyncio.wait_for(place.sky.began["b:main"].wait(), 20)
    place.sky.hold["b:main"].set()
    async with place.worker():
        ended = await result(handle)

    assert ended.result == "succeeded"
    place.assert_settled()


async def test_an_import_takes_over_what_exists_and_a_rename_keeps_it(place: Place) -> None:
    place.sky.resources["legacy"] = {"QueueName": "legacy", "VisibilityTimeout": 1}
    place.sky.owners["legacy"] = Owner(scope=place.scope, address="nobody:main", generation=1)

    await place.run(place.plan(resource("jobs", VisibilityTimeout=2), blocks=Blocks(imports={"jobs:main": "legacy"})))
    moved = place.plan(resource("tasks", VisibilityTimeout=2), blocks=Blocks(moved={"jobs": "tasks"}))
    ended = await place.run(moved)

    live = place.sky.resources["legacy"]
    assert ended.result == "succeeded"
    assert (live["QueueName"], live["VisibilityTimeout"]) == ("legacy", 2)
    assert {"Key": "panka:address", "Value": "tasks:main"} in live["Tags"]
    assert place.plan(resource("tasks", VisibilityTimeout=2)).empty
    place.assert_settled()


async def test_an_import_that_is_taken_back_leaves_the_resource_as_it_was(place: Place) -> None:
    before = {"QueueName": "legacy", "VisibilityTimeout": 1}
    place.sky.resources["legacy"] = dict(before)
    place.sky.owners["legacy"] = Owner(scope=place.scope, address="nobody:main", generation=1)
    place.sky.refuse.add("after:main")
    wanted = (resource("jobs", VisibilityTimeout=2), resource("after", "jobs"))

    ended = await place.run(place.plan(*wanted, blocks=Blocks(imports={"jobs:main": "legacy"})))

    assert ended.result == "rolled back"
    assert place.sky.resources == {"legacy": before}
    assert place.state is not None
    assert place.state.resources == {}


async def test_an_import_of_what_could_only_be_replaced_is_refused(place: Place) -> None:
    place.sky.resources["legacy"] = {"QueueName": "legacy", "FifoQueue": True}
    place.sky.owners["legacy"] = Owner(scope=place.scope, address="nobody:main", generation=1)

    blocks = Blocks(imports={"jobs:main": "legacy"})
    ended = await place.run(place.plan(resource("jobs", FifoQueue=False), blocks=blocks))

    assert "FifoQueue cannot change in place" in ended.message
    assert place.sky.calls == []
