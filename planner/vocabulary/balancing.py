"""Load balancers and their parts as AWS has them: listeners, target groups, rules and their order."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from panka.planner.cidrs import Cidrs
from panka.planner.component import Component, ComponentSpec, Context, Lowered
from panka.planner.resource import Address, PhysicalName, Properties, Ref, Resource, Text, text
from panka.planner.rules import broken, shaped
from panka.planner.units import AnyCase

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"

SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3, as AWS recommends."""
ANYWHERE: tuple[str, ...] = ("0.0.0.0/0",)
DRAIN_SECONDS = 60
"""How long a task that goes may finish its requests."""


Priority: TypeAlias = Annotated[int, Field(ge=1, le=50_000)]
Host: TypeAlias = Annotated[str, shaped(r"[A-Za-z0-9*?.-]{1,128}", "a host name; `*` and `?` stand for any characters")]
UrlPath: TypeAlias = Annotated[
    str,
    shaped(r"/[A-Za-z0-9_.$/~\"'@:+&*?-]{0,126}", "a path from `/` on; `*` and `?` stand for any characters"),
]
AllowedCidrs: TypeAlias = Annotated[Cidrs, Field(alias="allowedCIDRs")]
HttpOrHttps: TypeAlias = Annotated[Literal["HTTP", "HTTPS"], AnyCase("upper")]
Transport: TypeAlias = Annotated[Literal["TCP", "UDP", "TLS"], AnyCase("upper")]


def balancer(
    component: Component[ComponentSpec],
    context: Context,
    group: Resource,
    type: Literal["application", "network"],
    *,
    part: str = "main",
    internal: bool = False,
    field: str = "internal",
    attributes: Mapping[str, str | Ref | Text] | None = None,
    depends_on: Iterable[Address] = (),
) -> Resource:
    """A load balancer in public subnets, or in private ones if it is internal, as a `field` of the spec says."""
    network = context.network
    subnets = network.private_subnets or network.public_subnets if internal else network.public_subnets
    if not subnets:
        sentence = "a load balancer that the internet reaches needs public subnets, and the network has none"
        raise broken("PK322", f"{sentence}: `internal: true` puts it into private ones", field)
    properties: Properties = {
        "Type": type,
        "Scheme": "internal" if internal else "internet-facing",
        "Subnets": list(subnets),
        "SecurityGroups": [group.ref("GroupId"), *network.security_groups],
    }
    if attributes:
        properties["LoadBalancerAttributes"] = [{"Key": key, "Value": value} for key, value in attributes.items()]
    return component.resource(part, BALANCER, properties, name=PhysicalName("Name", 32), depends_on=depends_on)


def entrance(
    component: Component[ComponentSpec],
    context: Context,
    cidrs: Iterable[str],
    ports: Iterable[tuple[int, str]],
    *,
    part: str = "security-group",
) -> Resource:
    """A load balancer's security group: it lets networks in at ports, each with `tcp` or `udp`."""
    ports = list(dict.fromkeys(ports))
    rules = [
        {
            "IpProtocol": protocol,
            "FromPort": port,
            "ToPort": port,
            "CidrIpv6" if ":" in cidr else "CidrIp": cidr,
            "Description": "Clients",
        }
        for cidr in cidrs
        for port, protocol in ports
    ]
    return component.resource(
        part,
        "AWS::EC2::SecurityGroup",
        {
            "GroupDescription": f"Load balancer of {component.kind} {component.name}",
            "VpcId": context.network.vpc_id,
            **({"SecurityGroupIngress": rules} if rules else {}),
        },
        name=PhysicalName("GroupName", 255),
    )


def listener(
    component: Component[ComponentSpec],
    part: str,
    balancer: Resource,
    port: int,
    protocol: str,
    action: Properties,
    *,
    certificate: str | None = None,
    ssl_policy: str | None = None,
) -> Resource:
    """What a load balancer does with what reaches it at a port."""
    properties: Properties = {
        "LoadBalancerArn": balancer.ref("LoadBalancerArn"),
        "Port": port,
        "Protocol": protocol,
        "DefaultActions": [action],
    }
    if certificate:
        properties |= {"Certificates": [{"CertificateArn": certificate}], "SslPolicy": ssl_policy or SSL_POLICY}
    return component.resource(part, LISTENER, properties)


NOT_FOUND: Properties = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "Not found"},
}
"""What a listener answers when no rule fits."""


def forward(group: Resource) -> Properties:
    return {"Type": "forward", "TargetGroupArn": group.ref("TargetGroupArn")}


def redirect(port: int, protocol: str) -> Properties:
    return {"Type": "redirect", "RedirectConfig": {"Protocol": protocol, "Port": str(port), "StatusCode": "HTTP_301"}}


def open_listeners(lowered: Lowered) -> tuple[Resource, ...]:
    """The listeners of an application load balancer that redirect nobody: those that take rules."""
    return tuple(
        one
        for one in lowered.resources
        if one.type == LISTENER and one.properties["DefaultActions"][0]["Type"] != "redirect"
    )


def url(listeners: Iterable[Resource], host: Ref | Text | str) -> Text | str:
    """Where clients go: the first listener that speaks TLS, else the first."""
    said = list(listeners)
    best = next((one for one in said if one.properties["Protocol"] == "HTTPS"), said[0]).properties
    usual = {"HTTP": 80, "HTTPS": 443}[best["Protocol"]]
    port = "" if best["Port"] == usual else f":{best['Port']}"
    return text(f"{best['Protocol'].lower()}://", host, port)


def target_group(
    component: Component[ComponentSpec],
    context: Context,
    part: str,
    protocol: str,
    port: int,
    check: Properties,
    *,
    by_address: bool = True,
) -> Resource:
    """Where a load balancer sends what its listener or rule takes: tasks by their addresses, or by their hosts."""
    return component.resource(
        part,
        TARGET_GROUP,
        {
            "TargetType": "ip" if by_address else "instance",
            "Protocol": protocol,
            "Port": port,
            "VpcId": context.network.vpc_id,
            **check,
            "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": str(DRAIN_SECONDS)}],
        },
        name=PhysicalName("Name", 32),
    )


def rule(
    component: Component[ComponentSpec],
    part: str,
    listener: Resource,
    group: Resource,
    *,
    host: str | None,
    path: str | None,
    priority: int | None,
) -> Resource:
    """Sends the requests for a host and path to a target group."""
    return component.resource(
        part,
        RULE,
        {
            "ListenerArn": listener.ref("ListenerArn"),
            "Priority": priority or _priority(component.name, host, path),
            "Conditions": _conditions(host, path),
            "Actions": [forward(group)],
        },
    )


def _conditions(host: str | None, path: str | None) -> list[Properties]:
    conditions: list[Properties] = []
    if host:
        conditions.append({"Field": "host-header", "HostHeaderConfig": {"Values": [host]}})
    if paths := _paths(path):
        conditions.append({"Field": "path-pattern", "PathPatternConfig": {"Values": paths}})
    return conditions or [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]


def _paths(path: str | None) -> list[str]:
    """The patterns of a path: itself and all below it, unless it is a pattern already."""
    if path is None or path == "/":
        return []
    if "*" in path or "?" in path:
        return [path]
    return [path.rstrip("/"), f"{path.rstrip('/')}/*"]


def _priority(name: str, host: str | None, path: str | None) -> int:
    """A rule's place when the user gives none: what says more comes first, a longer path before a shorter one.

    Rules that say as much are spread by name; two that meet are told by `clashes`.
    """
    length = min(len((path or "").rstrip("*/")), 99)
    says_less = 2 * (not length) + (host is None)
    digest = hashlib.sha256("\0".join((name, host or "", path or "")).encode()).digest()
    return 1_000 + says_less * 10_000 + (99 - length) * 100 + int.from_bytes(digest[:4]) % 100


def clashes(resources: Iterable[Resource]) -> tuple[tuple[Resource, Resource], ...]:
    """Pairs of rules that want the same place of one listener."""
    first: dict[tuple[Address, int], Resource] = {}
    found: list[tuple[Resource, Resource]] = []
    for one in resources:
        wanted, place = one.properties.get("ListenerArn"), one.properties.get("Priority")
        if one.type == RULE and isinstance(wanted, Ref) and isinstance(place, int):
            other = first.setdefault((wanted.address, place), one)
            if other is not one:
                found.append((other, one))
    return tuple(found)
