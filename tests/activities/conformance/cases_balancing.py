"""Load balancers, scaling, alarms, names in the network, DNS and certificates."""

from itertools import pairwise

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import CLUSTER, FUNCTION, GROUP, TASK

from panka.planner.resource import Properties, text

UNWEIGHTED = "It keeps none of the target groups of a weighted forward."
ONE_SHAPE = "It tells the same health check of every target group, whatever its protocol."


def forward(group: str) -> Properties:
    return {"Type": "forward", "TargetGroupArn": of(group, "TargetGroupArn")}


def answer(code: str) -> Properties:
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": code, "MessageBody": "No"}}


def weighted(first: int, second: int) -> Properties:
    groups = [
        {"TargetGroupArn": of("first", "TargetGroupArn"), "Weight": first},
        {"TargetGroupArn": of("second", "TargetGroupArn"), "Weight": second},
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def paths(*patterns: str) -> Properties:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def hosts(*names: str) -> Properties:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(names)}}


def attributes(**values: str) -> list[Properties]:
    return [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]


BALANCER = Case(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    {"Name": NAME, "Type": "application", "Scheme": "internal", "Subnets": of("@network", "TwoSubnets")},
)
TARGETS = Case(
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    {"Name": NAME, "TargetType": "ip", "Protocol": "HTTP", "Port": 80, "VpcId": of("@network", "Vpc")},
)
LISTENER = Case(
    "AWS::ElasticLoadBalancingV2::Listener",
    {"LoadBalancerArn": of("lb", "LoadBalancerArn"), "Port": 80, "Protocol": "HTTP", "DefaultActions": [answer("404")]},
    needs={"lb": BALANCER},
    alone=True,
)

CAPACITY: Properties = {
    "ServiceNamespace": "dynamodb",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    "ResourceId": f"table/{NAME}",
}
SCALED = Case(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    {**CAPACITY, "MinCapacity": 1, "MaxCapacity": 10},
)
SCALED_BY = {name: of("scaled", name) for name in CAPACITY}
NIGHT: Properties = {
    "ScheduledActionName": "night",
    "Schedule": "cron(0 20 * * ? *)",
    "StartTime": "2030-01-01T00:00:00Z",
    "ScalableTargetAction": {"MaxCapacity": 2},
}
MORNING: Properties = {
    "ScheduledActionName": "morning",
    "Schedule": "cron(0 6 * * ? *)",
    "Timezone": "Europe/Berlin",
    "ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 10},
}


def tracking(target: int, **more: Properties | int | bool) -> Properties:
    metric = {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}
    return {"TargetValue": target, "PredefinedMetricSpecification": metric, **more}


def steps(*bounds: int) -> list[Properties]:
    last = {"MetricIntervalLowerBound": bounds[-1], "ScalingAdjustment": len(bounds)}
    return [
        {"MetricIntervalLowerBound": low, "MetricIntervalUpperBound": high, "ScalingAdjustment": number + 1}
        for number, (low, high) in enumerate(pairwise(bounds))
    ] + [last]


def waiting(id: str, name: str) -> Properties:
    dimensions = [{"Name": "QueueName", "Value": NAME}]
    metric = {"Namespace": "AWS/SQS", "MetricName": name, "Dimensions": dimensions}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}, "ReturnData": False}


DOMAIN = Case("AWS::ServiceDiscovery::PrivateDnsNamespace", {"Name": f"{NAME}.internal", "Vpc": of("@network", "Vpc")})
PLAIN_DOMAIN = Case("AWS::ServiceDiscovery::HttpNamespace", {"Name": NAME})
ONE_DOMAIN = "It lets a VPC have one namespace, whatever its name."

ZONE = Case("AWS::Route53::HostedZone", {"Name": f"{NAME}.example"}, unique=False)
CERTIFICATE = Case("AWS::CertificateManager::Certificate", {"DomainName": f"{NAME}.example", "ValidationMethod": "DNS"})

CASES: tuple[Case, ...] = (
    Case(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {
            **BALANCER.properties,
            "SecurityGroups": [of("first", "GroupId")],
            "LoadBalancerAttributes": attributes(idle_timeout__timeout_seconds="120"),
        },
        updates=(
            {
                "SecurityGroups": [of("first", "GroupId"), of("second", "GroupId")],
                "Subnets": of("@network", "Subnets"),
                "IpAddressType": "dualstack",
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"LoadBalancerAttributes": attributes(deletion_protection__enabled="true")},
            {"LoadBalancerAttributes": GONE, "IpAddressType": GONE, "Tags": []},
        ),
        needs={"first": GROUP, "second": GROUP},
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {
            **BALANCER.properties,
            "Type": "network",
            "LoadBalancerAttributes": attributes(load_balancing__cross_zone__enabled="true"),
        },
        updates=({"LoadBalancerAttributes": GONE},),
        label="network",
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {
            **TARGETS.properties,
            "HealthCheckPath": "/health",
            "HealthCheckPort": "8080",
            "HealthCheckIntervalSeconds": 15,
            "Matcher": {"HttpCode": "200-299"},
            "TargetGroupAttributes": attributes(deregistration_delay__timeout_seconds="60"),
            "Targets": [{"Id": "172.31.0.10", "Port": 8080}],
        },
        updates=(
            {
                "HealthCheckPath": GONE,
                "HealthCheckTimeoutSeconds": 10,
                "HealthyThresholdCount": 3,
                "UnhealthyThresholdCount": 4,
                "Matcher": GONE,
                "TargetGroupAttributes": [
                    {"Key": "stickiness.enabled", "Value": "true"},
                    {"Key": "stickiness.type", "Value": "lb_cookie"},
                ],
                "Targets": [{"Id": "172.31.0.11"}],
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {
                "HealthCheckPort": GONE,
                "HealthCheckIntervalSeconds": GONE,
                "HealthCheckTimeoutSeconds": GONE,
                "HealthyThresholdCount": GONE,
                "TargetGroupAttributes": GONE,
                "Targets": [],
                "Tags": [],
            },
        ),
        unread=frozenset({"Targets"}),
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {
            **TARGETS.properties,
            "Protocol": "TCP",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPath": "/health",
            "HealthCheckTimeoutSeconds": 20,
            "Matcher": {"HttpCode": "200-399"},
        },
        updates=({"HealthCheckPath": GONE, "HealthCheckTimeoutSeconds": GONE},),
        skip={"ministack": ONE_SHAPE},
        label="tcp",
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        {"Name": NAME, "TargetType": "lambda", "Targets": [{"Id": of("function", "Arn")}]},
        updates=({"Targets": GONE},),
        needs={"function": FUNCTION},
        skip={"ministack": ONE_SHAPE},
        label="function",
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::Listener",
        {
            **LISTENER.properties,
            "DefaultActions": [
                {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
            ],
        },
        updates=(
            {"DefaultActions": [answer("404")], "Port": 8080, "Tags": [{"Key": "team", "Value": "red"}]},
            {
                "DefaultActions": [forward("first")],
                "ListenerAttributes": attributes(routing__http__response__server__enabled="false"),
            },
            {"ListenerAttributes": GONE, "Tags": []},
        ),
        needs={"lb": BALANCER, "first": TARGETS},
        alone=True,
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::Listener",
        {**LISTENER.properties, "DefaultActions": [weighted(1, 3)]},
        updates=({"DefaultActions": [weighted(2, 3)]}, {"DefaultActions": [forward("second")]}),
        needs={"lb": BALANCER, "first": TARGETS, "second": TARGETS},
        skip={"ministack": UNWEIGHTED},
        label="weighted",
        alone=True,
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        {
            "ListenerArn": of("on", "ListenerArn"),
            "Priority": 10,
            "Conditions": [hosts("shop.example"), paths("/cart", "/cart/*")],
            "Actions": [forward("to")],
        },
        updates=(
            {"Priority": 20, "Conditions": [paths("/basket")], "Tags": [{"Key": "team", "Value": "red"}]},
            {"Actions": [answer("503")], "Tags": []},
        ),
        needs={"lb": BALANCER, "on": LISTENER, "to": TARGETS},
        alone=True,
    ),
    Case(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {**SCALED.properties, "ScheduledActions": [NIGHT]},
        updates=(
            {"MaxCapacity": 20, "SuspendedState": {"DynamicScalingInSuspended": True}},
            {
                "ScheduledActions": [{**NIGHT, "Schedule": "cron(0 22 * * ? *)"}, MORNING],
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"MinCapacity": 2, "SuspendedState": GONE, "ScheduledActions": GONE, "Tags": []},
        ),
    ),
    Case(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {
            **SCALED_BY,
            "PolicyName": NAME,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking(70, DisableScaleIn=True),
        },
        updates=(
            {"TargetTrackingScalingPolicyConfiguration": tracking(50, ScaleInCooldown=60)},
            {"TargetTrackingScalingPolicyConfiguration": tracking(50)},
        ),
        needs={"scaled": SCALED},
        tagged=False,
    ),
    Case(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {
            "ScalingTargetId": of("scaled", "Id"),
            "PolicyName": NAME,
            "PolicyType": "StepScaling",
            "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ExactCapacity",
                "Cooldown": 60,
                "MetricAggregationType": "Maximum",
                "StepAdjustments": steps(0, 100),
            },
        },
        updates=(
            {
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ExactCapacity",
                    "StepAdjustments": steps(0, 100, 200),
                }
            },
        ),
        needs={"scaled": SCALED},
        tagged=False,
        unread=frozenset({"ScalingTargetId"}),
        label="steps",
    ),
    Case(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": NAME,
            "AlarmDescription": "For tests",
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "TreatMissingData": "notBreaching",
            "Metrics": [
                {"Id": "messages", "Expression": "visible + inwork", "ReturnData": True},
                waiting("visible", "ApproximateNumberOfMessagesVisible"),
                waiting("inwork", "ApproximateNumberOfMessagesNotVisible"),
            ],
            "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:one"],
        },
        skip={"ministack": "It keeps no alarms on expressions."},
        updates=(
            {"Threshold": 5, "EvaluationPeriods": 3, "Tags": [{"Key": "team", "Value": "red"}]},
            {"AlarmDescription": GONE, "TreatMissingData": GONE, "ActionsEnabled": False, "Tags": []},
        ),
    ),
    Case(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": NAME,
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": [{"Name": "QueueName", "Value": NAME}],
            "Statistic": "Maximum",
            "Period": 60,
            "Threshold": 600,
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 5,
            "DatapointsToAlarm": 3,
            "OKActions": ["arn:aws:sns:eu-west-1:123456789012:one"],
        },
        updates=(
            {"Period": 300, "DatapointsToAlarm": GONE, "OKActions": GONE, "Dimensions": GONE},
            {"Statistic": GONE, "ExtendedStatistic": "p99"},
        ),
        label="metric",
    ),
    Case(
        "AWS::ServiceDiscovery::PrivateDnsNamespace",
        {**DOMAIN.properties, "Description": "For tests", "Properties": {"DnsProperties": {"SOA": {"TTL": 60}}}},
        updates=(
            {"Description": "For more tests", "Tags": [{"Key": "team", "Value": "red"}]},
            {"Description": GONE, "Properties": {"DnsProperties": {"SOA": {"TTL": 100}}}, "Tags": []},
        ),
        unread=frozenset({"Vpc"}),
        skip={"moto": ONE_DOMAIN},
    ),
    Case(
        "AWS::ServiceDiscovery::HttpNamespace",
        {**PLAIN_DOMAIN.properties, "Description": "For tests"},
        updates=(
            {"Description": "For more tests", "Tags": [{"Key": "team", "Value": "red"}]},
            {"Description": GONE, "Tags": []},
        ),
    ),
    Case(
        "AWS::ServiceDiscovery::Service",
        {
            "Name": NAME,
            "NamespaceId": of("in", "Id"),
            "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 10}]},
            "HealthCheckCustomConfig": {"FailureThreshold": 1},
        },
        updates=(
            {
                "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 60}]},
                "Description": "For tests",
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"Description": GONE, "Tags": []},
        ),
        needs={"in": DOMAIN},
        skip={"moto": ONE_DOMAIN},
        label="dns",
    ),
    Case(
        "AWS::ServiceDiscovery::Service",
        {"Name": NAME, "NamespaceId": of("in", "Id")},
        updates=({"Description": "For tests", "Tags": [{"Key": "team", "Value": "red"}]}, {"Tags": []}),
        needs={"in": PLAIN_DOMAIN},
    ),
    Case(
        "AWS::Route53::HostedZone",
        {**ZONE.properties, "HostedZoneConfig": {"Comment": "For tests"}},
        updates=(
            {
                "HostedZoneConfig": {"Comment": "For more tests"},
                "HostedZoneTags": [{"Key": f"team-{number}", "Value": "red"} for number in range(8)],
            },
            {"HostedZoneConfig": GONE, "HostedZoneTags": []},
        ),
        unique=False,
    ),
    Case(
        "AWS::Route53::HostedZone",
        {**ZONE.properties, "VPCs": [{"VPCId": of("@network", "Vpc"), "VPCRegion": of("@cloud", "Region")}]},
        unique=False,
        label="private",
    ),
    Case(
        "AWS::Route53::RecordSet",
        {
            "HostedZoneId": of("zone", "Id"),
            "Name": text(NAME, ".", of("zone", "Name")),
            "Type": "A",
            "TTL": "60",
            "ResourceRecords": ["192.0.2.1"],
        },
        updates=(
            {"TTL": "300", "ResourceRecords": ["192.0.2.1", "192.0.2.2"]},
            {
                "TTL": GONE,
                "ResourceRecords": GONE,
                "AliasTarget": {"DNSName": "dualstack.one.elb.amazonaws.com", "HostedZoneId": "Z32O12XQLNTSW2"},
            },
        ),
        needs={"zone": ZONE},
        tagged=False,
    ),
    Case(
        "AWS::Route53::RecordSet",
        {
            "HostedZoneName": of("zone", "Name"),
            "Name": text("*.", NAME, ".", of("zone", "Name"), "."),
            "Type": "CNAME",
            "TTL": "60",
            "ResourceRecords": ["one.example"],
            "SetIdentifier": "one",
            "Weight": 10,
        },
        updates=({"Weight": 20},),
        needs={"zone": ZONE},
        tagged=False,
        unread=frozenset({"HostedZoneName", "Name"}),
        label="weighted",
    ),
    Case(
        "AWS::CertificateManager::Certificate",
        {
            **CERTIFICATE.properties,
            "DomainName": text(NAME, ".", of("zone", "Name")),
            "SubjectAlternativeNames": [text("*.", NAME, ".", of("zone", "Name"))],
            "KeyAlgorithm": "RSA_2048",
            "DomainValidationOptions": [
                {"DomainName": text(NAME, ".", of("zone", "Name")), "HostedZoneId": of("zone", "Id")}
            ],
        },
        updates=({"Tags": [{"Key": "team", "Value": "red"}]}, {"Tags": []}),
        needs={"zone": ZONE},
        unique=False,
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::Listener",
        {
            **LISTENER.properties,
            "Port": 443,
            "Protocol": "HTTPS",
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "Certificates": [{"CertificateArn": of("first", "CertificateArn")}],
        },
        updates=(
            {"Certificates": [{"CertificateArn": of("second", "CertificateArn")}]},
            {"SslPolicy": GONE},
            {"Protocol": "HTTP", "Certificates": GONE},
        ),
        needs={"lb": BALANCER, "first": CERTIFICATE, "second": CERTIFICATE},
        label="secure",
        alone=True,
    ),
    Case(
        "AWS::ECS::Service",
        {
            "ServiceName": NAME,
            "Cluster": of("cluster", "ClusterName"),
            "TaskDefinition": of("task", "TaskDefinitionArn"),
            "DesiredCount": 1,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "SecurityGroups": [of("group", "GroupId")],
                    "Subnets": of("@network", "TwoSubnets"),
                }
            },
            "LoadBalancers": [
                {"ContainerName": "web", "ContainerPort": 80, "TargetGroupArn": of("to", "TargetGroupArn")}
            ],
            "ServiceRegistries": [{"RegistryArn": of("called", "Arn")}],
            "HealthCheckGracePeriodSeconds": 60,
            "DeploymentConfiguration": {
                "MinimumHealthyPercent": 100,
                "MaximumPercent": 200,
                "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
            },
            "PropagateTags": "SERVICE",
        },
        updates=({"LoadBalancers": GONE, "ServiceRegistries": GONE, "HealthCheckGracePeriodSeconds": GONE},),
        needs={
            "cluster": CLUSTER,
            "group": GROUP,
            "task": TASK,
            "to": TARGETS,
            "in": PLAIN_DOMAIN,
            "called": Case("AWS::ServiceDiscovery::Service", {"Name": NAME, "NamespaceId": of("in", "Id")}),
        },
        skip={
            "moto:a_create_reads_back_without_drift": "It forgets the grace period of a service that it makes.",
            "ministack:every_update_reads_back_and_can_be_taken_back": "It never takes a service's registries away.",
        },
        label="balanced",
    ),
)
