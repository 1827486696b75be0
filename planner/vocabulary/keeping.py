"""The ECS service that keeps a number of tasks running."""

from collections.abc import Iterable

from panka.planner.component import Component, Context
from panka.planner.resource import Address, Lifecycle, PhysicalName, Properties, Resource
from panka.planner.vocabulary.exposing import Joined
from panka.planner.vocabulary.health import HealthCheck
from panka.planner.vocabulary.workload import ContainerSpec, Task, placement

GRACE_SECONDS = 60
"""How long after its start a load balancer's word on a task does not count, unless the health check says so."""


def service(
    component: Component[ContainerSpec],
    context: Context,
    work: Task,
    *,
    replicas: int,
    scaled: bool,
    more: Properties | None = None,
    waits: Iterable[Address] = (),
) -> Resource:
    """The service; with `scaled` the number of its tasks is only where it begins."""
    return component.resource(
        "main",
        "AWS::ECS::Service",
        {
            "Cluster": work.cluster.ref("Arn"),
            "TaskDefinition": work.definition.ref("TaskDefinitionArn"),
            "DesiredCount": replicas,
            "LaunchType": component.spec.runtime.in_ecs_words,
            "DeploymentConfiguration": {
                "MinimumHealthyPercent": 100,
                "MaximumPercent": 200,
                # Without it ECS tries a version that does not start again and again, and the run waits for long.
                "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
            },
            "PropagateTags": "SERVICE",
            **placement(work, context),
            **(more or {}),
        },
        name=PhysicalName("ServiceName", 255),
        depends_on=dict.fromkeys((*work.waits, *waits)),
        # Autoscaling moves the number of tasks; a plan that moved it back would undo its work.
        lifecycle=Lifecycle(ignore_changes=("DesiredCount",)) if scaled else None,
    )


def balanced(component: Component[ContainerSpec], joined: tuple[Joined, ...], health: HealthCheck | None) -> Properties:
    """How a service registers its tasks with load balancers."""
    if not joined:
        return {}
    said = health.balanced.initial_delay_seconds if health else 0
    return {
        "LoadBalancers": [
            {"ContainerName": component.name, "ContainerPort": one.port, "TargetGroupArn": one.group} for one in joined
        ],
        "HealthCheckGracePeriodSeconds": said or GRACE_SECONDS,
    }
