"""Going back to an earlier run: which of the addresses of its stack are on record under others by now."""

from collections.abc import Iterable

from panka.planner.plan import Plan


def moves_back(since: Iterable[Plan]) -> dict[str, str]:
    """What to call each resource that plans have moved, so that it is where it was before them: address to address.

    `since` are the plans of the runs after the one that is gone back to, the latest first. Of an address that had
    several resources one after the other, the latest move counts.
    """
    found: dict[str, str] = {}
    for plan in since:
        for step in plan.forward:
            if step.moved_from:
                found.setdefault(step.address, step.moved_from)
    return found
