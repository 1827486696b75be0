from typing import Any

import pytest

from panka.planner.component import Used
from panka.planner.kinds.lambda_ import LAMBDA
from panka.planner.resource import Text

ZIP: dict[str, Any] = {"runtime": "python3.13", "handler": "main.handler", "code": {"zipFile": "code"}}
POSTGRES: dict[str, Any] = {
    "engine": {"type": "postgres"},
    "instance": {"class": "db.t4g.micro"},
    "database": {"managed": True},
}


def test_a_packed_function_names_its_asset_and_its_log_group(bench: Any) -> None:
    lowered = bench.lower("Lambda", {**ZIP, "memory": "1Gi", "timeout": "2m", "architecture": "arm64"})

    parts = bench.parts(lowered)
    function = parts["main"].properties
    assert function["Code"] == {"ZipFile": {"Panka::Asset": bench.asset}}
    assert function["LoggingConfig"] == {"LogGroup": parts["logs"].ref("LogGroupName")}
    assert (function["MemorySize"], function["Timeout"], function["Architectures"]) == (1_024, 120, ["arm64"])
    assert function["Role"] == parts["role"].ref("Arn")
    assert parts["main"].depends_on == (parts["policy"].address,)


def test_code_in_s3_and_images_are_spelled_as_in_cloudformation(bench: Any) -> None:
    stored = {"s3Bucket": "b", "s3Key": "k", "s3ObjectVersion": "1"}

    bucket = bench.parts(bench.lower("Lambda", {**ZIP, "code": stored}))["main"].properties
    image = bench.parts(bench.lower("Lambda", {"code": {"imageUri": "1.dkr.ecr/x:1"}}))["main"].properties

    assert bucket["Code"] == {"S3Bucket": "b", "S3Key": "k", "S3ObjectVersion": "1"}
    assert (image["PackageType"], image["Code"]) == ("Image", {"ImageUri": "1.dkr.ecr/x:1"})
    assert "Runtime" not in image


def test_an_environment_holds_texts_and_outputs(bench: Any) -> None:
    environment = {
        "LEVEL": "info",
        "SIZE": 5,
        "DEBUG": True,
        "TABLE": {"valueFrom": {"component": "orders/table", "output": "tableName"}},
        "URL": "https://${api.url}/x",
    }

    function = bench.parts(bench.lower("Lambda", {**ZIP, "environment": environment}))["main"].properties

    assert function["Environment"] == {
        "Variables": {
            "LEVEL": "info",
            "SIZE": "5",
            "DEBUG": "true",
            "TABLE": "${orders/table.tableName}",
            "URL": "https://${api.url}/x",
        }
    }


def test_a_queue_triggers_a_function_that_may_read_it_though_it_is_only_named(bench: Any) -> None:
    jobs = bench.used("SQS", {}, "jobs")
    spec = {**ZIP, "triggers": [{"type": "sqs", "source": {"component": "jobs"}, "batchSize": 5}]}

    parts = bench.parts(bench.lower("Lambda", spec, uses={"jobs": jobs}))

    mapping = parts["from-jobs"].properties
    assert mapping["EventSourceArn"] == jobs.lowered.outputs["queueArn"]
    assert (mapping["FunctionName"], mapping["BatchSize"]) == (parts["main"].ref("FunctionName"), 5)
    (polling,) = [one for one in statements(parts) if "sqs:ReceiveMessage" in one["Action"]]
    assert polling["Resource"] == [jobs.lowered.outputs["queueArn"]]
    assert "sqs:SendMessage" not in polling["Action"]


def test_a_stream_triggers_from_now_on(bench: Any) -> None:
    table = bench.used("DynamoDB", {"hashKey": {"name": "id"}, "stream": {}}, "table")
    spec = {**ZIP, "triggers": [{"type": "dynamodb", "source": {"component": "table"}}]}

    parts = bench.parts(bench.lower("Lambda", spec, uses={"table": table}))

    assert parts["from-table"].properties["StartingPosition"] == "LATEST"
    assert any("dynamodb:GetRecords" in one["Action"] for one in statements(parts))


def test_a_topic_may_call_before_it_is_subscribed(bench: Any) -> None:
    topic = bench.used("SNS", {}, "news")
    spec = {**ZIP, "triggers": [{"type": "sns", "source": {"component": "news"}}]}

    parts = bench.parts(bench.lower("Lambda", spec, uses={"news": topic}))

    permission = parts["from-news-permission"]
    assert permission.properties["SourceArn"] == topic.lowered.outputs["topicArn"]
    assert parts["from-news"].depends_on == (permission.address,)


def test_a_schedule_is_a_rule_that_may_call(bench: Any) -> None:
    spec = {**ZIP, "triggers": [{"type": "eventbridge", "schedule": "rate(5 minutes)"}]}

    resources = bench.lower("Lambda", spec).resources

    rule, permission = resources[-2:]
    assert rule.properties["ScheduleExpression"] == "rate(5 minutes)"
    assert permission.properties["SourceArn"] == rule.ref("Arn")


def test_events_of_a_bus_call_through_a_rule_on_it(bench: Any) -> None:
    bus = bench.used("EventBridge", {"bus": {}}, "bus")
    pattern = {"type": "eventbridge", "pattern": {"source": ["orders"]}}
    spec = {**ZIP, "triggers": [{**pattern, "source": {"component": "bus"}}, pattern]}

    lowered = bench.lower("Lambda", spec, uses={"bus": bus})

    own, default = [one.properties for one in lowered.resources if one.type == "AWS::Events::Rule"]
    assert own["EventBusName"] == bus.lowered.outputs["busName"]
    assert "EventBusName" not in default
    assert own["EventPattern"] == default["EventPattern"] == {"source": ["orders"]}


@pytest.mark.parametrize("arn", ["arn:aws:apigateway:eu-west-1::/apis/a1b2", None])
def test_a_request_calls_through_a_route_of_the_api(bench: Any, arn: str | None) -> None:
    api = bench.used("APIGateway", {}, "api")
    source = {"arn": arn} if arn else {"component": "api"}
    spec = {**ZIP, "triggers": [{"type": "apigateway", "source": source, "http": {"method": "GET", "path": "/x"}}]}

    lowered = bench.lower("Lambda", spec, uses={"api": api})

    route = next(one for one in lowered.resources if one.type == "AWS::ApiGatewayV2::Route").properties
    assert route["RouteKey"] == "GET /x"
    assert route["ApiId"] == ("a1b2" if arn else api.lowered.outputs["apiId"])
    assert any(one.properties.get("Principal") == "apigateway.amazonaws.com" for one in lowered.resources)


def test_a_function_in_the_network_reaches_what_it_references(bench: Any) -> None:
    db = bench.used("RDS", POSTGRES, "db")

    lowered = bench.lower("Lambda", {**ZIP, "vpc": {}}, uses={"db": db}, granted=("db",))

    parts = bench.parts(lowered)
    assert parts["main"].properties["VpcConfig"] == {
        "SubnetIds": ["subnet-a", "subnet-b"],
        "SecurityGroupIds": [parts["security-group"].ref("GroupId"), "sg-tenant"],
    }
    way = parts["to-db-5432"]
    assert way.properties["GroupId"] == db.lowered.outputs["securityGroupId"]
    assert way.properties["SourceSecurityGroupId"] == parts["security-group"].ref("GroupId")
    assert way.address in parts["main"].depends_on
    assert any("ec2:CreateNetworkInterface" in one["Action"] for one in statements(parts))
    assert any("secretsmanager:GetSecretValue" in one["Action"] for one in statements(parts))


def test_a_function_outside_the_network_is_told_what_it_cannot_reach(bench: Any) -> None:
    lowered = bench.lower("Lambda", ZIP, uses={"db": bench.used("RDS", POSTGRES, "db")}, granted=("db",))

    assert "security-group" not in bench.parts(lowered)
    assert "cannot reach `db`" in lowered.notes[0]


def test_a_role_of_ones_own_is_used_and_nothing_is_granted(bench: Any) -> None:
    lowered = bench.lower("Lambda", {**ZIP, "roleArn": "arn:aws:iam::1:role/r"})

    assert bench.parts(lowered).keys() == {"logs", "main"}
    assert lowered.outputs["roleArn"] == "arn:aws:iam::1:role/r"


def test_logs_may_be_written_to_its_own_group_alone(bench: Any) -> None:
    parts = bench.parts(bench.lower("Lambda", ZIP))

    (writing,) = statements(parts)
    assert writing["Resource"] == [
        Text(("arn:aws:logs:eu-west-1:111122223333:log-group:", parts["logs"].ref("LogGroupName"), ":*"))
    ]


def test_sources_are_mentioned_with_their_place() -> None:
    spec = LAMBDA.spec.model_validate(
        {
            **ZIP,
            "triggers": [{"type": "sqs", "source": {"arn": "arn:x"}}, {"type": "sqs", "source": {"component": "q"}}],
        }
    )

    assert list(LAMBDA.mentions(spec)) == [("q", ("triggers", 1, "source", "component"))]


def statements(parts: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parts["policy"].properties["PolicyDocument"]["Statement"]
    return found


def trigger(type: str, component: str = "jobs", **more: Any) -> dict[str, Any]:
    return {**ZIP, "triggers": [{"type": type, "source": {"component": component}, **more}]}


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({**ZIP, "code": {}}, "PK310"),
        ({**ZIP, "code": {"zipFile": "a", "imageUri": "b"}}, "PK310"),
        ({**ZIP, "code": {"s3Bucket": "a"}}, "PK311"),
        ({"code": {"zipFile": "a"}}, "PK311"),
        ({**ZIP, "code": {"imageUri": "b"}}, "PK312"),
        ({**ZIP, "timeout": 901}, "less_than_equal"),
        ({**ZIP, "memory": "64Mi"}, "greater_than_equal"),
        ({**ZIP, "timeout": "1m", "triggers": trigger("sqs")["triggers"]}, "PK314"),
        (trigger("sqs", "table"), "PK313"),
        (trigger("dynamodb", "table"), "PK313"),
        (trigger("sns", batchSize=1), "PK312"),
        (trigger("eventbridge"), "PK311"),
        ({**ZIP, "triggers": [{"type": "sqs"}]}, "PK311"),
        ({**ZIP, "triggers": [{"type": "eventbridge", "schedule": "daily"}]}, "PK301"),
        ({**ZIP, "triggers": trigger("sqs")["triggers"] * 2}, "PK309"),
        ({**ZIP, "triggers": [{"type": "ftp", "source": {"component": "b"}}]}, "literal_error"),
        ({**ZIP, "triggers": [{"type": "s3", "source": {"arn": "arn:aws:s3:::b"}}]}, "PK344"),
        (trigger("s3", "jobs"), "PK313"),
        (trigger("s3", s3={"events": ["ObjectCreated"]}), "PK301"),
        (trigger("sqs", s3={"prefix": "a"}), "PK312"),
        (trigger("apigateway"), "PK311"),
        (trigger("apigateway", "rest", http={"path": "/"}), "PK343"),
        (trigger("eventbridge", schedule="rate(1 day)"), "PK342"),
        (
            {**ZIP, "triggers": [{"type": "eventbridge", "schedule": "rate(1 day)", "pattern": {"source": ["a"]}}]},
            "PK311",
        ),
        ({**ZIP, "environment": {"NO-DASH": "x"}}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    uses = {
        "jobs": bench.used("SQS", {}, "jobs"),
        "table": bench.used("DynamoDB", {"hashKey": {"name": "id"}}, "table"),
    }
    fn = bench.used("Lambda", ZIP, "fn")
    rest = {"type": "rest", "routes": [{"path": "/", "target": {"component": "fn"}}]}
    uses["rest"] = Used("rest", "APIGateway", bench.lower("APIGateway", rest, name="rest", uses={"fn": fn}))

    assert bench.refused("Lambda", spec, uses=uses) == code
