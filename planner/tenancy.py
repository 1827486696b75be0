"""A tenant: its account, its network, what it may have and how much of it."""

import ipaddress
import re
from collections.abc import Collection
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from panka.planner.cidrs import Cidr, apart
from panka.planner.component import Spec
from panka.planner.core import RuleSpec, SubnetIds, each_once
from panka.planner.diagnostics import Findings, Label, did_you_mean
from panka.planner.language.documents import SourceFile, parse
from panka.planner.language.envelopes import Envelope
from panka.planner.language.overlays import Layered
from panka.planner.language.violations import Subject, check
from panka.planner.owner import NAME
from panka.planner.rules import beside, broken, shaped, unique
from panka.planner.tagging import Tags
from panka.planner.units import Seconds

Region: TypeAlias = Annotated[str, shaped(r"[a-z]{2}(-[a-z]+)+-\d", "a region such as eu-west-1")]
EnvironmentName: TypeAlias = Annotated[str, shaped(NAME, "a name: small letters, digits and `-`, a letter first")]
Limit: TypeAlias = Annotated[int, Field(ge=0)]


def _sized(value: str) -> str:
    net = ipaddress.ip_network(value)
    if net.version != 4 or not 16 <= net.prefixlen <= 28:  # what EC2 makes
        raise broken("PK301", f"`{value}` is not a network of IPv4 between /16 and /28, as EC2 makes them")
    return value


Addresses: TypeAlias = Annotated[Cidr, AfterValidator(_sized)]


class TenantAws(Spec):
    """Where the tenant's stacks live."""

    account_id: Annotated[str, shaped(r"\d{12}", "an account id of 12 digits")] | None = None
    """The tenant's account."""
    region: Region | None = None
    """The region of stacks that name none."""
    assume_role_arn: Annotated[str, shaped(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", "the ARN of a role")] | None = None
    """The role that workers take on for the tenant."""
    external_id: Annotated[str, shaped(r"[\w+=,.@:/-]{2,1224}", "an external id")] | None = None
    """What the role asks for besides."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.external_id and not self.assume_role_arn:
            raise broken("PK312", "`externalId` has no effect without `assumeRoleArn`", "externalId")
        role = self.assume_role_arn
        if role and self.account_id and "${" not in role and role.split(":")[4] != self.account_id:
            raise broken("PK310", f"the role is not one of account {self.account_id}", "assumeRoleArn")
        return self


class Vpc(Spec):
    """The tenant's own network."""

    cidr_block: Addresses
    """Its addresses: `10.0.0.0/16`. Changing them replaces the whole network."""
    enable_dns_hostnames: Annotated[bool, Field(alias="enableDNSHostnames")] = True
    """Whether instances get host names."""
    enable_dns_support: Annotated[bool, Field(alias="enableDNSSupport")] = True
    """Whether names are resolved inside."""


class Subnet(Spec):
    cidr_block: Addresses
    """Its addresses, inside those of the VPC."""
    availability_zone: Annotated[str, shaped(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", "an availability zone such as eu-west-1a")]
    """The zone that it stands in."""


class Subnets(Spec):
    public: tuple[Subnet, ...] = ()
    """Subnets with a way in from the internet: for load balancers and NAT gateways."""
    private: tuple[Subnet, ...] = ()
    """Subnets without one: for workloads and databases."""


class NatGateway(Spec):
    enabled: bool = True
    """Whether private subnets reach the internet."""
    type: Literal["single", "per-az"] = "single"
    """One for all, or one in each zone, which costs more and outlives the loss of a zone."""


class InternetGateway(Spec):
    enabled: bool = True
    """Whether public subnets reach the internet."""


class DefaultSecurityGroup(Spec):
    allow_internal_traffic: bool = True
    """Whether everything in the group may talk to everything in it."""
    ingress: tuple[RuleSpec, ...] = ()
    """Who may come in."""
    egress: tuple[RuleSpec, ...] = ()
    """Where to; without rules anywhere."""

    @model_validator(mode="after")
    def _knows_no_components(self) -> Self:
        for direction in ("ingress", "egress"):
            for number, rule in enumerate(getattr(self, direction)):
                if rule.source_component is not None:
                    field = f"{direction}.{number}.sourceComponent"
                    raise broken("PK312", "a tenant's network has no components; name `cidrBlocks`", field)
            each_once(direction, getattr(self, direction))
        return self


class TenantNetworking(Spec):
    """A network that Panka makes (`vpc`, `subnets`), or one that exists (`vpcId`, `subnetIds`)."""

    vpc: Vpc | None = None
    """The network that Panka makes."""
    subnets: Subnets = Subnets()
    """Its subnets."""
    nat_gateway: NatGateway = NatGateway(enabled=False)
    """How private subnets reach the internet."""
    internet_gateway: InternetGateway | None = None
    """How public subnets do; by default they do when there are some."""
    default_security_group: DefaultSecurityGroup = DefaultSecurityGroup()
    """A security group that every workload of the tenant gets."""
    vpc_id: str | None = None
    """A VPC that exists."""
    subnet_ids: SubnetIds = SubnetIds()
    """Its subnets."""
    security_group_id: str | None = None
    """A security group in it that every workload gets."""

    @property
    def reaches_the_internet(self) -> bool:
        return self.internet_gateway.enabled if self.internet_gateway else bool(self.subnets.public)

    @model_validator(mode="after")
    def _made_or_taken(self) -> Self:
        made = {"vpc", "subnets", "nat_gateway", "internet_gateway", "default_security_group"} & self.model_fields_set
        taken = {"vpc_id", "subnet_ids", "security_group_id"} & self.model_fields_set
        if made and taken:
            raise broken("PK350", "`networking` either makes a network (`vpc`) or names one (`vpcId`), not both")
        if made and self.vpc is None:
            raise broken("PK350", "`networking` that makes a network needs `vpc: {cidrBlock}`")
        if taken and not (self.vpc_id and (self.subnet_ids.public or self.subnet_ids.private)):
            raise broken("PK350", "`networking` that names a network needs `vpcId` and `subnetIds`")
        return self

    @model_validator(mode="after")
    def _subnets_fit(self) -> Self:
        if self.vpc is None:
            return self
        whole = ipaddress.IPv4Network(self.vpc.cidr_block)
        placed = [
            (f"subnets.{side}.{number}.cidrBlock", one.cidr_block)
            for side in ("public", "private")
            for number, one in enumerate(getattr(self.subnets, side))
        ]
        for field, cidr in placed:
            if not ipaddress.IPv4Network(cidr).subnet_of(whole):
                raise beside("PK349", f"{cidr} does not lie in the VPC's {whole}", field, "vpc.cidrBlock")
        apart(placed)
        return self

    @model_validator(mode="after")
    def _gateways_have_a_place(self) -> Self:
        if self.nat_gateway.enabled:
            if not self.reaches_the_internet or not self.subnets.public:
                raise broken("PK350", "a NAT gateway stands in a public subnet with an internet gateway", "natGateway")
            zones = {one.availability_zone for one in self.subnets.public}
            lost = [one.availability_zone for one in self.subnets.private if one.availability_zone not in zones]
            if self.nat_gateway.type == "per-az" and lost:
                raise broken("PK350", f"`per-az` needs a public subnet in {lost[0]}", "natGateway.type")
        return self


class Limits(Spec):
    """How much the tenant may have; without a number as much as it likes."""

    max_stacks: Limit | None = None
    """Stacks."""
    max_services_per_stack: Limit | None = None
    """Services in one stack."""
    max_resources_per_service: Limit | None = None
    """AWS resources in one service."""
    max_concurrent_runs: Limit | None = None
    """Runs at the same time."""


class Policies(Spec):
    """What is asked before and after changes."""

    require_approval: tuple[EnvironmentName, ...] = ()
    """Environments in which somebody must agree to a plan."""
    drift_check: Annotated[Seconds, Field(ge=60)] | None = None
    """How often Panka looks for changes made by others: `6h`."""
    protected_environments: tuple[EnvironmentName, ...] = ()
    """Environments in which nothing that holds data is deleted or replaced."""


class TenantSpec(Spec):
    display_name: str = ""
    """The tenant's name for people."""
    email: Annotated[str, shaped(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")] | None = None
    """Whom to write to."""
    aws: TenantAws = TenantAws()
    """Where the tenant's stacks live."""
    networking: TenantNetworking | None = None
    """The network of the tenant's stacks; by default the account's default VPC."""
    limits: Limits = Limits()
    """How much the tenant may have."""
    default_tags: Tags = Field(default_factory=dict)
    """Tags of every resource of the tenant."""
    allowed_resources: tuple[str, ...] | None = None
    """Kinds that the tenant's stacks may hold; by default all."""
    environments: tuple[EnvironmentName, ...] = ()
    """Environments that the tenant has; by default any."""
    regions: tuple[Region, ...] = ()
    """Regions that the tenant may use; by default any."""
    policies: Policies = Policies()
    """What is asked before and after changes."""
    weight: Annotated[int, Field(ge=1, le=1_000)] = 1
    """The tenant's share of the workers, beside those of others."""

    @field_validator("allowed_resources")
    @classmethod
    def _are_kinds(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        known: Collection[str] = (info.context or {}).get("kinds", ()) or _kinds()
        for kind in value or ():
            if kind not in known:
                meant = did_you_mean(kind, known)
                raise broken("PK313", f"`{kind}` is not a kind{f'; {meant}' if meant else ''}")
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for field, values in (("environment", self.environments), ("region", self.regions)):
            unique(values, field)
        if self.regions and self.aws.region and self.aws.region not in self.regions:
            raise broken("PK310", f"`regions` does not hold {self.aws.region}", "aws.region")
        said = {"requireApproval": self.policies.require_approval}
        said["protectedEnvironments"] = self.policies.protected_environments
        for field, names in said.items():
            for number, name in enumerate(names):
                if self.environments and name not in self.environments:
                    raise broken("PK340", f"`environments` does not hold `{name}`", f"policies.{field}.{number}")
        return self


def _kinds() -> Collection[str]:
    # Here, because whoever reads a stack needs no tenants.
    from panka.planner.kinds import KINDS  # noqa: PLC0415

    return KINDS


class Tenant(Spec):
    """A tenant as its document says."""

    name: str
    spec: TenantSpec

    def protects(self, environment: str) -> bool:
        """Whether nothing that holds data may be deleted or replaced there."""
        return environment in self.spec.policies.protected_environments


def read_tenant(file: SourceFile, findings: Findings) -> Tenant | None:
    """The tenant of a file that holds one TenantConfig; None, and findings, when it is wrong."""
    documents = parse(file, findings)
    if findings.all():
        return None
    if len(documents) != 1 or documents[0].data.get("kind") != "TenantConfig":
        others = [one for one in documents if one.data.get("kind") != "TenantConfig"] or documents[1:]
        wrong = Label(others[0].span(("kind",)), "one too many" if len(documents) > 1 else "") if others else None
        findings.add("PK102", f"{file.name} must hold one document, of kind TenantConfig", wrong)
        return None
    document = documents[0]
    layers = Layered.of(document)
    envelope = check(Envelope, document.data, Subject("TenantConfig", "TenantConfig", layers, prefix=()), findings)
    if envelope is None:
        return None
    title = f"TenantConfig `{envelope.metadata.name}`"
    if envelope.api_version not in ("admin.panka.io/v1", "panka.io/v1"):
        label = Label(document.span(("apiVersion",)), "must be admin.panka.io/v1")
        findings.add("PK113", f"apiVersion `{envelope.api_version}` does not hold the kind TenantConfig", label)
    if not re.fullmatch(NAME, envelope.metadata.name):
        label = Label(document.span(("metadata", "name")), "small letters, digits and `-`, a letter first")
        findings.add("PK109", f"`{envelope.metadata.name}` cannot be a name", label)
    spec = check(TenantSpec, document.data.get("spec") or {}, Subject("TenantConfig", title, layers), findings)
    return None if spec is None or findings.all() else Tenant(name=envelope.metadata.name, spec=spec)
