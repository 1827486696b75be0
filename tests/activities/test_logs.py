"""What is special to log groups."""

from tests.activities.conformance.case import NAME, Case
from tests.activities.conformance.stage import staged

from panka.activities.aws.session import Cloud

GROUP = Case("AWS::Logs::LogGroup", {"LogGroupName": f"/tests/{NAME}", "RetentionInDays": 30})


async def test_a_group_whose_name_only_begins_the_same_is_another(cloud: Cloud) -> None:
    stage = await staged(GROUP, cloud)
    longer = stage.properties()["LogGroupName"] + "-old"
    await cloud.call("logs", "create_log_group", logGroupName=longer)

    assert await stage.provider.find(stage.owner, stage.properties()) is None
    assert await stage.provider.read(stage.properties()["LogGroupName"]) is None


async def test_a_create_that_was_cut_before_the_retention_is_taken_up(cloud: Cloud) -> None:
    stage = await staged(GROUP, cloud)
    name = stage.properties()["LogGroupName"]
    await cloud.call("logs", "create_log_group", logGroupName=name, tags=stage.owner.tags())

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert (await stage.live(id)).properties["RetentionInDays"] == 30


async def test_the_arn_ends_as_cloudformation_tells_it(cloud: Cloud) -> None:
    stage = await staged(GROUP, cloud)

    id = await stage.apply(stage.properties())

    arn = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{id}:*"
    assert (await stage.live(id)).attributes["Arn"] == arn
