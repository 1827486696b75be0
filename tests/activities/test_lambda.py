"""What is special to functions and what invokes them."""

from dataclasses import replace

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from tests.activities.conformance.case import Case, fresh_name, of
from tests.activities.conformance.cases_compute import FUNCTION, asset
from tests.activities.conformance.cases_storage import QUEUE
from tests.activities.conformance.packed import HELLO, HELLO_AGAIN, packed
from tests.activities.conformance.stage import FORCED, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.failing import translated
from panka.activities.providers.lambda_ import FunctionProvider
from panka.planner.resource import Properties

MAPPING = Case(
    "AWS::Lambda::EventSourceMapping",
    {"FunctionName": of("function", "FunctionName"), "EventSourceArn": of("queue", "Arn")},
    needs={"queue": QUEUE, "function": FUNCTION},
)


def refusing(cloud: Cloud, faults: Faults, code: str, *, after: int) -> Cloud:
    """The cloud, in which every change after the first few is refused with a code, before the endpoint sees it."""
    sent = 0

    async def refuse() -> None:
        nonlocal sent
        sent += 1
        if sent > after:
            faults.instead = Answer(409, b'{"Message": "in progress"}', {"x-amzn-errortype": code})

    return replace(cloud, before_mutation=refuse)


async def test_code_that_was_changed_outside_is_seen(cloud: Cloud) -> None:
    stage = await staged(FUNCTION, cloud)
    id = await stage.apply(stage.properties())

    await cloud.call("lambda", "update_function_code", FunctionName=id, ZipFile=await packed(HELLO_AGAIN))

    assert (await stage.live(id)).properties["Code"] == asset(HELLO_AGAIN)
    assert stage.drift(stage.properties(), await stage.live(id)) != []


async def test_a_change_while_another_is_under_way_comes_later_and_only_the_rest_of_it(
    cloud: Cloud, faults: Faults
) -> None:
    stage = await staged(FUNCTION, cloud)
    id = await stage.apply(stage.properties())
    old = (await stage.live(id)).properties
    wanted = {**stage.properties(), "Timeout": 20, "Code": asset(HELLO_AGAIN)}
    busy = FunctionProvider(refusing(cloud, faults, "ResourceConflictException", after=1))

    with pytest.raises(TryLater):
        await busy.update(id, old, wanted)
    faults.reset()
    await stage.provider.update(id, old, wanted)

    assert [one for one in faults.mutations if one.endswith("/configuration")] == []
    assert stage.drift(wanted, await stage.live(id)) == []


async def test_the_function_is_waited_for(cloud: Cloud) -> None:
    stage = await staged(FUNCTION, cloud)

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    await stage.ready(id)

    live = await cloud.call("lambda", "get_function_configuration", FunctionName=id)
    assert live["State"] == "Active"


async def test_code_is_taken_from_a_bucket(cloud: Cloud) -> None:
    stage = await staged(FUNCTION, cloud)
    bucket = await _bucket_with(cloud, "hello.zip", HELLO)
    wanted = {**stage.properties(), "Code": {"S3Bucket": bucket, "S3Key": "hello.zip"}}

    id = await stage.provider.create(stage.owner, wanted, stage.token)
    await stage.ready(id)

    assert (await stage.live(id)).properties["Code"] == asset(HELLO)


async def test_source_text_instead_of_a_packed_file_is_refused(cloud: Cloud) -> None:
    stage = await staged(FUNCTION, cloud)

    with pytest.raises(AwsError, match="must name a packed file"):
        await stage.provider.create(stage.owner, {**stage.properties(), "Code": {"ZipFile": "x = 1"}}, stage.token)


async def test_environment_values_are_text_to_aws_and_equal_to_what_was_written(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(FUNCTION, cloud)
    variables: Properties = {"PORT": 8080, "DEBUG": True}
    wanted = {**stage.properties(), "Environment": {"Variables": variables}}
    id = await stage.apply(wanted)
    live = (await stage.live(id)).properties
    faults.reset()

    await stage.provider.update(id, live, wanted)

    assert live["Environment"] == {"Variables": {"PORT": "8080", "DEBUG": "true"}}
    assert faults.mutations == []


async def test_a_mapping_is_found_by_its_tags_when_nothing_else_is_known(cloud: Cloud) -> None:
    stage = await staged(MAPPING, cloud)
    id = await stage.apply(stage.properties())

    assert await stage.provider.find(stage.owner, {}) == id


async def test_a_refusal_for_good_can_be_told_to_the_run(cloud: Cloud, faults: Faults) -> None:
    refused = FunctionProvider(refusing(cloud, faults, "InvalidParameterValueException", after=0))
    told = Failure()

    with pytest.raises(ApplicationError) as raised, translated():
        await refused.delete("any", FORCED)
    await pydantic_data_converter.encode_failure(raised.value, told)

    assert told.application_failure_info.non_retryable
    assert "in progress" in told.message


async def test_a_mapping_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(MAPPING, cloud)
    id = await stage.apply(stage.properties())
    busy = type(stage.provider)(refusing(cloud, faults, "ResourceInUseException", after=0))

    with pytest.raises(TryLater):
        await busy.delete(id, FORCED)

    assert await stage.provider.read(id) is not None


async def _bucket_with(cloud: Cloud, key: str, sha256: str) -> str:
    bucket = fresh_name()
    where = {"LocationConstraint": cloud.region}
    await cloud.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration=where)
    await cloud.call("s3", "put_object", Bucket=bucket, Key=key, Body=await packed(sha256))
    return bucket
