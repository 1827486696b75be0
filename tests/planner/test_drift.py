"""What counts as drift: what was applied, what AWS told after it, and what is there, side by side."""

from typing import Any

import pytest

from panka.planner.answering import acceptance, restoration
from panka.planner.authored import HIDDEN
from panka.planner.drift import Finding, Report, Status, Verdict, compared, telling, unknown
from panka.planner.owned import Surroundings
from panka.planner.owner import Scope
from panka.planner.plan import Action, Seen
from panka.planner.resource import Lifecycle, Properties
from panka.planner.state import Pointer, Recorded, State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
POINTER = Pointer(serial=1, key="k", sha256="0")
ALONE = Surroundings()


def recorded(
    applied: Properties, observed: Properties | None = None, type: str = "AWS::SQS::Queue", **more: Any
) -> Recorded:
    return Recorded(
        **{
            "address": "jobs:main",
            "type": type,
            "generation": 1,
            "id": "the-id",
            "kind": "SQS",
            "properties": applied,
            "attributes": {},
            "observed": applied if observed is None else observed,
            **more,
        }
    )


def look(one: Recorded, live: Properties, around: Surroundings = ALONE) -> Finding:
    return compared(one, Seen(properties=live), around)


def paths(finding: Finding) -> list[str]:
    return [one.path for one in finding.drifted]


@pytest.mark.parametrize(
    ("applied", "observed", "live"),
    [
        pytest.param({"A": 1}, {"A": 1}, {"A": 1}, id="as it was"),
        pytest.param({"A": 1}, {"A": 1, "B": 2}, {"A": 1, "B": 2}, id="with a default that AWS fills in"),
        pytest.param({"A": "1"}, {"A": 1}, {"A": 1}, id="told in another form"),
        pytest.param({"A": 1}, {"B": 1}, {"A": 1, "B": 1}, id="as applied, though it was told late"),
        pytest.param({"A": ["x", "y"]}, {"A": ["x", "y"]}, {"A": ["y", "x"]}, id="a list in another order"),
        pytest.param({"A": [{"N": 1}, {"N": 2}]}, None, {"A": [{"N": 2}, {"N": 1}]}, id="mappings in another order"),
        pytest.param({"A": 1}, {"A": 1, "B": []}, {"A": 1}, id="an empty list that is no longer told"),
        pytest.param(
            {"Tags": [{"Key": "a", "Value": "b"}]},
            None,
            {"Tags": [{"Key": "aws:x", "Value": "y"}, {"Key": "a", "Value": "b"}]},
            id="with a tag of AWS's own",
        ),
    ],
)
def test_what_is_as_it_was_after_the_last_run_is_no_drift(
    applied: Properties, observed: Properties | None, live: Properties
) -> None:
    finding = look(recorded(applied, observed), live)

    assert finding.status is Status.SAME
    assert finding.drifted == ()


@pytest.mark.parametrize(
    ("applied", "observed", "live", "wanted"),
    [
        pytest.param({"A": 1}, None, {"A": 2}, [("A", 1, 2)], id="a value"),
        pytest.param({"A": 1}, None, {}, [("A", 1, None)], id="a value that is gone"),
        pytest.param({}, {"A": 1}, {}, [("A", None, None)], id="a default that is gone"),
        pytest.param({}, {"B": 1}, {"B": 1, "A": 2}, [("A", None, 2)], id="a value that nobody applied"),
        pytest.param({}, {"A": 1}, {"A": 2}, [("A", None, 2)], id="a default of AWS that was changed"),
        pytest.param({"A": {"B": {"C": 1}}}, None, {"A": {"B": {"C": 2}}}, [("A.B.C", 1, 2)], id="deep inside"),
        pytest.param({"A": ["x", "y"]}, None, {"A": ["y", "z"]}, [("A.0", "x", "z")], id="an item of a list"),
        pytest.param({"A": ["x"]}, None, {"A": ["x", "y"]}, [("A", ["x"], ["x", "y"])], id="an item more"),
        pytest.param(
            {"Command": ["x", "y"]},
            None,
            {"Command": ["y", "x"]},
            [("Command.0", "x", "y"), ("Command.1", "y", "x")],
            id="an order that means something",
        ),
        pytest.param(
            {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]},
            None,
            {"Tags": [{"Key": "c", "Value": "x"}, {"Key": "e", "Value": "f"}]},
            [("Tags.a", "b", None), ("Tags.c", "d", "x"), ("Tags.e", None, "f")],
            id="tags by their keys",
        ),
    ],
)  # fmt: skip
def test_every_property_that_is_otherwise_is_named_with_what_was_applied_and_what_is(
    applied: Properties, observed: Properties | None, live: Properties, wanted: list[tuple[str, Any, Any]]
) -> None:
    finding = look(recorded(applied, observed), live)

    assert finding.status is Status.CHANGED
    assert [(one.path, one.applied, one.live) for one in finding.drifted] == wanted


SCALED = Surroundings(frozenset({"service/shop/api", "table/orders", "table/orders/index/by-date"}))


@pytest.mark.parametrize(
    ("one", "live", "owner"),
    [
        pytest.param(
            recorded({"DesiredCount": 2}, type="AWS::ECS::Service", id="arn:aws:ecs:r:1:service/shop/api"),
            {"DesiredCount": 5},
            "autoscaling",
            id="tasks of a service that is scaled",
        ),
        pytest.param(
            recorded({"DesiredCount": 2}, type="AWS::ECS::Service", id="arn:aws:ecs:r:1:service/shop/other"),
            {"DesiredCount": 5},
            "",
            id="tasks of one that is not",
        ),
        pytest.param(
            recorded(
                {"ProvisionedThroughput": {"ReadCapacityUnits": 1}}, type="AWS::DynamoDB::Table", id="orders"
            ),
            {"ProvisionedThroughput": {"ReadCapacityUnits": 9}},
            "autoscaling",
            id="capacity of a table",
        ),
        pytest.param(
            recorded(
                {"AllocatedStorage": "20", "MaxAllocatedStorage": 100}, type="AWS::RDS::DBInstance", id="db"
            ),
            {"AllocatedStorage": "50", "MaxAllocatedStorage": 100},
            "RDS storage autoscaling",
            id="storage that has grown",
        ),
        pytest.param(
            recorded(
                {"AllocatedStorage": "20", "MaxAllocatedStorage": 100}, type="AWS::RDS::DBInstance", id="db"
            ),
            {"AllocatedStorage": "200", "MaxAllocatedStorage": 100},
            "",
            id="storage that has grown beyond what is allowed",
        ),
        pytest.param(
            recorded({"EngineVersion": "16.3"}, type="AWS::RDS::DBInstance", id="db"),
            {"EngineVersion": "16.4"},
            "AWS's minor version upgrades",
            id="a later minor version",
        ),
        pytest.param(
            recorded(
                {"EngineVersion": "16.3", "AutoMinorVersionUpgrade": False}, type="AWS::RDS::DBInstance", id="db"
            ),
            {"EngineVersion": "16.4", "AutoMinorVersionUpgrade": False},
            "",
            id="a later minor version where AWS may not",
        ),
        pytest.param(
            recorded({"EngineVersion": "16.3"}, type="AWS::RDS::DBInstance", id="db"),
            {"EngineVersion": "17.0"},
            "",
            id="a later major version",
        ),
        pytest.param(
            recorded(
                {"DesiredCapacity": "2", "MinSize": "1", "MaxSize": "4"}, type="AWS::AutoScaling::AutoScalingGroup"
            ),
            {"DesiredCapacity": "3", "MinSize": "1", "MaxSize": "4"},
            "autoscaling",
            id="instances of a group within its limits",
        ),
        pytest.param(
            recorded({"Port": 80}, type="AWS::ElasticLoadBalancingV2::TargetGroup"),
            {"Port": 80, "Targets": [{"Id": "i-1"}]},
            "those who register as its targets",
            id="targets that registered themselves",
        ),
        pytest.param(
            recorded({"A": {"B": 1}}, lifecycle=Lifecycle(ignore_changes=("A.B",))),
            {"A": {"B": 2}},
            "the stack ignores its changes",
            id="what the stack ignores",
        ),
    ],
)  # fmt: skip
def test_what_others_own_is_told_apart_and_is_no_drift(one: Recorded, live: Properties, owner: str) -> None:
    finding = look(one, live, SCALED)

    assert [found.owner for found in finding.properties] == [owner]
    assert finding.status is (Status.SAME if owner else Status.CHANGED)


def test_scalable_targets_on_record_say_what_is_scaled() -> None:
    target = recorded(
        {"ResourceId": "service/shop/api"}, type="AWS::ApplicationAutoScaling::ScalableTarget", address="api:target"
    )

    assert Surroundings.of([target, recorded({})]).scaled == {"service/shop/api"}


def test_what_is_not_there_is_missing_and_what_nobody_observed_is_unknown() -> None:
    assert compared(recorded({"A": 1}), None, ALONE).status is Status.MISSING
    assert look(recorded({"A": 1}, {}), {"A": 1}).status is Status.UNKNOWN


def test_what_aws_does_not_tell_is_named_and_raises_no_alarm() -> None:
    finding = look(
        recorded({"A": 1, "MasterUserPassword": "{{resolve:secretsmanager:x}}", "B": []}, {"A": 1}), {"A": 1}
    )

    assert finding.status is Status.SAME
    assert finding.untold == ("MasterUserPassword",)
    assert telling(finding)


@pytest.mark.parametrize(
    "live",
    [
        {"Environment": {"Variables": {"LOG": "x", "API_TOKEN": "abc123-xyz"}}},
        {"Environment": {"Variables": {"LOG": HIDDEN}}},
        {"Environment": {"Variables": {"LOG": "postgres://ana:hunter2@db/shop"}}},
        {"Environment": {"Variables": {"LOG": "x"}}, "Env": [{"Name": "DB_PASSWORD", "Value": "hunter2"}]},
    ],
)
def test_secrets_are_neither_shown_nor_taken_into_the_record(live: Properties) -> None:
    finding = look(recorded({"Environment": {"Variables": {"LOG": "x"}}}), live)

    assert finding.status is Status.CHANGED
    assert HIDDEN in str(finding.properties)
    assert not {"abc123-xyz", "hunter2"} & set(str(finding.model_dump()).replace(":", "'").replace("@", "'").split("'"))
    assert (finding.accepted, finding.live) == (None, None)


def report(state: State, *findings: Finding, **more: Any) -> Report:
    return Report(
        **{
            "scope": SCOPE,
            "target": TARGET,
            "state": POINTER,
            "started": "2026-11-23T10:00:00Z",
            "finished": "2026-11-23T10:00:05Z",
            "by": "ana",
            "total": len(state.resources),
            "findings": findings,
            **more,
        }
    )


def state(*resources: Recorded) -> State:
    return State(lineage="l", serial=1, scope=SCOPE, target=TARGET, resources={one.address: one for one in resources})


A, B, C = (recorded({"VisibilityTimeout": 30}, address=f"{name}:main", id=name) for name in "abc")


@pytest.mark.parametrize(
    ("findings", "moved", "verdict"),
    [
        ((), False, Verdict.CLEAN),
        ((unknown(A, "denied"),), False, Verdict.UNKNOWN),
        ((look(A, {"VisibilityTimeout": 1}), unknown(B, "denied")), False, Verdict.DRIFTED),
        ((compared(A, None, ALONE),), False, Verdict.DRIFTED),
        ((look(A, {"VisibilityTimeout": 1}),), True, Verdict.UNKNOWN),
        ((), True, Verdict.UNKNOWN),
    ],
)
def test_the_verdict_is_never_clean_where_something_could_not_be_seen(
    findings: tuple[Finding, ...], moved: bool, verdict: Verdict
) -> None:
    said = report(state(A, B, C), *findings, moved=moved)

    assert said.verdict is verdict
    assert sum(said.count(status) for status in Status) == 3


def test_reports_that_say_the_same_have_one_gist() -> None:
    whole = state(A, B, C)
    first = report(whole, look(A, {"VisibilityTimeout": 1}), compared(B, None, ALONE))
    again = report(whole, compared(B, None, ALONE), look(A, {"VisibilityTimeout": 2}), finished="2026-11-24T10:00:05Z")
    more = report(whole, look(A, {"VisibilityTimeout": 1, "DelaySeconds": 1}), compared(B, None, ALONE))

    assert first.gist == again.gist != more.gist
    assert report(whole).gist == ""
    assert report(whole, unknown(A, "x")).gist not in ("", first.gist)


@pytest.mark.parametrize(
    ("applied", "observed", "live", "accepted"),
    [
        pytest.param({"A": 1}, None, {"A": 2}, {"A": 2}, id="a value"),
        pytest.param({"A": 1}, None, {}, {}, id="a value that is gone"),
        pytest.param({"A": 1}, {"A": 1, "B": 1}, {"A": 1, "B": 2}, {"A": 1}, id="a default of AWS stays out"),
        pytest.param({"A": 1}, None, {"A": 1, "B": 2}, {"A": 1, "B": 2}, id="what was added comes in"),
        pytest.param(
            {"A": {"X": 1}},
            {"A": {"X": 1, "Default": 1}},
            {"A": {"X": 2, "Default": 1, "New": 1}},
            {"A": {"X": 2, "New": 1}},
            id="deep inside, without defaults",
        ),
        pytest.param(
            {"Tags": [{"Key": "a", "Value": "b"}]},
            None,
            {"Tags": [{"Key": "a", "Value": "c"}, {"Key": "e", "Value": "f"}]},
            {"Tags": [{"Key": "a", "Value": "c"}, {"Key": "e", "Value": "f"}]},
            id="tags",
        ),
        pytest.param(
            {"A": "{{resolve:x}}", "B": 1},
            None,
            {"A": "{{resolve:x}}", "B": 2},
            {"A": "{{resolve:x}}", "B": 2},
            id="a reference stays one",
        ),
    ],
)  # fmt: skip
def test_an_acceptance_records_what_is_there_as_applied(
    applied: Properties, observed: Properties | None, live: Properties, accepted: Properties
) -> None:
    one = recorded(applied, observed)
    whole = state(one)

    plan, left = acceptance(report(whole, look(one, live)), whole)

    (step,) = plan.cleanup
    assert (step.action, step.properties, left) == (Action.ACCEPT, accepted, ())
    assert step.seen is not None
    assert step.seen.properties == live
    assert plan.forward == ()


def test_an_acceptance_strikes_off_what_is_missing_and_says_what_it_leaves() -> None:
    whole = state(A, B, C)
    hidden = look(C, {"VisibilityTimeout": 30, "Token": HIDDEN})

    plan, left = acceptance(report(whole, compared(A, None, ALONE), unknown(B, "denied"), hidden), whole)

    assert [(one.action, one.address) for one in plan.cleanup] == [(Action.FORGET, "a:main")]
    assert [one.partition(" ")[0] for one in left] == ["b:main", "c:main"]


def test_a_restoration_sets_what_was_applied_and_what_aws_had_filled_in() -> None:
    one = recorded({"A": 1, "B": {"X": 1}}, {"A": 1, "B": {"X": 1, "Y": 2}, "D": 5})
    whole = state(one)

    plan, _ = restoration(report(whole, look(one, {"A": 2, "B": {"X": 1, "Y": 3}, "D": 6, "E": 1})), whole)

    (step,) = plan.forward
    assert step.action is Action.UPDATE
    assert step.properties == {"A": 1, "B": {"X": 1}}
    assert step.besides == {"B": {"X": 1, "Y": 2}, "D": 5}
    assert [(one.path, one.before, one.after) for one in step.changes] == [
        ("A", 2, 1),
        ("B.Y", 3, 2),
        ("D", 6, 5),
        ("E", 1, None),
    ]


def test_a_restoration_leaves_what_only_the_stack_s_files_can_mend() -> None:
    gone = recorded({}, {"X": 1}, address="net:group", id="sg-1", attributes={"GroupId": "sg-1"})
    user = recorded({"Groups": ["sg-1"]}, address="api:main", dependencies=("net:group",))
    fixed = recorded({"QueueName": "a"}, address="q:main")
    free = recorded({"A": 1}, address="free:main")
    whole = state(gone, user, fixed, free)
    found = report(whole, compared(gone, None, ALONE), look(fixed, {"QueueName": "b"}), compared(free, None, ALONE))

    plan, left = restoration(found, whole)

    assert [(one.action, one.address, one.generation) for one in plan.forward] == [(Action.CREATE, "free:main", 1)]
    assert [one.partition(" ")[0] for one in left] == ["net:group", "q:main"]
