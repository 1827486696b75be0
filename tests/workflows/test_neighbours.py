"""A run takes nothing away from other stacks that have begun to use it since its plan was made."""

from panka.planner.assemble import make_plan
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
