"""Runs that wait for people, answered from the command line."""

import asyncio

from plugins.world import World

STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs}
spec: {}
---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: late}
spec:
  runtime: python3.12
  handler: app.handler
  code: {s3Bucket: releases, s3Key: app.zip}
"""


LAMBDA = "---\napiVersion: components.panka.io/v1\nkind: Lambda"


async def state_of(place: World, wanted: str) -> dict[str, object]:
    """The stack's row in `panka status`, once its state is as wanted."""
    async with asyncio.timeout(120):
        while True:
            # Temporal lists a run a moment after it has begun.
            rows = (await place.panka("status", "small", "-o", "json")).ok().json["stacks"]
            if rows and rows[0]["state"] == wanted:
                return dict(rows[0])
            await asyncio.sleep(0.5)


async def test_a_paused_run_is_mended_and_goes_on(place: World) -> None:
    (place.folder / "small.yaml").write_text(STACK)
    await place.start_worker()
    applying = await place.begin("apply", "small.yaml", "-y", "--on-failure", "pause")

    row = await state_of(place, "paused")
    held = place.lock_holder("small")
    refused = await place.panka("retry", "small", "jobs:main")
    s3 = place.client("s3")
    s3.create_bucket(Bucket="releases", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="releases", Key="app.zip", Body=b"code")
    (await place.panka("retry", "small", "late:main")).ok()
    _, told = await asyncio.wait_for(applying.communicate(), 60)

    assert "late:main failed" in str(row["now"])
    assert held is not None
    assert refused.code == 64
    assert "jobs:main has not failed. What has: late:main." in refused.text
    assert applying.returncode == 0, told.decode()
    assert "paused, with its lock: panka retry small" in told.decode()
    assert "retry late:main" in (await place.panka("show", "small#1")).ok().text
    assert await place.steps("small.yaml") == []
    assert place.lock_holder("small") is None


async def test_nothing_happens_before_somebody_approves(place: World) -> None:
    (place.folder / "small.yaml").write_text(
        STACK.partition("---\napiVersion: components.panka.io/v1\nkind: Lambda")[0]
    )
    await place.start_worker()
    (await place.panka("apply", "small.yaml", "-y", "--require-approval", "--detach")).ok()

    await state_of(place, "waits")
    before, held = place.cloud(), place.lock_holder("small")
    (await place.panka("approve", "small", "--user", "leo")).ok()
    (await place.panka("watch", "small")).ok()

    assert before == {}
    assert held is None
    assert "approved by leo" in (await place.panka("show", "small#1")).ok().text
    assert len(place.cloud()["AWS::SQS::Queue"]) == 1
