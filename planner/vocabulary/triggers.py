"""What calls a function: the triggers of its spec."""

import hashlib
import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import ComponentName, Spec
from panka.planner.resource import Properties
from panka.planner.rules import AT_LEAST_ONE, broken, shaped
from panka.planner.vocabulary.http_api import Http


class Source(Spec):
    """What calls the function: `component` or `arn`."""

    component: ComponentName | None = None
    """A component of this stack."""
    arn: str | None = None
    """The ARN of something outside it."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.component is None) == (self.arn is None):
            raise broken("PK310", "`source` needs exactly one of `component` and `arn`")
        return self


S3Event = Annotated[str, shaped(r"s3:[A-Za-z]+:(\*|[A-Za-z:]+)", "an event of S3: `s3:ObjectCreated:*`")]


class S3Events(Spec):
    """What happens in a bucket."""

    events: Annotated[tuple[S3Event, ...], AT_LEAST_ONE] = ("s3:ObjectCreated:*",)
    """S3's names of events: `s3:ObjectCreated:*`, `s3:ObjectRemoved:Delete` and so on."""
    prefix: str | None = None
    """Only keys that begin so."""
    suffix: str | None = None
    """Only keys that end so."""

    @property
    def rules(self) -> list[Properties]:
        said = {"prefix": self.prefix, "suffix": self.suffix}
        return [{"Name": name, "Value": value} for name, value in said.items() if value]


class Trigger(Spec):
    """Calls the function when something happens."""

    type: Literal["sqs", "sns", "dynamodb", "eventbridge", "s3", "apigateway"]
    """`sqs` and `dynamodb` hand over messages and changes in batches, `sns`, `s3`, `apigateway` and the events of an
    `eventbridge` bus one at a time; `eventbridge` also keeps a schedule."""
    source: Source | None = None
    """The queue, topic, table (with a stream), bucket, API or bus; `eventbridge` without one means the default bus."""
    pattern: dict[str, Any] | None = None
    """Events of a bus that call, as EventBridge writes patterns: `{source: [orders]}`."""
    http: Http | None = None
    """Requests to an API that call."""
    s3: S3Events | None = None
    """What in a bucket calls; by default every new object."""
    batch_size: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """The most messages or changes of one call; by default 10 messages, 100 changes."""
    schedule: Annotated[str | None, shaped(r"(rate|cron)\(.+\)", "a schedule: `rate(5 minutes)` or `cron(…)`")] = None
    """When EventBridge calls: `rate(5 minutes)`, `cron(0 3 * * ? *)`."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.type == "eventbridge":
            if (self.schedule is None) == (self.pattern is None):
                raise broken("PK311", "a trigger of type `eventbridge` needs one of `schedule` and `pattern`")
            if self.schedule and self.source:
                raise broken("PK342", "a schedule is kept on the default bus, without a `source`", "source")
        elif self.source is None:
            raise broken("PK311", "every trigger but `eventbridge` needs a `source`", "source")
        if self.type == "apigateway" and self.http is None:
            raise broken("PK311", "a trigger of type `apigateway` needs `http: {method, path}`")
        if self.type == "s3" and self.source and self.source.arn:
            raise broken(
                "PK344", "an `s3` trigger needs a bucket of this stack: `source: {component: …}`", "source.arn"
            )
        return self

    @model_validator(mode="after")
    def _says_nothing_in_vain(self) -> Self:
        for field, value, types in (
            ("batchSize", self.batch_size, ("sqs", "dynamodb")),
            ("schedule", self.schedule, ("eventbridge",)),
            ("pattern", self.pattern, ("eventbridge",)),
            ("http", self.http, ("apigateway",)),
            ("s3", self.s3, ("s3",)),
        ):
            if value is not None and self.type not in types:
                raise broken("PK312", f"`{field}` has no effect on a trigger of type `{self.type}`")
        return self


def part_of(trigger: Trigger) -> str:
    """The address of a trigger's resource, in which its place in the list has no part."""
    said: list[str] = []
    if trigger.http:
        said.append(trigger.http.key)
    if trigger.pattern:
        said.append(json.dumps(trigger.pattern, sort_keys=True))
    if trigger.s3:
        said.append(repr(trigger.s3))
    if trigger.source and trigger.source.component:
        return "-".join(("from", trigger.source.component.rpartition("/")[2], *map(_short, said)))
    named = trigger.schedule or (trigger.source.arn if trigger.source else None) or ""
    return f"from-{trigger.type}-{_short(''.join((named, *said)))}"


def _short(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:6]
