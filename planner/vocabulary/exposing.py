"""How clients reach a service: through a load balancer that others name, or through one of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from pydantic import model_validator

from panka.planner.component import Component, ComponentName, ComponentSpec, Context, Lowered, Route, Seat, Spec, Used
from panka.planner.resource import Address, Properties, Ref, Resource, Text, text
from panka.planner.rules import across, broken
from panka.planner.vocabulary.balancing import (
    ANYWHERE,
    NOT_FOUND,
    AllowedCidrs,
    Host,
    Priority,
    UrlPath,
    balancer,
    entrance,
    forward,
    listener,
    open_listeners,
    redirect,
    rule,
    target_group,
    url,
)
from panka.planner.vocabulary.doors import INGRESS, between
from panka.planner.vocabulary.health import HealthCheck, Port, connection_check, page_check


class Expose(Spec):
    """Sends requests of an application load balancer here."""

    alb: ComponentName
    """The ALB component; every listener of it that redirects nobody gets the rule."""
    host: Host | None = None
    """Requests for this host: `shop.example`, `*.shop.example`; by default for any."""
    path: UrlPath | None = None
    """Requests for this path and all below it, or a pattern such as `/img/*.png`; by default for any."""
    priority: Priority | None = None
    """The rule's place among the balancer's, the lowest first; by default rules that say more come first."""
    port: Port | None = None
    """Which of `ports`; by default the first of TCP."""


class LoadBalancer(Spec):
    """A load balancer of the service's own."""

    enabled: bool = True
    """Whether there is one."""
    type: Literal["application", "network"] = "application"
    """`application` balances HTTP requests on port 80, or on 443 with a certificate; `network` balances the
    connections and packets of every port."""
    internal: bool = False
    """Whether only the network reaches it. Changing this replaces the load balancer."""
    health_check_path: UrlPath | None = None
    """The page that it asks for; by default what `healthCheck` says."""
    certificate_arn: str | None = None
    """A certificate, with which it speaks TLS; then port 80 of an `application` redirects."""
    ssl_policy: str | None = None
    """Which TLS versions and ciphers clients may use; by default 1.2 and 1.3."""
    allowed_cidrs: AllowedCidrs = ANYWHERE
    """Networks that may connect; by default all."""

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.ssl_policy and not self.certificate_arn:
            raise broken("PK311", "`sslPolicy` needs a `certificateArn`", "sslPolicy")
        return self


class Ingress(Spec):
    """Which requests of the service's load balancer reach it."""

    enabled: bool = True
    """Whether this holds; else all do."""
    hostname: Host | None = None
    """Requests for this host."""
    path: UrlPath | None = None
    """Requests for this path and all below it."""


class OpenPort(Protocol):
    """A port that the container listens on."""

    @property
    def port(self) -> int: ...
    @property
    def protocol(self) -> Literal["tcp", "udp"]: ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a service says of its clients' way to it."""

    ports: tuple[OpenPort, ...]
    health: HealthCheck | None
    expose: Expose | None
    own: LoadBalancer | None
    """None: there is none."""
    ingress: Ingress | None
    by_address: bool
    """Whether tasks have addresses of their own."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A target group that the service registers in."""

    group: Ref
    port: int
    protocol: Literal["tcp", "udp"]
    balancer_group: Ref | None
    """The balancer's security group."""
    name: str
    """The balancer's, as a part of addresses."""
    resources: tuple[Resource, ...] = ()
    waits: tuple[Address, ...] = ()
    """What makes the group part of a balancer."""
    url: Text | str | None = None


def join(component: Component[ComponentSpec], context: Context, wishes: Wishes) -> tuple[Joined, ...]:
    """Every target group that the service registers in, with what of it is the service's own."""
    return tuple(_Joining(component, context, wishes).all())


@dataclass(frozen=True, slots=True)
class _Joining:
    component: Component[ComponentSpec]
    context: Context
    wishes: Wishes

    def all(self) -> Iterator[Joined]:
        expose = self._expose()
        if expose is not None:
            used = self.context.uses[expose.alb.rpartition("/")[2]]
            if not open_listeners(used.lowered):
                raise broken("PK313", f"`{expose.alb}` is no ALB with a listener that takes rules", "expose.alb")
            wish = Route(self.component.name, used.name, expose.port, expose.host, expose.path, expose.priority)
            yield self._routed(used, wish)
        for used in self.context.uses.values():
            for target in used.lowered.targets:
                if target.component.rpartition("/")[2] == self.component.name:
                    yield self._routed(used, target) if isinstance(target, Route) else self._seated(used, target)
        if self.wishes.own is not None:
            yield from self._own(self.wishes.own)

    def _expose(self) -> Expose | None:
        expose, ingress = self.wishes.expose, self.wishes.ingress
        if expose is None or ingress is None or self.wishes.own is not None:
            return expose
        said = {"host": ingress.hostname or expose.host, "path": ingress.path or expose.path}
        return expose.model_copy(update=said)

    def _port(self, wanted: int | None, balancer: str, field: str) -> int:
        """The wanted port of TCP, else the first. `field` of the component `balancer` says that there is one."""
        known = [one.port for one in self.wishes.ports if one.protocol == "tcp"]
        if not known or (wanted is not None and wanted not in known):
            aim = f"port {wanted}, which is not among `ports`" if wanted else "a port of TCP, and `ports` has none"
            place = f"{field}.port" if wanted else field
            raise across("PK323", f"a load balancer sends requests to {aim}", (balancer, place), ("", "ports"))
        return wanted or known[0]

    def _routed(self, used: Used, route: Route) -> Joined:
        port = self._port(route.port, *((used.name, route.field) if route.field else ("", "expose")))
        group = self._http_group(f"target-{route.part}", port)
        listeners = open_listeners(used.lowered)
        rules = tuple(
            rule(
                self.component,
                f"rule-{route.part}-{one.properties['Port']}",
                one,
                group,
                host=route.host,
                path=route.path,
                priority=route.priority,
            )
            for one in listeners
        )
        dns = used.lowered.outputs["dnsName"]
        host = route.host if route.host and "*" not in route.host and "?" not in route.host else _textual(dns)
        place = text(url(listeners, host), _prefix(route.path))
        return Joined(
            group=group.ref("TargetGroupArn"),
            port=port,
            protocol="tcp",
            balancer_group=_group_of(used.lowered),
            name=used.name,
            resources=(group, *rules),
            waits=tuple(one.address for one in rules),
            url=place,
        )

    def _seated(self, used: Used, seat: Seat) -> Joined:
        if (seat.port, seat.protocol) not in [(one.port, one.protocol) for one in self.wishes.ports]:
            sentence = f"`{used.name}` connects to the {seat.protocol} port {seat.port}, which is not among `ports`"
            raise across("PK323", sentence, (used.name, f"{seat.field}.port"), ("", "ports"))
        return Joined(
            group=seat.target_group,
            port=seat.port,
            protocol=seat.protocol,
            balancer_group=_group_of(used.lowered),
            name=used.name,
            waits=(seat.listener,),
        )

    def _http_group(self, part: str, port: int) -> Resource:
        path = self.wishes.own.health_check_path if self.wishes.own else None
        return target_group(
            self.component,
            self.context,
            part,
            "HTTP",
            port,
            page_check(self.wishes.health, path),
            by_address=self.wishes.by_address,
        )

    def _own(self, own: LoadBalancer) -> Iterator[Joined]:
        if not self.wishes.ports:
            raise broken("PK311", "a load balancer needs the service to have `ports`", "loadBalancer")
        yield from self._own_application(own) if own.type == "application" else self._own_network(own)

    def _frame(self, own: LoadBalancer, ports: list[tuple[int, str]]) -> tuple[Resource, Resource]:
        group = entrance(self.component, self.context, own.allowed_cidrs, ports, part="balancer-security-group")
        made = balancer(
            self.component,
            self.context,
            group,
            own.type,
            part="balancer",
            internal=own.internal,
            field="loadBalancer.internal",
        )
        return group, made

    def _own_application(self, own: LoadBalancer) -> Iterator[Joined]:
        secure = own.certificate_arn is not None
        port = self._port(None, "", "loadBalancer")
        clients, made = self._frame(own, [(80, "tcp"), *([(443, "tcp")] if secure else [])])
        group = self._http_group("target", port)
        ingress = self.wishes.ingress
        narrow = ingress is not None and bool(ingress.hostname or ingress.path)
        main = listener(
            self.component,
            "listener",
            made,
            443 if secure else 80,
            "HTTPS" if secure else "HTTP",
            NOT_FOUND if narrow else forward(group),
            certificate=own.certificate_arn,
            ssl_policy=own.ssl_policy,
        )
        more: list[Resource] = []
        if secure:
            more.append(listener(self.component, "listener-redirect", made, 80, "HTTP", redirect(443, "HTTPS")))
        if narrow and ingress:
            more.append(
                rule(self.component, "rule", main, group, host=ingress.hostname, path=ingress.path, priority=None)
            )
        host = ingress.hostname if ingress and ingress.hostname and "*" not in ingress.hostname else None
        place = text(url([main], host or made.ref("DNSName")), _prefix(ingress.path if ingress else None))
        yield Joined(
            group=group.ref("TargetGroupArn"),
            port=port,
            protocol="tcp",
            balancer_group=clients.ref("GroupId"),
            name="balancer",
            resources=(clients, made, group, main, *more),
            waits=(main.address, *(one.address for one in more)),
            url=place,
        )

    def _own_network(self, own: LoadBalancer) -> Iterator[Joined]:
        if self.wishes.ingress is not None:
            raise broken("PK310", "`ingress` chooses among requests: it needs a load balancer of type `application`")
        clients, made = self._frame(own, [(one.port, one.protocol) for one in self.wishes.ports])
        frame: tuple[Resource, ...] = (clients, made)
        for one in self.wishes.ports:
            yield self._own_port(own, one, clients, made, frame)
            frame = ()

    def _own_port(
        self, own: LoadBalancer, one: OpenPort, clients: Resource, made: Resource, frame: tuple[Resource, ...]
    ) -> Joined:
        number = f"{one.protocol}-{one.port}"
        secure = own.certificate_arn if one.protocol == "tcp" else None
        group = target_group(
            self.component,
            self.context,
            f"target-{number}",
            one.protocol.upper(),
            one.port,
            self._transport_check(own, one),
            by_address=self.wishes.by_address,
        )
        opened = listener(
            self.component,
            f"listener-{number}",
            made,
            one.port,
            "TLS" if secure else one.protocol.upper(),
            forward(group),
            certificate=secure,
            ssl_policy=own.ssl_policy,
        )
        return Joined(
            group=group.ref("TargetGroupArn"),
            port=one.port,
            protocol=one.protocol,
            balancer_group=clients.ref("GroupId"),
            name="balancer",
            resources=(*frame, group, opened),
            waits=(opened.address,),
            url=text("tls://" if secure else f"{one.protocol}://", made.ref("DNSName"), f":{one.port}"),
        )

    def _transport_check(self, own: LoadBalancer, one: OpenPort) -> Properties:
        """A page, or a connection; what answers packets only is asked at the first port of TCP."""
        asked = None
        if one.protocol == "udp":
            tcp = [port.port for port in self.wishes.ports if port.protocol == "tcp"]
            if not tcp:
                sentence = "a load balancer checks by TCP whether a task works, and the service has no port of TCP"
                raise across("PK323", sentence, ("", "loadBalancer"), ("", "ports"))
            asked = tcp[0]
        if own.health_check_path:
            return page_check(self.wishes.health, own.health_check_path, asked)
        return connection_check(self.wishes.health, asked)


def _group_of(lowered: Lowered) -> Ref | None:
    """A load balancer's security group."""
    groups = (one for one in lowered.resources if one.type == "AWS::EC2::SecurityGroup")
    return next((one.ref("GroupId") for one in groups), None)


def _textual(output: Ref | Text | str | int) -> Ref | Text | str:
    return str(output) if isinstance(output, int) else output


def _prefix(path: str | None) -> str:
    """What all paths of a pattern begin with, as a link shows it."""
    return (path or "").split("*")[0].split("?")[0].rstrip("/")


def entries(component: Component[ComponentSpec], own: Ref, joined: Iterable[Joined]) -> tuple[Resource, ...]:
    """Rules that let load balancers in to the service's security group `own`, one for each and port."""
    rules: dict[str, Resource] = {}
    for one in joined:
        if one.balancer_group is not None:
            number = str(one.port) if one.protocol == "tcp" else f"{one.protocol}-{one.port}"
            part = f"from-{one.name}-{number}"
            said = between(one.balancer_group, own, one.port, one.protocol, f"{one.name} to {component.name}")
            rules[part] = component.resource(part, INGRESS, said)
    return tuple(rules.values())
