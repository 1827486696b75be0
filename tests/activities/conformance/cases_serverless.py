"""Schedules, buses and rules, policies of topics and queues, APIs, and what belongs to functions."""

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import FUNCTION, GROUP, ROLE, asset, lets
from tests.activities.conformance.cases_storage import BUCKET, QUEUE, TOPIC, UNTAGGED, allows, unchangeable
from tests.activities.conformance.packed import HELLO

from panka.planner.resource import Properties, text

RED: Properties = {"Tags": [{"Key": "team", "Value": "red"}]}
BUS = Case("AWS::Events::EventBus", {"Name": NAME})
BUS_SENDERS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Send",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "events:PutEvents",
            "Resource": "arn:aws:events:eu-west-1:123456789012:event-bus/any",
        }
    ],
}
SCHEDULE_GROUP = Case("AWS::Scheduler::ScheduleGroup", {"Name": NAME}, updates=(RED, {"Tags": []}))
TO_QUEUE: Properties = {"Arn": of("queue", "Arn"), "RoleArn": of("role", "Arn")}
UNLISTED = {"moto": "It does not list authorizers."}
LOG_FORMAT = '{"path":"$context.path","status":"$context.status"}'
BLUE_LOG = "arn:aws:logs:eu-west-1:123456789012:log-group:/blue"
GREEN_LOG = "arn:aws:logs:eu-west-1:123456789012:log-group:/green"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:hello"
API = Case("AWS::ApiGatewayV2::Api", {"Name": NAME, "ProtocolType": "HTTP"})
WAY: Properties = {
    "ApiId": of("api", "ApiId"),
    "IntegrationType": "AWS_PROXY",
    "IntegrationUri": FUNCTION_ARN,
    "PayloadFormatVersion": "2.0",
}
TO_FUNCTION = Case("AWS::ApiGatewayV2::Integration", WAY, needs={"api": API}, tagged=False, unique=False)
LIVE = Case("AWS::ApiGatewayV2::Stage", {"ApiId": of("api", "ApiId"), "StageName": "live"}, needs={"api": API})


def host(certificate: str) -> Properties:
    arn = f"arn:aws:acm:eu-west-1:123456789012:certificate/{certificate}"
    return {"CertificateArn": arn, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}


DOMAIN = Case(
    "AWS::ApiGatewayV2::DomainName",
    {"DomainName": f"{NAME}.shop.example", "DomainNameConfigurations": [host("blue")]},
    updates=({"DomainNameConfigurations": [host("green")], "Tags": {"team": "red"}}, {"Tags": {}}),
    skip={"moto": "It neither updates nor tags host names."},
)
REST_API = Case("AWS::ApiGateway::RestApi", {"Name": NAME}, unique=False)


def document(*paths: str) -> Properties:
    """What a planned REST API is imported from."""
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION_ARN}/invocations"
    operation = {
        "responses": {"default": {"description": "What the function answers."}},
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri},
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "shop", "version": "1"},
        "paths": {path: {"get": operation} for path in paths},
    }


IMPORTED = Case("AWS::ApiGateway::RestApi", {"Name": NAME, "Body": document("/orders")}, unique=False)
UNIMPORTED = {"ministack": "It takes documents only from templates."}
METHODLESS = {"moto": "It deploys no API without methods, as AWS does, and ministack does not import any."}
BREAKS = "It breaks when it is asked for a deployment that is gone."
DEPLOYED = Case(
    "AWS::ApiGateway::Deployment",
    {"RestApiId": of("api", "RestApiId")},
    needs={"api": IMPORTED},
    tagged=False,
    unique=False,
    skip={
        **UNIMPORTED,
        "moto:what_is_absent_is_neither_found_nor_read": BREAKS,
        "moto:a_create_converges_whichever_reply_is_lost": BREAKS,
        "moto:a_delete_can_be_repeated": BREAKS,
        "moto:a_delete_converges_whichever_reply_is_lost": BREAKS,
    },
)
LAYER = Case(
    "AWS::Lambda::LayerVersion",
    {
        "LayerName": NAME,
        "Content": asset(HELLO),
        "Description": "For tests",
        "CompatibleRuntimes": ["python3.12"],
        "CompatibleArchitectures": ["arm64"],
        "LicenseInfo": "MIT",
    },
    tagged=False,
    unique=False,
    unread=frozenset({"Content"}),
)
UNKEPT = {"moto": "It knows nothing of environments that are kept ready."}
VERSION = Case(
    "AWS::Lambda::Version",
    {"FunctionName": of("function", "FunctionName"), "Description": "For tests"},
    needs={"function": FUNCTION},
    tagged=False,
    unique=False,
    skip=UNKEPT,
)
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def orders(*details: str) -> Properties:
    return {"source": ["orders"], "detail-type": list(details)}


CASES: tuple[Case, ...] = (
    SCHEDULE_GROUP,
    Case(
        "AWS::Scheduler::Schedule",
        {
            "Name": NAME,
            "GroupName": of("group", "Name"),
            "Description": "For tests",
            "ScheduleExpression": "cron(0 3 * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "DISABLED",
            "Target": {**TO_QUEUE, "Input": "{}", "RetryPolicy": {"MaximumRetryAttempts": 3}},
        },
        updates=(
            {
                "Description": "For more tests",
                "ScheduleExpression": "rate(5 minutes)",
                "ScheduleExpressionTimezone": GONE,
                "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10},
                "EndDate": "2126-05-01T00:00:00Z",
            },
            {"Description": GONE, "State": GONE, "EndDate": GONE, "Target": TO_QUEUE},
        ),
        needs={"queue": QUEUE, "role": ROLE, "group": SCHEDULE_GROUP},
        tagged=False,
    ),
    Case(
        "AWS::Scheduler::Schedule",
        {
            "Name": NAME,
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/jobs",
                "RoleArn": of("role", "Arn"),
                "EcsParameters": {
                    "TaskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/job:1",
                    "LaunchType": "FARGATE",
                    "PropagateTags": "TASK_DEFINITION",
                    "NetworkConfiguration": {
                        "AwsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "DISABLED"}
                    },
                    "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}],
                },
            },
        },
        needs={"role": ROLE},
        tagged=False,
        label="task",
    ),
    Case(
        "AWS::Events::EventBus",
        {"Name": NAME, "Description": "For tests", "DeadLetterConfig": {"Arn": of("queue", "Arn")}},
        updates=(
            {"Description": GONE, "DeadLetterConfig": {"Arn": of("other", "Arn")}, **RED},
            {"Description": "Again", "Tags": []},
        ),
        needs={"queue": QUEUE, "other": QUEUE},
        skip={"moto": "It has no UpdateEventBus."},
        label="described",
    ),
    Case(
        "AWS::Events::EventBus",
        {"Name": NAME, "Policy": BUS_SENDERS},
        updates=({"Policy": GONE, **RED}, {"Tags": []}),
        skip={"ministack": "It takes a policy as a whole for a statement without content."},
    ),
    Case(
        "AWS::Events::Rule",
        {
            "Name": NAME,
            "EventBusName": of("bus", "Name"),
            "EventPattern": orders("placed"),
            "Description": "For tests",
            "State": "DISABLED",
            "Targets": [
                {"Id": "queue", "Arn": of("queue", "Arn"), "Input": '{"a":1}'},
                {
                    "Id": "topic",
                    "Arn": of("topic", "TopicArn"),
                    "InputTransformer": {"InputPathsMap": {"Type": "$.detail-type"}, "InputTemplate": '"<Type>"'},
                },
            ],
        },
        updates=(
            {"EventPattern": orders("placed", "paid"), "State": GONE, **RED},
            {
                "Description": GONE,
                "Targets": [
                    {
                        "Id": "queue",
                        "Arn": of("queue", "Arn"),
                        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600},
                    }
                ],
                "Tags": [],
            },
            {"Targets": GONE},
        ),
        needs={"bus": BUS, "queue": QUEUE, "topic": TOPIC},
    ),
    Case(
        "AWS::Events::Rule",
        {
            "Name": NAME,
            "ScheduleExpression": "rate(5 minutes)",
            "Targets": [
                {
                    "Id": "task",
                    "Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/jobs",
                    "RoleArn": of("role", "Arn"),
                    "EcsParameters": {
                        "TaskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/job:1",
                        "TagList": [{"Key": "Type", "Value": "job"}],
                        "NetworkConfiguration": {"AwsVpcConfiguration": {"Subnets": ["subnet-1"]}},
                        "PlacementStrategies": [{"Type": "spread", "Field": "host"}],
                    },
                }
            ],
        },
        updates=({"ScheduleExpression": "cron(0 3 * * ? *)"},),
        needs={"role": ROLE},
        label="task",
    ),
    Case(
        "AWS::SNS::TopicInlinePolicy",
        {
            "TopicArn": of("topic", "TopicArn"),
            "PolicyDocument": allows("events.amazonaws.com", "sns:Publish", of("topic", "TopicArn")),
        },
        updates=({"PolicyDocument": allows("s3.amazonaws.com", "sns:Publish", of("topic", "TopicArn"))},),
        needs={"topic": TOPIC},
        tagged=False,
    ),
    Case(
        "AWS::SNS::TopicPolicy",
        {
            "Topics": [of("topic", "TopicArn"), of("other", "TopicArn")],
            "PolicyDocument": allows("events.amazonaws.com", "sns:Publish", "*"),
        },
        updates=({"PolicyDocument": {**allows("s3.amazonaws.com", "sns:Publish", "*"), "Id": "from-s3"}},),
        needs={"topic": TOPIC, "other": TOPIC},
        tagged=False,
    ),
    Case(
        "AWS::SQS::QueuePolicy",
        {
            "Queues": [of("queue", "QueueUrl"), of("other", "QueueUrl")],
            "PolicyDocument": {**allows("sns.amazonaws.com", "sqs:SendMessage", "*"), "Id": "from-sns"},
        },
        updates=({"PolicyDocument": allows("events.amazonaws.com", "sqs:SendMessage", "*")},),
        needs={"queue": QUEUE, "other": QUEUE},
        tagged=False,
    ),
    Case(
        "AWS::ApiGatewayV2::Api",
        {
            **API.properties,
            "Description": "For tests",
            "CorsConfiguration": {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET"], "MaxAge": 300},
        },
        updates=(
            {
                "Name": f"{NAME}-more",
                "Description": GONE,
                "CorsConfiguration": {"AllowOrigins": ["*"], "AllowHeaders": ["*"]},
                "DisableExecuteApiEndpoint": True,
                "Tags": {"team": "red"},
            },
            {"CorsConfiguration": GONE, "DisableExecuteApiEndpoint": GONE, "Tags": {}},
        ),
        unique=False,
    ),
    Case(
        "AWS::ApiGatewayV2::Integration",
        {**WAY, "Description": "For tests", "RequestParameters": {"append:header.a": "1", "append:header.b": "2"}},
        updates=(
            {"IntegrationUri": f"{FUNCTION_ARN}-again", "Description": GONE, "TimeoutInMillis": 5000},
            {"RequestParameters": {"append:header.b": "3"}, "PayloadFormatVersion": "1.0"},
        ),
        needs={"api": API},
        tagged=False,
        unique=False,
    ),
    Case(
        "AWS::ApiGatewayV2::Integration",
        {
            "ApiId": of("api", "ApiId"),
            "IntegrationType": "HTTP_PROXY",
            "IntegrationMethod": "ANY",
            "IntegrationUri": "https://shop.example",
            "PayloadFormatVersion": "1.0",
            "ConnectionType": "VPC_LINK",
            "ConnectionId": "abc123",
            "TlsConfig": {"ServerNameToVerify": "shop.example"},
            "ResponseParameters": {
                "404": {"ResponseParameters": [{"Destination": "overwrite:statuscode", "Source": "403"}]},
            },
        },
        updates=(
            {"ConnectionType": GONE, "ConnectionId": GONE, "TlsConfig": GONE},
            {
                "ResponseParameters": {
                    "404": {"ResponseParameters": [{"Destination": "overwrite:statuscode", "Source": "410"}]},
                    "500": {"ResponseParameters": [{"Destination": "append:header.why", "Source": "broken"}]},
                }
            },
        ),
        needs={"api": API},
        tagged=False,
        unique=False,
        skip={"ministack": "It drops how an integration is connected."},
        label="private",
    ),
    Case(
        "AWS::ApiGatewayV2::Route",
        {
            "ApiId": of("way", "ApiId"),
            "RouteKey": "GET /orders/{id}",
            "Target": text("integrations/", of("way", "IntegrationId")),
            "OperationName": "GetOrder",
        },
        updates=(
            {"AuthorizationType": "AWS_IAM", "OperationName": GONE},
            {"AuthorizationType": GONE},
        ),
        needs={"way": TO_FUNCTION},
        tagged=False,
    ),
    Case(
        "AWS::ApiGatewayV2::Authorizer",
        {
            "ApiId": of("api", "ApiId"),
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": "https://id.example", "Audience": ["shop"]},
        },
        updates=(
            {"JwtConfiguration": {"Issuer": "https://id.example", "Audience": ["shop", "desk"]}},
            {"IdentitySource": ["$request.header.Token"]},
        ),
        needs={"api": API},
        tagged=False,
        skip=UNLISTED,
    ),
    Case(
        "AWS::ApiGatewayV2::Authorizer",
        {
            "ApiId": of("api", "ApiId"),
            "Name": "asks",
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": FUNCTION_ARN,
            "AuthorizerPayloadFormatVersion": "2.0",
            "AuthorizerResultTtlInSeconds": 60,
            "EnableSimpleResponses": True,
            "IdentitySource": ["$request.header.Authorization"],
        },
        updates=({"AuthorizerResultTtlInSeconds": GONE, "EnableSimpleResponses": GONE},),
        needs={"api": API},
        tagged=False,
        skip=UNLISTED,
        label="function",
    ),
    Case(
        "AWS::ApiGatewayV2::Deployment",
        {"ApiId": of("api", "ApiId"), "Description": "For tests"},
        needs={"api": API},
        tagged=False,
        unique=False,
        skip={"moto": "It has no deployments."},
    ),
    Case(
        "AWS::ApiGatewayV2::Stage",
        {
            "ApiId": of("api", "ApiId"),
            "StageName": "$default",
            "AutoDeploy": True,
            "Description": "For tests",
            "AccessLogSettings": {"DestinationArn": BLUE_LOG, "Format": LOG_FORMAT},
            "DefaultRouteSettings": {"ThrottlingRateLimit": 10.5, "ThrottlingBurstLimit": 20},
            "RouteSettings": {"GET /orders": {"ThrottlingBurstLimit": 5}},
            "StageVariables": {"colour": "blue", "shape": "round"},
        },
        updates=(
            {
                "AccessLogSettings": {"DestinationArn": GREEN_LOG, "Format": LOG_FORMAT},
                "DefaultRouteSettings": {"ThrottlingRateLimit": 10.5, "DetailedMetricsEnabled": True},
                "StageVariables": {"colour": "green"},
                "Tags": {"team": "red"},
            },
            {
                "AutoDeploy": GONE,
                "Description": GONE,
                "DefaultRouteSettings": GONE,
                "RouteSettings": {"GET /orders": {"ThrottlingBurstLimit": 6}},
                "Tags": {},
            },
        ),
        needs={"api": API},
        skip={"moto": "It neither updates nor tags stages."},
    ),
    DOMAIN,
    Case(
        "AWS::ApiGatewayV2::ApiMapping",
        {"DomainName": of("domain", "DomainName"), "ApiId": of("live", "ApiId"), "Stage": of("live", "StageName")},
        updates=({"ApiMappingKey": "v1"}, {"ApiMappingKey": GONE}),
        needs={"domain": DOMAIN, "live": LIVE},
        tagged=False,
        skip={"moto": "It neither updates nor tags host names."},
    ),
    Case(
        "AWS::ApiGateway::RestApi",
        {"Name": NAME, "Description": "For tests", "Policy": lets("execute-api:Invoke")},
        updates=(
            {"Name": f"{NAME}-more", "Description": GONE, "Policy": lets("execute-api:*")},
            {"Description": "For more tests", "Policy": GONE},
        ),
        unique=False,
    ),
    Case(
        "AWS::ApiGateway::RestApi",
        {
            "Name": NAME,
            "Description": "For tests",
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "Body": document("/orders"),
        },
        updates=(
            {"Body": document("/orders", "/orders/{id}")},
            {"Description": GONE, "EndpointConfiguration": {"Types": ["EDGE"]}, "ApiKeySourceType": "AUTHORIZER"},
        ),
        unique=False,
        unread=frozenset({"Body"}),
        skip=UNIMPORTED,
        label="imported",
    ),
    DEPLOYED,
    Case(
        "AWS::ApiGateway::Deployment",
        {"RestApiId": of("api", "RestApiId"), "Description": "For tests"},
        updates=({"Description": "For more tests"}, {"Description": GONE}),
        needs={"api": REST_API},
        tagged=False,
        unique=False,
        skip=METHODLESS,
        label="described",
    ),
    Case(
        "AWS::ApiGateway::Stage",
        {
            "RestApiId": of("first", "RestApiId"),
            "StageName": "live",
            "DeploymentId": of("first", "DeploymentId"),
            "Description": "For tests",
            "TracingEnabled": True,
            "AccessLogSetting": {"DestinationArn": BLUE_LOG, "Format": LOG_FORMAT},
            "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 10.5}],
            "Variables": {"colour": "blue", "shape": "round"},
        },
        updates=(
            {
                "AccessLogSetting": {"DestinationArn": GREEN_LOG, "Format": LOG_FORMAT},
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "ThrottlingRateLimit": 20.5,
                        "ThrottlingBurstLimit": 40,
                        "LoggingLevel": "ERROR",
                    }
                ],
                "Variables": {"colour": "green"},
                **RED,
            },
            {"Description": GONE, "TracingEnabled": GONE, "AccessLogSetting": GONE, "Tags": []},
        ),
        needs={"first": DEPLOYED},
        skip=UNIMPORTED,
    ),
    Case(
        "AWS::Lambda::Function",
        {
            "FunctionName": NAME,
            "Role": of("role", "Arn"),
            "PackageType": "Image",
            "Code": {"ImageUri": f"{REPOSITORY}/hello:1"},
            "ImageConfig": {"Command": ["hello.handle"]},
            "Architectures": ["arm64"],
            "VpcConfig": {"SubnetIds": of("@network", "TwoSubnets"), "SecurityGroupIds": [of("group", "GroupId")]},
        },
        updates=(
            {"Code": {"ImageUri": f"{REPOSITORY}/hello:2"}, "ImageConfig": GONE},
            {"VpcConfig": GONE, "ImageConfig": {"EntryPoint": ["/hello"]}},
        ),
        needs={"role": ROLE, "group": GROUP},
        skip=unchangeable("It does not change how images are started."),
        label="image",
    ),
    LAYER,
    Case(
        "AWS::Lambda::LayerVersionPermission",
        {"LayerVersionArn": of("layer", "LayerVersionArn"), "Action": "lambda:GetLayerVersion", "Principal": "*"},
        needs={"layer": LAYER},
        tagged=False,
        unique=False,
    ),
    VERSION,
    Case(
        "AWS::Lambda::Version",
        {**VERSION.properties, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2}},
        needs={"function": FUNCTION},
        tagged=False,
        unique=False,
        skip=UNKEPT,
        label="ready",
    ),
    Case(
        "AWS::Lambda::Alias",
        {
            "FunctionName": of("function", "FunctionName"),
            "Name": "live",
            "FunctionVersion": of("version", "Version"),
            "Description": "For tests",
        },
        updates=({"Description": GONE, "FunctionVersion": "$LATEST"}, {"Description": "For more tests"}),
        needs={"function": FUNCTION, "version": VERSION},
        tagged=False,
        skip=UNKEPT,
    ),
    Case(
        "AWS::Lambda::Url",
        {
            "TargetFunctionArn": of("function", "FunctionName"),
            "AuthType": "NONE",
            "Cors": {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["GET"], "MaxAge": 300},
        },
        updates=(
            {"AuthType": "AWS_IAM", "Cors": {"AllowOrigins": ["*"]}, "InvokeMode": "RESPONSE_STREAM"},
            {"Cors": GONE, "InvokeMode": GONE},
        ),
        needs={"function": FUNCTION},
        tagged=False,
        skip={"moto": "It neither tells the mode as AWS spells it nor changes it."},
    ),
    Case(
        "AWS::S3::Bucket",
        {"BucketName": NAME},
        updates=(
            {
                "NotificationConfiguration": {
                    "LambdaConfigurations": [
                        {"Event": "s3:ObjectCreated:*", "Function": of("function", "Arn")},
                        {
                            "Event": "s3:ObjectRemoved:*",
                            "Function": of("function", "Arn"),
                            "Filter": {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".png"}]}},
                        },
                    ],
                    "TopicConfigurations": [
                        {"Event": "s3:ReducedRedundancyLostObject", "Topic": of("topic", "TopicArn")}
                    ],
                }
            },
            {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}},
            {"NotificationConfiguration": GONE},
        ),
        needs={"function": FUNCTION, "topic": TOPIC},
        skip={**UNTAGGED, **unchangeable("It forgets that a bucket's events go to EventBridge.")},
        label="notifies",
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketName": NAME,
            "WebsiteConfiguration": {
                "IndexDocument": "index.html",
                "RoutingRules": [
                    {
                        "RoutingRuleCondition": {"KeyPrefixEquals": "old/"},
                        "RedirectRule": {"ReplaceKeyPrefixWith": "new/", "HttpRedirectCode": "301"},
                    }
                ],
            },
        },
        updates=(
            {
                "WebsiteConfiguration": {
                    "RedirectAllRequestsTo": {"HostName": "shop.example", "Protocol": "https"},
                }
            },
        ),
        skip=UNTAGGED,
        label="redirects",
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketName": NAME,
            "VersioningConfiguration": {"Status": "Enabled"},
            "ReplicationConfiguration": {
                "Role": of("role", "Arn"),
                "Rules": [
                    {
                        "Id": "all",
                        "Status": "Enabled",
                        "Priority": 1,
                        "Filter": {"And": {"Prefix": "a/", "TagFilters": [{"Key": "keep", "Value": "long"}]}},
                        "DeleteMarkerReplication": {"Status": "Disabled"},
                        "Destination": {"Bucket": of("copy", "Arn"), "StorageClass": "STANDARD_IA"},
                    }
                ],
            },
        },
        updates=({"ReplicationConfiguration": GONE},),
        needs={"copy": BUCKET, "role": ROLE},
        skip={"moto": "It forgets what a rule of replication is for."},
        label="replicates",
    ),
)
