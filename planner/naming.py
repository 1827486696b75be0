"""How AWS wants its resources called: what every name is held to that Panka would send."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import AfterValidator

from panka.planner.resource import Address, Resource
from panka.planner.rules import shaped


@dataclass(frozen=True, slots=True)
class Form:
    """The names of one type."""

    property: str
    pattern: str
    words: str
    """What such a name is, for people."""
    alone: bool = True
    """Whether no other resource of the account and region (or of all of AWS) can bear the same name."""

    def takes(self, name: str) -> bool:
        return re.fullmatch(self.pattern, name) is not None


def _form(property: str, pattern: str, words: str, *, alone: bool = True) -> Form:
    return Form(property, pattern, words, alone)


def _identifier(property: str, longest: int) -> Form:
    """As RDS and ElastiCache call their things."""
    words = f"an identifier: 1 to {longest} letters, digits and `-`, a letter first, no `-` at the end and no two of it"
    return _form(property, rf"(?=.{{1,{longest}}}$)[A-Za-z](-?[A-Za-z0-9])*", words)


_SUBNET_GROUP = r"(?!(?i:default)$)[A-Za-z][A-Za-z0-9._ -]{0,254}"
_ECS = r"[A-Za-z0-9_-]{1,255}"
_ECS_WORDS = "1 to 255 letters, digits, `-` and `_`"
_KAFKA = _form("ClusterName", r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", "a cluster name: 1 to 64 letters, digits and `-`")

FORMS: Mapping[str, Form] = {
    "AWS::ApiGateway::RestApi": _form("Name", r"[^\n]{1,1024}", "a name of one line", alone=False),
    "AWS::ApiGatewayV2::Api": _form("Name", r"[^\n]{1,128}", "a name: 1 to 128 characters", alone=False),
    "AWS::ApplicationAutoScaling::ScalingPolicy": _form(
        "PolicyName", r"[^\n|:]{1,256}", "a policy name: 1 to 256 characters without `|` and `:`", alone=False
    ),
    "AWS::CloudWatch::Alarm": _form("AlarmName", r"[^\n]{1,255}", "an alarm name: 1 to 255 characters"),
    "AWS::DocDB::DBCluster": _identifier("DBClusterIdentifier", 63),
    "AWS::DocDB::DBInstance": _identifier("DBInstanceIdentifier", 63),
    "AWS::DocDB::DBSubnetGroup": _form(
        "DBSubnetGroupName", _SUBNET_GROUP, "a group name: letters, digits, `.`, `_`, `-`"
    ),
    "AWS::DynamoDB::Table": _form(
        "TableName", r"[A-Za-z0-9_.-]{3,255}", "a table name: 3 to 255 letters, digits, `_`, `.` and `-`"
    ),
    "AWS::EC2::SecurityGroup": _form(
        "GroupName",
        r"(?!sg-)[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}",
        "a group name: 1 to 255 letters, digits and `._-:/()#,@[]+=&;{}!$*`, not beginning with `sg-`",
        alone=False,
    ),
    "AWS::ECS::Cluster": _form("ClusterName", _ECS, f"a cluster name: {_ECS_WORDS}"),
    "AWS::ECS::Service": _form("ServiceName", _ECS, f"a service name: {_ECS_WORDS}", alone=False),
    "AWS::ECS::TaskDefinition": _form("Family", _ECS, f"a family: {_ECS_WORDS}", alone=False),
    "AWS::ElastiCache::CacheCluster": _identifier("ClusterName", 50),
    "AWS::ElastiCache::ReplicationGroup": _identifier("ReplicationGroupId", 40),
    "AWS::ElastiCache::SubnetGroup": _form(
        "CacheSubnetGroupName", r"[A-Za-z0-9][A-Za-z0-9-]{0,254}", "a group name: 1 to 255 letters, digits and `-`"
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _form(
        "Name",
        r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)",
        "a load balancer's name: 1 to 32 letters, digits and `-`, not beginning with `internal-`",
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": _form(
        "Name", r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)", "a target group's name: 1 to 32 letters, digits and `-`"
    ),
    "AWS::Events::EventBus": _form(
        "Name", r"(?!default$)(?!aws\.)[/._A-Za-z0-9-]{1,256}", "a bus name other than `default`"
    ),
    "AWS::Events::Rule": _form(
        "Name", r"[.\-_A-Za-z0-9]{1,64}", "a rule name: 1 to 64 letters, digits, `.`, `-` and `_`", alone=False
    ),
    "AWS::IAM::Role": _form("RoleName", r"[\w+=,.@-]{1,64}", "a role name: 1 to 64 letters, digits and `_+=,.@-`"),
    "AWS::IAM::RolePolicy": _form(
        "PolicyName", r"[\w+=,.@-]{1,128}", "a policy name: 1 to 128 letters, digits and `_+=,.@-`", alone=False
    ),
    "AWS::Lambda::Function": _form(
        "FunctionName", r"[A-Za-z0-9_-]{1,64}", "a function name: 1 to 64 letters, digits, `-` and `_`"
    ),
    "AWS::Logs::LogGroup": _form(
        "LogGroupName", r"(?!aws/)[.\-_/#A-Za-z0-9]{1,512}", "a log group's name: letters, digits and `.-_/#`"
    ),
    "AWS::MSK::Cluster": _KAFKA,
    "AWS::MSK::Configuration": _form(
        "Name", r"[A-Za-z0-9][A-Za-z0-9-]{0,254}", "a configuration's name: letters, digits and `-`"
    ),
    "AWS::MSK::ServerlessCluster": _KAFKA,
    "AWS::RDS::DBCluster": _identifier("DBClusterIdentifier", 63),
    "AWS::RDS::DBClusterParameterGroup": _identifier("DBClusterParameterGroupName", 255),
    "AWS::RDS::DBInstance": _identifier("DBInstanceIdentifier", 63),
    "AWS::RDS::DBParameterGroup": _identifier("DBParameterGroupName", 255),
    "AWS::RDS::DBSubnetGroup": _form(
        "DBSubnetGroupName", _SUBNET_GROUP, "a group name: letters, digits, `.`, `_`, `-`"
    ),
    "AWS::S3::Bucket": _form(
        "BucketName",
        r"(?!\d+\.\d+\.\d+\.\d+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3)$)"
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "a bucket name: 3 to 63 lower-case letters, digits, `-` and `.`",
    ),
    "AWS::SNS::Topic": _form(
        "TopicName", r"(?=.{1,256}$)[A-Za-z0-9_-]+(\.fifo)?", "a topic name: 1 to 256 letters, digits, `-` and `_`"
    ),
    "AWS::SQS::Queue": _form(
        "QueueName", r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?", "a queue name: 1 to 80 letters, digits, `-` and `_`"
    ),
    "AWS::Scheduler::Schedule": _form(
        "Name", r"[0-9A-Za-z_.-]{1,64}", "a schedule's name: 1 to 64 letters, digits, `-`, `_` and `.`", alone=False
    ),
    "AWS::SecretsManager::Secret": _form(
        "Name", r"[A-Za-z0-9/_+=.@-]{1,512}", "a secret's name: 1 to 512 letters, digits and `/_+=.@-`"
    ),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": _form(
        "Name", r"(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", "a DNS domain", alone=False
    ),
    "AWS::ServiceDiscovery::Service": _form("Name", r"[a-z0-9-]{1,63}", "a DNS label", alone=False),
}
"""By type: the property that holds the name, and what it may be."""


def named(type: str) -> AfterValidator:
    """Holds a text to the names of a type; one that contains a reference (`${…}`) passes, as it is not yet known."""
    form = FORMS[type]
    return shaped(form.pattern, form.words)


def fixed_name(one: Resource) -> str | None:
    """The name that the user gives to a resource; None for one that Panka chooses, or that is not known yet."""
    form = FORMS.get(one.type)
    name = one.properties.get(form.property) if form is not None and one.name is None else None
    return name if isinstance(name, str) and "${" not in name else None


def misnamed(resources: Mapping[Address, Resource]) -> Iterator[tuple[Resource, str]]:
    """Resources whose name AWS would not take, each with what is wrong."""
    for one in resources.values():
        name = fixed_name(one)
        if name is not None and not FORMS[one.type].takes(name):
            yield one, f"`{name}` is not {FORMS[one.type].words}"


def namesakes(resources: Mapping[Address, Resource]) -> Iterator[tuple[Resource, Resource]]:
    """Pairs of resources that would bear one name although AWS gives it once; the first one first."""
    borne: dict[tuple[str, str], Resource] = {}
    for one in resources.values():
        name = fixed_name(one)
        if name is not None and FORMS[one.type].alone:
            first = borne.setdefault((one.type, name), one)
            if first is not one:
                yield first, one
