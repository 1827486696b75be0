"""Networks as users write them, and that none of those that stand together reaches into another."""

import ipaddress
from collections.abc import Iterable
from itertools import combinations
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from panka.planner.rules import beside, broken

Net: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise broken("PK301", f"`{value}` is not a network such as 10.0.0.0/16") from error
    return value


def apart(placed: Iterable[tuple[str, str]]) -> None:
    """Raises PK349 for two networks that overlap. Each comes with the field that it stands in."""
    known = [(field, ipaddress.ip_network(cidr)) for field, cidr in placed]
    for (first, one), (again, other) in combinations(known, 2):
        if one.overlaps(other):
            raise beside("PK349", _sentence(one, other), again, first)


def _sentence(one: Net, other: Net) -> str:
    if one == other:
        return f"{other} is there twice"
    return f"{other} lies in {one}" if other.prefixlen > one.prefixlen else f"{other} holds {one}"


def _apart(values: tuple[str, ...]) -> tuple[str, ...]:
    apart((str(number), value) for number, value in enumerate(values))
    return values


Cidr: TypeAlias = Annotated[str, AfterValidator(_network)]
"""A network: `10.0.0.0/16`, `2001:db8::/32`."""
Cidrs: TypeAlias = Annotated[tuple[Cidr, ...], AfterValidator(_apart)]
"""Networks of which none reaches into another."""
