"""The main job as a user meets it: apply, change, remove, replace, destroy."""

from pathlib import Path

from plugins.world import World

STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec:
  visibilityTimeout: 30
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: mail, service: api}
spec: {}
---
apiVersion: components.panka.io/v1
kind: DynamoDB
metadata: {name: orders, service: api}
spec:
  hashKey: {name: id, type: S}
---
apiVersion: components.panka.io/v1
kind: Resource
metadata: {name: pictures, service: api}
spec: {type: "AWS::S3::Bucket"}
"""


def write(place: World, text: str) -> str:
    (place.folder / "small.yaml").write_text(text)
    return "small.yaml"


async def test_from_nothing_to_a_deployed_stack_and_back(place: World) -> None:
    """One long journey, because each leg begins where the last one ended."""
    before = place.cloud()
    await place.start_worker()
    first = (await place.panka("apply", write(place, STACK), "-y")).ok()
    assert "4 create" in first.text
    assert {type: len(names) for type, names in place.cloud().items()} == {
        "AWS::SQS::Queue": 2,
        "AWS::DynamoDB::Table": 1,
        "AWS::S3::Bucket": 1,
    }

    place.faults.reset()
    again = (await place.panka("apply", "small.yaml", "-y")).ok()
    assert "Nothing changes" in again.text
    assert place.faults.changes == []

    changed = write(place, STACK.replace("visibilityTimeout: 30", "visibilityTimeout: 60"))
    assert await place.steps(changed) == [("update", "jobs:main")]
    (await place.panka("apply", changed, "-y")).ok()
    url = next(url for url in place.cloud()["AWS::SQS::Queue"] if "-jobs-" in url)
    attributes = place.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert attributes["Attributes"]["VisibilityTimeout"] == "60"

    mail = STACK.index("---\napiVersion: components.panka.io/v1\nkind: SQS\nmetadata: {name: mail")
    without_mail = STACK[:mail] + STACK[STACK.index("---", mail + 3) :]
    (await place.panka("apply", write(place, without_mail), "-y")).ok()
    assert len(place.cloud()["AWS::SQS::Queue"]) == 1

    old_table = place.cloud()["AWS::DynamoDB::Table"]
    rekeyed = write(place, without_mail.replace("name: id", "name: number"))
    replacing = (await place.panka("plan", rekeyed)).ok()
    assert "forces replacement" in replacing.text
    (await place.panka("apply", rekeyed, "-y", "--confirm", "orders")).ok()
    assert len(place.cloud()["AWS::DynamoDB::Table"]) == 1
    assert place.cloud()["AWS::DynamoDB::Table"] != old_table

    history = (await place.panka("history", "small", "-o", "json")).ok().json
    assert [one["result"] for one in history["runs"]] == ["succeeded"] * 4

    (await place.panka("destroy", "small", "-y")).ok()
    assert place.cloud() == before


async def test_the_shop_applies_replans_empty_and_leaves_nothing(place: World) -> None:
    before = place.cloud()
    await place.start_worker()

    (await place.panka("apply", "shop", "-y")).ok()
    state = await place.state("shop")
    steps = await place.steps("shop")
    place.faults.reset()
    (await place.panka("apply", "shop", "-y")).ok()
    quiet = place.faults.changes
    named = (await place.panka("plan", "shop", "-o", "name")).ok().out
    (await place.panka("destroy", "shop", "-y")).ok()

    assert len(state["resources"]) >= 40
    assert steps == []
    assert quiet == []
    assert named == ""  # a plan of nothing is not filed
    assert place.cloud() == before


async def test_a_type_that_nobody_makes_is_refused_before_anything_begins(place: World) -> None:
    broken = STACK + (
        "---\napiVersion: components.panka.io/v1\nkind: Resource\nmetadata: {name: access, service: api}\n"
        "spec: {type: 'AWS::RDS::DBSecurityGroup', properties: {GroupDescription: x, DBSecurityGroupIngress: []}}\n"
    )
    path = write(place, broken)

    for command in ("plan", "apply"):
        refused = await place.panka(command, path)

        assert refused.code == 65
        assert "error[PK366]: nobody can create `access:main`" in refused.text
        assert "small.yaml:" in refused.text


async def test_a_failed_apply_names_the_line_and_goes_back(place: World, tmp_path: Path) -> None:
    await place.start_worker()
    broken = STACK + (
        "---\napiVersion: components.panka.io/v1\nkind: Lambda\nmetadata: {name: late, service: api}\n"
        "spec:\n  runtime: python3.12\n  handler: app.handler\n"
        "  code: {s3Bucket: no-such-bucket-anywhere, s3Key: app.zip}\n"
    )

    failed = await place.panka("apply", write(place, broken), "-y")

    assert failed.code == 1
    assert "small.yaml:" in failed.text
    assert place.cloud() == {}
    status = (await place.panka("history", "small", "-o", "json")).ok().json
    assert status["runs"][0]["result"] == "rolled back"
