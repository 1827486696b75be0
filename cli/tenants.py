"""What is done about tenants: registered, changed, shown, deleted, and what their network needs of it."""

import asyncio
from pathlib import Path
from typing import Any

import click

from panka.cli.applying import How, plan_and_carry_out
from panka.cli.exits import Exit, Interrupted, Misused
from panka.cli.planned import network_matters, plan_network
from panka.cli.register import Tenants
from panka.cli.runs import Runs
from panka.cli.session import Session
from panka.cli.stacks import tenant_in
from panka.planner.permissions import people_policy, role_policy, trust_policy, worker_policy
from panka.planner.register import Change, What
from panka.planner.tenancy import Tenant
from panka.workflows.tenancy import Answer, Question, Told


def write(session: Session, what: What, path: str, how: How) -> int:
    """Registers or updates the tenant of a TenantConfig, then makes its network what it says. Raises Stop."""
    tenant = tenant_in(path)
    if tenant is None:
        raise Misused("No TenantConfig is named.")
    config = Path(path).read_text(encoding="utf-8")
    told = change(session, Change(name=tenant.name, what=what, by=session.settings.user, config=config))
    session.screen.tell(f"Tenant {told.name} is registered: version {told.version}, {told.standing}.")
    return _network(session, tenant, how)


def change(session: Session, change: Change) -> Told:
    """Makes one change of a tenant. Raises Stop."""

    async def made() -> Told:
        return await (await _tenants(session)).change(change)

    return asyncio.run(made())


def ask(session: Session, question: Question) -> Answer:
    """What is to be known of tenants. Raises Stop."""

    async def told() -> Answer:
        return await (await _tenants(session)).ask(question)

    return asyncio.run(told())


def confirm_delete(session: Session, name: str, confirmed: str | None) -> None:
    """Raises Interrupted, or Misused where nobody can be asked, unless somebody has typed the tenant's name."""
    if confirmed is None and session.screen.terminal.prompts:
        session.screen.tell(f"This deletes tenant {name}; its name is never given again.")
        said = f"Type the tenant's name to continue ({name})"
        confirmed = click.prompt(said, default="", show_default=False, err=True)
    if confirmed is None:
        raise Misused("Nobody is there to confirm the delete.", f"add --confirm {name}")
    if confirmed != name:
        raise Interrupted("Nothing was changed.")


def policies(session: Session, name: str, principal: str | None) -> dict[str, tuple[str, dict[str, Any]]]:
    """The policies of a registered tenant by who gets them, each with what it is for. Raises Misused."""
    desk = session.desk()
    record = desk.tenant(name)
    if record is None:
        raise Misused(f"Nobody has registered tenant {name}.", "panka tenant create FILE does")
    tenant = record.tenant()
    bucket, table = session.settings.need("bucket"), session.settings.need("table")
    who = principal or f"arn:aws:iam::{desk.target().account}:root"
    return {
        "trust": ("the trust policy of the tenant's role", trust_policy(tenant, who)),
        "role": ("the permission policy of the tenant's role", role_policy(tenant, bucket, table)),
        "worker": ("what the role of the workers needs for this tenant", worker_policy(tenant, bucket, table)),
        "people": ("what the tenant's people need to plan, apply and look", people_policy(tenant, bucket, table)),
    }


def _network(session: Session, tenant: Tenant, how: How) -> int:
    """A tenant without a network of its own that had none has nothing to be planned."""
    if not network_matters(session, tenant):
        return Exit.OK
    return plan_and_carry_out(session, lambda turn: plan_network(session, tenant, turn), how)


async def _tenants(session: Session) -> Tenants:
    runs = await Runs.connect(session.settings)
    return Tenants(runs.client, runs.task_queue)
