"""The record follows a run, and following it twice changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from panka.planner import record
from panka.planner.assemble import make_plan
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.resource import Address, PhysicalName, Resource
from panka.planner.state import State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")


def stack(*names: str, key: str = "id") -> dict[Address, Resource]:
    properties = {"KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}
    addresses = [Address.of(name, "main") for name in names]
    return {
        address: Resource(address, "AWS::DynamoDB::Table", properties, "DynamoDB", name=PhysicalName("TableName", 255))
        for address in addresses
    }


def plan(resources: dict[Address, Resource], state: State | None = None) -> Plan:
    return make_plan(SCOPE, TARGET, resources, {}, state, None)


def announce(made: Plan, state: State | None = None) -> State:
    return record.announce(state, made, lineage="l", kind="apply", started="now", by="ana")


def outcome(key: str, id: str = "") -> record.Outcome:
    return record.Outcome(key=key, id=id or f"id of {key}", seconds=2)


def fold(state: State, made: Plan, *keys: str, undone: tuple[str, ...] = ()) -> State:
    return record.fold(state, made, [outcome(key) for key in keys], [record.Undoing(key=key) for key in undone])


def test_what_will_be_made_is_written_down_before_it_is_made() -> None:
    announced = announce(plan(stack("a", "b")))

    assert [one.address for one in announced.intended] == ["a:main", "b:main"]
    assert announced.operation is not None
    assert announced.serial == 1


def test_a_made_resource_is_no_longer_a_mere_intention() -> None:
    made = plan(stack("a", "b"))

    state = fold(announce(made), made, "a:main")

    assert state.resources["a:main"].id == "id of a:main"
    assert [one.address for one in state.intended] == ["b:main"]


def test_a_replaced_resource_stays_on_record_until_it_is_deleted() -> None:
    first = plan(stack("a"))
    before = fold(announce(first), first, "a:main")
    second = plan(stack("a", key="other"), before)

    replaced = fold(announce(second, before), second, "a:main")
    cleaned = fold(replaced, second, "a:main@1")

    assert [one.generation for one in replaced.deposed] == [1]
    assert replaced.resources["a:main"].generation == 2
    assert cleaned.deposed == ()


def test_an_undone_replacement_puts_the_old_resource_back() -> None:
    first = plan(stack("a"))
    before = fold(announce(first), first, "a:main")
    second = plan(stack("a", key="other"), before)

    after = fold(announce(second, before), second, "a:main", undone=("a:main",))

    assert after.resources == before.resources
    assert (after.deposed, after.intended) == ((), ())


def test_announcements_of_steps_that_never_began_are_withdrawn() -> None:
    made = plan(stack("a", "b"))
    state = fold(announce(made), made, "a:main")

    assert record.withdraw(state, made, ["b:main"]).intended == ()


def test_an_announcement_is_kept_across_runs_until_it_is_settled() -> None:
    stuck = announce(plan(stack("a")))

    again = announce(plan(stack("b"), stuck), stuck)

    assert {one.address for one in again.intended} == {"a:main", "b:main"}


@given(st.data())
def test_folding_in_any_groups_and_twice_gives_the_same_record(data: st.DataObject) -> None:
    first = plan(stack("a", "b", "c"))
    before = fold(announce(first), first, "a:main", "b:main", "c:main")
    second = plan(stack("b", "c", "d", key="other"), before)
    forward = [step.key for step in second.forward]
    cleanup = [step.key for step in second.cleanup]
    keys = data.draw(st.permutations(forward)) + data.draw(st.permutations(cleanup))
    cut = data.draw(st.integers(0, len(keys)))
    start = announce(second, before)

    at_once = fold(start, second, *keys)
    grouped = fold(fold(start, second, *keys[:cut]), second, *keys[cut:])
    twice = fold(fold(start, second, *keys[:cut]), second, *keys[max(0, cut - 2) :])

    assert grouped.resources == at_once.resources == twice.resources
    assert at_once.deposed == grouped.deposed == ()
    assert at_once.intended == grouped.intended == ()
