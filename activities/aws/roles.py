"""A tenant's role: taken on for one stack, narrowed to its tenant, and taken on again before it expires."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, DeferredRefreshableCredentials

from panka.planner.owner import Scope
from panka.planner.permissions import session_policy
from panka.planner.tenancy import Tenant

ASSUME = "AssumeRole"
"""The operation that takes a role on."""
Assume: TypeAlias = Callable[..., dict[str, Any]]
"""One call of it."""


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


def role_of(tenant: Tenant, scope: Scope, bucket: str, table: str) -> Role | None:
    """The tenant's role for one stack; None: the tenant has none, and its stacks use the credentials at hand.

    `bucket` and `table` hold the state, which no stack has any business with.
    """
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


def taking_on(role: Role, assume: Assume) -> botocore.session.Session:
    """A session whose credentials are those of the role. Nothing is called before the first call needs them."""

    def fetch() -> dict[str, Any]:
        # By this machine's own clock, so that one that is wrong by an hour neither takes credentials for expired that
        # are not, nor keeps those that are.
        until = datetime.now(UTC) + timedelta(seconds=role.seconds)
        made = assume(**role.request)["Credentials"]
        return {
            "access_key": made["AccessKeyId"],
            "secret_key": made["SecretAccessKey"],
            "token": made["SessionToken"],
            "expiry_time": until.isoformat(),
        }

    session = botocore.session.Session()
    credentials = DeferredRefreshableCredentials(fetch, method="assume-role")
    session.register_component("credential_provider", CredentialResolver([Given(credentials)]))
    return session


class Given(CredentialProvider):
    """Credentials that are there already."""

    METHOD = "given"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials
