"""What a person sees who follows a large run in a terminal, and what a pipe gets of the same run."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from plugins.terminal import MOVES, Terminal
from plugins.world import World

QUEUES = 500
STACK = """\
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: big}
spec: {provider: {name: aws, region: eu-west-1}}
"""
_BAR = re.compile(r"\[#*\.*\] (\d+)/500")


def write_queues(place: World) -> None:
    """A stack of many queues, a hundred at a time."""
    documents = [STACK]
    for number in range(QUEUES):
        needs = f"dependsOn: [q{number - 100:03}]" if number >= 100 else ""
        documents.append(
            "apiVersion: components.panka.io/v1\nkind: SQS\n"
            f"metadata: {{name: q{number:03}, service: api}}\nspec: {{{needs}}}\n"
        )
    (place.folder / "big.yaml").write_text("---\n".join(documents))


@contextmanager
def terminal(place: World, *words: str, **size: Any) -> Iterator[Terminal]:
    env = {name: value for name, value in place.env.items() if name not in ("CI", "NO_COLOR", "FORCE_COLOR")}
    one = Terminal(*words, folder=place.folder, env=env, **size)
    try:
        yield one
    finally:
        one.close()


def bars(one: Terminal) -> list[int]:
    """How many steps are done, as each bar on the screen says."""
    return [int(found[1]) for line in one.lines if (found := _BAR.match(line))]


def seen(one: Terminal, done: int) -> bool:
    return any(number >= done for number in bars(one))


def assert_one_footer(one: Terminal, columns: int) -> None:
    """The bar stands once, below all else but the hint, and no line is as wide as the terminal."""
    lines = [line for line in one.lines if line]
    assert len(bars(one)) == 1
    assert _BAR.match(lines[-2])
    assert lines[-1].startswith("Ctrl-C stops watching only.")
    assert max(map(len, lines)) < columns


@pytest.mark.timeout(900)
async def test_a_run_of_500_resources_in_a_terminal_that_is_resized_left_and_taken_up_again(place: World) -> None:
    write_queues(place)
    await place.start_worker()

    with terminal(place, "apply", "big.yaml", "-y", "--parallelism", "20") as first:
        await first.until(lambda: seen(first, 5), 300)
        assert_one_footer(first, 100)
        assert sum("  > " in line for line in first.lines) <= 24 - 6
        assert first.cursor_hidden
        assert any(re.fullmatch(r"    and \d+ more", line) for line in first.lines)

        for columns in (60, 40, 120):
            first.resize(columns, 24)
            done = max(bars(first), default=0)
            await first.until(lambda done=done: seen(first, done + 5), 300)  # type: ignore[misc]
            assert_one_footer(first, columns)

        place.faults.hold = asyncio.Event()  # the run does not end before the interrupt is seen
        first.interrupt()
        assert await first.end() == 130
        place.faults.hold.set()
        assert not first.cursor_hidden
        assert bars(first) == []
        assert "Stopped watching. acme/big/dev#1 goes on and keeps its lock." in first.lines

    with terminal(place, "watch", "big") as second:
        assert await second.end(600) == 0
        said = [*second.above, *second.lines]
        created = {line.split()[2] for line in said if line.startswith("  + SQS  api/q")}
        assert created == {f"api/q{number:03}" for number in range(QUEUES)}
        assert bars(second) == []
        assert not second.cursor_hidden

    piped = await place.panka("watch", "big", env={"FORCE_COLOR": "1"})
    plain = await place.panka("watch", "big", env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert not MOVES.search(piped.text.encode())
    assert "\x1b" not in plain.text
    assert piped.text.count(" created  ") == QUEUES
