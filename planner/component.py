"""What a kind is: the spec that users write, and how a component of it becomes AWS resources."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from panka.planner.owner import Scope
from panka.planner.resource import Address, Lifecycle, PhysicalName, Place, Properties, Ref, Resource, Text
from panka.planner.rules import shaped
from panka.planner.state import Target
from panka.planner.tagging import Tags

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands below a component's `spec`: `("deadLetterQueue", "enabled")`, keys as the user wrote them."""

ComponentName: TypeAlias = Annotated[str, shaped(r"\S+", "the name of a component")]
"""Another component: `name` or `service/name`."""

Statement: TypeAlias = dict[str, Any]
"""One statement of an IAM policy document; may hold references."""


class Spec(BaseModel):
    """A part of what users write. The line under a field is its documentation."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core: "CoreSchema", handler: "GetJsonSchemaHandler") -> "JsonSchemaValue":
        """As pydantic makes it, with the lines under the fields: pydantic itself would look for them at every start."""
        from panka.planner.documented import lines_of  # noqa: PLC0415  # only those who explain need it

        written = handler(core)
        properties = handler.resolve_ref_schema(written).get("properties", {})
        for name, line in lines_of(cls).items():
            if (field := cls.model_fields.get(name)) is not None:
                properties[field.alias or name]["description"] = line
        return written


class LifecycleTimeouts(Spec):
    create: str | float | None = None
    """How long a create may take until the resource is ready: seconds, or `30s`, `5m`, `1h`."""
    update: str | float | None = None
    """How long an update may take."""
    delete: str | float | None = None
    """How long a delete may take until the resource is gone."""


class LifecycleSpec(Spec):
    retain: bool = False
    """Forget the resources instead of deleting them when the component goes."""
    snapshot: bool = False
    """Take a final snapshot before a delete, where the type can."""
    prevent_destroy: bool = False
    """Refuse every plan that would delete or replace the component."""
    create_before_destroy: bool = True
    """On a replacement make the new resource first."""
    ignore_changes: tuple[str, ...] = ()
    """Property paths whose changes are not planned."""
    timeouts: LifecycleTimeouts = LifecycleTimeouts()
    """Deadlines of this component's resources; without one, those of their types."""


class ComponentSpec(Spec):
    """What every component's spec takes beside its own fields."""

    variables: dict[str, str | None] = Field(default_factory=dict)
    """Values for `${NAME}` in this component; they win over those of its service and stack."""
    depends_on: tuple[str, ...] = ()
    """Components (`name` or `service/name`) that must be ready first."""
    tags: Tags = Field(default_factory=dict)
    """Tags of every resource of the component."""
    lifecycle: LifecycleSpec = LifecycleSpec()
    """How the component's resources may change and end."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Sets CloudFormation properties of a lowered resource: `{part: {property path: value}}`."""


S_co = TypeVar("S_co", bound=ComponentSpec, covariant=True)


@dataclass(frozen=True, slots=True)
class Component(Generic[S_co]):
    """One component of a stack, checked."""

    kind: str
    name: str
    service: str
    spec: S_co
    labels: dict[str, str]
    place: Place

    @property
    def address(self) -> str:
        """As people read it: `service/name`, or `name` outside any service."""
        return f"{self.service}/{self.name}" if self.service else self.name

    def resource(
        self,
        part: str,
        type: str,
        properties: Properties,
        *,
        name: PhysicalName | None = None,
        depends_on: Iterable[Address] = (),
        lifecycle: Lifecycle | None = None,
    ) -> Resource:
        """A resource of this component. `part` is `main` for the one that the component is named for.

        The component's own tags, lifecycle and overrides are laid over it afterwards, by the compiler.
        """
        return Resource(
            address=Address.of(self.name, part),
            type=type,
            properties=properties,
            kind=self.kind,
            service=self.service,
            name=name,
            depends_on=tuple(depends_on),
            lifecycle=lifecycle or Lifecycle(),
            place=self.place,
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A network door: whoever references the component may connect to these ports of this security group."""

    security_group: Ref
    ports: tuple[int, ...]
    """Those of TCP."""
    udp_ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Grants:
    """What whoever references the component may do with it: least privilege, in IAM statements and open ports."""

    statements: tuple[Statement, ...] = ()
    connect: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A component asks another one to let it in: a statement for the resource policy of the component it names."""

    component: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Route:
    """An application load balancer sends a component requests; the component makes the target group and the rule."""

    component: str
    part: str
    """Tells the component's routes apart; a part of addresses."""
    port: int | None = None
    """The component's port; None: its first one."""
    host: str | None = None
    path: str | None = None
    priority: int | None = None
    field: str = ""
    """Where the balancer's spec says so: `targets.0`."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A load balancer's target group in which a component registers itself."""

    component: str
    port: int
    protocol: Literal["tcp", "udp"]
    target_group: Ref
    listener: Address
    """The listener that makes the group part of a balancer; ECS registers nothing before."""
    field: str
    """Where the balancer's spec says so: `listeners.0.target`."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A component asks another one to call it when something happens there."""

    component: str
    """Who is asked."""
    properties: Properties
    """What is asked for, as the resource that calls spells it."""
    after: Address
    """What must be there before: the permission to call."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """What a component becomes."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Ref | Text | str | int]
    grants: Grants = Grants()
    inbound: tuple[Inbound, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know of it: shown with the plan."""
    targets: tuple[Route | Seat, ...] = ()
    """Of a load balancer: components that come after it and register themselves."""
    assets: dict[str, bytes] = field(default_factory=dict)
    """Zipped code of Panka's own that the resources name, by its SHA-256 in hexadecimal."""
    notices: tuple[Notice, ...] = ()
    """What other components are asked to tell this one."""


@dataclass(frozen=True, slots=True)
class Network:
    """Where workloads run. Ids of what exists; security groups are added to those that Panka makes."""

    vpc_id: str
    public_subnets: tuple[str, ...]
    private_subnets: tuple[str, ...]
    security_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Used:
    """A component that another one references, already lowered."""

    name: str
    kind: str
    lowered: Lowered


def _reads_nothing(path: str) -> bytes:
    raise FileNotFoundError(path)


def partition_of(region: str) -> str:
    """What ARNs of a region begin with."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


@dataclass(frozen=True, slots=True)
class Context:
    """What a lowering may know beside its component."""

    scope: Scope
    target: Target
    network: Network
    uses: dict[str, Used]
    """Every component that this one references or names, by its name, in the order of first mention."""
    granted: tuple[str, ...]
    """Those of `uses` whose grants this component gets: referenced with `${…}` or `valueFrom`."""
    pack: Callable[[str], str]
    """Packs a file or folder (a path as the component wrote it) into a zip; its SHA-256 in hexadecimal."""
    read: Callable[[str], bytes] = _reads_nothing
    """A plain file: from the nearest `config` folder, else from beside the component's document or above it."""

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`: what ARNs of the region begin with."""
        return partition_of(self.target.region)

    def statements(self) -> tuple[Statement, ...]:
        """The IAM statements that the component's references earn it."""
        return tuple(one for name in self.granted for one in self.uses[name].lowered.grants.statements)


def _mentions_nothing(_spec: Any) -> Iterable[tuple[str, Path]]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of component. Everything that is said of a kind to anybody comes from here."""

    name: str
    spec: type[ComponentSpec]
    lower: Callable[[Component[Any], Context], Lowered]
    outputs: dict[str, str]
    """What others may refer to, each with a line of documentation."""
    mentions: Callable[[Any], Iterable[tuple[str, Path]]] = _mentions_nothing
    """Components that a spec names in fields of its own (`queue: jobs`), each with the field's path."""
    accept: Callable[[Component[Any], Lowered, tuple[Statement, ...]], tuple[Resource, ...]] | None = None
    """The resource policy that lets others in; None: the kind takes no `Inbound`."""
    notify: Callable[[Lowered, tuple[Notice, ...]], Resource] | None = None
    """The resource that calls those who asked for it, in the place of the lowered one; None: it calls nobody."""
    outputs_of: Callable[[Mapping[str, Any]], dict[str, str]] | None = None
    """The outputs when they depend on the spec, which is given as it is written; they go before `outputs`."""
    needs_network: bool | Callable[[Any], bool] = False
    """Whether its resources stand in a VPC; where that depends, a function of the spec."""
    balances: bool = False
    """Whether it is a load balancer: components that register themselves and that it mentions come after it."""
    registers: bool = False
    """Whether its components register themselves with the load balancers that mention them."""

    def outputs_for(self, spec: Mapping[str, Any]) -> dict[str, str]:
        """What others may refer to in a component with this spec."""
        return self.outputs_of(spec) if self.outputs_of is not None else self.outputs

    def stands_in_network(self, spec: ComponentSpec) -> bool:
        """Whether the resources of a component with this spec stand in a VPC."""
        return self.needs_network(spec) if callable(self.needs_network) else self.needs_network
