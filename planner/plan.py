"""A plan: every change that a run will make, as data. Apply runs exactly this."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import Field

from panka.planner.formats import Upgrade, read
from panka.planner.owner import Owner, Scope
from panka.planner.resource import Lifecycle, Model, Properties
from panka.planner.state import Pointer, RunKind, Target, Use

FORMAT = 4
UPGRADES: Mapping[int, Upgrade] = dict.fromkeys(range(1, FORMAT), lambda record: record)
"""From each earlier format to the next. 2 has `authored` and `edits`, without which a plan shows resources alone; 3 has
`stack`, without which nothing can go back to its run, `uses`, acceptances, and with what else an update sets; 4 has
`taken`, without which nobody looks whether what other stacks tell is still the same."""


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    ACCEPT = "accept"
    """What others have made of it becomes the record; nothing is called."""
    FORGET = "forget"


class Undo(StrEnum):
    """How well a failed run can take a step back."""

    EXACT = "exact"
    LOSSY = "lossy"
    """What was recorded is restored, where what was live cannot be known."""
    IMPOSSIBLE = "impossible"


class Change(Model):
    """One property that differs."""

    path: str
    """`VisibilityTimeout`, `Attributes.0.Name`."""
    before: object = None
    after: object = None
    """With references in it where `unknown`."""
    unknown: bool = False
    """The new value is known only after apply."""
    replaces: bool = False
    """The property is create-only, so the change replaces the resource."""


class Seen(Model):
    """A resource as AWS tells of it, without secrets."""

    properties: Properties
    attributes: Properties = Field(default_factory=dict)


class Need(Model):
    """An attribute of another step's resource that a step's properties refer to."""

    address: str
    attribute: str


class Step(Model):
    """One call of a provider: a node of the plan's graph."""

    key: str
    """Unique in the plan: the address; for the delete of an old generation `<address>@<generation>`."""
    address: str
    type: str
    action: Action
    generation: int
    kind: str
    service: str = ""
    id: str | None = None
    """The existing resource; None for a create, and for a delete of what may exist."""
    properties: Properties = Field(default_factory=dict)
    """What is wanted; `Fn::GetAtt` and `Fn::Join` where a value is known only after another step."""
    before: Properties | None = None
    """What is recorded as applied."""
    besides: Properties = Field(default_factory=dict)
    """What is set with it and is not recorded as wanted: what others have changed of what AWS had filled in."""
    seen: Seen | None = None
    """What AWS told. Of an acceptance, it becomes the record; of an update that takes back what others have changed, it
    stays the record if the run fails."""
    changes: tuple[Change, ...] = ()
    """Of an update or replace, what differs, and of an adoption, what differs from what AWS has, where it was asked; a
    create sets all of `properties`."""
    needs: tuple[Need, ...] = ()
    depends_on: tuple[str, ...] = ()
    """Keys of steps of the same phase that must have succeeded."""
    dependencies: tuple[str, ...] = ()
    """Addresses that the resource needs: recorded in state."""
    level: int = 0
    """The longest chain of steps below it, from 0."""
    weight: float = 0
    """Seconds from its start to the end of the phase along the longest path, as estimated."""
    probe: bool = False
    """An earlier run may have made (or left) this resource: look before creating; delete only what is found."""
    delete_first: bool = False
    """A replace whose old resource must go before the new one can be made."""
    replaced: str | None = None
    """Of a replace: the old resource's id."""
    lifecycle: Lifecycle = Lifecycle()
    fixed_name: bool = False
    keeps_name: str = ""
    """The property that holds a name which is not made of the address and stays: of what was imported or moved."""
    moved_from: str = ""
    """The address under which the resource is on record until this step."""
    reason: str = ""
    """Why it is replaced or deleted, in words."""
    undo: Undo = Undo.EXACT
    undo_why: str = ""
    """Why it is not exact, in words."""
    place: str = ""
    """`file:line:column` of the component; empty when it is no longer in the YAML."""

    def owner(self, scope: Scope) -> Owner:
        return Owner(scope=scope, address=self.address, generation=self.generation)


class Selection(Model):
    """What was asked to be changed, left alone or made anew, and what followed from it."""

    targets: tuple[str, ...] = ()
    """Kinds, component names, globs and addresses as they were asked for."""
    excludes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    """Addresses that no target names and that the targets need, or that need what they delete."""
    withheld: tuple[str, ...] = ()
    """Addresses that no exclude names and that need what is excluded."""
    left_out: int = 0
    """How many changes the plan leaves for another time."""


class Plan(Model):
    """Bound to the place, and to the state it was made from."""

    format: int
    id: str
    """`p-` and the first 12 hexadecimal digits of the content's SHA-256."""
    operation: RunKind
    scope: Scope
    target: Target
    lineage: str | None
    """None: the stack has no state yet."""
    base: Pointer | None
    """The state that it was made from."""
    forward: tuple[Step, ...]
    """Creates, updates, and the creating half of replaces, in topological order."""
    cleanup: tuple[Step, ...]
    """Deletes, and the deleting half of replaces, in topological order (dependents first)."""
    unchanged: int = 0
    """Resources that need nothing."""
    outputs: Properties = Field(default_factory=dict)
    """The stack's outputs, as encoded values."""
    outputs_differ: bool = False
    exports: dict[str, Properties] = Field(default_factory=dict)
    """The outputs of every component, as encoded values."""
    consumes: tuple[str, ...] = ()
    """Other stacks whose recorded outputs are in it."""
    uses: tuple[Use, ...] = ()
    """Which outputs these are."""
    taken: dict[str, str] = Field(default_factory=dict)
    """What each was when the plan was made: `net.events.topicArn`, with the digest of its value."""
    stack: str = ""
    """SHA-256 of the whole stack that it was made for, as it is filed beside the plan; empty when it was for none."""
    selection: "Selection | None" = None
    """What it was limited to; None: everything that differs."""
    unfinished: int | None = None
    """The number of an earlier run that began to change things and never told its end; this run ends it."""
    assets: tuple[str, ...] = ()
    """SHA-256 of the files (zipped code) that steps need from the store."""
    git: str = ""
    authored: dict[str, Properties] = Field(default_factory=dict)
    """What users wrote of the components that change, by component and field, the most telling first; no secrets."""
    edits: dict[str, tuple[Change, ...]] = Field(default_factory=dict)
    """The fields that users wrote otherwise than on record, by component; without one nobody knows."""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The plan in a filed body, of whichever format. Raises Newer."""
        return read(cls, body, "plan", FORMAT, UPGRADES)

    def text(self, *, named: bool = True) -> str:
        """The plan as JSON, as it is filed: what is at its default is left out. `named` False: without its id."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True, exclude=None if named else {"id"})

    @property
    def empty(self) -> bool:
        """Nothing to do, and nothing left to settle."""
        return not (self.forward or self.cleanup or self.outputs_differ or self.unfinished)


class PlanRef(Model):
    """A plan in the store, by content."""

    id: str
    key: str
    sha256: str
