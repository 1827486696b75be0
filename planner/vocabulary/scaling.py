"""How the number of a service's tasks follows its load: CPU and memory, or what waits in a queue."""

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Spec
from panka.planner.resource import PhysicalName, Properties, Ref, Resource, Text, text
from panka.planner.rules import broken

Percent = Annotated[int, Field(ge=1, le=100)]

METRICS = {"scale-cpu": "ECSServiceAverageCPUUtilization", "scale-memory": "ECSServiceAverageMemoryUtilization"}
MOST_STEPS = 20
"""Adjustments that a step scaling policy takes."""
IDLE_MINUTES = 5
"""How long a queue is empty before the tasks go down to `minReplicas`."""


class Autoscaling(Spec):
    """Follows the load with the number of tasks."""

    enabled: bool = True
    """Whether it does."""
    min_replicas: Annotated[int, Field(ge=0)] = 1
    """The fewest tasks."""
    max_replicas: Annotated[int, Field(ge=1)] | None = None
    """The most tasks; required unless `enabled: false`."""
    target_cpu_utilization: Annotated[Percent | None, Field(alias="targetCPUUtilization")] = None
    """CPU use to aim at, in percent; 70 when no target is given."""
    target_cpu_percent: Annotated[Percent | None, Field(alias="targetCPUPercent")] = None
    """The same as `targetCPUUtilization`."""
    target_memory_percent: Percent | None = None
    """Memory use to aim at, in percent."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_replicas is None and self.enabled:
            raise broken("PK311", "`autoscaling` needs `maxReplicas`", "maxReplicas")
        if self.max_replicas is not None and self.min_replicas > self.max_replicas:
            raise broken("PK310", "`minReplicas` is above `maxReplicas`", "minReplicas")
        if self.target_cpu_utilization and self.target_cpu_percent:
            raise broken("PK310", "`targetCPUUtilization` and `targetCPUPercent` are the same")
        return self

    @property
    def most(self) -> int:
        """The most tasks of a scaling that is enabled."""
        return self.max_replicas or self.min_replicas

    @property
    def said(self) -> dict[str, int]:
        """The targets that the user gives, by the address part of their policies."""
        given = {
            "scale-cpu": self.target_cpu_utilization or self.target_cpu_percent,
            "scale-memory": self.target_memory_percent,
        }
        return {part: percent for part, percent in given.items() if percent}

    @property
    def targets(self) -> dict[str, int]:
        """What to aim at, by the address part of its policy."""
        return self.said or {"scale-cpu": 70}


@dataclass(frozen=True, slots=True)
class Scaled:
    """A service's number of tasks as something that may be scaled."""

    component: Component[ComponentSpec]
    cluster: Resource
    service: Resource
    least: int
    most: int

    @property
    def _names(self) -> Properties:
        return {
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": text("service/", self.cluster.ref("ClusterName"), "/", self.service.ref("Name")),
        }

    def target(self) -> Resource:
        """What policies scale."""
        return self.component.resource(
            "scaling",
            "AWS::ApplicationAutoScaling::ScalableTarget",
            {**self._names, "MinCapacity": self.least, "MaxCapacity": self.most},
        )

    def policy(self, part: str, target: Resource, properties: Properties) -> Resource:
        """A policy for the target."""
        return self.component.resource(
            part,
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            {**self._names, **properties},
            name=PhysicalName("PolicyName", 255),
            depends_on=[target.address],
        )

    def by_use(self, targets: dict[str, int]) -> tuple[Resource, ...]:
        """A policy for each thing to aim at."""
        target = self.target()
        return target, *(self.policy(part, target, _tracking(part, percent)) for part, percent in targets.items())

    def by_queue(self, queue: Ref | Text | str | int, depth: int) -> tuple[Resource, ...]:
        """One task for each `depth` messages that wait or are in work; `minReplicas` when there are none for a while.

        What is in work counts, as tasks would else be taken away while they handle the last messages.
        """
        target = self.target()
        filled = self.policy("scale-filled", target, _steps(_sizes(self.most), depth))
        # Of an alarm that low values raise, a step reaches from below up to the threshold.
        idle = self.policy(
            "scale-idle", target, _step_scaling([{"MetricIntervalUpperBound": 0, "ScalingAdjustment": self.least}])
        )
        # An idle queue's metrics end after a while: that is as good as none waiting.
        some = {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "TreatMissingData": "notBreaching",
        }
        none = {
            "ComparisonOperator": "LessThanOrEqualToThreshold",
            "EvaluationPeriods": IDLE_MINUTES,
            "TreatMissingData": "breaching",
        }
        alarms = (
            self._alarm("alarm-filled", queue, filled, some),
            self._alarm("alarm-idle", queue, idle, none),
        )
        return target, filled, idle, *alarms

    def _alarm(self, part: str, queue: Ref | Text | str | int, policy: Resource, properties: Properties) -> Resource:
        return self.component.resource(
            part,
            "AWS::CloudWatch::Alarm",
            {
                "AlarmDescription": f"Scales {self.component.name}",
                "Threshold": 0,
                **properties,
                "Metrics": [
                    {"Id": "messages", "Expression": "visible + inwork", "ReturnData": True},
                    _metric("visible", "ApproximateNumberOfMessagesVisible", queue),
                    _metric("inwork", "ApproximateNumberOfMessagesNotVisible", queue),
                ],
                "AlarmActions": [policy.ref("Arn")],
            },
            name=PhysicalName("AlarmName", 255),
        )


def _tracking(part: str, percent: int) -> Properties:
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "PredefinedMetricSpecification": {"PredefinedMetricType": METRICS[part]},
            "TargetValue": percent,
        },
    }


def _sizes(most: int) -> list[int]:
    """The numbers of tasks to step through, in no more steps than a policy takes."""
    count = min(most, MOST_STEPS)
    return [-(-number * most // count) for number in range(1, count + 1)]


def _steps(sizes: list[int], depth: int) -> Properties:
    """Each number of tasks from where the one before it has its hands full."""
    bounds = [0, *(size * depth for size in sizes[:-1])]
    steps = []
    for number, size in enumerate(sizes):
        step: Properties = {"MetricIntervalLowerBound": bounds[number], "ScalingAdjustment": size}
        if number + 1 < len(sizes):
            step["MetricIntervalUpperBound"] = bounds[number + 1]
        steps.append(step)
    return _step_scaling(steps)


def _step_scaling(steps: list[Properties]) -> Properties:
    return {
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ExactCapacity",
            "Cooldown": 60,
            "MetricAggregationType": "Maximum",
            "StepAdjustments": steps,
        },
    }


def _metric(id: str, name: str, queue: Ref | Text | str | int) -> Properties:
    metric = {"Namespace": "AWS/SQS", "MetricName": name, "Dimensions": [{"Name": "QueueName", "Value": queue}]}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}, "ReturnData": False}
