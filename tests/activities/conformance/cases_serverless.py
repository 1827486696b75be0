"""Schedules, buses and rules, policies of topics and queues, what belongs to functions, and what buckets notify."""

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import FUNCTION, GROUP, ROLE, asset
from tests.activities.conformance.cases_storage import BUCKET, QUEUE, TOPIC, UNTAGGED, allows, unchangeable
from tests.activities.conformance.packed import HELLO

from panka.planner.resource import Properties

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
PUBLISHED = Case(VERSION.type, VERSION.properties, tagged=False, unique=False)
"""A version of the function that is needed before it."""
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
        needs={"function": FUNCTION, "version": PUBLISHED},
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
