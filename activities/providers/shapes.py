"""Between CloudFormation's shapes of properties and those that the services take and tell."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from panka.activities.aws.errors import AwsError, Cause
from panka.activities.providers.provider import Provider
from panka.planner.resource import Properties

Rename = Callable[[str], str]


def settable(type: str, properties: Properties, names: Iterable[str]) -> None:
    """Refuses properties, `Tags` aside, that a provider would otherwise drop without a word.

    Raises:
        AwsError: final; names the properties.
    """
    if unknown := sorted(set(properties).difference(names, {"Tags"})):
        message = f"Panka cannot set {', '.join(unknown)} of {type}."
        raise AwsError(Cause.FINAL, "UnknownProperty", message, type, sent=False)


def differing(
    old: Properties, new: Properties, names: Iterable[str], defaults: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The named properties that are to be changed. What is left out stands for its default, if it has one here."""
    live, wanted = {**(defaults or {}), **old}, {**(defaults or {}), **new}
    return {name: wanted[name] for name in names if name in wanted and wanted[name] != live.get(name)}


def covers(live: Any, wanted: Any) -> bool:
    """Whether all that is wanted is so; what AWS added of its own (defaults in a structure) does not count."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(covers(live.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(live, list)
            and len(live) == len(wanted)
            and all(covers(one, other) for one, other in zip(live, wanted, strict=True))
        )
    return bool(live == wanted)


def told(values: Mapping[str, Any]) -> Properties:
    """Those values that AWS told; None, empty lists and empty maps mean that a property is not set."""
    return {name: value for name, value in values.items() if value is not None and value not in ([], {})}


def renamed(value: Any, rename: Rename, free: frozenset[str]) -> Any:
    """The value with every key of its structures renamed; maps whose keys are the user's own (`free`) stay."""
    if isinstance(value, dict):
        return {rename(key): item if key in free else renamed(item, rename, free) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, rename, free) for item in value]
    return value


def capital(name: str) -> str:
    """`taskRoleArn` as CloudFormation writes it."""
    return name[:1].upper() + name[1:]


def small(name: str) -> str:
    """`TaskRoleArn` as services of the JSON kind take it."""
    return name[:1].lower() + name[1:]


def as_text(value: Any) -> str:
    """A scalar as the text that AWS keeps of it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


async def every(provider: Provider, operation: str, items: str, sends: str, tells: str, **arguments: Any) -> list[Any]:
    """The items of all pages of a list. `sends` and `tells` name the marker of a page in requests and answers."""
    found: list[Any] = []
    marker: str | None = None
    while True:
        page = await provider.call(operation, **arguments, **({sends: marker} if marker else {}))
        found += page.get(items, [])
        marker = page.get(tells)
        if not marker:
            return found
