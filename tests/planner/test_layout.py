"""Where boxes stand, and how lines get from one to another."""

import re
from itertools import combinations, pairwise
from random import Random

import pytest

from panka.planner.render.layout import HEIGHT, Layout, Spot, laid_out
from panka.planner.render.picture import Node
from panka.planner.render.routes import Routes

_PLACES = re.compile(r"[MCH]|-?[\d.]+(?:e[+-]?\d+)?")


def node(name: str, level: int, *needs: str) -> Node:
    return Node(name, f"service/{name}", "AWS::SQS::Queue", level, needs)


@pytest.fixture(params=range(25))
def nodes(request: pytest.FixtureRequest) -> list[Node]:
    """Boxes in levels, each with needs in lower ones; every time others."""
    chance = Random(request.param)
    made: list[Node] = []
    for level in range(chance.randint(1, 6)):
        below = [one.id for one in made]
        for place in range(chance.choice((1, 3, 8, 20, 60))):
            needs = chance.sample(below, min(len(below), chance.randint(0, 3)))
            made.append(node(f"n{level}-{place}", level, *needs))
    return made


def overlap(one: Spot, other: Spot) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + HEIGHT
        and other.y < one.y + HEIGHT
    )


def levels_of(layout: Layout, nodes: list[Node]) -> dict[int, tuple[float, float]]:
    """From where to where each level's boxes reach."""
    found: dict[int, tuple[float, float]] = {}
    for one in nodes:
        spot = layout.spots[one.id]
        left, right = found.get(one.level, (spot.x, spot.x))
        found[one.level] = min(left, spot.x), max(right, spot.x + spot.width)
    return found


def test_no_box_covers_another_and_all_are_inside(nodes: list[Node]) -> None:
    layout = laid_out(nodes)

    assert set(layout.spots) == {one.id for one in nodes}
    assert not [pair for pair in combinations(layout.spots.values(), 2) if overlap(*pair)]
    assert all(spot.x >= 0 and spot.x + spot.width <= layout.width for spot in layout.spots.values())
    assert all(spot.y >= 0 and spot.y + HEIGHT <= layout.height for spot in layout.spots.values())


def test_levels_stand_side_by_side_in_their_order(nodes: list[Node]) -> None:
    reach = levels_of(laid_out(nodes), nodes)

    assert all(reach[before][1] < reach[after][0] for before, after in pairwise(sorted(reach)))


def test_the_order_in_which_boxes_come_decides_nothing(nodes: list[Node]) -> None:
    shuffled = list(nodes)
    Random(len(nodes)).shuffle(shuffled)

    assert laid_out(shuffled) == laid_out(nodes)


def test_lines_that_could_be_straight_do_not_cross() -> None:
    nodes = [node("a", 0), node("b", 0), node("c", 0), node("x", 1, "c"), node("y", 1, "b"), node("z", 1, "a")]

    spots = laid_out(nodes).spots

    above = sorted("abc", key=lambda one: spots[one].y)
    assert sorted("xyz", key=lambda one: spots[one].y) == [{"a": "z", "b": "y", "c": "x"}[one] for one in above]


def test_a_box_stands_at_the_height_of_the_only_one_that_it_needs() -> None:
    nodes = [*(node(f"n{place}", 0) for place in range(9)), node("last", 1, "n7")]

    spots = laid_out(nodes).spots

    assert spots["last"].y == spots["n7"].y


def test_no_line_runs_across_a_box(nodes: list[Node]) -> None:
    layout = laid_out(nodes)
    routes = Routes(layout.spots)

    for one in nodes:
        for needed in one.needs:
            for left, right, y in straight(routes.path(needed, one.id)):
                crossed = [
                    id
                    for id, spot in layout.spots.items()
                    if spot.x < right and left < spot.x + spot.width and spot.y < y < spot.y + HEIGHT
                ]
                assert not crossed, (needed, one.id, crossed)


def straight(path: str) -> list[tuple[float, float, float]]:
    """The level pieces of a line: from, to, and their height. They are where it passes boxes."""
    found, x, y = [], 0.0, 0.0
    words = _PLACES.findall(path)
    while words:
        match words.pop(0):
            case "M":
                x, y = float(words.pop(0)), float(words.pop(0))
            case "C":
                *_, to, down = (float(words.pop(0)) for _ in range(6))
                x, y = to, down
            case "H":
                right = float(words.pop(0))
                found.append((x, right, y))
                x = right
    return found


def test_a_line_within_a_level_goes_around() -> None:
    routes = Routes({"a": Spot(0, 0, 100), "b": Spot(0, 50, 120)})

    assert routes.path("a", "b") == "M100,19C148,19 148,69 120,69"


def test_a_wide_level_goes_on_beside_itself() -> None:
    layout = laid_out([node(f"n{place:02}", 0) for place in range(60)])

    assert len({spot.x for spot in layout.spots.values()}) == 3
    assert layout.height < 60 * HEIGHT
