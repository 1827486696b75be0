"""What is special to task definitions and services."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.activities.conformance.case import Case, of
from tests.activities.conformance.cases_compute import CLUSTER, GROUP, TASK
from tests.activities.conformance.stage import FORCED, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.ecs_service import ServiceProvider
from panka.activities.providers.ecs_shapes import from_ecs, to_ecs
from panka.activities.providers.provider import Failed, Readiness, Ready, Waiting

SERVICE = Case(
    "AWS::ECS::Service",
    {
        "ServiceName": "web",
        "Cluster": of("cluster", "ClusterName"),
        "TaskDefinition": of("task", "TaskDefinitionArn"),
        "DesiredCount": 2,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": of("@network", "TwoSubnets"),
                "SecurityGroups": [of("group", "GroupId")],
            }
        },
    },
    needs={"cluster": CLUSTER, "task": TASK, "group": GROUP},
)
OLD, NEW = 1_700_000_000, 1_700_000_600
REASON = "ECS deployment circuit breaker: tasks failed to start."


def deployment(status: str, state: str, at: float, running: int = 0) -> dict[str, Any]:
    return {
        "status": status,
        "rolloutState": state,
        "rolloutStateReason": REASON,
        "createdAt": at,
        "runningCount": running,
    }


def described(running: int, *deployments: dict[str, Any], **more: Any) -> Answer:
    service = {
        "serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/c/web",
        "serviceName": "web",
        "status": "ACTIVE",
        "desiredCount": 3,
        "runningCount": running,
        "deployments": list(deployments),
        **more,
    }
    body = json.dumps({"services": [service], "failures": []}).encode()
    return Answer(200, body, {"content-type": "application/x-amz-json-1.1"})


BROKEN = "(service web) (deployment ecs-svc/2) deployment failed: tasks failed to start."
BROKEN_EVENT = {"id": "e", "createdAt": NEW + 60, "message": BROKEN}

UNPLACED = {"id": "e", "createdAt": NEW + 60, "message": "(service web) was unable to place a task: no memory."}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (described(2, deployment("PRIMARY", "IN_PROGRESS", NEW, 2)), Waiting("2 of 3 tasks running")),
        (described(3, deployment("PRIMARY", "IN_PROGRESS", NEW, 3)), Waiting("3 of 3 tasks running")),
        (
            described(0, deployment("PRIMARY", "IN_PROGRESS", NEW), events=[UNPLACED]),
            Waiting(f"0 of 3 tasks running: {UNPLACED['message']}"),
        ),
        (
            described(0, deployment("PRIMARY", "IN_PROGRESS", NEW + 90), events=[UNPLACED]),
            Waiting("0 of 3 tasks running"),
        ),
        (
            described(4, deployment("PRIMARY", "IN_PROGRESS", NEW, 1), deployment("ACTIVE", "COMPLETED", OLD, 3)),
            Waiting("1 of 3 tasks running"),
        ),
        (described(3, deployment("PRIMARY", "COMPLETED", NEW, 3)), Ready()),
        (described(0, deployment("PRIMARY", "FAILED", NEW)), Failed(REASON)),
        (
            described(3, deployment("PRIMARY", "IN_PROGRESS", OLD, 3), deployment("ACTIVE", "FAILED", NEW)),
            Failed(REASON),
        ),
        (
            described(3, deployment("PRIMARY", "COMPLETED", OLD, 3), events=[BROKEN_EVENT]),
            Failed(BROKEN),
        ),
        (described(3, deployment("PRIMARY", "COMPLETED", NEW + 90, 3), events=[BROKEN_EVENT]), Ready()),
    ],
    ids=[
        "starting",
        "settling",
        "unplaced",
        "unplaced-before",
        "replacing",
        "steady",
        "failed",
        "going-back",
        "gone-back",
        "mended",
    ],
)
async def test_a_service_is_ready_when_its_own_deployment_runs(
    cloud: Cloud, faults: Faults, answer: Answer, expected: Readiness
) -> None:
    faults.instead = Answer(answer.status, answer.body, answer.headers)

    assert await ServiceProvider(cloud).ready("c|web") == expected


async def test_an_update_after_a_failed_deployment_starts_one_of_its_own(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(SERVICE, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    gone_back = described(3, deployment("PRIMARY", "COMPLETED", OLD, 3), events=[BROKEN_EVENT])
    faults.reset()
    faults.instead = gone_back

    await stage.provider.update(id, live, live)

    assert faults.mutations == ["UpdateService"]


async def test_a_service_that_drains_is_waited_for_before_the_next_of_its_name(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(SERVICE, cloud)
    tags = [{"key": key, "value": value} for key, value in stage.owner.tags().items()]
    faults.instead = described(1, status="DRAINING", tags=tags)

    with pytest.raises(TryLater, match="still drains"):
        await stage.provider.create(stage.owner, stage.properties(), stage.token)


async def test_a_service_is_gone_when_its_tasks_have_stopped(cloud: Cloud, faults: Faults) -> None:
    faults.instead = described(2, status="DRAINING")
    assert await ServiceProvider(cloud).gone("c|web") == Waiting("2 tasks are stopping")

    faults.instead = described(0, status="INACTIVE")
    assert await ServiceProvider(cloud).gone("c|web") == Ready()


CONNECTED = {"enabled": True, "services": [{"portName": "http", "clientAliases": [{"port": 80}]}]}


@pytest.mark.parametrize(
    ("wanted", "changes"),
    [
        ({"Enabled": True, "Services": [{"PortName": "http", "ClientAliases": [{"Port": 80}]}]}, []),
        ({"Enabled": True, "Services": [{"PortName": "http", "ClientAliases": [{"Port": 81}]}]}, ["UpdateService"]),
        (None, ["UpdateService"]),
    ],
    ids=["same", "other", "none"],
)
async def test_what_only_a_deployment_tells_is_sent_when_it_differs(
    cloud: Cloud, faults: Faults, wanted: dict[str, Any] | None, changes: list[str]
) -> None:
    stage = await staged(SERVICE, cloud)
    id = await stage.apply(stage.properties())
    connected = {**deployment("PRIMARY", "COMPLETED", NEW, 3), "serviceConnectConfiguration": CONNECTED}
    faults.reset()
    faults.instead = described(3, connected)
    live = (await stage.live(id)).properties
    new = {name: value for name, value in live.items() if name != "ServiceConnectConfiguration"}

    await stage.provider.update(id, live, {**new, **({"ServiceConnectConfiguration": wanted} if wanted else {})})

    assert faults.mutations == changes


async def test_a_deregistered_definition_is_gone(cloud: Cloud) -> None:
    stage = await staged(TASK, cloud)
    id = await stage.apply(stage.properties())

    await stage.provider.delete(id, FORCED)

    live = await cloud.call("ecs", "describe_task_definition", taskDefinition=id)
    assert live["taskDefinition"]["status"] == "INACTIVE"
    assert await stage.provider.read(id) is None


async def test_the_next_generation_is_the_next_revision_of_the_family(cloud: Cloud) -> None:
    stage = await staged(TASK, cloud)
    first = await stage.apply(stage.properties())
    heir = replace(stage.owner, generation=2)

    second = await stage.provider.create(heir, stage.properties(owner=heir), heir.token(1))

    assert first.rpartition(":")[0] == second.rpartition(":")[0]
    assert first != second
    assert await stage.provider.find(stage.owner, stage.properties()) == first


def test_what_ecs_spells_otherwise_comes_back_as_it_was_written() -> None:
    volumes = [
        {
            "Name": "data",
            "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "AuthorizationConfig": {"IAM": "ENABLED"}},
            "DockerVolumeConfiguration": {"DriverOpts": {"Type": "nfs"}, "Labels": {"UPPER": "kept", "lower": "kept"}},
        }
    ]

    spelled = to_ecs({"Volumes": volumes})

    assert spelled["volumes"][0]["efsVolumeConfiguration"]["fileSystemId"] == "fs-1"
    assert from_ecs(spelled) == {"Volumes": volumes}
