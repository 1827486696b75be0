"""What Panka made and last observed: the record of one stack in one environment.

docs/reference/state-format.md has the rules.
"""

from collections.abc import Mapping
from typing import Literal, Self, TypeAlias

from pydantic import Field

from panka.planner.formats import Upgrade, read
from panka.planner.owner import Owner, Scope
from panka.planner.resource import Lifecycle, Model, Properties

FORMAT = 5
UPGRADES: Mapping[int, Upgrade] = {format: lambda record: record for format in range(1, FORMAT)}
"""From each earlier format to the next. 2 has `authored`, 3 `uses` and 5 `took`, not known of what was recorded before;
4 are journals (`journal.py`)."""

RunKind: TypeAlias = Literal["apply", "destroy", "rollback", "import", "move", "forget"]
"""What a run is for."""


class Target(Model):
    """Where a stack lives; every identifier in its state means something only there."""

    account: str
    region: str
    profile: str | None = None
    endpoint_url: str | None = None


class Recorded(Model):
    """One resource that exists, as it was last applied and observed."""

    address: str
    type: str
    generation: int
    id: str
    """The provider's identifier; what `read`, `update` and `delete` take."""
    kind: str
    service: str = ""
    properties: Properties
    """What was applied: references replaced by values; secrets still as `{{resolve:…}}`."""
    attributes: Properties
    """Read-only values as observed: what others may refer to."""
    observed: Properties
    """Live properties as read after the last change."""
    dependencies: tuple[str, ...] = ()
    """Addresses that it needed; they are deleted after it."""
    lifecycle: Lifecycle = Lifecycle()
    fixed_name: bool = False
    keeps_name: bool = False
    """It was imported, or moved here from another address: its name is not made of its address and stays."""
    took: dict[str, float] = Field(default_factory=dict)
    """Seconds that its last `create` and its last `update` took."""

    def owner(self, scope: Scope) -> Owner:
        return Owner(scope=scope, address=self.address, generation=self.generation)


class Intended(Model):
    """A create that was announced before it began and has not been confirmed: it may have happened or not."""

    address: str
    type: str
    generation: int
    kind: str
    service: str = ""
    properties: Properties
    """As planned, with references still in it (`Fn::GetAtt`)."""
    dependencies: tuple[str, ...] = ()
    lifecycle: Lifecycle = Lifecycle()

    def owner(self, scope: Scope) -> Owner:
        return Owner(scope=scope, address=self.address, generation=self.generation)


class Operation(Model):
    """A run that has begun to change things and not recorded its end."""

    run: int
    plan: str
    kind: RunKind
    started: str
    """RFC 3339, UTC."""
    by: str


class Use(Model):
    """One output of another stack that is taken in, and where it is referred to."""

    stack: str
    component: str
    output: str
    by: str
    """The component that refers to it, as people read it; `(stack)` for an output of the stack itself."""
    place: str = ""
    """`file:line:column` of the reference."""

    @property
    def what(self) -> tuple[str, str, str, str]:
        """Everything but the place: where it stands changes nothing."""
        return self.stack, self.component, self.output, self.by


class State(Model):
    """The record. `serial` is the number of the run that wrote it; every body has a digest of its own."""

    format: int = FORMAT
    lineage: str
    """Drawn once when the stack is first applied; two states of different lineage are never compared."""
    serial: int
    scope: Scope
    target: Target
    operation: Operation | None = None
    resources: dict[str, Recorded] = Field(default_factory=dict)
    """The current generation of every resource, by address."""
    deposed: tuple[Recorded, ...] = ()
    """Replaced generations that still wait for their delete."""
    intended: tuple[Intended, ...] = ()
    outputs: dict[str, object] = Field(default_factory=dict)
    exports: dict[str, dict[str, object]] = Field(default_factory=dict)
    """The outputs of every component as of the last run that succeeded: what other stacks may refer to."""
    consumes: tuple[str, ...] = ()
    """Other stacks of the tenant and environment whose outputs the last plan has taken in."""
    uses: tuple[Use, ...] = ()
    """Which outputs these are, and where they are referred to; of one in `consumes` without any nobody knows."""
    plan: str = ""
    """The last plan that was applied."""
    authored: dict[str, Properties] = Field(default_factory=dict)
    """What users wrote of each component as of the last run that succeeded, by field; none of it is a secret."""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The state in a stored body, of whichever format. Raises Newer."""
        return read(cls, body, "state", FORMAT, UPGRADES)


class Pointer(Model):
    """Names the current body of a state. Moving it, under the lock's fence, is what makes a body current."""

    serial: int
    key: str
    sha256: str
