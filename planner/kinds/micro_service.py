"""MicroService: a container that ECS keeps running."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, Context, Endpoint, Grants, Kind, Lowered, Path, Spec
from panka.planner.resource import Properties, Ref, Resource, Text
from panka.planner.rules import broken, shaped, unique
from panka.planner.units import AnyCase
from panka.planner.vocabulary import volumes
from panka.planner.vocabulary.discovery import ServiceDiscovery, check_network, host, names, registered
from panka.planner.vocabulary.exposing import Expose, Ingress, Joined, LoadBalancer, Wishes, entries, join
from panka.planner.vocabulary.health import HealthCheck, Port, container_check
from panka.planner.vocabulary.keeping import balanced, service
from panka.planner.vocabulary.scaling import Autoscaling, Scaled
from panka.planner.vocabulary.workload import ContainerSpec, Task, task


class OpenPort(Spec):
    """A port that the container listens on."""

    name: Annotated[str | None, shaped(r"[a-z0-9][a-z0-9_-]{0,63}", "a port name: lower-case letters and digits")] = (
        None
    )
    """The port's name."""
    port: Port
    """The port's number; components that reference this one may connect to it."""
    protocol: Annotated[Literal["tcp", "udp"], AnyCase("lower")] = "tcp"
    """The protocol."""


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
    expose: Expose | None = None
    """Sends requests of an application load balancer here."""
    load_balancer: LoadBalancer | None = None
    """A load balancer of the service's own."""
    ingress: Ingress | None = None
    """Which requests of `loadBalancer`, or else of `expose`, reach the service."""

    @model_validator(mode="after")
    def _reached(self) -> Self:
        if self.entered and not (self.balanced or self.expose):
            raise broken("PK311", "`ingress` needs a `loadBalancer` or `expose`", "ingress")
        if self.entered and self.expose and not self.balanced:
            for ours, theirs, name in (
                (self.entered.hostname, self.expose.host, "hostname"),
                (self.entered.path, self.expose.path, "path"),
            ):
                if ours and theirs and ours != theirs:
                    raise broken("PK310", f"`ingress.{name}` and `expose` say different things", "ingress")
        check_network(self.service_discovery, own_interface=self.runtime.own_interface)
        return self

    @model_validator(mode="after")
    def _ports(self) -> Self:
        unique(((one.port if one.protocol == "tcp" else f"{one.port}/udp") for one in self.ports), "the port")
        unique((one.name for one in self.ports if one.name), "the port name")
        if self.health_check and not self.ports and self.health_check.balanced.wants_default_port:
            raise broken("PK311", "the health check needs a `port`, as the service has no `ports`", "ports")
        return self

    @property
    def scales(self) -> Autoscaling | None:
        return self.autoscaling if self.autoscaling and self.autoscaling.enabled else None

    @property
    def discovered(self) -> ServiceDiscovery | None:
        return self.service_discovery if self.service_discovery and self.service_discovery.enabled else None

    @property
    def balanced(self) -> LoadBalancer | None:
        return self.load_balancer if self.load_balancer and self.load_balancer.enabled else None

    @property
    def entered(self) -> Ingress | None:
        return self.ingress if self.ingress and self.ingress.enabled else None

    def of(self, protocol: Literal["tcp", "udp"]) -> tuple[int, ...]:
        """The ports of one protocol."""
        return tuple(one.port for one in self.ports if one.protocol == protocol)


def mentions(spec: MicroServiceSpec) -> Iterable[tuple[str, Path]]:
    if spec.expose:
        yield spec.expose.alb, ("expose", "alb")
    yield from volumes.mentions(spec.volumes)


def lower(component: Component[MicroServiceSpec], context: Context) -> Lowered:
    """Network and task first, then who sends it requests, then the service, then what scales it."""
    spec = component.spec
    wishes = Wishes(spec.ports, spec.health_check, spec.expose, spec.balanced, spec.entered, spec.runtime.own_interface)
    joined = join(component, context, wishes)
    work = task(component, context, _container(spec, balanced=bool(joined)))
    doorways = entries(component, work.group.ref("GroupId"), joined) if work.group else ()
    found = names(component, context, spec.discovered)
    least = spec.scales.min_replicas if spec.scales else 1
    made = service(
        component,
        context,
        work,
        replicas=least if spec.replicas is None else spec.replicas,
        scaled=spec.scales is not None,
        more={**balanced(component, joined, spec.health_check), **registered(found)},
        waits=[*(one.address for one in doorways), *(wait for one in joined for wait in one.waits)],
    )
    scaled = (
        Scaled(component, work.cluster, made, spec.scales.min_replicas, spec.scales.most).by_use(spec.scales.targets)
        if spec.scales
        else ()
    )
    own = tuple(one for each in joined for one in each.resources)
    return Lowered(
        resources=(*own, *work.resources, *doorways, *found, made, *scaled),
        outputs=_outputs(component, context, work, made, joined),
        grants=Grants(connect=_door(spec, work)),
        notes=(*work.notes, *_notes(component, work, joined)),
    )


def _outputs(
    component: Component[MicroServiceSpec], context: Context, work: Task, made: Resource, joined: tuple[Joined, ...]
) -> dict[str, Ref | Text | str | int]:
    outputs: dict[str, Ref | Text | str | int] = {
        "serviceName": made.ref("Name"),
        "serviceArn": made.ref("ServiceArn"),
        "clusterArn": work.cluster.ref("Arn"),
        "taskDefinitionArn": work.definition.ref("TaskDefinitionArn"),
    }
    if work.group:
        outputs["securityGroupId"] = work.group.ref("GroupId")
    if joined:
        outputs["targetGroupArn"] = joined[0].group
    reached = next((one.url for one in joined if one.url is not None), None)
    if reached is not None:
        outputs["url"] = reached
    elif (found := component.spec.discovered) and (ports := component.spec.of("tcp")):
        outputs["url"] = f"http://{host(component, found, context.scope)}:{ports[0]}"
    return outputs


def _door(spec: MicroServiceSpec, work: Task) -> Endpoint | None:
    if work.group is None or not spec.ports:
        return None
    return Endpoint(work.group.ref("GroupId"), spec.of("tcp"), spec.of("udp"))


def _container(spec: MicroServiceSpec, *, balanced: bool) -> Properties:
    """The container's ports and health check."""
    properties: Properties = {}
    if spec.ports:
        properties["PortMappings"] = [
            {"ContainerPort": one.port, "Protocol": one.protocol, **({"Name": one.name} if one.name else {})}
            for one in spec.ports
        ]
    probe = spec.health_check.inside(balanced=balanced) if spec.health_check else None
    if probe:
        properties["HealthCheck"] = container_check(probe, spec.ports[0].port if spec.ports else 0)
    return properties


def _notes(component: Component[MicroServiceSpec], work: Task, joined: tuple[Joined, ...]) -> Iterable[str]:
    check = component.spec.health_check
    if check and check.readiness and check.liveness and not joined:
        yield f"ECS checks `{component.name}` in one way, its `liveness`; `readiness` counts only behind a balancer."
    if joined and work.group is None:
        yield (
            f"`{component.name}` shares its host's network: let its load balancer into the container instances' "
            "security group."
        )


MICRO_SERVICE = Kind(
    "MicroService",
    MicroServiceSpec,
    lower,
    outputs={
        "serviceName": "The ECS service's name.",
        "serviceArn": "The ECS service's ARN.",
        "clusterArn": "The ARN of the stack's cluster.",
        "taskDefinitionArn": "The ARN of the task definition that runs.",
        "securityGroupId": "The id of its security group, with `networkMode: awsvpc`.",
        "targetGroupArn": "The ARN of the first target group that it registers in, behind a load balancer.",
        "url": "Its URL: its load balancer's, or else that in the network, with `serviceDiscovery` and `ports`.",
    },
    mentions=mentions,
    registers=True,
    needs_network=lambda spec: spec.runtime.own_interface or bool(spec.expose or spec.balanced),
)
