"""Kinds that ask each other for something, compiled together."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from panka.planner.compile import Compiled
from panka.planner.diff import compare
from panka.planner.graph import Graph
from panka.planner.owner import Scope
from panka.planner.placing import STAND_IN
from panka.planner.resource import Address, encode, references
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
STACK = "apiVersion: panka.io/v1\nkind: Stack\nmetadata: {name: shop}\n"
FUNCTION = """\
apiVersion: panka.io/v1
kind: Lambda
metadata: {name: thumbnails}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: b, s3Key: k}
  environment: {BUCKET: "${images.bucketName}", HOST: "https://${images.domainName}/"}
  triggers:
    - {type: s3, source: {component: images}, s3: {prefix: in/, events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}}
"""
BUCKET = "apiVersion: panka.io/v1\nkind: S3\nmetadata: {name: images}\n"
EXAMPLES = Path(__file__).parents[3] / "examples" / "kinds"
AUTHORED = Path(__file__).parents[3] / "planner" / "authoring" / "examples"


class Text:
    def __init__(self, *documents: str) -> None:
        self.root = "."
        self.files = {"stack.yaml": "---\n".join(documents).encode()}

    def paths(self) -> list[str]:
        return list(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path]


def compiled(*documents: str) -> Compiled:
    draft = read_stack(Text(*documents), Options())
    assert draft.diagnostics == ()
    return draft.compile(SCOPE, TARGET)


def found(*documents: str) -> list[tuple[str, str]]:
    draft = read_stack(Text(*documents), Options())
    told = draft.diagnostics or draft.compile(SCOPE, TARGET).diagnostics
    lines = documents and "---\n".join(documents).splitlines()
    return [
        (one.code, lines[one.label.span.line - 1][one.label.span.column - 1 : one.label.span.end_column - 1])
        for one in told
        if one.label
    ]


def properties(stack: Compiled, address: str) -> Mapping[str, object]:
    return stack.resources[Address(address)].properties


def test_a_bucket_calls_a_function_that_reads_it_and_nothing_goes_in_circles() -> None:
    stack = compiled(STACK, FUNCTION, BUCKET)

    assert stack.diagnostics == ()
    order = Graph.of(stack.resources).order()
    permission = next(one for one in order if one.startswith("thumbnails:") and one.endswith("-permission"))
    assert order.index("thumbnails:main") < order.index(permission) < order.index("images:main")
    called = properties(stack, "images:main")["NotificationConfiguration"]
    assert isinstance(called, dict)
    assert [one["Event"] for one in called["LambdaConfigurations"]] == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    assert called["LambdaConfigurations"][0]["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}}


def test_the_plan_gives_the_function_the_name_that_the_bucket_will_have() -> None:
    stack = compiled(STACK, FUNCTION, BUCKET)

    difference = compare(SCOPE, stack.resources, Graph.of(stack.resources), None)

    made = {one.address: one.properties for one in difference.forward.values()}
    name = made["images:main"]["BucketName"]
    variables = made["thumbnails:main"]["Environment"]["Variables"]
    assert variables == {"BUCKET": name, "HOST": f"https://{name}.s3.eu-west-1.amazonaws.com/"}
    permission = next(one for address, one in made.items() if address.endswith("-permission"))
    assert (permission["SourceArn"], permission["SourceAccount"]) == (f"arn:aws:s3:::{name}", "111122223333")
    assert not any(ref.early for one in made.values() for ref in references(one))


def test_a_function_that_waits_for_the_bucket_that_calls_it_is_told_so() -> None:
    waiting = FUNCTION.replace("spec:\n", "spec:\n  dependsOn: [images]\n")

    assert found(STACK, waiting, BUCKET) == [("PK345", "images")]


def test_a_bucket_has_one_policy_with_the_distribution_in_it() -> None:
    site = "apiVersion: panka.io/v1\nkind: CloudFront\nmetadata: {name: site}\n"
    stack = compiled(STACK, site + "spec: {origins: [{id: pages, component: images}]}\n", BUCKET)

    policies = [one for one in stack.resources.values() if one.type == "AWS::S3::BucketPolicy"]
    (policy,) = policies
    tls, reading = policy.properties["PolicyDocument"]["Statement"]
    assert (tls["Sid"], reading["Principal"]) == ("OnlyTls", {"Service": "cloudfront.amazonaws.com"})
    assert Graph.of(stack.resources).order()


def test_a_resource_of_any_type_has_its_attributes_as_outputs() -> None:
    made = "apiVersion: panka.io/v1\nkind: Resource\nmetadata: {name: key}\n"
    made += (
        "spec: {type: 'AWS::KMS::Key', properties: {Description: 'of ${images.bucketName}', EnableKeyRotation: true}}\n"
    )
    outputs = STACK + "spec: {outputs: {key: '${key.Arn}', id: '${key.Id}'}}\n"

    stack = compiled(outputs, made, BUCKET)

    assert stack.outputs == {name: stack.resources[Address("key:main")].ref(value)
                             for name, value in (("key", "Arn"), ("id", "Id"))}  # fmt: skip
    assert properties(stack, "key:main")["EnableKeyRotation"] is True


def test_wrong_properties_are_told_all_at_once_at_their_keys() -> None:
    made = "apiVersion: panka.io/v1\nkind: Resource\nmetadata: {name: it}\n"

    wrong = "spec:\n  type: AWS::SSM::Parameter\n  properties:\n    Valeu: x\n    Type: String\n"

    assert found(STACK, made + wrong) == [("PK348", "properties"), ("PK347", "Valeu")]
    assert found(STACK, made + "spec: {type: AWS::SQS::Queeu}\n") == [("PK346", "AWS::SQS::Queeu")]
    arn = "spec: {type: 'AWS::SQS::Queue', properties: {Arn: x}}\n"
    assert found(STACK, made + arn) == [("PK347", "Arn")]


@pytest.mark.parametrize("kind", ["APIGateway", "CloudFront", "EventBridge", "Resource"])
def test_the_example_of_the_kind_compiles_without_a_word(kind: str) -> None:
    example = (EXAMPLES / f"{kind}.yaml").read_text()

    stack = compiled(*example.split("---\n"))

    assert stack.diagnostics == ()
    assert kind in {component.kind for component in stack.components.values()}
    assert Graph.of(stack.resources).order()


WEB = "apiVersion: panka.io/v1\nkind: {}\nmetadata: {{name: web}}\nspec:\n  image: {{repository: nginx, tag: '1'}}\n{}"
ON_HOST = "  runtime: {platform: ec2, networkMode: host}\n"
FRONT = (
    "apiVersion: panka.io/v1\nkind: ALB\nmetadata: {name: front}\nspec: {targets: [{component: web}]}\n"
    "---\n" + WEB.format("MicroService", f"{ON_HOST}  ports: [{{port: 80}}]\n")
)
PLACED = [
    (BUCKET, False),
    (FUNCTION + "---\n" + BUCKET, False),
    (FUNCTION + "  vpc: {}\n---\n" + BUCKET, True),
    (FUNCTION + "  vpc: {enabled: false}\n---\n" + BUCKET, False),
    (WEB.format("MicroService", ""), True),
    (WEB.format("MicroService", ON_HOST), False),
    (WEB.format("MicroService", f"{ON_HOST}  ports: [{{port: 80}}]\n  loadBalancer: {{}}\n"), True),
    (FRONT, True),
    (WEB.format("Worker", ON_HOST), False),
    (WEB.format("CronJob", f"{ON_HOST}  schedule: rate(1 hour)\n"), False),
    *((file.read_text(), None) for file in sorted(AUTHORED.glob("*.yaml"))),
]


@pytest.mark.parametrize(("documents", "expected"), PLACED)
def test_a_network_is_asked_for_just_when_something_stands_in_one(documents: str, expected: bool | None) -> None:
    source = Text(STACK, documents)
    source.files |= {"function/main.py": b"", "worker/main.py": b""}
    draft = read_stack(source, Options())
    made = draft.compile(SCOPE, TARGET, replace(STAND_IN, vpc_id="vpc-here"))
    assert made.diagnostics == ()

    said = json.dumps([encode(one.properties) for one in made.resources.values()])

    assert draft.needs_network is ("vpc-here" in said or STAND_IN.private_subnets[0] in said)
    assert expected in (None, draft.needs_network)
