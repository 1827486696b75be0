"""Runs that wait for people, on a real Temporal server: pauses, decisions, approvals, gates between levels."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from panka.planner.plan import Plan
from panka.planner.state import State
from panka.workflows.messages import (
    ABORT,
    APPROVE,
    RETRY,
    SKIP,
    Approval,
    Decision,
    EventKind,
    Phase,
    Progress,
    Result,
)
from plugins.runs import TARGET, Place, resource, result

DIAMOND = (resource("a"), resource("b", "a"), resource("c", "a"), resource("d", "b", "c"))
Handle = WorkflowHandle[Any, Result]


async def until(place: Place, handle: Handle, phase: Phase, *, failures: int = 0) -> Progress:
    """The run's progress once it is in a phase and has told of so many failures."""
    async with asyncio.timeout(30):
        while True:
            progress = await place.progress(handle)
            failed = [event for event in progress.events if event.kind is EventKind.FAILED]
            if progress.phase is phase and len(failed) >= failures:
                return progress
            await asyncio.sleep(0.05)


async def paused(place: Place, *, refused: str = "b:main") -> Handle:
    """A run of the diamond that has come to a halt at a refused create."""
    place.sky.refuse.add(refused)
    handle = await place.start(place.plan(*DIAMOND), on_failure="pause")
    await until(place, handle, Phase.PAUSED)
    return handle


async def test_a_paused_run_has_done_the_independent_rest_and_keeps_its_lock(place: Place) -> None:
    handle = await paused(place)

    progress = await place.progress(handle)

    assert progress.failed == ("b:main",)
    assert place.sky.addresses() == ["a:main", "c:main"]
    assert place.locks.holder(place.scope) is not None
    await handle.execute_update(ABORT, Decision(by="ana"))
    assert (await result(handle)).result == "rolled back"


async def test_a_retry_goes_on_where_the_run_stood(place: Place) -> None:
    handle = await paused(place)
    place.sky.refuse.clear()

    await handle.execute_update(RETRY, Decision(by="ana", keys=("b:main",)))
    ended = await result(handle)

    assert ended.result == "succeeded"
    assert ended.failures == ()
    assert place.sky.calls.count(("create", "a:main")) == 1
    progress = await place.progress(handle)
    assert (progress.finished, progress.total) == (4, 4)
    assert [event.text for event in progress.events if event.kind is EventKind.SAID] == ["retry b:main"]
    place.assert_settled()


async def test_a_retry_that_fails_pauses_again(place: Place) -> None:
    handle = await paused(place)

    await handle.execute_update(RETRY, Decision(by="ana"))
    await until(place, handle, Phase.PAUSED, failures=2)
    place.sky.refuse.clear()
    await handle.execute_update(RETRY, Decision(by="ana"))

    assert (await result(handle)).result == "succeeded"


async def test_a_skip_ends_the_run_without_what_failed_and_what_waits_for_it(place: Place) -> None:
    await place.apply(resource("old"))
    handle = await paused(place)

    await handle.execute_update(SKIP, Decision(by="ana"))
    ended = await result(handle)

    assert ended.result == "failed"
    assert [one.key for one in ended.failures] == ["b:main"]
    assert place.sky.addresses() == ["a:main", "c:main", "old:main"], "Nothing old goes before all that is new works."
    (entry, _) = place.archive.entries(place.scope)
    assert entry.said == ("ana: skip b:main",)
    assert place.locks.holder(place.scope) is None


async def test_an_abort_takes_everything_back_or_keeps_it(place: Place) -> None:
    handle = await paused(place)

    await handle.execute_update(ABORT, Decision(by="ana"))
    assert (await result(handle)).result == "rolled back"
    assert place.sky.resources == {}

    handle = await paused(place)
    await handle.execute_update(ABORT, Decision(by="ana", keep=True))
    assert (await result(handle)).result == "failed"
    assert place.sky.addresses() == ["a:main", "c:main"]


async def test_a_cancel_ends_a_paused_run_as_it_is(place: Place) -> None:
    handle = await paused(place)

    await handle.cancel()

    assert (await result(handle)).failures[0].key == "b:main"
    assert place.sky.addresses() == ["a:main", "c:main"]
    assert place.locks.holder(place.scope) is None


async def test_a_decision_about_what_has_not_failed_is_refused_with_what_has(place: Place) -> None:
    handle = await paused(place)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(RETRY, Decision(by="ana", keys=("a:main",)))

    assert "a:main has not failed. What has: b:main." in str(refused.value.cause)
    await handle.execute_update(ABORT, Decision(by="ana"))


async def test_a_bare_signal_from_the_web_ui_decides_too(place: Place) -> None:
    handle = await paused(place)
    place.sky.refuse.clear()

    await handle.signal(APPROVE)  # nothing waits for an approval: it is passed over
    await handle.signal(RETRY)

    assert (await result(handle)).result == "succeeded"
    (entry,) = place.archive.entries(place.scope)
    assert entry.said == ("the Web UI: retry b:main",)


async def test_a_failed_delete_pauses_and_can_be_tried_again(place: Place) -> None:
    await place.apply(resource("old"))
    place.sky.refuse.add("delete old:main")
    handle = await place.start(place.plan(resource("new")), on_failure="pause")
    await until(place, handle, Phase.PAUSED)
    place.sky.refuse.clear()

    await handle.execute_update(RETRY, Decision(by="ana"))

    assert (await result(handle)).result == "succeeded"
    place.assert_settled()


async def waiting(place: Place, plan: Plan, **more: Any) -> Handle:
    handle = await place.start(plan, approval=True, **more)
    await until(place, handle, Phase.APPROVAL)
    return handle


async def test_nothing_is_locked_or_changed_before_somebody_approves(place: Place) -> None:
    plan = place.plan(*DIAMOND)
    handle = await waiting(place, plan)

    assert place.locks.holder(place.scope) is None
    assert place.state is None
    await handle.execute_update(APPROVE, Approval(by="leo", plan=plan.id))

    assert (await result(handle)).result == "succeeded"
    (entry,) = place.archive.entries(place.scope)
    assert (entry.by, entry.approved_by) == ("ana", "leo")


async def test_a_rejected_plan_changes_nothing_and_says_who_rejected_it(place: Place) -> None:
    handle = await waiting(place, place.plan(*DIAMOND))

    await handle.execute_update(APPROVE, Approval(by="leo", approved=False, comment="not on a Friday"))
    ended = await result(handle)

    assert (ended.run, ended.result) == (0, "cancelled")
    assert ended.message == "leo rejected the plan: not on a Friday"
    assert place.sky.calls == []
    assert place.state is None


async def test_the_approval_of_another_plan_is_refused(place: Place) -> None:
    plan = place.plan(*DIAMOND)
    handle = await waiting(place, plan)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(APPROVE, Approval(by="leo", plan="p-000000000000"))

    assert f"The run is about plan {plan.id}" in str(refused.value.cause)
    await handle.cancel()
    assert (await result(handle)).message == "It was cancelled before anybody approved of it."


async def test_a_plan_that_nobody_answers_is_not_carried_out(place: Place) -> None:
    handle = await place.start(place.plan(*DIAMOND), approval=True, patience=0.2)

    assert (await result(handle)).message == "Nobody approved of the plan in time."
    assert place.sky.calls == []


async def test_an_approved_plan_is_still_refused_when_the_state_has_moved_on(place: Place) -> None:
    handle = await waiting(place, place.plan(*DIAMOND))
    lease = place.locks.acquire(place.scope, "elsewhere", who="leo", operation="apply", ttl=60)
    moved = place.archive.save_state(State(lineage="l", serial=1, scope=place.scope, target=TARGET))
    place.locks.move(lease, None, moved)
    place.locks.release(lease)

    await handle.execute_update(APPROVE, Approval(by="leo"))

    assert "Plan again" in (await result(handle)).message


async def test_levels_run_one_after_the_other(place: Place) -> None:
    place.sky.hold["slow:main"] = asyncio.Event()
    place.sky.began["slow:main"] = asyncio.Event()
    wanted = (resource("slow"), resource("quick"), resource("after", "quick"))
    run = asyncio.create_task(place.run(place.plan(*wanted), schedule="levels"))
    await asyncio.wait_for(place.sky.began["slow:main"].wait(), 20)
    await asyncio.sleep(0.5)

    assert place.sky.addresses() == ["quick:main"], "`after` waits for its whole level."
    place.sky.hold["slow:main"].set()

    assert (await run).result == "succeeded"
    place.assert_settled()


async def test_a_failure_in_a_level_starts_no_further_level(place: Place) -> None:
    place.sky.refuse.add("b:main")

    ended = await place.apply(*DIAMOND, schedule="levels", on_failure="keep")

    assert ended.result == "failed"
    assert place.sky.addresses() == ["a:main", "c:main"]


async def test_a_gate_between_levels_opens_for_each(place: Place) -> None:
    handle = await place.start(place.plan(*DIAMOND), schedule="levels", pause_between_levels=True)
    made = []
    for _ in range(2):
        await until(place, handle, Phase.PAUSED)
        made.append(place.sky.addresses())
        await handle.execute_update(APPROVE, Approval(by="ana"))
        await until(place, handle, Phase.PAUSED) if len(made) == 1 else await result(handle)

    assert made == [["a:main"], ["a:main", "b:main", "c:main"]]
    assert (await result(handle)).result == "succeeded"
    place.assert_settled()


async def test_a_closed_gate_takes_back_what_was_done(place: Place) -> None:
    handle = await place.start(place.plan(*DIAMOND), schedule="levels", pause_between_levels=True)
    await until(place, handle, Phase.PAUSED)

    await handle.execute_update(APPROVE, Approval(by="ana", approved=False))

    assert (await result(handle)).result == "rolled back"
    assert place.sky.resources == {}
    place.assert_settled()
