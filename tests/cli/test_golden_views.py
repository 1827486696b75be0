"""What people see at 80 and at 120 columns, with a fixed clock: `golden/VIEW-COLUMNS.txt`.

Look at every difference that `PANKA_REWRITE_GOLDEN=1 pytest tests/cli/test_golden_views.py` makes before you keep it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from panka.cli.exits import Exit
from panka.cli.settings import Terminal
from panka.cli.views.account import Row, rows
from panka.cli.views.canvas import Size
from panka.cli.views.doctor import Finding, Health, doctor_text
from panka.cli.views.live import Doing, Live
from panka.cli.views.plan import plan_text
from panka.cli.views.records import Active, StackRow, history_text, run_text, status_text
from panka.cli.views.screen import Screen, folded
from panka.cli.views.why import Case, why_text
from panka.planner.history import Entry, Failure
from panka.planner.owner import Scope
from panka.planner.plan import Action, Change, Plan, PlanRef, Step
from panka.planner.render.fate import Fate, Known
from panka.planner.state import Pointer, Target
from panka.workflows.messages import Event, EventKind, Phase, Progress

GOLDEN = Path(__file__).parent / "golden"
SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
IMAGE = "registry.acme.example/shop/server"
DENIED = (
    "ecs:CreateService AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/panka/worker is not "
    "authorized to perform: ecs:CreateService (request 7f1c)"
)


def step(address: str, action: Action, kind: str, *, key: str = "", **more: Any) -> Step:
    fields: dict[str, Any] = {"type": "AWS::SQS::Queue", "generation": 1, "service": "api"} | more
    return Step(key=key or address, address=address, action=action, kind=kind, place="api/app.yaml:31:1", **fields)


PLAN = Plan(
    format=1,
    id="p-8d21c0",
    operation="apply",
    scope=SCOPE,
    target=Target(account="111122223333", region="eu-west-1"),
    base=Pointer(serial=42, key="k", sha256="s"),
    lineage="l",
    git="3f2c1a9",
    unchanged=9,
    forward=(
        step("cache:group", Action.CREATE, "ElastiCacheRedis", weight=350),
        step(
            "cache:main", Action.CREATE, "ElastiCacheRedis", depends_on=("cache:group",), level=1, weight=345
        ),
        step(
            "server:main", Action.UPDATE, "MicroService", depends_on=("cache:main",), level=2, weight=100,
            changes=(
                Change(path="Image", before=f"{IMAGE}:1.3", after=f"{IMAGE}:1.4"),
                Change(path="Environment.CACHE", after={"Fn::GetAtt": ["cache:main", "Endpoint"]}, unknown=True),
            ),
        ),
        step(
            "front:main", Action.REPLACE, "ALB", generation=2, service="web", replaced="front",
            depends_on=("server:main",), level=3, weight=60, reason="Scheme cannot change in place",
            changes=(Change(path="Scheme", before="internal", after="internet-facing", replaces=True),),
        ),
    ),
    cleanup=(
        step("front:main", Action.DELETE, "ALB", key="front:main@1", service="web", reason="it was replaced", weight=5),
        step("legacy:main", Action.DELETE, "SQS", id="q", reason="it is no longer in the stack", weight=5),
    ),
)  # fmt: skip
ENTRY = Entry(
    run=42,
    kind="apply",
    plan="p-8d21c0",
    by="leo",
    git="90aa3d1",
    started="1970-01-01T00:00:00Z",
    finished="1970-01-01T00:07:44Z",
    result="rolled back",
    changes={Action.CREATE: 2, Action.UPDATE: 1},
    steps=(("cache:group", 1.25), ("cache:main", 252)),
    failures=(Failure(key="server:main", place="api/app.yaml:31:1", message=DENIED),),
)


def plan(screen: Screen) -> str:
    return plan_text(
        PLAN, screen, detail=False, notes=["api/server: 300 MiB became 512 MiB, the next that Fargate has"]
    )


def status(screen: Screen) -> str:
    stacks = [
        StackRow("bills", "prod", "paused", 12, "12/14", "paused: api:main, worker:main, jobs:main failed", "ana", 540),
        StackRow("search", "prod", "ok", 7, now="31 resources", by="a-very-long-name-of-a-robot", age=3600),
        StackRow("shop", "prod", "apply runs", 43, "9/16", "forward: server:main and 2 more", "ci", 300),
    ]  # fmt: skip
    return status_text("acme", "prod", stacks, screen, screen.terminal.columns)


def history(screen: Screen) -> str:
    active = Active(run=43, operation="apply", by="ci", git="3f2c1a9", started=864, done="9/16")
    before = ENTRY.model_copy(update={"run": 41, "result": "succeeded", "by": "somebody-with-a-name-that-is-long"})
    return history_text([ENTRY, before], active, 1064, screen.terminal.columns)


def show(screen: Screen) -> str:
    return run_text(SCOPE, ENTRY)


def why(screen: Screen) -> str:
    known = {
        "cache:group": Known(Fate.DONE, "", 1.2),
        "cache:main": Known(Fate.DONE, "", 252),
        "server:main": Known(Fate.FAILED, DENIED, 3),
        "front:main": Known(Fate.SKIPPED, "waits for what failed"),
    }
    every = {one.key: one for one in (*PLAN.forward, *PLAN.cleanup)}
    texts = []
    for name in ("server", "front"):
        steps = [one for one in PLAN.forward if one.address == f"{name}:main"]
        texts.append(why_text(Case("acme/shop/prod#42  apply by leo, rolled back 3m ago", steps, every, known), screen))
    return "\n\n".join(texts)


def doctor(screen: Screen) -> str:
    findings = [
        Finding("Python", Health.WELL, "3.11.7 at /usr/bin/python3."),
        Finding("Temporal", Health.WELL, "127.0.0.1:7233, namespace default, server 1.32.0."),
        Finding("worker", Health.WRONG, "No worker polls task queue panka.", "panka worker", Exit.UNREACHABLE),
        Finding(
            "search", Health.ODD, "Search attributes are missing, so runs cannot be found by them: PankaDrifted.",
            "temporal operator search-attribute create --namespace default --name PankaDrifted --type Bool",
        ),
        Finding("backend", Health.UNKNOWN, "No bucket and table are given."),
    ]  # fmt: skip
    return doctor_text(findings, screen)


def run(screen: Screen) -> str:
    """What is told for good, and below the line the footer, five minutes into the run."""
    size = Size(screen.terminal.columns or 80, 24)
    live = Live(SCOPE, "ci", screen, "Ctrl-C stops watching only.  http://localhost:8233")
    live.footer(0, size)
    said = live.introduce(
        [*rows(PLAN), Row("jobs:main", "jobs:main", "api", "SQS", Action.CREATE, 0, False, (), 5)], 43, 0
    )
    told = [
        (1, EventKind.STARTED, "cache:group", ""),
        (1, EventKind.STARTED, "jobs:main", ""),
        (3, EventKind.DONE, "cache:group", ""),
        (3, EventKind.STARTED, "cache:main", ""),
        (255, EventKind.DONE, "cache:main", ""),
        (255, EventKind.STARTED, "server:main", ""),
    ]
    events = tuple(Event(at=at, kind=kind, key=key, text=text) for at, kind, key, text in told)
    ref = PlanRef(id="p-1", key="k", sha256="s")
    said += live.hear(Progress(run=43, phase=Phase.FORWARD, plan=ref, events=events, seen=6, total=7, finished=2))
    live.heed({
        "server:main": Doing(waits="2 of 3 tasks running"),
        "jobs:main": Doing(attempt=3, failure="sqs:CreateQueue Throttling: Rate exceeded", again=327),
    })  # fmt: skip
    return "\n".join([*said, "-" * 20, *live.footer(319, size)])


VIEWS: dict[str, Callable[[Screen], str]] = {
    "plan": plan, "run": run, "status": status, "history": history, "show": show, "why": why, "doctor": doctor,
}  # fmt: skip


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_as_it_was_and_fits(view: str, columns: int) -> None:
    screen = Screen(Terminal(colour=False, prompts=False, columns=columns))
    golden = GOLDEN / f"{view}-{columns}.txt"

    shown = "\n".join(folded(line, columns) for line in VIEWS[view](screen).splitlines()) + "\n"

    if os.environ.get("PANKA_REWRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(shown)
    assert shown == golden.read_text()
    assert max(map(len, shown.splitlines())) <= columns


@pytest.mark.parametrize("view", [view for view in VIEWS if view != "run"])  # which is for terminals
def test_a_pipe_gets_whole_lines(view: str) -> None:
    screen = Screen(Terminal(colour=False, prompts=False))

    shown = VIEWS[view](screen)

    assert "…" not in shown
    assert view != "why" or DENIED in shown


def test_colours_change_nothing_else() -> None:
    import click

    plain, coloured = (Screen(Terminal(colour=colour, prompts=False, columns=80)) for colour in (False, True))

    for view in VIEWS.values():
        lines = [folded(line, 80) for line in view(coloured).splitlines()]
        assert [click.unstyle(line) for line in lines] == [folded(line, 80) for line in view(plain).splitlines()]


@pytest.mark.parametrize("size", [Size(20, 3), Size(40, 8), Size(59, 12), Size(250, 60)])
def test_a_footer_fits_every_terminal(size: Size) -> None:
    live = Live(SCOPE, "ci", Screen(Terminal(colour=False, prompts=False)), "Ctrl-C stops watching only.")
    steps = [
        Row(f"c{number}:main", f"c{number}:main", "service", "ElastiCacheRedis", Action.CREATE, 0, False, (), 5)
        for number in range(100)
    ]
    live.introduce(steps, 1, 0)
    events = tuple(Event(at=number, kind=EventKind.STARTED, key=one.key) for number, one in enumerate(steps))
    ref = PlanRef(id="p-1", key="k", sha256="s")
    live.hear(Progress(run=1, phase=Phase.FORWARD, plan=ref, events=events, seen=100, total=100, finished=0))

    footer = live.footer(1000, size)

    assert len(footer) <= max(size.rows - 4, 1)
    assert all(len(line) < size.columns for line in footer)
