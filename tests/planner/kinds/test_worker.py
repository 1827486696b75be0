from typing import Any

import pytest

IMAGE: dict[str, Any] = {"image": {"repository": "app"}}


def test_a_worker_may_use_its_queue(bench: Any) -> None:
    jobs = bench.used("SQS", {}, "jobs")

    parts = bench.parts(bench.lower("Worker", {**IMAGE, "queue": "jobs"}, uses={"jobs": jobs}))

    statements = parts["policy"].properties["PolicyDocument"]["Statement"]
    assert statements == list(jobs.lowered.grants.statements)
    assert "scaling" not in parts


def test_the_depth_of_the_queue_says_how_many_run(bench: Any) -> None:
    jobs = bench.used("SQS", {}, "jobs")
    scaling = {"minReplicas": 0, "maxReplicas": 3, "targetQueueDepth": 50}

    parts = bench.parts(bench.lower("Worker", {**IMAGE, "queue": "jobs", "autoscaling": scaling}, uses={"jobs": jobs}))

    steps = parts["scale-filled"].properties["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert steps == [
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1, "MetricIntervalUpperBound": 50},
        {"MetricIntervalLowerBound": 50, "ScalingAdjustment": 2, "MetricIntervalUpperBound": 100},
        {"MetricIntervalLowerBound": 100, "ScalingAdjustment": 3},
    ]
    alarm = parts["alarm-filled"].properties
    assert alarm["AlarmActions"] == [parts["scale-filled"].ref("Arn")]
    metric = alarm["Metrics"][1]["MetricStat"]["Metric"]
    assert metric["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert metric["Dimensions"] == [{"Name": "QueueName", "Value": jobs.lowered.outputs["queueName"]}]
    assert parts["alarm-idle"].properties["AlarmActions"] == [parts["scale-idle"].ref("Arn")]
    assert parts["main"].properties["DesiredCount"] == 0
    assert parts["main"].lifecycle.ignore_changes == ("DesiredCount",)


def test_many_tasks_are_reached_in_twenty_steps(bench: Any) -> None:
    jobs = bench.used("SQS", {}, "jobs")

    parts = bench.parts(
        bench.lower("Worker", {**IMAGE, "queue": "jobs", "autoscaling": {"maxReplicas": 90}}, uses={"jobs": jobs})
    )

    steps = parts["scale-filled"].properties["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert len(steps) == 20
    assert steps[-1]["ScalingAdjustment"] == 90


def test_without_a_queue_a_worker_follows_its_load(bench: Any) -> None:
    parts = bench.parts(bench.lower("Worker", {**IMAGE, "autoscaling": {"maxReplicas": 3}}))

    assert "scale-cpu" in parts
    assert "alarm-filled" not in parts


def test_a_worker_can_have_a_name_in_the_network(bench: Any) -> None:
    parts = bench.parts(bench.lower("Worker", {**IMAGE, "serviceDiscovery": {"namespace": "shop.internal"}}))

    assert parts["name"].properties["Name"] == "it"
    assert parts["main"].properties["ServiceRegistries"] == [{"RegistryArn": parts["name"].ref("Arn")}]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"autoscaling": {"maxReplicas": 2, "targetQueueDepth": 5}}, "PK311"),
        ({"queue": "jobs", "autoscaling": {"maxReplicas": 2, "targetCPUPercent": 50}}, "PK310"),
        ({"queue": "topic"}, "PK313"),
        ({"healthCheck": {"path": "/"}}, "PK311"),
        ({"ports": [{"port": 80}]}, "extra_forbidden"),
        ({"serviceDiscovery": {}, "runtime": {"platform": "ec2", "networkMode": "host"}}, "PK321"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    uses = {"jobs": bench.used("SQS", {}, "jobs"), "topic": bench.used("SNS", {}, "topic")}

    assert bench.refused("Worker", {**IMAGE, **spec}, uses=uses) == code
