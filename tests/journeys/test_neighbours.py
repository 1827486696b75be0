"""Stacks that use each other: outputs with recorded consumers, which nobody takes away from them."""

from plugins.world import World

NET = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: net}
spec:
  provider: {name: aws, region: eu-west-1}
  outputs: {bus: "${events.topicArn}", retries: 3}
---
apiVersion: components.panka.io/v1
kind: SNS
metadata: {name: events, service: bus}
spec: {}
"""
QUEUE = """---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: dead, service: bus}
spec: {}
"""
SHOP = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: mini}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SNS
metadata: {name: news, service: api}
spec:
  displayName: "of ${stack:net.dead.queueName}"
"""


def write(place: World, name: str, text: str) -> str:
    (place.folder / f"{name}.yaml").write_text(text)
    return f"{name}.yaml"


async def test_an_output_that_another_stack_uses_stays_until_it_does_not(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, "net", NET + QUEUE), "-y")).ok()
    (await place.panka("apply", write(place, "mini", SHOP), "-y")).ok()

    told = (await place.panka("output", "--stack", "net", "--all")).ok()
    refused = await place.panka("apply", write(place, "net", NET), "-y")
    destroy = await place.panka("destroy", "net", "-y")
    partly = await place.panka("destroy", "net", "-y", "--target", "events")
    alone = SHOP.replace("of ${stack:net.dead.queueName}", "alone")
    (await place.panka("apply", write(place, "mini", alone), "-y")).ok()
    (await place.panka("apply", "net.yaml", "-y")).ok()

    assert "mini: api/news at mini.yaml:12:" in told.out
    for one in (refused, destroy):
        assert one.code == 65
        assert "error[PK367]: the plan would take away the output `dead.queueName`, which other stacks use" in one.err
        assert "note: used by stack `mini`: api/news at mini.yaml:12:" in one.err
    assert "queueArn" not in refused.err
    partly.ok()
    assert "AWS::SQS::Queue" not in place.cloud()


async def test_what_a_stack_tells_is_shown_whole_and_one_by_one(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, "net", NET), "-y")).ok()
    (topic,) = place.cloud()["AWS::SNS::Topic"]

    whole = (await place.panka("output", "--stack", "net")).ok()
    text = (await place.panka("output", "bus", "--stack", "net")).ok()
    number = (await place.panka("output", "retries", "--json", "--stack", "net")).ok()
    component = (await place.panka("output", "events.topicArn", "--json", "--stack", "net")).ok()
    data = (await place.panka("output", "--json", "--stack", "net")).ok()
    wrong = await place.panka("output", "bsu", "--stack", "net")

    assert whole.out == f"OUTPUT   VALUE\nbus      {topic}\nretries  3\n"
    assert (text.out, number.json, component.json) == (f"{topic}\n", 3, topic)
    assert data.json["outputs"] == {"bus": topic, "retries": 3}
    assert (wrong.code, "did you mean `bus`?" in wrong.err) == (64, True)
