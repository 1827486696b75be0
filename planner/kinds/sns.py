"""SNS: a topic and its subscriptions."""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import (
    Component,
    ComponentName,
    ComponentSpec,
    Context,
    Grants,
    Inbound,
    Kind,
    Lowered,
    Path,
    Spec,
    Statement,
    Used,
)
from panka.planner.resource import PhysicalName, Properties, Ref, Resource, Text
from panka.planner.rules import beside, broken, unique
from panka.planner.vocabulary.policies import allow, document

Protocol = Literal["sqs", "lambda", "http", "https", "email", "email-json", "sms", "firehose", "application"]


class Subscription(Spec):
    """Who gets the topic's messages: a component of the stack, or an endpoint outside it."""

    protocol: Protocol | None = None
    """How messages are delivered. It may be left out with `component`, which says it."""
    endpoint: str | None = None
    """A URL, e-mail address, telephone number or ARN."""
    component: ComponentName | None = None
    """An SQS or Lambda component of this stack; it lets the topic in."""
    filter_policy: dict[str, Any] | None = None
    """Delivers only messages whose attributes match."""
    raw_message_delivery: bool = False
    """Delivers the message alone, without SNS's envelope (SQS and HTTP)."""

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.endpoint is None) == (self.component is None):
            raise broken("PK310", "a subscription needs exactly one of `endpoint` and `component`")
        if self.endpoint and self.protocol is None:
            raise broken("PK311", "a subscription with an `endpoint` needs a `protocol`")
        if self.component and self.protocol not in (None, "sqs", "lambda"):
            raise broken("PK313", f"a component cannot be subscribed by `{self.protocol}`, only by `sqs` or `lambda`")
        if self.raw_message_delivery and self.protocol in ("lambda", "email", "email-json", "sms"):
            raise broken("PK312", f"`rawMessageDelivery` has no effect with `protocol: {self.protocol}`")
        return self


class Encryption(Spec):
    """How messages are encrypted at rest."""

    enabled: bool = True
    """With SNS's own KMS key, unless `kmsKey` names another."""
    kms_key: str | None = None
    """Id, ARN or alias of a KMS key."""


class SnsSpec(ComponentSpec):
    display_name: Annotated[str, Field(max_length=100)] | None = None
    """The sender's name in text messages and e-mails."""
    fifo_topic: bool = False
    """Delivers in order and exactly once, to FIFO queues. Changing this replaces the topic."""
    content_based_deduplication: bool | None = None
    """FIFO: messages with the same body within 5 minutes are one."""
    encryption: Encryption | None = None
    """How messages are encrypted at rest; by default only by SNS's disks."""
    delivery_policy: dict[str, Any] | None = None
    """How deliveries to the topic's `http` and `https` subscriptions are retried: `{healthyRetryPolicy: …}`."""
    subscriptions: tuple[Subscription, ...] = ()
    """Who gets the topic's messages."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.content_based_deduplication is not None and not self.fifo_topic:
            field = "contentBasedDeduplication"
            raise beside("PK303", "`contentBasedDeduplication` needs `fifoTopic: true`", field, "fifoTopic")
        if self.delivery_policy and not any(one.protocol in ("http", "https") for one in self.subscriptions):
            raise broken("PK312", "`deliveryPolicy` needs an `http` or `https` subscription", "deliveryPolicy")
        unique((one.component or f"{one.protocol} {one.endpoint}" for one in self.subscriptions), "the subscription")
        return self


def mentions(spec: SnsSpec) -> Iterable[tuple[str, Path]]:
    for index, one in enumerate(spec.subscriptions):
        if one.component:
            yield one.component, ("subscriptions", index, "component")


PROTOCOLS = {"SQS": "sqs", "Lambda": "lambda"}
"""How each kind that can be subscribed gets its messages."""


def lower(component: Component[SnsSpec], context: Context) -> Lowered:
    """The topic, then each subscription with the permission that its target needs."""
    spec = component.spec
    topic = component.resource("main", "AWS::SNS::Topic", _topic(spec), name=_name(spec))
    resources: list[Resource] = [topic]
    inbound: list[Inbound] = []
    for index, one in enumerate(spec.subscriptions):
        if one.component is None:
            resources.append(_outside(component, topic, one))
            continue
        made, asked = _component(component, topic, one, _target(context, index, one, one.component))
        resources += made
        inbound += asked
    return Lowered(
        resources=tuple(resources),
        outputs={"topicArn": topic.ref("TopicArn"), "topicName": topic.ref("TopicName")},
        grants=Grants((allow(["sns:Publish"], topic.ref("TopicArn")),)),
        inbound=tuple(inbound),
    )


def accept(component: Component[SnsSpec], lowered: Lowered, statements: tuple[Statement, ...]) -> tuple[Resource, ...]:
    """One policy for everybody who publishes to the topic."""
    topic = lowered.resources[0].ref("TopicArn")
    return (
        component.resource(
            "inbound",
            "AWS::SNS::TopicInlinePolicy",
            {"TopicArn": topic, "PolicyDocument": document(statements)},
        ),
    )


def _name(spec: SnsSpec) -> PhysicalName:
    return PhysicalName("TopicName", 256, ".fifo" if spec.fifo_topic else "")


def _topic(spec: SnsSpec) -> Properties:
    properties: Properties = {"FifoTopic": True} if spec.fifo_topic else {}
    if spec.display_name is not None:
        properties["DisplayName"] = spec.display_name
    if spec.content_based_deduplication is not None:
        properties["ContentBasedDeduplication"] = spec.content_based_deduplication
    if spec.encryption and spec.encryption.enabled:
        properties["KmsMasterKeyId"] = spec.encryption.kms_key or "alias/aws/sns"
    return properties


def _subscription(topic: Resource, one: Subscription, protocol: str, endpoint: Ref | Text | str | int) -> Properties:
    properties: Properties = {"TopicArn": topic.ref("TopicArn"), "Protocol": protocol, "Endpoint": endpoint}
    if one.filter_policy is not None:
        properties["FilterPolicy"] = one.filter_policy
    if one.raw_message_delivery:
        properties["RawMessageDelivery"] = True
    return properties


def _outside(component: Component[SnsSpec], topic: Resource, one: Subscription) -> Resource:
    """A subscription of something outside the stack; its place in the list has no part in its address."""
    endpoint, protocol = one.endpoint or "", one.protocol or ""
    properties = _subscription(topic, one, protocol, endpoint)
    if component.spec.delivery_policy and protocol in ("http", "https"):
        properties["DeliveryPolicy"] = component.spec.delivery_policy
    part = f"{protocol}-{hashlib.sha256(endpoint.encode()).hexdigest()[:6]}"
    return component.resource(part, "AWS::SNS::Subscription", properties)


def _target(context: Context, index: int, one: Subscription, component: str) -> Used:
    used = context.uses[component.rpartition("/")[2]]
    wanted = PROTOCOLS.get(used.kind)
    if wanted is None or one.protocol not in (None, wanted):
        how = f"`{one.protocol}`" if one.protocol else "a topic"
        field = f"subscriptions.{index}.component"
        raise broken("PK313", f"{used.kind} `{used.name}` cannot be subscribed by {how}", field)
    return used


def _component(
    component: Component[SnsSpec], topic: Resource, one: Subscription, used: Used
) -> tuple[tuple[Resource, ...], tuple[Inbound, ...]]:
    """A subscription of a component, and what makes that component let the topic in."""
    wanted = PROTOCOLS[used.kind]
    arn = used.lowered.outputs["queueArn" if wanted == "sqs" else "functionArn"]
    properties = _subscription(topic, one, wanted, arn)
    if wanted == "sqs":
        subscription = component.resource(f"to-{used.name}", "AWS::SNS::Subscription", properties)
        return (subscription,), (Inbound(used.name, _delivery(component, topic, arn)),)
    permission = component.resource(
        f"may-call-{used.name}",
        "AWS::Lambda::Permission",
        {
            "FunctionName": used.lowered.outputs["functionName"],
            "Action": "lambda:InvokeFunction",
            "Principal": "sns.amazonaws.com",
            "SourceArn": topic.ref("TopicArn"),
        },
    )
    subscription = component.resource(
        f"to-{used.name}", "AWS::SNS::Subscription", properties, depends_on=[permission.address]
    )
    return (permission, subscription), ()


def _delivery(component: Component[SnsSpec], topic: Resource, queue: object) -> dict[str, Any]:
    return {
        "Sid": "".join(word.capitalize() for word in component.name.split("-")),
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": ["sqs:SendMessage"],
        "Resource": [queue],
        "Condition": {"ArnEquals": {"aws:SourceArn": topic.ref("TopicArn")}},
    }


SNS = Kind(
    "SNS",
    SnsSpec,
    lower,
    outputs={"topicArn": "The topic's ARN, which publishers take.", "topicName": "The topic's name."},
    mentions=mentions,
    accept=accept,
)
