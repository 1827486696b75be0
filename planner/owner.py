"""Whose a resource is: tags that prove it, names that Panka gives, tokens that make a create happen once."""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from panka.planner.resource import STACK, Address, Model, PhysicalName

MANAGED_BY = "managed-by"

NAME = r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
"""Names of tenants, stacks, environments, services and components: safe in keys, tags and paths as they stand."""
Name = Annotated[str, Field(pattern=NAME)]


_REFUSED = ("internal-", "sg-", "sthree-", "amzn-s3-demo-")
"""What load balancers, security groups and buckets may not be called: no name of Panka's begins so."""


class Scope(Model):
    """One stack of one tenant in one environment: what is locked, planned and recorded together."""

    tenant: Name
    stack: Name
    environment: Name

    def __str__(self) -> str:
        return f"{self.tenant}/{self.stack}/{self.environment}"


@dataclass(frozen=True, slots=True)
class Owner:
    """One generation of one resource. Two owners are never the same resource, so their names and tokens differ."""

    scope: Scope
    address: str
    generation: int
    """Rises by one with every replacement, so that old and new can stand side by side."""

    @property
    def component(self) -> str:
        return Address(self.address).component

    def tags(self) -> dict[str, str]:
        """The tags that make a resource ours; a resource without all of them is never touched."""
        return {
            "panka:tenant": self.scope.tenant,
            "panka:stack": self.scope.stack,
            "panka:environment": self.scope.environment,
            "panka:component": self.component,
            "panka:address": self.address,
            "panka:generation": str(self.generation),
            MANAGED_BY: "panka",
        }

    def digest(self, *more: str) -> str:
        said = "\0".join((str(self.scope), self.address, str(self.generation), *more))
        return hashlib.sha256(said.encode()).hexdigest()

    def token(self, run: int) -> str:
        """The idempotency token of this create in run number `run`: 32 hexadecimal digits."""
        return self.digest(str(run))[:32]

    def name(self, form: PhysicalName) -> str:
        """`<stack>-<env>-<component>[-<part>]-<6 hex>`, cut to the service's limit; the digits are never cut."""
        address = Address(self.address)
        words = [self.scope.stack, self.scope.environment]
        words += [address.part] if address.component == STACK else [address.component, address.part]
        if words[-1] == "main":
            words.pop()
        owner = replace(self, generation=0) if form.stable else self
        tail = f"-{owner.digest()[:6]}{form.suffix}"
        readable = re.sub(r"-+", "-", "-".join(words))
        if readable.startswith(_REFUSED):
            readable = f"panka-{readable}"
        return readable[: form.limit - len(tail)].rstrip("-") + tail
