"""Credentials of clients that live as long as their worker: looked for anew when AWS says that they have expired."""

import threading
from typing import Any

import boto3
import botocore.session
from botocore.client import BaseClient
from botocore.credentials import CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from panka.activities.aws.assuming import Given
from panka.activities.aws.errors import EXPIRED

_TRIES = 4
"""How often a call is sent with new credentials before it is told that they are no better."""
_PAUSE = 0.2
"""Seconds before the next try, more each time."""


class Renewed(Credentials):
    """What the chain of credentials finds, by a session of its own each time they are forgotten."""

    def __init__(self, profile: str | None) -> None:
        self.method = "renewed"
        self._profile = profile
        self._lock = threading.Lock()
        self._found: Credentials | None = None

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Blocks while they are looked for. Raises NoCredentialsError."""
        with self._lock:
            if self._found is None:
                self._found = botocore.session.Session(profile=self._profile).get_credentials()
            if self._found is None:
                raise NoCredentialsError
            return self._found.get_frozen_credentials()

    def forget(self) -> None:
        with self._lock:
            self._found = None


class RenewingSession:
    """Makes clients that send a call again with credentials looked for anew. Sends nothing by itself."""

    def __init__(self, profile: str | None, region: str | None) -> None:
        """Raises ProfileNotFound."""
        self._credentials = Renewed(profile)
        session = botocore.session.Session(profile=profile)
        session.register_component("credential_provider", CredentialResolver([Given(self._credentials)]))
        self._session = boto3.Session(botocore_session=session, region_name=region)

    def client(self, service: str, **more: Any) -> Any:
        made: BaseClient = self._session.client(service, **more)  # type: ignore[call-overload]  # any service
        asked = f"needs-retry.{made.meta.service_model.service_id.hyphenize()}"
        made.meta.events.register_first(asked, self._again)  # type: ignore[arg-type]  # its stub lacks what handlers answer
        return made

    def _again(self, response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: Any) -> float | None:
        """Seconds until a refused call is signed anew and sent; None: it is for others to judge."""
        code = response[1].get("Error", {}).get("Code") if response else None
        if code not in EXPIRED or attempts >= _TRIES:
            return None
        self._credentials.forget()
        return _PAUSE * attempts
