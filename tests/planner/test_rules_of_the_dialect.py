"""Every rule that is checked before anything is called, by a stack that breaks it: its code, and the line of it."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from panka.planner.allowance import Home
from panka.planner.authoring.reference import Field, example, fields_of
from panka.planner.authoring.variations import ABSENT, at, put
from panka.planner.diagnostics import Diagnostic, Findings, Severity, errors, in_order
from panka.planner.kinds import KINDS
from panka.planner.language.documents import SourceFile
from panka.planner.owner import Scope
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target
from panka.planner.tenancy import read_tenant

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
WEB = "image: {repository: nginx, tag: '1'}"
RDS = "engine: {type: postgres}\ninstance: {class: db.t4g.micro}"
MANAGED = f"{RDS}\ndatabase: {{managed: true}}"
MARIADB = RDS.replace("postgres", "mariadb")
EDGE = "origins: [{id: a, domainName: a.example}]\ncertificateArn: arn:aws:acm:us-east-1:1:x"
KEY = "hashKey: {name: id}"
CODE = "runtime: python3.13\nhandler: main.handler\ncode: {s3Bucket: b, s3Key: k}"


class Files:
    root = "."

    def __init__(self, text: str) -> None:
        self.text = text

    def paths(self) -> list[str]:
        return ["function/main.py", "stack.yaml", "worker/main.py"]

    def read(self, path: str) -> bytes:
        return self.text.encode() if path == "stack.yaml" else b"x"


def doc(kind: str, name: str, spec: str = "", service: str = "") -> str:
    """One document; its spec begins in its fifth line."""
    metadata = f"{{name: {name}, service: {service}}}" if service else f"{{name: {name}}}"
    inside = "".join(f"  {line}\n" for line in spec.splitlines())
    return f"apiVersion: panka.io/v1\nkind: {kind}\nmetadata: {metadata}\n" + (f"spec:\n{inside}" if spec else "")


def found_in(*documents: str) -> tuple[Diagnostic, ...]:
    """All that `panka validate` tells of a Stack `shop` (if none is given) and these documents after it."""
    first = "" if "kind: Stack" in documents[0] else doc("Stack", "shop") + "---\n"
    draft = read_stack(Files(first + "---\n".join(documents)), Options())
    if errors(draft.diagnostics):
        return draft.diagnostics
    return in_order((*draft.diagnostics, *draft.compile(SCOPE, TARGET).diagnostics))


def told(*documents: str) -> list[tuple[str, int]]:
    """Codes and lines, counted in the first of the documents."""
    before = 0 if "kind: Stack" in documents[0] else 4
    return [(one.code, one.label.span.line - before if one.label else 0) for one in found_in(*documents)]


RULES = [
    (
        "a required field",
        [doc("RDS", "db", "instance: {class: db.t4g.micro}\ndatabase: {managed: true}")],
        ("PK103", 4),
    ),
    ("a ranged field", [doc("SQS", "q", "visibilityTimeout: 43201")], ("PK105", 5)),
    ("an enum", [doc("SQS", "q", "type: fast")], ("PK104", 5)),
    ("a field of another type", [doc("SQS", "q", "visibilityTimeout: [1]")], ("PK106", 5)),
    ("an unknown field", [doc("SQS", "q", "visibilityTimout: 1")], ("PK101", 5)),
    ("an unknown kind", [doc("SQQ", "q")], ("PK102", 2)),
    ("an apiVersion of another kind", [doc("SQS", "q").replace("panka.io", "admin.panka.io")], ("PK113", 1)),
    ("a name of a component", [doc("SQS", "Jobs")], ("PK109", 3)),
    ("a name that ends with a hyphen", [doc("SQS", "jobs-")], ("PK109", 3)),
    ("a bucket's name in capitals", [doc("S3", "b", "bucket: {name: Images}")], ("PK301", 5)),
    ("a bucket's name like an address", [doc("S3", "b", "bucket: {name: 192.168.0.1}")], ("PK301", 5)),
    ("a table's name", [doc("DynamoDB", "t", f"{KEY}\ntableName: my table")], ("PK301", 6)),
    ("an index's name", [doc("DynamoDB", "t", f"{KEY}\nglobalSecondaryIndexes: [{{name: by, {KEY}}}]")], ("PK301", 6)),
    ("a secret's name", [doc("Secret", "s", "name: my secret")], ("PK301", 5)),
    ("a bus's name", [doc("EventBridge", "e", "bus: {name: default}")], ("PK301", 5)),
    ("a queue's name that an override gives", [doc("SQS", "q", "overrides: {main: {QueueName: a.b}}")], ("PK301", 5)),
    (
        "an identifier with two hyphens",
        [doc("RDS", "db", f"{MANAGED}\noverrides: {{main: {{DBInstanceIdentifier: a--b}}}}")],
        ("PK301", 8),
    ),
    (
        "a load balancer's name of 33 characters",
        [doc("ALB", "a", f"overrides: {{main: {{Name: {'x' * 33}}}}}")],
        ("PK301", 5),
    ),
    ("a database's name", [doc("RDS", "db", f"{RDS}\ndatabase: {{name: my-db, managed: true}}")], ("PK301", 7)),
    (
        "a user whom the engine has",
        [doc("RDS", "db", f"{RDS}\ndatabase: {{username: admin, managed: true}}")],
        ("PK301", 7),
    ),
    (
        "a user too long for the engine",
        [doc("RDS", "db", f"{MARIADB}\ndatabase: {{username: {'u' * 17}, managed: true}}")],
        ("PK301", 7),
    ),
    (
        "a DNS domain",
        [doc("MicroService", "w", f"{WEB}\nserviceDiscovery: {{namespace: Shop.Internal}}")],
        ("PK301", 6),
    ),
    ("a port's name", [doc("MicroService", "w", f"{WEB}\nports: [{{name: HTTP, port: 80}}]")], ("PK301", 6)),
    ("a variable's name", [doc("MicroService", "w", f"{WEB}\nenvironment: [{{name: A-B, value: x}}]")], ("PK301", 6)),
    ("a variable of Lambda's own", [doc("Lambda", "f", f"{CODE}\nenvironment: {{AWS_REGION: x}}")], ("PK301", 8)),
    (
        "a volume's name",
        [doc("MicroService", "w", f"{WEB}\nvolumes: [{{name: a b, mountPath: /x, type: emptyDir}}]")],
        ("PK301", 6),
    ),
    ("a stage's name", [doc("APIGateway", "a", "stage: a b")], ("PK301", 5)),
    ("an alias", [doc("CloudFront", "c", f"{EDGE}\naliases: [shop_example]")], ("PK301", 7)),
    ("a tag's key", [doc("SQS", "q", "tags: {'a!': b}")], ("PK301", 5)),
    ("a tag that is Panka's own", [doc("SQS", "q", "tags: {'panka:stack': b}")], ("PK354", 5)),
    ("a tag of a bucket that is Panka's own", [doc("S3", "b", "bucket: {tags: {'panka:stack': b}}")], ("PK354", 5)),
    ("a region", [doc("Stack", "shop", "provider: {region: europe}")], ("PK301", 5)),
    ("an account", [doc("Stack", "shop", "provider: {accountId: '12'}")], ("PK301", 5)),
    ("an unknown output", [doc("SQS", "q"), doc("SNS", "t", "displayName: ${q.nope}")], ("PK201", 9)),
    ("an unknown component", [doc("SQS", "q", "dependsOn: [nope]")], ("PK202", 5)),
    ("a component without a name", [doc("SNS", "t", "subscriptions: [{component: ''}]")], ("PK301", 5)),
    ("an unknown variable", [doc("SNS", "t", "displayName: ${NOPE}")], ("PK205", 5)),
    ("an unknown service", [doc("Service", "a", "dependsOn: [nope]"), doc("SQS", "q", service="a")], ("PK202", 5)),
    ("a cycle of components", [doc("SQS", "a", "dependsOn: [b]"), doc("SQS", "b", "dependsOn: [a]")], ("PK203", 5)),
    (
        "a cycle of services",
        [
            doc("Service", "a", "dependsOn: [b]"),
            doc("Service", "b", "dependsOn: [a]"),
            doc("SQS", "q", service="a"),
            doc("SQS", "r", service="b"),
        ],
        ("PK203", 5),
    ),
    ("a name given twice", [doc("SQS", "q"), doc("SNS", "q")], ("PK108", 7)),
    (
        "a name given twice in AWS",
        [doc("S3", "a", "bucket: {name: same}"), doc("S3", "b", "bucket: {name: same}")],
        ("PK357", 11),
    ),
    ("a port given twice", [doc("MicroService", "w", f"{WEB}\nports: [{{port: 80}}, {{port: 80}}]")], ("PK309", 6)),
    ("a listener's port given twice", [doc("ALB", "a", "listeners: [{port: 80}, {port: 80}]")], ("PK309", 5)),
    (
        "a size that Fargate has not",
        [doc("MicroService", "w", f"{WEB}\nruntime: {{cpu: 256, memory: 200Gi}}")],
        ("PK307", 6),
    ),
    ("a capacity that is missing", [doc("DynamoDB", "t", f"{KEY}\nbillingMode: PROVISIONED")], ("PK304", 6)),
    ("a capacity without its mode", [doc("DynamoDB", "t", f"{KEY}\nreadCapacity: 5")], ("PK304", 6)),
    ("a field of FIFO queues", [doc("SQS", "q", "deduplicationScope: queue")], ("PK303", 5)),
    ("a field of FIFO topics", [doc("SNS", "t", "contentBasedDeduplication: true")], ("PK303", 5)),
    (
        "networks that overlap",
        [
            doc(
                "Stack",
                "shop",
                "networking:\n  securityGroup:\n    ingress:\n      - {port: 1, cidrBlocks: [10.0.0.0/8, 10.1.0.0/16]}",
            )
        ],
        ("PK349", 8),
    ),
    (
        "clients' networks that overlap",
        [
            doc(
                "NLB",
                "n",
                "allowedCIDRs: [0.0.0.0/0, 10.0.0.0/8]\nlisteners: [{port: 1, target: {component: w, port: 1}}]",
            ),
            doc("MicroService", "w", f"{WEB}\nports: [{{port: 1}}]"),
        ],
        ("PK349", 5),
    ),
    ("no network at all", [doc("ALB", "a", "allowedCIDRs: [10.0.0.1/8]")], ("PK301", 5)),
    ("a database without a password", [doc("RDS", "db", f"{RDS}\ndatabase: {{username: u}}")], ("PK306", 7)),
    (
        "a document database without a password",
        [doc("DocumentDB", "db", "instance: {class: db.t4g.medium}\ndatabase: {username: u}")],
        ("PK306", 6),
    ),
    ("a public bucket behind its block", [doc("S3", "b", "bucket: {acl: public-read}")], ("PK308", 5)),
    ("a service without components", [doc("Service", "a"), doc("SQS", "q")], ("PK111", 3)),
    (
        "a secret in plain sight",
        [doc("MicroService", "w", f"{WEB}\nenvironment:\n  - {{name: DB_PASSWORD, value: x}}")],
        ("PK356", 7),
    ),
    (
        "a secret in plain sight of a function",
        [doc("Lambda", "f", f"{CODE}\nenvironment:\n  API_KEY: abc")],
        ("PK356", 9),
    ),
]
"""What is broken, the documents, the code and the line; a Stack before the documents is not counted."""


@pytest.mark.parametrize(("documents", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_a_broken_rule_is_told_by_its_code_at_its_line(documents: list[str], expected: tuple[str, int]) -> None:
    assert told(*documents) == [expected]


def test_only_a_secret_in_plain_sight_is_a_warning() -> None:
    warned = {one.code for rule in RULES for one in found_in(*rule[1]) if one.severity is Severity.WARNING}

    assert warned == {"PK356"}


BEYOND = [
    ("a kind that is not allowed", {"allowedResources": ["SNS"]}, ("PK372", 2)),
    ("too many services", {"limits": {"maxServicesPerStack": 0}}, ("PK371", 3)),
    ("too many resources in a service", {"limits": {"maxResourcesPerService": 1}}, ("PK371", 3)),
    ("an environment of others", {"environments": ["dev"]}, ("PK373", 0)),
    ("a region of others", {"regions": ["eu-north-1"]}, ("PK373", 0)),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), [rule[1:] for rule in BEYOND], ids=[rule[0] for rule in BEYOND])
def test_what_goes_beyond_a_tenant_is_told_by_its_code_at_its_line(
    spec: dict[str, Any], expected: tuple[str, int]
) -> None:
    config = {"apiVersion": "panka.io/v1", "kind": "TenantConfig", "metadata": {"name": "acme"}, "spec": spec}
    tenant = read_tenant(SourceFile("t.yaml", "t.yaml", yaml.safe_dump(config)), Findings())
    assert tenant is not None
    text = doc("Stack", "shop") + "---\n" + doc("SQS", "q", "deadLetterQueue: {}", "api")
    draft = read_stack(Files(text), Options())

    found = draft.beyond(tenant, draft.compile(SCOPE, TARGET), Home("acme", "prod", "eu-west-1"))

    assert [(one.code, one.label.span.line - 4 if one.label else 0) for one in found] == [expected]


@dataclass(frozen=True)
class Spoilt:
    """A kind's example in which one field is wrong."""

    kind: str
    field: str
    code: str
    documents: list[Any]

    def __str__(self) -> str:
        return f"{self.kind}.{self.field} {self.code}"


def spoilt() -> Iterator[Spoilt]:
    """Every field of every kind that its example has, left out where it is required, and with each limit passed."""
    for kind in KINDS:
        documents = [one for one in yaml.safe_load_all(example(kind)) if one is not None]
        for field in (one for top in fields_of(KINDS[kind].spec) for one in top.all()):
            for number, document in enumerate(documents):
                steps = field.path.split(".")
                if document["kind"] != kind or at(document.get("spec") or {}, steps) is None:
                    continue
                for code, value in wrong_values(field):
                    changed = copy.deepcopy(documents)
                    put(changed[number]["spec"], steps, value)
                    yield Spoilt(kind, field.path, code, changed)
                break


def wrong_values(field: Field) -> Iterator[tuple[str, Any]]:
    if field.required:
        yield "PK103", ABSENT
    if field.choices:
        yield "PK104", ["nonsense"] if field.type.startswith("list") else "nonsense"
    if field.type in ("whole number", "number", "duration", "memory size", "CPU size") and not field.choices:
        low = re.search(r"([\d.]+) to|at least ([\d.]+)", field.limits)
        high = re.search(r"(?:to|at most) ([\d.]+)", field.limits)
        if low and not (field.type == "duration" and (low[1] or low[2]) == "0"):
            yield "PK105", int(float(low[1] or low[2])) - 1
        if high:
            yield "PK105", int(float(high[1])) + 1


@pytest.mark.parametrize("case", list(spoilt()), ids=str)
def test_a_required_ranged_or_chosen_field_of_every_kind_is_told_where_it_stands(case: Spoilt) -> None:
    stack = {"apiVersion": "panka.io/v1", "kind": "Stack", "metadata": {"name": "shop"}}
    text = yaml.safe_dump_all([stack, *case.documents], sort_keys=False)

    found = read_stack(Files(text), Options()).diagnostics

    assert case.code in {one.code for one in found}, found
    last = case.field.rpartition(".")[2]
    one = next(one for one in found if one.code == case.code)
    assert one.label is not None
    line = text.splitlines()[one.label.span.line - 1]
    assert case.code == "PK103" or f"{last}:" in line or "nonsense" in line, line
