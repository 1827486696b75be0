"""A plan of every action, a run of it that failed, and the same with names that mean harm: what reports are made of."""

from typing import Any

from panka.planner.history import Entry, Failure
from panka.planner.owner import Scope
from panka.planner.plan import Action, Change, Plan, Step
from panka.planner.record import Span
from panka.planner.state import Pointer, Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
DENIED = "ecs:CreateService AccessDeniedException: not authorized to perform: iam:PassRole (request 7f1c)"
HARM = "<script>document.title = 'harmed'</script><img src=x onerror=\"document.title='harmed'\">"


def step(address: str, action: Action, type: str = "AWS::SQS::Queue", *, key: str = "", **more: Any) -> Step:
    fields: dict[str, Any] = {"generation": 1, "service": "api", "kind": "SQS", "place": "api/app.yaml:31:1"} | more
    return Step(key=key or address, address=address, action=action, type=type, **fields)


def plan(forward: tuple[Step, ...], cleanup: tuple[Step, ...] = (), **more: Any) -> Plan:
    fields: dict[str, Any] = {"git": "3f2c1a9", "unchanged": 9, "base": Pointer(serial=42, key="k", sha256="s")} | more
    target = Target(account="111122223333", region="eu-west-1")
    return Plan(
        format=3, id="p-8d21c0", operation="apply", scope=SCOPE, target=target, lineage="l", forward=forward,
        cleanup=cleanup, **fields,
    )  # fmt: skip


PLAN = plan(
    (
        step("cache:group", Action.CREATE, weight=350, properties={"Description": "of the cache"}),
        step(
            "cache:main", Action.CREATE, "AWS::ElastiCache::CacheCluster",
            depends_on=("cache:group",), level=1, weight=345,
            properties={"CacheNodeType": "cache.t3.small", "Subnets": {"Fn::GetAtt": ["cache:group", "Id"]}},
        ),
        step(
            "server:main", Action.UPDATE, "AWS::ECS::Service", depends_on=("cache:main",), level=2, weight=100, id="s",
            properties={"Environment": [{"Name": "DB_PASSWORD", "Value": "hunter2-new"}]},
            changes=(
                Change(path="Image", before="server:1.3", after="server:1.4"),
                Change(path="Environment.0.Value", before="hunter2-old", after="hunter2-new"),
                Change(path="Cache", after={"Fn::GetAtt": ["cache:main", "Endpoint"]}, unknown=True),
            ),
        ),
        step(
            "front:main", Action.REPLACE, "AWS::ElasticLoadBalancingV2::LoadBalancer", kind="ALB", generation=2,
            service="web", level=3, replaced="front", depends_on=("server:main",), weight=60,
            reason="Scheme cannot change in place",
            changes=(Change(path="Scheme", before="internal", after="internet-facing", replaces=True),),
        ),
    ),
    (
        step("front:main", Action.DELETE, key="front:main@1", service="web", kind="ALB", weight=5,
             reason="it was replaced"),
        step("legacy:main", Action.DELETE, id="q", reason="it is no longer in the stack", weight=5),
    ),
    authored={"cache": {"cluster.nodeType": "cache.t3.small"}},
)  # fmt: skip
RAN = Entry(
    run=43,
    kind="apply",
    plan="p-8d21c0",
    by="ana",
    started="2026-11-26T05:36:02Z",
    finished="2026-11-26T05:41:20Z",
    result="rolled back",
    changes={},
    steps=(("cache:group", 2), ("cache:main", 250)),
    spans={
        "cache:group": Span(began=1795671363, ended=1795671365),
        "cache:main": Span(began=1795671365, ended=1795671615, tries=3),
    },
    failures=(
        Failure(
            key="server:main", place="api/app.yaml:31:1", message=DENIED, span=Span(began=1795671615, ended=1795671618)
        ),
    ),
    approved_by="leo",
    said=("leo: retry server:main",),
)


def harmful() -> tuple[Plan, Entry]:
    """Whatever a user or AWS can say is a piece of a page."""
    one = step(
        f"a{HARM}:main", Action.UPDATE, f"AWS::{HARM}", kind=HARM, service=HARM, id=HARM, reason=HARM,
        place=f"{HARM}.yaml:1:1",
        properties={HARM: HARM, "Tags": [{"Key": HARM, "Value": HARM}]},
        changes=(Change(path=HARM, before=HARM, after=f"{HARM}2", replaces=True),), undo="lossy", undo_why=HARM,
    )  # fmt: skip
    made = plan((one,), git=HARM, edits={f"a{HARM}": (Change(path=HARM, before=HARM, after=[HARM]),)})
    failures = (Failure(key=one.key, place=HARM, message=HARM), Failure(key=HARM, place=HARM, message=HARM))
    told = {"by": HARM, "git": HARM, "approved_by": HARM, "said": (HARM,), "run": 1}
    ran = RAN.model_copy(update={**told, "steps": (), "spans": {}, "failures": failures})
    return made, ran
