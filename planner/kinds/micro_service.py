"""MicroService: a container that ECS keeps running."""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from panka.planner import doors
from panka.planner.component import Component, Context, Endpoint, Grants, Kind, Lowered, Spec
from panka.planner.health import HealthCheck, Port, container_check, lower_case
from panka.planner.owner import Scope
from panka.planner.resource import STACK, Address, Lifecycle, PhysicalName, Properties, Ref, Resource, Text, text
from panka.planner.rules import broken, shaped, unique
from panka.planner.workload import ContainerSpec, Task, task

Percent = Annotated[int, Field(ge=1, le=100)]


class OpenPort(Spec):
    """A port that the container listens on."""

    name: Annotated[str | None, shaped(r"[a-z0-9][a-z0-9_-]{0,63}", "a port name: lower-case letters and digits")] = (
        None
    )
    """The port's name."""
    port: Port
    """The port's number; components that reference this one may connect to it."""
    protocol: Annotated[Literal["tcp"], BeforeValidator(lower_case)] = "tcp"
    """The protocol."""


class Autoscaling(Spec):
    """Follows the load with the number of tasks."""

    enabled: bool = True
    """Whether it does."""
    min_replicas: Annotated[int, Field(ge=0)] = 1
    """The fewest tasks."""
    max_replicas: Annotated[int, Field(ge=1)]
    """The most tasks."""
    target_cpu_utilization: Annotated[Percent | None, Field(alias="targetCPUUtilization")] = None
    """CPU use to aim at, in percent; 70 when no target is given."""
    target_cpu_percent: Annotated[Percent | None, Field(alias="targetCPUPercent")] = None
    """The same as `targetCPUUtilization`."""
    target_memory_percent: Percent | None = None
    """Memory use to aim at, in percent."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise broken("PK310", "`minReplicas` is above `maxReplicas`")
        if self.target_cpu_utilization and self.target_cpu_percent:
            raise broken("PK310", "`targetCPUUtilization` and `targetCPUPercent` are the same")
        return self

    @property
    def targets(self) -> dict[str, int]:
        """What to aim at, by the address part of its policy."""
        said = {
            "scale-cpu": self.target_cpu_utilization or self.target_cpu_percent,
            "scale-memory": self.target_memory_percent,
        }
        return {part: percent for part, percent in said.items() if percent} or {"scale-cpu": 70}


class ServiceDiscovery(Spec):
    """A DNS name in the network, at which all tasks answer."""

    enabled: bool = True
    """Whether there is one."""
    namespace: Annotated[str | None, shaped(r"[a-z0-9-]+(\.[a-z0-9-]+)*", "a DNS domain")] = None
    """The private domain, which all components of the stack that name it share; by default
    `<environment>.<stack>.internal`."""
    name: Annotated[str | None, shaped(r"[a-z0-9-]{1,63}", "a DNS label")] = None
    """The host name in it; by default the component's."""


class MicroServiceSpec(ContainerSpec):
    replicas: Annotated[int, Field(ge=0)] | None = None
    """How many tasks run; by default 1, or the autoscaling's `minReplicas`."""
    autoscaling: Autoscaling | None = None
    """Follows the load; then `replicas` is only where it begins."""
    ports: tuple[OpenPort, ...] = ()
    """Ports that the container listens on."""
    health_check: HealthCheck | None = None
    """How ECS finds out whether the container works; by default only whether it runs."""
    service_discovery: ServiceDiscovery | None = None
    """A DNS name in the network."""

    @model_validator(mode="after")
    def _ports(self) -> Self:
        unique((one.port for one in self.ports), "the port")
        unique((one.name for one in self.ports if one.name), "the port name")
        if self.health_check and not self.ports and self.health_check.probe.wants_default_port:
            raise broken("PK311", "the health check needs a `port`, as the service has no `ports`")
        return self

    @property
    def scales(self) -> Autoscaling | None:
        return self.autoscaling if self.autoscaling and self.autoscaling.enabled else None

    @property
    def discovered(self) -> ServiceDiscovery | None:
        return self.service_discovery if self.service_discovery and self.service_discovery.enabled else None


def lower(component: Component[MicroServiceSpec], context: Context) -> Lowered:
    """Network and task first, then the service, then what scales it."""
    spec = component.spec
    group = doors.security_group(component, context)
    ways = doors.ways(component, context, group.ref("GroupId"))
    work = task(component, context, _container(spec))
    names = _names(component, context) if spec.discovered else ()
    service = component.resource(
        "main",
        "AWS::ECS::Service",
        {**_service(spec, work), **_network(context, group), **_registered(names)},
        name=PhysicalName("ServiceName", 255),
        depends_on=[way.address for way in ways],
        # Autoscaling moves the number of tasks; a plan that moved it back would undo its work.
        lifecycle=Lifecycle(ignore_changes=("DesiredCount",)) if spec.scales else None,
    )
    own = group.ref("GroupId")
    outputs: dict[str, Ref | Text | str | int] = {
        "serviceName": service.ref("Name"),
        "serviceArn": service.ref("ServiceArn"),
        "clusterArn": work.cluster.ref("Arn"),
        "taskDefinitionArn": work.definition.ref("TaskDefinitionArn"),
        "securityGroupId": own,
    }
    if spec.discovered and spec.ports:
        outputs["url"] = f"http://{_host(component, context.scope)}:{spec.ports[0].port}"
    ports = tuple(one.port for one in spec.ports)
    return Lowered(
        resources=(group, *ways, *work.resources, *names, service, *_scaling(component, work, service)),
        outputs=outputs,
        grants=Grants(connect=Endpoint(own, ports) if ports else None),
        notes=(*work.notes, *_notes(component)),
    )


def _container(spec: MicroServiceSpec) -> Properties:
    """The container's ports and health check."""
    properties: Properties = {}
    if spec.ports:
        properties["PortMappings"] = [
            {"ContainerPort": one.port, "Protocol": one.protocol, **({"Name": one.name} if one.name else {})}
            for one in spec.ports
        ]
    if spec.health_check:
        first = spec.ports[0].port if spec.ports else 0
        properties["HealthCheck"] = container_check(spec.health_check.probe, first)
    return properties


def _service(spec: MicroServiceSpec, work: Task) -> Properties:
    least = spec.scales.min_replicas if spec.scales else 1
    return {
        "Cluster": work.cluster.ref("Arn"),
        "TaskDefinition": work.definition.ref("TaskDefinitionArn"),
        "DesiredCount": least if spec.replicas is None else spec.replicas,
        "LaunchType": "FARGATE" if spec.runtime.on_fargate else "EC2",
        "DeploymentConfiguration": {
            "MinimumHealthyPercent": 100,
            "MaximumPercent": 200,
            # Without it ECS tries a version that does not start again and again, and the run waits until its deadline.
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        },
        "PropagateTags": "SERVICE",
    }


def _network(context: Context, group: Resource) -> Properties:
    return {
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": doors.subnets(context),
                "SecurityGroups": [group.ref("GroupId"), *context.network.security_groups],
                "AssignPublicIp": "ENABLED" if doors.needs_public_address(context) else "DISABLED",
            }
        }
    }


def _registered(names: tuple[Resource, ...]) -> Properties:
    return {"ServiceRegistries": [{"RegistryArn": names[-1].ref("Arn")}]} if names else {}


def _domain(component: Component[MicroServiceSpec], scope: Scope) -> str:
    found = component.spec.discovered
    return (found.namespace if found else None) or f"{scope.environment}.{scope.stack}.internal"


def _label(component: Component[MicroServiceSpec]) -> str:
    found = component.spec.discovered
    return (found.name if found else None) or component.name


def _host(component: Component[MicroServiceSpec], scope: Scope) -> str:
    return f"{_label(component)}.{_domain(component, scope)}"


def _names(component: Component[MicroServiceSpec], context: Context) -> tuple[Resource, Resource]:
    """The namespace, the same for every component that names it, and the component's name in it."""
    domain = _domain(component, context.scope)
    namespace = Resource(
        address=Address.of(STACK, f"namespace-{re.sub('[^a-z0-9]+', '-', domain)}"),
        type="AWS::ServiceDiscovery::PrivateDnsNamespace",
        properties={"Name": domain, "Vpc": context.network.vpc_id},
        kind="Stack",
    )
    name = component.resource(
        "name",
        "AWS::ServiceDiscovery::Service",
        {
            "Name": _label(component),
            "NamespaceId": namespace.ref("Id"),
            "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 10}], "RoutingPolicy": "MULTIVALUE"},
            "HealthCheckCustomConfig": {"FailureThreshold": 1},
        },
    )
    return namespace, name


METRICS = {"scale-cpu": "ECSServiceAverageCPUUtilization", "scale-memory": "ECSServiceAverageMemoryUtilization"}


def _scaling(component: Component[MicroServiceSpec], work: Task, service: Resource) -> tuple[Resource, ...]:
    """The number of tasks as something that may be scaled, and a policy for each thing to aim at."""
    scaling = component.spec.scales
    if scaling is None:
        return ()
    scaled: Properties = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": text("service/", work.cluster.ref("ClusterName"), "/", service.ref("Name")),
    }
    target = component.resource(
        "scaling",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {**scaled, "MinCapacity": scaling.min_replicas, "MaxCapacity": scaling.max_replicas},
    )
    policies = (
        component.resource(
            part,
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            {
                **scaled,
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {
                    "PredefinedMetricSpecification": {"PredefinedMetricType": METRICS[part]},
                    "TargetValue": percent,
                },
            },
            name=PhysicalName("PolicyName", 255),
            depends_on=[target.address],
        )
        for part, percent in scaling.targets.items()
    )
    return target, *policies


def _notes(component: Component[MicroServiceSpec]) -> tuple[str, ...]:
    check = component.spec.health_check
    if check and check.readiness and check.liveness:
        return (
            f"ECS checks `{component.name}` in one way, its `liveness`; `readiness` counts only behind a balancer.",
        )
    return ()


MICRO_SERVICE = Kind(
    "MicroService",
    MicroServiceSpec,
    lower,
    outputs={
        "serviceName": "The ECS service's name.",
        "serviceArn": "The ECS service's ARN.",
        "clusterArn": "The ARN of the stack's cluster.",
        "taskDefinitionArn": "The ARN of the task definition that runs.",
        "securityGroupId": "The id of its security group.",
        "url": "Its URL in the network, with `serviceDiscovery` and `ports`.",
    },
    needs_network=True,
)
