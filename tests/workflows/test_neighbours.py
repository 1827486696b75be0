"""Stacks that use each other may move between a plan and its run: then nothing is changed."""

import pytest

from panka.planner.assemble import make_plan
from panka.planner.neighbours import digest
from panka.planner.state import State, Use
from panka.workflows.ports import Lease
from plugins.runs import TARGET, Place, resource


def record_consumer(place: Place, component: str) -> None:
    """Another stack of the tenant and environment whose record uses the component's name."""
    use = Use(stack=place.scope.stack, component=component, output="name", by="api/news", place="shop.yaml:3:4")
    scope = place.scope.model_copy(update={"stack": "consumer"})
    lease = place.locks.acquire(scope, "w/r", who="leo", operation="apply", ttl=90)
    assert isinstance(lease, Lease)
    state = State(lineage="l", serial=1, scope=scope, target=TARGET, consumes=(place.scope.stack,), uses=(use,))
    place.locks.move(lease, None, place.archive.save_state(state))


async def test_an_output_that_is_used_meanwhile_stops_the_run_before_anything_changes(place: Place) -> None:
    jobs, mail = resource("jobs"), resource("mail")
    wanted = {one.address: one for one in (jobs, mail)}
    exports = {"jobs": {"name": jobs.ref("QueueName")}, "mail": {"name": mail.ref("QueueName")}}
    await place.run(make_plan(place.scope, TARGET, wanted, {}, None, None, exports=exports))
    before = dict(place.sky.resources)
    smaller = make_plan(
        place.scope,
        TARGET,
        {jobs.address: jobs},
        {},
        place.state,
        place.locks.pointer(place.scope),
        exports={"jobs": exports["jobs"]},
    )
    record_consumer(place, "mail")

    ended = await place.run(smaller)

    assert (ended.run, ended.result) == (0, "failed")
    assert "`mail.name`, which other stacks use" in ended.message
    assert "stack `consumer`: api/news at shop.yaml:3:4" in ended.message
    assert place.sky.resources == before
    assert place.state is not None
    assert place.state.operation is None


def record_teller(place: Place, exports: dict[str, dict[str, object]]) -> None:
    """Another stack of the tenant and environment, as it tells its outputs now."""
    scope = place.scope.model_copy(update={"stack": "net"})
    lease = place.locks.acquire(scope, "w/r", who="leo", operation="apply", ttl=90)
    assert isinstance(lease, Lease)
    before = place.locks.pointer(scope)
    state = State(
        lineage="l", serial=before.serial + 1 if before else 1, scope=scope, target=TARGET, exports=dict(exports)
    )
    place.locks.move(lease, before, place.archive.save_state(state))


@pytest.mark.parametrize(
    ("now", "stale"),
    [
        ({"events": {"arn": "a", "retries": 3}, "late": {"arn": "b"}}, False),
        ({"events": {"arn": "b", "retries": 3}}, True),
        ({"events": {"retries": 3}}, True),
        ({}, True),
    ],
    ids=["others are told as well", "it is another one", "it is told no longer", "nothing is told"],
)
async def test_an_output_that_is_another_one_since_the_plan_was_made_stops_the_run(
    place: Place, now: dict[str, dict[str, object]], stale: bool
) -> None:
    jobs = resource("jobs")
    record_teller(place, {"events": {"arn": "a", "retries": 3}})
    taken = {"net.events.arn": digest("a"), "net.events.retries": digest(3)}
    plan = make_plan(place.scope, TARGET, {jobs.address: jobs}, {}, None, None, consumes=("net",), taken=taken)
    record_teller(place, now)

    ended = await place.run(plan)

    assert (ended.result == "failed") is stale
    assert bool(place.sky.resources) is not stale
    if stale:
        assert "${stack:net.events.arn}" in ended.message
        assert ended.message.endswith(f"when plan {plan.id} was made. Plan again: panka plan.")
