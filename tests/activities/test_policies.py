"""What is special to policies that several topics or queues share."""

import pytest
from tests.activities.conformance.case import Case
from tests.activities.conformance.cases_serverless import CASES
from tests.activities.conformance.stage import FORCED, staged

from panka.activities.aws.session import Cloud

SHARED = [case for case in CASES if case.type in {"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"}]
INLINE = next(case for case in CASES if case.type == "AWS::SNS::TopicInlinePolicy")


@pytest.mark.parametrize("shared", SHARED, ids=str)
async def test_a_policy_that_was_replaced_does_not_take_its_successor_with_it(cloud: Cloud, shared: Case) -> None:
    stage = await staged(shared, cloud)
    next_one = stage.owner.model_copy(update={"generation": 2})
    old = await stage.apply(stage.properties())
    new = await stage.provider.create(next_one, stage.properties(), stage.token)

    await stage.provider.delete(old, FORCED)

    assert await stage.provider.read(old) is None
    assert stage.drift(stage.properties(), await stage.live(new)) == []


@pytest.mark.parametrize("shared", SHARED, ids=str)
async def test_holders_of_different_policies_are_brought_together(cloud: Cloud, shared: Case) -> None:
    stage = await staged(shared, cloud)
    id = await stage.apply(stage.properties())
    mark, first, second = id.split("|")
    await stage.provider.update(
        f"{mark}|{first}", {}, {**stage.properties(*shared.updates), next(iter(shared.properties)): [first]}
    )
    assert "PolicyDocument" not in (await stage.live(id)).properties

    await stage.provider.update(id, (await stage.live(id)).properties, stage.properties())

    assert stage.drift(stage.properties(), await stage.live(id)) == []
    assert {first, second} == set((await stage.live(id)).properties[next(iter(shared.properties))])


async def test_a_topic_gets_back_the_policy_that_it_was_born_with(cloud: Cloud) -> None:
    stage = await staged(INLINE, cloud)
    id = await stage.apply(stage.properties())

    await stage.remove(id)

    told = await cloud.call("sns", "get_topic_attributes", TopicArn=id)
    assert '"AWS:SourceOwner"' in told["Attributes"]["Policy"]
