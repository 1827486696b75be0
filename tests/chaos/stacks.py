"""Draws stacks, and what becomes of them: the same seed gives the same YAML."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

Spec = dict[str, Any]
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}


@dataclass(frozen=True)
class Part:
    """One component of a stack."""

    name: str
    sort: str
    spec: Spec
    needs: tuple[str, ...] = ()
    """Components that it waits for; those of its spec's references come on top."""


@dataclass(frozen=True)
class Stack:
    """A stack as a user writes it. A part only needs parts that stand before it."""

    name: str
    parts: tuple[Part, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def yaml(self) -> str:
        head = _document("core", "Stack", self.name, {"provider": {"name": "aws"}, "tags": dict(self.tags)})
        documents = [head, *(_written(self, part) for part in self.parts)]
        return "---\n".join(f"{json.dumps(one)}\n" for one in documents)


def draw_stack(random: Random, name: str) -> Stack:
    """Five to nine components, which become six to twenty resources."""
    return _grown(random, Stack(name, (), {"team": "red"}), random.randint(5, 9))


def draw_next(random: Random, stack: Stack) -> Stack:
    """What somebody makes of a stack: parts go, change, are replaced, and come; now and then all tags change."""
    kept = [part for part in stack.parts if random.random() > 0.2] or list(stack.parts[:1])
    there = {part.name for part in kept}
    kept = [_pruned(part, there) for part in kept]
    # With every other change of a queue's attributes moto forgets its policy, so those that topics write to stay.
    written_to = {name for part in stack.parts for name in part.spec.get("to", ())}
    changed = [part if part.name in written_to else _changed(random, part) for part in kept]
    tags = {"team": "blue"} if random.random() < 0.2 else stack.tags
    return _grown(random, replace(stack, parts=tuple(changed), tags=tags), random.randint(1, 3))


def differing(before: Stack | None, after: Stack | None) -> tuple[list[str], list[str]]:
    """Names of the parts that have to be made or changed, and of those that go, by what the user wrote."""
    known = {part.name: part for part in before.parts} if before else {}
    wanted = {part.name: part for part in after.parts} if after else {}
    retagged = before is not None and after is not None and before.tags != after.tags
    new = [name for name, one in wanted.items() if retagged or name not in known or known[name].spec != one.spec]
    return new, [name for name in known if name not in wanted]


def _grown(random: Random, stack: Stack, more: int) -> Stack:
    parts = list(stack.parts)
    number = 1 + max((int(part.name[1:]) for part in parts), default=0)
    for index in range(number, number + more):
        sort = random.choice(sorted(SORTS))
        needs = random.sample([part.name for part in parts], min(len(parts), random.choice([0, 0, 1, 2])))
        parts.append(Part(f"p{index}", sort, SORTS[sort].draw(random, parts), tuple(sorted(needs))))
    return replace(stack, parts=tuple(parts))


def _changed(random: Random, part: Part) -> Part:
    how = random.random()
    sort = SORTS[part.sort]
    if how < 0.35:
        return replace(part, spec=sort.change(random, part.spec))
    if how < 0.55 and sort.renew is not None:
        return replace(part, spec=sort.renew(part.spec))
    return part


def _pruned(part: Part, there: set[str]) -> Part:
    """The part without what it needed of parts that are gone."""
    spec = {**part.spec}
    if spec.get("from") not in there:
        spec.pop("from", None)
    if "to" in spec:
        spec["to"] = [name for name in spec["to"] if name in there]
    return replace(part, spec=spec, needs=tuple(name for name in part.needs if name in there))


@dataclass(frozen=True)
class Sort:
    """One sort of component: how it is drawn, changed in place, replaced, and written."""

    kind: str
    draw: Callable[[Random, list[Part]], Spec]
    change: Callable[[Random, Spec], Spec]
    write: Callable[[Stack, Part], Spec]
    renew: Callable[[Spec], Spec] | None = None


def _queue(random: Random, _parts: list[Part]) -> Spec:
    return {"seen": random.randint(30, 600), "dead": random.random() < 0.3, "fifo": False}


def _write_queue(_stack: Stack, part: Part) -> Spec:
    spec: Spec = {"visibilityTimeout": part.spec["seen"]}
    if part.spec["fifo"]:
        spec |= {"type": "fifo"}
    if part.spec["dead"]:
        spec |= {"deadLetterQueue": {"maxReceiveCount": 3}}
    return spec


def _topic(random: Random, parts: list[Part]) -> Spec:
    queues = [part.name for part in parts if part.sort == "queue" and not part.spec["fifo"]]
    return {
        "says": f"says {random.randint(0, 999)}",
        "to": sorted(random.sample(queues, min(len(queues), 2))),
        "raw": True,
    }


def _change_topic(random: Random, spec: Spec) -> Spec:
    return spec | {"says": f"says {random.randint(1000, 1999)}", "raw": random.random() < 0.5}


def _write_topic(stack: Stack, part: Part) -> Spec:
    fifo = {one.name for one in stack.parts if one.spec.get("fifo")}
    to = [name for name in part.spec["to"] if name not in fifo]
    subscriptions = [{"component": name, "rawMessageDelivery": part.spec["raw"]} for name in to]
    return {"displayName": part.spec["says"], "subscriptions": subscriptions}


def _table(random: Random, _parts: list[Part]) -> Spec:
    return {"key": "id", "recovery": random.random() < 0.5, "expires": random.random() < 0.5}


def _write_table(_stack: Stack, part: Part) -> Spec:
    spec: Spec = {"hashKey": {"name": part.spec["key"]}, "pointInTimeRecovery": part.spec["recovery"]}
    return spec | ({"ttl": {"attributeName": "expires"}} if part.spec["expires"] else {})


def _bucket(random: Random, _parts: list[Part]) -> Spec:
    return {"versions": random.random() < 0.5, "days": random.choice([0, 30])}


def _write_bucket(_stack: Stack, part: Part) -> Spec:
    days = part.spec["days"]
    rules = {"lifecycle": [{"id": "old", "expiration": {"days": days}}]} if days else {}
    return {"versioning": {"enabled": part.spec["versions"]}, **rules}


def _parameter(random: Random, parts: list[Part]) -> Spec:
    queues = [part.name for part in parts if part.sort == "queue"]
    told = {"from": random.choice(queues)} if queues else {}
    return {"value": str(random.randint(0, 999)), **told}


def _write_parameter(stack: Stack, part: Part) -> Spec:
    source = part.spec.get("from")
    value = f"{part.spec['value']} ${{{source}.queueArn}}" if source else part.spec["value"]
    return _resource("AWS::SSM::Parameter", Name=f"{stack.name}-dev-{part.name}", Type="String", Value=value)


def _write_log(stack: Stack, part: Part) -> Spec:
    return _resource(
        "AWS::Logs::LogGroup", LogGroupName=f"{stack.name}-dev-{part.name}", RetentionInDays=part.spec["days"]
    )


def _write_role(stack: Stack, part: Part) -> Spec:
    return _resource(
        "AWS::IAM::Role",
        RoleName=f"{stack.name}-dev-{part.name}",
        Description=part.spec["says"],
        MaxSessionDuration=part.spec["seconds"],
        AssumeRolePolicyDocument=_TRUST,
    )


def _resource(type: str, **properties: Any) -> Spec:
    return {"type": type, "properties": properties}


SORTS = {
    "queue": Sort(
        "SQS",
        _queue,
        lambda random, spec: spec | {"seen": random.randint(601, 1200), "dead": random.random() < 0.5},
        _write_queue,
        lambda spec: spec | {"fifo": not spec["fifo"]},
    ),
    "topic": Sort("SNS", _topic, _change_topic, _write_topic),
    "table": Sort(
        "DynamoDB",
        _table,
        lambda _, spec: spec | {"recovery": not spec["recovery"]},
        _write_table,
        lambda spec: spec | {"key": "key" if spec["key"] == "id" else "id"},
    ),
    "bucket": Sort(
        "S3",
        _bucket,
        lambda _, spec: spec | {"versions": True, "days": 60 if spec["days"] != 60 else 90},
        _write_bucket,
    ),
    "parameter": Sort(
        "Resource",
        _parameter,
        lambda random, spec: spec | {"value": str(random.randint(1000, 1999))},
        _write_parameter,
    ),
    "log": Sort(
        "Resource",
        lambda random, _: {"days": random.choice([1, 3, 5])},
        lambda random, spec: spec | {"days": random.choice([7, 14, 30])},
        _write_log,
    ),
    "role": Sort(
        "Resource",
        lambda random, _: {"says": f"says {random.randint(0, 999)}", "seconds": 3600},
        lambda random, spec: {"says": f"says {random.randint(1000, 1999)}", "seconds": random.choice([3600, 7200])},
        _write_role,
    ),
}


def _written(stack: Stack, part: Part) -> Spec:
    sort = SORTS[part.sort]
    spec = sort.write(stack, part)
    return _document("components", sort.kind, part.name, spec | ({"dependsOn": list(part.needs)} if part.needs else {}))


def _document(group: str, kind: str, name: str, spec: Spec) -> Spec:
    return {"apiVersion": f"{group}.panka.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
