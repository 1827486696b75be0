from dataclasses import replace
from typing import Any

import pytest

from panka.planner.component import Seat, Used
from panka.planner.resource import Text
from panka.planner.vocabulary.balancing import clashes

WEB: dict[str, Any] = {"image": {"repository": "nginx"}, "ports": [{"port": 8080}, {"port": 53, "protocol": "udp"}]}
CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/a"
SECURE: dict[str, Any] = {
    "listeners": [{"port": 80, "redirectTo": 443}, {"port": 443, "certificateArn": CERTIFICATE}],
}
FUNCTION = {"runtime": "python3.13", "handler": "m.h", "code": {"zipFile": "m"}}


def test_a_redirecting_listener_takes_no_rules(bench: Any) -> None:
    front = bench.used("ALB", SECURE, "front")

    parts = bench.parts(bench.lower("MicroService", {**WEB, "expose": {"alb": "front"}}, uses={"front": front}))

    assert [part for part in parts if part.startswith("rule-")] == ["rule-front-443"]
    redirect = bench.parts(front.lowered)["listener-80"].properties["DefaultActions"][0]["RedirectConfig"]
    assert redirect == {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}


def test_an_exposed_service_registers_when_its_rules_stand(bench: Any) -> None:
    front = bench.used("ALB", SECURE, "front")
    expose = {"alb": "front", "host": "shop.example", "path": "/api", "priority": 7}

    lowered = bench.lower("MicroService", {**WEB, "expose": expose}, uses={"front": front}, name="api")

    parts = bench.parts(lowered)
    rule = parts["rule-front-443"]
    assert rule.properties["Priority"] == 7
    assert [one["Field"] for one in rule.properties["Conditions"]] == ["host-header", "path-pattern"]
    assert rule.properties["Conditions"][1]["PathPatternConfig"]["Values"] == ["/api", "/api/*"]
    assert rule.address in parts["main"].depends_on
    (registered,) = parts["main"].properties["LoadBalancers"]
    assert registered["ContainerPort"] == 8080
    assert (
        registered["TargetGroupArn"] == parts["target-front"].ref("TargetGroupArn") == lowered.outputs["targetGroupArn"]
    )
    assert lowered.outputs["url"] == "https://shop.example/api"
    door = parts["from-front-8080"].properties
    assert door["SourceSecurityGroupId"] == front.lowered.outputs["securityGroupId"]


def test_what_a_balancer_names_is_what_a_service_would_say(bench: Any) -> None:
    naming = bench.used("ALB", {**SECURE, "targets": [{"component": "api", "path": "/api"}]}, "front")
    named = bench.used("ALB", SECURE, "front")

    one = bench.lower("MicroService", WEB, uses={"front": naming}, name="api")
    other = bench.lower(
        "MicroService", {**WEB, "expose": {"alb": "front", "path": "/api"}}, uses={"front": named}, name="api"
    )

    assert one.resources == other.resources


def test_a_function_may_be_called_before_it_is_a_target(bench: Any) -> None:
    function = bench.used("Lambda", FUNCTION, "hello")

    parts = bench.parts(
        bench.lower("ALB", {"targets": [{"component": "hello", "path": "/hello"}]}, uses={"hello": function})
    )

    group = parts["target-hello"]
    assert group.properties["Targets"] == [{"Id": function.lowered.outputs["functionArn"]}]
    assert group.depends_on == (parts["permission-hello"].address,)
    assert parts["rule-hello-80"].properties["Actions"][0]["TargetGroupArn"] == group.ref("TargetGroupArn")


def test_access_logs_ask_the_bucket_to_be_let_in_first(bench: Any) -> None:
    bucket = bench.used("S3", {}, "logs")

    lowered = bench.lower("ALB", {"accessLogs": {"bucket": "logs", "prefix": "front"}}, uses={"logs": bucket})

    (asked,) = lowered.inbound
    assert asked.component == "logs"
    arn = bucket.lowered.outputs["bucketArn"]
    assert asked.statement["Resource"] == [Text((arn, "/front/AWSLogs/111122223333/*"))]
    balancer = bench.parts(lowered)["main"]
    assert bench.parts(bucket.lowered)["policy"].address in balancer.depends_on
    attributes = {one["Key"]: one["Value"] for one in balancer.properties["LoadBalancerAttributes"]}
    assert attributes["access_logs.s3.bucket"] == bucket.lowered.outputs["bucketName"]
    assert attributes["idle_timeout.timeout_seconds"] == "60"


def test_a_balancer_lets_only_the_named_networks_in(bench: Any) -> None:
    spec = {"internal": True, "allowedCIDRs": ["10.0.0.0/8", "fd00::/8"]}

    parts = bench.parts(bench.lower("ALB", spec))

    rules = parts["security-group"].properties["SecurityGroupIngress"]
    assert [one.get("CidrIp") or one["CidrIpv6"] for one in rules] == ["10.0.0.0/8", "fd00::/8"]
    assert parts["main"].properties["Scheme"] == "internal"
    assert parts["main"].properties["Subnets"] == ["subnet-a", "subnet-b"]


def test_a_service_takes_its_seat_in_a_network_balancer(bench: Any) -> None:
    target = {"component": "dns", "port": 53, "healthCheckPort": 8080}
    edge = bench.used("NLB", {"listeners": [{"port": 53, "protocol": "UDP", "target": target}]}, "edge")

    parts = bench.parts(bench.lower("MicroService", WEB, uses={"edge": edge}, name="dns"))

    (seat,) = edge.lowered.targets
    assert isinstance(seat, Seat)
    assert parts["main"].properties["LoadBalancers"] == [
        {"ContainerName": "dns", "ContainerPort": 53, "TargetGroupArn": seat.target_group}
    ]
    assert seat.listener in parts["main"].depends_on
    assert parts["from-edge-udp-53"].properties["IpProtocol"] == "udp"
    assert bench.parts(edge.lowered)["target-53"].properties["HealthCheckPort"] == "8080"


def test_a_network_balancer_stands_before_an_application_balancer(bench: Any) -> None:
    front = bench.used("ALB", SECURE, "front")
    spec = {"listeners": [{"port": 443, "target": {"component": "front", "port": 443}}]}

    group = bench.parts(bench.lower("NLB", spec, uses={"front": front}))["target-443"].properties

    assert (group["TargetType"], group["HealthCheckProtocol"]) == ("alb", "HTTPS")
    assert group["Targets"] == [{"Id": front.lowered.outputs["arn"], "Port": 443}]


def test_an_own_balancer_with_a_certificate_redirects_to_it(bench: Any) -> None:
    spec = {**WEB, "loadBalancer": {"certificateArn": CERTIFICATE}, "ingress": {"hostname": "shop.example"}}

    lowered = bench.lower("MicroService", spec)

    parts = bench.parts(lowered)
    assert parts["listener"].properties["Protocol"] == "HTTPS"
    assert parts["listener-redirect"].properties["DefaultActions"][0]["Type"] == "redirect"
    assert parts["rule"].properties["Conditions"][0]["HostHeaderConfig"] == {"Values": ["shop.example"]}
    assert lowered.outputs["url"] == "https://shop.example"


def test_an_own_network_balancer_hands_on_every_port(bench: Any) -> None:
    parts = bench.parts(bench.lower("MicroService", {**WEB, "loadBalancer": {"type": "network"}}))

    assert parts["listener-tcp-8080"].properties["Protocol"] == "TCP"
    assert parts["listener-udp-53"].properties["Protocol"] == "UDP"
    assert parts["target-udp-53"].properties["HealthCheckPort"] == "8080"
    assert len(parts["main"].properties["LoadBalancers"]) == 2


def test_behind_a_balancer_the_container_needs_no_tool_to_be_checked(bench: Any) -> None:
    check = {"healthCheck": {"path": "/up"}}

    parts = bench.parts(bench.lower("MicroService", {**WEB, **check, "loadBalancer": {}}))

    assert "HealthCheck" not in parts["task-definition"].properties["ContainerDefinitions"][0]
    assert parts["target"].properties["HealthCheckPath"] == "/up"


def test_rules_that_say_more_come_first(bench: Any) -> None:
    front = bench.used("ALB", SECURE, "front")

    def place(**said: str) -> int:
        spec = {**WEB, "expose": {"alb": "front", **said}}
        parts = bench.parts(bench.lower("MicroService", spec, uses={"front": front}))
        found: int = parts["rule-front-443"].properties["Priority"]
        return found

    places = [place(host="a.b", path="/api/v1"), place(host="a.b", path="/api"), place(path="/api"), place(host="a.b")]
    assert places == sorted(places)
    assert places[-1] < place()


def test_two_rules_in_one_place_are_found(bench: Any) -> None:
    front = bench.used("ALB", SECURE, "front")
    one, two = (
        bench.lower(
            "MicroService", {**WEB, "expose": {"alb": "front", "priority": 5}}, uses={"front": front}, name=name
        )
        for name in ("a", "b")
    )

    ((first, second),) = clashes((*one.resources, *two.resources))

    assert (first.address.component, second.address.component) == ("a", "b")


@pytest.mark.parametrize(
    ("kind", "spec", "code"),
    [
        ("ALB", {"listeners": []}, "PK311"),
        ("ALB", {"listeners": [{"port": 443, "protocol": "https"}]}, "PK311"),
        ("ALB", {"listeners": [{"port": 80, "sslPolicy": "x"}]}, "PK312"),
        ("ALB", {"listeners": [{"port": 80}, {"port": 80}]}, "PK309"),
        ("ALB", {"listeners": [{"port": 80, "redirectTo": 443}]}, "PK325"),
        ("ALB", {"targets": [{"component": "a", "priority": 1}, {"component": "b", "priority": 1}]}, "PK309"),
        ("ALB", {"targets": [{"component": "jobs"}]}, "PK313"),
        ("ALB", {"accessLogs": {"bucket": "jobs"}}, "PK313"),
        ("NLB", {"listeners": [{"port": 1, "protocol": "TLS", "target": {"component": "a", "port": 1}}]}, "PK311"),
        ("NLB", {"listeners": [{"port": 1, "protocol": "UDP", "target": {"component": "a", "port": 1}}]}, "PK311"),
        ("NLB", {"listeners": [{"port": 1, "target": {"component": "jobs", "port": 1}}]}, "PK313"),
        ("MicroService", {**WEB, "expose": {"alb": "jobs"}}, "PK313"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, kind: str, spec: dict[str, Any], code: str) -> None:
    assert bench.refused(kind, spec, uses={"jobs": bench.used("SQS", {}, "jobs")}) == code


def test_a_balancer_for_the_internet_needs_public_subnets(bench: Any) -> None:
    assert bench.refused("ALB", {}, network=replace(bench.network, public_subnets=())) == "PK322"


def test_a_port_that_nobody_listens_on_is_told(bench: Any) -> None:
    front: Used = bench.used("ALB", SECURE, "front")

    code = bench.refused("MicroService", {**WEB, "expose": {"alb": "front", "port": 1}}, uses={"front": front})

    assert code == "PK323"
