"""The cloud as providers see it, at each endpoint, behind a proxy that counts and breaks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.activities.conformance.packed import packed

from panka.activities.aws.retries import Timing
from panka.activities.aws.session import Clients, Cloud, Keys
from panka.planner.state import Target
from plugins.faults import Faults, faulty
from plugins.scaling import Scaling

REGION = "eu-west-1"
KEYS = Keys("test", "test")


@dataclass(frozen=True)
class Proxied:
    cloud: Cloud
    faults: Faults


@pytest.fixture(params=["moto", "ministack"], scope="session")
def endpoint(request: pytest.FixtureRequest) -> str:
    """The name of the endpoint that a test runs at."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
async def proxied(endpoint: str, request: pytest.FixtureRequest) -> AsyncIterator[Proxied]:
    upstream = request.getfixturevalue(f"{endpoint}_url")
    # Of Application Auto Scaling, ministack has nothing, and moto no tags.
    async with faulty(upstream, {Scaling.SERVICE: Scaling()}) as faults:
        account = await Cloud(Clients(Target(account="", region=REGION, endpoint_url=faults.url), keys=KEYS)).identity()
        target = Target(account=account, region=REGION, endpoint_url=faults.url)
        # Where every eighth call is throttled, the pauses that AWS is owed would take most of an hour.
        timing = Timing(sleep=_hurried) if endpoint == "throttling" else Timing()
        clients = Clients(target, keys=KEYS, threads=8, timing=timing)
        yield Proxied(Cloud(clients, assets=packed), faults)
        await asyncio.to_thread(clients.executor.shutdown)


async def _hurried(seconds: float) -> None:
    await asyncio.sleep(seconds / 100)


@pytest.fixture
def cloud(proxied: Proxied) -> Cloud:
    """The endpoint's cloud, through the proxy, with nothing ordered to go wrong."""
    proxied.faults.reset()
    return proxied.cloud


@pytest.fixture
def faults(proxied: Proxied, cloud: Cloud) -> Faults:
    """What passed and what is to go wrong between `cloud` and its endpoint."""
    return proxied.faults
