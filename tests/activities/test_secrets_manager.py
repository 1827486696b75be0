"""What is special to secrets: values that nobody sees, names that outlive a delete, copies in other regions."""

import json

import pytest
from tests.activities.conformance.cases_edge import SECRET
from tests.activities.conformance.stage import THEIRS, Stage, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.aws.session import Cloud
from panka.activities.providers.provider import Ending, Failed, Readiness, Ready, Waiting
from panka.activities.providers.secretsmanager import SecretProvider
from panka.planner.resource import Properties

GENTLY = Ending()


def rules(**more: object) -> Properties:
    return {"GenerateSecretString": {"PasswordLength": 20, **more}}


def copied(status: str) -> Answer:
    replica = {"Region": "us-west-2", "Status": status, "StatusMessage": "it has a secret of this name"}
    body = {"ARN": "arn:secret", "Name": "secret", "ReplicationStatus": [replica]}
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/x-amz-json-1.1"})


async def value(cloud: Cloud, id: str) -> str:
    return str((await cloud.call("secretsmanager", "get_secret_value", SecretId=id))["SecretString"])


async def made(cloud: Cloud, **properties: object) -> tuple[Stage, str]:
    stage = await staged(SECRET, cloud)
    return stage, await stage.apply(stage.properties(properties))


async def updated(stage: Stage, id: str, properties: Properties) -> None:
    await stage.provider.update(id, (await stage.live(id)).properties, stage.properties(properties))


async def test_a_generated_value_is_as_asked_for(cloud: Cloud) -> None:
    template = {"SecretStringTemplate": '{"username": "panka"}', "GenerateStringKey": "password"}

    _, id = await made(cloud, **rules(ExcludePunctuation=True, **template))

    found = json.loads(await value(cloud, id))
    assert found["username"] == "panka"
    assert len(found["password"]) == 20
    assert found["password"].isalnum()


async def test_a_template_without_its_key_is_refused(cloud: Cloud) -> None:
    with pytest.raises(AwsError, match="need each other"):
        await made(cloud, **rules(SecretStringTemplate="{}"))


async def test_a_value_is_generated_once_whichever_reply_is_lost(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(SECRET, cloud)
    faults.reset()
    faults.lose = 1
    with pytest.raises(AwsError):
        await stage.provider.create(stage.owner, stage.properties(), stage.token)
    id = await stage.provider.find(stage.owner, stage.properties())
    assert id is not None
    first = await value(cloud, id)

    assert await stage.apply(stage.properties()) == id

    assert await value(cloud, id) == first


async def test_other_rules_make_another_value_once(cloud: Cloud, endpoint: str) -> None:
    if endpoint == "ministack":
        pytest.skip("It gives the first version of a secret an id of its own.")
    stage, id = await made(cloud)

    await updated(stage, id, rules(PasswordLength=40))
    second = await value(cloud, id)
    await updated(stage, id, rules(PasswordLength=40))

    assert len(second) == 40
    assert await value(cloud, id) == second


async def test_a_value_that_somebody_put_in_stays(cloud: Cloud) -> None:
    stage, id = await made(cloud)
    await cloud.call("secretsmanager", "put_secret_value", SecretId=id, SecretString="theirs")

    await updated(stage, id, rules(PasswordLength=40))

    assert await value(cloud, id) == "theirs"


async def test_a_given_value_is_set_where_it_differs(cloud: Cloud, faults: Faults) -> None:
    stage, id = await made(cloud, SecretString="first")
    await updated(stage, id, {"SecretString": "second"})
    assert await value(cloud, id) == "second"
    faults.reset()

    await updated(stage, id, {"SecretString": "second"})

    assert faults.mutations == []


async def test_a_secret_that_waits_for_its_deletion_is_gone_until_it_is_made_again(cloud: Cloud) -> None:
    stage, id = await made(cloud)
    before = await value(cloud, id)
    await stage.provider.delete(id, GENTLY)
    await stage.provider.delete(id, GENTLY)
    assert await stage.provider.read(id) is None
    assert await stage.provider.gone(id) == Ready()

    again = await stage.apply(stage.properties({"Description": "Back again"}))

    assert again == id
    assert await value(cloud, id) == before
    assert (await stage.live(id)).properties["Description"] == "Back again"


async def test_a_strangers_secret_that_waits_for_its_deletion_is_not_restored(cloud: Cloud) -> None:
    theirs = await staged(SECRET, cloud, THEIRS)
    id = await theirs.apply(theirs.properties())
    await theirs.provider.delete(id, GENTLY)
    us = await staged(SECRET, cloud, name=theirs.name)

    with pytest.raises(NotOurs, match="waits for its deletion"):
        await us.provider.create(us.owner, us.properties(), us.token)

    assert await theirs.provider.read(id) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("InProgress", Waiting("the copy in us-west-2 is being made")),
        ("Failed", Failed("The copy in us-west-2 failed: it has a secret of this name.")),
        ("InSync", Ready()),
    ],
)
async def test_a_secret_is_ready_when_its_copies_are(
    cloud: Cloud, faults: Faults, status: str, expected: Readiness
) -> None:
    faults.instead = copied(status)

    assert await SecretProvider(cloud).ready("secret") == expected
