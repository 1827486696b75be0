"""Encryption at rest of disks and file systems."""

from typing import Annotated, Self, TypeAlias

from pydantic import BeforeValidator, model_validator

from panka.planner.component import Spec
from panka.planner.resource import Properties
from panka.planner.rules import broken


class AtRest(Spec):
    """How data is encrypted at rest. Changing it replaces what holds the data."""

    enabled: bool = True
    """By default with the key that AWS manages."""
    kms_key: str | None = None
    """Id, ARN or alias of a KMS key to use instead."""

    @model_validator(mode="after")
    def _key_needs_encryption(self) -> Self:
        if self.kms_key and not self.enabled:
            raise broken("PK310", "`kmsKey` contradicts `enabled: false`", "kmsKey")
        return self

    @property
    def properties(self) -> Properties:
        """As EC2 and EFS spell it."""
        return {"Encrypted": self.enabled, **({"KmsKeyId": self.kms_key} if self.kms_key else {})}


def switched(value: object) -> object:
    """`true` for `{enabled: true}`."""
    return {"enabled": value} if isinstance(value, bool) or value in ("true", "false") else value


Encryption: TypeAlias = Annotated[AtRest, BeforeValidator(switched, json_schema_input_type=bool | AtRest)]
"""`{enabled, kmsKey}`, or true or false alone."""
