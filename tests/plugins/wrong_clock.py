"""Panka's command line in a process whose clock is wrong: `python wrong_clock.py SECONDS worker`.

Everything written in Python sees it: Panka, boto3 and its signatures, log lines. The Temporal SDK's core does not; it
asks the system itself. No privilege and no preloaded library is needed.
"""

import datetime as dt
import sys
import time

_AHEAD = int(sys.argv.pop(1))
_time, _time_ns, _real = time.time, time.time_ns, dt.datetime


class _Either(type):
    """What C code makes is of the real class, and counts as one of ours."""

    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, _real)


class _Shifted(_real, metaclass=_Either):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _real.now(tz) + dt.timedelta(seconds=_AHEAD)

    @classmethod
    def utcnow(cls) -> dt.datetime:
        return _real.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(seconds=_AHEAD)


time.time = lambda: _time() + _AHEAD
time.time_ns = lambda: _time_ns() + _AHEAD * 10**9
dt.datetime = _Shifted  # type: ignore[misc]  # this process's clock is meant to be wrong

from panka.cli.__main__ import main  # noqa: E402  # everything that is imported from here on sees the shifted clock

main()
