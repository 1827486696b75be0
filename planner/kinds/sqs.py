"""SQS: a queue, and its dead-letter queue."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Grants, Kind, Lowered, Spec, Statement
from panka.planner.resource import PhysicalName, Properties, Resource
from panka.planner.rules import beside, broken
from panka.planner.units import Seconds
from panka.planner.vocabulary.policies import allow, document


class DeadLetterQueue(Spec):
    """A second queue for messages that nobody manages to handle; it keeps them for 14 days."""

    enabled: bool = True
    """Whether there is one."""
    max_receive_count: Annotated[int, Field(ge=1, le=1_000)] = 5
    """How often a message is received before it moves to the dead-letter queue."""


class Encryption(Spec):
    """How messages are encrypted at rest."""

    enabled: bool = True
    """By default with keys that SQS manages."""
    kms_key: str | None = None
    """Id, ARN or alias of a KMS key to use instead."""

    @model_validator(mode="after")
    def _key_needs_encryption(self) -> Self:
        if self.kms_key and not self.enabled:
            raise broken("PK310", "`kmsKey` contradicts `enabled: false`", "kmsKey")
        return self


class SqsSpec(ComponentSpec):
    type: Literal["standard", "fifo"] = "standard"
    """A FIFO queue delivers in order and exactly once. Changing this replaces the queue."""
    message_retention_period: Annotated[Seconds, Field(ge=60, le=1_209_600)] = 345_600
    """How long a message is kept: 60 s to 14 days, by default 4 days."""
    visibility_timeout: Annotated[Seconds, Field(ge=0, le=43_200)] = 30
    """How long a received message stays hidden from other consumers: up to 12 hours, by default 30 s."""
    max_message_size: Annotated[int, Field(ge=1_024, le=1_048_576)] | None = None
    """The largest message in bytes; by default what SQS allows."""
    receive_wait_time: Annotated[Seconds, Field(ge=0, le=20)] = 0
    """How long a receive waits for a message: up to 20 s (long polling), by default not at all."""
    delay_seconds: Annotated[Seconds, Field(ge=0, le=900)] = 0
    """How long a new message stays hidden: up to 15 minutes, by default not at all."""
    dead_letter_queue: DeadLetterQueue | None = None
    """Where messages go that nobody manages to handle."""
    content_based_deduplication: bool | None = None
    """FIFO: messages with the same body within 5 minutes are one."""
    deduplication_scope: Literal["messageGroup", "queue"] | None = None
    """FIFO: whether duplicates are looked for in a message group or in the queue."""
    fifo_throughput_limit: Literal["perQueue", "perMessageGroupId"] | None = None
    """FIFO: what the throughput quota counts for. `perMessageGroupId` needs `deduplicationScope: messageGroup`."""
    encryption: Encryption = Encryption()
    """How messages are encrypted at rest."""

    @model_validator(mode="after")
    def _fifo_only(self) -> Self:
        only = ("content_based_deduplication", "deduplication_scope", "fifo_throughput_limit")
        said = [SqsSpec.model_fields[name].alias for name in only if getattr(self, name) is not None]
        if self.type == "standard" and said:
            raise beside("PK303", f"`{said[0]}` needs `type: fifo`", str(said[0]), "type")
        if self.fifo_throughput_limit == "perMessageGroupId" and self.deduplication_scope != "messageGroup":
            raise broken(
                "PK311",
                "`fifoThroughputLimit: perMessageGroupId` needs `deduplicationScope: messageGroup`",
                "fifoThroughputLimit",
            )
        return self


def lower(component: Component[SqsSpec], _context: Context) -> Lowered:
    """The dead-letter queue first, as the queue refers to it."""
    spec = component.spec
    dead = _dead_letters(component) if spec.dead_letter_queue and spec.dead_letter_queue.enabled else None
    queue = component.resource("main", "AWS::SQS::Queue", _queue(spec, dead), name=_name(spec))
    outputs = {
        "queueUrl": queue.ref("QueueUrl"),
        "url": queue.ref("QueueUrl"),
        "queueArn": queue.ref("Arn"),
        "queueName": queue.ref("QueueName"),
    }
    if dead:
        outputs |= {"deadLetterQueueUrl": dead.ref("QueueUrl"), "deadLetterQueueArn": dead.ref("Arn")}
    return Lowered(
        resources=(dead, queue) if dead else (queue,),
        outputs=dict(outputs),
        grants=Grants((allow(USE, queue.ref("Arn")),)),
    )


USE = (
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
)


def accept(component: Component[Any], lowered: Lowered, statements: tuple[Statement, ...]) -> tuple[Resource, ...]:
    """One policy for everybody who delivers to the queue."""
    queue = lowered.resources[-1]
    return (
        component.resource(
            "inbound",
            "AWS::SQS::QueueInlinePolicy",
            {"Queue": queue.ref("QueueUrl"), "PolicyDocument": document(statements)},
        ),
    )


def _name(spec: SqsSpec) -> PhysicalName:
    return PhysicalName("QueueName", 80, ".fifo" if spec.type == "fifo" else "")


def _dead_letters(component: Component[SqsSpec]) -> Resource:
    properties = {"MessageRetentionPeriod": 1_209_600, **_kind_of_queue(component.spec)}
    return component.resource("dead-letters", "AWS::SQS::Queue", properties, name=_name(component.spec))


def _kind_of_queue(spec: SqsSpec) -> Properties:
    """What a queue and its dead-letter queue must have alike."""
    properties: Properties = {"FifoQueue": True} if spec.type == "fifo" else {}
    if spec.encryption.kms_key:
        return {**properties, "KmsMasterKeyId": spec.encryption.kms_key}
    return {**properties, "SqsManagedSseEnabled": spec.encryption.enabled}


def _queue(spec: SqsSpec, dead: Resource | None) -> Properties:
    optional = {
        "MaximumMessageSize": spec.max_message_size,
        "ContentBasedDeduplication": spec.content_based_deduplication,
        "DeduplicationScope": spec.deduplication_scope,
        "FifoThroughputLimit": spec.fifo_throughput_limit,
    }
    properties: Properties = {
        "MessageRetentionPeriod": spec.message_retention_period,
        "VisibilityTimeout": spec.visibility_timeout,
        "ReceiveMessageWaitTimeSeconds": spec.receive_wait_time,
        "DelaySeconds": spec.delay_seconds,
        **_kind_of_queue(spec),
        **{name: value for name, value in optional.items() if value is not None},
    }
    if dead and spec.dead_letter_queue:
        properties["RedrivePolicy"] = {
            "deadLetterTargetArn": dead.ref("Arn"),
            "maxReceiveCount": spec.dead_letter_queue.max_receive_count,
        }
    return properties


SQS = Kind(
    "SQS",
    SqsSpec,
    lower,
    outputs={
        "queueUrl": "The queue's URL, which SQS clients take.",
        "url": "The same as `queueUrl`.",
        "queueArn": "The queue's ARN.",
        "queueName": "The queue's name.",
        "deadLetterQueueUrl": "The dead-letter queue's URL.",
        "deadLetterQueueArn": "The dead-letter queue's ARN.",
    },
    accept=accept,
)
