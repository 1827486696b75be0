"""What is special to namespaces: Cloud Map makes and deletes them by operations that may fail."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import pytest
from tests.activities.conformance.stage import FORCED, OURS

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.aws.retries import Timing
from panka.activities.aws.session import Clients, Cloud, Keys
from panka.activities.providers.provider import Failed, Readiness, Ready, Waiting
from panka.activities.providers.service_discovery import (
    HttpNamespaceProvider,
    PrivateDnsNamespaceProvider,
    ServiceProvider,
)
from panka.planner.owner import Owner
from panka.planner.state import Target
from plugins.faults import Answer, Faults, faulty

SERVICE = "servicediscovery"
OWNER = Owner(scope=OURS, address="stack:namespace", generation=1)
NAMESPACE = {"Name": "shop.internal", "Vpc": "vpc-1", "Tags": []}
THERE = {"Namespace": {"Id": "ns-1", "Arn": "arn", "Name": "shop.internal", "Type": "DNS_PRIVATE"}}

Said: TypeAlias = dict[str, Any] | str
"""What Cloud Map answers to an operation: a structure, or the code of an error."""


class CloudMap:
    """Answers every operation as it is told to."""

    def __init__(self) -> None:
        self.says: dict[str, Said | Callable[[bytes], Said]] = {"ListOperations": {"Operations": []}}

    def __call__(self, operation: str, body: bytes) -> Answer:
        said = self.says[operation]
        answer = said if isinstance(said, dict | str) else said(body)
        status, told = (400, {"__type": answer, "message": "No."}) if isinstance(answer, str) else (200, answer)
        return Answer(status, json.dumps(told).encode(), {"Content-Type": "application/x-amz-json-1.1"})

    def operations(self, **by_state: str) -> None:
        """Lists one operation in each state, by its id."""

        def listed(body: bytes) -> Said:
            there = [{"Id": id, "Status": state} for state, id in by_state.items() if state.encode() in body]
            return {"Operations": there}

        self.says["ListOperations"] = listed


@pytest.fixture
def cloud_map() -> CloudMap:
    return CloudMap()


@pytest.fixture
async def faults(cloud_map: CloudMap) -> AsyncIterator[Faults]:
    async with faulty("http://127.0.0.1:1", {SERVICE: cloud_map}) as faults:
        yield faults


@pytest.fixture
def cloud(faults: Faults) -> Cloud:
    async def at_once(seconds: float) -> None:
        """No test waits for Cloud Map."""

    target = Target(account="1", region="eu-west-1", endpoint_url=faults.url)
    return Cloud(Clients(target, keys=Keys("test", "test"), threads=2, timing=Timing(sleep=at_once)))


async def test_a_namespace_is_known_by_its_id_before_it_is_ready(cloud: Cloud, cloud_map: CloudMap) -> None:
    cloud_map.says |= {
        "ListNamespaces": {"Namespaces": []},
        "CreatePrivateDnsNamespace": {"OperationId": "op-1"},
        "GetOperation": {"Operation": {"Status": "PENDING", "Targets": {"NAMESPACE": "ns-1"}}},
    }

    assert await PrivateDnsNamespaceProvider(cloud).create(OWNER, NAMESPACE, "token") == "ns-1"


async def test_a_namespace_that_cloud_map_refuses_is_an_error(cloud: Cloud, cloud_map: CloudMap) -> None:
    failed = {"Status": "FAIL", "ErrorCode": "CANNOT_CREATE_HOSTED_ZONE", "ErrorMessage": "The VPC has this domain."}
    cloud_map.says |= {
        "ListNamespaces": {"Namespaces": []},
        "CreatePrivateDnsNamespace": {"OperationId": "op-1"},
        "GetOperation": {"Operation": failed},
    }

    with pytest.raises(AwsError, match="The VPC has this domain"):
        await PrivateDnsNamespaceProvider(cloud).create(OWNER, NAMESPACE, "token")


async def test_an_operation_that_does_not_begin_is_looked_at_later(cloud: Cloud, cloud_map: CloudMap) -> None:
    cloud_map.says |= {
        "ListNamespaces": {"Namespaces": []},
        "CreatePrivateDnsNamespace": {"OperationId": "op-1"},
        "GetOperation": {"Operation": {"Status": "SUBMITTED"}},
    }

    with pytest.raises(TryLater, match="has not begun"):
        await PrivateDnsNamespaceProvider(cloud).create(OWNER, NAMESPACE, "token")


async def test_a_create_that_is_under_way_is_looked_at_later(cloud: Cloud, cloud_map: CloudMap) -> None:
    cloud_map.says |= {"ListNamespaces": {"Namespaces": []}, "CreateHttpNamespace": "DuplicateRequest"}

    with pytest.raises(TryLater, match="still at work"):
        await HttpNamespaceProvider(cloud).create(OWNER, {"Name": "shop"}, "token")


@pytest.mark.parametrize(
    ("operations", "namespace", "expected"),
    [
        ({"PENDING": "op"}, "NamespaceNotFound", Waiting("Cloud Map is at work on the namespace")),
        ({"SUBMITTED": "op"}, THERE, Waiting("Cloud Map is at work on the namespace")),
        ({}, "NamespaceNotFound", Waiting("Cloud Map does not show the namespace yet")),
        ({"FAIL": "op"}, "NamespaceNotFound", Failed("The VPC has this domain.")),
        ({"FAIL": "op"}, THERE, Ready()),
        ({}, THERE, Ready()),
    ],
    ids=["making", "changing", "unseen", "failed", "there-all-the-same", "there"],
)
async def test_a_namespace_is_ready_when_no_operation_is_at_work(
    cloud: Cloud, cloud_map: CloudMap, operations: dict[str, str], namespace: Said, expected: Readiness
) -> None:
    cloud_map.operations(**operations)
    cloud_map.says |= {
        "GetNamespace": namespace,
        "GetOperation": {"Operation": {"Status": "FAIL", "ErrorMessage": "The VPC has this domain."}},
    }

    assert await PrivateDnsNamespaceProvider(cloud).ready("ns-1") == expected


@pytest.mark.parametrize(
    ("operations", "namespace", "expected"),
    [
        ({}, "NamespaceNotFound", Ready()),
        ({"PENDING": "op", "FAIL": "earlier"}, THERE, Waiting("Cloud Map deletes the namespace")),
        ({"FAIL": "op"}, THERE, Failed("The zone has other records.")),
    ],
    ids=["gone", "again", "failed"],
)
async def test_a_namespace_is_gone_when_it_is_not_shown(
    cloud: Cloud, cloud_map: CloudMap, operations: dict[str, str], namespace: Said, expected: Readiness
) -> None:
    cloud_map.operations(**operations)
    cloud_map.says |= {
        "GetNamespace": namespace,
        "GetOperation": {"Operation": {"Status": "FAIL", "ErrorMessage": "The zone has other records."}},
    }

    assert await PrivateDnsNamespaceProvider(cloud).gone("ns-1") == expected


async def test_a_namespace_with_services_is_deleted_later(cloud: Cloud, cloud_map: CloudMap) -> None:
    cloud_map.says["DeleteNamespace"] = "ResourceInUse"

    with pytest.raises(TryLater, match="still has services"):
        await PrivateDnsNamespaceProvider(cloud).delete("ns-1", FORCED)


async def test_a_service_whose_tasks_still_stop_is_deleted_later(cloud: Cloud, cloud_map: CloudMap) -> None:
    cloud_map.says["DeleteService"] = "ResourceInUse"

    with pytest.raises(TryLater, match="still has instances"):
        await ServiceProvider(cloud).delete("srv-1", FORCED)
