"""Lambda: where code is, as functions and layers are given it."""

from typing import Any

from panka.activities.aws.errors import AwsError, Cause
from panka.activities.providers.provider import Provider

ASSET = "Panka::Asset"
"""The key of a value that stands for the bytes of a file the plan brings along, by their SHA-256 in hexadecimal."""


async def taken_code(provider: Provider, property: str, code: dict[str, Any]) -> dict[str, Any]:
    """The code of a property as Lambda takes it, with the bytes of a file that the plan brings along."""
    match code:
        case {"ZipFile": {"Panka::Asset": str(sha256)}}:
            return {"ZipFile": await provider.cloud.asset(sha256)}
        case {"ZipFile": _}:
            message = f"{property}.ZipFile must name a packed file; source text in the template is not taken."
            raise AwsError(Cause.FINAL, "InvalidCode", message, provider.type, sent=False)
    return dict(code)
