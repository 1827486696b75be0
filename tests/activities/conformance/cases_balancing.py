"""Load balancers, scaling, alarms, names in the network, DNS and certificates."""

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import FUNCTION, GROUP

from panka.planner.resource import Properties

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
)

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
    ),
    Case(
        "AWS::ElasticLoadBalancingV2::Listener",
        {**LISTENER.properties, "DefaultActions": [weighted(1, 3)]},
        updates=({"DefaultActions": [weighted(2, 3)]}, {"DefaultActions": [forward("second")]}),
        needs={"lb": BALANCER, "first": TARGETS, "second": TARGETS},
        skip={"ministack": UNWEIGHTED},
        label="weighted",
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
    ),
)
