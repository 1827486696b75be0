"""Answers that AWS gives to everybody who asks the same within a moment, asked for once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")

_GOOD = 60.0
"""Seconds for which an answer is taken for what AWS would say now."""


class Alike:
    """Answers by what was asked. Whoever asks while somebody waits for the same answer waits with them.

    For what AWS makes so for everybody and changes at nobody's call, and for one event loop.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[float, asyncio.Future[object]]] = {}
        """When each was asked, and its answer."""

    async def ask(self, about: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """What somebody was told a moment ago, else what `ask` tells; raises what that raises, and remembers no error.

        An asker who is cancelled leaves the others their answer.
        """
        known = self._known.get(about)
        if known is None or self._clock() - known[0] > _GOOD or _came_to_nothing(known[1]):
            known = self._known[about] = self._clock(), asyncio.ensure_future(ask())
        return cast("T", await asyncio.shield(known[1]))


def _came_to_nothing(answer: "asyncio.Future[object]") -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
