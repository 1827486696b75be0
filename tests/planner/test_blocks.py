"""What `moved`, `removed` and `import` make of a plan, and what of the record after its run."""

from collections.abc import Mapping
from typing import Any

import pytest

from panka.planner import record
from panka.planner.adopting import Live
from panka.planner.assemble import make_plan
from panka.planner.blocks import Blocks
from panka.planner.diagnostics import Invalid, Label, Span
from panka.planner.owner import Scope
from panka.planner.plan import Action, Plan, Step
from panka.planner.resource import Address, PhysicalName, Properties, Resource
from panka.planner.stack import Draft, Options, read_stack
from panka.planner.state import State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")


def queue(name: str, part: str = "main", **properties: Any) -> Resource:
    return Resource(Address.of(name, part), "AWS::SQS::Queue", properties, "SQS", name=PhysicalName("QueueName", 80))


def topic(name: str, about: Resource) -> Resource:
    return Resource(Address.of(name, "main"), "AWS::SNS::Topic", {"DisplayName": about.ref("Arn")}, "SNS")


def plan(*resources: Resource, state: State | None = None, **blocks: Any) -> Plan:
    wanted = {one.address: one for one in resources}
    return make_plan(SCOPE, TARGET, wanted, {}, state, None, blocks=Blocks(**blocks))


def announced(made: Plan, state: State | None = None) -> State:
    return record.announce(state, made, lineage="l", kind="apply", started="now", by="ana")


def done(step: Step, observed: Properties | None = None) -> record.Outcome:
    id = step.id or f"{step.address}#{step.generation}"
    inputs: dict[str, Properties] = {}
    for need in step.needs:
        inputs.setdefault(need.address, {})[need.attribute] = f"arn:{need.address}"
    return record.Outcome(
        key=step.key, id=id, inputs=inputs, attributes={"Arn": f"arn:{step.address}"}, observed=observed or {}
    )


def applied(made: Plan, state: State | None = None, observed: Mapping[str, Properties] | None = None) -> State:
    outcomes = [done(one, (observed or {}).get(one.key)) for one in (*made.forward, *made.cleanup)]
    return record.conclude(record.fold(announced(made, state), made, outcomes, []), made, succeeded=True)


def only(made: Plan) -> Step:
    (step,) = (*made.forward, *made.cleanup)
    return step


def test_a_renamed_component_keeps_its_resources_and_their_names() -> None:
    state = applied(plan(queue("jobs"), queue("jobs", "dead")))

    made = plan(queue("tasks"), queue("tasks", "dead"), state=state, moved={"jobs": "tasks"})

    assert [(one.action, one.address, one.moved_from) for one in made.forward] == [
        (Action.UPDATE, "tasks:dead", "jobs:dead"),
        (Action.UPDATE, "tasks:main", "jobs:main"),
    ]
    assert {change.path for one in made.forward for change in one.changes} == {
        "Tags.panka:address",
        "Tags.panka:component",
    }
    assert made.cleanup == ()


def test_after_a_rename_nothing_more_changes_with_the_block_or_without_it() -> None:
    state = applied(plan(queue("jobs")))
    state = applied(plan(queue("tasks"), state=state, moved={"jobs": "tasks"}), state)

    assert set(state.resources) == {"tasks:main"}
    assert plan(queue("tasks"), state=state, moved={"jobs": "tasks"}).empty
    assert plan(queue("tasks"), state=state).empty


def test_renames_follow_one_another() -> None:
    state = applied(plan(queue("a")))

    step = only(plan(queue("c"), state=state, moved={"a": "b", "b": "c"}))

    assert (step.action, step.address, step.moved_from) == (Action.UPDATE, "c:main", "a:main")


def test_whoever_needs_a_renamed_resource_knows_its_new_address() -> None:
    jobs, tasks = queue("jobs"), queue("tasks")
    state = applied(plan(jobs, topic("news", jobs)))

    made = plan(tasks, topic("news", tasks), state=state, moved={"jobs": "tasks"})

    assert [one.address for one in made.forward] == ["tasks:main"]
    assert applied(made, state).resources["news:main"].dependencies == ("tasks:main",)


def test_a_rename_that_is_taken_back_is_on_record_as_before() -> None:
    state = applied(plan(queue("jobs")))
    made = plan(queue("tasks"), state=state, moved={"jobs": "tasks"})
    after = record.fold(announced(made, state), made, [done(only(made))], [])

    undone = record.Undoing(key="tasks:main", restored=True, attributes={"Arn": "arn:jobs:main"})
    back = record.fold(after, made, [], [undone])

    assert back.resources["jobs:main"].properties == state.resources["jobs:main"].properties
    assert set(back.resources) == {"jobs:main"}


def test_a_new_component_with_the_old_name_does_not_take_the_name_of_the_renamed_one() -> None:
    state = applied(plan(queue("jobs")))
    state = applied(plan(queue("tasks"), state=state, moved={"jobs": "tasks"}), state)

    step = only(plan(queue("tasks"), queue("jobs"), state=state))

    assert step.action is Action.CREATE
    assert step.properties["QueueName"] != state.resources["tasks:main"].properties["QueueName"]


def test_a_renamed_resource_that_must_be_replaced_is_and_gets_a_name_of_its_own() -> None:
    state = applied(plan(queue("jobs")))

    made = plan(queue("tasks", FifoQueue=True), state=state, moved={"jobs": "tasks"})
    after = applied(made, state)

    assert [(one.action, one.key) for one in (*made.forward, *made.cleanup)] == [
        (Action.REPLACE, "tasks:main"),
        (Action.DELETE, "jobs:main@1"),
    ]
    assert "shop-prod-tasks-" in after.resources["tasks:main"].properties["QueueName"]
    assert set(after.resources) == {"tasks:main"}
    assert after.deposed == ()


def test_what_is_removed_is_forgotten_and_stays_in_aws() -> None:
    state = applied(plan(queue("jobs"), queue("old")))

    made = plan(queue("jobs"), state=state, removed=frozenset({"old"}))

    assert (only(made).action, only(made).address) == (Action.FORGET, "old:main")
    assert set(applied(made, state).resources) == {"jobs:main"}


def test_an_import_takes_over_what_exists_with_its_own_name() -> None:
    made = plan(queue("jobs", DelaySeconds=5), imports={"jobs:main": "https://queue"})
    step = only(made)

    state = applied(made, observed={"jobs:main": {"QueueName": "legacy", "DelaySeconds": 5}})

    assert (step.action, step.id) == (Action.ADOPT, "https://queue")
    assert "QueueName" not in step.properties
    assert announced(made).intended == ()
    assert state.resources["jobs:main"].properties["QueueName"] == "legacy"
    assert plan(queue("jobs", DelaySeconds=5), state=state, imports={"jobs:main": "https://queue"}).empty


QUEUE = "https://sqs/legacy"
PLACE = Label(Span("stack.yaml", 5, 27, 40))
OURS = {"panka:tenant": "acme"}


def imported(live: Live, *resources: Resource) -> Plan:
    return plan(*resources, imports={"jobs:main": QUEUE}, live={"jobs:main": live}, places={"jobs:main": PLACE})


def tags_of(step: Step) -> list[dict[str, str]]:
    found: list[dict[str, str]] = step.properties["Tags"]
    return found


def test_an_import_shows_what_it_changes_of_what_is_there() -> None:
    wanted = queue("jobs", DelaySeconds=5, VisibilityTimeout=60)
    tags = tags_of(only(imported(Live({}), wanted)))

    made = imported(Live({"QueueName": "legacy", "DelaySeconds": 0, "VisibilityTimeout": 60, "Tags": tags}), wanted)

    step = only(made)
    assert (step.action, step.id) == (Action.ADOPT, QUEUE)
    assert [(one.path, one.before, one.after) for one in step.changes] == [("DelaySeconds", 0, 5)]


def test_what_aws_does_not_tell_of_an_import_is_something_to_set() -> None:
    step = only(imported(Live({"QueueName": "legacy"}), queue("jobs", DelaySeconds=5)))

    assert {one.path: one.before for one in step.changes} == {"DelaySeconds": None, "Tags": None}


@pytest.mark.parametrize(
    ("live", "code", "said"),
    [
        (Live(None), "PK364", ""),
        (Live(None, "The address is not valid."), "PK364", "AWS says: The address is not valid."),
        (Live({"FifoQueue": True}), "PK365", "FifoQueue: `True` in AWS, `False` in the stack"),
        (Live({"Tags": [{"Key": "panka:tenant", "Value": "globex"}]}), "PK365", ""),
    ],
)
def test_an_import_that_cannot_be_is_refused_where_the_block_stands(live: Live, code: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        imported(live, queue("jobs", FifoQueue=False))

    (one,) = refused.value.diagnostics
    assert (one.code, one.label and one.label.span) == (code, PLACE.span)
    assert one.notes == ((said,) if said else ())


def test_a_create_only_value_that_is_known_only_after_apply_does_not_refuse_an_import() -> None:
    jobs = Resource(Address("jobs:main"), "AWS::SNS::Subscription", {"TopicArn": queue("q").ref("Arn")}, "SNS")

    made = imported(Live({"TopicArn": "arn:aws:sns:eu-west-1:1:t"}), jobs, queue("q"))

    assert [one.action for one in made.forward] == [Action.CREATE, Action.ADOPT]


def test_what_belongs_to_another_address_cannot_be_imported() -> None:
    state = applied(plan(queue("jobs")))

    with pytest.raises(Invalid) as refused:
        plan(queue("tasks"), state=state, imports={"tasks:main": "jobs:main#1"})

    assert [one.code for one in refused.value.diagnostics] == ["PK362"]


class Files:
    root = "."

    def __init__(self, spec: str) -> None:
        self.text = f"apiVersion: panka.io/v1\nkind: Stack\nmetadata: {{name: shop}}\nspec:\n{spec}"
        self.text += "---\napiVersion: panka.io/v1\nkind: SQS\nmetadata: {name: jobs}\n"

    def paths(self) -> list[str]:
        return ["stack.yaml"]

    def read(self, path: str) -> bytes:
        return self.text.encode()


def draft(spec: str) -> Draft:
    return read_stack(Files(spec), Options())


@pytest.mark.parametrize(
    ("spec", "code", "line", "column"),
    [
        ("  moved: [{from: jobs, to: jobs}]\n", "PK361", 5, 18),
        ("  moved: [{from: old, to: jbs}]\n", "PK202", 5, 27),
        ("  moved: [{from: old, to: 'jobs:main'}]\n", "PK310", 5, 27),
        ("  moved: [{from: a, to: b}, {from: b, to: a}]\n", "PK361", 5, 25),
        ("  removed: [jobs]\n", "PK361", 5, 13),
        ("  removed: ['jobs:']\n", "PK301", 5, 13),
        ("  import: [{to: jbs, id: x}]\n", "PK202", 5, 17),
        ("  import: [{to: jobs}]\n", "PK103", 5, 12),
    ],
)
def test_a_block_that_cannot_be_is_told_at_its_place(spec: str, code: str, line: int, column: int) -> None:
    told = [(one.code, one.label.span.line, one.label.span.column) for one in draft(spec).diagnostics if one.label]

    assert (code, line, column) in told


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("  removed: ['jobs:main']\n", "PK361"),
        ("  import: [{to: 'jobs:dead', id: x}]\n", "PK351"),
        ("  moved: [{from: 'old:main', to: 'jobs:dead'}]\n", "PK351"),
    ],
)
def test_addresses_of_single_resources_are_held_to_what_the_components_become(spec: str, code: str) -> None:
    assert [one.code for one in draft(spec).compile(SCOPE, TARGET).diagnostics] == [code]


def test_blocks_reach_the_plan() -> None:
    compiled = draft("  moved: [{from: old, to: jobs}]\n  import: [{to: jobs, id: x}]\n").compile(SCOPE, TARGET)

    assert compiled.blocks == Blocks(moved={"old": "jobs"}, imports={"jobs:main": "x"})
    assert compiled.blocks.places == {"jobs:main": Label(Span("stack.yaml", 6, 27, 28))}
