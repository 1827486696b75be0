"""Days after the first deploy: going back to an earlier run, and what differs between runs."""

from plugins.world import World

STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
  outputs: {queue: "${jobs.queueName}"}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec:
  visibilityTimeout: 30
---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: worker, service: api}
spec:
  runtime: python3.12
  handler: main.handler
  code: {zipFile: worker}
  environment: {QUEUE: "${jobs.queueUrl}"}
"""
TOPIC = """---
apiVersion: components.panka.io/v1
kind: SNS
metadata: {name: news, service: api}
spec: {}
"""


def write(place: World, text: str, code: str = "1") -> str:
    (place.folder / "worker").mkdir(exist_ok=True)
    (place.folder / "worker" / "main.py").write_text(f"def handler(event, context):\n    return {code}\n")
    (place.folder / "small.yaml").write_text(text)
    return "small.yaml"


def timeout_of(place: World) -> str:
    (url,) = place.cloud()["AWS::SQS::Queue"]
    told = place.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return str(told["Attributes"]["VisibilityTimeout"])


def code_of(place: World) -> str:
    aws = place.client("lambda")
    (name,) = place.cloud()["AWS::Lambda::Function"]
    return str(aws.get_function(FunctionName=name)["Configuration"]["CodeSha256"])


async def test_a_rollback_brings_back_what_an_earlier_run_was_for(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, STACK), "-y")).ok()
    first = code_of(place)
    later = STACK.replace("visibilityTimeout: 30", "visibilityTimeout: 60") + TOPIC
    (await place.panka("apply", write(place, later, code="2"), "-y")).ok()
    (place.folder / "small.yaml").unlink()
    assert (timeout_of(place), len(place.cloud()["AWS::SNS::Topic"]), code_of(place) == first) == ("60", 1, False)

    unasked = await place.panka("rollback", "small", "--to", "1")
    back = (await place.panka("rollback", "small", "--to", "small#1", "-y")).ok()

    assert unasked.code == 64
    assert "note: back to what run #1 was for" in back.err
    assert "visibilityTimeout  60 -> 30" in back.err
    assert "- SNS     api/news    DESTROY" in back.err
    assert "AWS::SNS::Topic" not in place.cloud()
    assert (timeout_of(place), code_of(place)) == ("30", first)
    runs = (await place.panka("history", "small", "-o", "json")).ok().json["runs"]
    assert [(one["kind"], one["result"]) for one in runs] == [
        ("rollback", "succeeded"),
        ("apply", "succeeded"),
        ("apply", "succeeded"),
    ]
    assert "Nothing changes" in (await place.panka("rollback", "small", "--to", "1", "-y")).ok().text
    assert await place.steps(write(place, STACK)) == []


async def test_a_renamed_component_goes_back_to_its_old_name_and_keeps_its_queue(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, STACK), "-y")).ok()
    before = place.cloud()["AWS::SQS::Queue"]
    renamed = STACK.replace("name: jobs", "name: tasks").replace("jobs.", "tasks.")
    block = "  moved: [{from: jobs, to: tasks}]\n  outputs"
    (await place.panka("apply", write(place, renamed.replace("  outputs", block)), "-y")).ok()

    back = (await place.panka("rollback", "small", "--to", "1", "-y")).ok()

    assert "moved from tasks" in back.err
    assert place.cloud()["AWS::SQS::Queue"] == before
    assert "jobs:main" in (await place.state("small"))["resources"]
    assert await place.steps(write(place, STACK)) == []


async def test_whoever_cannot_be_gone_back_to_is_refused_with_the_reason(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, STACK), "-y")).ok()
    broken = STACK + (
        "---\napiVersion: components.panka.io/v1\nkind: Lambda\nmetadata: {name: late, service: api}\n"
        "spec:\n  runtime: python3.12\n  handler: app.handler\n"
        "  code: {s3Bucket: no-such-bucket-anywhere, s3Key: app.zip}\n"
    )
    assert (await place.panka("apply", write(place, broken), "-y")).code == 1
    (await place.panka("apply", write(place, STACK + TOPIC), "-y", "--exclude", "news", "--var", "X=1")).ok()
    changed = STACK.replace("visibilityTimeout: 30", "visibilityTimeout: 90") + TOPIC
    (await place.panka("apply", write(place, changed), "-y", "--exclude", "news")).ok()
    (await place.panka("destroy", "small", "-y")).ok()
    ended = len((await place.panka("history", "small", "-o", "json")).ok().json["runs"])

    said = {number: await place.panka("rollback", "small", "--to", str(number), "-y") for number in (2, 3, ended, 99)}

    assert {one.code for one in said.values()} == {64}
    assert "Run #2 did not succeed (rolled back), so nothing was ever as it says." in said[2].err
    assert "Run #3 was limited to a part of its stack" in said[3].err
    assert f"Run #{ended} destroyed what there was." in said[ended].err
    assert "acme/small/dev has no run #99 on record." in said[99].err
    assert (await place.panka("rollback", "small", "--to", "1", "-y")).ok()
    assert timeout_of(place) == "30"


async def test_two_runs_are_compared_in_the_look_of_a_plan(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, STACK), "-y")).ok()
    later = STACK.replace("visibilityTimeout: 30", "visibilityTimeout: 60") + TOPIC
    (await place.panka("apply", write(place, later), "-y")).ok()
    place.faults.reset()

    told = (await place.panka("diff", "small#1", "small#2")).ok()
    alone = (await place.panka("diff", "small#2")).ok()
    back = (await place.panka("diff", "2", "1", "--stack", "small", "-o", "json", "--detailed-exitcode")).json
    same = (await place.panka("diff", "1", "1", "--stack", "small")).ok()
    first = await place.panka("diff", "small#1")

    assert told.out == (
        "acme/small  dev  123456789012 eu-west-1   from #1 to #2\n"
        "\n"
        "  + SNS  api/news  create\n"
        "  ~ SQS  api/jobs  update in place\n"
        "      visibilityTimeout  30 -> 60\n"
        "\n"
        "From #1 to #2: 1 create, 1 update\n"
    )
    assert alone.out == told.out
    assert [(one["component"], one["action"]) for one in back["components"]] == [
        ("api/jobs", "update"),
        ("api/news", "delete"),
    ]
    assert "Nothing differs." in same.out
    assert first.code == 64
    assert "No run of acme/small/dev before #1 has succeeded." in first.err
    assert place.faults.changes == []
