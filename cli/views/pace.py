"""How long a run will still take: the plan's estimates, at the pace that the run has shown."""

from collections.abc import Mapping

from panka.cli.views.account import Account, Row

_SLOWEST, _FASTEST = 4.0, 0.05
"""A few odd steps do not turn an estimate into anything between nothing and eternity."""


class Pace:
    """Of one run. Its account must know the steps."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._own = _own(account.rows)

    def left(self, now: float) -> float:
        """Seconds until the last step is done, by guess; `now` in seconds since the epoch."""
        account, own, pace = self._account, self._own, self._shown()
        ends = {False: 0.0, True: 0.0}
        for part in account.parts.values():
            for row in (row for row in part.rows if row.key in part.open):
                spent = now - account.began.get(row.key, now) if row.key in part.running else 0.0
                rest = row.weight - own[row.key] + max(own[row.key] - spent / pace, 0.0)
                ends[row.cleanup] = max(ends[row.cleanup], rest)
        return sum(ends.values()) * pace

    def _shown(self) -> float:
        """Seconds per estimated second, of what is done."""
        began, ended = self._account.began, self._account.ended
        done = [key for key in ended if key in began and self._own.get(key)]
        if not done:
            return 1.0
        spent = sum(ended[key] - began[key] for key in done)
        return min(max(spent / sum(self._own[key] for key in done), _FASTEST), _SLOWEST)


def _own(rows: Mapping[str, Row]) -> dict[str, float]:
    """What each step takes by itself: its weight without that of the longest path behind it."""
    behind: dict[str, float] = {}
    for row in rows.values():
        for key in row.needs:
            behind[key] = max(behind.get(key, 0.0), row.weight)
    return {row.key: max(row.weight - behind.get(row.key, 0.0), 0.0) for row in rows.values()}
