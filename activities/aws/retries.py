"""When a call is repeated: per call by the cause of its error, and per service by how fast it may be called at all."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from panka.activities.aws.errors import AwsError, Cause

THROTTLED_FOR = 300.0
"""Seconds for which a throttled call is repeated."""
NOT_YET_FOR = 60.0
"""Seconds within which IAM and its kin become consistent."""
EXPIRED_TRIES = 4
"""How often a call is sent with new credentials before it is told that they are no better."""
TRANSIENT_TRIES = 5
"""How often a call that is safe to repeat is sent before its transient error is told."""

_ROUNDING = 1e-6
"""What a sum of small numbers may lack of a turn."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock and the randomness that waits are made of."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Random = field(default_factory=Random)


class Retrying:
    """The repeats of one call. `safe` says that repeating it after a lost reply does no harm."""

    def __init__(self, timing: Timing, *, safe: bool) -> None:
        self._timing = timing
        self._safe = safe
        self._since = timing.now()
        self._tries = 0

    def delay(self, error: AwsError) -> float | None:
        """Seconds to wait before the same call is sent again; None: tell the error."""
        self._tries += 1
        spent = self._timing.now() - self._since
        match error.cause:
            case Cause.THROTTLED:
                return self._jittered(0.2, 20.0) if spent < THROTTLED_FOR else None
            case Cause.NOT_YET:
                return self._jittered(0.2, 0.8) if spent < NOT_YET_FOR else None
            case Cause.EXPIRED:
                return self._jittered(0.05, 1.0) if self._tries < EXPIRED_TRIES else None
            case Cause.TRANSIENT:
                again = (self._safe or not error.sent) and self._tries < TRANSIENT_TRIES
                return self._jittered(0.1, 2.0) if again else None
            case Cause.FINAL:
                return None

    def _jittered(self, first: float, longest: float) -> float:
        longest = min(longest, first * 2.0 ** min(self._tries - 1, 16))
        return longest * self._timing.random.uniform(0.5, 1.0)


class Paces:
    """The paces of one account and region, by service. Whoever calls that place shares them."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._of: dict[str, Pace] = {}

    def __getitem__(self, service: str) -> "Pace":
        return self._of.setdefault(service, Pace(self._timing))


class Pace:
    """How fast one service of one account and region may be called: at will until it throttles, then as it allows.

    The rate is cut by a part when AWS throttles and rises by a step for every second without, as TCP does; after a
    quiet minute there is none again. Whoever waits does so by the rate of today, not by that of when it came: what a
    storm has put into a queue goes when the storm is over. Used from one event loop.
    """

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._calls: deque[float] = deque()
        self._rate: float | None = None
        self._cut = 0.0
        self._asked = 0
        self._due = 0.0
        """How many of those who have asked may have gone by now."""
        self._counted = timing.now()
        """When that was so."""

    def ask(self) -> int:
        """A place in the queue."""
        self._count()
        self._asked += 1
        return self._asked

    def left(self, place: int) -> float:
        """Seconds until the turn of a place, as things are now; 0 takes it."""
        self._count()
        # The first of those who wait goes at once.
        ahead = place - 1 - self._due
        if self._rate is not None and ahead > _ROUNDING:
            return ahead / self._rate
        self._calls.append(self._timing.now())
        return 0.0

    def succeeded(self) -> None:
        if self._rate is not None:
            self._count()
            self._rate += 1.0 / self._rate

    def throttled(self) -> None:
        now = self._timing.now()
        # One burst brings many refusals: they count once.
        if self._rate is not None and now - self._cut < 1.0:
            return
        self._count()
        before = self._rate if self._rate is not None else float(len(self._calls))
        self._rate, self._cut = max(0.5, before * 0.7), now

    def _count(self) -> None:
        now = self._timing.now()
        if self._rate is not None and now - self._cut > 60.0:
            self._rate = None
        passed = self._rate * (now - self._counted) if self._rate is not None else self._asked - self._due
        self._due, self._counted = min(self._due + passed, float(self._asked)), now
        while self._calls and self._calls[0] < now - 1.0:
            self._calls.popleft()
