"""A lock whose run has died is freed by the command, and no other."""

import asyncio
import re
from datetime import UTC, datetime

from temporalio.client import Client

from panka.activities.stores.dynamodb import DynamoLocks
from panka.planner.owner import Scope
from plugins import late
from plugins.world import World

SMALL = Scope(tenant="acme", stack="small", environment="dev")


def locks(place: World) -> DynamoLocks:
    return DynamoLocks(place.client("dynamodb"), "panka-state", lambda: datetime.now(UTC))


async def test_the_lock_of_a_run_that_goes_on_stays_and_that_of_a_terminated_one_is_freed(place: World) -> None:
    late.write(place, "small")
    await place.start_worker()
    await late.begin_paused(place, "small", "--user", "ana")

    living = await place.panka("unlock", "small", "--force", "--confirm", "small")
    held = place.lock_holder("small")
    temporal = await Client.connect(f"127.0.0.1:{place.temporal_port}")
    await temporal.get_workflow_handle(str(SMALL)).terminate("by hand")
    unasked = await place.panka("unlock", "small")
    freed = (await place.panka("unlock", "small", "--yes")).ok()
    again = (await place.panka("unlock", "small", "--yes")).ok()

    assert living.code == 75
    assert "acme/small/dev is locked by ana since" in living.text
    assert "That run goes on, and its lock with it." in living.text
    assert "panka cancel small" in living.text
    assert held == "ana"
    assert unasked.code == 64
    assert "--yes confirms" in unasked.text
    assert re.search(r"run acme/small/dev \([0-9a-f-]{36}\) in Temporal's namespace default", freed.text)
    assert "That run is over: terminated." in freed.text
    assert "The lock of acme/small/dev is free." in freed.text
    assert "Run #1 by ana has not told its end." in freed.text
    assert "looks for what was announced before it makes" in freed.text
    assert "acme/small/dev is not locked." in again.text

    late.bring_code(place)
    (await place.panka("apply", "small.yaml", "-y")).ok()
    assert len(place.cloud()["AWS::SQS::Queue"]) == 1
    assert len(place.cloud()["AWS::Lambda::Function"]) == 1
    assert await place.steps("small.yaml") == []
    assert place.lock_holder("small") is None


async def test_a_lock_of_which_temporal_knows_nothing_is_freed_only_at_somebodys_word(place: World) -> None:
    late.write(place, "small")
    store = locks(place)
    store.acquire(SMALL, f"default/{SMALL}/0b6f3a52-0000-4000-8000-000000000000", who="leo", operation="apply", ttl=3)
    nowhere = ("--temporal-address", "127.0.0.1:1")

    unknown = await place.panka("unlock", "small", "--yes")
    silent = await place.panka("unlock", "small", "--yes", *nowhere)
    unconfirmed = await place.panka("unlock", "small", "--yes", "--force")
    mistaken = await place.panka("unlock", "small", "--force", "--confirm", "shop")
    held = place.lock_holder("small")
    freed = (await place.panka("unlock", "small", "--force", "--confirm", "small", *nowhere)).ok()

    assert (unknown.code, silent.code, unconfirmed.code, mistaken.code) == (75, 69, 64, 64)
    assert "does not know that run" in unknown.text
    assert "Temporal does not answer at 127.0.0.1:1" in silent.text
    assert "panka unlock small --force" in silent.text
    assert "--confirm small" in unconfirmed.text
    assert held == "leo"
    assert "The lock of acme/small/dev is free." in freed.text
    assert place.lock_holder("small") is None
    late.bring_code(place)
    await place.start_worker()
    (await place.panka("apply", "small.yaml", "-y")).ok()
    assert place.lock("small")["fence"] == "2"


async def test_a_lock_that_something_renews_is_not_freed_by_force(place: World) -> None:
    store = locks(place)
    lease = store.acquire(SMALL, "other/acme/small/dev/run", who="leo", operation="apply", ttl=30)
    forcing = asyncio.create_task(place.panka("unlock", "small", "--force", "--confirm", "small"))
    renewing = asyncio.create_task(renew(store, lease))

    said = await forcing
    renewing.cancel()

    assert said.code == 75
    assert "was renewed a moment ago" in said.text
    assert place.lock_holder("small") == "leo"


async def renew(store: DynamoLocks, lease: object) -> None:
    while True:
        await asyncio.to_thread(store.renew, lease)  # type: ignore[arg-type]  # nobody else has asked
        await asyncio.sleep(2)
