"""The tenant that a stack belongs to, as the register has it: who it is in AWS, where it stands, what it may have."""

from typing import TYPE_CHECKING

from panka.activities.register import standing_text
from panka.cli.exits import Denied, InvalidStack, Misused
from panka.cli.session import Session
from panka.planner.component import Network
from panka.planner.network import inherited, is_network, network_scope
from panka.planner.owner import Scope
from panka.planner.register import Standing
from panka.planner.state import Target

if TYPE_CHECKING:
    from panka.planner.tenancy import Tenant

if TYPE_CHECKING:
    from panka.activities.planning import Desk


def registered(session: Session, desk: "Desk", scope: Scope) -> "Tenant | None":
    """The stack's tenant, whose role the desk takes on from here; None: nobody has registered it, and nobody need.

    Raises:
        Denied: the tenant's runs are not taken.
        Misused: tenants must be registered, and this one is not.
    """
    record = desk.tenant(scope.tenant)
    if record is None:
        if session.settings.tenants == "required":
            raise Misused(f"Nobody has registered tenant {scope.tenant}.", "panka tenant create FILE does")
        return None
    if record.standing is not Standing.ACTIVE:
        raise Denied(standing_text(record), f"panka tenant activate {record.name} takes its runs again")
    from panka.activities.aws.roles import role_of  # noqa: PLC0415  # most plans are of nobody registered

    tenant = record.tenant()
    desk.take_on(role_of(tenant, scope, session.settings.need("bucket"), session.settings.need("table")))
    return tenant


def refuse_the_networks_name(scope: Scope) -> None:
    """Raises Misused for a stack of users that stands where the tenant's network is on record."""
    if is_network(scope):
        raise Misused(
            f"{scope} is the network of tenant {scope.tenant}.", "give the stack or its environment another name"
        )


def network_of(desk: "Desk", tenant: "Tenant | None", scope: Scope, target: Target) -> Network:
    """What a stack stands in that names no network: its tenant's, or the account's default one.

    Raises InvalidStack when the tenant's network was not made yet, and as `Desk.network`.
    """
    said = tenant.spec.networking if tenant else None
    if said is None:
        return desk.network(target)
    state, _ = desk.state(network_scope(scope.tenant))
    found = inherited(said, state.outputs if state else {})
    if found is None:
        raise InvalidStack(
            f"The network of tenant {scope.tenant} has not been made yet.", "panka tenant create FILE makes it"
        )
    return found
