"""ALB: an application load balancer, which sends HTTP requests to services and functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from panka.planner.component import (
    Component,
    ComponentName,
    ComponentSpec,
    Context,
    Inbound,
    Kind,
    Lowered,
    Path,
    Route,
    Spec,
    Used,
)
from panka.planner.resource import Address, PhysicalName, Ref, Resource, Text, text
from panka.planner.rules import broken, shaped, some, unique
from panka.planner.units import Seconds
from panka.planner.vocabulary.balancing import (
    ANYWHERE,
    NOT_FOUND,
    TARGET_GROUP,
    AllowedCidrs,
    Host,
    HttpOrHttps,
    Priority,
    UrlPath,
    balancer,
    entrance,
    listener,
    redirect,
    rule,
    url,
)
from panka.planner.vocabulary.health import Port
from panka.planner.vocabulary.policies import allow


class Listener(Spec):
    """A port that the load balancer listens on."""

    port: Port
    """The port's number."""
    protocol: HttpOrHttps | None = None
    """`HTTP` or `HTTPS`; by default `HTTPS` with a certificate."""
    certificate_arn: str | None = None
    """The certificate of `HTTPS`."""
    ssl_policy: str | None = None
    """Which TLS versions and ciphers clients may use; by default 1.2 and 1.3."""
    redirect_to: Port | None = None
    """The port of the listener to which it sends clients on; then it takes no targets."""

    @model_validator(mode="after")
    def _certified(self) -> Self:
        if self.secure and not self.certificate_arn:
            raise broken("PK311", f"`HTTPS` on port {self.port} needs a `certificateArn`", "certificateArn")
        if not self.secure and (self.certificate_arn or self.ssl_policy):
            raise broken("PK312", "`certificateArn` and `sslPolicy` have no effect on `HTTP`", "protocol")
        return self

    @property
    def secure(self) -> bool:
        return self.said == "HTTPS"

    @property
    def said(self) -> str:
        """The protocol."""
        return self.protocol or ("HTTPS" if self.certificate_arn else "HTTP")


class Target(Spec):
    """A component that gets requests."""

    component: ComponentName
    """A MicroService or a Lambda."""
    port: Port | None = None
    """Which of the service's `ports`; by default its first."""
    host: Host | None = None
    """Requests for this host: `shop.example`, `*.shop.example`; by default for any."""
    path: UrlPath | None = None
    """Requests for this path and all below it, or a pattern such as `/img/*.png`; by default for any."""
    priority: Priority | None = None
    """The rule's place, the lowest first; by default rules that say more come first."""


class AccessLogs(Spec):
    """Keeps a line for every request."""

    bucket: ComponentName
    """An S3 component, or the ARN of a bucket that exists and lets load balancers write."""
    prefix: Annotated[str | None, shaped(r"[^/\s]([^\s]*[^/\s])?", "a prefix without slashes at its ends")] = None
    """What the objects' names begin with."""

    @property
    def component(self) -> str | None:
        """The component that the bucket is, unless it is an ARN."""
        return None if self.bucket.startswith("arn:") else self.bucket

    @property
    def folder(self) -> str:
        """The prefix as objects' names begin with it."""
        return f"{self.prefix}/" if self.prefix else ""


class AlbSpec(ComponentSpec):
    internal: bool = False
    """Whether only the network reaches it. Changing this replaces the load balancer."""
    listeners: Annotated[tuple[Listener, ...], some("listener")] = (Listener(port=80),)
    """The ports that it listens on; by default 80. What fits no target is answered with 404."""
    targets: tuple[Target, ...] = ()
    """Components that get requests. A service may say the same by itself, with `expose`."""
    idle_timeout: Annotated[Seconds, Field(ge=1, le=4_000)] = 60
    """How long a connection may be silent: up to 4,000 s, by default 60."""
    allowed_cidrs: AllowedCidrs = ANYWHERE
    """Networks that may connect; by default all."""
    access_logs: AccessLogs | None = None
    """Keeps a line for every request."""

    @model_validator(mode="after")
    def _listens(self) -> Self:
        unique((one.port for one in self.listeners), "the port")
        takes = {one.port for one in self.listeners if one.redirect_to is None}
        for number, one in enumerate(self.listeners):
            if one.redirect_to is not None and one.redirect_to not in takes:
                sentence = f"port {one.port} redirects to {one.redirect_to}, where no listener takes requests"
                raise broken("PK325", sentence, f"listeners.{number}.redirectTo")
        unique((one.priority for one in self.targets if one.priority), "the priority")
        return self


def mentions(spec: AlbSpec) -> Iterable[tuple[str, Path]]:
    for number, target in enumerate(spec.targets):
        yield target.component, ("targets", number, "component")
    if spec.access_logs and spec.access_logs.component:
        yield spec.access_logs.component, ("accessLogs", "bucket")


def lower(component: Component[AlbSpec], context: Context) -> Lowered:
    """The load balancer and its listeners, then the functions behind it; services come after it."""
    spec = component.spec
    group = entrance(component, context, spec.allowed_cidrs, [(one.port, "tcp") for one in spec.listeners])
    logs = _logs(spec.access_logs, context) if spec.access_logs else None
    made = balancer(
        component,
        context,
        group,
        "application",
        internal=spec.internal,
        attributes={"idle_timeout.timeout_seconds": str(spec.idle_timeout), **(logs.attributes if logs else {})},
        depends_on=logs.waits if logs else (),
    )
    listeners = [_listener(component, made, one) for one in spec.listeners]
    open_ones = [made for made, one in zip(listeners, spec.listeners, strict=True) if one.redirect_to is None]
    routes, functions = _targets(component, context, open_ones)
    return Lowered(
        resources=(group, made, *listeners, *functions),
        outputs={
            "dnsName": made.ref("DNSName"),
            "arn": made.ref("LoadBalancerArn"),
            "url": url(open_ones, made.ref("DNSName")),
            "hostedZoneId": made.ref("CanonicalHostedZoneID"),
            "securityGroupId": group.ref("GroupId"),
        },
        inbound=logs.inbound if logs else (),
        targets=routes,
    )


def _listener(component: Component[AlbSpec], made: Resource, one: Listener) -> Resource:
    aims = {other.port: other.said for other in component.spec.listeners}
    action = redirect(one.redirect_to, aims[one.redirect_to]) if one.redirect_to else NOT_FOUND
    return listener(
        component,
        f"listener-{one.port}",
        made,
        one.port,
        one.said,
        action,
        certificate=one.certificate_arn,
        ssl_policy=one.ssl_policy,
    )


def _targets(
    component: Component[AlbSpec], context: Context, listeners: list[Resource]
) -> tuple[tuple[Route, ...], tuple[Resource, ...]]:
    """Routes of services, which make the rest themselves; of functions everything that they need."""
    routes: list[Route] = []
    functions: list[Resource] = []
    for number, target in enumerate(component.spec.targets):
        name = target.component.rpartition("/")[2]
        before = sum(one.component.rpartition("/")[2] == name for one in component.spec.targets[:number])
        ordinal = f"-{before + 1}" if before else ""
        used = context.uses.get(name)
        if used is None:
            part = f"{component.name}{ordinal}"
            routes.append(
                Route(name, part, target.port, target.host, target.path, target.priority, f"targets.{number}")
            )
        elif used.kind == "Lambda":
            functions += _function(component, context, listeners, target, used, f"{name}{ordinal}")
        else:
            sentence = f"`{target.component}` is of kind {used.kind}; a load balancer sends to MicroService and Lambda"
            raise broken("PK313", sentence, f"targets.{number}.component")
    return tuple(routes), tuple(functions)


def _function(
    component: Component[AlbSpec], context: Context, listeners: list[Resource], target: Target, used: Used, part: str
) -> list[Resource]:
    """A function's target group, and the permission that it needs before the function can be its target."""
    if target.port is not None:
        raise broken("PK312", f"`port` has no effect on the function `{target.component}`", "targets")
    function = used.lowered.outputs["functionArn"]
    where = f"{context.target.region}:{context.target.account}"
    permission = component.resource(
        f"permission-{part}",
        "AWS::Lambda::Permission",
        {
            "FunctionName": function,
            "Action": "lambda:InvokeFunction",
            "Principal": "elasticloadbalancing.amazonaws.com",
            # Any group of the account: the group itself cannot be made before it may call the function.
            "SourceArn": f"arn:{context.partition}:elasticloadbalancing:{where}:targetgroup/*",
        },
    )
    group = component.resource(
        f"target-{part}",
        TARGET_GROUP,
        {"TargetType": "lambda", "Targets": [{"Id": function}]},
        name=PhysicalName("Name", 32),
        depends_on=[permission.address],
    )
    rules = [
        rule(
            component,
            f"rule-{part}-{one.properties['Port']}",
            one,
            group,
            host=target.host,
            path=target.path,
            priority=target.priority,
        )
        for one in listeners
    ]
    return [permission, group, *rules]


@dataclass(frozen=True, slots=True)
class _Logs:
    """Where the load balancer writes its access logs."""

    attributes: dict[str, str | Ref | Text]
    inbound: tuple[Inbound, ...] = ()
    waits: tuple[Address, ...] = ()


def _logs(logs: AccessLogs, context: Context) -> _Logs:
    said: dict[str, str | Ref | Text] = {"access_logs.s3.enabled": "true"}
    if logs.prefix:
        said["access_logs.s3.prefix"] = logs.prefix
    if logs.component is None:
        return _Logs({**said, "access_logs.s3.bucket": logs.bucket.rpartition(":")[2]})
    bucket = context.uses[logs.component.rpartition("/")[2]].lowered
    name, arn = bucket.outputs.get("bucketName"), bucket.outputs.get("bucketArn")
    if name is None or arn is None or isinstance(name, int) or isinstance(arn, int):
        raise broken("PK313", f"`{logs.bucket}` is no bucket: access logs need an S3 component", "accessLogs.bucket")
    objects = text(arn, f"/{logs.folder}AWSLogs/{context.target.account}/*")
    write = {
        **allow(["s3:PutObject"], objects),
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
    }
    # A load balancer tries to write as soon as it is told where to, so the bucket must let it in before.
    policies = tuple(one.address for one in bucket.resources if one.type == "AWS::S3::BucketPolicy")
    return _Logs({**said, "access_logs.s3.bucket": name}, (Inbound(logs.component, write),), policies)


ALB = Kind(
    "ALB",
    AlbSpec,
    lower,
    outputs={
        "dnsName": "The load balancer's DNS name.",
        "arn": "The load balancer's ARN.",
        "url": "The URL of its first listener with TLS, else of its first.",
        "hostedZoneId": "The hosted zone of its DNS name, for alias records.",
        "securityGroupId": "The id of its security group.",
    },
    mentions=mentions,
    needs_network=True,
    balances=True,
)
