"""Lambda: a function, what it may do, and what calls it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from panka.planner.component import (
    Component,
    ComponentSpec,
    Context,
    Grants,
    Kind,
    Lowered,
    Notice,
    Path,
    Spec,
    Statement,
    Used,
)
from panka.planner.language.reading import typed
from panka.planner.resource import Address, PhysicalName, Properties, Ref, Resource, Text, text
from panka.planner.rules import across, broken, shaped, unique
from panka.planner.units import MiB, Seconds
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.environment import FromOutput, FunctionVariableName, PlainText
from panka.planner.vocabulary.http_api import integration, permission, route
from panka.planner.vocabulary.logs import log_group, write_logs
from panka.planner.vocabulary.policies import allow, role, role_policy
from panka.planner.vocabulary.triggers import S3Events, Trigger, part_of

Arn: TypeAlias = Ref | Text | str


class Code(Spec):
    """Where the code is: exactly one of `zipFile`, `s3Bucket` with `s3Key`, and `imageUri`."""

    zip_file: str | None = None
    """A file or folder beside the stack's YAML, which Panka packs; the path is relative to the file that names it."""
    s3_bucket: str | None = None
    """The bucket with a zip that exists."""
    s3_key: str | None = None
    """The zip's key in that bucket."""
    s3_object_version: str | None = None
    """The zip's version in that bucket."""
    image_uri: str | None = None
    """A container image in ECR."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.zip_file, self.s3_bucket, self.image_uri)) != 1:
            raise broken("PK310", "`code` needs exactly one of `zipFile`, `s3Bucket` and `imageUri`")
        if (self.s3_bucket is None) != (self.s3_key is None):
            raise broken("PK311", "`s3Bucket` and `s3Key` need each other")
        if self.s3_object_version and self.s3_bucket is None:
            raise broken("PK312", "`s3ObjectVersion` has no effect without `s3Bucket`")
        return self


class Vpc(Spec):
    """Whether the function runs in the stack's network."""

    enabled: bool = True
    """Needed to reach databases and services there. Such a function reaches the internet only through a NAT."""
    subnet_ids: tuple[str, ...] = ()
    """The subnets; by default the network's private ones."""
    security_group_ids: tuple[str, ...] = ()
    """Security groups beside its own."""


class LambdaSpec(ComponentSpec):
    runtime: Annotated[str | None, shaped(r"[a-z]+[a-z0-9.-]*", "a Lambda runtime: `python3.13`")] = None
    """The runtime: `python3.13`, `nodejs22.x`, `provided.al2023` and so on; not for images."""
    handler: Annotated[str | None, shaped(r"\S{1,128}", "a handler: `main.handler`")] = None
    """The function in the code: `main.handler`; not for images."""
    code: Code
    """Where the code is."""
    memory: Annotated[MiB, Field(ge=128, le=10_240)] = 128
    """Memory in MiB (`512`, `"1Gi"`); CPU grows with it."""
    timeout: Annotated[Seconds, Field(ge=1, le=900)] = 3
    """How long a call may take: up to 15 minutes, by default 3 s."""
    environment: dict[FunctionVariableName, PlainText | FromOutput] = Field(default_factory=dict)
    """Environment variables: a value (may contain `${component.output}`) or `{valueFrom: {component, output}}`."""
    triggers: tuple[Trigger, ...] = ()
    """What calls the function."""
    vpc: Vpc | None = None
    """Whether the function runs in the stack's network; by default it does not."""
    reserved_concurrent_executions: Annotated[int, Field(ge=0)] | None = None
    """The most calls at once, taken from the account's; 0 stops the function."""
    role_arn: str | None = None
    """A role that exists; then references earn the function nothing. By default Panka makes one."""
    layers: Annotated[tuple[str, ...], Field(max_length=5)] = ()
    """ARNs of layer versions."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The processor."""

    @model_validator(mode="after")
    def _packed(self) -> Self:
        if self.code.image_uri is None and not (self.runtime and self.handler):
            missing = "handler" if self.runtime else "runtime"
            raise broken("PK311", "a function from a zip needs `runtime` and `handler`", missing)
        if self.code.image_uri and (self.runtime or self.handler or self.layers):
            raise broken("PK312", "`runtime`, `handler` and `layers` have no effect for an image")
        unique((part_of(trigger) for trigger in self.triggers), "the trigger")
        return self

    @property
    def environment_values(self) -> dict[str, str]:
        said = self.environment.items()
        return {name: one.value_from.reference if isinstance(one, FromOutput) else one for name, one in said}

    @property
    def in_vpc(self) -> bool:
        return self.vpc is not None and self.vpc.enabled


def mentions(spec: LambdaSpec) -> Iterable[tuple[str, Path]]:
    for index, trigger in enumerate(spec.triggers):
        if trigger.source and trigger.source.component:
            yield trigger.source.component, ("triggers", index, "source", "component")


def lower(component: Component[LambdaSpec], context: Context) -> Lowered:
    """The role and the network come first, then the function, then what calls it."""
    spec = component.spec
    logs = log_group(component)
    group = doors.security_group(component, context) if spec.in_vpc else None
    ways = doors.ways(component, context, group.ref("GroupId")) if group else ()
    sources = [_source(trigger, number, spec.timeout, context) for number, trigger in enumerate(spec.triggers)]
    own = () if spec.role_arn else _role(component, context, logs, sources)
    function = component.resource(
        "main",
        "AWS::Lambda::Function",
        {
            "Role": own[0].ref("Arn") if own else spec.role_arn,
            "LoggingConfig": {"LogGroup": logs.ref("LogGroupName")},
            **_function(spec, context),
            **_network(spec, context, group),
        },
        name=PhysicalName("FunctionName", 64),
        depends_on=[one.address for one in (*own[1:], *ways)],
    )
    called = (
        made
        for trigger, source in zip(spec.triggers, sources, strict=True)
        for made in _trigger(component, context, function, trigger, source)
    )
    arn = function.ref("Arn")
    return Lowered(
        resources=(logs, *([group] if group else []), *own, *ways, function, *called),
        outputs={
            "functionName": function.ref("FunctionName"),
            "functionArn": arn,
            "roleArn": own[0].ref("Arn") if own else spec.role_arn or "",
        },
        grants=Grants((allow(["lambda:InvokeFunction"], arn, text(arn, ":*")),)),
        notes=tuple(_notes(component, context)),
        notices=tuple(
            _notice(component, function, trigger, event)
            for trigger in spec.triggers
            if trigger.type == "s3"
            for event in (trigger.s3 or S3Events()).events
        ),
    )


def _function(spec: LambdaSpec, context: Context) -> Properties:
    optional = {
        "Runtime": spec.runtime,
        "Handler": spec.handler,
        "ReservedConcurrentExecutions": spec.reserved_concurrent_executions,
        "Layers": list(spec.layers) or None,
        "Environment": {"Variables": spec.environment_values} if spec.environment else None,
        "PackageType": "Image" if spec.code.image_uri else "Zip",
    }
    return {
        "Code": _code(spec.code, context),
        "MemorySize": spec.memory,
        "Timeout": spec.timeout,
        "Architectures": [spec.architecture],
        **{name: value for name, value in optional.items() if value is not None},
    }


def _code(code: Code, context: Context) -> Properties:
    if code.zip_file:
        return {"ZipFile": {"Panka::Asset": context.pack(code.zip_file)}}
    if code.image_uri:
        return {"ImageUri": code.image_uri}
    version = {"S3ObjectVersion": code.s3_object_version} if code.s3_object_version else {}
    return {"S3Bucket": code.s3_bucket, "S3Key": code.s3_key, **version}


def _network(spec: LambdaSpec, context: Context, group: Resource | None) -> Properties:
    if group is None or spec.vpc is None:
        return {}
    groups = [group.ref("GroupId"), *spec.vpc.security_group_ids, *context.network.security_groups]
    return {"VpcConfig": {"SubnetIds": list(spec.vpc.subnet_ids) or doors.subnets(context), "SecurityGroupIds": groups}}


def _role(
    component: Component[LambdaSpec], context: Context, logs: Resource, sources: list[Arn | None]
) -> tuple[Resource, Resource]:
    """The function's role, and what it may do: write logs, what references earn it, and read what triggers it."""
    triggers = zip(component.spec.triggers, sources, strict=True)
    statements: list[Statement] = [write_logs(logs, context), *context.statements()]
    statements += [allow(POLL[trigger.type], arn) for trigger, arn in triggers if trigger.type in POLL and arn]
    if component.spec.in_vpc:
        statements.append(allow(JOIN_NETWORK, "*"))
    own = role(component, "role", "lambda.amazonaws.com")
    return own, role_policy(component, "policy", own, tuple(statements))


POLL = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
}
JOIN_NETWORK = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
SOURCES = {
    "sqs": ("SQS", "queueArn"),
    "sns": ("SNS", "topicArn"),
    "dynamodb": ("DynamoDB", "streamArn"),
    "s3": ("S3", "bucketArn"),
    "eventbridge": ("EventBridge", "busName"),
    "apigateway": ("APIGateway", "apiId"),
}
"""The kind that a trigger's component must be of, and the output that names what calls."""


def _source(trigger: Trigger, number: int, timeout: int, context: Context) -> Arn | None:
    """The ARN of what calls the function; None for a schedule, which Panka makes."""
    if trigger.source is None:
        return None
    if trigger.source.component is None:
        return trigger.source.arn
    used = context.uses[trigger.source.component.rpartition("/")[2]]
    kind, output = SOURCES[trigger.type]
    field = f"triggers.{number}.source.component"
    if used.kind != kind:
        found = f"`{used.name}` is {used.kind}"
        raise broken("PK313", f"a trigger of type `{trigger.type}` needs a component of kind {kind}; {found}", field)
    if trigger.type == "apigateway" and used.lowered.resources[0].type != "AWS::ApiGatewayV2::Api":
        raise broken("PK343", f"`{used.name}` is a REST API, whose own `routes` say what they call", field)
    if trigger.type == "sqs":
        _hides_long_enough(timeout, used)
    arn = used.lowered.outputs.get(output)
    if arn is None or isinstance(arn, int):
        raise broken("PK313", f"{used.kind} `{used.name}` has no stream that could trigger a function", field)
    return arn


def _hides_long_enough(timeout: int, queue: Used) -> None:
    """AWS refuses a queue whose messages come back while the function may still work on them."""
    hidden = queue.lowered.resources[-1].properties["VisibilityTimeout"]
    if hidden < timeout:
        queue_says = f"SQS `{queue.name}` has a `visibilityTimeout` of only {hidden} s"
        places = ("", "timeout"), (queue.name, "visibilityTimeout")
        raise across("PK314", f"`timeout` is {timeout} s, but {queue_says}", *places)


def _trigger(
    component: Component[LambdaSpec], context: Context, function: Resource, trigger: Trigger, source: Arn | None
) -> Iterable[Resource]:
    if trigger.type == "eventbridge":
        return _rule(component, function, trigger, source)
    if source is None:
        return ()
    match trigger.type:
        case "sns":
            return _subscription(component, function, trigger, source)
        case "s3":
            allowed = _permission(component, function, trigger, "s3.amazonaws.com", source)
            # A bucket's name may be another account's tomorrow.
            owner = {"SourceAccount": context.target.account}
            return (replace(allowed, properties={**allowed.properties, **owner}),)
        case "apigateway":
            return _requests(component, context, function, trigger, source)
    return (_polling(component, function, trigger, source),)


def _notice(component: Component[LambdaSpec], function: Resource, trigger: Trigger, event: str) -> Notice:
    """One entry for each event, as S3 spells them."""
    said = trigger.s3 or S3Events()
    source = trigger.source.component if trigger.source else None
    only: Properties = {"Filter": {"S3Key": {"Rules": said.rules}}} if said.rules else {}
    return Notice(
        (source or "").rpartition("/")[2],
        {"Event": event, "Function": function.ref("Arn"), **only},
        Address.of(component.name, f"{part_of(trigger)}-permission"),
    )


def _requests(
    component: Component[LambdaSpec], context: Context, function: Resource, trigger: Trigger, api: Arn
) -> tuple[Resource, ...]:
    """A route of an API that another component, or somebody else, has made."""
    if trigger.http is None:
        return ()
    # `arn:aws:apigateway:eu-west-1::/apis/a1b2c3` and the `execute-api` ARN both end with the API's id.
    id = re.split("[:/]", api)[-1] if isinstance(api, str) and api.startswith("arn:") else api
    part, target = part_of(trigger), context.target
    way = integration(component, f"{part}-integration", id, function.ref("Arn"))
    arn = f"arn:{context.partition}:execute-api:{target.region}:{target.account}:"
    return (
        way,
        permission(component, f"{part}-permission", function.ref("FunctionName"), [arn, id]),
        route(component, part, trigger.http, way),
    )


def _polling(component: Component[LambdaSpec], function: Resource, trigger: Trigger, source: Arn) -> Resource:
    """Lambda fetches from the queue or stream. It checks the role's rights, which the function has waited for."""
    return component.resource(
        part_of(trigger),
        "AWS::Lambda::EventSourceMapping",
        {
            "FunctionName": function.ref("FunctionName"),
            "EventSourceArn": source,
            "BatchSize": trigger.batch_size or (10 if trigger.type == "sqs" else 100),
            **({"StartingPosition": "LATEST"} if trigger.type == "dynamodb" else {}),
        },
    )


def _permission(
    component: Component[LambdaSpec], function: Resource, trigger: Trigger, principal: str, source: Arn
) -> Resource:
    return component.resource(
        f"{part_of(trigger)}-permission",
        "AWS::Lambda::Permission",
        {
            "FunctionName": function.ref("FunctionName"),
            "Action": "lambda:InvokeFunction",
            "Principal": principal,
            "SourceArn": source,
        },
    )


def _subscription(
    component: Component[LambdaSpec], function: Resource, trigger: Trigger, topic: Arn
) -> tuple[Resource, ...]:
    allowed = _permission(component, function, trigger, "sns.amazonaws.com", topic)
    subscription = component.resource(
        part_of(trigger),
        "AWS::SNS::Subscription",
        {"TopicArn": topic, "Protocol": "lambda", "Endpoint": function.ref("Arn")},
        depends_on=[allowed.address],
    )
    return allowed, subscription


def _rule(
    component: Component[LambdaSpec], function: Resource, trigger: Trigger, bus: Arn | None
) -> tuple[Resource, ...]:
    what: Properties = {"ScheduleExpression": trigger.schedule}
    if trigger.pattern is not None:
        what = {"EventPattern": typed(trigger.pattern)}
    rule = component.resource(
        part_of(trigger),
        "AWS::Events::Rule",
        {
            **what,
            **({"EventBusName": bus} if bus is not None else {}),
            "State": "ENABLED",
            "Targets": [{"Id": "function", "Arn": function.ref("Arn")}],
        },
        name=PhysicalName("Name", 64),
    )
    return rule, _permission(component, function, trigger, "events.amazonaws.com", rule.ref("Arn"))


def _notes(component: Component[LambdaSpec], context: Context) -> Iterable[str]:
    doors_of = [name for name in context.granted if context.uses[name].lowered.grants.connect]
    if doors_of and not component.spec.in_vpc:
        yield f"`{component.name}` is not in the network, so it cannot reach `{doors_of[0]}`: set `vpc.enabled: true`."
    if component.spec.role_arn and context.granted:
        yield f"`{component.name}` has a `roleArn`; that role must allow what its references need."


LAMBDA = Kind(
    "Lambda",
    LambdaSpec,
    lower,
    outputs={
        "functionName": "The function's name.",
        "functionArn": "The function's ARN.",
        "roleArn": "The ARN of its role.",
    },
    mentions=mentions,
    needs_network=lambda spec: spec.in_vpc,
)
