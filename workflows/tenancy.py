"""What is asked of the register of tenants, what it answers, and the activities that do it, as signatures."""

from datetime import timedelta
from typing import Literal

from panka.planner.owner import Name
from panka.planner.register import Change, Standing
from panka.planner.resource import Model
from panka.workflows.ports import REFUSED, Port, Retries

CHANGE_TENANT = "panka-tenant"
"""Name of the workflow that changes a tenant. One at a time for each tenant: its id is `panka-tenant/<name>`."""
ASK_TENANTS = "panka-tenants"
"""Name of the workflow that tells of tenants."""


class Told(Model):
    """A tenant as the register has it."""

    name: str
    standing: Standing
    version: int
    since: str
    by: str
    why: str = ""
    config: str
    """Its TenantConfig, as it was written."""


class Question(Model):
    """What somebody wants to know."""

    what: Literal["list", "show", "usage"]
    name: str = ""
    """The tenant; of a list nothing."""


class Named(Model):
    """One tenant by its name."""

    name: Name


class Everybody(Model):
    """All tenants."""


class Listing(Model):
    """Every tenant that was ever registered, by name."""

    tenants: dict[str, Standing]


class StackUse(Model):
    """What one stack has in one environment, and its last run that ended."""

    stack: str
    environment: str
    resources: dict[str, int]
    """How many of each AWS type."""
    run: int = 0
    """0: no run of it has ended."""
    kind: str = ""
    result: str = ""
    by: str = ""
    finished: str = ""


class Usage(Model):
    """What a tenant has."""

    name: str
    stacks: tuple[StackUse, ...]
    running: tuple[str, ...] = ()
    """Stacks whose lock is held now: `shop/prod by ana`."""


class Answer(Model):
    """What was wanted to know; the one that was asked for is set."""

    listing: Listing | None = None
    tenant: Told | None = None
    usage: Usage | None = None


_SOON = Retries(timedelta(milliseconds=200), timedelta(seconds=10), never=(REFUSED,))
_ATTEMPT = timedelta(minutes=10)

KEEP: Port[Change, Told] = Port("change-tenant", Change, Told, _ATTEMPT, retry=_SOON)
CHECK_EMPTY: Port[Named, None] = Port("check-tenant-is-empty", Named, type(None), _ATTEMPT, retry=_SOON)
LIST: Port[Everybody, Listing] = Port("list-tenants", Everybody, Listing, _ATTEMPT, retry=_SOON)
SHOW: Port[Named, Told] = Port("show-tenant", Named, Told, _ATTEMPT, retry=_SOON)
USAGE: Port[Named, Usage] = Port("tenant-usage", Named, Usage, _ATTEMPT, retry=_SOON)
