"""Sessions with the credentials of a role, which is taken on again before they expire."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, DeferredRefreshableCredentials

from panka.activities.aws.roles import Role

ASSUME = "AssumeRole"
"""The operation that takes a role on."""
Assume: TypeAlias = Callable[..., dict[str, Any]]
"""One call of it."""


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
