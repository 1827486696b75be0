"""Pictures of a stack."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from panka.cli.main import panka
from panka.planner.graph import Cycle
from panka.planner.render import ascii as levels
from panka.planner.render.dot import dot
from panka.planner.render.mermaid import mermaid
from panka.planner.render.picture import of_components, of_resources
from panka.planner.render.stats import stats, stats_text
from panka.planner.render.tree import tree
from panka.planner.resource import Address, Ref, Resource


def resource(address: str, *needs: str, kind: str = "SQS", service: str = "api") -> Resource:
    properties = {f"P{number}": Ref(Address(needed), "Arn") for number, needed in enumerate(needs)}
    return Resource(Address(address), f"AWS::{kind}::Thing", properties, kind, service=service)


def stack(*resources: Resource) -> dict[Address, Resource]:
    return {one.address: one for one in resources}


SHOP = stack(
    resource("@stack:cluster", kind="Stack", service=""),
    resource("jobs:dead"),
    resource("jobs:main", "jobs:dead"),
    resource("server:role", "jobs:main", kind="Lambda"),
    resource("server:main", "server:role", "@stack:cluster", kind="Lambda"),
)
TANGLED = stack(
    resource("topic:main", kind="SNS"),
    resource("jobs:main"),
    resource("jobs:policy", "jobs:main", "topic:main"),
    resource("topic:jobs", "topic:main", "jobs:main", kind="SNS"),
    resource("reader:main", "jobs:main", kind="Lambda"),
)


def test_components_stand_in_levels_with_what_they_need() -> None:
    assert (
        levels.ascii(of_components(SHOP))
        == """\
Level 1
  Stack   (stack)
  SQS     api/jobs
Level 2
  Lambda  api/server  <- (stack), api/jobs

Longest path: api/jobs > api/server"""
    )


def test_resources_stand_in_levels_of_their_own() -> None:
    picture = of_resources(SHOP)

    assert [[node.label for node in level] for level in picture.levels()] == [
        ["@stack:cluster", "jobs:dead"],
        ["jobs:main"],
        ["server:role"],
        ["server:main"],
    ]


def test_components_whose_parts_need_each_other_share_a_level() -> None:
    picture = of_components(TANGLED)

    assert [[node.label for node in level] for level in picture.levels()] == [
        ["api/jobs", "api/topic"],
        ["api/reader"],
    ]


@pytest.mark.parametrize("draw", [of_components, of_resources])
def test_a_cycle_of_resources_is_no_picture(draw: object) -> None:
    with pytest.raises(Cycle):
        draw(stack(resource("a:main", "b:main"), resource("b:main", "a:main")))  # type: ignore[operator]  # both are functions


def test_a_tree_unfolds_each_box_once() -> None:
    assert (
        tree(of_components(SHOP))
        == """\
api/server  Lambda
|-- (stack)  Stack
`-- api/jobs  SQS"""
    )


def test_a_tree_of_boxes_that_need_each_other_ends() -> None:
    text = tree(of_components(TANGLED))

    assert text.count("(above)") == 1
    assert all(name in text for name in ("api/jobs", "api/topic", "api/reader"))


def test_arrows_lead_from_what_is_needed() -> None:
    picture = of_components(SHOP)

    assert '  "jobs" -> "server";' in dot(picture).splitlines()
    assert "  n2 --> n3" in mermaid(picture).splitlines()
    assert '  n2["api/jobs<br/>SQS"]' in mermaid(picture).splitlines()


def test_dot_escapes_what_would_end_a_name() -> None:
    assert '"a\\"b:main"' in dot(of_resources(stack(resource('a"b:main'))))


def test_the_numbers_count_boxes_arrows_and_levels() -> None:
    counted = stats(of_components(SHOP))

    assert (counted.nodes, counted.edges, counted.levels, counted.widest) == (3, 2, 2, 2)
    assert counted.critical == ("api/jobs", "api/server")
    assert stats_text(counted).splitlines()[2] == "levels        2, the widest of 2"


def test_the_longest_path_is_the_one_that_takes_longest_to_make() -> None:
    database = Resource(Address("db:main"), "AWS::RDS::DBInstance", {}, "RDS")
    reader = Resource(Address("reader:main"), "AWS::IAM::Role", {"Of": database.ref("Arn")}, "Lambda")

    picture = of_components({**SHOP, database.address: database, reader.address: reader})

    assert picture.critical == ("db", "reader")


def test_focus_keeps_what_a_box_needs_and_what_needs_it() -> None:
    assert {node.label for node in of_components(SHOP).around("api/jobs").nodes} == {"api/jobs", "api/server"}
    assert {node.label for node in of_components(SHOP).around("server").nodes} == {"(stack)", "api/jobs", "api/server"}


STACK = """\
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: shop}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec: {deadLetterQueue: {enabled: true}}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("PANKA_TENANT", "PANKA_ENV", "PANKA_LOCAL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "shop.yaml").write_text(STACK)
    return str(tmp_path / "shop.yaml")


@pytest.mark.parametrize("form", ["text", "tree", "stats", "dot", "mermaid"])
def test_every_form_shows_the_component(file: str, form: str) -> None:
    ran = CliRunner().invoke(panka, ["graph", file, "--format", form], standalone_mode=False)

    assert ran.exception is None
    assert "SQS" in ran.stdout
    assert ran.stderr == f"Next: panka plan {file}\n"


def test_json_is_for_machines_with_its_version(file: str) -> None:
    ran = CliRunner().invoke(panka, ["graph", file, "--format", "json", "--detail"], standalone_mode=False)

    data = json.loads(ran.stdout)
    assert data["schemaVersion"] == 1
    assert {"jobs:main"} < {node["id"] for node in data["nodes"]}


def test_an_unknown_focus_names_the_nearest(file: str) -> None:
    ran = CliRunner().invoke(panka, ["graph", file, "--focus", "jbos"], standalone_mode=False)

    assert getattr(ran.exception, "help", "") == "did you mean `jobs`?"
