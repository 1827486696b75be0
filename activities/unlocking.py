"""Frees a lock in the place of a holder that can do nothing any more."""

import time
from collections.abc import Callable

from panka.activities.lock import LAST_CALLS, LOOK
from panka.activities.stores.store import Holder, LockStore
from panka.planner.owner import Scope
from panka.workflows.ports import Lease


class Renewed(Exception):
    """The lease was renewed while it was watched: something keeps it, whatever is said of its run."""


def free(
    locks: LockStore,
    scope: Scope,
    seen: Holder,
    *,
    ended: bool,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Holder | None:
    """Frees the lock as its holder would, once its lease has stood still, and says who has it then: None for nobody.

    Of a run that is known to have `ended`, the last calls and the last renewals are waited for. Of any other the lease
    must stand still for half its TTL from now on: a keeper that works renews it every third. A lock that is another's
    by now is left alone.

    Raises:
        Renewed: the lease goes on being renewed.
    """
    still = min(LAST_CALLS, seen.ttl) if ended else seen.ttl / 2
    watched, since = seen, monotonic()
    until = since + (seen.ttl if ended else 0)
    while (left := since + still - monotonic()) > 0:
        sleep(min(LOOK, left))
        now = locks.holder(scope)
        if now is None or _of(now) != _of(seen):
            return now
        if now.renewals != watched.renewals:
            if monotonic() >= until:
                raise Renewed(f"The lock of {scope} was renewed a moment ago.")
            watched, since = now, monotonic()
    # Done twice, or by two at once, it frees nothing of others: the condition names owner and fence.
    locks.release(Lease(scope=scope, owner=seen.owner, fence=seen.fence))
    return locks.holder(scope)


def _of(holder: Holder) -> tuple[str, int]:
    return holder.owner, holder.fence
