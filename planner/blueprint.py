"""A whole stack as a plan wanted it, filed beside the plan: from it the same can be planned again, without its YAML."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from pydantic import Field

from panka.planner.authored import Remembered
from panka.planner.core import OnFailure
from panka.planner.formats import Upgrade, read
from panka.planner.resource import Address, Lifecycle, Model, PhysicalName, Place, Properties, Resource, decode, encode
from panka.planner.state import Use

if TYPE_CHECKING:
    from panka.planner.compile import Compiled

FORMAT = 1
UPGRADES: Mapping[int, Upgrade] = {}
"""From each earlier format to the next."""


class Wanted(Model):
    """One resource of the stack, as data."""

    address: str
    type: str
    properties: Properties
    """With references in it, encoded."""
    kind: str
    service: str = ""
    name: PhysicalName | None = None
    lifecycle: Lifecycle = Lifecycle()
    depends_on: tuple[str, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    place: Place | None = None

    @classmethod
    def of(cls, one: Resource) -> Self:
        return cls(
            address=one.address,
            type=one.type,
            properties=encode(one.properties),
            kind=one.kind,
            service=one.service,
            name=one.name,
            lifecycle=one.lifecycle,
            depends_on=tuple(sorted(one.depends_on)),
            tags=one.tags,
            place=one.place,
        )

    def resource(self) -> Resource:
        return Resource(
            Address(self.address),
            self.type,
            decode(self.properties),
            self.kind,
            service=self.service,
            name=self.name,
            lifecycle=self.lifecycle,
            depends_on=tuple(Address(one) for one in self.depends_on),
            tags=self.tags,
            place=self.place,
        )


class Blueprint(Model):
    """Everything that a plan needs to know of a stack; what other stacks and the account told is put in already."""

    format: int
    resources: tuple[Wanted, ...]
    """By address."""
    outputs: Properties = Field(default_factory=dict)
    exports: dict[str, Properties] = Field(default_factory=dict)
    consumes: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    authored: dict[str, Properties] = Field(default_factory=dict)
    """What users wrote of every component, by field; none of it is a secret."""
    assets: tuple[str, ...] = ()
    """SHA-256 of all packed code, whether the plan needed it or not."""
    on_failure: OnFailure = "rollback"

    @classmethod
    def of(cls, compiled: "Compiled") -> Self:
        return cls(
            format=FORMAT,
            resources=tuple(Wanted.of(compiled.resources[address]) for address in sorted(compiled.resources)),
            outputs=encode(compiled.outputs),
            exports=encode(compiled.exports),
            consumes=compiled.consumes,
            uses=compiled.uses,
            authored={name: one.fields() for name, one in compiled.written.items()},
            assets=tuple(sorted(compiled.assets)),
            on_failure=compiled.on_failure,
        )

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The stack in a filed body, of whichever format. Raises Newer."""
        return read(cls, body, "stack", FORMAT, UPGRADES)

    def text(self) -> str:
        """The stack as JSON, as it is filed: what is at its default is left out."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True)

    def by_address(self) -> dict[Address, Resource]:
        return {Address(one.address): one.resource() for one in self.resources}

    def written(self) -> dict[str, Remembered]:
        return {name: Remembered(fields) for name, fields in self.authored.items()}
