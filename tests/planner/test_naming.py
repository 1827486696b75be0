"""Whatever stacks, environments and components are called, AWS takes the names that Panka makes of it."""

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from panka.planner.authoring.reference import example as example_of
from panka.planner.kinds import KINDS
from panka.planner.naming import FORMS
from panka.planner.owner import NAME, Owner, Scope
from panka.planner.resource import STACK, Address, PhysicalName
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

LEGAL = st.one_of(
    st.from_regex(NAME, fullmatch=True),
    st.sampled_from(["internal", "sg", "sthree", "amzn-s3-demo", "xn--a", "default", "aws", "a", "a--b", "z" * 63]),
)


class Files:
    root = "."

    def __init__(self, text: str) -> None:
        self.text = text

    def paths(self) -> list[str]:
        return ["function/main.py", "stack.yaml", "worker/main.py"]

    def read(self, path: str) -> bytes:
        return self.text.encode() if path == "stack.yaml" else b""


@cache
def named_in_examples() -> dict[tuple[str, PhysicalName], set[str]]:
    """Every type to which the kinds' examples lower and that Panka names, with its parts of addresses."""
    found: dict[tuple[str, PhysicalName], set[str]] = {}
    for kind in KINDS:
        text = f"apiVersion: panka.io/v1\nkind: Stack\nmetadata: {{name: example}}\n---\n{example_of(kind)}"
        draft = read_stack(Files(text), Options())
        scope = Scope(tenant="acme", stack="example", environment="dev")
        for one in draft.compile(scope, Target(account="1" * 12, region="eu-west-1")).resources.values():
            if one.name is not None:
                found.setdefault((one.type, one.name), set()).add(one.address.part)
    return found


@cache
def schema(type: str, property: str) -> dict[str, Any]:
    """What CloudFormation's schema says of a property."""
    spec = importlib.util.find_spec("cfnlint")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "data" / "schemas"
    index = json.loads((folder / "providers" / "us-east-1.json").read_text())
    said: dict[str, Any] = json.loads((folder / "resources" / f"{index[type]}.json").read_text())["properties"]
    return dict(said[property])


def fits_schema(type: str, property: str, name: str) -> bool:
    said = schema(type, property)
    pattern = said.get("pattern", "").replace(r"\p{Print}", r"[ -~]").replace(r"\Z", "$")
    return said.get("minLength", 0) <= len(name) <= said.get("maxLength", 10_000) and bool(re.search(pattern, name))


def test_the_rules_are_there_for_every_type_that_panka_names() -> None:
    for type, form in named_in_examples():
        assert FORMS[type].property == form.property


@settings(deadline=None)
@given(LEGAL, LEGAL, LEGAL, st.integers(1, 9))
@example("internal", "internal", "internal", 1)
@example("z" * 63, "z" * 63, "z" * 63, 1)
def test_every_name_that_panka_makes_is_one_that_aws_takes(
    stack: str, environment: str, component: str, generation: int
) -> None:
    scope = Scope(tenant="acme", stack=stack, environment=environment)

    for (type, form), parts in named_in_examples().items():
        for part in parts:
            for name_of in (component, STACK):
                owner = Owner(scope=scope, address=Address.of(name_of, part), generation=generation)
                name = owner.name(form)

                assert FORMS[type].takes(name), (type, name)
                assert len(name) <= form.limit
                assert fits_schema(type, form.property, name), (type, name)


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("AWS::S3::Bucket", ["abc", "my.logs-1"], ["Abc", "ab", "192.168.0.1", "a..b", "xn--a", "-ab", "x" * 64]),
        ("AWS::S3::Bucket", [], ["sthree-logs", "amzn-s3-demo-x", "logs-s3alias", "logs--ol-s3", "logs.mrap"]),
        ("AWS::SQS::Queue", ["jobs", "jobs.fifo", "x" * 80], ["jobs.other", ".fifo", "x" * 76 + ".fifo", "a b", ""]),
        ("AWS::SNS::Topic", ["orders", "orders.fifo"], ["orders.x", "x" * 257]),
        ("AWS::RDS::DBInstance", ["main-db", "x" * 63], ["main--db", "main-", "1db", "main_db", "x" * 64]),
        ("AWS::RDS::DBSubnetGroup", ["my group"], ["default", "Default", ""]),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", ["front", "x" * 32], ["internal-a", "-a", "a-", "x" * 33, "a_b"]),
        ("AWS::ElasticLoadBalancingV2::TargetGroup", ["internal-a"], ["a.b", "x" * 33]),
        ("AWS::ElastiCache::ReplicationGroup", ["cache"], ["x" * 41, "1a", "a--b"]),
        ("AWS::Lambda::Function", ["my_fn"], ["my.fn", "x" * 65]),
        ("AWS::EC2::SecurityGroup", ["web (tcp)"], ["sg-web", "a\nb"]),
        ("AWS::Events::EventBus", ["orders", "a/b"], ["default", "aws.events", "x" * 257]),
        ("AWS::DynamoDB::Table", ["a.b_c-d"], ["ab", "a b"]),
        ("AWS::MSK::Cluster", ["events"], ["a_b", "x" * 65]),
    ],
)
def test_names_are_held_to_the_rules_of_their_service(type: str, good: list[str], bad: list[str]) -> None:
    assert [name for name in good if not FORMS[type].takes(name)] == []
    assert [name for name in bad if FORMS[type].takes(name)] == []
