"""What is asked before a plan is carried out, and what must be named where nobody can be asked."""

import pytest
from click.testing import CliRunner

from panka.cli.confirming import confirm
from panka.cli.exits import Interrupted, Misused
from panka.cli.session import Session
from panka.cli.settings import Settings, Terminal
from panka.cli.views.screen import Screen
from panka.planner.owner import Scope
from panka.planner.plan import FORMAT, Action, Plan, Step
from panka.planner.state import RunKind, Target


def session(*, prompts: bool) -> Session:
    return Session(Settings(), Screen(Terminal(colour=False, prompts=prompts)))


def gone(name: str, type: str = "AWS::DynamoDB::Table", kind: str = "DynamoDB") -> Step:
    return Step(
        key=f"{name}:main", address=f"{name}:main", type=type, action=Action.DELETE, generation=1, kind=kind,
        service="api", id=name, before={},
    )  # fmt: skip


def plan(*cleanup: Step, operation: RunKind = "apply", forward: tuple[Step, ...] = ()) -> Plan:
    return Plan(
        format=FORMAT, id="p-1", operation=operation, scope=Scope(tenant="acme", stack="shop", environment="prod"),
        target=Target(account="111122223333", region="eu-west-1"), lineage=None, base=None, forward=forward,
        cleanup=cleanup,
    )  # fmt: skip


ORDERS, QUEUE = gone("orders"), gone("jobs", "AWS::SQS::Queue", "SQS")
NEW = Step(key="a:main", address="a:main", type="AWS::SQS::Queue", action=Action.CREATE, generation=1, kind="SQS")


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (plan(forward=(NEW,)), ()),
        (plan(QUEUE), ()),
        (plan(ORDERS), ("orders",)),
        (plan(ORDERS, gone("ledger")), ("api/orders", "ledger")),
        (plan(ORDERS, operation="destroy"), ("shop",)),
    ],
)
def test_yes_is_enough_when_no_data_is_lost_or_all_of_it_is_named(made: Plan, named: tuple[str, ...]) -> None:
    confirm(session(prompts=False), made, yes=True, named=named)


@pytest.mark.parametrize(
    ("made", "named", "flags"),
    [
        (plan(ORDERS), (), "add --confirm orders"),
        (plan(ORDERS), ("shop", "jobs"), "add --confirm orders"),
        (plan(ORDERS, gone("ledger")), ("orders",), "add --confirm ledger"),
        (plan(ORDERS, operation="rollback"), ("shop",), "add --confirm orders"),
        (plan(ORDERS, operation="destroy"), ("other",), "add --confirm shop"),
    ],
)
def test_yes_alone_loses_no_data(made: Plan, named: tuple[str, ...], flags: str) -> None:
    with pytest.raises(Misused) as refused:
        confirm(session(prompts=True), made, yes=True, named=named)

    assert refused.value.help == flags


def test_where_nobody_can_be_asked_the_flags_are_named() -> None:
    with pytest.raises(Misused) as refused:
        confirm(session(prompts=False), plan(ORDERS), yes=False, named=())

    assert refused.value.help == "add -y --confirm orders, or run in a terminal"


@pytest.mark.parametrize(
    ("made", "question"),
    [
        (plan(QUEUE), "This destroys 1 component in prod."),
        (
            plan(ORDERS, gone("ledger")),
            "This destroys 2 components and loses the data of api/orders (DynamoDB), api/ledger (DynamoDB) in prod.",
        ),
    ],
)
def test_who_is_asked_types_the_stack_s_name(made: Plan, question: str) -> None:
    with CliRunner().isolation(input="shop\n") as (_, err, _):
        confirm(session(prompts=True), made, yes=False, named=())
        said = err.getvalue().decode()

    assert question in said
    assert "Type the stack name to continue (shop)" in said


@pytest.mark.parametrize(
    ("made", "typed"), [(plan(ORDERS), "y\n"), (plan(ORDERS), "\n"), (plan(forward=(NEW,)), "n\n")]
)
def test_every_other_answer_changes_nothing(made: Plan, typed: str) -> None:
    with CliRunner().isolation(input=typed), pytest.raises(Interrupted, match="Nothing was changed"):
        confirm(session(prompts=True), made, yes=False, named=())
