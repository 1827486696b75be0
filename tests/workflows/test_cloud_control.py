"""Runs over types that have no provider of their own, at an endpoint with AWS's semantics of requests."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from temporalio.client import Client

from panka.activities.aws.session import Clients, Cloud, Keys
from panka.activities.providers.provider import Provider
from panka.activities.providing import provider_of
from panka.planner.plan import Action
from panka.planner.resource import Address, Properties, Resource
from panka.planner.state import Target
from panka.workflows.ports import Lease
from plugins.clouds import Sky
from plugins.runs import Place

GROUP, PLAN = "AWS::Athena::WorkGroup", "AWS::ApiGateway::UsagePlan"
KEY, FILTER = "AWS::EC2::KeyPair", "AWS::Logs::MetricFilter"


@dataclass
class Controlled(Sky):
    """The cloud behind the endpoint, with its real providers."""

    url: str = ""
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8))

    def provider(self, type: str, cloud: Cloud) -> Provider:
        return provider_of(type, cloud)

    async def cloud(self, _lease: Lease, target: Target) -> Cloud:
        return Cloud(Clients(target, executor=self.threads, keys=Keys("test", "test"), endpoint_url=self.url))

    async def there(self, stack: str) -> dict[str, Properties]:
        """What exists of a stack, write-only values too, by type."""

        def ask() -> dict[str, dict[str, Properties]]:
            with urllib.request.urlopen(f"{self.url}/fake/resources", timeout=10) as answer:
                found: dict[str, dict[str, Properties]] = json.loads(answer.read())
                return found

        every = await asyncio.to_thread(ask)
        return {type: one for type, ones in every.items() for one in ones.values() if stack in json.dumps(one)}

    async def fail(self, code: str) -> None:
        """Lets the next request fail."""
        body = json.dumps({"code": code, "message": "It did not go."}).encode()
        await asyncio.to_thread(lambda: urllib.request.urlopen(f"{self.url}/fake/fail", body, timeout=10).close())


@pytest.fixture
async def place(temporal: Client, cloud_control_url: str) -> AsyncIterator[Place]:
    with ThreadPoolExecutor(16) as threads:
        sky = Controlled(url=cloud_control_url)
        place = Place(temporal, threads, sky=sky, types=frozenset({GROUP, PLAN, KEY, FILTER}))
        async with place.worker():
            yield place
        sky.threads.shutdown()


def sky(place: Place) -> Controlled:
    assert isinstance(place.sky, Controlled)
    return place.sky


def one(name: str, type: str, /, **properties: Any) -> Resource:
    return Resource(Address.of(name, "main"), type, properties, "Resource")


def stack(place: Place, *, recursive: bool = False, key_type: str = "rsa", pattern: str = "ERROR") -> list[Resource]:
    name = place.scope.stack
    plan = one("plan", PLAN, UsagePlanName=name)
    return [
        plan,
        one("group", GROUP, Name=name, Description=plan.ref("Id"), RecursiveDeleteOption=recursive),
        one("key", KEY, KeyName=name, KeyType=key_type),
        one("filter", FILTER, LogGroupName=name, FilterName="f", FilterPattern=pattern, MetricTransformations=[]),
    ]


async def test_a_stack_is_made_changed_replaced_and_destroyed(place: Place) -> None:
    name = place.scope.stack

    assert (await place.apply(*stack(place))).result == "succeeded"
    there = await sky(place).there(name)
    assert there.keys() == {GROUP, PLAN, KEY, FILTER}
    assert there[GROUP]["Description"] == there[PLAN]["Id"]
    assert place.plan(*stack(place)).empty

    changed = stack(place, recursive=True, key_type="ed25519", pattern="WARN")
    plan = place.plan(*changed)
    assert {step.key: step.action for step in plan.forward} == {
        "group:main": Action.UPDATE,
        "key:main": Action.REPLACE,
        "filter:main": Action.UPDATE,
    }
    assert (await place.run(plan)).result == "succeeded"
    now = await sky(place).there(name)
    assert (now[GROUP]["RecursiveDeleteOption"], now[FILTER]["FilterPattern"]) == (True, "WARN")
    assert (now[KEY]["KeyType"], now[KEY]["KeyPairId"] != there[KEY]["KeyPairId"]) == ("ed25519", True)

    assert (await place.run(place.plan(destroy=True))).result == "succeeded"
    assert await sky(place).there(name) == {}


async def test_a_run_that_fails_goes_back_to_what_was_values_that_aws_never_tells_included(place: Place) -> None:
    await place.apply(*stack(place))
    before = await sky(place).there(place.scope.stack)
    extra = one("other", FILTER, LogGroupName=place.scope.stack, FilterName="other")  # lacks what it filters
    waits = Resource(extra.address, extra.type, extra.properties, "Resource", depends_on=(Address("group:main"),))

    ended = await place.apply(*stack(place, recursive=True, pattern="WARN"), waits)

    assert ended.result == "rolled back"
    assert "required key ['FilterPattern', 'MetricTransformations'] not found" in ended.failures[0].message
    assert await sky(place).there(place.scope.stack) == before


async def test_a_request_that_fails_for_a_moment_is_made_again(place: Place) -> None:
    await sky(place).fail("ServiceInternalError")

    ended = await place.apply(one("plan", PLAN, UsagePlanName=place.scope.stack))

    assert ended.result == "succeeded"
    assert list(await sky(place).there(place.scope.stack)) == [PLAN]


async def test_what_does_not_stabilize_is_taken_away_again(place: Place) -> None:
    await sky(place).fail("NotStabilized")

    ended = await place.apply(one("plan", PLAN, UsagePlanName=place.scope.stack))

    assert ended.result == "rolled back"
    assert "NotStabilized: It did not go." in ended.failures[0].message
    assert await sky(place).there(place.scope.stack) == {}
