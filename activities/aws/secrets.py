"""Secrets are written as references and become values only in the call that needs them."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from panka.planner.resource import Properties

_REFERENCE = re.compile(r"\{\{resolve:secretsmanager:([^{}]+)\}\}")
_ARN_PARTS = 7


class NoSuchSecret(Exception):
    """A reference names a secret, or a key of one, that is not there."""


@dataclass(frozen=True, slots=True)
class SecretName:
    """One version of one secret."""

    id: str
    """Its name or ARN."""
    stage: str = ""
    version: str = ""


Fetch = Callable[[SecretName], Awaitable[str]]
"""The secret's string."""


async def resolve(properties: Properties, fetch: Fetch) -> Properties:
    """The properties with `{{resolve:secretsmanager:NAME[:SecretString[:json-key[:stage[:version]]]]}}` as values.

    NAME may be an ARN. Each secret is fetched once. Properties without references come back as they are.

    Raises:
        NoSuchSecret: the secret is not JSON or has no such key.
    """
    found = {reference for text in _strings(properties) for reference in _REFERENCE.findall(text)}
    if not found:
        return properties
    strings: dict[SecretName, str] = {}
    values: dict[str, str] = {}
    for reference in sorted(found):
        name, key = _parse(reference)
        if name not in strings:
            strings[name] = await fetch(name)
        values[reference] = _value(name, strings[name], key) if key else strings[name]
    resolved: Properties = _replace(properties, values)
    return resolved


def meanings(said: Any, resolved: Any) -> dict[str, str]:
    """The texts that came of references, each with what was written in its place."""
    if isinstance(said, str):
        return {resolved: said} if said != resolved and isinstance(resolved, str) else {}
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(said, dict):
        pairs = ((item, resolved[key]) for key, item in said.items())
    elif isinstance(said, list):
        pairs = zip(said, resolved, strict=True)
    return {text: written for one, other in pairs for text, written in meanings(one, other).items()}


def concealed(told: Any, said: Any, known: Mapping[str, str], otherwise: str | None = None) -> Any:
    """What AWS tells, without secrets: a text of `known` becomes what was written, and so does one that stands where
    `said` refers to a secret, which may have another value by now: that becomes `otherwise`, where it is given."""
    if isinstance(told, str):
        refers = isinstance(said, str) and _REFERENCE.search(said) is not None
        return known.get(told, (otherwise or said) if refers else told)
    if isinstance(told, dict):
        below = said if isinstance(said, dict) else {}
        return {key: concealed(item, below.get(key), known, otherwise) for key, item in told.items()}
    if isinstance(told, list):
        beside = said if isinstance(said, list) and len(said) == len(told) else [None] * len(told)
        return [concealed(item, other, known, otherwise) for item, other in zip(told, beside, strict=True)]
    return told


def _parse(reference: str) -> tuple[SecretName, str]:
    parts = reference.split(":")
    length = _ARN_PARTS if parts[0] == "arn" else 1
    # CloudFormation's fields after the name: SecretString, JSON key, version stage, version id.
    _, key, stage, version = [*parts[length:], "", "", "", ""][:4]
    return SecretName(":".join(parts[:length]), stage, version), key


def _value(name: SecretName, secret: str, key: str) -> str:
    try:
        fields = json.loads(secret)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or key not in fields:
        raise NoSuchSecret(f"The secret {name.id} has no key {key}.")
    value = fields[key]
    return value if isinstance(value, str) else json.dumps(value)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return []


def _replace(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: values[found[1]], value)
    if isinstance(value, dict):
        return {key: _replace(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, values) for item in value]
    return value
