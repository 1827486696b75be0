from typing import Any

import pytest

from panka.planner.vocabulary.schedules import schedule

JOB: dict[str, Any] = {"image": {"repository": "app"}, "schedule": "0 3 * * *"}


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("0 3 * * *", "cron(0 3 * * ? *)"),
        ("*/15 8-18 * * MON-FRI", "cron(0,15,30,45 8-18 ? * 2-6 *)"),
        ("0 0 1 jan,jul *", "cron(0 0 1 1,7 ? *)"),
        ("0 0 * * 5-7", "cron(0 0 ? * 1,6,7 *)"),
        ("0 0 * * 0", "cron(0 0 ? * 1 *)"),
        ("@hourly", "cron(0 * * * ? *)"),
        ("1-9/4 * * * *", "cron(1,5,9 * * * ? *)"),
        ("cron(0 3 * * ? *)", "cron(0 3 * * ? *)"),
        ("rate(1 hours)", "rate(1 hour)"),
        ("rate(5 minute)", "rate(5 minutes)"),
    ],
)
def test_every_form_of_schedule_is_said_in_schedulers(written: str, sent: str) -> None:
    assert schedule(written) == sent


def test_a_job_is_a_task_that_scheduler_may_start(bench: Any) -> None:
    lowered = bench.lower("CronJob", {**JOB, "timezone": "Europe/Berlin"})

    parts = bench.parts(lowered)
    made = parts["main"].properties
    assert made["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert made["Target"]["EcsParameters"]["TaskDefinitionArn"] == parts["task-definition"].ref("TaskDefinitionArn")
    run, hand_over, _ = parts["schedule-policy"].properties["PolicyDocument"]["Statement"]
    assert run["Resource"] == [parts["task-definition"].ref("TaskDefinitionArn")]
    assert hand_over["Resource"] == [parts["execution-role"].ref("Arn"), parts["role"].ref("Arn")]
    assert set(lowered.outputs) == {"scheduleArn", "taskDefinitionArn"}


def test_a_job_that_is_off_keeps_its_schedule(bench: Any) -> None:
    assert bench.parts(bench.lower("CronJob", {**JOB, "enabled": False}))["main"].properties["State"] == "DISABLED"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"schedule": "every day"}, "PK324"),
        ({"schedule": "61 * * * *"}, "PK324"),
        ({"schedule": "0 0 1 * 1"}, "PK324"),
        ({"schedule": "*/0 * * * *"}, "PK324"),
        ({"schedule": "cron(0 3 * * *)"}, "PK324"),
        ({"schedule": "rate(0 minutes)"}, "PK324"),
        ({"concurrencyPolicy": "Forbid"}, "PK312"),
        ({"schedule": "rate(1 hour)", "timezone": "UTC"}, "PK312"),
        ({"timezone": "Berlin time"}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    assert bench.refused("CronJob", {**JOB, **spec}) == code
