"""Where code writes its logs."""

from panka.planner.component import Component, ComponentSpec, Context, Statement
from panka.planner.resource import PhysicalName, Resource, Text
from panka.planner.vocabulary.policies import allow

KEPT_DAYS = 30
"""How long logs are kept."""


def log_group(component: Component[ComponentSpec]) -> Resource:
    """Where the component's code writes its logs."""
    return component.resource(
        "logs", "AWS::Logs::LogGroup", {"RetentionInDays": KEPT_DAYS}, name=PhysicalName("LogGroupName", 512)
    )


def write_logs(group: Resource, context: Context) -> Statement:
    """Permits writing to a log group."""
    target = context.target
    arn = f"arn:{context.partition}:logs:{target.region}:{target.account}:log-group:"
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], Text((arn, group.ref("LogGroupName"), ":*")))
