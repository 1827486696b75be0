"""Runs on record: which of them nobody can go back to, and how they are named."""

from typing import Any

import pytest

from panka.activities.returning import OnFile
from panka.cli.exits import Misused
from panka.cli.recorded import refuse_return, run_named
from panka.cli.session import Session
from panka.cli.settings import Settings, Terminal
from panka.cli.views.screen import Screen
from panka.planner.blueprint import FORMAT, Blueprint
from panka.planner.history import Entry
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan, Selection, Step
from panka.planner.state import State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
HERE = Target(account="111122223333", region="eu-west-1")
FILED = Blueprint(format=FORMAT, resources=())
ACCEPTED = Step(
    key="jobs:main", address="jobs:main", type="AWS::SQS::Queue", action=Action.ACCEPT, generation=1, kind="SQS",
    reason="it was changed outside Panka",
)  # fmt: skip
STATE = State(lineage="l", serial=42, scope=SCOPE, target=HERE)


def run(*, result: Any = "succeeded", filed: Blueprint | None = FILED, **more: Any) -> OnFile:
    fields: dict[str, Any] = {"operation": "apply", "target": HERE, "git": "3f2c1a9", "forward": ()} | more
    plan = Plan(format=2, id="p-1", scope=SCOPE, lineage=None, base=None, cleanup=(), **fields)
    entry = Entry(
        run=41, kind=plan.operation, plan=plan.id, by="ana", started="2026-11-23T10:00:00Z",
        finished="2026-11-23T10:00:09Z", result=result, changes={},
    )  # fmt: skip
    return OnFile(SCOPE, entry, plan, filed)


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (run(result="rolled back"), "Run #41 did not succeed (rolled back), so nothing was ever as it says."),
        (run(result="cancelled"), "Run #41 did not succeed (cancelled), so nothing was ever as it says."),
        (run(operation="destroy"), "Run #41 destroyed what there was."),
        (run(operation="move", filed=None), "Run #41 changed addresses on record; it was for no stack of its own."),
        (
            run(filed=None, forward=(ACCEPTED,)),
            "Run #41 answered what a drift check had found; it was for no stack of its own.",
        ),
        (run(filed=None), "Run #41 was made before whole stacks were filed; its YAML was that of git 3f2c1a9."),
        (run(filed=None, git=""), "Run #41 was made before whole stacks were filed."),
        (
            run(selection=Selection(targets=("jobs",), left_out=2)),
            "Run #41 was limited to a part of its stack, so the whole was never as it says.",
        ),
        (
            run(target=HERE.model_copy(update={"account": "999988887777"})),
            "Run #41 was for account 999988887777, eu-west-1; the stack lives in 111122223333, eu-west-1.",
        ),
        (
            run(target=HERE.model_copy(update={"region": "eu-north-1"})),
            "Run #41 was for account 111122223333, eu-north-1; the stack lives in 111122223333, eu-west-1.",
        ),
    ],
)
def test_nobody_goes_back_to_what_never_was(to: OnFile, said: str) -> None:
    with pytest.raises(Misused) as refused:
        refuse_return(to, STATE)

    assert refused.value.message == said
    assert refused.value.help


@pytest.mark.parametrize("to", [run(), run(operation="rollback"), run(selection=Selection(targets=("jobs",)))])
def test_every_run_that_made_its_whole_stack_can_be_gone_back_to(to: OnFile) -> None:
    refuse_return(to, STATE)


@pytest.mark.parametrize(
    ("written", "stack", "scope"),
    [
        ("shop#41", None, "acme/shop/prod"),
        ("41", "shop", "acme/shop/prod"),
        ("globex/mail/dev#41", None, "globex/mail/dev"),
    ],
)
def test_a_run_is_named_in_three_ways(written: str, stack: str | None, scope: str) -> None:
    session = Session(Settings(tenant="acme", environment="prod"), Screen(Terminal(colour=False, prompts=False)))

    found, number = run_named(session, written, stack)

    assert (str(found), number) == (scope, 41)
