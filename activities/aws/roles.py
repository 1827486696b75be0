"""A tenant's role, as it is taken on for one stack and narrowed to its tenant."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panka.planner.owner import Scope

if TYPE_CHECKING:
    from panka.planner.tenancy import Tenant


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it is taken on: who it is for stands in its session's name, tags and policy."""

    arn: str
    session: str
    """At most 64 letters, digits and `=,.@-`: what CloudTrail shows."""
    tags: tuple[tuple[str, str], ...]
    policy: str
    """What the session may do at most, whatever the role may."""
    external_id: str | None = None
    seconds: int = 3600
    """How long it lasts; an hour is the most for a role that another role takes on."""

    @property
    def request(self) -> dict[str, Any]:
        asked = {
            "RoleArn": self.arn,
            "RoleSessionName": self.session,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags],
            "Policy": self.policy,
            "DurationSeconds": self.seconds,
        }
        return asked | ({"ExternalId": self.external_id} if self.external_id else {})


def role_of(tenant: "Tenant", scope: Scope, bucket: str, table: str) -> Role | None:
    """The tenant's role for one stack; None: the tenant has none, and its stacks use the credentials at hand.

    `bucket` and `table` hold the state, which no stack has any business with.
    """
    from panka.planner.permissions import session_policy  # noqa: PLC0415  # a courier loads roles, and needs none of it

    said = tenant.spec.aws
    if said.assume_role_arn is None:
        return None
    tags = {"panka:tenant": scope.tenant, "panka:stack": scope.stack, "panka:environment": scope.environment}
    return Role(
        said.assume_role_arn,
        session=f"panka-{scope.tenant}-{scope.stack}-{scope.environment}"[:64],
        tags=tuple(tags.items()),
        policy=session_policy(tenant, bucket, table),
        external_id=said.external_id,
    )
