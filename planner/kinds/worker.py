"""Worker: a container that ECS keeps running and that nobody connects to."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentName, Context, Kind, Lowered, Path, Used
from panka.planner.resource import Ref, Resource, Text
from panka.planner.rules import broken
from panka.planner.vocabulary import volumes
from panka.planner.vocabulary.discovery import ServiceDiscovery, check_network, names, registered
from panka.planner.vocabulary.health import HealthCheck, container_check
from panka.planner.vocabulary.keeping import service
from panka.planner.vocabulary.scaling import Autoscaling, Scaled
from panka.planner.vocabulary.workload import ContainerSpec, Task, task

USUAL_DEPTH = 100


class WorkerAutoscaling(Autoscaling):
    """Follows the load, or the queue, with the number of tasks."""

    target_queue_depth: Annotated[int, Field(ge=1)] | None = None
    """Messages of the `queue`, waiting or in work, for each task; by default 100. With `minReplicas: 0` nothing runs
    while the queue is empty."""


class WorkerSpec(ContainerSpec):
    replicas: Annotated[int, Field(ge=0)] | None = None
    """How many tasks run; by default 1, or the autoscaling's `minReplicas`."""
    queue: ComponentName | None = None
    """The SQS component that it works off: it may receive and delete there, and `autoscaling` follows its depth."""
    autoscaling: WorkerAutoscaling | None = None
    """Follows the depth of the `queue`, or without one the load; then `replicas` is only where it begins."""
    health_check: HealthCheck | None = None
    """How ECS finds out whether the container works; by default only whether it runs."""
    service_discovery: ServiceDiscovery | None = None
    """A DNS name in the network."""

    @model_validator(mode="after")
    def _scaled_by_one(self) -> Self:
        scaling = self.autoscaling
        check_network(self.service_discovery, own_interface=self.runtime.own_interface)
        if scaling and scaling.target_queue_depth and not self.queue:
            raise broken("PK311", "`targetQueueDepth` needs a `queue`", "autoscaling.targetQueueDepth")
        if scaling and scaling.said and self.queue:
            raise broken("PK310", "autoscaling follows either the `queue` or CPU and memory", "autoscaling")
        if self.health_check and self.health_check.balanced.wants_default_port:
            raise broken("PK311", "the health check needs a `port`, as a worker has no `ports`", "healthCheck")
        if self.health_check and self.health_check.readiness and self.health_check.liveness:
            raise broken("PK312", "`readiness` has no effect beside `liveness`: nobody connects", "healthCheck")
        return self

    @property
    def discovered(self) -> ServiceDiscovery | None:
        return self.service_discovery if self.service_discovery and self.service_discovery.enabled else None

    @property
    def scales(self) -> WorkerAutoscaling | None:
        return self.autoscaling if self.autoscaling and self.autoscaling.enabled else None


def mentions(spec: WorkerSpec) -> Iterable[tuple[str, Path]]:
    if spec.queue:
        yield spec.queue, ("queue",)
    yield from volumes.mentions(spec.volumes)


def lower(component: Component[WorkerSpec], context: Context) -> Lowered:
    """The task first, then the service, then what scales it."""
    spec = component.spec
    queue = _queue(spec, context)
    probe = spec.health_check.inside(balanced=False) if spec.health_check else None
    check = {"HealthCheck": container_check(probe, 0)} if probe else {}
    work = task(component, context, check, (queue.name,) if queue else ())
    least = spec.scales.min_replicas if spec.scales else 1
    found = names(component, context, spec.discovered)
    made = service(
        component,
        context,
        work,
        replicas=least if spec.replicas is None else spec.replicas,
        scaled=spec.scales is not None,
        more=registered(found),
    )
    outputs: dict[str, Ref | Text | str | int] = {
        "serviceName": made.ref("Name"),
        "serviceArn": made.ref("ServiceArn"),
        "clusterArn": work.cluster.ref("Arn"),
        "taskDefinitionArn": work.definition.ref("TaskDefinitionArn"),
    }
    if work.group:
        outputs["securityGroupId"] = work.group.ref("GroupId")
    return Lowered(
        resources=(*work.resources, *found, made, *_scaling(component, work, made, queue)),
        outputs=outputs,
        notes=work.notes,
    )


def _queue(spec: WorkerSpec, context: Context) -> Used | None:
    if spec.queue is None:
        return None
    used = context.uses[spec.queue.rpartition("/")[2]]
    if used.kind != "SQS":
        raise broken("PK313", f"`{spec.queue}` is of kind {used.kind}; a worker's `queue` is an SQS component", "queue")
    return used


def _scaling(component: Component[WorkerSpec], work: Task, made: Resource, queue: Used | None) -> tuple[Resource, ...]:
    scaling = component.spec.scales
    if scaling is None:
        return ()
    scaled = Scaled(component, work.cluster, made, scaling.min_replicas, scaling.most)
    if queue is None:
        return scaled.by_use(scaling.targets)
    return scaled.by_queue(queue.lowered.outputs["queueName"], scaling.target_queue_depth or USUAL_DEPTH)


WORKER = Kind(
    "Worker",
    WorkerSpec,
    lower,
    outputs={
        "serviceName": "The ECS service's name.",
        "serviceArn": "The ECS service's ARN.",
        "clusterArn": "The ARN of the stack's cluster.",
        "taskDefinitionArn": "The ARN of the task definition that runs.",
        "securityGroupId": "The id of its security group, with `networkMode: awsvpc`.",
    },
    mentions=mentions,
    needs_network=lambda spec: spec.runtime.own_interface,
)
