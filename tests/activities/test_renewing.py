"""The stores' clients outlive the credentials that their worker began with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from panka.activities.stores.backend import create_backend
from panka.activities.stores.dynamodb import DynamoLocks
from panka.activities.stores.s3 import S3Store
from panka.cli.settings import Settings
from panka.cli.worker import Stores, open_stores
from panka.planner.owner import Scope
from panka.workflows.ports import Lease
from plugins.faults import Faults, faulty

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
Keys = Callable[[str], None]


@pytest.fixture
async def faults(moto_url: str) -> AsyncIterator[Faults]:
    async with faulty(moto_url) as one:
        yield one


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Writes the file in which the credentials are looked for."""
    place = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(place))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    def write(key: str) -> None:
        place.write_text(
            f"[default]\naws_access_key_id = {key}\naws_secret_access_key = s\naws_session_token = of-{key}\n"
        )

    return write


@pytest.fixture
async def stores(faults: Faults, keys: Keys) -> Stores:
    """The stores of a worker, which have been used with credentials that have expired since."""
    keys("before")
    name = f"state-{uuid4().hex[:12]}"
    made = open_stores(Settings(bucket=name, table=name, region="eu-west-1", endpoint_url=faults.url))
    assert isinstance(made.objects, S3Store)
    assert isinstance(made.locks, DynamoLocks)
    s3, dynamodb = made.objects._client, made.locks._client  # nobody else has clients of these
    await asyncio.to_thread(create_backend, s3, dynamodb, name, name)
    assert faults.keys == {"before"}
    faults.expired.add("before")
    return made


async def test_a_store_goes_on_with_the_credentials_that_are_there_by_now(
    stores: Stores, faults: Faults, keys: Keys
) -> None:
    keys("after")

    lease = await asyncio.to_thread(stores.locks.acquire, SCOPE, "w/r", who="ana", operation="apply", ttl=90)
    await asyncio.to_thread(stores.objects.put, "tenants/acme/a", b"body")

    assert isinstance(lease, Lease)
    assert await asyncio.to_thread(stores.objects.get, "tenants/acme/a") == b"body"
    assert faults.keys == {"before", "after"}


async def test_many_threads_that_hear_of_it_together_all_go_on(stores: Stores, keys: Keys) -> None:
    keys("after")

    def put(number: int) -> None:
        stores.objects.put(f"tenants/acme/{number}", b"body")

    with ThreadPoolExecutor(8) as threads:
        await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(threads, put, n) for n in range(16)))

    assert len(await asyncio.to_thread(stores.objects.keys, "tenants/acme/")) == 16


async def test_credentials_that_stay_expired_are_told(stores: Stores) -> None:
    with pytest.raises(ClientError, match="ExpiredToken"):
        await asyncio.to_thread(stores.objects.put, "tenants/acme/a", b"body")
