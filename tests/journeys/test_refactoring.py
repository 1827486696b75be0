"""Addresses on record: resources that are taken over, renamed and forgotten, each by a run."""

import re
from typing import Any

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
  visibilityTimeout: 45
---
apiVersion: components.panka.io/v1
kind: SNS
metadata: {name: news, service: api}
spec: {}
"""


def write(place: World, text: str = STACK) -> str:
    (place.folder / "small.yaml").write_text(text)
    return "small.yaml"


async def runs(place: World) -> list[tuple[str, str]]:
    told = (await place.panka("history", "small", "-o", "json")).ok().json["runs"]
    return [(one["kind"], one["result"]) for one in told]


def queue(place: World, **attributes: str) -> str:
    made: dict[str, Any] = place.client("sqs").create_queue(QueueName="old-jobs", Attributes=attributes)
    return str(made["QueueUrl"])


async def test_an_import_shows_what_it_changes_and_leaves_nothing_to_plan(place: World) -> None:
    await place.start_worker()
    url = queue(place, VisibilityTimeout="30")
    write(place)

    unasked = await place.panka("import", "jobs", url, "small.yaml")
    strange = await place.panka("import", "jbos", url, "small.yaml")
    nothing = await place.panka("import", "jobs", f"{url}-2", "small.yaml", "-y")
    taken = (await place.panka("import", "jobs", url, "small.yaml", "-y")).ok()
    again = await place.panka("import", "jobs", url, "small.yaml", "-y")

    assert unasked.code == 64
    assert "+ SQS  api/jobs  import http" in unasked.err
    assert re.search(r"VisibilityTimeout +30 -> 45", unasked.err), unasked.err
    assert (strange.code, "did you mean `jobs:main`?" in strange.err) == (64, True)
    assert (nothing.code, "error[PK364]" in nothing.err) == (65, True)
    assert "api/jobs  import" in taken.err
    assert "`jobs:main` is on record already" in again.err
    told = place.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert told["Attributes"]["VisibilityTimeout"] == "45"
    assert await runs(place) == [("import", "succeeded")]
    assert await place.steps("small.yaml") == [("create", "news:main")]


async def test_what_is_moved_on_record_is_what_the_renamed_yaml_means(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place), "-y")).ok()
    before = place.cloud()
    place.faults.reset()

    unknown = await place.panka("state", "mv", "jbos", "tasks", "--stack", "small", "-y")
    taken = await place.panka("state", "mv", "jobs", "news", "--stack", "small", "-y")
    quiet = place.faults.changes
    moved = (await place.panka("state", "mv", "jobs", "tasks", "--stack", "small", "-y")).ok()

    assert (unknown.code, taken.code, quiet) == (64, 64, [])
    assert "did you mean `jobs`?" in unknown.err
    assert "`news:main` is on record already." in taken.err
    assert "~ SQS  api/tasks  update in place, moved from jobs" in moved.err
    assert place.cloud() == before
    assert await place.steps(write(place, STACK.replace("name: jobs", "name: tasks"))) == []
    (url,) = place.cloud()["AWS::SQS::Queue"]
    assert place.client("sqs").list_queue_tags(QueueUrl=url)["Tags"]["panka:address"] == "tasks:main"
    assert await runs(place) == [("move", "succeeded"), ("apply", "succeeded")]
    assert "move of p-" in (await place.panka("show", "small#2")).ok().text


async def test_what_is_forgotten_stays_in_aws(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place), "-y")).ok()
    before = place.cloud()

    unasked = await place.panka("state", "rm", "news", "jobs:main", "--stack", "small")
    (await place.panka("state", "rm", "news", "--stack", "small", "-y")).ok()
    listed = (await place.panka("state", "list", "small", "-o", "name")).ok()
    shown = (await place.panka("state", "show", "jobs", "--stack", "small", "-o", "json")).ok()

    assert unasked.code == 64
    assert "2 forget" in unasked.err
    assert place.cloud() == before
    assert listed.out == "jobs:main\n"
    assert "small-dev-jobs-" in shown.json["id"]
    assert await runs(place) == [("forget", "succeeded"), ("apply", "succeeded")]
    assert "was for no stack of its own" in (await place.panka("rollback", "small", "--to", "2")).err
