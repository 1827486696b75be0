"""What is special to types that are made through Cloud Control."""

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from tests.activities.conformance.case import Case
from tests.activities.conformance.cases_cloud_control import CASES
from tests.activities.conformance.stage import FORCED, THEIRS, Stage, staged, until

from panka.activities.aws.errors import AwsError, Cause, NotOurs, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.cloud_control import CloudControlProvider
from panka.activities.providers.provider import Ending, Failed, Readiness, Ready, Waiting
from panka.activities.providers.sqs import QueueProvider
from panka.activities.providing import provider_of
from panka.activities.untold import recalled
from plugins.faults import Faults

pytestmark = pytest.mark.parametrize("endpoint", ["cloud_control"], indirect=True, scope="session")
NAMED, PLAN, LATE, CHILD, SECRETIVE, FIXED, UNTAGGED = CASES


@pytest.fixture
def order(cloud_control_url: str) -> Callable[..., Any]:
    """Tells the endpoint what shall go wrong, or what it shall show of itself."""

    def ask(what: str, **said: str) -> Any:
        body = json.dumps(said).encode() if what != "resources" else None
        with urllib.request.urlopen(f"{cloud_control_url}/fake/{what}", body, timeout=10) as answer:
            return json.loads(answer.read())

    return ask


def elsewhere(stage: Stage) -> CloudControlProvider:
    """The provider of another attempt, which knows of nothing that this one has done."""
    provider = provider_of(stage.case.type, stage.provider.cloud)
    assert isinstance(provider, CloudControlProvider)
    return provider


async def ended(ask: Callable[[], Awaitable[Readiness]]) -> Readiness:
    """How it stands when there is nothing more to wait for."""
    for _ in range(200):
        answer = await ask()
        if not isinstance(answer, Waiting):
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError("It waits for ever.")


async def made(stage: Stage) -> str:
    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    await stage.ready(id)
    return id


async def test_a_type_has_its_own_provider_or_cloud_control_or_none(cloud: Cloud) -> None:
    assert isinstance(provider_of("AWS::SQS::Queue", cloud), QueueProvider)
    assert isinstance(provider_of("AWS::Athena::WorkGroup", cloud), CloudControlProvider)
    assert provider_of("AWS::Athena::WorkGroup", cloud).type == "AWS::Athena::WorkGroup"
    with pytest.raises(ApplicationError, match="no provider for AWS::RDS::DBSecurityGroup"):
        provider_of("AWS::RDS::DBSecurityGroup", cloud)


async def test_a_create_ends_when_the_identifier_is_told_and_ready_waits_for_the_rest(cloud: Cloud) -> None:
    stage = await staged(NAMED, cloud)

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    first = await elsewhere(stage).ready(id)
    await stage.ready(id)

    assert first == Waiting("AWS is at work (create)")
    assert await elsewhere(stage).ready(id) == Ready()


async def test_a_create_says_what_it_waits_for_until_it_knows_the_identifier(cloud: Cloud) -> None:
    told: list[str] = []
    stage = await staged(LATE, replace(cloud, progress=told.append))

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert id.startswith("arn:")
    assert "AWS is at work (create)" in told


async def test_what_aws_alone_says_of_a_resource_can_be_referred_to(cloud: Cloud) -> None:
    stage = await staged(CHILD, cloud)

    id = await made(stage)

    live = await stage.live(id)
    assert id == f"{live.attributes['ApplicationId']}|{live.attributes['EnvironmentId']}"
    assert live.properties.keys() == {"ApplicationId", "Name", "Tags"}


async def test_a_request_that_failed_is_made_anew_with_another_token_and_growing_pauses(
    cloud: Cloud, order: Callable[..., Any]
) -> None:
    stage = await staged(PLAN, cloud)

    for seconds in (5, 10):
        order("fail", code="ServiceInternalError", message="It was a bad moment.")
        with pytest.raises(TryLater, match="bad moment") as later:
            await stage.provider.create(stage.owner, stage.properties(), stage.token)
        assert later.value.seconds == seconds
    id = await made(stage)

    assert await stage.provider.create(stage.owner, stage.properties(), stage.token) == id
    assert [one for one in order("resources")[PLAN.type].values() if one["UsagePlanName"] == stage.name] == [
        order("resources")[PLAN.type][id]
    ]


async def test_a_create_that_has_failed_all_too_often_is_given_up(cloud: Cloud, order: Callable[..., Any]) -> None:
    stage = await staged(PLAN, cloud)
    for _ in range(12):
        order("fail", code="NetworkFailure", message="Nobody answers.")
        with pytest.raises(TryLater):
            await stage.provider.create(stage.owner, stage.properties(), stage.token)

    with pytest.raises(AwsError, match=r"failed 12 times, at last with: Nobody answers\.") as given_up:
        await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert given_up.value.cause is Cause.FINAL


async def test_what_aws_refuses_is_told_in_its_own_words(cloud: Cloud) -> None:
    stage = await staged(SECRETIVE, cloud)
    wanted = {name: value for name, value in stage.properties().items() if name != "Name"}

    with pytest.raises(
        AwsError, match=r"CREATE AWS::Athena::WorkGroup InvalidRequest: .*'Name'.* not found"
    ) as refused:
        await stage.provider.create(stage.owner, wanted, stage.token)

    assert refused.value.cause is Cause.FINAL
    assert refused.value.request_id


async def test_a_property_that_aws_alone_sets_never_leaves(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(PLAN, cloud)

    with pytest.raises(AwsError, match="Panka cannot set Id of AWS::ApiGateway::UsagePlan"):
        await stage.provider.create(stage.owner, {**stage.properties(), "Id": "mine"}, stage.token)

    assert faults.mutations == []


@pytest.mark.parametrize("case", [PLAN, NAMED], ids=str)
async def test_what_does_not_become_ready_has_failed_in_whichever_attempt_it_is_seen(
    cloud: Cloud, order: Callable[..., Any], case: Case
) -> None:
    stage = await staged(case, cloud)
    order("fail", code="NotStabilized", message="It is stuck.")

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    now = await ended(lambda: stage.provider.ready(id))

    assert isinstance(now, Failed)
    assert "NotStabilized: It is stuck." in now.reason
    assert await elsewhere(stage).ready(id) == now
    assert await stage.provider.find(stage.owner, stage.properties()) == id, "The undo has to find it."


async def test_what_was_made_before_is_found_when_aws_has_forgotten_the_token(
    cloud: Cloud, order: Callable[..., Any]
) -> None:
    for case in (NAMED, PLAN, CHILD):
        stage = await staged(case, cloud)
        id = await made(stage)
        order("forget")

        assert await elsewhere(stage).find(stage.owner, stage.properties()) == id


async def test_a_taken_name_is_ours_when_its_tags_say_so_although_aws_has_forgotten_the_token(
    cloud: Cloud, order: Callable[..., Any]
) -> None:
    stage = await staged(NAMED, cloud)
    id = await made(stage)
    order("forget")

    assert await stage.provider.create(stage.owner, stage.properties(), stage.token) == id


async def test_a_token_that_was_used_for_something_else_leads_to_what_our_tags_are_on(cloud: Cloud) -> None:
    stage = await staged(PLAN, cloud)
    id = await made(stage)
    other = {**stage.properties(), "Description": "A secret in it has changed meanwhile."}

    assert await stage.provider.create(stage.owner, other, stage.token) == id


async def test_what_was_made_and_is_gone_is_made_again_in_the_same_run(cloud: Cloud) -> None:
    stage = await staged(PLAN, cloud)
    first = await made(stage)
    await stage.remove(first)

    second = await made(stage)

    assert second != first
    assert await stage.provider.read(second) is not None


async def test_what_takes_no_tags_is_proved_ours_by_its_token(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(UNTAGGED, cloud)
    faults.reset()
    faults.lose = 1

    with pytest.raises(AwsError):
        await stage.provider.create(stage.owner, stage.properties(), stage.token)
    id = await elsewhere(stage).create(stage.owner, stage.properties(), stage.token)

    assert id == f"{stage.name}|errors"
    assert await stage.provider.find(stage.owner, stage.properties()) is None
    assert await stage.provider.create(stage.owner, stage.properties(), stage.token) == id


async def test_what_takes_no_tags_and_was_made_by_others_is_refused(cloud: Cloud, order: Callable[..., Any]) -> None:
    theirs = await staged(UNTAGGED, cloud, THEIRS)
    id = await made(theirs)
    before = order("resources")[UNTAGGED.type][id]
    ours = await staged(UNTAGGED, cloud, name=theirs.name)

    for _ in range(2):
        with pytest.raises(NotOurs, match=r"can carry no tags; import it .*already exists"):
            await ours.provider.create(ours.owner, {**ours.properties(), "FilterPattern": "x"}, ours.token)

    assert order("resources")[UNTAGGED.type][id] == before
    assert await elsewhere(ours).ready(id) == Ready(), "It can be imported."


async def test_a_resource_that_aws_is_busy_with_is_changed_later(cloud: Cloud) -> None:
    stage = await staged(NAMED, cloud)
    id = await made(stage)
    live = (await stage.live(id)).properties
    await stage.provider.update(id, live, {**live, "ResourceArns": ["arn:x"]})

    with pytest.raises(TryLater, match="still busy"):
        await elsewhere(stage).update(id, live, {**live, "ResourceArns": ["arn:y"]})
    with pytest.raises(TryLater, match="still busy"):
        await elsewhere(stage).delete(id, FORCED)


@pytest.mark.parametrize(
    ("code", "final"), [("GeneralServiceException", True), ("NetworkFailure", False), ("Throttling", False)]
)
async def test_an_update_that_fails_is_asked_for_again_where_that_can_help(
    cloud: Cloud, order: Callable[..., Any], code: str, final: bool
) -> None:
    stage = await staged(NAMED, cloud)
    id = await made(stage)
    live = (await stage.live(id)).properties
    order("fail", code=code, message="It did not go.")

    await stage.provider.update(id, live, {**live, "ResourceArns": ["arn:x"]})

    if final:
        assert isinstance(await ended(lambda: stage.provider.ready(id)), Failed)
    else:
        with pytest.raises(AwsError, match="It did not go"):
            await stage.ready(id)
    assert (await stage.live(id)).properties == live
    assert await elsewhere(stage).ready(id) == Ready(), "An update of long ago says nothing."


async def test_a_delete_that_fails_says_why(cloud: Cloud, order: Callable[..., Any]) -> None:
    stage = await staged(NAMED, cloud)
    id = await made(stage)
    order("fail", code="GeneralServiceException", message="It is in use.")

    await stage.provider.delete(id, FORCED)
    now = await ended(lambda: stage.provider.gone(id))

    assert isinstance(now, Failed)
    assert "It is in use." in now.reason


async def test_nothing_is_deleted_that_was_to_leave_a_snapshot(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(NAMED, cloud)
    id = await made(stage)
    faults.reset()

    with pytest.raises(AwsError, match="takes no final snapshot"):
        await stage.provider.delete(id, Ending(snapshot="last"))

    assert faults.mutations == []


async def test_what_is_never_told_is_kept_by_every_update_and_causes_none(
    cloud: Cloud, faults: Faults, order: Callable[..., Any]
) -> None:
    stage = await staged(SECRETIVE, cloud)
    id, recorded = await made(stage), stage.properties()
    wanted = {**recorded, "Description": "two"}
    live = (await stage.live(id)).properties
    known = recalled(stage.case.type, live, recorded, wanted, wanted)
    faults.reset()

    await stage.provider.update(id, known, recorded)
    assert faults.mutations == []

    await stage.provider.update(id, known, wanted)
    await stage.ready(id)
    now = order("resources")[SECRETIVE.type][id]
    assert (now["Description"], now["RecursiveDeleteOption"]) == ("two", False)


async def test_what_is_never_told_is_sent_when_the_stack_says_otherwise(
    cloud: Cloud, order: Callable[..., Any]
) -> None:
    stage = await staged(SECRETIVE, cloud)
    id, recorded = await made(stage), stage.properties()
    wanted = {**recorded, "RecursiveDeleteOption": True}
    live = (await stage.live(id)).properties

    await stage.provider.update(id, recalled(stage.case.type, live, recorded, wanted, wanted), wanted)
    await stage.ready(id)

    assert order("resources")[SECRETIVE.type][id]["RecursiveDeleteOption"] is True


async def test_what_is_gone_when_it_is_to_be_deleted_is_no_error(cloud: Cloud) -> None:
    stage = await staged(FIXED, cloud)

    await stage.provider.delete("never-was", FORCED)

    await until(lambda: stage.provider.gone("never-was"))
    assert await elsewhere(stage).gone("never-was") == Ready()
