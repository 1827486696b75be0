"""What a plan says of the difference between a stack and its record."""

from dataclasses import replace
from typing import Any

import pytest

from panka.planner import record
from panka.planner.assemble import Elsewhere, Protected, make_plan
from panka.planner.changes import changes
from panka.planner.diagnostics import Invalid
from panka.planner.drift import Finding, compared
from panka.planner.owned import Surroundings
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan, Seen, Step
from panka.planner.resource import Address, Lifecycle, PhysicalName, Place, Properties, Resource, Timeouts, text
from panka.planner.selecting import Wish
from panka.planner.state import Recorded, State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")


def queue(name: str = "jobs", **properties: Any) -> Resource:
    return Resource(Address.of(name, "main"), "AWS::SQS::Queue", properties, "SQS", name=PhysicalName("QueueName", 80))


TABLE_NAME = PhysicalName("TableName", 255)


def table(key: str = "id", name: PhysicalName | None = TABLE_NAME, **more: Any) -> Resource:
    properties = {
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        **more,
    }
    return Resource(Address("orders:main"), "AWS::DynamoDB::Table", properties, "DynamoDB", name=name)


def plan(resources: list[Resource], state: State | None = None, **more: Any) -> Plan:
    return make_plan(SCOPE, TARGET, {one.address: one for one in resources}, {}, state, None, **more)


def applied(made: Plan, state: State | None = None) -> State:
    """The state after a run of the plan in which every step went well."""
    announced = record.announce(state, made, lineage="l", kind="apply", started="now", by="ana")
    told: dict[str, Properties] = {}
    outcomes = []
    for step in (*made.forward, *made.cleanup):
        id = step.id or f"{step.address}#{step.generation}"
        attributes = {"Arn": f"arn:{step.address}#{step.generation}", "QueueUrl": f"https://{id}"}
        told[step.address] = record.told(id, {}, attributes)
        inputs: dict[str, Properties] = {}
        for need in step.needs:
            inputs.setdefault(need.address, {})[need.attribute] = told[need.address][need.attribute]
        outcomes.append(record.Outcome(key=step.key, id=id, inputs=inputs, attributes=attributes))
    return record.conclude(record.fold(announced, made, outcomes, []), made, succeeded=True)


def only(made: Plan) -> Step:
    (step,) = (*made.forward, *made.cleanup)
    return step


def test_a_new_resource_is_created_with_its_name_and_tags() -> None:
    step = only(plan([queue(VisibilityTimeout=30)]))

    assert step.action is Action.CREATE
    assert step.properties["QueueName"].startswith("shop-prod-jobs-")
    assert {"Key": "panka:address", "Value": "jobs:main"} in step.properties["Tags"]


def test_what_is_as_recorded_needs_nothing() -> None:
    stack = [queue(VisibilityTimeout=30), table()]

    made = plan(stack, applied(plan(stack)))

    assert made.empty
    assert made.unchanged == 2


def test_a_changed_property_is_an_update_that_names_it() -> None:
    state = applied(plan([queue(VisibilityTimeout=30)]))

    step = only(plan([queue(VisibilityTimeout=60)], state))

    assert step.action is Action.UPDATE
    assert [(one.path, one.before, one.after) for one in step.changes] == [("VisibilityTimeout", 30, 60)]


def test_a_property_that_leaves_the_stack_is_a_change_to_nothing() -> None:
    state = applied(plan([queue(DelaySeconds=5)]))

    (change,) = only(plan([queue()], state)).changes

    assert (change.path, change.before, change.after) == ("DelaySeconds", 5, None)


def test_a_create_only_property_replaces_and_the_old_one_goes_after_the_new_one() -> None:
    state = applied(plan([table("id")]))

    made = plan([table("key")], state)

    (new,), (old,) = made.forward, made.cleanup
    assert (new.action, new.generation, new.replaced) == (Action.REPLACE, 2, "orders:main#1")
    assert (old.action, old.key, old.id) == (Action.DELETE, "orders:main@1", "orders:main#1")
    assert new.properties["TableName"] != state.resources["orders:main"].properties["TableName"]
    assert "KeySchema" in new.reason


def test_a_replacement_under_a_fixed_name_deletes_first() -> None:
    state = applied(plan([table("id", name=None, TableName="orders")]))

    made = plan([table("key", name=None, TableName="orders")], state)

    (step,) = made.forward
    assert step.delete_first
    assert made.cleanup == ()


@pytest.mark.parametrize(("block", "first"), [("10.0.1.0/24", True), ("10.0.2.0/24", False)])
def test_what_aws_gives_once_is_freed_before_it_is_taken_again(block: str, first: bool) -> None:
    def subnet(zone: str, block: str) -> Resource:
        properties = {"VpcId": "vpc-1", "AvailabilityZone": zone, "CidrBlock": block}
        return Resource(Address("network:private"), "AWS::EC2::Subnet", properties, "TenantConfig")

    state = applied(plan([subnet("eu-west-1a", "10.0.1.0/24")]))

    (step,) = plan([subnet("eu-west-1b", block)], state).forward

    assert (step.action, step.delete_first) == (Action.REPLACE, first)


def test_what_refers_to_a_new_resource_waits_for_it_and_names_what_it_needs() -> None:
    jobs = queue()
    topic = Resource(Address("news:main"), "AWS::SNS::Topic", {"DisplayName": text("to ", jobs.ref("Arn"))}, "SNS")

    steps = {step.key: step for step in plan([topic, jobs]).forward}

    assert steps["news:main"].depends_on == ("jobs:main",)
    assert [(need.address, need.attribute) for need in steps["news:main"].needs] == [("jobs:main", "Arn")]
    assert steps["news:main"].level == 1
    assert steps["jobs:main"].weight > steps["news:main"].weight


def test_a_reference_to_what_stays_is_a_value_already() -> None:
    jobs = queue()
    state = applied(plan([jobs]))
    topic = Resource(Address("news:main"), "AWS::SNS::Topic", {"DisplayName": jobs.ref("Arn")}, "SNS")

    step = only(plan([jobs, topic], state))

    assert step.properties["DisplayName"] == "arn:jobs:main#1"
    assert step.depends_on == ()


def test_a_replacement_reaches_dependents_only_through_what_they_refer_to() -> None:
    def stack(key: str) -> list[Resource]:
        orders = table(key)
        reader = Resource(Address("reader:main"), "AWS::SNS::Topic", {"DisplayName": orders.ref("Arn")}, "SNS")
        waiter = Resource(
            Address("waiter:main"), "AWS::SNS::Topic", {"DisplayName": "x"}, "SNS", depends_on=(orders.address,)
        )
        return [orders, reader, waiter]

    made = plan(stack("key"), applied(plan(stack("id"))))

    assert {step.key: step.action for step in made.forward} == {
        "orders:main": Action.REPLACE,
        "reader:main": Action.UPDATE,
    }
    (change,) = next(step for step in made.forward if step.key == "reader:main").changes
    assert change.unknown


def test_what_left_the_stack_is_deleted_dependents_first() -> None:
    jobs = queue()
    topic = Resource(Address("news:main"), "AWS::SNS::Topic", {"DisplayName": jobs.ref("Arn")}, "SNS")
    state = applied(plan([jobs, topic]))

    made = plan([], state)

    assert [step.key for step in made.cleanup] == ["news:main", "jobs:main"]
    assert made.cleanup[1].depends_on == ("news:main",)


def test_destroy_deletes_everything() -> None:
    stack = [queue(), table()]

    made = plan(stack, applied(plan(stack)), destroy=True)

    assert {step.key for step in made.cleanup} == {"jobs:main", "orders:main"}
    assert made.forward == ()


def test_what_is_retained_is_forgotten_instead_of_deleted() -> None:
    kept = queue()
    kept = Resource(kept.address, kept.type, {}, kept.kind, lifecycle=Lifecycle(retain=True))

    assert only(plan([], applied(plan([kept])))).action is Action.FORGET


@pytest.mark.parametrize("destroy", [True, False])
def test_what_must_not_be_destroyed_refuses_the_plan_even_when_its_block_is_gone(destroy: bool) -> None:
    kept = Resource(Address("jobs:main"), "AWS::SQS::Queue", {}, "SQS", lifecycle=Lifecycle(prevent_destroy=True))
    state = applied(plan([kept]))

    with pytest.raises(Protected):
        plan([], state, destroy=destroy)


def test_ignored_changes_plan_nothing() -> None:
    lifecycle = Lifecycle(ignore_changes=("VisibilityTimeout",))
    before = Resource(Address("a:main"), "AWS::SQS::Queue", {"VisibilityTimeout": 1}, "SQS", lifecycle=lifecycle)
    after = Resource(Address("a:main"), "AWS::SQS::Queue", {"VisibilityTimeout": 2}, "SQS", lifecycle=lifecycle)

    assert plan([after], applied(plan([before]))).empty


def test_a_state_of_another_account_is_refused() -> None:
    state = applied(plan([queue()]))

    with pytest.raises(Elsewhere, match="111122223333"):
        make_plan(SCOPE, TARGET.model_copy(update={"account": "444455556666"}), {}, {}, state, None)


def test_the_same_input_is_the_same_plan() -> None:
    assert plan([queue(), table()]).id == plan([table(), queue()]).id


class TestAfterAnUnfinishedRun:
    """The state was announced, and nobody knows which creates took place."""

    @staticmethod
    def announced(*resources: Resource, state: State | None = None) -> State:
        return record.announce(state, plan(list(resources), state), lineage="l", kind="apply", started="t", by="ana")

    def test_the_same_create_looks_first(self) -> None:
        step = only(plan([queue()], self.announced(queue())))

        assert (step.action, step.generation, step.probe) == (Action.CREATE, 1, True)

    def test_what_may_exist_and_is_no_longer_wanted_is_looked_for_and_deleted(self) -> None:
        step = only(plan([], self.announced(queue())))

        assert (step.key, step.action, step.id, step.probe) == ("jobs:main@1", Action.DELETE, None, True)

    def test_what_may_exist_in_another_shape_is_deleted_and_made_anew(self) -> None:
        made = plan([table("key")], self.announced(table("id")))

        (new,), (old,) = made.forward, made.cleanup
        assert (new.generation, new.probe) == (2, False)
        assert (old.key, old.probe) == ("orders:main@1", True)

    def test_a_changed_mind_about_what_can_change_in_place_keeps_the_create(self) -> None:
        made = plan([queue(VisibilityTimeout=60)], self.announced(queue(VisibilityTimeout=30)))

        assert only(made).probe

    def test_a_half_replacement_that_is_no_longer_wanted_is_looked_for_and_deleted(self) -> None:
        before = applied(plan([table("id")]))
        state = self.announced(table("key"), state=before)

        step = only(plan([table("id")], state))

        assert (step.key, step.probe) == ("orders:main@2", True)

    def test_even_an_unchanged_stack_has_the_run_to_end(self) -> None:
        stack = [queue()]
        state = applied(plan(stack))
        stuck = state.model_copy(update={"operation": self.announced(queue("x")).operation})

        made = plan(stack, stuck)

        assert not made.empty
        assert made.unfinished == 1


def other(type: str, **properties: Any) -> Resource:
    return Resource(Address("other:main"), type, properties, "Resource", place=Place("stack.yaml", 7, 1))


FILTER = {"LogGroupName": "g", "FilterName": "f", "FilterPattern": "x", "MetricTransformations": []}


def test_what_nobody_can_make_is_refused_where_it_stands() -> None:
    with pytest.raises(Invalid) as refused:
        plan([queue(), other("AWS::RDS::DBSecurityGroup", GroupDescription="x")])

    (one,) = refused.value.diagnostics
    assert (one.code, one.label and one.label.span.line) == ("PK366", 7)


def test_what_nobody_can_make_does_not_matter_where_it_is_left_out() -> None:
    made = plan([queue(), other("AWS::RDS::DBSecurityGroup", GroupDescription="x")], wish=Wish(excludes=("other",)))

    assert only(made).address == "jobs:main"


def test_what_cloud_control_makes_and_cannot_update_is_replaced_and_the_plan_says_why() -> None:
    key = other("AWS::EC2::KeyPair", KeyName="ops", KeyType="rsa")
    state = applied(plan([key]))

    step = only(plan([replace(key, tags={"team": "red"})], state))

    assert (step.action, step.delete_first) == (Action.REPLACE, True)
    assert step.reason == "nothing of AWS::EC2::KeyPair can change in place (Tags.team)"


def test_what_cloud_control_can_update_is_updated() -> None:
    state = applied(plan([other("AWS::Logs::MetricFilter", **FILTER)]))

    step = only(plan([other("AWS::Logs::MetricFilter", **{**FILTER, "FilterPattern": "y"})], state))

    assert step.action is Action.UPDATE


def test_how_a_resource_may_end_is_recorded_although_nothing_of_it_changes() -> None:
    state = applied(plan([queue()]))
    protected = replace(queue(), lifecycle=Lifecycle(prevent_destroy=True, timeouts=Timeouts(delete=90)))

    step = only(plan([protected], state))

    assert step.action is Action.UPDATE
    assert {one.path: one.after for one in step.changes} == {
        "lifecycle.preventDestroy": True,
        "lifecycle.timeouts.delete": 90,
    }
    later = applied(plan([protected], state), state)
    assert plan([protected], later).empty
    with pytest.raises(Protected):
        plan([], later)


def test_how_a_resource_may_end_replaces_nothing() -> None:
    key = other("AWS::EC2::KeyPair", KeyName="ops", KeyType="rsa")

    step = only(plan([replace(key, lifecycle=Lifecycle(retain=True))], applied(plan([key]))))

    assert step.action is Action.UPDATE


def test_tags_keep_what_they_say_beside_key_and_value() -> None:
    own = {"Key": "team", "Value": "red", "PropagateAtLaunch": True}

    step = only(plan([other("AWS::AutoScaling::AutoScalingGroup", MinSize="1", MaxSize="2", Tags=[own])]))

    tags = {tag["Key"]: tag["PropagateAtLaunch"] for tag in step.properties["Tags"]}
    assert tags["team"] is True
    assert tags["panka:address"] is False


def found(one: Recorded, live: Properties | None) -> dict[str, Finding]:
    """What a drift check says of a resource."""
    return {one.address: compared(one, None if live is None else Seen(properties=live), Surroundings())}


def observed(state: State) -> State:
    """The state with everything observed as it was applied."""
    resources = {key: one.model_copy(update={"observed": one.properties}) for key, one in state.resources.items()}
    return state.model_copy(update={"resources": resources})


def test_what_others_have_changed_is_taken_back() -> None:
    stack = [queue(VisibilityTimeout=30)]
    state = observed(applied(plan(stack)))
    one = state.resources["jobs:main"]

    step = only(plan(stack, state, drift=found(one, {**one.properties, "VisibilityTimeout": 99, "DelaySeconds": 5})))

    assert step.action is Action.UPDATE
    assert {(change.path, change.before, change.after) for change in step.changes} == {
        ("VisibilityTimeout", 99, 30),
        ("DelaySeconds", 5, None),
    }
    assert step.properties == one.properties
    assert step.reason == "it was changed outside Panka"


def test_what_the_stack_wants_goes_before_what_was_applied() -> None:
    state = observed(applied(plan([queue(VisibilityTimeout=30)])))
    one = state.resources["jobs:main"]

    drift = found(one, {**one.properties, "VisibilityTimeout": 99})
    step = only(plan([queue(VisibilityTimeout=99)], state, drift=drift))

    assert [(change.path, change.after) for change in step.changes] == [("VisibilityTimeout", 99)]


def test_what_others_have_made_otherwise_in_a_fixed_property_is_replaced() -> None:
    state = observed(applied(plan([table()])))
    one = state.resources["orders:main"]

    live = {**one.properties, "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]}
    made = plan([table()], state, drift=found(one, live))

    assert [step.action for step in made.forward] == [Action.REPLACE]


def test_what_others_have_deleted_is_made_anew_with_all_that_refers_to_it() -> None:
    jobs = queue()
    user = Resource(Address("user:main"), "AWS::SNS::Topic", {"DisplayName": jobs.ref("QueueUrl")}, "SNS")
    state = observed(applied(plan([jobs, user])))

    made = plan([jobs, user], state, drift=found(state.resources["jobs:main"], None))

    assert [(step.action, step.address, step.generation) for step in made.forward] == [
        (Action.CREATE, "jobs:main", 2),
        (Action.UPDATE, "user:main", 1),
    ]
    assert made.forward[1].changes[0].unknown
    assert made.cleanup == ()


def test_what_others_have_deleted_and_the_stack_no_longer_has_is_struck_off_by_its_delete() -> None:
    state = observed(applied(plan([queue()])))

    made = plan([], state, drift=found(state.resources["jobs:main"], None))

    assert only(made).action is Action.DELETE


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [{"Key": "team", "Value": "web"}], [("Tags.team", None, "web")]),
        ([{"Key": "team", "Value": "web"}], [], [("Tags.team", "web", None)]),
        ([], [], []),
        ([], [{"Name": "x"}], [("Tags", [], [{"Name": "x"}])]),
    ],
)
def test_tags_are_told_one_by_one_also_where_there_were_none(
    before: list[Properties], after: list[Properties], told: list[tuple[str, object, object]]
) -> None:
    found = changes({"Tags": before}, {"Tags": after})

    assert [(one.path, one.before, one.after) for one in found] == told
