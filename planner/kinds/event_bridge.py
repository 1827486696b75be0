"""EventBridge: a bus, and rules that hand its events, or the clock's, to targets."""

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, Any, Self, TypeAlias

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
from panka.planner.language.reading import typed
from panka.planner.naming import named
from panka.planner.resource import PhysicalName, Properties, Ref, Resource, Text
from panka.planner.rules import AT_LEAST_ONE, broken, shaped, unique
from panka.planner.vocabulary.policies import allow

Arn: TypeAlias = Ref | Text | str
ARNS = {"Lambda": "functionArn", "SQS": "queueArn", "SNS": "topicArn"}
"""The kinds that can be targets, and the output that names them."""
ACTIONS = {"SQS": "sqs:SendMessage", "SNS": "sns:Publish"}


class Bus(Spec):
    """The account's default bus, on which AWS's own events and schedules are, or one that Panka makes."""

    default: bool = False
    """Use the account's default bus."""
    name: Annotated[str | None, named("AWS::Events::EventBus")] = None
    """The name of the bus; by default Panka makes one."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.default and self.name:
            raise broken("PK310", "a bus is either `default: true` or has a `name`")
        return self


class Target(Spec):
    """Who gets the events."""

    component: ComponentName | None = None
    """A Lambda, SQS or SNS component of this stack; it lets the rule in."""
    arn: str | None = None
    """The ARN of something outside the stack, which lets EventBridge in."""
    input: Any = None
    """What the target gets instead of the event: any value."""
    dead_letter_queue: ComponentName | None = None
    """An SQS component for events that could not be delivered."""

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.component is None) == (self.arn is None):
            raise broken("PK310", "a target needs exactly one of `component` and `arn`")
        return self

    @property
    def id(self) -> str:
        """Tells a rule's targets apart, wherever in the list they stand."""
        said = (self.component or "").rpartition("/")[2]
        return said or f"arn-{hashlib.sha256((self.arn or '').encode()).hexdigest()[:6]}"


class Rule(Spec):
    """What happens when."""

    name: Annotated[str, shaped(r"[a-z][a-z0-9-]{0,62}", "a name: small letters, digits and `-`")]
    """Tells the rules apart."""
    pattern: dict[str, Any] | None = None
    """Events that the rule is for, as EventBridge writes patterns: `{source: [orders]}`."""
    schedule: Annotated[str | None, shaped(r"(rate|cron)\(.+\)", "a schedule: `rate(5 minutes)` or `cron(…)`")] = None
    """When the rule runs, on the default bus."""
    enabled: bool = True
    """Whether the rule does anything."""
    targets: Annotated[tuple[Target, ...], Field(max_length=5), AT_LEAST_ONE]
    """Who gets the events: up to five."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.pattern is None) == (self.schedule is None):
            raise broken("PK310", "a rule needs exactly one of `pattern` and `schedule`")
        unique((one.id for one in self.targets), "the target")
        return self


class EventBridgeSpec(ComponentSpec):
    bus: Bus = Bus(default=True)
    """The bus; by default the account's own. `{}` makes one."""
    rules: tuple[Rule, ...] = ()
    """What happens when."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        unique((rule.name for rule in self.rules), "the rule")
        for number, rule in enumerate(self.rules):
            if rule.schedule and not self.bus.default:
                raise broken(
                    "PK342", f"the schedule of `{rule.name}` needs the default bus", f"rules.{number}.schedule"
                )
        return self


def mentions(spec: EventBridgeSpec) -> Iterable[tuple[str, Path]]:
    for number, rule in enumerate(spec.rules):
        for place, target in enumerate(rule.targets):
            path: Path = ("rules", number, "targets", place)
            if target.component:
                yield target.component, (*path, "component")
            if target.dead_letter_queue:
                yield target.dead_letter_queue, (*path, "deadLetterQueue")


def lower(component: Component[EventBridgeSpec], context: Context) -> Lowered:
    """The bus, then each rule with what lets it in at its targets."""
    spec = component.spec
    bus = None if spec.bus.default else _bus(component)
    resources = [bus] if bus else []
    inbound: list[Inbound] = []
    for number, rule in enumerate(spec.rules):
        made = _rule(component, context, rule, number, bus)
        resources += [made, *_permissions(component, context, rule, made)]
        inbound += _asked(component, context, rule, made)
    target = context.target
    arn: Arn = f"arn:{context.partition}:events:{target.region}:{target.account}:event-bus/default"
    arn = bus.ref("Arn") if bus else arn
    return Lowered(
        resources=tuple(resources),
        outputs={"busName": bus.ref("Name") if bus else "default", "busArn": arn},
        grants=Grants((allow(["events:PutEvents"], arn),)),
        inbound=tuple(inbound),
    )


def _bus(component: Component[EventBridgeSpec]) -> Resource:
    name = component.spec.bus.name
    fixed = {"Name": name} if name else {}
    return component.resource("main", "AWS::Events::EventBus", fixed, name=None if name else PhysicalName("Name", 256))


def _rule(
    component: Component[EventBridgeSpec], context: Context, rule: Rule, number: int, bus: Resource | None
) -> Resource:
    what = {"EventPattern": typed(rule.pattern)} if rule.pattern else {"ScheduleExpression": rule.schedule}
    targets = [_target(context, rule, one, f"rules.{number}.targets.{place}") for place, one in enumerate(rule.targets)]
    return component.resource(
        f"rule-{rule.name}",
        "AWS::Events::Rule",
        {
            **what,
            **({"EventBusName": bus.ref("Name")} if bus else {}),
            "State": "ENABLED" if rule.enabled else "DISABLED",
            "Targets": targets,
        },
        name=PhysicalName("Name", 64),
    )


def _target(context: Context, rule: Rule, one: Target, field: str) -> Properties:
    said: Properties = {"Id": one.id, "Arn": one.arn}
    if one.component:
        used = _used(context, one.component, tuple(ARNS), f"{field}.component")
        said["Arn"] = used.lowered.outputs[ARNS[used.kind]]
        if used.kind == "SQS" and used.lowered.resources[-1].properties.get("FifoQueue"):
            # A FIFO queue takes messages in groups; those of one rule stay in order.
            said["SqsParameters"] = {"MessageGroupId": rule.name}
    if one.input is not None:
        said["Input"] = json.dumps(typed(one.input), ensure_ascii=False)
    if one.dead_letter_queue:
        queue = _used(context, one.dead_letter_queue, ("SQS",), f"{field}.deadLetterQueue")
        said["DeadLetterConfig"] = {"Arn": queue.lowered.outputs["queueArn"]}
    return said


def _used(context: Context, component: str, kinds: tuple[str, ...], field: str) -> Used:
    used = context.uses[component.rpartition("/")[2]]
    if used.kind not in kinds:
        wanted = " or ".join(kinds)
        raise broken("PK313", f"{used.kind} `{used.name}` cannot get events here, only {wanted} can", field)
    return used


def _permissions(
    component: Component[EventBridgeSpec], context: Context, rule: Rule, made: Resource
) -> Iterable[Resource]:
    for one in rule.targets:
        used = context.uses[one.component.rpartition("/")[2]] if one.component else None
        if used and used.kind == "Lambda":
            yield component.resource(
                f"rule-{rule.name}-may-call-{used.name}",
                "AWS::Lambda::Permission",
                {
                    "FunctionName": used.lowered.outputs["functionName"],
                    "Action": "lambda:InvokeFunction",
                    "Principal": "events.amazonaws.com",
                    "SourceArn": made.ref("Arn"),
                },
            )


def _asked(component: Component[EventBridgeSpec], context: Context, rule: Rule, made: Resource) -> Iterable[Inbound]:
    for one in rule.targets:
        for name in filter(None, (one.component, one.dead_letter_queue)):
            used = context.uses[name.rpartition("/")[2]]
            if used.kind in ACTIONS:
                yield Inbound(used.name, _delivery(component, rule, made, used))


def _delivery(component: Component[EventBridgeSpec], rule: Rule, made: Resource, used: Used) -> Statement:
    words = (*component.name.split("-"), *rule.name.split("-"))
    return {
        "Sid": "".join(word.capitalize() for word in words),
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": [ACTIONS[used.kind]],
        "Resource": [used.lowered.outputs[ARNS[used.kind]]],
        "Condition": {"ArnEquals": {"aws:SourceArn": made.ref("Arn")}},
    }


EVENT_BRIDGE = Kind(
    "EventBridge",
    EventBridgeSpec,
    lower,
    outputs={"busName": "The bus's name, which senders of events take.", "busArn": "The bus's ARN."},
    mentions=mentions,
)
