"""What kinds of databases have in common: master passwords, backups and maintenance."""

from typing import Annotated, TypeAlias

from pydantic import Field

from panka.planner.component import Component, ComponentSpec, Context, Spec
from panka.planner.policies import allow, role, role_policy
from panka.planner.resource import Properties, Resource
from panka.planner.rules import shaped

Window: TypeAlias = Annotated[str, shaped(r"\d\d:\d\d-\d\d:\d\d", "a daily window in UTC: `03:00-04:00`")]
WeeklyWindow: TypeAlias = Annotated[
    str,
    shaped(r"(?i)([a-z]{3}:\d\d:\d\d)-([a-z]{3}:\d\d:\d\d)", "a weekly window in UTC: `sun:04:00-sun:05:00`"),
]


class PasswordSecret(Spec):
    ref: str
    """Name or ARN of a secret in Secrets Manager, or `<ref>:SecretString:key` for one key in it."""


class Backup(Spec):
    """Automatic backups."""

    enabled: bool = True
    """Whether there are any."""
    retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    """How long they are kept."""
    preferred_window: Window | None = None
    """When they are made, UTC: `03:00-04:00`."""
    maintenance_window: WeeklyWindow | None = None
    """When RDS may do maintenance; the same as `maintenance.preferredWindow`."""


class Maintenance(Spec):
    """RDS's own work on the database."""

    preferred_window: WeeklyWindow | None = None
    """When it may be done, UTC: `sun:04:00-sun:05:00`."""
    auto_minor_version_upgrade: bool = True
    """Whether minor versions are upgraded then."""


def master_password(secret: PasswordSecret | None) -> Properties:
    """The property that gives the master user a password: a secret's, read when it is needed, or one that RDS makes."""
    if secret is None:
        return {"ManageMasterUserPassword": True}
    return {"MasterUserPassword": f"{{{{resolve:secretsmanager:{secret.ref}}}}}"}


def monitoring_role(component: Component[ComponentSpec], context: Context) -> tuple[Resource, ...]:
    """The role with which RDS writes the operating system's figures to the log group that it makes for them."""
    target = context.target
    group = f"arn:{context.partition}:logs:{target.region}:{target.account}:log-group:RDS*"
    statements = (
        allow(["logs:CreateLogGroup", "logs:PutRetentionPolicy"], group),
        allow(
            ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:GetLogEvents"],
            f"{group}:log-stream:*",
        ),
    )
    monitor = role(component, "monitoring-role", "monitoring.rds.amazonaws.com")
    return monitor, role_policy(component, "monitoring-policy", monitor, statements)
