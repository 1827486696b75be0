"""CloudFront: a distribution that serves buckets, load balancers, APIs and other hosts from the edge."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

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
    Spec,
    Statement,
    Used,
)
from panka.planner.owner import Owner
from panka.planner.resource import Address, PhysicalName, Properties, Ref, Resource, Text, text
from panka.planner.rules import AT_LEAST_ONE, beside, broken, shaped, unique
from panka.planner.vocabulary.policies import allow

CACHE_POLICIES = {
    "CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "CachingOptimizedForUncompressedObjects": "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "UseOriginCacheControlHeaders": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
}
"""AWS's own cache policies; their ids are the same in every account."""
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""AWS's own origin request policy `AllViewerExceptHostHeader`."""
READING = ["GET", "HEAD", "OPTIONS"]
EVERYTHING = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
_POLICY = r"CachingOptimized(ForUncompressedObjects)?|CachingDisabled|UseOriginCacheControlHeaders|[0-9a-f-]{36}"


class Origin(Spec):
    """Where CloudFront fetches from."""

    id: Annotated[str, shaped(r"[A-Za-z0-9._-]{1,128}", "an id: letters, digits, `.`, `_` and `-`")]
    """The name by which behaviours choose it."""
    component: ComponentName | None = None
    """An S3, ALB, NLB or APIGateway component. A bucket stays private: it lets this distribution in."""
    domain_name: Annotated[str | None, shaped(r"[A-Za-z0-9.-]+\.[A-Za-z]{2,}", "a host name")] = None
    """A host outside the stack, reached over HTTPS."""
    path: Annotated[str | None, shaped(r"/.*[^/]", "a path that begins with `/` and does not end with it")] = None
    """Goes before the path of every request."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.component is None) == (self.domain_name is None):
            raise broken("PK310", "an origin needs exactly one of `component` and `domainName`")
        return self


class DefaultBehavior(Spec):
    """How requests are answered."""

    origin: str | None = None
    """The id of the origin; by default the first one."""
    viewer_protocol_policy: Literal["redirect-to-https", "https-only", "allow-all"] = "redirect-to-https"
    """What becomes of requests without TLS."""
    cache_policy: Annotated[str | None, shaped(_POLICY, "a cache policy of AWS, or the id of one")] = None
    """A policy of AWS (`CachingOptimized`, `CachingDisabled` and so on) or an id; by default buckets are cached, others
    are not."""
    compress: bool = True
    """Compress answers for browsers that can read them so."""


class Behavior(DefaultBehavior):
    path: Annotated[str, Field(min_length=1, max_length=255)]
    """The requests that it is for: `/api/*`."""


class CloudFrontSpec(ComponentSpec):
    origins: Annotated[tuple[Origin, ...], Field(max_length=25), AT_LEAST_ONE]
    """Where CloudFront fetches from."""
    default_behavior: DefaultBehavior = DefaultBehavior()
    """How requests are answered that no behaviour is for."""
    behaviors: tuple[Behavior, ...] = ()
    """How others are answered; the first that fits counts."""
    aliases: tuple[Annotated[str, shaped(r"(\*\.)?[A-Za-z0-9.-]+\.[A-Za-z]{2,}", "a host name")], ...] = ()
    """Host names of your own; they need a certificate."""
    certificate_arn: str | None = None
    """A certificate of ACM in us-east-1 for the aliases."""
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    """From how many places it serves: Europe and North America, most of the world, all of it."""
    default_root_object: Annotated[str | None, shaped(r"[^/].{0,254}", "an object, which begins without `/`")] = None
    """The object for `/`: `index.html`."""
    waf: str | None = None
    """The ARN of a web ACL of WAF (v2, scope CLOUDFRONT, in us-east-1)."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        unique((one.id for one in self.origins), "the origin")
        unique((one.path for one in self.behaviors), "the behaviour for")
        if bool(self.aliases) != (self.certificate_arn is not None):
            said, missing = ("aliases", "certificateArn") if self.aliases else ("certificateArn", "aliases")
            raise beside("PK311", "`aliases` and `certificateArn` need each other", said, missing)
        for field, arn in (("certificateArn", self.certificate_arn), ("waf", self.waf)):
            if arn and arn.startswith("arn:") and "${" not in arn and arn.split(":")[3:4] != ["us-east-1"]:
                raise broken("PK341", f"CloudFront takes `{field}` from us-east-1 alone", field)
        return self

    @model_validator(mode="after")
    def _origins_are_there(self) -> Self:
        known = {one.id for one in self.origins}
        said = [("defaultBehavior.origin", self.default_behavior.origin)]
        said += [(f"behaviors.{number}.origin", one.origin) for number, one in enumerate(self.behaviors)]
        for field, origin in said:
            if origin is not None and origin not in known:
                raise broken("PK340", f"no origin has the id `{origin}`; there is {', '.join(sorted(known))}", field)
        return self


def mentions(spec: CloudFrontSpec) -> Iterable[tuple[str, Path]]:
    for number, one in enumerate(spec.origins):
        if one.component:
            yield one.component, ("origins", number, "component")


def lower(component: Component[CloudFrontSpec], context: Context) -> Lowered:
    """What buckets know the distribution by, the distribution, and the request to let it in."""
    spec = component.spec
    used = {one.id: _used(context, one, number) for number, one in enumerate(spec.origins)}
    buckets = {one.name: one for one in used.values() if one and one.kind == "S3"}
    access = _access(component, context) if buckets else None
    distribution = component.resource(
        "main",
        "AWS::CloudFront::Distribution",
        {"DistributionConfig": _configuration(spec, context, used, access)},
    )
    id = distribution.ref("Id")
    arn = text(f"arn:{context.partition}:cloudfront::{context.target.account}:distribution/", id)
    return Lowered(
        resources=(access, distribution) if access else (distribution,),
        outputs={"domainName": distribution.ref("DomainName"), "distributionId": id, "arn": arn},
        inbound=tuple(Inbound(name, _reading(component, one, arn)) for name, one in buckets.items()),
    )


ORIGINS = ("S3", "ALB", "NLB", "APIGateway")


def _used(context: Context, origin: Origin, number: int) -> Used | None:
    if origin.component is None:
        return None
    used = context.uses[origin.component.rpartition("/")[2]]
    if used.kind not in ORIGINS:
        said = f"{used.kind} `{used.name}` cannot be an origin, only {', '.join(ORIGINS)} can"
        raise broken("PK313", said, f"origins.{number}.component")
    return used


def _access(component: Component[CloudFrontSpec], context: Context) -> Resource:
    # The name stands inside a property and not beside it, so it is given here.
    owner = Owner(scope=context.scope, address=Address.of(component.name, "access"), generation=1)
    return component.resource(
        "access",
        "AWS::CloudFront::OriginAccessControl",
        {
            "OriginAccessControlConfig": {
                "Name": owner.name(PhysicalName("Name", 64)),
                "OriginAccessControlOriginType": "s3",
                "SigningBehavior": "always",
                "SigningProtocol": "sigv4",
            }
        },
    )


def _configuration(
    spec: CloudFrontSpec, context: Context, used: dict[str, Used | None], access: Resource | None
) -> Properties:
    first = spec.origins[0].id
    optional = {
        "Aliases": list(spec.aliases),
        "DefaultRootObject": spec.default_root_object,
        "WebACLId": spec.waf,
        "CacheBehaviors": [
            {"PathPattern": one.path, **_behavior(one, one.origin or first, used)} for one in spec.behaviors
        ],
    }
    default = spec.default_behavior
    return {
        "Enabled": True,
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "PriceClass": spec.price_class,
        "Origins": [_origin(one, used[one.id], context, access) for one in spec.origins],
        "DefaultCacheBehavior": _behavior(default, default.origin or first, used),
        "ViewerCertificate": _certificate(spec),
        **{name: value for name, value in optional.items() if value},
    }


def _certificate(spec: CloudFrontSpec) -> Properties:
    if spec.certificate_arn is None:
        return {"CloudFrontDefaultCertificate": True}
    return {
        "AcmCertificateArn": spec.certificate_arn,
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }


def _behavior(said: DefaultBehavior, origin: str, used: dict[str, Used | None]) -> Properties:
    target = used[origin]
    is_bucket = target is not None and target.kind == "S3"
    policy = said.cache_policy or ("CachingOptimized" if is_bucket else "CachingDisabled")
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": said.viewer_protocol_policy,
        "CachePolicyId": CACHE_POLICIES.get(policy, policy),
        "Compress": said.compress,
        "AllowedMethods": READING if is_bucket else EVERYTHING,
        **({} if is_bucket else {"OriginRequestPolicyId": ALL_BUT_HOST}),
    }


def _origin(origin: Origin, used: Used | None, context: Context, access: Resource | None) -> Properties:
    said: Properties = {"Id": origin.id, "DomainName": _host(origin, used, context)}
    if origin.path:
        said["OriginPath"] = origin.path
    if used is not None and used.kind == "S3" and access is not None:
        return {
            **said,
            "OriginAccessControlId": access.ref("Id"),
            # Without an identity, as the access control takes its place; CloudFront wants the block all the same.
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
    policy = "http-only" if used is not None and _speaks_plain_http(used) else "https-only"
    return {**said, "CustomOriginConfig": {"OriginProtocolPolicy": policy, "OriginSSLProtocols": ["TLSv1.2"]}}


def _host(origin: Origin, used: Used | None, context: Context) -> Ref | Text | str | int | None:
    if used is None:
        return origin.domain_name
    outputs = used.lowered.outputs
    if used.kind == "APIGateway":
        id = outputs["apiId"]
        return text(id if not isinstance(id, int) else str(id), f".execute-api.{context.target.region}.amazonaws.com")
    return outputs["domainName" if used.kind == "S3" else "dnsName"]


def _speaks_plain_http(used: Used) -> bool:
    """A load balancer without a TLS listener."""
    listeners = [one for one in used.lowered.resources if one.type == "AWS::ElasticLoadBalancingV2::Listener"]
    return bool(listeners) and all(one.properties.get("Protocol") not in ("HTTPS", "TLS") for one in listeners)


def _reading(component: Component[CloudFrontSpec], bucket: Used, distribution: str | Text) -> Statement:
    arn = bucket.lowered.outputs["bucketArn"]
    return {
        "Sid": "".join(word.capitalize() for word in ("read", "by", *component.name.split("-"))),
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        **allow(["s3:GetObject"], text(arn if not isinstance(arn, int) else str(arn), "/*")),
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
    }


CLOUD_FRONT = Kind(
    "CloudFront",
    CloudFrontSpec,
    lower,
    outputs={
        "domainName": "The distribution's host name.",
        "distributionId": "The distribution's id, which invalidations take.",
        "arn": "The distribution's ARN.",
    },
    mentions=mentions,
)
