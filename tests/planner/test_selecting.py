"""What --target, --exclude and --replace make of a plan."""

import pytest

from panka.planner import record
from panka.planner.assemble import make_plan
from panka.planner.diagnostics import Invalid
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan
from panka.planner.resource import Properties, Resource
from panka.planner.selecting import NoMatch, Wish
from panka.planner.state import State, Target
from plugins.runs import resource

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
CHAIN = (resource("a"), resource("b", "a"), resource("c", "b"), resource("other"))


def plan(*resources: Resource, state: State | None = None, outputs: Properties | None = None, **wish: str) -> Plan:
    wanted = {one.address: one for one in resources}
    chosen = Wish(**{name: tuple(said.split()) for name, said in wish.items()})
    return make_plan(SCOPE, TARGET, wanted, outputs or {}, state, None, wish=chosen)


def applied(made: Plan, state: State | None = None) -> State:
    announced = record.announce(state, made, lineage="l", kind="apply", started="now", by="ana")
    outcomes = [
        record.Outcome(key=one.key, id=one.id or f"{one.address}#{one.generation}", attributes={"Arn": one.address})
        for one in (*made.forward, *made.cleanup)
    ]
    return record.conclude(record.fold(announced, made, outcomes, []), made, succeeded=True)


def keys(made: Plan) -> list[str]:
    return [one.key for one in (*made.forward, *made.cleanup)]


def test_a_target_brings_what_it_needs_and_nothing_else() -> None:
    made = plan(*CHAIN, targets="b")

    assert keys(made) == ["a:main", "b:main"]
    assert made.selection is not None
    assert made.selection.added == ("a:main",)
    assert made.selection.left_out == 2


@pytest.mark.parametrize("pattern", ["other", "other:main", "oth*", "*:main", "SQS", "AWS::SQS::*"])
def test_a_pattern_is_a_name_an_address_a_kind_a_type_or_a_glob(pattern: str) -> None:
    assert "other:main" in keys(plan(*CHAIN, targets=pattern))


def test_an_exclude_leaves_out_who_needs_it() -> None:
    made = plan(*CHAIN, excludes="b")

    assert keys(made) == ["a:main", "other:main"]
    assert made.selection is not None
    assert made.selection.withheld == ("c:main",)


def test_what_is_left_out_is_planned_the_next_time() -> None:
    state = applied(plan(*CHAIN, targets="a"))

    assert keys(plan(*CHAIN, state=state)) == ["b:main", "c:main", "other:main"]


def test_a_replace_makes_anew_what_has_not_changed() -> None:
    state = applied(plan(*CHAIN))

    made = plan(*CHAIN, state=state, replaces="other")

    assert [(one.key, one.action) for one in (*made.forward, *made.cleanup)] == [
        ("other:main", Action.REPLACE),
        ("other:main@1", Action.DELETE),
    ]


def test_a_target_that_goes_takes_those_with_it_that_need_it() -> None:
    state = applied(plan(*CHAIN))

    made = plan(resource("other"), state=state, targets="b")

    assert keys(made) == ["c:main", "b:main"]


def test_a_delete_of_what_the_rest_needs_is_refused() -> None:
    state = applied(plan(*CHAIN))

    with pytest.raises(Invalid) as refused:
        plan(resource("a"), resource("other"), state=state, excludes="c")

    (one,) = refused.value.diagnostics
    assert one.code == "PK363"
    assert "`b:main`" in one.summary


def test_a_pattern_that_fits_nothing_is_no_empty_plan() -> None:
    with pytest.raises(NoMatch) as none:
        plan(*CHAIN, targets="othr")

    assert none.value.help == "did you mean `other`?"


def test_an_output_of_what_is_left_out_waits_too() -> None:
    outputs = {"of_a": CHAIN[0].ref("Arn"), "of_c": CHAIN[2].ref("Arn")}

    state = applied(plan(*CHAIN, outputs=outputs, targets="a"))

    assert state.outputs == {"of_a": "a:main"}
