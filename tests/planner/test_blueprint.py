"""A stack that is read back from its file makes the plan that it made before, and two of them can be compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from panka.planner.assemble import make_plan, of_stack
from panka.planner.blueprint import FORMAT, UPGRADES, Blueprint
from panka.planner.comparing import compared
from panka.planner.compile import Compiled
from panka.planner.language.documents import FolderSource
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan
from panka.planner.resource import Address, Lifecycle, Properties, Ref, Resource, Text, decode, encode
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

SHOP = Path(__file__).parents[2] / "examples" / "shop"
SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")


@pytest.fixture(scope="module")
def shop() -> Compiled:
    draft = read_stack(FolderSource(SHOP, "examples/shop"), Options(environment="prod"))
    return draft.compile(SCOPE, TARGET)


def filed(compiled: Compiled) -> Blueprint:
    """As it is written to the store and read back."""
    return Blueprint.read(Blueprint.of(compiled).text().encode())


def planned(stack: Blueprint) -> Plan:
    return make_plan(
        SCOPE,
        TARGET,
        stack.by_address(),
        decode(stack.outputs),
        None,
        None,
        exports=decode(stack.exports),
        uses=stack.uses,
        consumes=stack.consumes,
        assets=stack.assets,
        written=stack.written(),
    )


def test_the_whole_shop_makes_the_same_plan_from_its_file(shop: Compiled) -> None:
    made = make_plan(
        SCOPE,
        TARGET,
        shop.resources,
        shop.outputs,
        None,
        None,
        exports=shop.exports,
        consumes=shop.consumes,
        uses=shop.uses,
        assets=tuple(shop.assets),
        written=shop.written,
    )

    again = planned(filed(shop))

    assert again == made
    assert len(again.forward) >= 40


def test_references_are_the_same_after_they_were_filed() -> None:
    early = Ref(Address("images:main"), "BucketName", early=True)
    value = {"a": early, "b": [Ref(Address("jobs:main"), "Arn")], "c": Text(("arn:", early))}

    assert decode(encode(value)) == value


def test_a_plan_is_another_one_when_its_stack_is(shop: Compiled) -> None:
    made = planned(filed(shop))

    one, other = of_stack(made, "0" * 64), of_stack(made, "1" * 64)

    assert one.stack == "0" * 64
    assert len({made.id, one.id, other.id}) == 3
    assert one == of_stack(made, "0" * 64)


def test_every_format_of_a_filed_stack_has_an_upgrade() -> None:
    assert sorted(UPGRADES) == list(range(1, FORMAT))


def one(address: str, type: str = "AWS::SQS::Queue", **properties: object) -> Resource:
    return Resource(Address(address), type, dict(properties), "SQS")


def stack(*resources: Resource, outputs: Properties | None = None) -> Blueprint:
    made = {resource.address: resource for resource in resources}
    compiled = Compiled(made, outputs or {}, (), {}, {}, (), None, (), {})  # type: ignore[arg-type]  # it has no blocks
    return filed(compiled)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [one("a:main")], [(Action.CREATE, "a:main", [])]),
        ([one("a:main")], [], [(Action.DELETE, "a:main", [])]),
        ([one("a:main", Delay=1)], [one("a:main", Delay=1)], []),
        ([one("a:main", Delay=1)], [one("a:main", Delay=2)], [(Action.UPDATE, "a:main", ["Delay"])]),
        ([one("a:main", FifoQueue=True)], [one("a:main")], [(Action.REPLACE, "a:main", ["FifoQueue"])]),
        ([one("a:main")], [one("a:main", "AWS::SNS::Topic")], [(Action.REPLACE, "a:main", ["Type"])]),
        (
            [one("a:main")],
            [replace(one("a:main"), tags={"team": "red"}, lifecycle=Lifecycle(retain=True))],
            [(Action.UPDATE, "a:main", ["tags.team", "lifecycle.retain"])],
        ),
        (
            [one("a:main", Target=one("b:main").ref("Arn"))],
            [one("a:main", Target="arn:b")],
            [(Action.UPDATE, "a:main", ["Target"])],
        ),
    ],
)
def test_what_differs_between_two_stacks(
    before: list[Resource], after: list[Resource], expected: list[tuple[Action, str, list[str]]]
) -> None:
    found = compared(stack(*before), stack(*after))

    assert [(step.action, step.key, [each.path for each in step.changes]) for step in found.steps] == expected


def test_outputs_that_differ_are_told() -> None:
    found = compared(stack(outputs={"url": "a", "old": 1}), stack(outputs={"url": one("a:main").ref("QueueUrl")}))

    assert [(each.path, each.unknown) for each in found.outputs] == [("url", True), ("old", False)]
