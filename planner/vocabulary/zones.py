"""Availability zones: how they are written, and that a network reaches into enough of them."""

from typing import Annotated, TypeAlias

from panka.planner.component import Context
from panka.planner.rules import broken, shaped
from panka.planner.vocabulary import doors

Zone: TypeAlias = Annotated[str, shaped(r"[a-z]{2}(-[a-z0-9]+)+-\d[a-z]", "an availability zone: `eu-west-1a`")]


def in_region(zone: str, context: Context, field: str) -> str:
    """The zone, which must be one of the stack's region. `field` is where it stands in the spec."""
    region = context.target.region
    if "${" not in zone and not zone.startswith(region):
        raise broken("PK336", f"`{zone}` is not a zone of the stack's region {region}", field)
    return zone


def subnets_of_several(context: Context) -> list[str]:
    """The subnets that workloads stand in, each once. AWS wants these services in at least two zones."""
    subnets = list(dict.fromkeys(doors.subnets(context)))
    if len(subnets) < 2:
        found = f"the network has only {subnets[0]}" if subnets else "the network has none"
        raise broken("PK335", f"AWS wants subnets in two availability zones, and {found}")
    return subnets
