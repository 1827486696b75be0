"""Plans that the record alone makes: what is moved keeps its name and is found again, what is forgotten stays."""

from typing import Any

import pytest

from panka.planner import record
from panka.planner.assemble import make_plan
from panka.planner.blocks import Blocks
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan
from panka.planner.refactoring import NotSo, forgetting, moving
from panka.planner.resource import Address, PhysicalName, Resource
from panka.planner.returning import moves_back
from panka.planner.state import State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")


def queue(name: str, part: str = "main", *, fixed: str = "") -> Resource:
    own = None if fixed else PhysicalName("QueueName", 80)
    given = {"QueueName": fixed} if fixed else {}
    return Resource(Address.of(name, part), "AWS::SQS::Queue", {"DelaySeconds": 5, **given}, "SQS", name=own)


def task(name: str) -> Resource:
    family = PhysicalName("Family", 255, stable=True)
    return Resource(Address.of(name, "task"), "AWS::ECS::TaskDefinition", {"Cpu": "256"}, "MicroService", name=family)


def topic(name: str, about: Resource) -> Resource:
    return Resource(Address.of(name, "main"), "AWS::SNS::Topic", {"DisplayName": about.ref("Arn")}, "SNS")


def plan(*resources: Resource, state: State | None = None, **more: Any) -> Plan:
    names = dict.fromkeys(one.address.component for one in resources)
    exports = {name: {"label": "x"} for name in names}
    return make_plan(
        SCOPE, TARGET, {one.address: one for one in resources}, {"said": "x"}, state, None, exports=exports, **more
    )


def applied(made: Plan, state: State | None = None) -> State:
    announced = record.announce(state, made, lineage="l", kind=made.operation, started="now", by="ana")
    outcomes = []
    for one in (*made.forward, *made.cleanup):
        inputs = {need.address: {need.attribute: f"arn:{need.address}"} for need in one.needs}
        attributes = {"Arn": f"arn:{one.address}"}
        outcomes.append(record.Outcome(key=one.key, id=one.id or one.key, inputs=inputs, attributes=attributes))
    return record.conclude(record.fold(announced, made, outcomes, []), made, succeeded=True)


def moved(state: State, old: str, new: str) -> State:
    return applied(moving(state, None, TARGET, old, new), state)


@pytest.mark.parametrize("made", [queue("jobs"), queue("jobs", fixed="mine"), task("jobs")], ids=lambda one: one.type)
def test_after_a_move_the_renamed_stack_has_nothing_to_plan(made: Resource) -> None:
    state = applied(plan(made))
    renamed = Resource(Address.of("tasks", made.address.part), made.type, made.properties, made.kind, name=made.name)

    after = moved(state, "jobs", "tasks")

    assert [one.id for one in after.resources.values()] == [one.id for one in state.resources.values()]
    assert plan(renamed, state=after).empty
    assert moved(after, "tasks", "jobs").resources == {
        **state.resources,
        made.address: state.resources[made.address].model_copy(update={"keeps_name": made.name is not None}),
    }


def test_a_component_moves_with_all_its_resources_and_what_it_tells() -> None:
    jobs, dead = queue("jobs"), queue("jobs", "dead")
    state = applied(plan(jobs, dead, topic("news", jobs)))

    after = moved(state, "jobs", "tasks")

    assert set(after.resources) == {"tasks:main", "tasks:dead", "news:main"}
    assert after.resources["news:main"].dependencies == ("tasks:main",)
    assert after.exports == {"tasks": {"label": "x"}, "news": {"label": "x"}}
    assert after.outputs == state.outputs == {"said": "x"}


def test_a_single_resource_moves_alone() -> None:
    state = applied(plan(queue("jobs"), queue("jobs", "dead")))

    made = moving(state, None, TARGET, "jobs:dead", "jobs:letters")

    assert [(one.action, one.key, one.moved_from) for one in made.forward] == [
        (Action.UPDATE, "jobs:letters", "jobs:dead")
    ]
    assert {one.path for one in made.forward[0].changes} == {"Tags.panka:address"}
    assert (made.cleanup, made.operation) == ((), "move")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("jbos", "tasks", "has nothing called `jbos` on record"),
        ("jobs", "mail", "`mail:main` is on record already"),
        ("jobs", "tasks:main", "are two components, or two single resources"),
        ("jobs", "No", "cannot become `No`"),
    ],
)
def test_what_cannot_be_moved_is_refused(old: str, new: str, said: str) -> None:
    state = applied(plan(queue("jobs"), queue("mail")))

    with pytest.raises(NotSo, match=said):
        moving(state, None, TARGET, old, new)


def test_what_is_forgotten_leaves_the_record_and_nothing_else_changes() -> None:
    state = applied(plan(queue("jobs"), queue("jobs", "dead"), queue("mail")))

    made = forgetting(state, None, TARGET, ["jobs:dead", "mail"])
    after = applied(made, state)

    assert [(one.action, one.key) for one in made.cleanup] == [
        (Action.FORGET, "jobs:dead"),
        (Action.FORGET, "mail:main"),
    ]
    assert made.forward == ()
    assert set(after.resources) == {"jobs:main"}
    assert set(after.exports) == {"jobs"}


def test_moves_since_a_run_are_taken_back_one_after_the_other() -> None:
    first = applied(plan(queue("a")))
    to_b = moving(first, None, TARGET, "a", "b")
    second = applied(to_b, first)
    to_c = moving(second, None, TARGET, "b", "c")
    third = applied(to_c, second)

    back = moves_back([to_c, to_b])
    made = plan(queue("a"), state=third, blocks=Blocks(moved=back))

    assert back == {"c:main": "b:main", "b:main": "a:main"}
    assert [(one.action, one.key, one.moved_from) for one in made.forward] == [(Action.UPDATE, "a:main", "c:main")]
    assert made.cleanup == ()
