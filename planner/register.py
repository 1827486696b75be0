"""The register of tenants: which there are, what each may have, and whether its runs are taken."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import yaml
from pydantic import Field

from panka.planner.diagnostics import Findings, Invalid
from panka.planner.formats import Upgrade, read
from panka.planner.language.documents import SourceFile
from panka.planner.owner import Name
from panka.planner.resource import Model

if TYPE_CHECKING:
    from panka.planner.tenancy import Tenant

FORMAT = 1
UPGRADES: Mapping[int, Upgrade] = {}
_HEAD = "# Kept by Panka; `panka tenant update` changes it.\n"
_CUT = "\n---\n"
"""Between what Panka keeps of a tenant and its TenantConfig, as it was written."""

What: TypeAlias = Literal["create", "update", "suspend", "activate", "close", "delete"]
"""What happens to a tenant. `close` comes before `delete`: no run is taken while it is looked whether one is left."""


class Standing(StrEnum):
    """Whether a tenant's runs are taken."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    """Its delete has begun and not ended."""
    DELETED = "deleted"
    """Its state stays where it is, for good; its name is never given again."""


class NotAllowed(Exception):
    """What was asked for cannot happen to the tenant as it is; the message says why, `help` what to do."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class TenantRecord(Model):
    """What the register keeps of one tenant."""

    format: int = FORMAT
    name: Name
    standing: Standing = Standing.ACTIVE
    version: int = 1
    """Rises with every change."""
    since: str
    """When it became as it is: RFC 3339, UTC."""
    by: str
    why: str = ""
    config: str
    """Its TenantConfig, as it was written."""

    def tenant(self) -> "Tenant":
        """What the tenant may have. Raises Invalid where this version of Panka does not take its TenantConfig."""
        return parsed(f"the TenantConfig of {self.name}", self.config)

    def text(self) -> str:
        """The record as it is stored: what Panka keeps, and below it the TenantConfig as it was written."""
        kept = self.model_dump(mode="json", by_alias=True, exclude={"config"})
        return f"{_HEAD}{yaml.safe_dump(kept, sort_keys=False).rstrip()}{_CUT}{self.config}"

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The record in a stored body, of whichever format. Raises Newer."""
        kept, _, config = body.decode().partition(_CUT)
        said = json.dumps({**yaml.safe_load(kept), "config": config})
        return read(cls, said, "record of a tenant", FORMAT, UPGRADES)


class Registry(Model):
    """Which tenants there are: a list for those who administer them. What counts is each tenant's own record."""

    format: int = FORMAT
    tenants: dict[str, Standing] = Field(default_factory=dict)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The list in a stored body, of whichever format. Raises Newer."""
        return read(cls, body, "list of tenants", FORMAT, UPGRADES)


class Change(Model):
    """What somebody wants to happen to a tenant."""

    name: Name
    what: What
    by: str
    at: str = ""
    """RFC 3339, UTC; set by the workflow."""
    config: str = ""
    """Of a create or an update, the TenantConfig as it was written."""
    why: str = ""


def record_key(name: str) -> str:
    """Where the record of a tenant is in the store."""
    return f"tenants/{name}/tenant.yaml"


def parsed(name: str, text: str) -> "Tenant":
    """The tenant of a TenantConfig. Raises Invalid, with every mistake."""
    from panka.planner.tenancy import read_tenant  # noqa: PLC0415  # most plans are of nobody registered

    findings = Findings()
    tenant = read_tenant(SourceFile(name, name, text), findings)
    if tenant is None:
        raise Invalid(findings.all())
    return tenant


def changed(record: TenantRecord | None, change: Change) -> TenantRecord:
    """The record after a change; the same when it is so already, so that it can be repeated. Raises NotAllowed."""
    if record is None:
        return _created(change)
    if record.standing is Standing.DELETED and change.what != "delete":
        raise NotAllowed(f"Tenant {record.name} is deleted, and its name is never given again.")
    if change.what == "create" and record.config != change.config:
        raise NotAllowed(f"There is a tenant {record.name} already.", "panka tenant update changes it")
    if change.what == "delete" and record.standing not in (Standing.CLOSING, Standing.DELETED):
        raise NotAllowed(f"Tenant {record.name} was activated again before it was deleted.")
    standing = _BECOMES.get(change.what, record.standing)
    config = change.config if change.what == "update" else record.config
    if (standing, config) == (record.standing, record.config):
        return record
    told = {"since": change.at, "by": change.by, "why": change.why, "version": record.version + 1}
    return record.model_copy(update={"standing": standing, "config": config, **told})


_BECOMES: Mapping[What, Standing] = {
    "suspend": Standing.SUSPENDED,
    "activate": Standing.ACTIVE,
    "close": Standing.CLOSING,
    "delete": Standing.DELETED,
}


def _created(change: Change) -> TenantRecord:
    if change.what != "create":
        raise NotAllowed(f"There is no tenant {change.name}.", "panka tenant create FILE makes one")
    return TenantRecord(name=change.name, since=change.at, by=change.by, why=change.why, config=change.config)
