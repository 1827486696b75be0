"""Answers that AWS gives to everybody who asks the same within a moment, asked for once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")

_GOOD = 60.0
"""Seconds for which an answer is taken for what AWS would say now."""
_MOST = 256
"""Answers that are kept."""


class Alike:
    """Answers by what was asked. Whoever asks while somebody waits for the same answer waits with them.

    For what nobody changes within that moment, which may be no longer than one answer takes, and for one event loop.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[float, asyncio.Future[object]]] = OrderedDict()
        """When each was asked, and its answer; the latest are kept."""

    async def ask(self, about: Hashable, ask: Callable[[], Awaitable[T | None]], good: float = _GOOD) -> T | None:
        """What somebody was told in the last `good` seconds, else what `ask` tells; raises what that raises.

        Neither an error nor None is remembered. An asker who is cancelled leaves the others their answer.
        """
        known = self._known.get(about)
        if known is None or (known[1].done() and self._clock() - known[0] >= good) or _came_to_nothing(known[1]):
            return await asyncio.shield(self._keep(about, asyncio.ensure_future(ask())))
        return cast("T | None", await asyncio.shield(known[1]))

    def tell(self, about: Hashable, *, answer: object) -> None:
        """What those who ask are to be told, as from AWS a moment ago."""
        told: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        told.set_result(answer)
        self._keep(about, told)

    def _keep(self, about: Hashable, answer: "asyncio.Future[T]") -> "asyncio.Future[T]":
        self._known[about] = self._clock(), cast("asyncio.Future[object]", answer)
        self._known.move_to_end(about)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return answer


def _came_to_nothing(answer: "asyncio.Future[object]") -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None or answer.result() is None)
