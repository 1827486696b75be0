"""Tenants: which there are, what one is, what it has, and the policies that keep it apart."""

import json
from collections.abc import Mapping
from typing import Any

from panka.cli.views.screen import table
from panka.planner.register import Standing
from panka.planner.render.words import many
from panka.workflows.tenancy import Told, Usage


def tenants_text(tenants: Mapping[str, Standing]) -> str:
    if not tenants:
        return "No tenant is registered."
    return table(("TENANT", "STANDING"), [(name, standing) for name, standing in tenants.items()])


def tenant_text(told: Told) -> str:
    """What the register keeps, and below it the TenantConfig as it was written."""
    why = f": {told.why}" if told.why else ""
    head = f"{told.name}  {told.standing}, version {told.version}, by {told.by} since {told.since}{why}"
    return f"{head}\n\n{told.config.rstrip()}"


def usage_text(usage: Usage) -> str:
    total = sum(sum(one.resources.values()) for one in usage.stacks)
    head = f"{usage.name}  {many(len(usage.stacks), 'stack')}, {many(total, 'resource')}"
    lines = [head]
    if usage.stacks:
        cells = [
            (
                one.stack,
                one.environment,
                str(sum(one.resources.values())),
                f"#{one.run} {one.kind} {one.result}" if one.run else "-",
                one.by or "-",
                one.finished or "-",
            )
            for one in usage.stacks
        ]
        lines += [table(("STACK", "ENV", "RESOURCES", "LAST RUN", "BY", "ENDED"), cells)]
    counts: dict[str, int] = {}
    for one in usage.stacks:
        for type, number in one.resources.items():
            counts[type] = counts.get(type, 0) + number
    if counts:
        lines += ["", table(("TYPE", "RESOURCES"), [(type, str(counts[type])) for type in sorted(counts)])]
    lines += [f"running: {one}" for one in usage.running]
    return "\n".join(lines)


def policies_text(policies: Mapping[str, tuple[str, dict[str, Any]]]) -> str:
    """Every policy below a line that says who gets it."""
    return "\n\n".join(f"# {who}: {what}\n{json.dumps(policy, indent=2)}" for who, (what, policy) in policies.items())
