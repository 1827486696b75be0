"""What an operator sees in Temporal's Web UI and does with its buttons, asked through the server's API as it does."""

import asyncio
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from panka.workflows.messages import ABORT, APPROVE, ORDERS, PROGRESS, REPORT, RETRY, SKIP, Phase, Result
from plugins.runs import Place, resource, result, until

DIAMOND = (resource("a"), resource("b", "a"), resource("c", "a"), resource("d", "b", "c"))
Handle = WorkflowHandle[Any, Result]


async def metadata(handle: Handle) -> WorkflowMetadata:
    """What the page *User Metadata* asks for."""
    said: WorkflowMetadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return said


async def details(handle: Handle) -> list[str]:
    """The lines of the current details."""
    return (await metadata(handle)).current_details.splitlines()


async def paused(place: Place, *addresses: str) -> Handle:
    place.sky.refuse.update(addresses)
    handle = await place.start(place.plan(*DIAMOND), on_failure="pause")
    await until(place, handle, Phase.PAUSED)
    return handle


async def test_the_details_of_a_run_name_what_runs(place: Place) -> None:
    place.sky.hold["b:main"] = asyncio.Event()
    place.sky.began["b:main"] = asyncio.Event()
    handle = await place.start(place.plan(*DIAMOND))
    await asyncio.wait_for(place.sky.began["b:main"].wait(), 60)
    async with asyncio.timeout(60):
        while "**forward** 2 of 4 steps have ended." not in await details(handle):  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.05)

    lines = await details(handle)
    place.sky.hold["b:main"].set()
    await result(handle)

    assert lines[2:4] == ["| runs | since (UTC) |", "|:---|:---|"]
    assert [line.split("`")[1] for line in lines[4:]] == ["b:main"]


async def test_the_details_of_a_paused_run_say_what_failed_and_how_to_answer(place: Place) -> None:
    handle = await paused(place, "b:main")

    lines = await details(handle)
    await handle.signal(ABORT)

    assert lines[0] == "**paused** 3 of 4 steps have ended. 1 failed."
    assert "| `b:main`\N{EM SPACE} | any:create AccessDenied: You may not. |" in lines
    stack = place.scope.stack
    assert f"- In a terminal: `panka retry {stack} -t acme -e prod` (or `skip`, or `abort`)" in lines
    assert lines[-1] == (
        "- Here: *More Actions*, *Send an Update*: `retry`, `skip`, `abort` "
        'with `{"by": "your name"}`; `"keys": ["b:main"]` names one'
    )


async def test_the_details_of_an_ended_run_say_how_it_ended(place: Place) -> None:
    place.sky.refuse.add("d:main")
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)

    lines = await details(handle)

    assert lines[0] == "**ended** Run 1 rolled back: d:main: any:create AccessDenied: You may not. (request req-1)"
    assert lines[-1] == f"`panka show {place.scope.stack}#1 -t acme -e prod` tells more."


async def test_many_failures_stay_within_what_temporal_takes(place: Place) -> None:
    names = [f"n{index}-{'x' * 40}" for index in range(120)]
    place.sky.refuse.update(f"{name}:main" for name in names)
    handle = await place.start(place.plan(*map(resource, names)), on_failure="keep")
    await result(handle)

    said = (await metadata(handle)).current_details

    assert "| 70 more | |" in said
    assert len(said) < 20_000


async def test_the_dialog_offers_the_answers_with_what_each_does(place: Place) -> None:
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)

    offered = (await metadata(handle)).definition

    updates = {one.name: one.description for one in offered.update_definitions}
    assert updates == {one.name: one.description for one in offered.signal_definitions if one.name != REPORT}
    assert updates == {
        ABORT: "End the run: take back what it did, or keep it.",
        APPROVE: "Approve of the plan, or of the next level.",
        RETRY: "Try failed steps again.",
        SKIP: "Go on without failed steps and what waits for them.",
    }


async def test_activities_are_called_by_their_addresses_and_say_what_they_do(place: Place) -> None:
    place.sky.refuse.add("d:main")
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)

    summaries = {}
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            id = event.activity_task_scheduled_event_attributes.activity_id
            summaries[id] = event.user_metadata.summary.data.decode().strip('"')

    assert summaries["b:main"] == "create b:main (SQS)"
    assert summaries["undo b:main"] == "undo create b:main"
    assert summaries["lock"] == "keep the lock"
    assert all(summaries.values())


@pytest.mark.parametrize("said", [None, {}, {"by": "ana"}, {"by": "ana", "keys": ["b:main"]}], ids=repr)
async def test_an_update_that_was_typed_by_hand_is_taken(place: Place, said: Any) -> None:
    handle = await paused(place, "b:main")
    place.sky.refuse.clear()

    await handle.execute_update(RETRY, args=[] if said is None else [said])

    assert (await result(handle)).result == "succeeded"
    who = (said or {}).get("by", "the Web UI")
    assert place.archive.entries(place.scope)[0].said == (f"{who}: retry b:main",)


MISTAKES = [
    ("now", "the data (Input should be a valid dictionary"),
    ({"by": "ana", "key": ["b:main"]}, "key (Extra inputs are not permitted)"),
    ({"by": "ana", "keys": "b:main"}, "keys (Input should be a valid tuple)"),
    ({"by": 7}, "by (Input should be a valid string)"),
    ({"keys": ["a:main"]}, "a:main has not failed. What has: b:main."),
]


@pytest.mark.parametrize(("said", "reason"), MISTAKES, ids=lambda one: repr(one)[:30])
async def test_an_update_that_does_not_fit_is_refused_with_the_reason(place: Place, said: Any, reason: str) -> None:
    handle = await paused(place, "b:main")

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(RETRY, said)

    assert reason in str(refused.value.cause)
    assert "Traceback" not in str(refused.value.cause)
    assert (await place.progress(handle)).phase is Phase.PAUSED
    await handle.signal(ABORT)
    await result(handle)


@pytest.mark.parametrize(("said", "reason"), MISTAKES, ids=lambda one: repr(one)[:30])
async def test_a_signal_that_does_not_fit_is_passed_over_and_the_details_say_why(
    place: Place, said: Any, reason: str
) -> None:
    handle = await paused(place, "b:main")

    await handle.signal(SKIP, said)
    lines = await details(handle)

    assert lines[2].startswith("The signal `skip` was passed over: ")
    assert reason in lines[2]
    place.sky.refuse.clear()
    await handle.signal(RETRY, {"by": "ana"})
    assert (await result(handle)).result == "succeeded"


@pytest.mark.parametrize("name", [APPROVE, RETRY, SKIP, ABORT, REPORT, ORDERS, "something"])
@pytest.mark.parametrize("args", [[], ["now"], [{}]], ids=repr)
async def test_no_signal_breaks_a_run(place: Place, name: str, args: list[Any]) -> None:
    place.sky.hold["a:main"] = asyncio.Event()
    place.sky.began["a:main"] = asyncio.Event()
    handle = await place.start(place.plan(*DIAMOND))
    await asyncio.wait_for(place.sky.began["a:main"].wait(), 60)

    await handle.signal(name, args=args)
    place.sky.hold["a:main"].set()

    assert (await asyncio.wait_for(result(handle), 60)).result == "succeeded"


async def test_the_query_of_a_run_needs_no_argument(place: Place) -> None:
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)

    told = await handle.query(PROGRESS)

    assert told["result"]["result"] == "succeeded"


async def test_a_retried_failure_counts_no_more_in_the_search(place: Place) -> None:
    place.sky.refuse.add("b:main")
    handle = await place.start(place.plan(*DIAMOND), on_failure="pause", attributes=True)
    await until(place, handle, Phase.PAUSED)
    before = (await handle.describe()).search_attributes
    place.sky.refuse.clear()

    await handle.signal(RETRY)
    await result(handle)
    after = (await handle.describe()).search_attributes

    assert (before["PankaFailed"], before["PankaPhase"]) == ([1], ["paused"])
    assert (after["PankaFailed"], after["PankaPhase"]) == ([0], ["ended"])


async def test_a_failure_is_told_without_the_python_that_raised_it(place: Place) -> None:
    place.sky.refuse.add("b:main")
    handle = await place.start(place.plan(*DIAMOND))
    await result(handle)

    failures = [
        event.activity_task_failed_event_attributes.failure
        async for event in handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED
    ]

    assert [one.message for one in failures] == ["any:create AccessDenied: You may not. (request req-1)"]
    assert [(one.stack_trace, one.HasField("cause")) for one in failures] == [("", False)]


async def test_a_run_that_restores_what_was_recorded_is_found_like_any_other(place: Place) -> None:
    await place.apply(resource("a"))
    place.sky.resources["a:main#1"]["DelaySeconds"] = 5

    found = await place.drift(reconcile=True, attributes=True)

    run = await place.client.get_workflow_handle(str(place.scope)).describe()
    assert found.run is not None
    assert run.search_attributes["PankaStack"] == [place.scope.stack]
    assert run.search_attributes["PankaOperation"] == ["apply"]
    assert run.search_attributes["PankaPhase"] == ["ended"]
