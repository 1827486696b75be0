"""Rules between the fields of a component, each with its code, and how a spec says that one is broken."""

import re
from collections.abc import Hashable, Iterable
from typing import LiteralString, TypeVar

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

RULES: dict[str, str] = {
    "PK301": "A text does not have the form that AWS asks for.",
    "PK302": "A value is not a duration, a number of CPU units, or an amount of memory.",
    "PK303": "A field that works on FIFO queues and topics only stands on a standard one.",
    "PK304": "Capacity and billing mode of a table contradict each other.",
    "PK305": "A table's key attribute is declared twice with different types, or an index twice.",
    "PK306": "A database has no source for its master password, or two.",
    "PK307": "No Fargate size is large enough.",
    "PK308": "A bucket is made public while its public access block forbids it.",
    "PK309": "Something that must be unique in a list is there twice.",
    "PK310": "Two fields say different things about the same setting.",
    "PK311": "A field is missing that another field needs.",
    "PK312": "A field has no effect without another one, or for this type.",
    "PK313": "A component that is named here is of a kind that cannot be used so.",
    "PK314": "A function may run longer than the queue that triggers it hides its messages.",
    "PK320": "Config files are larger than a task definition can carry.",
    "PK321": "The container's network mode cannot do this.",
    "PK322": "A load balancer for the internet has no public subnets to stand in.",
    "PK323": "A load balancer sends to a port on which nobody listens.",
    "PK324": "A text is no schedule that EventBridge Scheduler can keep.",
    "PK325": "A listener redirects to a port where no listener takes requests.",
    "PK326": "Two rules want the same place of one load balancer's listener.",
    "PK330": "A cache has more nodes than its mode takes.",
    "PK331": "The brokers of a Kafka cluster cannot be spread evenly over its zones.",
    "PK332": "A Kafka cluster cannot authenticate its clients this way.",
    "PK333": "Size, operations and throughput of a disk do not go together.",
    "PK334": "Settings of a file system exclude each other.",
    "PK335": "A network has too few subnets for a service that AWS keeps in several zones.",
    "PK336": "An availability zone is not one of the stack's region.",
    "PK340": "An origin, bus or route is named that the component does not declare.",
    "PK341": "A certificate or web ACL does not stand in the region that the service reads it from.",
    "PK342": "EventBridge keeps schedules on the default bus alone.",
    "PK343": "An API of this type cannot do this.",
    "PK344": "A bucket outside the stack cannot be told whom to call.",
    "PK345": "A bucket calls a function that must be there before it, and the function waits for the bucket.",
    "PK346": "The registry of AWS has no resource type of this name.",
    "PK347": "The resource type has no such property, or AWS alone sets it.",
    "PK348": "The resource type needs a property that is not given.",
    "PK349": "Networks overlap, of subnets or in rules, or a subnet does not lie in its network.",
    "PK350": "A network of a tenant is both made and taken as it is, or lacks what it needs.",
}
"""What each code means, in a sentence."""

TITLES: dict[str, str] = {
    "PK301": "form that AWS does not take",
    "PK302": "not a duration or amount",
    "PK303": "FIFO only",
    "PK304": "capacity against billing mode",
    "PK305": "key attributes that contradict each other",
    "PK306": "no password source, or two",
    "PK307": "too large for Fargate",
    "PK308": "public bucket behind a public access block",
    "PK309": "there twice",
    "PK310": "contradiction",
    "PK311": "missing companion",
    "PK312": "no effect",
    "PK313": "wrong kind of component",
    "PK314": "queue hides messages too briefly",
    "PK320": "config files too large",
    "PK321": "not in this network mode",
    "PK322": "no public subnets",
    "PK323": "port on which nobody listens",
    "PK324": "not a schedule",
    "PK325": "redirect into the void",
    "PK326": "two rules in one place",
    "PK330": "too many nodes for the mode",
    "PK331": "brokers spread unevenly",
    "PK332": "authentication that Kafka cannot do",
    "PK333": "disk settings that do not go together",
    "PK334": "file system settings that exclude each other",
    "PK335": "too few subnets",
    "PK336": "zone of another region",
    "PK340": "named but not declared",
    "PK341": "wrong region for a global service",
    "PK342": "schedule on a bus of one's own",
    "PK343": "not for this type of API",
    "PK344": "notification of a foreign bucket",
    "PK345": "bucket and function wait for each other",
    "PK346": "unknown resource type",
    "PK347": "property that cannot be set",
    "PK348": "missing property of a resource type",
    "PK349": "networks that do not fit",
    "PK350": "incomplete network",
}
"""What each code is called; one without a title is called after this module."""


def broken(code: LiteralString, sentence: str, *fields: str) -> PydanticCustomError:
    """The error of a broken rule; its type is the code. Validators of specs raise it, and so do lowerings.

    A field leads to what is wrong (`bucket.acl`): from the validated model, or in a lowering from the spec. Of several
    the first that is written is meant.
    """
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence, "fields": fields})


def twice(code: LiteralString, sentence: str, value: str) -> PydanticCustomError:
    """As `broken`, of a value that stands in two places of what is validated: the message shows both."""
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence, "twice": value})


def beside(code: LiteralString, sentence: str, field: str, other: str) -> PydanticCustomError:
    """As `broken`, of a field that cannot stand beside an `other` one: the message shows both."""
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence, "fields": (field,), "other": other})


def across(code: LiteralString, sentence: str, *places: tuple[str, str]) -> PydanticCustomError:
    """As `broken` in a lowering, of fields of several components: a component's name, or `""` for the one that is
    lowered, and a field of it. The first place is to blame, if not the others.
    """
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence, "places": places})


def shaped(pattern: str, meaning: str) -> AfterValidator:
    """Holds a text to a regular expression; one that contains a reference (`${…}`) passes, as it is not yet known."""
    compiled = re.compile(pattern)

    def check(value: str | None) -> str | None:
        if value is not None and "${" not in value and not compiled.fullmatch(value):
            raise broken("PK301", f"`{value}` is not {meaning}")
        return value

    return AfterValidator(check)


def some(what: str) -> BeforeValidator:
    """Raises PK311 for an empty list. Unlike pydantic's own bound it is silent about a list whose items are wrong."""

    def check(value: object) -> object:
        if value in ([], ()):
            raise broken("PK311", f"at least one {what} is needed")
        return value

    return BeforeValidator(check)


T = TypeVar("T")


def _at_least_one(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise broken("PK311", "at least one item is needed")
    return values


AT_LEAST_ONE = AfterValidator(_at_least_one)
"""Refuses an empty list; unlike `min_length` it is silent when the items themselves are wrong."""


def unique(values: Iterable[Hashable], what: str) -> None:
    """Raises PK309 when a value occurs twice; `what` names it: `port`."""
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            raise twice("PK309", f"{what} `{value}` is there twice", str(value))
        seen.add(value)
