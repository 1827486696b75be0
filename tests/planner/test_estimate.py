"""How long steps take, and may take."""

import pytest

from panka.planner import estimate
from panka.planner.estimate import Expected, Operation
from panka.planner.owner import Scope
from panka.planner.plan import Action, Step
from panka.planner.resource import Lifecycle, Timeouts
from panka.planner.state import Recorded, State, Target

QUEUE, DATABASE = "AWS::SQS::Queue", "AWS::RDS::DBInstance"


def step(action: Action, type: str = QUEUE, *, delete_first: bool = False, **said: float) -> Step:
    lifecycle = Lifecycle(timeouts=Timeouts(**said))
    return Step(
        key="a:main",
        address="a:main",
        type=type,
        action=action,
        generation=1,
        kind="Any",
        delete_first=delete_first,
        lifecycle=lifecycle,
    )


@pytest.mark.parametrize(
    ("type", "operation", "seconds"),
    [
        (QUEUE, "create", 600),
        (DATABASE, "create", 5400),
        (DATABASE, "update", 10_800),
        (DATABASE, "delete", 5400),
        ("AWS::EC2::SecurityGroup", "create", 600),
        ("AWS::EC2::SecurityGroup", "delete", 2700),
        ("AWS::Logs::MetricFilter", "update", 7200),  # a handler of Cloud Control that sets itself no limit
        ("AWS::Cognito::UserPool", "create", 600),  # a handler that gives up sooner than we do
        ("AWS::Backup::RestoreTestingPlan", "delete", 600),
        ("AWS::AutoScaling::AutoScalingGroup", "delete", 240 * 60),
        ("AWS::AutoScaling::AutoScalingGroup", "update", 6 * 3600),  # 36 hours, if it were for AWS
    ],
)
def test_every_type_has_its_deadline_for_every_operation(type: str, operation: Operation, seconds: float) -> None:
    assert estimate.deadline(type, operation) == seconds


def test_the_word_of_the_user_goes_before_that_of_the_type() -> None:
    said = step(Action.CREATE, DATABASE, create=30, delete=90)

    assert [estimate.limit(said, one) for one in ("create", "update", "delete")] == [30, 10_800, 90]


@pytest.mark.parametrize(
    ("made", "seconds"),
    [
        (step(Action.CREATE, create=30, delete=90), 90),  # its undo is a delete
        (step(Action.CREATE, create=90, delete=30), 90),
        (step(Action.REPLACE, create=30, delete=90), 90),
        (step(Action.REPLACE, delete_first=True, create=30, delete=90), 120),
        (step(Action.UPDATE, create=1, update=50, delete=1), 50),
        (step(Action.ADOPT, create=1, update=50, delete=1), 50),
        (step(Action.DELETE, create=1, delete=40), 40),
    ],
)
def test_a_step_has_time_for_all_that_it_or_its_undo_waits_for(made: Step, seconds: float) -> None:
    assert estimate.longest(made) == seconds


def test_what_cloud_control_makes_is_expected_to_take_longer() -> None:
    assert estimate.seconds("AWS::Logs::MetricFilter", "create") > estimate.seconds(QUEUE, "create")


def test_a_step_that_calls_nothing_is_expected_to_take_no_time() -> None:
    assert Expected(None).seconds(step(Action.FORGET, DATABASE)) < 1


def test_a_step_is_expected_to_take_what_its_resource_has_taken_before() -> None:
    expected = Expected(recorded({"a:main": {"create": 300, "update": 7}, "b:main": {"create": 900}}))

    assert expected.seconds(step(Action.UPDATE, DATABASE)) == 7
    assert expected.seconds(step(Action.REPLACE, DATABASE)) == 300
    assert expected.seconds(step(Action.DELETE, DATABASE)) == 150


def test_a_resource_that_is_new_is_expected_to_take_what_others_of_its_type_have_taken() -> None:
    expected = Expected(recorded({"b:main": {"create": 200}, "c:main": {"create": 600}, "d:main": {"create": 240}}))

    assert expected.seconds(step(Action.CREATE, DATABASE)) == 240
    assert expected.seconds(step(Action.CREATE, QUEUE)) == estimate.seconds(QUEUE, "create")


def recorded(took: dict[str, dict[str, float]]) -> State:
    """The record of databases that have taken so many seconds."""
    resources = {
        address: Recorded(
            address=address, type=DATABASE, generation=1, id=address, kind="RDS", properties={}, attributes={},
            observed={}, took=said,
        )
        for address, said in took.items()
    }  # fmt: skip
    scope, target = Scope(tenant="acme", stack="shop", environment="dev"), Target(account="1", region="eu-west-1")
    return State(lineage="l", serial=1, scope=scope, target=target, resources=resources)
