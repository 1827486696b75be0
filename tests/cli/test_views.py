"""What is shown, character by character."""

from datetime import UTC
from typing import Any

import pytest

from panka.cli.settings import Terminal
from panka.cli.views.account import Row
from panka.cli.views.diff import TwoRuns, diff_text
from panka.cli.views.outputs import Told, all_text, outputs_data, outputs_text
from panka.cli.views.plan import plan_text
from panka.cli.views.plan_data import plan_data
from panka.cli.views.records import Active, StackRow, history_text, run_text, status_text
from panka.cli.views.run import Narrator, failures_text, result_text
from panka.cli.views.screen import Screen, table
from panka.planner.comparing import Comparison
from panka.planner.history import Entry, Failure
from panka.planner.owner import Scope
from panka.planner.plan import Action, Change, Plan, PlanRef, Selection, Step
from panka.planner.render.fields import value_text
from panka.planner.render.words import ago, took
from panka.planner.resource import Lifecycle
from panka.planner.state import Pointer, State, Target, Use
from panka.workflows.messages import Event, EventKind, Phase, Progress, Result

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
HERE = Target(account="111122223333", region="eu-west-1")
PLAIN = Screen(Terminal(colour=False, prompts=False))
COLOURED = Screen(Terminal(colour=True, prompts=False))


def step(address: str, action: Action, kind: str, *, key: str = "", **more: Any) -> Step:
    fields: dict[str, Any] = {"type": "AWS::SQS::Queue", "generation": 1, "service": "api"} | more
    return Step(key=key or address, address=address, action=action, kind=kind, **fields)


def plan(forward: tuple[Step, ...] = (), cleanup: tuple[Step, ...] = (), **more: Any) -> Plan:
    fields: dict[str, Any] = {"base": Pointer(serial=42, key="k", sha256="s"), "lineage": "l", "git": "3f2c1a9"} | more
    return Plan(
        format=1,
        id="p-8d21c0",
        operation="apply",
        scope=SCOPE,
        target=HERE,
        forward=forward,
        cleanup=cleanup,
        unchanged=9,
        **fields,
    )


MIXED = plan(
    forward=(
        step("cache:group", Action.CREATE, "ElastiCacheRedis", weight=30),
        step("cache:main", Action.CREATE, "ElastiCacheRedis", depends_on=("cache:group",), level=1, weight=29),
        step(
            "server:main",
            Action.UPDATE,
            "MicroService",
            depends_on=("cache:main",),
            level=2,
            weight=20,
            changes=(
                Change(path="Image", before="shop:1.3", after="shop:1.4"),
                Change(path="Environment.CACHE", after={"Fn::GetAtt": ["cache:main", "Endpoint"]}, unknown=True),
            ),
        ),
        step(
            "orders:main",
            Action.REPLACE,
            "DynamoDB",
            generation=2,
            replaced="orders",
            reason="KeySchema cannot change in place",
            changes=(
                Change(path="Tags.team", before="a", after="b"),
                Change(path="KeySchema.0.AttributeName", before="id", after="order", replaces=True),
            ),
        ),
    ),
    cleanup=(
        step("orders:main", Action.DELETE, "DynamoDB", key="orders:main@1", reason="it was replaced", weight=5),
        step("legacy:main", Action.DELETE, "SQS", id="q", reason="it is no longer in the stack", weight=5),
    ),
)


def test_a_plan_shows_each_component_with_the_dangerous_changes_last() -> None:
    assert plan_text(MIXED, PLAIN, detail=False, notes=["api/server: 300 MiB became 512 MiB"]) == (
        """\
acme/shop  prod  111122223333 eu-west-1   git 3f2c1a9   state #42

  + ElastiCacheRedis  api/cache   create (2 resources)
  ~ MicroService      api/server  update in place
      Image              "shop:1.3" -> "shop:1.4"
      Environment.CACHE  + ${cache:main.Endpoint}   (known after apply)
-/+ DynamoDB          api/orders  REPLACE: KeySchema cannot change in place
      KeySchema.0.AttributeName  "id" -> "order"   # forces replacement
      Tags.team                  "a" -> "b"
  - SQS               api/legacy  DESTROY

note: api/server: 300 MiB became 512 MiB
Plan p-8d21c0: 1 create, 1 update, 1 replace, 1 destroy   (5 resources to change, 9 unchanged)
  3 levels, longest path cache > server, about 35s"""
    )


def test_detail_shows_every_resource_and_why() -> None:
    text = plan_text(MIXED, PLAIN, detail=True)

    assert "      -/+ AWS::SQS::Queue  orders:main  (KeySchema cannot change in place)\n" in text
    assert "      + AWS::SQS::Queue  cache:group\n" in text


def test_many_changes_of_a_component_are_cut_and_said_to_be() -> None:
    changes = tuple(Change(path=f"P{number}", before=number, after=-number) for number in range(8))

    text = plan_text(plan((step("q:main", Action.UPDATE, "SQS", changes=changes),)), PLAIN, detail=False)

    assert "      (3 more: --detail)" in text
    assert "P5" not in text


def row_of(text: str, name: str) -> str:
    """The lines that a plan has of one component."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if f"  {name}  " in line)
    rest = lines[first + 1 :]
    return "\n".join([lines[first], *(rest[: next(i for i, line in enumerate(rest) if not line.startswith("      "))])])


def test_a_create_shows_the_most_telling_fields_as_they_are_written() -> None:
    authored = {
        "cluster.nodeType": "cache.t3.small",
        "engine.version": "7.1",
        "cluster.numNodes": 2,
        "tags.team": "red and blue",
    }
    made = plan((step("cache:main", Action.CREATE, "ElastiCacheRedis"),), authored={"cache": authored})

    short, detailed = plan_text(made, PLAIN, detail=False), plan_text(made, PLAIN, detail=True)

    assert row_of(short, "api/cache") == (
        "  + ElastiCacheRedis  api/cache  create\n"
        "      cluster.nodeType  cache.t3.small\n"
        '      engine.version    "7.1"   (2 more: --detail)'
    )
    assert "      cluster.numNodes  2\n" in detailed
    assert '      tags.team         "red and blue"\n' in detailed


def test_an_update_shows_what_its_author_has_edited_and_not_what_that_becomes() -> None:
    changes = (Change(path="ContainerDefinitions.0.Image", before="shop:1.3", after="shop:1.4"),)
    edits = (
        Change(path="image.tag", before="1.3", after="1.4"),
        Change(path="environment.CACHE", after="${cache.endpoint}", unknown=True),
        Change(path="replicas", before=2),
    )
    made = plan((step("server:main", Action.UPDATE, "MicroService", changes=changes),), edits={"server": edits})

    assert row_of(plan_text(made, PLAIN, detail=False), "api/server") == (
        "  ~ MicroService  api/server  update in place\n"
        '      image.tag          "1.3" -> "1.4"\n'
        "      environment.CACHE  + ${cache.endpoint}   (known after apply)\n"
        "      replicas           - 2"
    )
    assert "ContainerDefinitions.0.Image" in plan_text(made, PLAIN, detail=True)


def test_a_single_edit_is_what_forces_a_replacement() -> None:
    forced = Change(path="Scheme", before="internal", after="internet-facing", replaces=True)
    edit, other = Change(path="internal", before=True, after=False), Change(path="idleTimeout", before=60, after=90)
    replaced = step("front:main", Action.REPLACE, "ALB", reason="Scheme cannot change in place", changes=(forced,))

    one = plan_text(plan((replaced,), edits={"front": (edit,)}), PLAIN, detail=False)
    two = plan_text(plan((replaced,), edits={"front": (edit, other)}), PLAIN, detail=False)

    assert "      internal  true -> false   # forces replacement" in one
    assert "Scheme  " not in one
    assert '      Scheme       "internal" -> "internet-facing"   # forces replacement\n      internal ' in two


def test_a_part_that_comes_to_a_component_is_no_create_of_the_component() -> None:
    forward = (step("q:main", Action.UPDATE, "SQS"), step("q:deadLetter", Action.CREATE, "SQS"))

    assert "~ SQS  api/q  update in place; adds deadLetter" in plan_text(plan(forward), PLAIN, detail=False)


def test_an_empty_plan_says_that_nothing_changes() -> None:
    assert plan_text(plan(), PLAIN, detail=False).splitlines()[-1] == (
        "Nothing changes: 9 resources are as the stack says."
    )


def test_an_unfinished_run_is_told_of_although_nothing_else_changes() -> None:
    text = plan_text(plan(unfinished=41), PLAIN, detail=False)

    assert "Run #41 never told its end; this plan finishes or clears what it began." in text
    assert "Nothing changes" not in text


def test_colour_is_only_in_the_symbols() -> None:
    text = plan_text(MIXED, COLOURED, detail=False)

    assert "\x1b[32m  +\x1b[0m ElastiCacheRedis" in text
    assert "\x1b" not in plan_text(MIXED, PLAIN, detail=False)


def test_machines_get_every_step_and_every_count() -> None:
    data = plan_data(MIXED)

    none = {"accept": 0, "adopt": 0, "forget": 0}
    assert data["counts"] == {**none, "create": 1, "update": 1, "replace": 1, "delete": 1}
    assert [row["component"] for row in data["components"]] == ["api/cache", "api/server", "api/orders", "api/legacy"]
    assert len(data["plan"]["forward"]) == 4


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", '"a"'),
        (True, "true"),
        ({"Fn::GetAtt": ["q:main", "Arn"]}, "${q:main.Arn}"),
        ({"Fn::Join": ["", ["arn:", {"Fn::GetAtt": ["q:main", "Id"]}]]}, '"arn:${q:main.Id}"'),
        ([{"Fn::GetAtt": ["q:main", "Arn"]}, 1], '["${q:main.Arn}", 1]'),
        ("x" * 100, '"' + "x" * 58 + "…"),
    ],
)
def test_a_value_is_one_line_with_references_as_users_write_them(value: object, shown: str) -> None:
    assert value_text(value) == shown


def row(address: str, kind: str, action: Action, *, service: str = "api", level: int = 0, cleanup: bool = False) -> Row:
    return Row(key=address, address=address, service=service, kind=kind, action=action, level=level, cleanup=cleanup)


ROWS = (
    row("cache:main", "Redis", Action.CREATE),
    row("cache:net", "Redis", Action.CREATE),
    row("server:main", "MicroService", Action.UPDATE, level=1),
    row("jobs:main", "SQS", Action.DELETE, service="", cleanup=True),
)


def event(at: float, kind: EventKind, key: str = "", text: str = "") -> Event:
    return Event(at=at, kind=kind, key=key, text=text)


def told(narrator: Narrator, *events: Event, rows: tuple[Row, ...] = (), **more: Any) -> list[str]:
    plan = PlanRef(id="p-1", key="k", sha256="s")
    fields: dict[str, Any] = {"run": 43, "phase": Phase.FORWARD, "seen": 0, "total": 4, "finished": 0} | more
    first = narrator.introduce(rows, 43, events[0].at) if rows else []
    return first + narrator.hear(Progress(plan=plan, events=events, **fields))


@pytest.fixture
def narrator() -> Narrator:
    return Narrator(SCOPE, "ci", PLAIN, UTC)


def test_a_run_is_told_component_by_component(narrator: Narrator) -> None:
    lines = told(
        narrator,
        event(0, EventKind.PHASE, "forward"),
        event(1, EventKind.STARTED, "cache:main"),
        event(1, EventKind.STARTED, "cache:net"),
        event(3, EventKind.DONE, "cache:net"),
        event(70, EventKind.DONE, "cache:main"),
        rows=ROWS,
    )
    lines += told(narrator, event(70, EventKind.STARTED, "server:main"))
    lines += told(narrator, event(71, EventKind.FAILED, "server:main", "ecs:UpdateService AccessDenied"))

    assert lines == [
        "00:00:00 acme/shop/prod#43 started by ci: +1 ~1 -1, 2 levels",
        "00:00:01 start  Redis         api/cache   create",
        "00:01:10 done   Redis         api/cache   created  1m09s",
        "00:01:10 start  MicroService  api/server  update",
        "00:01:11 FAIL   MicroService  api/server  main: ecs:UpdateService AccessDenied",
    ]


def test_a_failed_component_is_not_said_to_be_done_or_skipped_later(narrator: Narrator) -> None:
    told(narrator, event(1, EventKind.STARTED, "cache:main"), rows=ROWS)

    lines = told(
        narrator,
        event(2, EventKind.FAILED, "cache:net", "no"),
        event(3, EventKind.DONE, "cache:main"),
        event(4, EventKind.SKIPPED, "server:main", "waits for what failed"),
        event(5, EventKind.PHASE, "rollback"),
        event(6, EventKind.UNDONE, "cache:main"),
    )

    assert [line[9:15].strip() for line in lines] == ["FAIL", "skip", "a step", "undone"]


def test_a_run_that_waits_for_people_says_what_to_type(narrator: Narrator) -> None:
    assert told(narrator, event(1, EventKind.PHASE, "approval")) == [
        "00:00:01 waits for somebody to approve of the plan: panka approve shop"
    ]
    told(narrator, event(2, EventKind.STARTED, "cache:main"), rows=ROWS)
    told(narrator, event(3, EventKind.FAILED, "cache:main", "denied"))
    assert told(narrator, event(4, EventKind.PHASE, "paused", "failure")) == [
        "00:00:04 paused, with its lock: panka retry shop   panka skip shop   panka abort shop"
    ]
    again = [event(5, EventKind.SAID, "ana", "retry cache:main"), event(5, EventKind.STARTED, "cache:main")]
    lines = told(narrator, *again)
    assert lines[0] == "00:00:05 ana: retry cache:main"
    assert lines[1] == "00:00:05 again  Redis         api/cache   create"
    assert told(narrator, event(6, EventKind.PHASE, "paused", "level")) == [
        "00:00:06 waits before the next level: panka approve shop"
    ]


def test_after_a_silent_minute_a_line_says_what_runs(narrator: Narrator) -> None:
    told(narrator, event(100, EventKind.STARTED, "cache:main"), rows=ROWS, running=("cache:main",))

    assert narrator.heartbeat(159) == []
    assert narrator.heartbeat(163) == ["00:02:43 still  1 running: api/cache (main) 1m03s creating"]
    assert narrator.heartbeat(200) == []


def test_a_run_that_waits_for_its_lock_says_so(narrator: Narrator) -> None:
    told(narrator, run=0, phase=Phase.LOCKING)

    assert narrator.heartbeat(1000) == []
    assert narrator.heartbeat(1060) == ["00:17:40 still  waiting for the lock"]


def test_failures_are_shown_whole_with_their_place() -> None:
    failures = [
        Failure(key="server:main", place="api/app.yaml:31:1", message="denied\nbecause"),
        Failure(key="x:main", place="", message="no"),
    ]

    assert failures_text(failures, PLAIN) == (
        "error: server:main: denied\nbecause\n  --> api/app.yaml:31:1\n\nerror: x:main: no"
    )


def test_a_run_that_did_not_begin_says_why() -> None:
    assert result_text(SCOPE, Result(run=0, result="failed", message="The plan is stale."), 1) == (
        "acme/shop/prod did not begin: The plan is stale."
    )
    assert result_text(SCOPE, Result(run=43, result="rolled back"), 61) == "acme/shop/prod#43 rolled back after 1m01s."


ENTRY = Entry(
    run=41,
    kind="apply",
    plan="p-8d21c0",
    by="leo",
    git="90aa3d1",
    started="1970-01-01T00:00:00Z",
    finished="1970-01-01T00:07:44Z",
    result="rolled back",
    changes={Action.CREATE: 2, Action.UPDATE: 1},
    steps=(("a:main", 1.25), ("b:main", 60)),
    failures=(Failure(key="b:main", place="b.yaml:1:1", message="denied"),),
)


def test_the_history_shows_what_runs_first_and_then_the_latest() -> None:
    later = ENTRY.model_copy(update={"run": 42, "result": "succeeded", "git": ""})
    active = Active(run=43, operation="apply", by="ci", git="3f2c1a9", started=864, done="9/16")

    assert (
        history_text([ENTRY, later], active, 1064)
        == """\
RUN  OP     RESULT         CHANGES  BY   GIT      WHEN     TOOK
#43  apply  > 9/16                  ci   3f2c1a9  3m ago   3m20s
#42  apply  succeeded      +2 ~1    leo  -        10m ago  7m44s
#41  apply  x rolled back  +2 ~1    leo  90aa3d1  10m ago  7m44s"""
    )


def test_one_run_is_shown_with_its_slowest_steps_first() -> None:
    assert (
        run_text(SCOPE, ENTRY)
        == """\
acme/shop/prod#41  apply of p-8d21c0  rolled back
  by leo   git 90aa3d1
  1970-01-01T00:00:00Z to 1970-01-01T00:07:44Z, 7m44s
  +2 ~1
  error: b:main: denied
    --> b.yaml:1:1

STEP    TOOK
b:main  60.0s
a:main  1.2s"""
    )


def test_the_status_counts_and_lists_the_stacks() -> None:
    rows = [
        StackRow("billing", "prod", "rolled back", 12, now="14 resources", by="ana", age=540),
        StackRow("shop", "prod", "apply runs", 43, done="9/16", now="forward", by="ci", age=300),
    ]

    assert (
        status_text("acme", "prod", rows, PLAIN)
        == """\
acme  prod   1 applying, 1 rolled back
STACK    STATE          RUN  DONE  NOW           BY   AGE
billing  x rolled back  #12  -     14 resources  ana  9m
shop     > applying     #43  9/16  forward       ci   5m"""
    )
    assert "STACK    ENV   STATE" in status_text("acme", None, rows, PLAIN)
    assert status_text("acme", None, [], PLAIN) == "acme  all environments   no stacks yet"


def test_a_table_has_no_blanks_at_the_end_of_a_line() -> None:
    assert table(("A", "B"), [("aa", ""), ("a", "b")]) == "A   B\naa\na   b"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (59.7, "1m00s"), (252, "4m12s"), (3840, "1h04m")])
def test_a_duration_is_said_in_two_units(seconds: float, text: str) -> None:
    assert took(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(-1, "0s"), (59, "59s"), (3599, "59m"), (90_000, "1d")])
def test_an_age_is_said_in_one_unit(seconds: float, text: str) -> None:
    assert ago(seconds) == text


def test_a_large_plan_groups_components_by_kind_and_action() -> None:
    queues = tuple(step(f"q{number:02}:main", Action.CREATE, "SQS") for number in range(29))
    change = Change(path="FifoQueue", before=False, after=True, replaces=True)
    tables = tuple(step(f"t{number}:main", Action.REPLACE, "DynamoDB", changes=(change,)) for number in range(2))

    text = plan_text(plan(forward=(*queues, *tables)), PLAIN, detail=False)

    assert "  + SQS       29 components  create (29 resources)" in text
    assert "      api/q00, api/q01, api/q02, (26 more: --detail)" in text
    assert "-/+ DynamoDB  2 components  REPLACE (2 resources)" in text
    assert "      FifoQueue  of 2   # forces replacement" in text


def test_a_limited_plan_says_what_followed_from_the_limits() -> None:
    chosen = Selection(targets=("server",), added=("cache:main",), left_out=3)

    text = plan_text(
        plan(forward=(step("server:main", Action.CREATE, "MicroService"),), selection=chosen), PLAIN, detail=False
    )

    assert "--target server  brings with it cache:main" in text
    assert "Left out: 3 changes of resources." in text


def test_a_rename_and_an_import_are_shown_as_what_they_are() -> None:
    renamed = step("tasks:main", Action.UPDATE, "SQS", moved_from="jobs:main")
    differs = (Change(path="DelaySeconds", before=0, after=5),)
    imported = step("old:main", Action.ADOPT, "SQS", id="https://queue/old", changes=differs)

    text = plan_text(plan(forward=(renamed, imported)), PLAIN, detail=False)

    assert "update in place, moved from jobs" in text
    assert "import https://queue/old\n      DelaySeconds  0 -> 5" in text


def test_a_long_path_is_told_by_its_beginning_and_its_end() -> None:
    names = [f"n{number}:main" for number in range(9)]
    steps = tuple(
        step(
            name, Action.CREATE, "SQS", weight=9.0 - number, level=number, depends_on=tuple(names[number - 1 : number])
        )
        for number, name in enumerate(names)
    )

    said = plan_text(plan(steps), PLAIN, detail=False)

    assert "longest path n0 > n1 > n2 > n3 > n4 > (3 more) > n8, about 9s" in said


def test_a_plan_says_what_a_rollback_could_not_bring_back() -> None:
    first = step("web:main", Action.REPLACE, "ALB", undo="impossible", undo_why="its old resource goes first")
    second = step("db:main", Action.UPDATE, "RDS", undo="lossy", undo_why="AWS does not tell its password")

    said = plan_text(plan((first, second, step("jobs:main", Action.CREATE, "SQS"))), PLAIN, detail=False)

    assert "rollback would not be exact: api/web: its old resource goes first" in said
    assert "rollback would not be exact: api/db: AWS does not tell its password" in said
    assert said.count("rollback") == 2


def test_what_is_lost_is_said_before_the_numbers() -> None:
    table = step("orders:main", Action.DELETE, "DynamoDB", type="AWS::DynamoDB::Table", id="t", before={})
    database = step(
        "db:main",
        Action.DELETE,
        "RDS",
        type="AWS::RDS::DBInstance",
        id="d",
        before={},
        lifecycle=Lifecycle(snapshot=True),
    )

    made = plan(cleanup=(table, database))

    assert "LOSES DATA: api/orders (DynamoDB), api/db (RDS, after a last snapshot)\nPlan p-" in plan_text(
        made, PLAIN, detail=False
    )
    assert plan_data(made)["loses"] == ["orders:main", "db:main"]


def test_two_runs_differ_in_components_and_outputs() -> None:
    found = Comparison(
        (step("news:main", Action.CREATE, "SNS"), step("jobs:main", Action.UPDATE, "SQS")),
        {"news": {"displayName": "News"}},
        {"jobs": (Change(path="visibilityTimeout", before=30, after=60),)},
        (Change(path="url", before="a", after="b"),),
    )
    runs = TwoRuns(SCOPE, HERE, 41, 43, found)

    assert diff_text(runs, PLAIN, detail=False) == (
        "acme/shop  prod  111122223333 eu-west-1   from #41 to #43\n"
        "\n"
        "  + SNS  api/news  create\n"
        "      displayName  News\n"
        "  ~ SQS  api/jobs  update in place\n"
        "      visibilityTimeout  30 -> 60\n"
        "    outputs\n"
        '      url  "a" -> "b"\n'
        "\n"
        "From #41 to #43: 1 create, 1 update"
    )


def test_what_a_stack_tells_is_listed_with_who_uses_it() -> None:
    use = Use(stack="net", component="bus", output="arn", by="api/news", place="shop.yaml:3:4")
    consumer = State(lineage="l", serial=1, scope=SCOPE, target=HERE, uses=(use,))
    own = SCOPE.model_copy(update={"stack": "net"})
    state = State(
        lineage="l",
        serial=1,
        scope=own,
        target=HERE,
        outputs={"url": "https://a", "ports": [80]},
        exports={"bus": {"arn": "arn:b", "name": "b"}},
    )
    told = Told.of(state, [consumer])

    assert outputs_text(told) == "OUTPUT  VALUE\nurl     https://a\nports   [80]"
    assert all_text(told) == ("OUTPUT    VALUE  USED BY\nbus.arn   arn:b  shop: api/news at shop.yaml:3:4\nbus.name  b")
    assert [(one["component"], one["stack"]) for one in outputs_data(told, everything=True)["usedBy"]] == [
        ("bus", "shop")
    ]
