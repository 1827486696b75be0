"""What is special to event buses, rules and schedules."""

import json

import pytest
from tests.activities.conformance.case import Case, of
from tests.activities.conformance.cases_serverless import CASES, SCHEDULE_GROUP
from tests.activities.conformance.cases_storage import QUEUE
from tests.activities.conformance.stage import staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.events import RuleProvider
from panka.activities.providers.provider import Ready, Waiting
from panka.activities.providers.scheduler import ScheduleGroupProvider
from panka.planner.resource import Properties

RULE = Case(
    "AWS::Events::Rule",
    {"Name": "<name>", "ScheduleExpression": "rate(5 minutes)", "Targets": [{"Id": "a", "Arn": of("queue", "Arn")}]},
    needs={"queue": QUEUE},
)
SCHEDULE = next(case for case in CASES if case.type == "AWS::Scheduler::Schedule" and not case.label)


def json_answer(**said: object) -> Answer:
    return Answer(200, json.dumps(said).encode(), {"content-type": "application/x-amz-json-1.1"})


def unsuccessful(code: str) -> Answer:
    entry = {"TargetId": "b", "ErrorCode": code, "ErrorMessage": "No such thing."}
    return json_answer(FailedEntryCount=1, FailedEntries=[entry])


async def test_a_rule_of_the_default_bus_is_known_by_its_short_arn(cloud: Cloud) -> None:
    stage = await staged(RULE, cloud)

    id = await stage.apply(stage.properties())

    assert id == f"arn:aws:events:{cloud.region}:{cloud.account}:rule/{stage.name}"
    assert (await stage.live(id)).attributes == {"Arn": id, "RuleName": stage.name}


async def test_a_bus_may_be_named_by_its_arn(cloud: Cloud) -> None:
    stage = await staged(RULE, cloud)
    bus = f"arn:aws:events:{cloud.region}:{cloud.account}:event-bus/default"

    id = await stage.apply({**stage.properties(), "EventBusName": "default"})

    assert await stage.provider.find(stage.owner, {**stage.properties(), "EventBusName": bus}) == id


async def test_a_target_that_aws_does_not_take_is_an_error(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(RULE, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    wanted = {**live, "Targets": [{"Id": "b", "Arn": "arn:aws:sqs:eu-west-1:123456789012:none"}]}
    kept = {**wanted, "Targets": [*live["Targets"], *wanted["Targets"]]}

    faults.instead = unsuccessful("ResourceNotFoundException")
    with pytest.raises(AwsError, match="b: No such thing"):
        await stage.provider.update(id, live, kept)
    faults.instead = unsuccessful("ConcurrentModificationException")
    with pytest.raises(TryLater, match="did not take the target b"):
        await stage.provider.update(id, live, kept)


async def test_many_targets_go_in_batches(cloud: Cloud, faults: Faults, endpoint: str) -> None:
    if endpoint == "moto":
        pytest.skip("moto never comes to the last page of a list of targets.")
    stage = await staged(RULE, cloud)
    arn = stage.properties()["Targets"][0]["Arn"]
    targets: list[Properties] = [{"Id": f"t{number}", "Arn": arn} for number in range(101)]
    faults.reset()

    id = await stage.provider.create(stage.owner, {**stage.properties(), "Targets": targets}, stage.token)

    assert faults.mutations == ["PutRule", "PutTargets", "PutTargets"]
    assert len((await stage.live(id)).properties["Targets"]) == 101


async def test_a_rule_that_is_deleted_while_it_is_read_is_not_there(cloud: Cloud) -> None:
    arn = f"arn:aws:events:{cloud.region}:{cloud.account}:rule/none"

    assert await RuleProvider(cloud).read(arn) is None


async def test_a_schedule_stays_its_owners_when_its_description_changes(cloud: Cloud) -> None:
    stage = await staged(SCHEDULE, cloud)
    id = await stage.apply(stage.properties())

    await stage.provider.update(id, (await stage.live(id)).properties, {**stage.properties(), "Description": "Mine"})

    assert (await stage.live(id)).properties["Description"] == "Mine"
    assert await stage.provider.find(stage.owner, stage.properties()) == id


async def test_a_schedule_of_another_generation_is_not_taken_for_this_one(cloud: Cloud) -> None:
    stage = await staged(SCHEDULE, cloud)
    await stage.apply(stage.properties())

    with pytest.raises(NotOurs, match="no mark"):
        await stage.provider.find(stage.owner.model_copy(update={"generation": 2}), stage.properties())


async def test_a_retry_policy_that_is_taken_away_goes_back_to_the_default(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(SCHEDULE, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    target = {name: value for name, value in live["Target"].items() if name != "RetryPolicy"}
    defaults = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    faults.reset()

    await stage.provider.update(id, live, {**live, "Target": target})
    assert len(faults.mutations) == 1
    await stage.provider.update(id, {**live, "Target": {**target, "RetryPolicy": defaults}}, {**live, "Target": target})
    assert len(faults.mutations) == 1


async def test_a_group_is_gone_when_its_schedules_are(cloud: Cloud, faults: Faults) -> None:
    faults.instead = json_answer(Name="jobs", State="DELETING")
    assert await ScheduleGroupProvider(cloud).gone("jobs") == Waiting("Scheduler deletes the group's schedules")

    assert await ScheduleGroupProvider(cloud).gone("jobs") == Ready()


async def test_a_group_that_is_still_being_deleted_is_waited_for(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(SCHEDULE_GROUP, cloud)
    id = await stage.apply(stage.properties())
    live = await cloud.call("scheduler", "get_schedule_group", Name=id)
    faults.instead = json_answer(Arn=live["Arn"], Name=id, State="DELETING")

    with pytest.raises(TryLater, match="still being deleted"):
        await stage.provider.find(stage.owner, stage.properties())
