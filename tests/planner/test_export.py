"""An exported template is one that CloudFormation would take, and says what a first apply would make."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from panka.planner.diagnostics import Findings
from panka.planner.export import ANYWHERE, template
from panka.planner.language.documents import FileSource, FolderSource, Source, SourceFile
from panka.planner.network import compile_network
from panka.planner.owner import Owner, Scope
from panka.planner.resource import Address, Lifecycle, PhysicalName, Properties, Ref, Resource, Text
from panka.planner.stack import Options, read_stack
from panka.planner.tenancy import read_tenant

EXAMPLES = Path(__file__).parents[2] / "examples"
STACKS = [(EXAMPLES / "shop", "dev"), (EXAMPLES / "shop", "prod")] + [
    (path, "dev") for path in sorted((EXAMPLES / "kinds").glob("*.yaml"))
]
SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
QUEUE = "AWS::SQS::Queue"


def resource(address: str, type: str = QUEUE, properties: Properties | None = None, **more: Any) -> Resource:
    return Resource(Address(address), type, properties or {}, kind="Resource", **more)


def exported(*resources: Resource, assets: tuple[str, ...] = (), **outputs: Any) -> dict[str, Any]:
    return template(SCOPE, {one.address: one for one in resources}, outputs, assets)


def of_example(path: Path, environment: str) -> dict[str, Any]:
    source: Source = FolderSource(path, str(path)) if path.is_dir() else FileSource(path, str(path))
    draft = read_stack(source, Options(environment=environment if path.is_dir() else None))
    scope = Scope(tenant="acme", stack=draft.name, environment=environment)
    said = {"account": draft.provider.account_id, "region": draft.provider.region}
    target = ANYWHERE.model_copy(update={name: value for name, value in said.items() if value is not None})
    compiled = draft.compile(scope, target)
    return template(scope, compiled.resources, compiled.outputs, compiled.assets, draft.description)


def of_network() -> dict[str, Any]:
    text = (EXAMPLES / "tenant.yaml").read_text()
    tenant = read_tenant(SourceFile("tenant.yaml", "tenant.yaml", text), Findings())
    assert tenant is not None
    compiled = compile_network(tenant)
    scope = Scope(tenant=tenant.name, stack="network", environment="all")
    return template(scope, compiled.resources, compiled.outputs, compiled.assets)


def test_cfn_lint_finds_no_error_in_any_example(tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text(json.dumps(of_network(), indent=1))
    for path, environment in STACKS:
        (tmp_path / f"{path.stem}-{environment}.json").write_text(json.dumps(of_example(path, environment), indent=1))

    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    files = sorted(tmp_path.glob("*.json"))
    asked = [cfn_lint, "--regions", "eu-west-1", "--format", "json", "--", *files]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=170)

    found = json.loads(ran.stdout)
    assert not ran.stderr
    assert [
        (Path(one["Filename"]).name, one["Rule"]["Id"], one["Location"]["Path"], one["Message"])
        for one in found
        if one["Level"] == "Error"
    ] == []


def test_logical_ids_come_from_addresses() -> None:
    made = exported(resource("orders-db:main"), resource("orders-db:security-group"), resource("@stack:cluster"))

    assert list(made["Resources"]) == ["OrdersDb", "OrdersDbSecurityGroup", "StackCluster"]


def test_addresses_that_would_share_a_logical_id_get_digits() -> None:
    made = exported(resource("a-b:main"), resource("a:b"), resource("c:main"))

    ids = list(made["Resources"])
    assert len(set(ids)) == 3
    assert ids[0][:2] == ids[1][:2] == "AB"
    assert ids[2] == "C"


def test_names_and_tags_are_those_of_the_first_generation() -> None:
    made = exported(resource("jobs:main", name=PhysicalName("QueueName", 80), tags={"team": "shop"}))

    owner = Owner(scope=SCOPE, address="jobs:main", generation=1)
    properties = made["Resources"]["Jobs"]["Properties"]
    assert properties["QueueName"] == owner.name(PhysicalName("QueueName", 80))
    assert {one["Key"]: one["Value"] for one in properties["Tags"]} == {"team": "shop", **owner.tags()}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Ref(Address("jobs:main"), "Arn"), {"Fn::GetAtt": ["Jobs", "Arn"]}),
        (Ref(Address("jobs:main"), "QueueUrl"), {"Ref": "Jobs"}),
        (Ref(Address("jobs:main"), "Id"), {"Ref": "Jobs"}),
        (Ref(Address("jobs:main"), "VisibilityTimeout"), 30),
        (Text(("at ", Ref(Address("jobs:main"), "Arn"), "/${x}")), {"Fn::Sub": "at ${Jobs.Arn}/${!x}"}),
        (Text(("at ", Ref(Address("jobs:main"), "VisibilityTimeout"))), {"Fn::Join": ["", ["at ", 30]]}),
        ("${x}", "${x}"),
        (["a", "b"], "a,b"),
        ([Ref(Address("jobs:main"), "Arn"), "b"], {"Fn::Join": [",", [{"Fn::GetAtt": ["Jobs", "Arn"]}, "b"]]}),
        (ANYWHERE.region, {"Ref": "AWS::Region"}),
        (f"arn:aws:sqs:{ANYWHERE.region}:{ANYWHERE.account}:${{x}}",
         {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${!x}"}),
    ],
)  # fmt: skip
def test_references_are_in_the_words_of_cloudformation(value: Any, written: Any) -> None:
    made = exported(resource("jobs:main", properties={"VisibilityTimeout": 30}), it=value)

    assert made["Outputs"] == {"It": {"Value": written}}


def test_what_no_reference_waits_for_is_said() -> None:
    second = resource(
        "b:main",
        properties={"DelaySeconds": Ref(Address("a:main"), "DelaySeconds"), "Dead": Ref(Address("c:main"), "Arn")},
        depends_on=(Address("c:main"), Address("d:main")),
    )

    made = exported(resource("a:main", properties={"DelaySeconds": 5}), resource("c:main"), resource("d:main"), second)

    assert made["Resources"]["B"]["DependsOn"] == ["A", "D"]


@pytest.mark.parametrize(
    ("type", "lifecycle", "policy"),
    [
        (QUEUE, Lifecycle(), None),
        (QUEUE, Lifecycle(snapshot=True), None),
        (QUEUE, Lifecycle(retain=True), "Retain"),
        ("AWS::RDS::DBInstance", Lifecycle(), "Delete"),
        ("AWS::RDS::DBInstance", Lifecycle(snapshot=True), "Snapshot"),
        ("AWS::RDS::DBInstance", Lifecycle(snapshot=True, retain=True), "Retain"),
    ],
)
def test_the_end_of_a_resource_is_that_of_its_lifecycle(type: str, lifecycle: Lifecycle, policy: str | None) -> None:
    written = exported(resource("it:main", type, lifecycle=lifecycle))["Resources"]["It"]

    assert written.get("DeletionPolicy") == policy
    assert written.get("UpdateReplacePolicy") == policy


def test_packed_code_is_taken_from_a_bucket_that_the_reader_names() -> None:
    digest = "5e" * 32
    made = exported(
        resource("f:main", "AWS::Lambda::Function", {"Code": {"ZipFile": {"Panka::Asset": digest}}}), assets=(digest,)
    )

    assert made["Resources"]["F"]["Properties"]["Code"] == {
        "S3Bucket": {"Ref": "AssetBucket"},
        "S3Key": f"{digest}.zip",
    }
    assert "AssetBucket" in made["Parameters"]
    assert made["Metadata"]["Panka"]["assets"]["keys"] == [f"{digest}.zip"]


def test_a_network_that_the_stack_does_not_name_becomes_parameters() -> None:
    made = of_example(EXAMPLES / "shop", "prod")

    assert {"NetworkVpc", "NetworkPrivateSubnet1", "NetworkPrivateSubnet2"} <= made["Parameters"].keys()
    assert "00000000" not in json.dumps(made["Resources"])


def test_an_export_is_the_same_every_time() -> None:
    assert json.dumps(of_example(EXAMPLES / "shop", "dev")) == json.dumps(of_example(EXAMPLES / "shop", "dev"))
