"""Cuts the steps of a large plan into shards: components stay whole, and neighbours together where that is possible."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from panka.planner.plan import Plan, Step
from panka.planner.resource import Address

SIZE = 1_500
"""Steps in a shard, about."""


@dataclass(frozen=True, slots=True)
class Shards:
    """Which shard has which step; the same plan is always cut the same way."""

    of: Mapping[str, int]
    """The shard of every step, by key."""
    count: int


def cut(plan: Plan, size: int = SIZE) -> Shards:
    """Shards of about `size` steps. They may wait for each other in any way that steps may."""
    steps = (*plan.forward, *plan.cleanup)
    components: dict[str, list[Step]] = {}
    for step in steps:
        components.setdefault(_component(step.address), []).append(step)
    of: dict[str, int] = {}
    shard = taken = 0
    for name in _side_by_side(components, _neighbours(steps)):
        if taken >= size:
            shard, taken = shard + 1, 0
        of |= {step.key: shard for step in components[name]}
        taken += len(components[name])
    return Shards(of, shard + 1)


def _neighbours(steps: Iterable[Step]) -> dict[str, list[str]]:
    by_key = {step.key: _component(step.address) for step in steps}
    found: dict[str, dict[str, None]] = {name: {} for name in by_key.values()}
    for step in steps:
        for needed in step.depends_on:
            one, other = by_key[step.key], by_key[needed]
            if one != other:
                found[one][other] = found[other][one] = None
    return {name: list(others) for name, others in found.items()}


def _side_by_side(components: Iterable[str], neighbours: Mapping[str, list[str]]) -> list[str]:
    """All components, depth first along what connects them."""
    seen: dict[str, None] = {}
    for root in components:
        waiting = [root]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen[name] = None
                waiting += reversed(neighbours[name])
    return list(seen)


def _component(address: str) -> str:
    return Address(address).component
