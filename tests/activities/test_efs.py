"""What is special to file systems and their doors."""

import json
from typing import Any

import pytest
from tests.activities.conformance.case import Case
from tests.activities.conformance.cases_network import DOOR, FILES, POINT
from tests.activities.conformance.stage import FORCED, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import NotOurs, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.efs import FileSystemProvider
from panka.activities.providers.efs_doors import AccessPointProvider, MountTargetProvider
from panka.activities.providers.provider import Failed, Provider, Readiness, Ready, Waiting


def answer(content: dict[str, Any], status: int = 200, error: str = "") -> Answer:
    headers = {"content-type": "application/json", **({"x-amzn-errortype": error} if error else {})}
    return Answer(status, json.dumps(content).encode(), headers)


def refused(code: str) -> Answer:
    return answer({"ErrorCode": code, "Message": "It is not in a state for that."}, 409, code)


PROVIDERS: dict[str, type[Provider]] = {
    "FileSystems": FileSystemProvider,
    "MountTargets": MountTargetProvider,
    "AccessPoints": AccessPointProvider,
}


@pytest.mark.parametrize("items", PROVIDERS)
@pytest.mark.parametrize(
    ("state", "ready", "gone"),
    [
        ("creating", Waiting, Waiting),
        ("updating", Waiting, Waiting),
        ("available", Ready, Waiting),
        ("error", Failed, Waiting),
        ("deleting", Failed, Waiting),
        ("deleted", Waiting, Ready),
    ],
)
async def test_the_state_says_whether_it_can_be_used_and_whether_it_is_gone(
    cloud: Cloud, faults: Faults, items: str, state: str, ready: type[Readiness], gone: type[Readiness]
) -> None:
    provider = PROVIDERS[items](cloud)

    faults.instead = answer({items: [{"LifeCycleState": state}]})
    assert isinstance(await provider.ready("fsmt-0123456789"), ready)
    faults.instead = answer({items: [{"LifeCycleState": state}]})
    assert isinstance(await provider.gone("fsmt-0123456789"), gone)


async def test_a_file_system_is_deleted_when_its_doors_are_gone(cloud: Cloud) -> None:
    stage = await staged(DOOR, cloud)
    door = await stage.apply(stage.properties())
    files = FileSystemProvider(cloud)
    id = stage.known["files"]["Id"]

    with pytest.raises(TryLater):
        await files.delete(id, FORCED)
    await stage.remove(door)
    await files.delete(id, FORCED)

    assert await files.gone(id) == Ready()


async def test_what_a_file_system_takes_only_when_it_is_there_is_made_good_later(cloud: Cloud, faults: Faults) -> None:
    moves = [{"TransitionToIA": "AFTER_30_DAYS"}]
    stage = await staged(Case(FILES.type, {**FILES.properties, "LifecyclePolicies": moves}, unique=False), cloud)
    id = await stage.provider.create(stage.owner, {**stage.properties(), "LifecyclePolicies": []}, stage.token)
    live = (await stage.live(id)).properties
    faults.instead = refused("IncorrectFileSystemLifeCycleState")

    with pytest.raises(TryLater, match="not in a state"):
        await stage.provider.update(id, live, stage.properties())

    assert await stage.apply(stage.properties()) == id
    assert (await stage.live(id)).properties["LifecyclePolicies"] == moves


async def test_the_token_of_a_create_is_that_of_the_file_system(cloud: Cloud) -> None:
    stage = await staged(FILES, cloud)

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)

    there = await cloud.call("efs", "describe_file_systems", CreationToken=stage.token)
    assert [one["FileSystemId"] for one in there["FileSystems"]] == [id]


async def test_a_door_of_a_file_system_of_the_users_is_not_ours(cloud: Cloud) -> None:
    stage = await staged(DOOR, cloud)
    id = await stage.apply(stage.properties())
    await cloud.call("efs", "untag_resource", ResourceId=stage.known["files"]["Id"], TagKeys=["panka:stack"])

    with pytest.raises(NotOurs):
        await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert await stage.provider.read(id) is not None


async def test_a_door_that_still_opens_does_not_tell_its_security_groups(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(DOOR, cloud)
    id = await stage.apply(stage.properties())
    before = (await stage.live(id)).properties

    class Opening(Cloud):
        async def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
            if operation == "describe_mount_target_security_groups":
                faults.instead = refused("IncorrectMountTargetState")
            return await Cloud.call(self, service, operation, **arguments)

    observed = await MountTargetProvider(Opening(cloud.clients)).read(id)

    assert observed is not None
    assert observed.properties == {name: value for name, value in before.items() if name != "SecurityGroups"}


async def test_an_access_point_keeps_numbers_as_texts(cloud: Cloud) -> None:
    stage = await staged(POINT, cloud)

    id = await stage.apply(stage.properties())

    live = await stage.live(id)
    assert live.properties["PosixUser"] == {"Uid": "1000", "Gid": "1000", "SecondaryGids": ["1001"]}
    assert live.attributes["Arn"].endswith(f":access-point/{id}")
