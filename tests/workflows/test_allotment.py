"""How many steps each shard of a run may have at once."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from panka.workflows.allotment import Demand, allot


def demands(*ready: int, weights: Sequence[float] = ()) -> list[Demand]:
    """Shards that have said what is ready in them, and may nothing yet."""
    return [Demand(ready=one, weight=weights[index] if weights else 1) for index, one in enumerate(ready)]


def started(one: Demand) -> None:
    """It has heard what it may, has begun as much as it can, and says so."""
    begun = max(0, min(one.ready, one.window - one.running))
    one.tell(one.ready - begun, one.running + begun, one.weight, one.window)


def test_few_shards_get_large_parts() -> None:
    assert allot(200, demands(500, 500, 500, 500)) == {0: 100, 1: 100}


def test_a_shard_gets_what_it_can_use_and_the_rest_goes_on() -> None:
    assert allot(200, demands(30, 500, 500)) == {0: 30, 1: 100, 2: 70}


def test_who_is_alone_gets_everything_it_can_use() -> None:
    shards = demands(500, 0)

    assert allot(200, shards) == {0: 200}
    started(shards[0])
    assert allot(200, shards) == {}


def test_who_comes_later_gets_what_is_beyond_a_large_part() -> None:
    shards = demands(500, 0)
    allot(200, shards)
    started(shards[0])
    shards[1].tell(500, 0, 1, 0)

    assert allot(200, shards) == {0: 100}
    shards[0].tell(340, 160, 1, 100)
    assert allot(200, shards) == {1: 40}


def test_the_longest_way_goes_first() -> None:
    assert allot(50, demands(500, 500, 500, weights=(10, 30, 20))) == {1: 50}


def test_what_is_not_used_goes_to_those_who_wait() -> None:
    shards = demands(50, 500)
    allot(50, shards)
    shards[0].tell(0, 3, 1, 50)

    assert allot(50, shards) == {0: 3}
    shards[0].tell(0, 3, 1, 3)
    assert allot(50, shards) == {1: 47}


def test_nothing_is_given_twice_before_the_first_one_has_let_go() -> None:
    shards = demands(50, 500)
    allot(50, shards)
    shards[0].tell(0, 3, 1, 50)
    allot(50, shards)
    shards[1].tell(500, 0, 1, 0)

    assert allot(50, shards) == {}


def test_a_much_longer_way_is_let_through() -> None:
    shards = demands(500, 0, weights=(10, 0))
    allot(50, shards)
    started(shards[0])
    shards[1].tell(50, 0, 100, 0)

    assert allot(50, shards) == {0: 0}
    shards[0].tell(490, 10, 10, 0)
    assert allot(50, shards) == {1: 40}


def test_a_way_that_is_a_little_longer_waits() -> None:
    shards = demands(500, 0, weights=(70, 0))
    allot(50, shards)
    started(shards[0])
    shards[1].tell(50, 0, 110, 0)

    assert allot(50, shards) == {}


def test_a_long_way_keeps_its_room_while_its_steps_run() -> None:
    shards = demands(500, 2, weights=(10, 100))
    allot(50, shards)
    started(shards[0])
    shards[1].tell(0, 2, 0, 2)

    assert allot(50, shards) == {}


def test_who_needs_only_a_few_is_let_through() -> None:
    shards = demands(500, 0)
    allot(50, shards)
    started(shards[0])
    shards[1].tell(3, 0, 1, 0)

    assert allot(50, shards) == {0: 47}


def test_who_has_the_largest_part_gets_what_the_others_have() -> None:
    shards = demands(500, 500)
    allot(100, shards)
    started(shards[0])
    shards[0].tell(0, 30, 1, 100)  # for a moment it can use no more
    assert allot(100, shards) == {0: 30}
    shards[0].tell(0, 30, 1, 30)
    assert allot(100, shards) == {1: 70}
    started(shards[1])
    shards[0].tell(200, 30, 1, 30)

    assert allot(100, shards) == {0: 0}
    shards[0].tell(215, 15, 1, 0)
    assert allot(100, shards) == {1: 85}


def test_one_step_at_a_time_is_one_step_at_a_time() -> None:
    shards = demands(3, 3)

    assert allot(1, shards) == {0: 1}
    started(shards[0])
    assert allot(1, shards) == {}


@settings(deadline=None)
@given(
    total=st.integers(1, 200),
    work=st.lists(st.tuples(st.integers(0, 80), st.floats(0, 100)), min_size=1, max_size=8),
    order=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 60), st.booleans()), max_size=60),
)
def test_everybody_ends_and_never_too_much_runs(
    total: int, work: list[tuple[int, float]], order: list[tuple[int, int, bool]]
) -> None:
    """Shards that hear late of what they may, and tell late of what they do."""
    shards = [Demand() for _ in work]
    ready, running, heard = [one for one, _ in work], [0] * len(work), [0] * len(work)

    def act(index: int, ends: int, *, hears: bool) -> None:
        if hears:
            heard[index] = shards[index].window
        running[index] -= min(ends, running[index])
        begun = max(0, min(ready[index], heard[index] - running[index]))
        ready[index] -= begun
        running[index] += begun
        assert sum(running) <= total
        shards[index].tell(ready[index], running[index], work[index][1], heard[index])
        allot(total, shards)

    for index, ends, hears in order:
        act(index % len(work), ends, hears=hears)
    for _ in range(20 * (1 + sum(one for one, _ in work))):
        if not any(ready) and not any(running):
            break
        for index in range(len(work)):
            act(index, 80, hears=True)
    assert not any(ready)
