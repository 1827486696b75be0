from typing import Any

import pytest

from panka.planner.component import Network
from panka.planner.resource import Text

WEB: dict[str, Any] = {"image": {"repository": "nginx", "tag": "1.27"}, "ports": [{"name": "http", "port": 80}]}
POSTGRES: dict[str, Any] = {
    "engine": {"type": "postgres"},
    "instance": {"class": "db.t4g.micro"},
    "database": {"managed": True},
}


def container(parts: dict[str, Any]) -> dict[str, Any]:
    (only,) = parts["task-definition"].properties["ContainerDefinitions"]
    assert isinstance(only, dict)
    return only


def test_a_service_is_a_task_in_the_stacks_cluster(bench: Any) -> None:
    lowered = bench.lower("MicroService", WEB)

    parts = bench.parts(lowered)
    assert set(parts) == {
        "security-group",
        "cluster",
        "logs",
        "execution-role",
        "execution-policy",
        "role",
        "task-definition",
        "main",
    }
    assert (parts["cluster"].address, parts["cluster"].kind) == ("@stack:cluster", "Stack")
    service = parts["main"].properties
    assert service["Cluster"] == parts["cluster"].ref("Arn")
    assert service["TaskDefinition"] == parts["task-definition"].ref("TaskDefinitionArn")
    assert (service["DesiredCount"], service["LaunchType"]) == (1, "FARGATE")
    assert parts["task-definition"].name.stable is True


def test_two_services_share_one_cluster(bench: Any) -> None:
    one, two = (bench.parts(bench.lower("MicroService", WEB, name=name))["cluster"] for name in ("a", "b"))

    assert one == two


def test_the_container_has_its_image_ports_environment_and_logs(bench: Any) -> None:
    spec = {
        **WEB,
        "command": ["sh", "-c"],
        "args": ["run"],
        "environment": [
            {"name": "LEVEL", "value": "info"},
            {"name": "COUNT", "value": 3},
            {"name": "TABLE", "valueFrom": {"component": "t", "output": "tableName"}},
        ],
    }

    parts = bench.parts(bench.lower("MicroService", spec))

    made = container(parts)
    assert made["Image"] == "nginx:1.27"
    assert made["PortMappings"] == [{"ContainerPort": 80, "Protocol": "tcp", "Name": "http"}]
    assert made["Environment"] == [
        {"Name": "COUNT", "Value": "3"},
        {"Name": "LEVEL", "Value": "info"},
        {"Name": "TABLE", "Value": "${t.tableName}"},
    ]
    assert (made["EntryPoint"], made["Command"]) == (["sh", "-c"], ["run"])
    assert made["LogConfiguration"]["Options"]["awslogs-group"] == parts["logs"].ref("LogGroupName")


def test_a_digest_is_joined_with_an_at(bench: Any) -> None:
    spec = {"image": {"repository": "localhost:5000/app", "tag": "sha256:abc"}}

    assert container(bench.parts(bench.lower("MicroService", spec)))["Image"] == "localhost:5000/app@sha256:abc"


@pytest.mark.parametrize(
    ("runtime", "size"),
    [
        ({}, ("256", "512")),
        ({"cpu": "256m", "memory": "512Mi"}, ("256", "512")),
        ({"cpu": "0.5", "memory": "1Gi"}, ("512", "1024")),
        ({"cpu": 1, "memory": 3000}, ("1024", "3072")),
        ({"cpu": 300, "memory": 100}, ("512", "1024")),
        ({"cpu": 256, "memory": "4Gi"}, ("512", "4096")),
        ({"platform": "ec2", "cpu": 300, "memory": 100}, ("300", "100")),
    ],
)
def test_fargate_sizes_are_rounded_up(bench: Any, runtime: dict[str, Any], size: tuple[str, str]) -> None:
    task = bench.parts(bench.lower("MicroService", {**WEB, "runtime": runtime}))["task-definition"].properties

    assert (task["Cpu"], task["Memory"]) == size


def test_rounding_is_told_and_exact_sizes_are_not(bench: Any) -> None:
    exact = bench.lower("MicroService", {**WEB, "runtime": {"cpu": 512, "memory": "1Gi"}})
    rounded = bench.lower("MicroService", {**WEB, "runtime": {"cpu": 300, "memory": "1Gi"}})

    assert exact.notes == ()
    assert rounded.notes == ("`it` gets 512 CPU units and 1Gi: the next Fargate size above 300 and 1Gi.",)


def test_ec2_is_asked_of_task_and_service_alike(bench: Any) -> None:
    parts = bench.parts(bench.lower("MicroService", {**WEB, "runtime": {"launchType": "EC2"}}))

    assert parts["task-definition"].properties["RequiresCompatibilities"] == ["EC2"]
    assert parts["main"].properties["LaunchType"] == "EC2"


def test_a_public_address_is_given_only_where_there_is_no_nat(bench: Any) -> None:
    default = Network("vpc-1", ("subnet-1", "subnet-2"), ())

    private = bench.parts(bench.lower("MicroService", WEB))["main"].properties["NetworkConfiguration"]
    public = bench.parts(bench.lower("MicroService", WEB, network=default))["main"].properties["NetworkConfiguration"]

    assert private["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
    assert private["AwsvpcConfiguration"]["Subnets"] == ["subnet-a", "subnet-b"]
    assert private["AwsvpcConfiguration"]["SecurityGroups"][1:] == ["sg-tenant"]
    assert public["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED"
    assert public["AwsvpcConfiguration"]["Subnets"] == ["subnet-1", "subnet-2"]


def test_references_earn_rights_and_ways_that_the_service_waits_for(bench: Any) -> None:
    uses = {"db": bench.used("RDS", POSTGRES, "db"), "jobs": bench.used("SQS", {}, "jobs")}

    parts = bench.parts(bench.lower("MicroService", WEB, uses=uses, granted=("db", "jobs")))

    way = parts["to-db-5432"]
    assert way.properties["GroupId"] == uses["db"].lowered.outputs["securityGroupId"]
    assert way.properties["SourceSecurityGroupId"] == parts["security-group"].ref("GroupId")
    assert (way.properties["FromPort"], way.properties["ToPort"]) == (5_432, 5_432)
    assert way.address in parts["main"].depends_on
    assert parts["policy"].address in parts["task-definition"].depends_on
    statements = parts["policy"].properties["PolicyDocument"]["Statement"]
    assert statements == [*uses["db"].lowered.grants.statements, *uses["jobs"].lowered.grants.statements]


def test_what_is_only_named_earns_nothing(bench: Any) -> None:
    parts = bench.parts(bench.lower("MicroService", WEB, uses={"db": bench.used("RDS", POSTGRES, "db")}))

    assert "policy" not in parts
    assert "to-db-5432" not in parts


def test_services_open_their_ports_to_who_references_them(bench: Any) -> None:
    lowered = bench.lower("MicroService", WEB)

    assert lowered.grants.connect.ports == (80,)
    assert bench.lower("MicroService", {"image": WEB["image"]}).grants.connect is None


def test_secrets_are_read_by_ecs_and_only_those(bench: Any) -> None:
    secrets = [
        {"name": "api-key", "secretRef": "shop/key"},
        {"name": "db", "envVar": "PASSWORD", "secretRef": "${db.secretArn}:password::"},
        {"name": "p", "envVar": "PARAMETER", "secretRef": "arn:aws:ssm:eu-west-1:1:parameter/p"},
    ]

    parts = bench.parts(bench.lower("MicroService", {**WEB, "secrets": secrets}))

    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/key"
    assert container(parts)["Secrets"] == [
        {"Name": "API_KEY", "ValueFrom": arn},
        {"Name": "PARAMETER", "ValueFrom": "arn:aws:ssm:eu-west-1:1:parameter/p"},
        {"Name": "PASSWORD", "ValueFrom": "${db.secretArn}:password::"},
    ]
    statements = parts["execution-policy"].properties["PolicyDocument"]["Statement"]
    assert [one["Resource"] for one in statements[1:]] == [
        [f"{arn}-??????"],
        ["${db.secretArn}"],
        ["arn:aws:ssm:eu-west-1:1:parameter/p"],
    ]


def test_only_images_in_ecr_need_rights_to_be_pulled(bench: Any) -> None:
    ecr = {"image": {"repository": "1.dkr.ecr.eu-west-1.amazonaws.com/app"}}

    private, public = (bench.parts(bench.lower("MicroService", spec))["execution-policy"] for spec in (ecr, WEB))

    actions = [
        [action for one in policy.properties["PolicyDocument"]["Statement"] for action in one["Action"]]
        for policy in (private, public)
    ]
    assert "ecr:BatchGetImage" in actions[0]
    assert "ecr:BatchGetImage" not in actions[1]


@pytest.mark.parametrize(
    ("check", "start"),
    [
        ({"path": "/health"}, "curl -fsSk -o /dev/null http://localhost:80/health || "),
        ({"port": 9000}, "nc -z localhost 9000 || "),
        ({"liveness": {"http": {"path": "ok", "scheme": "HTTPS"}}}, "curl -fsSk -o /dev/null https://localhost:80/ok"),
        ({"readiness": {"tcp": {}}}, "nc -z localhost 80 || "),
    ],
)
def test_health_checks_become_a_command_in_the_container(bench: Any, check: dict[str, Any], start: str) -> None:
    made = container(bench.parts(bench.lower("MicroService", {**WEB, "healthCheck": check})))["HealthCheck"]

    assert made["Command"][0] == "CMD-SHELL"
    assert made["Command"][1].startswith(start)


def test_timings_of_a_check_are_kept(bench: Any) -> None:
    check = {
        "liveness": {
            "exec": {"command": ["true"]},
            "initialDelaySeconds": 10,
            "periodSeconds": 20,
            "timeoutSeconds": 3,
            "failureThreshold": 2,
        }
    }

    made = container(bench.parts(bench.lower("MicroService", {**WEB, "healthCheck": check})))["HealthCheck"]

    assert made == {"Command": ["CMD", "true"], "StartPeriod": 10, "Interval": 20, "Timeout": 3, "Retries": 2}


def test_autoscaling_that_is_off_needs_no_bounds(bench: Any) -> None:
    parts = bench.parts(bench.lower("MicroService", {**WEB, "autoscaling": {"enabled": False}, "replicas": 3}))

    assert "scaling" not in parts
    assert parts["main"].properties["DesiredCount"] == 3


def test_timings_may_be_written_as_durations(bench: Any) -> None:
    check = {"path": "/", "periodSeconds": "1m", "timeoutSeconds": "10s"}

    parts = bench.parts(bench.lower("MicroService", {**WEB, "healthCheck": check}))

    said = parts["task-definition"].properties["ContainerDefinitions"][0]["HealthCheck"]
    assert (said["Interval"], said["Timeout"]) == (60, 10)


def test_autoscaling_owns_the_number_of_tasks(bench: Any) -> None:
    autoscaling = {"minReplicas": 2, "maxReplicas": 6, "targetCPUUtilization": 60, "targetMemoryPercent": 80}

    parts = bench.parts(bench.lower("MicroService", {**WEB, "autoscaling": autoscaling}))

    assert parts["main"].properties["DesiredCount"] == 2
    assert parts["main"].lifecycle.ignore_changes == ("DesiredCount",)
    target = parts["scaling"].properties
    assert target["ResourceId"] == Text(
        ("service/", parts["cluster"].ref("ClusterName"), "/", parts["main"].ref("Name"))
    )
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    aims = [
        parts[part].properties["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for part in ("scale-cpu", "scale-memory")
    ]
    assert aims == [60, 80]


def test_a_discovered_service_has_a_name_in_the_shared_namespace(bench: Any) -> None:
    lowered = bench.lower("MicroService", {**WEB, "serviceDiscovery": {}}, name="api")

    parts = bench.parts(lowered)
    namespace = parts["namespace-prod-shop-internal"]
    assert namespace.address.component == "@stack"
    assert parts["main"].properties["ServiceRegistries"] == [{"RegistryArn": parts["name"].ref("Arn")}]
    assert lowered.outputs["url"] == "http://api.prod.shop.internal:80"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({**WEB, "ports": [{"port": 80}, {"port": 80}]}, "PK309"),
        ({**WEB, "ports": [{"port": 0}]}, "greater_than_equal"),
        ({**WEB, "runtime": {"cpu": 32_768}}, "PK307"),
        ({**WEB, "runtime": {"cpu": "0.3m"}}, "PK302"),
        ({**WEB, "runtime": {"platform": "fargate", "launchType": "EC2"}}, "PK310"),
        ({**WEB, "command": ["a"], "container": {"args": ["b"]}}, "PK310"),
        ({**WEB, "environment": [{"name": "A"}]}, "PK310"),
        ({**WEB, "environment": [{"name": "A", "value": "1"}], "secrets": [{"name": "A", "secretRef": "s"}]}, "PK309"),
        ({**WEB, "environment": [{"name": "1A", "value": "1"}]}, "PK301"),
        ({"image": {"repository": "nginx:1.27"}}, "PK301"),
        ({"image": {"repository": "nginx", "tag": 1.27}}, "string_type"),
        ({"image": {"repository": "nginx"}, "healthCheck": {"path": "/"}}, "PK311"),
        ({**WEB, "healthCheck": {"path": "/", "liveness": {"tcp": {}}}}, "PK310"),
        ({**WEB, "healthCheck": {"liveness": {}}}, "PK310"),
        ({**WEB, "autoscaling": {"minReplicas": 3, "maxReplicas": 2}}, "PK310"),
        ({**WEB, "autoscaling": {"minReplicas": 3}}, "PK311"),
        ({**WEB, "expose": {}}, "missing"),
        ({**WEB, "runtime": {"networkMode": "host"}}, "PK321"),
        ({**WEB, "runtime": {"platform": "ec2", "networkMode": "host"}, "serviceDiscovery": {}}, "PK321"),
        ({**WEB, "ingress": {"hostname": "shop.example"}}, "PK311"),
        ({"image": WEB["image"], "loadBalancer": {}}, "PK311"),
        ({"image": WEB["image"], "ports": [{"port": 53, "protocol": "udp"}], "loadBalancer": {}}, "PK323"),
        ({**WEB, "loadBalancer": {"sslPolicy": "x"}}, "PK311"),
        ({**WEB, "volumes": [{"name": "a", "mountPath": "/a", "type": "efs"}]}, "PK311"),
        ({**WEB, "volumes": [{"name": "a", "mountPath": "/a", "type": "emptyDir", "source": "x"}]}, "PK312"),
        ({**WEB, "configs": {"mountPath": "/etc/app", "files": ["a", "../secret"]}}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    assert bench.refused("MicroService", spec) == code
