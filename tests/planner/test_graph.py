"""The DAG: order, levels, paths, and the smallest cycle."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panka.planner.graph import Cycle, Graph

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


@st.composite
def dags(draw: st.DrawFn) -> dict[str, list[str]]:
    """Names that need only names before them."""
    names = [f"n{index}" for index in range(draw(st.integers(1, 20)))]
    return {
        name: draw(st.lists(st.sampled_from(names[:index]), unique=True)) if index else []
        for index, name in enumerate(names)
    }


def test_levels_follow_the_longest_chain() -> None:
    assert Graph({**DIAMOND, "e": ["a", "d"]}).levels() == [["a"], ["b", "c"], ["d"], ["e"]]


def test_the_critical_path_is_the_costliest_one() -> None:
    path = Graph(DIAMOND).critical_path(lambda name: 5.0 if name == "c" else 1.0)

    assert path == ["a", "c", "d"]


def test_among_equal_paths_the_alphabetically_first_is_told() -> None:
    assert Graph(DIAMOND).critical_path() == ["a", "b", "d"]


def test_what_is_not_chosen_is_seen_through() -> None:
    near = Graph({"a": [], "b": ["a"], "c": ["b"]}).nearest(lambda name: name != "b")

    assert near == {"a": set(), "c": {"a"}}


@pytest.mark.parametrize(
    ("needs", "path"),
    [
        ({"a": ["a"]}, ("a",)),
        ({"a": ["b"], "b": ["a"]}, ("a", "b")),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}, ("a", "b", "c")),
        ({"a": ["b", "d"], "b": ["c"], "c": ["a"], "d": ["a"]}, ("a", "d")),
    ],
)
def test_the_smallest_cycle_is_told_from_its_first_name(needs: dict[str, list[str]], path: tuple[str, ...]) -> None:
    with pytest.raises(Cycle) as caught:
        Graph(needs)

    assert caught.value.path == path


@given(dags())
def test_order_puts_every_dependency_first(needs: dict[str, list[str]]) -> None:
    order = Graph(needs).order()

    assert sorted(order) == sorted(needs)
    assert all(order.index(needed) < order.index(name) for name, others in needs.items() for needed in others)


@given(dags(), st.randoms(use_true_random=False))
def test_order_does_not_depend_on_how_the_graph_was_told(needs: dict[str, list[str]], random: st.DataObject) -> None:
    names = list(needs)
    random.shuffle(names)  # type: ignore[attr-defined]  # st.randoms gives a random.Random

    assert Graph({name: needs[name] for name in names}).order() == Graph(needs).order()


@given(dags())
def test_the_first_step_of_the_critical_path_has_the_most_ahead(needs: dict[str, list[str]]) -> None:
    graph = Graph(needs)
    path = graph.critical_path()

    remaining = graph.remaining(lambda _name: 1.0)

    assert len(path) == max(remaining.values()) == len(graph.levels())
    assert all(earlier in graph.dependencies(later) for earlier, later in itertools.pairwise(path))
