"""NLB: a network load balancer, which hands connections and packets to services and application load balancers."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import model_validator

from panka.planner.component import (
    Component,
    ComponentName,
    ComponentSpec,
    Context,
    Kind,
    Lowered,
    Path,
    Seat,
    Spec,
    Used,
)
from panka.planner.resource import PhysicalName, Resource
from panka.planner.rules import broken, some, unique
from panka.planner.vocabulary.balancing import (
    ANYWHERE,
    LISTENER,
    TARGET_GROUP,
    AllowedCidrs,
    Transport,
    balancer,
    entrance,
    forward,
    listener,
    target_group,
)
from panka.planner.vocabulary.health import Port, connection_check


class Target(Spec):
    """The component that gets a listener's connections."""

    component: ComponentName
    """A MicroService or an ALB. A service that runs on EC2 needs `networkMode: awsvpc`."""
    port: Port
    """The port there: one of the service's `ports`, or of the ALB's listeners."""
    health_check_port: Port | None = None
    """The port of TCP that is asked whether a task works; needed for `UDP`, else by default the port itself."""


class Listener(Spec):
    """A port that the load balancer listens on."""

    port: Port
    """The port's number."""
    protocol: Transport = "TCP"
    """`TCP`, `UDP`, or `TLS`, which ends here: the target gets plain TCP."""
    certificate_arn: str | None = None
    """The certificate of `TLS`."""
    ssl_policy: str | None = None
    """Which TLS versions and ciphers clients may use; by default 1.2 and 1.3."""
    target: Target
    """The component that gets the connections."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        secure = self.protocol == "TLS"
        if secure and not self.certificate_arn:
            raise broken("PK311", f"`TLS` on port {self.port} needs a `certificateArn`", "certificateArn")
        if not secure and (self.certificate_arn or self.ssl_policy):
            raise broken("PK312", f"`certificateArn` and `sslPolicy` have no effect on `{self.protocol}`", "protocol")
        if self.protocol == "UDP" and self.target.health_check_port is None:
            raise broken("PK311", "a target of `UDP` needs a `healthCheckPort`, as checks are made by TCP", "target")
        return self

    @property
    def transport(self) -> str:
        """What the target gets."""
        return "udp" if self.protocol == "UDP" else "tcp"


class NlbSpec(ComponentSpec):
    internal: bool = False
    """Whether only the network reaches it. Changing this replaces the load balancer."""
    listeners: Annotated[tuple[Listener, ...], some("listener")]
    """The ports that it listens on."""
    cross_zone: bool = False
    """Whether it hands connections to targets in other zones too."""
    allowed_cidrs: AllowedCidrs = ANYWHERE
    """Networks that may connect; by default all."""

    @model_validator(mode="after")
    def _once(self) -> Self:
        unique((one.port for one in self.listeners), "the port")
        return self


def mentions(spec: NlbSpec) -> Iterable[tuple[str, Path]]:
    for number, one in enumerate(spec.listeners):
        yield one.target.component, ("listeners", number, "target", "component")


def lower(component: Component[NlbSpec], context: Context) -> Lowered:
    """The load balancer, then each listener after its target group; services register themselves."""
    spec = component.spec
    group = entrance(component, context, spec.allowed_cidrs, [(one.port, one.transport) for one in spec.listeners])
    attributes = {"load_balancing.cross_zone.enabled": "true" if spec.cross_zone else "false"}
    made = balancer(component, context, group, "network", internal=spec.internal, attributes=attributes)
    resources: list[Resource] = [group, made]
    seats: list[Seat] = []
    for number, one in enumerate(spec.listeners):
        name = one.target.component.rpartition("/")[2]
        used = context.uses.get(name)
        aim = _group(component, context, one) if used is None else _balancer_group(component, context, number, used)
        opened = listener(
            component,
            f"listener-{one.port}",
            made,
            one.port,
            one.protocol,
            forward(aim),
            certificate=one.certificate_arn,
            ssl_policy=one.ssl_policy,
        )
        resources += [aim, opened]
        if used is None:
            udp = one.protocol == "UDP"
            arn = aim.ref("TargetGroupArn")
            seats.append(
                Seat(name, one.target.port, "udp" if udp else "tcp", arn, opened.address, f"listeners.{number}.target")
            )
    return Lowered(
        resources=tuple(resources),
        outputs={"dnsName": made.ref("DNSName"), "arn": made.ref("LoadBalancerArn")},
        targets=tuple(seats),
    )


def _group(component: Component[NlbSpec], context: Context, one: Listener) -> Resource:
    """Where a service registers its tasks."""
    check = connection_check(None, one.target.health_check_port)
    return target_group(component, context, f"target-{one.port}", one.transport.upper(), one.target.port, check)


def _balancer_group(component: Component[NlbSpec], context: Context, number: int, used: Used) -> Resource:
    """An application load balancer as the target."""
    one = component.spec.listeners[number]
    opened = [made for made in used.lowered.resources if made.type == LISTENER]
    if used.kind != "ALB":
        sentence = f"`{one.target.component}` is of kind {used.kind}; a load balancer connects to MicroService and ALB"
        raise broken("PK313", sentence, f"listeners.{number}.target.component")
    if one.protocol != "TCP":
        sentence = f"an ALB is reached by `TCP`, not by `{one.protocol}`"
        raise broken("PK313", sentence, f"listeners.{number}.protocol")
    aim = next((made for made in opened if made.properties["Port"] == one.target.port), None)
    if aim is None:
        sentence = f"`{one.target.component}` has no listener on port {one.target.port}"
        raise broken("PK323", sentence, f"listeners.{number}.target.port")
    if one.target.health_check_port:
        raise broken("PK312", "`healthCheckPort` has no effect on an ALB", f"listeners.{number}.target.healthCheckPort")
    return component.resource(
        f"target-{one.port}",
        TARGET_GROUP,
        {
            "TargetType": "alb",
            "Protocol": "TCP",
            "Port": one.target.port,
            "VpcId": context.network.vpc_id,
            "Targets": [{"Id": used.lowered.outputs["arn"], "Port": one.target.port}],
            # The ALB answers 404 where no rule fits, and works all the same.
            "HealthCheckProtocol": str(aim.properties["Protocol"]),
            "Matcher": {"HttpCode": "200-499"},
        },
        name=PhysicalName("Name", 32),
        depends_on=[aim.address],
    )


NLB = Kind(
    "NLB",
    NlbSpec,
    lower,
    outputs={"dnsName": "The load balancer's DNS name.", "arn": "The load balancer's ARN."},
    mentions=mentions,
    needs_network=True,
    balances=True,
)
