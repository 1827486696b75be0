"""AWS as one tenant sees it: clients, credentials, and calls with their errors classified."""

from typing import Any


class Cloud:
    """One account and region with one set of credentials."""

    account: str
    region: str

    async def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        raise NotImplementedError

    async def maybe(
        self, service: str, operation: str, missing: frozenset[str], **arguments: Any
    ) -> dict[str, Any] | None:
        raise NotImplementedError

    async def asset(self, sha256: str) -> bytes:
        """A file that a plan brought along (zipped code)."""
        raise NotImplementedError
