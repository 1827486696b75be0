"""MSK: a Kafka cluster of brokers, or a serverless one."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Endpoint, Grants, Kind, Lowered, Spec, Statement
from panka.planner.placing import STAND_IN
from panka.planner.resource import PhysicalName, Properties, Resource, Text
from panka.planner.rules import broken, shaped
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.environment import PlainText, Version
from panka.planner.vocabulary.policies import READ_SECRET, allow
from panka.planner.vocabulary.zones import subnets_of_several

MOST_ZONES = 3
"""How many zones MSK spreads brokers over."""
PLAINTEXT_PORT, TLS_PORT, SCRAM_PORT, IAM_PORT = 9_092, 9_094, 9_096, 9_098

CLUSTER = (
    "kafka-cluster:Connect",
    "kafka-cluster:DescribeCluster",
    "kafka-cluster:WriteDataIdempotently",
    "kafka:DescribeClusterV2",
    "kafka:GetBootstrapBrokers",
)
TOPICS = (
    "kafka-cluster:CreateTopic",
    "kafka-cluster:DescribeTopic",
    "kafka-cluster:ReadData",
    "kafka-cluster:WriteData",
)
GROUPS = ("kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup")


class Brokers(Spec):
    """The machines."""

    instance_type: Annotated[
        str, shaped(r"(kafka|express)\.[a-z0-9]+\.[a-z0-9]+", "a broker's instance type: `kafka.m7g.large`")
    ]
    """The machine of each broker: `kafka.t3.small`, `kafka.m7g.large`, `express.m7g.large`."""
    count: Annotated[int, Field(ge=2, le=60)] | None = None
    """How many, the same number in each of the network's zones (three at most); by default one in each."""
    storage_gb: Annotated[int | None, Field(ge=1, le=16_384, alias="storageGB")] = None
    """The disk of each broker in GiB: it can grow, not shrink; by default 100. Express brokers have none."""

    @model_validator(mode="after")
    def _disks(self) -> Self:
        if self.express and self.storage_gb is not None:
            raise broken("PK312", "`storageGB` has no effect on express brokers, whose storage grows", "storageGB")
        return self

    @property
    def express(self) -> bool:
        return self.instance_type.startswith("express.")


class Scram(Spec):
    """Clients log in with user name and password."""

    enabled: bool = True
    """Whether they can."""
    secrets: tuple[str, ...] = ()
    """ARNs of the secrets that hold user names and passwords. MSK takes those whose names begin with `AmazonMSK_` and
    that a KMS key of one's own encrypts."""


class Tls(Spec):
    """Clients show certificates."""

    certificate_authorities: Annotated[tuple[str, ...], Field(min_length=1)]
    """ARNs of the private certificate authorities (AWS Private CA) whose certificates are good."""


def _switched(value: object) -> object:
    """`true` for `{enabled: true}`."""
    return {"enabled": value} if isinstance(value, bool) or value in ("true", "false") else value


def _authorities(value: object) -> object:
    """`false` for nothing; with `true` alone nobody knows whose certificates are good."""
    if value is True or value == "true":
        raise broken("PK311", "`tls` needs `certificateAuthorities`, which sign the clients' certificates")
    return None if value is False or value == "false" else value


class Authentication(Spec):
    """How clients say who they are. Without any of these everybody in the network is let in."""

    iam: bool = True
    """By their AWS role; who references the cluster may then read and write."""
    scram: Annotated[Scram, BeforeValidator(_switched, json_schema_input_type=bool | Scram)] = Scram(enabled=False)
    """By user name and password: `true`, or `{secrets: […]}`."""
    tls: Annotated[Tls | None, BeforeValidator(_authorities, json_schema_input_type=bool | Tls | None)] = None
    """By certificate: `{certificateAuthorities: […]}`."""

    @property
    def any(self) -> bool:
        return self.iam or self.scram.enabled or self.tls is not None


def _protocol(value: object) -> object:
    """`true` for `TLS`, `false` for `PLAINTEXT`."""
    if value is True or value == "true":
        return "TLS"
    return "PLAINTEXT" if value is False or value == "false" else value


class Encryption(Spec):
    """How data is encrypted: at rest always."""

    in_transit: Annotated[
        Literal["TLS", "TLS_PLAINTEXT", "PLAINTEXT"],
        BeforeValidator(_protocol, json_schema_input_type=bool | Literal["TLS", "TLS_PLAINTEXT", "PLAINTEXT"]),
    ] = "TLS"
    """Between clients and brokers. `TLS_PLAINTEXT` has both kinds of door; the plain one lets everybody in."""
    kms_key: str | None = None
    """ARN of a KMS key for the disks; by default one that AWS manages. Changing it replaces the cluster."""


class MskSpec(ComponentSpec):
    version: Annotated[Version, shaped(r"\d+\.\d+\.(\d+|x)(\.[a-z]+)*", "a version of Kafka: `3.9.x`")] = "3.9.x"
    """The version of Kafka, in quotes."""
    brokers: Brokers | None = None
    """The machines; required unless `serverless: true`."""
    serverless: bool = False
    """MSK sees to machines, disks and versions; clients authenticate by IAM."""
    authentication: Authentication = Authentication()
    """How clients say who they are; by default by their AWS role."""
    encryption: Encryption = Encryption()
    """How data is encrypted."""
    configuration: dict[str, PlainText] = Field(default_factory=dict)
    """Settings of the brokers: `auto.create.topics.enable: true`."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.serverless:
            for name in ("brokers", "version", "encryption", "configuration"):
                if name in self.model_fields_set:
                    raise broken("PK312", f"`{name}` has no effect on a serverless cluster", name)
        elif self.brokers is None:
            raise broken("PK311", "a cluster needs `brokers`, or `serverless: true`", "brokers", "serverless")
        return self

    @model_validator(mode="after")
    def _authenticates(self) -> Self:
        said = self.authentication
        if self.serverless and (not said.iam or said.scram.enabled or said.tls):
            raise broken("PK332", "clients of a serverless cluster authenticate by `iam` alone", "authentication")
        if said.any and self.encryption.in_transit == "PLAINTEXT":
            sentence = "clients authenticate over TLS only; with `inTransit: PLAINTEXT` even `iam` must be false"
            raise broken("PK332", sentence, "encryption.inTransit")
        if said.scram.secrets and not said.scram.enabled:
            raise broken("PK312", "`secrets` have no effect without `scram`", "authentication.scram.secrets")
        return self

    @property
    def plaintext(self) -> bool:
        return not self.serverless and self.encryption.in_transit != "TLS"

    @property
    def anonymous(self) -> bool:
        """Whether clients may come in without saying who they are."""
        return not self.authentication.any or self.plaintext

    @property
    def ports(self) -> dict[int, str]:
        """The ports that are open, the best first, each with the attribute that tells the brokers' addresses."""
        said = self.authentication
        anybody = not said.any and self.encryption.in_transit != "PLAINTEXT"
        ways = (
            (said.iam, IAM_PORT, "BootstrapBrokerStringSaslIam"),
            (said.scram.enabled, SCRAM_PORT, "BootstrapBrokerStringSaslScram"),
            (said.tls is not None or anybody, TLS_PORT, "BootstrapBrokerStringTls"),
            (self.plaintext, PLAINTEXT_PORT, "BootstrapBrokerString"),
        )
        return {port: attribute for is_open, port, attribute in ways if is_open}


def lower(component: Component[MskSpec], context: Context) -> Lowered:
    """Network and settings first, then the cluster and the secrets of its users."""
    spec = component.spec
    group = doors.security_group(component, context)
    settings = (_configuration(component),) if spec.configuration else ()
    cluster = _cluster(component, context, group, *settings)
    return Lowered(
        resources=(group, *settings, cluster, *_users(component, cluster)),
        outputs={
            "arn": cluster.ref("Arn"),
            # CloudFormation has no such attribute; the provider asks MSK for it once the cluster is ready.
            "bootstrapBrokers": cluster.ref(next(iter(spec.ports.values()))),
            "securityGroupId": group.ref("GroupId"),
        },
        grants=Grants(_statements(spec, context, cluster), Endpoint(group.ref("GroupId"), tuple(spec.ports))),
    )


def _configuration(component: Component[MskSpec]) -> Resource:
    lines = (f"{name}={value}\n" for name, value in sorted(component.spec.configuration.items()))
    return component.resource(
        "configuration",
        "AWS::MSK::Configuration",
        {"ServerProperties": "".join(lines)},
        name=PhysicalName("Name", 255),
    )


def _serverless(component: Component[MskSpec], context: Context, group: Resource) -> Resource:
    subnets = subnets_of_several(context)[:MOST_ZONES]
    return component.resource(
        "main",
        "AWS::MSK::ServerlessCluster",
        {
            "VpcConfigs": [{"SubnetIds": subnets, "SecurityGroups": [group.ref("GroupId")]}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
        name=PhysicalName("ClusterName", 64),
    )


def _cluster(
    component: Component[MskSpec], context: Context, group: Resource, settings: Resource | None = None
) -> Resource:
    spec, brokers = component.spec, component.spec.brokers
    if brokers is None:
        return _serverless(component, context, group)
    subnets = _zones(brokers, context)
    revision = settings and {"Arn": settings.ref("Arn"), "Revision": settings.ref("LatestRevision.Revision")}
    disk = {"StorageInfo": {"EBSStorageInfo": {"VolumeSize": brokers.storage_gb or 100}}}
    return component.resource(
        "main",
        "AWS::MSK::Cluster",
        {
            "KafkaVersion": spec.version,
            "NumberOfBrokerNodes": brokers.count or len(subnets),
            "BrokerNodeGroupInfo": {
                "InstanceType": brokers.instance_type,
                "ClientSubnets": subnets,
                "SecurityGroups": [group.ref("GroupId")],
                **({} if brokers.express else disk),
            },
            "ClientAuthentication": _authentication(spec),
            "EncryptionInfo": _encryption(spec.encryption),
            **({"ConfigurationInfo": revision} if revision else {}),
        },
        name=PhysicalName("ClusterName", 64),
    )


def _zones(brokers: Brokers, context: Context) -> list[str]:
    """The subnets of the brokers. Two brokers stand in two zones, more in as many as the network and MSK have."""
    available = subnets_of_several(context)
    subnets = available[: min(MOST_ZONES, brokers.count or MOST_ZONES)]
    known = context.network.vpc_id != STAND_IN.vpc_id
    if known and brokers.count and brokers.count % len(subnets):
        sentence = f"{brokers.count} brokers cannot be spread evenly over the network's {len(subnets)} zones"
        raise broken("PK331", sentence, "brokers.count")
    return subnets


def _authentication(spec: MskSpec) -> Properties:
    said = spec.authentication
    sasl = {"Iam": {"Enabled": said.iam}, "Scram": {"Enabled": said.scram.enabled}}
    tls = {"Enabled": True, "CertificateAuthorityArnList": list(said.tls.certificate_authorities)} if said.tls else None
    return {"Sasl": sasl, "Unauthenticated": {"Enabled": spec.anonymous}, **({"Tls": tls} if tls else {})}


def _encryption(encryption: Encryption) -> Properties:
    transit = {"ClientBroker": encryption.in_transit, "InCluster": True}
    rest = {"EncryptionAtRest": {"DataVolumeKMSKeyId": encryption.kms_key}} if encryption.kms_key else {}
    return {"EncryptionInTransit": transit, **rest}


def _users(component: Component[MskSpec], cluster: Resource) -> tuple[Resource, ...]:
    secrets = component.spec.authentication.scram.secrets
    properties = {"ClusterArn": cluster.ref("Arn"), "SecretArnList": list(secrets)}
    return (component.resource("users", "AWS::MSK::BatchScramSecret", properties),) if secrets else ()


def _statements(spec: MskSpec, context: Context, cluster: Resource) -> tuple[Statement, ...]:
    """Connecting, and reading and writing every topic in every group; with passwords, reading those."""
    secrets = spec.authentication.scram.secrets
    users = (allow(READ_SECRET, *secrets),) if secrets else ()
    if not spec.authentication.iam:
        return users
    target = context.target
    arn = f"arn:{context.partition}:kafka:{target.region}:{target.account}"
    name = cluster.ref("ClusterName")
    return (
        allow(CLUSTER, cluster.ref("Arn")),
        allow(TOPICS, Text((f"{arn}:topic/", name, "/*"))),
        allow(GROUPS, Text((f"{arn}:group/", name, "/*"))),
        *users,
    )


_OUTPUTS = {
    "arn": "The cluster's ARN.",
    "bootstrapBrokers": "The brokers' addresses, with commas between, for the best way of authentication that is on: "
    "`iam`, `scram`, `tls`, none.",
    "securityGroupId": "The id of its security group.",
}

MSK = Kind("MSK", MskSpec, lower, outputs=_OUTPUTS, needs_network=True)
KAFKA = Kind("Kafka", MskSpec, lower, outputs=_OUTPUTS, needs_network=True)
