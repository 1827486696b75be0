"""The specs of what surrounds components: Stack, Service, ComponentInfra, InfraDefaults."""

from collections.abc import Sequence
from itertools import combinations
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from panka.planner.cidrs import Cidrs, apart
from panka.planner.component import ComponentName, Spec
from panka.planner.rules import beside, broken, shaped, unique
from panka.planner.tagging import Tags
from panka.planner.units import AnyCase

OnFailure: TypeAlias = Literal["rollback", "pause", "keep"]


class Metadata(Spec):
    name: str
    """Small letters, digits and `-`; begins with a letter."""
    description: str = ""
    """A line for people."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Become tags of the resources."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Notes of other tools; Panka keeps its hands off them."""
    tenant: str | None = None
    """The tenant that the stack belongs to."""
    stack: str | None = None
    """The stack; in a folder the place says it."""
    service: str | None = None
    """The service; in a folder the place says it."""
    environment: str | None = None
    """The environment, when none is given on the command line."""


class ProviderSpec(Spec):
    name: Literal["aws"] = "aws"
    """The cloud."""
    region: Annotated[str, shaped(r"[a-z]{2}(-[a-z]+)+-\d", "a region such as eu-west-1")] | None = None
    """The region that the stack lives in."""
    account_id: Annotated[str, shaped(r"\d{12}", "an account id of 12 digits")] | None = None
    """The account that the stack lives in; other credentials are refused."""
    profile: str | None = None
    """A profile of the AWS configuration."""
    endpoint_url: str | None = None
    """An endpoint that stands in for AWS."""


class SubnetIds(Spec):
    public: tuple[str, ...] = ()
    """Subnets with a way in from the internet: for load balancers."""
    private: tuple[str, ...] = ()
    """Subnets without one: for workloads and databases."""


class RuleSpec(Spec):
    port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """The one port that is opened."""
    from_port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """The first port that is opened."""
    to_port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """The last port that is opened."""
    protocol: Annotated[Literal["tcp", "udp", "icmp", "all"], AnyCase("lower")] = "tcp"
    """The protocol; `all` opens every port."""
    cidr_blocks: Cidrs = ()
    """Networks that the rule holds for."""
    source_component: ComponentName | None = None
    """A component whose security group the rule holds for."""
    description: Annotated[
        str, shaped(r"[A-Za-z0-9. _:/()#,@\[\]+=&;{}!$*-]{0,255}", "a description that EC2 takes: up to 255 characters")
    ] = ""
    """A line for people."""

    @model_validator(mode="after")
    def _says_ports_and_peers(self) -> "RuleSpec":
        if self.port is not None and (self.from_port is not None or self.to_port is not None):
            raise broken("PK310", "a rule has either `port` or `fromPort` and `toPort`")
        if (self.from_port is None) != (self.to_port is None):
            raise broken("PK311", "`fromPort` and `toPort` go together")
        if self.port is None and self.from_port is None and self.protocol in ("tcp", "udp"):
            raise broken("PK311", "a rule needs `port`, or `fromPort` and `toPort`")
        if not self.cidr_blocks and self.source_component is None:
            raise broken("PK311", "a rule needs `cidrBlocks` or `sourceComponent`")
        return self

    @property
    def opened(self) -> tuple[str, int | None, int | None]:
        """The protocol and the ports, first and last; no ports where they have no meaning."""
        if self.protocol == "all":
            return self.protocol, None, None
        return (
            self.protocol,
            self.from_port if self.port is None else self.port,
            self.to_port if self.port is None else self.port,
        )


def each_once(direction: str, rules: Sequence[RuleSpec]) -> None:
    """Raises PK349 or PK309 when two rules open the same ports to the same networks or component.

    EC2 takes no rule twice. `direction` is the field that the rules stand in.
    """
    for (first, one), (again, other) in combinations(enumerate(rules), 2):
        if one.opened != other.opened:
            continue
        apart(
            (f"{direction}.{number}.cidrBlocks.{place}", cidr)
            for number, rule in ((first, one), (again, other))
            for place, cidr in enumerate(rule.cidr_blocks)
        )
        source = other.source_component
        if source is not None and one.source_component is not None:
            name = source.rpartition("/")[2]
            if name == one.source_component.rpartition("/")[2]:
                fields = (f"{direction}.{number}.sourceComponent" for number in (again, first))
                raise beside("PK309", f"the component `{name}` is let through twice at the same ports", *fields)


class SecurityGroupSpec(Spec):
    id: str | None = None
    """A security group that exists."""
    ingress: tuple[RuleSpec, ...] = ()
    """Who may come in."""
    egress: tuple[RuleSpec, ...] = ()
    """Where to; without rules anywhere."""

    @model_validator(mode="after")
    def _exists_or_is_made(self) -> "SecurityGroupSpec":
        if self.id is not None and (self.ingress or self.egress):
            raise broken("PK310", "a security group is either named by `id` or made of rules")
        each_once("ingress", self.ingress)
        each_once("egress", self.egress)
        return self


class NetworkingSpec(Spec):
    vpc_id: str | None = None
    """The VPC that workloads run in; without one the account's default VPC."""
    subnet_ids: SubnetIds = SubnetIds()
    """The VPC's subnets."""
    security_group: SecurityGroupSpec | None = None
    """A security group that every workload of the stack gets."""

    @model_validator(mode="after")
    def _subnets_go_with_their_vpc(self) -> "NetworkingSpec":
        given = bool(self.subnet_ids.public or self.subnet_ids.private)
        if given != (self.vpc_id is not None):
            raise broken("PK311", "`vpcId` and `subnetIds` go together")
        return self


_ADDRESS = shaped(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[A-Za-z0-9][A-Za-z0-9._-]*)?", "`component` or `component:part`")
BlockAddress: TypeAlias = Annotated[str, _ADDRESS]
"""A component, or one resource of it, as `panka state` shows it."""


class MovedSpec(Spec):
    source: Annotated[BlockAddress, Field(alias="from")]
    """What it was called until now: a component, or one resource (`component:part`)."""
    to: BlockAddress
    """What it is called now."""

    @model_validator(mode="after")
    def _alike(self) -> "MovedSpec":
        if (":" in self.source) != (":" in self.to):
            raise broken("PK310", "`from` and `to` are two components, or two single resources", "to")
        return self


class ImportSpec(Spec):
    to: BlockAddress
    """The resource of the stack that it becomes: `component:part`, or `component` for its main one."""
    id: Annotated[str, Field(min_length=1)]
    """The identifier of what exists in AWS, as `panka state` shows identifiers of this type."""


class StackSpec(Spec):
    description: str = ""
    """A line for people."""
    provider: ProviderSpec = ProviderSpec()
    """Where the stack lives."""
    variables: dict[str, str | None] = Field(default_factory=dict)
    """Values for `${NAME}` in every document."""
    networking: NetworkingSpec = NetworkingSpec()
    """Where workloads run."""
    on_failure: OnFailure = "rollback"
    """What a failed run does: undo what it did, wait for a decision, or keep what works."""
    protect: tuple[str, ...] = ()
    """Components that no plan may delete or replace."""
    outputs: dict[str, Any] = Field(default_factory=dict)
    """Values that `panka output` shows after a run."""
    tags: Tags = Field(default_factory=dict)
    """Tags of every resource."""
    moved: tuple[MovedSpec, ...] = ()
    """Components and resources that were renamed: they are kept, not made anew."""
    removed: tuple[BlockAddress, ...] = ()
    """Components and resources that Panka forgets without deleting them."""
    imports: Annotated[tuple[ImportSpec, ...], Field(alias="import")] = ()
    """What exists in AWS already and belongs to the stack from now on."""

    @model_validator(mode="after")
    def _each_once(self) -> "StackSpec":
        unique((one.source for one in self.moved), "the moved address")
        unique((one.to for one in self.moved), "the address to move to")
        unique(self.removed, "the removed address")
        unique((one.to if ":" in one.to else f"{one.to}:main" for one in self.imports), "the address to import to")
        return self


class ServiceSpec(Spec):
    description: str = ""
    """A line for people."""
    variables: dict[str, str | None] = Field(default_factory=dict)
    """Values for `${NAME}` in the service's components."""
    depends_on: tuple[str, ...] = ()
    """Services whose components must all be ready first."""


class InfraResources(Spec):
    cpu: str | None = None
    """CPU: `256`, `256m`, `0.5`."""
    memory: str | None = None
    """Memory: `512`, `512Mi`, `1Gi`."""


class InfraScaling(Spec):
    replicas: int | None = None
    """How many copies run."""
    autoscaling: bool | dict[str, Any] | None = None
    """Whether their number follows the load; as a mapping, the fields of the component's `autoscaling`."""
    min_replicas: int | None = None
    """The fewest copies."""
    max_replicas: int | None = None
    """The most copies."""


class InfraNetworking(Spec):
    load_balancer: dict[str, Any] | None = None
    """A load balancer of the component's own: the fields of its `loadBalancer`."""
    ingress: dict[str, Any] | None = None
    """Which requests reach it: the fields of its `ingress`."""


class InfraStorage(Spec):
    volumes: tuple[dict[str, Any], ...] = ()
    """Folders that outlive the container: items of its `volumes`."""


class InfraSpec(Spec):
    """The spec of ComponentInfra and of InfraDefaults."""

    resources: InfraResources = InfraResources()
    """CPU and memory."""
    scaling: InfraScaling = InfraScaling()
    """How many copies run."""
    networking: InfraNetworking = InfraNetworking()
    """Who reaches it and how, for kinds that have these fields."""
    storage: InfraStorage = InfraStorage()
    """What it keeps, for kinds that have these fields."""
