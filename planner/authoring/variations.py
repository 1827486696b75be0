"""Other values of a field, to see what a change of it does."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from panka.planner.authoring.reference import Field

ABSENT: Final = object()
"""The field is left out."""


def values(field: Field, now: object) -> Iterator[Any]:
    """Values that the field may take instead of what it has, `ABSENT` last; what does not fit the compiler refuses."""
    if field.choices:
        chosen = [yaml.safe_load(choice) if field.type == "whole number" else choice for choice in field.choices]
        yield from ([one] for one in chosen) if field.type.startswith("list") else chosen
    elif field.type == "true or false":
        yield from (True, False)
    elif field.type in ("whole number", "number", "duration", "memory size", "CPU size"):
        yield from _numbers(field, now)
    elif field.type == "list of texts":
        yield from ([one] for one in _texts(now[0] if isinstance(now, list) and now else None))
    elif field.fields or field.type.startswith("mapping"):
        yield from _mappings(field, now)
    else:
        yield from _texts(now)
    yield ABSENT


def _numbers(field: Field, now: object) -> Iterator[int]:
    bounds = [int(text) for text in re.findall(r"\d+", field.limits)]
    base = now if isinstance(now, int) else int(field.default) if field.default.isdecimal() else 60
    for one in (base + 1, base * 2, base * 4, *bounds, *(bound + 1 for bound in bounds), 1, 2, 3, 8080, 1000, 3000):
        if one != now:
            yield one


def _texts(now: object) -> Iterator[str]:
    if isinstance(now, str | int | float) and not isinstance(now, bool):
        text = str(now)
        # The last digit, then the last letter, then the end: what a pattern or a list of names still lets pass.
        yield re.sub(r"\d(?=\D*$)", lambda found: str((int(found[0]) + 1) % 10), text)
        yield re.sub(r"[a-z](?=[^a-z]*$)", lambda found: "b" if found[0] == "a" else "a", text)
        yield re.sub(r"[A-Z](?=[^A-Z]*$)", lambda found: "B" if found[0] == "A" else "A", text)
        yield f"{text}-2"
    yield from _PLAUSIBLE


_PLAUSIBLE = (
    "example", "another", "other.conf", "queueName", "CachingDisabled", "AWS::SQS::Queue",
    "/example", "10.0.0.0/16", "eu-west-1a", "eu-west-1b", "subnet-0a1b2c3d", "sg-0a1b2c3d",
    "04:00-05:00", "sat:02:00-sat:03:00", "16", "example.org", "main.handler", "worker", "UTC",
    "arn:aws:iam::111122223333:role/example", "arn:aws:kms:eu-west-1:111122223333:key/example",
    "arn:aws:lambda:eu-west-1:111122223333:layer:example:1",
    "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:example-AbCdEf",
)  # fmt: skip


def _mappings(field: Field, now: object) -> Iterator[Any]:
    if not field.fields:
        yield from ({"example": "one"}, {"EXAMPLE": "two"}, {"example": {"Example": 1}})
        return
    if isinstance(now, list) and now:
        yield [*now, *now]
        yield now[:-1]
    smallest = {one.name: value for one in field.fields if one.required and (value := _first(one)) is not None}
    yield [smallest] if field.type.startswith("list") else smallest
    for one in field.fields:
        if not one.required and (value := _first(one)) is not None:
            fuller = {**smallest, one.name: value}
            yield [fuller] if field.type.startswith("list") else fuller


def _first(field: Field) -> Any:
    return next((value for value in values(field, None) if value is not ABSENT), None)


def at(spec: Any, steps: Sequence[str]) -> Any:
    """What stands at a path, in the first item of each list on the way; None when nothing does."""
    for step in steps:
        while isinstance(spec, list):
            spec = spec[0] if spec else None
        spec = spec.get(step) if isinstance(spec, dict) else None
    return spec


def put(spec: Any, steps: Sequence[str], value: Any) -> bool:
    """Puts a value at a path in place; False when it cannot stand there."""
    *way, last = steps
    for step in way:
        while isinstance(spec, list):
            spec = spec[0] if spec else None
        if not isinstance(spec, dict):
            return False
        spec = spec.setdefault(step, {})
    while isinstance(spec, list):
        spec = spec[0] if spec else None
    if not isinstance(spec, dict):
        return False
    if value is ABSENT:
        return spec.pop(last, ABSENT) is not ABSENT
    spec[last] = value
    return True
