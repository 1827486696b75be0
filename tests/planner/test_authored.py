"""What users wrote, field by field: in the plan, on record, and as the difference between the two."""

from typing import Any

import pytest

from panka.planner import record
from panka.planner.assemble import make_plan
from panka.planner.authored import Authored, edited, is_open
from panka.planner.compile import Compiled
from panka.planner.kinds import KINDS
from panka.planner.language.reading import read
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.selecting import Wish
from panka.planner.stack import Options, read_stack
from panka.planner.state import State, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
STACK = "apiVersion: panka.io/v1\nkind: Stack\nmetadata: {name: shop}\n"
JOBS = "---\napiVersion: panka.io/v1\nkind: SQS\nmetadata: {name: jobs}\nspec: {visibilityTimeout: 30}\n"
MAILS = "---\napiVersion: panka.io/v1\nkind: SQS\nmetadata: {name: mails}\nspec: {delaySeconds: 5}\n"


class Files:
    root = "."

    def __init__(self, text: str) -> None:
        self.text = text

    def paths(self) -> list[str]:
        return ["stack.yaml"]

    def read(self, _path: str) -> bytes:
        return self.text.encode()


def fields(kind: str, spec: str) -> dict[str, Any]:
    (root,) = read(spec)
    return Authored(KINDS[kind].spec, root.value).fields()


def compiled(*documents: str) -> Compiled:
    return read_stack(Files("".join([STACK, *documents])), Options()).compile(SCOPE, TARGET)


def planned(*documents: str, state: State | None = None, **more: Any) -> Plan:
    made = compiled(*documents)
    return make_plan(SCOPE, TARGET, made.resources, {}, state, None, written=made.written, **more)


def applied(plan: Plan, state: State | None = None, *, succeeded: bool = True) -> State:
    state = record.announce(state, plan, lineage="l", kind="apply", started="now", by="ana")
    outcomes = [record.Outcome(key=one.key, id=one.key) for one in (*plan.forward, *plan.cleanup)]
    return record.conclude(record.fold(state, plan, outcomes, []), plan, succeeded=succeeded)


def test_fields_are_told_by_paths_with_names_for_numbers_the_required_ones_first() -> None:
    spec = """\
replicas: 2
image: {tag: "1.27", repository: nginx}
ports: [{name: http, port: 80}, {port: 81}]
environment:
  - {name: LOG, value: "yes"}
  - {name: QUEUE, valueFrom: {component: jobs, output: queueUrl}}
  - {name: DB_PASSWORD, value: hunter2}
args: [serve, --fast]
autoscaling: {enabled: yes, maxReplicas: 5}
"""

    found = fields("MicroService", spec)

    assert found == {
        "image.repository": "nginx",
        "replicas": 2,
        "image.tag": "1.27",
        "ports.http.port": 80,
        "ports.1.port": 81,
        "environment.LOG": "yes",
        "environment.QUEUE": "${jobs.queueUrl}",
        "environment.DB_PASSWORD": "(not shown)",
        "args": ["serve", "--fast"],
        "autoscaling.enabled": "yes",
        "autoscaling.maxReplicas": 5,
    }
    assert next(iter(found)) == "image.repository"


def test_edits_are_what_is_written_otherwise() -> None:
    before = {"image.tag": "1.3", "replicas": 2, "port": 80}

    edits = edited(before, {"image.tag": "1.4", "port": 80, "environment.CACHE": "${cache.endpoint}"})

    assert [(one.path, one.before, one.after, one.unknown) for one in edits] == [
        ("image.tag", "1.3", "1.4", False),
        ("environment.CACHE", None, "${cache.endpoint}", True),
        ("replicas", 2, None, False),
    ]


@pytest.mark.parametrize(
    ("written", "later"),
    [
        ("${cache.endpoint}", True),
        ("redis://${cache.endpoint}:6379", True),
        ("${stack:net.events.topicArn}", False),
        ("${stack:net.events.topicArn} and ${jobs.queueArn}", True),
        ("$${not.one}", False),
        (30, False),
    ],
)
def test_only_an_output_of_the_own_stack_is_known_after_the_apply(written: object, later: bool) -> None:
    assert is_open(written) is later


def test_a_plan_brings_what_was_written_of_the_components_that_change() -> None:
    state = applied(planned(JOBS, MAILS))

    plan = planned(JOBS.replace("30", "60"), MAILS, state=state)

    assert state.authored == {"jobs": {"visibilityTimeout": 30}, "mails": {"delaySeconds": 5}}
    assert plan.authored == {"jobs": {"visibilityTimeout": 60}}
    assert [(one.path, one.before, one.after) for one in plan.edits["jobs"]] == [("visibilityTimeout", 30, 60)]
    assert applied(plan, state).authored == {"jobs": {"visibilityTimeout": 60}, "mails": {"delaySeconds": 5}}


def test_the_record_of_a_component_ends_with_it_and_changes_only_when_a_run_succeeds() -> None:
    state = applied(planned(JOBS, MAILS))

    assert applied(planned(JOBS, state=state), state).authored.keys() == {"jobs"}
    edited_jobs = planned(JOBS.replace("30", "60"), MAILS, state=state)
    assert applied(edited_jobs, state, succeeded=False).authored == state.authored


def test_a_record_without_what_was_written_leads_to_no_edits() -> None:
    state = applied(planned(JOBS)).model_copy(update={"authored": {}})

    plan = planned(JOBS.replace("30", "60"), state=state)

    assert plan.edits == {}
    assert [change.path for step in plan.forward for change in step.changes] == ["VisibilityTimeout"]


def test_a_component_that_is_left_out_stays_as_it_is_on_record() -> None:
    state = applied(planned(JOBS, MAILS))

    plan = planned(JOBS.replace("30", "60"), MAILS.replace("5", "6"), state=state, wish=Wish(targets=("jobs",)))

    assert plan.authored.keys() == {"jobs"}
