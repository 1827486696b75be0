"""Outputs of other stacks: found in their records, put in as values, and told of when they are not there."""

from typing import Any

import pytest

from panka.planner import record
from panka.planner.assemble import make_plan
from panka.planner.compile import Compiled
from panka.planner.component import ComponentSpec, Kind, Lowered
from panka.planner.neighbours import OutputsOf, changed
from panka.planner.owner import Scope
from panka.planner.resource import Address
from panka.planner.stack import Options, read_stack
from panka.planner.state import State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
BILLING = {"events": {"topicArn": "arn:events", "port": 5432, "odd": "a ${b}"}}


class Files:
    root = "."

    def __init__(self, field: str) -> None:
        self.text = "apiVersion: panka.io/v1\nkind: Stack\nmetadata: {name: shop}\n---\n"
        self.text += f"apiVersion: panka.io/v1\nkind: SNS\nmetadata: {{name: news}}\nspec:\n  {field}\n"

    def paths(self) -> list[str]:
        return ["stack.yaml"]

    def read(self, path: str) -> bytes:
        return self.text.encode()


def compiled(field: str, outputs_of: OutputsOf | None) -> Compiled:
    return read_stack(Files(field), Options()).compile(SCOPE, TARGET, None, outputs_of)


def billing(stack: str) -> dict[str, dict[str, Any]] | None:
    return BILLING if stack == "billing" else None


def name_of(made: Compiled) -> object:
    return made.resources[Address("news:main")].properties["DisplayName"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${stack:billing.events.topicArn}", "arn:events"),
        ("${stack:billing.api/events.topicArn}", "arn:events"),
        ("at ${stack:billing.events.port}", "at 5432"),
        ("${stack:billing.events.odd}", "a ${b}"),
    ],
)
def test_the_recorded_value_is_put_in(written: str, value: str) -> None:
    made = compiled(f"displayName: '{written}'", billing)

    assert made.diagnostics == ()
    assert name_of(made) == value
    assert made.consumes == ("billing",)


def test_what_was_taken_in_is_known_by_its_digest_when_it_is_another_value_later() -> None:
    made = compiled("displayName: '${stack:billing.api/events.port} ${stack:billing.events.topicArn}'", billing)
    later = {"billing": {"events": {"topicArn": "arn:others", "port": 5432}}}

    assert made.taken.keys() == {"billing.events.port", "billing.events.topicArn"}
    assert "arn:events" not in str(made.taken)
    assert changed(made.taken, billing) == []
    assert changed(made.taken, later.get) == ["billing.events.topicArn"]


def test_without_a_lookup_the_reference_stands_for_itself() -> None:
    made = compiled("displayName: '${stack:billing.events.topicArn}'", None)

    assert (made.diagnostics, made.consumes) == ((), ())
    assert name_of(made) == "${stack:billing.events.topicArn}"


@pytest.mark.parametrize(
    ("written", "help"),
    [
        ("${stack:billing.events.topicAr}", "did you mean `topicArn`?"),
        ("${stack:billing.event.topicArn}", "did you mean `events`?"),
        ("${stack:nobody.events.topicArn}", "apply that stack first"),
        ("${stack:shop.events.topicArn}", "write `${events.topicArn}`"),
    ],
)
def test_what_is_not_on_record_is_told_at_its_place(written: str, help: str) -> None:
    (one,) = compiled(f"displayName: '{written}'", billing).diagnostics

    assert one.label is not None
    assert (one.code, one.label.span.line, one.label.span.column, one.help) == ("PK208", 9, 17, help)


def test_what_a_run_made_others_may_refer_to() -> None:
    made = compiled("displayName: '${stack:billing.events.topicArn}'", billing)
    plan = make_plan(SCOPE, TARGET, made.resources, {}, None, None, exports=made.exports, consumes=made.consumes)
    state: State = record.announce(None, plan, lineage="l", kind="apply", started="now", by="ana")
    done = record.Outcome(key="news:main", id="arn:news", attributes={"TopicArn": "arn:news", "TopicName": "news"})

    state = record.conclude(record.fold(state, plan, [done], []), plan, succeeded=True)

    assert state.exports["news"]["topicArn"] == "arn:news"
    assert state.consumes == ("billing",)


def test_a_kind_may_need_the_network_only_for_some_specs() -> None:
    kind = Kind("Thing", ComponentSpec, lambda _component, _context: Lowered((), {}), {}, needs_network=_tagged)

    assert not kind.stands_in_network(ComponentSpec())
    assert kind.stands_in_network(ComponentSpec(tags={"in": "vpc"}))


def _tagged(spec: ComponentSpec) -> bool:
    return bool(spec.tags)
