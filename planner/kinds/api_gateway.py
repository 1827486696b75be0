"""APIGateway: an API whose routes call functions.

An `http` API has an access log. A `rest` API has none: its logs need a role of the whole account and region.
"""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentName, ComponentSpec, Context, Kind, Lowered, Path, Spec, Used
from panka.planner.resource import PhysicalName, Properties, Ref, Resource, Text, text
from panka.planner.rules import AT_LEAST_ONE, broken, shaped, unique
from panka.planner.units import Seconds
from panka.planner.vocabulary.http_api import Http, integration, permission, route, words
from panka.planner.vocabulary.logs import log_group
from panka.planner.vocabulary.rest_api import body, digest

LOGGED = (
    '{"time":"$context.requestTime","ip":"$context.identity.sourceIp","method":"$context.httpMethod",'
    '"path":"$context.path","status":"$context.status","bytes":"$context.responseLength",'
    '"request":"$context.requestId","error":"$context.integrationErrorMessage"}'
)


class RouteTarget(Spec):
    """Who answers."""

    component: ComponentName
    """A Lambda component; it lets the API in."""


class ApiRoute(Http):
    target: RouteTarget
    """Who answers."""


class Cors(Spec):
    """Which pages of other origins may call the API from a browser."""

    allowed_origins: Annotated[tuple[str, ...], AT_LEAST_ONE]
    """Origins such as `https://shop.example`; `*` for all."""
    allowed_methods: tuple[Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*"], ...] = ("*",)
    """HTTP methods."""
    allowed_headers: tuple[str, ...] = ("*",)
    """Request headers."""
    expose_headers: tuple[str, ...] = ()
    """Response headers that scripts may read; http APIs only, as a function of a REST API answers itself."""
    allow_credentials: bool = False
    """Whether cookies may be sent; not with the origin `*`."""
    max_age_seconds: Annotated[Seconds, Field(ge=0, le=86_400)] | None = None
    """How long browsers keep the answer."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.allow_credentials and "*" in self.allowed_origins:
            raise broken("PK310", "`allowCredentials` needs origins by name, not `*`", "allowCredentials")
        return self


class Jwt(Spec):
    """Tokens of an identity provider."""

    issuer: str
    """The provider's URL."""
    audience: Annotated[tuple[str, ...], AT_LEAST_ONE]
    """For whom tokens must be made out."""
    identity_source: str = "$request.header.Authorization"
    """Where the token stands."""


class Authorizer(Spec):
    """Who may call."""

    jwt: Jwt
    """Whoever holds a token of this provider."""


class Throttling(Spec):
    """How much is let through; more is answered with 429."""

    rate_limit: Annotated[float, Field(gt=0)]
    """Requests a second, over time."""
    burst_limit: Annotated[int, Field(ge=1)]
    """Requests at once."""


class Domain(Spec):
    """A host name of your own."""

    name: Annotated[str, shaped(r"[a-z0-9*.-]+\.[a-z]{2,}", "a host name")]
    """The host name; point it at the output `domainTarget`."""
    certificate_arn: str
    """A certificate of ACM for it, in the stack's region."""


class ApiGatewaySpec(ComponentSpec):
    type: Literal["http", "rest"] = "http"
    """HTTP APIs are cheaper and faster; REST APIs are the older kind. Changing this makes a new API."""
    routes: tuple[ApiRoute, ...] = ()
    """Which requests which function answers."""
    cors: Cors | None = None
    """Which pages of other origins may call the API from a browser."""
    stage: Annotated[str | None, shaped(r"\$default|[A-Za-z0-9_-]{1,128}", "a stage: letters, digits, `-` and `_`")] = (
        None
    )
    """The stage, which is the first part of the path; by default none (`$default`), and `live` for REST."""
    authorizer: Authorizer | None = None
    """Who may call; by default everybody. For http APIs."""
    throttling: Throttling | None = None
    """How much is let through; by default as much as the account may."""
    domain: Domain | None = None
    """A host name of your own."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        unique((one.key for one in self.routes), "the route")
        unique((words(one.method, one.path) for one in self.routes), "the route")
        if self.type == "http":
            return self
        if self.authorizer:
            raise broken("PK343", "a REST API has no `jwt` authorizer; `type: http` has", "authorizer")
        if self.stage == "$default":
            raise broken("PK343", "a REST API has no stage `$default`; `type: http` has", "stage")
        if not self.routes:
            raise broken("PK311", "a REST API needs at least one route", "type")
        if self.cors and (self.cors.expose_headers or len(self.cors.allowed_origins) > 1):
            raise broken("PK343", "`cors` of a REST API takes one origin and no `exposeHeaders`", "cors")
        return self


def mentions(spec: ApiGatewaySpec) -> Iterable[tuple[str, Path]]:
    for number, one in enumerate(spec.routes):
        yield one.target.component, ("routes", number, "target", "component")


def lower(component: Component[ApiGatewaySpec], context: Context) -> Lowered:
    """The API and its stage, what its routes call, and its host name."""
    spec = component.spec
    functions = [_function(context, one, number) for number, one in enumerate(spec.routes)]
    made = (_http if spec.type == "http" else _rest)(component, context, functions)
    api, stage = made[0], next(one for one in made if one.address.part == "stage")
    id = api.ref("ApiId" if spec.type == "http" else "RestApiId")
    named = _domain(component, id, stage)
    arn = _arn(context, id)
    callers = [
        permission(component, f"may-call-{one.name}", one.lowered.outputs["functionName"], [arn], (stage,))
        for one in {one.name: one for one in functions}.values()
    ]
    return Lowered(
        resources=(*made, *callers, *named),
        outputs={
            "url": _url(spec, context, id),
            "apiId": id,
            "arn": arn,
            **({"domainTarget": named[0].ref("RegionalDomainName")} if named else {}),
        },
    )


def _function(context: Context, one: ApiRoute, number: int) -> Used:
    used = context.uses[one.target.component.rpartition("/")[2]]
    if used.kind != "Lambda":
        field = f"routes.{number}.target.component"
        raise broken("PK313", f"a route calls a Lambda; `{used.name}` is {used.kind}", field)
    return used


def _arn(context: Context, id: Ref) -> str | Text:
    target = context.target
    return text(f"arn:{context.partition}:execute-api:{target.region}:{target.account}:", id)


def _function_arn(used: Used) -> Ref | Text | str:
    arn = used.lowered.outputs["functionArn"]
    return str(arn) if isinstance(arn, int) else arn


def _stage_name(spec: ApiGatewaySpec) -> str:
    return spec.stage or ("$default" if spec.type == "http" else "live")


def _url(spec: ApiGatewaySpec, context: Context, id: Ref) -> str | Text:
    if spec.domain:
        return f"https://{spec.domain.name}"
    stage = _stage_name(spec)
    path = "" if stage == "$default" else f"/{stage}"
    return text("https://", id, f".execute-api.{context.target.region}.amazonaws.com{path}")


def _http(component: Component[ApiGatewaySpec], context: Context, functions: list[Used]) -> list[Resource]:
    spec = component.spec
    api = component.resource("main", "AWS::ApiGatewayV2::Api", _http_api(spec), name=PhysicalName("Name", 128))
    guard = _authorizer(component, api)
    ways = {
        one.name: integration(component, f"to-{one.name}", api.ref("ApiId"), _function_arn(one)) for one in functions
    }
    routes = [
        route(component, words(one.method, one.path), one, ways[used.name], guard)
        for one, used in zip(spec.routes, functions, strict=True)
    ]
    logs = log_group(component)
    stage = component.resource("stage", "AWS::ApiGatewayV2::Stage", _http_stage(spec, context, api, logs))
    return [api, *([guard] if guard else []), *ways.values(), *routes, logs, stage]


def _http_api(spec: ApiGatewaySpec) -> Properties:
    said: Properties = {"ProtocolType": "HTTP"}
    if spec.cors:
        optional = {
            "ExposeHeaders": list(spec.cors.expose_headers),
            "MaxAge": spec.cors.max_age_seconds,
            "AllowCredentials": spec.cors.allow_credentials or None,
        }
        said["CorsConfiguration"] = {
            "AllowOrigins": list(spec.cors.allowed_origins),
            "AllowMethods": list(spec.cors.allowed_methods),
            "AllowHeaders": list(spec.cors.allowed_headers),
            **{name: value for name, value in optional.items() if value not in (None, [])},
        }
    return said


def _authorizer(component: Component[ApiGatewaySpec], api: Resource) -> Resource | None:
    said = component.spec.authorizer
    if said is None:
        return None
    return component.resource(
        "authorizer",
        "AWS::ApiGatewayV2::Authorizer",
        {
            "ApiId": api.ref("ApiId"),
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": [said.jwt.identity_source],
            "JwtConfiguration": {"Issuer": said.jwt.issuer, "Audience": list(said.jwt.audience)},
        },
    )


def _limits(throttling: Throttling | None) -> Properties:
    if throttling is None:
        return {}
    return {"ThrottlingRateLimit": throttling.rate_limit, "ThrottlingBurstLimit": throttling.burst_limit}


def _http_stage(spec: ApiGatewaySpec, context: Context, api: Resource, logs: Resource) -> Properties:
    target = context.target
    group = text(f"arn:{context.partition}:logs:{target.region}:{target.account}:log-group:", logs.ref("LogGroupName"))
    limits = _limits(spec.throttling)
    return {
        "ApiId": api.ref("ApiId"),
        "StageName": _stage_name(spec),
        "AutoDeploy": True,
        "AccessLogSettings": {"DestinationArn": group, "Format": LOGGED},
        **({"DefaultRouteSettings": limits} if limits else {}),
    }


def _rest(component: Component[ApiGatewaySpec], context: Context, functions: list[Used]) -> list[Resource]:
    """A deployment never changes: another document makes another one, and the stage moves on to it."""
    spec = component.spec
    routes = [(one, _function_arn(used)) for one, used in zip(spec.routes, functions, strict=True)]
    document = body(component.name, routes, _preflight_headers(spec.cors), context)
    api = component.resource(
        "main",
        "AWS::ApiGateway::RestApi",
        {"Body": document, "EndpointConfiguration": {"Types": ["REGIONAL"]}},
        name=PhysicalName("Name", 128),
    )
    id = api.ref("RestApiId")
    deployment = component.resource(f"deployment-{digest(document)}", "AWS::ApiGateway::Deployment", {"RestApiId": id})
    limits = _limits(spec.throttling)
    settings = {"MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", **limits}]} if limits else {}
    stage = component.resource(
        "stage",
        "AWS::ApiGateway::Stage",
        {
            "RestApiId": id,
            "StageName": _stage_name(spec),
            "DeploymentId": deployment.ref("DeploymentId"),
            **settings,
        },
    )
    return [api, deployment, stage]


def _preflight_headers(cors: Cors | None) -> Properties | None:
    if cors is None:
        return None
    every = "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"
    return {
        "Access-Control-Allow-Origin": cors.allowed_origins[0],
        "Access-Control-Allow-Methods": every if "*" in cors.allowed_methods else ",".join(cors.allowed_methods),
        "Access-Control-Allow-Headers": ",".join(cors.allowed_headers),
        **({"Access-Control-Allow-Credentials": "true"} if cors.allow_credentials else {}),
        **({"Access-Control-Max-Age": str(cors.max_age_seconds)} if cors.max_age_seconds is not None else {}),
    }


def _domain(component: Component[ApiGatewaySpec], api: Ref, stage: Resource) -> tuple[Resource, ...]:
    said = component.spec.domain
    if said is None:
        return ()
    domain = component.resource(
        "domain",
        "AWS::ApiGatewayV2::DomainName",
        {
            "DomainName": said.name,
            "DomainNameConfigurations": [
                {"CertificateArn": said.certificate_arn, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
            ],
        },
    )
    mapping = component.resource(
        "domain-mapping",
        "AWS::ApiGatewayV2::ApiMapping",
        {"DomainName": domain.ref("DomainName"), "ApiId": api, "Stage": stage.ref("StageName")},
    )
    return domain, mapping


API_GATEWAY = Kind(
    "APIGateway",
    ApiGatewaySpec,
    lower,
    outputs={
        "url": "Where the API is called, without a `/` at the end.",
        "apiId": "The API's id.",
        "arn": "The ARN by which functions know the API (execute-api).",
        "domainTarget": "What a DNS record of the `domain` must point at.",
    },
    mentions=mentions,
)
