"""What is special to buckets: how little of a new one must be asked."""

import pytest
from tests.activities.conformance.case import Case
from tests.activities.conformance.cases_storage import CASES
from tests.activities.conformance.stage import staged

from panka.activities.aws.session import Cloud
from plugins.faults import Faults

BUCKETS = [case for case in CASES if case.type == "AWS::S3::Bucket"]


@pytest.mark.parametrize("case", BUCKETS, ids=str)
async def test_a_new_bucket_is_told_as_a_later_look_tells_it(case: Case, cloud: Cloud, faults: Faults) -> None:
    stage = await staged(case, cloud)
    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)

    faults.reset()
    told = await stage.provider.read_new(id, stage.properties())
    asked = faults.reads
    later = await stage.live(id)

    assert told == later
    assert asked < faults.reads - asked


async def test_what_people_set_on_a_bucket_that_a_lost_create_left_is_taken_away(cloud: Cloud) -> None:
    stage = await staged(BUCKETS[0], cloud)
    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    rule = {"ID": "old", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 7}}
    await cloud.call("s3", "put_bucket_lifecycle_configuration", Bucket=id, LifecycleConfiguration={"Rules": [rule]})

    await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert "LifecycleConfiguration" not in (await stage.live(id)).properties


async def test_a_bucket_that_was_there_is_asked_itself_what_it_has(cloud: Cloud) -> None:
    first, second = [await staged(BUCKETS[0], cloud) for _ in range(2)]
    blocked = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    ids = [await one.provider.create(one.owner, one.properties(), one.token) for one in (first, second)]
    await first.provider.read_new(ids[0], first.properties())
    await cloud.call("s3", "put_public_access_block", Bucket=ids[1], PublicAccessBlockConfiguration=blocked)
    again = await staged(BUCKETS[0], cloud)  # another attempt, which finds what the first one made

    await again.provider.create(second.owner, second.properties(), second.token)
    told = await again.provider.read_new(ids[1], second.properties())

    assert told is not None
    assert told.properties["PublicAccessBlockConfiguration"] == blocked
