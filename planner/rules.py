"""Rules between the fields of a component, each with its code, and how a spec says that one is broken."""

import re
from collections.abc import Hashable, Iterable
from typing import LiteralString

from pydantic import AfterValidator
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
}
"""What each code means, in a sentence."""


def broken(code: LiteralString, sentence: str, field: str = "") -> PydanticCustomError:
    """The error of a broken rule; its type is the code. Validators of specs raise it, and so do lowerings.

    `field` leads to what is wrong (`bucket.acl`): from the validated model, or in a lowering from the spec.
    """
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence, **({"field": field} if field else {})})


def shaped(pattern: str, meaning: str) -> AfterValidator:
    """Holds a text to a regular expression; one that contains a reference (`${…}`) passes, as it is not yet known."""
    compiled = re.compile(pattern)

    def check(value: str | None) -> str | None:
        if value is not None and "${" not in value and not compiled.fullmatch(value):
            raise broken("PK301", f"`{value}` is not {meaning}")
        return value

    return AfterValidator(check)


def unique(values: Iterable[Hashable], what: str) -> None:
    """Raises PK309 when a value occurs twice; `what` names it: `port`."""
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            raise broken("PK309", f"{what} `{value}` is there twice")
        seen.add(value)
