"""A tenant's role: taken on with its tags and policy, again before it expires, and whenever AWS says that it has."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from panka.activities.aws.assuming import taking_on
from panka.activities.aws.errors import AwsError, Cause
from panka.activities.aws.retries import Timing
from panka.activities.aws.roles import Role, role_of
from panka.activities.aws.session import Clients, Cloud, Keys
from panka.activities.failing import translated
from panka.planner.owner import Scope
from panka.planner.register import parsed
from panka.planner.state import Target
from plugins.faults import Answer, Faults, faulty

ARN = "arn:aws:iam::333333333333:role/panka-acme"
CONFIG = """
apiVersion: admin.panka.io/v1
kind: TenantConfig
metadata: {name: acme}
spec:
  aws: {accountId: "333333333333", region: eu-west-1, assumeRoleArn: "arn:aws:iam::333333333333:role/panka-acme", externalId: its-acme}
  regions: [eu-west-1, eu-central-1, us-east-1]
"""  # noqa: E501  # a document of users
SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
SOURCE = Keys("source", "secret")
REFUSED = b"<ErrorResponse><Error><Code>ExpiredToken</Code><Message>It is expired</Message></Error></ErrorResponse>"


@dataclass
class Stage:
    """An endpoint with an STS, through a proxy that calls keys expired."""

    faults: Faults

    def cloud(self, role: Role) -> Cloud:
        target = Target(account="333333333333", region="eu-west-1", endpoint_url=self.faults.url)
        timing = Timing(sleep=_at_once, random=Random(7))
        return Cloud(Clients(target, keys=SOURCE, role=role, threads=8, timing=timing))

    @property
    def taken_on(self) -> int:
        return self.faults.mutations.count("AssumeRole")

    def expire(self) -> None:
        """Every key of a role that was used so far."""
        self.faults.expired |= self.faults.keys - {SOURCE.access_key_id}


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def stage(moto_url: str) -> AsyncIterator[Stage]:
    async with faulty(moto_url) as faults:
        yield Stage(faults)


@pytest.fixture
def role() -> Role:
    made = role_of(parsed("tenant.yaml", CONFIG), SCOPE, "acme-panka-state", "acme-panka-state")
    assert made is not None
    return made


def test_a_role_is_asked_for_with_the_tenant_in_name_tags_and_policy(role: Role) -> None:
    asked = role.request

    policy = json.loads(asked["Policy"])
    assert (asked["RoleArn"], asked["ExternalId"]) == (ARN, "its-acme")
    assert asked["RoleSessionName"] == "panka-acme-shop-prod"
    assert {one["Key"]: one["Value"] for one in asked["Tags"]} == {
        "panka:tenant": "acme",
        "panka:stack": "shop",
        "panka:environment": "prod",
    }
    assert len(asked["Policy"]) <= 2048
    assert policy["Statement"][1]["Condition"]["StringNotEquals"] == {"aws:ResourceTag/panka:tenant": "acme"}


def test_a_tenant_without_a_role_has_none() -> None:
    tenant = parsed("tenant.yaml", CONFIG.partition("  aws:")[0] + "  displayName: Acme\n")

    assert role_of(tenant, SCOPE, "state", "state") is None


async def test_all_calls_share_one_session_of_the_role_in_its_account(stage: Stage, role: Role) -> None:
    cloud = stage.cloud(role)

    made = await asyncio.gather(*(cloud.call("sqs", "create_queue", QueueName=f"q{n}") for n in range(20)))

    assert all("/333333333333/" in one["QueueUrl"] for one in made)
    assert await cloud.identity() == "333333333333"
    assert stage.taken_on == 1


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("sqs", "create_queue", {"QueueName": "after"}),
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}),
        ("sns", "create_topic", {"Name": "after"}),
        ("s3", "create_bucket", {"Bucket": "after", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ],
)
async def test_a_role_that_a_service_calls_expired_is_taken_on_again_and_the_call_goes_through(
    stage: Stage, role: Role, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    cloud = stage.cloud(role)
    await cloud.call("sqs", "create_queue", QueueName="before")
    stage.expire()

    await cloud.call(service, operation, **arguments)

    assert stage.taken_on == 2


async def test_of_many_calls_that_hear_of_it_together_each_goes_through(stage: Stage, role: Role) -> None:
    cloud = stage.cloud(role)
    await cloud.call("sqs", "create_queue", QueueName="before")
    stage.expire()

    made = await asyncio.gather(*(cloud.call("sqs", "create_queue", QueueName=f"q{n}") for n in range(20)))

    assert len(made) == 20
    assert 2 <= stage.taken_on < 10


async def test_source_credentials_that_have_expired_are_looked_for_again(stage: Stage, role: Role) -> None:
    stage.faults.instead = Answer(403, REFUSED, {"Content-Type": "text/xml"}, times=2)

    await stage.cloud(role).call("sqs", "create_queue", QueueName="q")

    assert stage.taken_on == 1


async def test_a_role_is_taken_on_again_as_it_nears_its_end(stage: Stage, role: Role) -> None:
    short = Role(role.arn, role.session, role.tags, role.policy, seconds=900)
    cloud = stage.cloud(short)

    for number in range(3):
        await cloud.call("sqs", "create_queue", QueueName=f"q{number}")

    assert stage.taken_on >= 3


async def test_credentials_that_stay_expired_are_told_as_what_another_attempt_can_mend(
    stage: Stage, role: Role
) -> None:
    stage.faults.expired.add(SOURCE.access_key_id)

    with pytest.raises(AwsError, match="sts:AssumeRole") as raised:
        await stage.cloud(role).call("sqs", "create_queue", QueueName="q")

    assert (raised.value.cause, raised.value.denied) == (Cause.EXPIRED, True)
    with pytest.raises(ApplicationError) as told, translated():
        raise raised.value
    assert not told.value.non_retryable


def test_credentials_last_by_this_machines_own_clock() -> None:
    wrong = {
        "AccessKeyId": "A",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": datetime(2001, 1, 1, tzinfo=UTC),
    }
    session = taking_on(Role(ARN, "s", (), "{}"), lambda **_asked: {"Credentials": wrong})

    assert session.get_credentials().get_frozen_credentials().access_key == "A"
