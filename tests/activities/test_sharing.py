"""Steps as they travel to workflows."""

import random

import pytest

from panka.activities.sharing import Shares, opened
from panka.planner.assemble import make_plan
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.shards import SIZE
from panka.planner.state import Pointer
from plugins.runs import TARGET, resource

SCOPE = Scope(tenant="acme", stack="large", environment="prod")
STATE = Pointer(serial=1, key="k", sha256="0")
TRAVELS = 2_000_000
"""Bytes that Temporal takes as one value."""


def entangled(steps: int, needs: int) -> Plan:
    """Steps with long names, each of which waits for many of those before it."""
    draw = random.Random(7)  # a graph, not a secret
    names = [f"payments-service-with-a-long-name-{index:04d}" for index in range(steps)]
    made = [
        resource(name, *sorted(draw.sample(names[max(0, at - 200) : at], min(at, needs))))
        for at, name in enumerate(names)
    ]
    return make_plan(SCOPE, TARGET, {one.address: one for one in made}, {}, None, None)


@pytest.mark.parametrize("steps", [1_900, 2_400])
def test_no_share_is_too_large_to_travel_however_entangled_the_steps(steps: int) -> None:
    plan = entangled(steps, 40)

    told = opened(plan, STATE, most=2_000, size=SIZE)

    assert told.share is None
    assert told.size
    shares = [Shares(plan, told.size).share(index) for index in range(told.shards)]
    assert max(len(share.model_dump_json()) for share in shares) < TRAVELS
    assert sorted(node.key for share in shares for node in share.forward) == sorted(step.key for step in plan.forward)


def test_steps_with_few_needs_go_into_shards_of_the_usual_size() -> None:
    plan = entangled(2_400, 2)

    told = opened(plan, STATE, most=2_000, size=SIZE)

    assert (told.size, told.shards) == (SIZE, 2)
