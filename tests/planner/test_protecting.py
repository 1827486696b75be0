"""What a plan would lose, what forbids it, and what must be left to other stacks."""

from dataclasses import replace
from typing import Any

import pytest

from panka.planner import record
from panka.planner.assemble import Protected, make_plan
from panka.planner.blocks import Blocks
from panka.planner.consumers import consumers, refuse_missed
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.protecting import losses, refuse_losses
from panka.planner.resource import Address, Lifecycle, PhysicalName, Place, Properties, Resource
from panka.planner.resource_types import HOLDS_DATA, facts
from panka.planner.selecting import Wish
from panka.planner.state import State, Target, Use

SCOPE = Scope(tenant="acme", stack="net", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
PLACE = Place("net.yaml", 7, 1)


TABLE_NAME = PhysicalName("TableName", 255)


def table(key: str = "id", name: PhysicalName | None = TABLE_NAME, **more: Any) -> Resource:
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    return Resource(
        Address("orders:main"),
        "AWS::DynamoDB::Table",
        {"KeySchema": schema, **more},
        "DynamoDB",
        name=name,
        place=PLACE,
    )


def thing(type: str, **properties: Any) -> Resource:
    return Resource(Address("thing:main"), type, properties, "Resource")


def plan(*resources: Resource, state: State | None = None, **more: Any) -> Plan:
    wanted = {one.address: one for one in resources}
    return make_plan(SCOPE, TARGET, wanted, {}, state, None, **more)


def applied(made: Plan, state: State | None = None) -> State:
    announced = record.announce(state, made, lineage="l", kind="apply", started="now", by="ana")
    outcomes = [
        record.Outcome(key=one.key, id=one.id or one.key, attributes={"Arn": f"arn:{one.address}"})
        for one in (*made.forward, *made.cleanup)
    ]
    return record.conclude(record.fold(announced, made, outcomes, []), made, succeeded=True)


def lost(made: Plan) -> list[tuple[str, str]]:
    return [(one.verb, one.address) for one in losses(made)]


def test_a_delete_and_either_way_to_replace_lose_what_a_table_holds() -> None:
    state = applied(plan(table()))
    fixed = applied(plan(table(name=None, TableName="orders")))

    assert lost(plan(state=state)) == [("delete", "orders:main")]
    assert lost(plan(table("number"), state=state)) == [("replace", "orders:main")]
    assert lost(plan(table("number", None, TableName="orders"), state=fixed)) == [("replace", "orders:main")]
    assert lost(plan(state=state, destroy=True)) == [("delete", "orders:main")]


def test_what_is_kept_changed_or_renamed_loses_nothing() -> None:
    state = applied(plan(table()))
    retained = applied(plan(replace(table(), lifecycle=Lifecycle(retain=True))))
    renamed = replace(table(), address=Address("sales:main"))

    assert lost(plan(table(BillingMode="PAY_PER_REQUEST"), state=state)) == []
    assert lost(plan(state=state, blocks=Blocks(removed=frozenset({"orders"})))) == []
    assert lost(plan(state=retained)) == []
    assert lost(plan(renamed, state=state, blocks=Blocks(moved={"orders": "sales"}))) == []


@pytest.mark.parametrize(
    ("type", "properties", "holds"),
    [
        ("AWS::S3::Bucket", {}, True),
        ("AWS::EFS::FileSystem", {}, True),
        ("AWS::MSK::Cluster", {}, True),
        ("AWS::DocDB::DBCluster", {}, True),
        ("AWS::RDS::DBCluster", {}, True),
        ("AWS::RDS::DBInstance", {}, True),
        ("AWS::RDS::DBInstance", {"DBClusterIdentifier": "ledger"}, False),
        ("AWS::RDS::DBInstance", {"SourceDBInstanceIdentifier": "ledger"}, False),
        ("AWS::SQS::Queue", {}, False),
    ],
)
def test_which_types_hold_data(type: str, properties: Properties, holds: bool) -> None:
    state = applied(plan(thing(type, **properties)))

    assert bool(losses(plan(state=state))) is holds


def test_every_type_that_holds_data_is_one_of_aws() -> None:
    assert [type for type in sorted(HOLDS_DATA) if facts(type) is None] == []


def test_a_last_snapshot_is_told_of_where_the_type_can_have_one() -> None:
    snapshot = Lifecycle(snapshot=True)
    database = replace(thing("AWS::RDS::DBInstance"), lifecycle=snapshot)
    bucket = replace(thing("AWS::S3::Bucket"), lifecycle=snapshot)

    assert [one.snapshot for one in losses(plan(state=applied(plan(database))))] == [True]
    assert [one.snapshot for one in losses(plan(state=applied(plan(bucket))))] == [False]


def test_in_a_protected_environment_each_loss_is_told_at_the_component_that_brings_it() -> None:
    state = applied(plan(table()))

    (told,) = refuse_losses(plan(table("number"), state=state))

    assert (told.code, told.label and told.label.span.line) == ("PK368", 7)
    assert "would replace `orders:main`" in told.summary


def test_what_an_earlier_run_has_replaced_goes_there_too() -> None:
    state = applied(plan(table()))
    replacing = plan(table("number"), state=state)
    announced = record.announce(state, replacing, lineage="l", kind="apply", started="now", by="ana")
    half = record.fold(announced, replacing, [record.Outcome(key="orders:main", id="new")], [])

    made = plan(table("number"), state=half)

    assert [one.key for one in made.cleanup] == ["orders:main@1"]
    assert lost(made) == [("delete", "orders:main")]
    assert refuse_losses(made) == ()


def test_what_is_retained_is_not_deleted_to_make_room_for_the_new_one() -> None:
    kept = replace(table(name=None, TableName="orders"), lifecycle=Lifecycle(retain=True))
    state = applied(plan(kept))
    other = replace(table("number", None, TableName="orders"), lifecycle=Lifecycle(retain=True))

    with pytest.raises(Protected) as refused:
        plan(other, state=state)

    (told,) = refused.value.diagnostics
    assert "`lifecycle.retain`" in told.notes[0]
    assert refused.value.diagnostics[0].label is not None


def topic(name: str) -> Resource:
    return Resource(Address.of(name, "main"), "AWS::SNS::Topic", {"DisplayName": name}, "SNS")


NAMES = ("events", "dead")


def telling(*names: str, state: State | None = None, called: str = "", **more: Any) -> Plan:
    every = [replace(topic(name), properties={"DisplayName": called or name}) for name in names]
    exports = {one.address.component: {"arn": one.ref("Arn"), "label": one.address.component} for one in every}
    return plan(*every, state=state, exports=exports, **more)


def use(output: str, component: str = "dead", **more: Any) -> Use:
    return Use(stack="net", component=component, output=output, by="api/news", place="shop.yaml:12:19", **more)


def shop(*uses: Use, consumes: tuple[str, ...] = ("net",)) -> State:
    scope = SCOPE.model_copy(update={"stack": "shop"})
    return State(lineage="l", serial=1, scope=scope, target=TARGET, consumes=consumes, uses=uses)


def refused(made: Plan, state: State, *others: State) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.summary.split("`")[1], one.notes) for one in refuse_missed(made, state, lambda: others)]


def test_an_output_that_another_stack_uses_is_not_taken_away() -> None:
    state = applied(telling(*NAMES))

    without = refused(telling("events", state=state), state, shop(use("arn")))
    destroyed = refused(telling(state=state, destroy=True), state, shop(use("arn"), use("label", "events")))

    assert without == [("dead.arn", ("used by stack `shop`: api/news at shop.yaml:12:19",))]
    assert [what for what, _ in destroyed] == ["dead.arn", "events.label"]


def test_nobody_is_asked_when_no_output_goes() -> None:
    state = applied(telling(*NAMES))

    def others() -> list[State]:
        raise AssertionError("asked")

    assert refuse_missed(telling(*NAMES, state=state), state, others) == ()
    assert refuse_missed(telling(*NAMES), None, others) == ()


def test_other_outputs_and_other_stacks_are_no_hindrance() -> None:
    state = applied(telling(*NAMES))
    elsewhere = shop(use("arn").model_copy(update={"stack": "other"}), consumes=("other",))

    assert refused(telling("events", state=state), state, elsewhere, shop(use("arn", "events"))) == []


def test_a_consumer_whose_record_says_no_more_may_use_anything() -> None:
    state = applied(telling(*NAMES))

    found = refused(telling("events", state=state), state, shop())

    assert [what for what, _ in found] == ["dead.arn", "dead.label"]
    assert found[0][1] == ("used by stack `shop`, whose record says no more",)


def test_what_a_limited_plan_leaves_alone_goes_on_telling_what_it_told() -> None:
    state = applied(telling(*NAMES))

    kept = telling("events", "news", state=state, wish=Wish(targets=("news",)))
    partly = telling(state=state, destroy=True, wish=Wish(targets=("events",)))

    assert kept.exports["dead"] == {"arn": "arn:dead:main", "label": "dead"}
    assert refused(kept, state, shop(use("arn"))) == []
    assert set(partly.exports) == {"dead"}


def test_what_a_limited_plan_would_change_later_tells_until_then_what_it_told() -> None:
    state = applied(telling(*NAMES))

    made = telling(*NAMES, "news", state=state, called="other", wish=Wish(targets=("news",)))

    assert made.selection is not None
    assert made.selection.left_out == 2
    assert made.exports["dead"]["arn"] == "arn:dead:main"
    assert refused(made, state, shop(use("arn"))) == []


def test_consumers_are_found_by_what_they_use() -> None:
    found = consumers("net", [shop(use("arn"), use("arn", "events"))])

    assert {what: [one.stack for one in users] for what, users in found.items()} == {
        ("dead", "arn"): ["shop"],
        ("events", "arn"): ["shop"],
    }
