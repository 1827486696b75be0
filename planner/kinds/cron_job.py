"""CronJob: a container that runs at certain times and ends."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import model_validator

from panka.planner.component import Component, Context, Kind, Lowered, Path
from panka.planner.resource import PhysicalName, Resource
from panka.planner.rules import broken, shaped
from panka.planner.vocabulary import volumes
from panka.planner.vocabulary.policies import allow, role, role_policy
from panka.planner.vocabulary.schedules import Schedule
from panka.planner.vocabulary.workload import ContainerSpec, Task, placement, task

LATEST_SECONDS = 3_600
"""How late a run may begin that AWS could not start in time; later ones are left out."""


class CronJobSpec(ContainerSpec):
    schedule: Schedule
    """When it runs: `rate(5 minutes)`, `cron(0 3 * * ? *)` as EventBridge Scheduler reads it, or five-field cron
    (`0 3 * * *`, `*/15 8-18 * * MON-FRI`, `@daily`)."""
    timezone: Annotated[
        str | None, shaped(r"[A-Za-z]+([/_+-][A-Za-z0-9]+)*", "a time zone: `UTC`, `Europe/Berlin`")
    ] = None
    """The time zone of a cron schedule, summer time included; by default UTC."""
    enabled: bool = True
    """Whether it runs; `false` keeps the job without starting it."""
    concurrency_policy: Literal["Allow", "Forbid", "Replace"] = "Allow"
    """`Allow` starts a run even while the one before goes on. Scheduler knows nothing else: `Forbid` and `Replace`
    are refused."""

    @model_validator(mode="after")
    def _has_effect(self) -> Self:
        if self.concurrency_policy != "Allow":
            raise broken(
                "PK312",
                f"`concurrencyPolicy: {self.concurrency_policy}` has no effect: EventBridge Scheduler starts every run",
                "concurrencyPolicy",
            )
        if self.timezone and self.schedule.startswith("rate("):
            raise broken("PK312", "`timezone` has no effect on a `rate()`", "timezone")
        return self


def mentions(spec: CronJobSpec) -> Iterable[tuple[str, Path]]:
    return volumes.mentions(spec.volumes)


def lower(component: Component[CronJobSpec], context: Context) -> Lowered:
    """The task first, then who may start it, then when."""
    spec = component.spec
    work = task(component, context, {})
    starter = role(component, "schedule-role", "scheduler.amazonaws.com")
    policy = _policy(component, work, starter)
    schedule = component.resource(
        "main",
        "AWS::Scheduler::Schedule",
        {
            "ScheduleExpression": spec.schedule,
            **({} if spec.schedule.startswith("rate(") else {"ScheduleExpressionTimezone": spec.timezone or "UTC"}),
            "State": "ENABLED" if spec.enabled else "DISABLED",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": work.cluster.ref("Arn"),
                "RoleArn": starter.ref("Arn"),
                "EcsParameters": {
                    "TaskDefinitionArn": work.definition.ref("TaskDefinitionArn"),
                    "TaskCount": 1,
                    "LaunchType": spec.runtime.in_ecs_words,
                    "PropagateTags": "TASK_DEFINITION",
                    **placement(work, context),
                },
                "RetryPolicy": {"MaximumEventAgeInSeconds": LATEST_SECONDS, "MaximumRetryAttempts": 10},
            },
        },
        name=PhysicalName("Name", 64),
        depends_on=dict.fromkeys((policy.address, *work.waits)),
    )
    return Lowered(
        resources=(*work.resources, starter, policy, schedule),
        outputs={
            "scheduleArn": schedule.ref("Arn"),
            "taskDefinitionArn": work.definition.ref("TaskDefinitionArn"),
        },
        notes=work.notes,
    )


def _policy(component: Component[CronJobSpec], work: Task, starter: Resource) -> Resource:
    """Scheduler may start this task in this cluster, and hand it its two roles."""
    run = {
        **allow(["ecs:RunTask"], work.definition.ref("TaskDefinitionArn")),
        "Condition": {"ArnEquals": {"ecs:cluster": work.cluster.ref("Arn")}},
    }
    hand_over = {
        **allow(["iam:PassRole"], work.execution.ref("Arn"), work.own.ref("Arn")),
        "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    }
    tag = {
        **allow(["ecs:TagResource"], "*"),
        "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
    }
    return role_policy(component, "schedule-policy", starter, (run, hand_over, tag))


CRON_JOB = Kind(
    "CronJob",
    CronJobSpec,
    lower,
    outputs={
        "scheduleArn": "The schedule's ARN.",
        "taskDefinitionArn": "The ARN of the task definition that it starts.",
    },
    mentions=mentions,
    needs_network=lambda spec: spec.runtime.own_interface,
)
