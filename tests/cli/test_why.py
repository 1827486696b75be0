"""What a component waits for, and what is behind it in the end."""

import pytest

from panka.cli.settings import Terminal
from panka.cli.views.screen import Screen
from panka.cli.views.why import Case, belongs, why_data, why_text
from panka.planner.plan import Action, Step
from panka.planner.render.fate import Fate, Known

PLAIN = Screen(Terminal(colour=False, prompts=False))


def step(name: str, *needs: str, service: str = "api") -> Step:
    key = f"{name}:main"
    return Step(
        key=key, address=key, type="AWS::SQS::Queue", action=Action.CREATE, generation=1, kind="SQS", service=service,
        depends_on=tuple(f"{one}:main" for one in needs), place="a.yaml:3:1",
    )  # fmt: skip


CHAIN = {one.key: one for one in (step("a"), step("b", "a"), step("c", "b"), step("d", "c", "a"))}


def case(name: str, **known: Known) -> Case:
    keys = {f"{one}:main": said for one, said in known.items()}
    return Case("acme/shop/prod#7", [CHAIN[f"{name}:main"]], CHAIN, keys)


def test_what_waits_names_what_is_behind_it_in_the_end() -> None:
    text = why_text(case("c", a=Known(Fate.RUNNING, "1 of 2 nodes ready", 64)), PLAIN)

    assert "    c:main  create  waits\n" in text
    assert "      waits for b:main, and that in the end for a:main (running: 1 of 2 nodes ready)\n" in text


def test_what_is_done_is_waited_for_no_more() -> None:
    one = case("d", a=Known(Fate.DONE), b=Known(Fate.DONE), c=Known(Fate.RUNNING, "", 1))

    assert one.open_needs(one.steps[0]) == ["c:main"]


def test_what_was_skipped_names_what_failed() -> None:
    known = {"a": Known(Fate.FAILED, "denied", 1), "b": Known(Fate.SKIPPED), "c": Known(Fate.SKIPPED)}

    assert "waits for b:main, and that in the end for a:main (failed)" in why_text(case("c", **known), PLAIN)


def test_what_failed_says_why_whole_and_where() -> None:
    text = why_text(case("a", a=Known(Fate.FAILED, "denied " * 40, 3)), PLAIN)

    assert f"      failed because: {'denied ' * 40}" in text
    assert "      --> a.yaml:3:1" in text


def test_programs_get_the_same() -> None:
    data = why_data(case("b", a=Known(Fate.FAILED, "denied")))

    assert data["steps"][0]["fate"] == "waits"
    assert data["steps"][0]["waitsFor"] == ["a:main"]


@pytest.mark.parametrize(
    ("said", "meant"), [("a", True), ("api/a", True), ("a:main", True), ("web/a", False), ("b", False)]
)
def test_a_component_is_meant_by_each_of_its_names(said: str, meant: bool) -> None:
    assert belongs(CHAIN["a:main"], said) is meant
