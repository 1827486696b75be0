"""A stack whose runs fail at one function until somebody brings its code: with `--on-failure pause` they wait there."""

import asyncio

from plugins.world import World

_STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {{name: {name}}}
spec:
  provider: {{name: aws, region: eu-west-1}}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {{name: jobs}}
spec: {{}}
---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {{name: late}}
spec:
  runtime: python3.12
  handler: app.handler
  code: {{s3Bucket: releases, s3Key: app.zip}}
"""


def write(place: World, name: str) -> None:
    """`<name>.yaml`: a queue, and a function without its code."""
    (place.folder / f"{name}.yaml").write_text(_STACK.format(name=name))


def bring_code(place: World) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="releases", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="releases", Key="app.zip", Body=b"code")


async def begin_paused(place: World, name: str, *words: str) -> None:
    """Starts a run of the stack and returns when it waits for a word."""
    (await place.panka("apply", f"{name}.yaml", "-y", "--detach", "--on-failure", "pause", *words)).ok()
    async with asyncio.timeout(120):
        while not await stands(place, name, "paused"):  # noqa: ASYNC110  # another process makes it so
            await asyncio.sleep(0.5)


async def stands(place: World, stack: str, words: str) -> bool:
    """Whether `panka status` says so of a stack."""
    rows = (await place.panka("status", stack, "-o", "json")).ok().json["stacks"]
    return bool(rows) and words in f"{rows[0]['state']} {rows[0]['now']}"
