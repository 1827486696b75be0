"""Answers that are the same for everybody who asks within a moment."""

import asyncio

import pytest

from panka.activities.aws.alike import Alike


class Asked:
    """Tells how often it was asked, once it may."""

    def __init__(self) -> None:
        self.times = 0
        self.open = asyncio.Event()

    async def __call__(self) -> int:
        self.times += 1
        await self.open.wait()
        return self.times


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
