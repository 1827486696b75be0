"""What is special to scalable targets, their policies, and alarms."""

import json

import pytest
from tests.activities.conformance.cases_balancing import CASES, SCALED
from tests.activities.conformance.stage import FORCED, staged

from panka.activities.aws.errors import AwsError, Cause, NotOurs
from panka.activities.aws.session import Cloud
from panka.activities.providers.application_autoscaling import ScalingPolicyProvider
from panka.planner.resource import Properties
from plugins.faults import Answer, Faults

POLICY = next(case for case in CASES if case.type == "AWS::ApplicationAutoScaling::ScalingPolicy")
SCHEDULED = next(case for case in CASES if case.type == "AWS::ApplicationAutoScaling::ScalableTarget")
ALARM = next(case for case in CASES if case.type == "AWS::CloudWatch::Alarm" and case.label == "metric")


async def test_a_policy_goes_with_what_it_scales(cloud: Cloud) -> None:
    stage = await staged(POLICY, cloud)
    id = await stage.apply(stage.properties())
    target = await staged(SCALED, cloud, name=f"{stage.name}-scaled")

    await target.provider.delete(stage.known["scaled"]["Id"], FORCED)

    assert await stage.provider.read(id) is None
    await stage.provider.delete(id, FORCED)


@pytest.mark.parametrize("said", [{}, {"ScalingTargetId": "service/shop"}, {"ResourceId": "service/shop"}], ids=str)
async def test_a_policy_that_does_not_say_what_it_scales_is_refused_in_words(
    cloud: Cloud, faults: Faults, said: Properties
) -> None:
    stage = await staged(POLICY, cloud)
    places = ("ScalingTargetId", "ResourceId", "ScalableDimension", "ServiceNamespace")
    properties = {name: value for name, value in stage.properties().items() if name not in places} | said
    faults.reset()

    with pytest.raises(AwsError, match="A policy says what it scales: ScalingTargetId") as refused:
        await stage.provider.create(stage.owner, properties, stage.token)

    assert refused.value.cause is Cause.FINAL
    assert faults.mutations == []


async def test_a_target_from_before_targets_had_tags_is_not_ours(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(SCALED, cloud)
    properties = stage.properties()
    old = {key: properties[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    body = json.dumps({"ScalableTargets": [{**old, "MinCapacity": 1, "MaxCapacity": 2, "RoleARN": "r"}]})
    faults.instead = Answer(200, body.encode(), {"content-type": "application/x-amz-json-1.1"})

    with pytest.raises(NotOurs, match="scalable target"):
        await stage.provider.create(stage.owner, properties, stage.token)

    assert faults.mutations == []


async def test_a_policy_for_what_is_not_known_any_more_is_not_looked_for(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(POLICY, cloud)
    faults.reset()

    assert await stage.provider.find(stage.owner, {"PolicyName": stage.name, "ServiceNamespace": "ecs"}) is None
    assert faults.reads == 0


@pytest.mark.parametrize(
    "resource", ["service/shop/web", "cluster:reader", "function:resize:live", "endpoint/e/variant/v"]
)
async def test_a_policy_is_read_by_what_its_arn_says(cloud: Cloud, faults: Faults, resource: str) -> None:
    place = {"ServiceNamespace": "any", "ResourceId": resource, "ScalableDimension": "any:thing:Count"}
    await cloud.call("application-autoscaling", "register_scalable_target", **place, MinCapacity=1, MaxCapacity=2)
    made = await cloud.call("application-autoscaling", "put_scaling_policy", **place, PolicyName="up:down")
    faults.reset()

    live = await ScalingPolicyProvider(cloud).read(f"{made['PolicyARN']}|any:thing:Count")

    assert live is not None
    assert live.properties == {**place, "PolicyName": "up:down"}
    assert live.attributes == {"Arn": made["PolicyARN"]}


@pytest.mark.parametrize(
    ("written", "changes"),
    [
        ("2030-01-01T00:00:00Z", []),
        ("2030-01-01T01:00:00+01:00", []),
        ("2030-01-01T00:00:00", []),
        ("2030-01-02T00:00:00Z", ["PutScheduledAction"]),
    ],
)
async def test_a_moment_is_the_same_however_it_is_written(
    cloud: Cloud, faults: Faults, written: str, changes: list[str]
) -> None:
    stage = await staged(SCHEDULED, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    action = {**live["ScheduledActions"][0], "StartTime": written}
    faults.reset()

    await stage.provider.update(id, live, {**live, "ScheduledActions": [action]})

    assert faults.mutations == changes


@pytest.mark.parametrize(
    ("change", "changes"),
    [
        ({"ActionsEnabled": True, "TreatMissingData": "missing"}, []),
        ({"Threshold": 600.0}, []),
        ({"ActionsEnabled": False}, ["PutMetricAlarm"]),
        ({"TreatMissingData": "breaching"}, ["PutMetricAlarm"]),
    ],
)
async def test_an_alarm_is_put_again_only_when_it_is_to_be_otherwise(
    cloud: Cloud, faults: Faults, change: Properties, changes: list[str]
) -> None:
    stage = await staged(ALARM, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    faults.reset()

    await stage.provider.update(id, live, {**live, **change})

    assert faults.mutations == changes
