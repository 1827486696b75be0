"""How a large plan is cut: whole components, everything once, always the same."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panka.planner.assemble import make_plan
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.resource import Address, Resource
from panka.planner.shards import cut
from panka.planner.state import Target

SCOPE = Scope(tenant="acme", stack="s", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")


def plan(needs: dict[str, list[str]], parts: int = 1) -> Plan:
    """Components of so many resources each."""
    resources = {}
    for name, needed in needs.items():
        for part in range(parts):
            address = Address.of(name, "main" if part == 0 else f"p{part}")
            resources[address] = Resource(
                address, "AWS::SNS::Topic", {}, "SNS", depends_on=tuple(Address.of(one, "main") for one in needed)
            )
    return make_plan(SCOPE, TARGET, resources, {}, None, None)


def chains(count: int, length: int) -> dict[str, list[str]]:
    return {
        f"c{chain}-{index}": [f"c{chain}-{index - 1}"] if index else []
        for index in range(length)
        for chain in range(count)
    }


@given(st.integers(1, 40), st.integers(1, 4), st.integers(1, 9))
def test_every_step_is_in_one_shard_and_components_stay_whole(components: int, parts: int, size: int) -> None:
    made = plan({f"n{index}": [] for index in range(components)}, parts)

    shards = cut(made, size)

    homes: dict[str, set[int]] = {}
    for key, shard in shards.of.items():
        homes.setdefault(Address(key).component, set()).add(shard)
    assert set(shards.of) == {step.key for step in made.forward}
    assert all(len(home) == 1 for home in homes.values())
    assert sorted(set(shards.of.values())) == list(range(shards.count))
    assert max(Counter(shards.of.values()).values()) < size + parts


@pytest.mark.parametrize("size", [5, 10])
def test_what_hangs_together_stays_together(size: int) -> None:
    shards = cut(plan(chains(6, size)), size)

    assert shards.count == 6
    assert all(len({shards.of[f"c{chain}-{index}:main"] for index in range(size)}) == 1 for chain in range(6))
