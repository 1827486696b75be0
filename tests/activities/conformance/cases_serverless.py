"""Schedules, buses and rules, policies of topics and queues, APIs, and what belongs to functions."""

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import ROLE
from tests.activities.conformance.cases_storage import QUEUE, TOPIC, allows

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
)
