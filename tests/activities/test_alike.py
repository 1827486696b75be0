"""Answers that are the same for everybody who asks within a moment."""

import asyncio
from itertools import groupby

import pytest
from tests.activities.conformance.case import Case
from tests.activities.conformance.cases_storage import CASES
from tests.activities.conformance.stage import Stage, staged

from panka.activities.aws.alike import Alike
from panka.activities.aws.session import Cloud
from panka.activities.providers.sns import TopicProvider
from plugins.faults import Faults

TYPES = {"AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue"}
PAIRS = [list(cases)[:2] for type, cases in groupby(CASES, lambda case: case.type) if type in TYPES]


class Asked:
    """Tells how often it was asked, once it may."""

    def __init__(self) -> None:
        self.times = 0
        self.open = asyncio.Event()

    async def __call__(self) -> int:
        self.times += 1
        await self.open.wait()
        return self.times


async def reads_of_a_new_one(stage: Stage, faults: Faults) -> int:
    """What it takes to tell of what was made just now, which must be what AWS tells."""
    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    faults.reset()
    told = await stage.provider.read_new(id, stage.properties())
    reads = faults.reads
    assert told == await stage.live(id)
    return reads


async def test_those_who_ask_at_once_wait_for_one_answer() -> None:
    alike, asked = Alike(), Asked()
    waiting = [asyncio.create_task(alike.ask("buckets", asked)) for _ in range(3)]
    await asyncio.sleep(0)

    waiting[0].cancel()  # whose question it was
    asked.open.set()

    assert await asyncio.gather(*waiting[1:]) == [1, 1]
    assert waiting[0].cancelled()


async def test_other_questions_and_old_answers_are_asked_anew() -> None:
    now = 0.0
    alike, asked = Alike(lambda: now), Asked()
    asked.open.set()

    assert [await alike.ask(about, asked) for about in ("a", "b", "a")] == [1, 2, 1]
    now = 61.0
    assert await alike.ask("a", asked) == 3


async def test_that_nothing_is_there_yet_is_not_remembered() -> None:
    alike, asked = Alike(), Asked()
    asked.open.set()

    async def nothing() -> int | None:
        return None

    assert await alike.ask("a", nothing) is None
    assert await alike.ask("a", asked) == 1


async def test_an_error_is_told_to_all_who_wait_and_not_remembered() -> None:
    alike, asked = Alike(), Asked()
    asked.open.set()

    async def refuse() -> int:
        raise OSError("not now")

    told = await asyncio.gather(*(alike.ask("a", refuse) for _ in range(2)), return_exceptions=True)

    assert [str(one) for one in told] == ["not now", "not now"]
    assert await alike.ask("a", asked) == 1
    with pytest.raises(OSError, match="not now"):
        await alike.ask("b", refuse)


@pytest.mark.parametrize(("plain", "other"), PAIRS, ids=lambda case: case.type)
async def test_of_all_that_are_made_alike_one_is_asked_about(
    plain: Case, other: Case, cloud: Cloud, faults: Faults
) -> None:
    cloud.clients.alike = Alike()
    stages = [await staged(case, cloud) for case in (plain, plain, other)]

    asked = [await reads_of_a_new_one(stage, faults) for stage in stages]

    assert asked[1] < asked[0]
    assert asked[2] >= asked[0] - asked[1]


async def test_what_an_earlier_attempt_made_is_asked_about_itself(cloud: Cloud) -> None:
    queue = next(case for case in CASES if case.type == "AWS::SQS::Queue")
    first, second = [await staged(queue, cloud) for _ in range(2)]
    ids = [await one.provider.create(one.owner, one.properties(), one.token) for one in (first, second)]
    await first.provider.read_new(ids[0], first.properties())
    await cloud.call("sqs", "set_queue_attributes", QueueUrl=ids[1], Attributes={"DelaySeconds": "77"})
    again = await staged(queue, cloud)

    await again.provider.create(second.owner, second.properties(), second.token)
    told = await again.provider.read_new(ids[1], second.properties())

    assert told is not None
    assert told.properties["DelaySeconds"] == 77


async def test_subscriptions_of_new_topics_are_alike_and_those_of_old_ones_are_asked_about(
    cloud: Cloud, faults: Faults
) -> None:
    subscription = next(case for case in CASES if case.type == "AWS::SNS::Subscription")
    cloud.clients.alike = Alike()
    stages = [await staged(subscription, cloud) for _ in range(3)]
    topics = [stage.known["topic"]["TopicArn"] for stage in stages]
    known = cloud.clients.alike
    cloud.clients.alike = Alike()  # of a worker that has made none of the topics but
    for topic in topics[:2]:
        name = (TopicProvider.type, stages[0].owner.scope, topic)
        cloud.clients.alike.tell(name, answer=await known.ask(name, Asked()))

    assert [await reads_of_a_new_one(stage, faults) for stage in stages] == [1, 0, 1]
