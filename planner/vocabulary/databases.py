"""What kinds of databases have in common: master passwords, backups and maintenance."""

from typing import Annotated, TypeAlias

from pydantic import Field

from panka.planner.component import Component, ComponentSpec, Context, Spec, Statement
from panka.planner.resource import Properties, Ref, Resource
from panka.planner.rules import broken, shaped
from panka.planner.vocabulary.policies import READ_SECRET, allow, read_secret, role, role_policy, secret_arn, secret_id

Window: TypeAlias = Annotated[str, shaped(r"\d\d:\d\d-\d\d:\d\d", "a daily window in UTC: `03:00-04:00`")]
WeeklyWindow: TypeAlias = Annotated[
    str,
    shaped(r"(?i)([a-z]{3}:\d\d:\d\d)-([a-z]{3}:\d\d:\d\d)", "a weekly window in UTC: `sun:04:00-sun:05:00`"),
]


InstanceClass: TypeAlias = Annotated[
    str,
    Field(alias="class"),
    shaped(r"db\.[a-z0-9-]+\.[a-z0-9]+", "an instance class: `db.t4g.medium`"),
]
DatabasePort: TypeAlias = Annotated[int, Field(ge=1_150, le=65_535)]


class PasswordSecret(Spec):
    """Where the master user's password is kept."""

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
    """When AWS may do maintenance, UTC: `sun:04:00-sun:05:00`. RDS has `maintenance.preferredWindow` for the same."""


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


def one_password_source(secret: PasswordSecret | None, *, managed: bool) -> None:
    """Raises PK306 unless the master user's password has exactly one source."""
    if (secret is None) == (not managed):
        sentence = "the master password needs exactly one of `passwordSecret` and `managed: true`"
        raise broken("PK306", sentence, "managed", "passwordSecret")


def password_arn(secret: PasswordSecret | None, context: Context, main: Resource) -> Ref | str:
    """The ARN of the secret with the master user's password; `main` is the database, or its cluster."""
    return secret_arn(context, secret_id(secret.ref)) if secret else main.ref("MasterUserSecret.SecretArn")


def read_password(secret: PasswordSecret | None, context: Context, arn: Ref | str) -> Statement:
    """Permits reading the secret whose ARN this is."""
    return read_secret(context, secret.ref) if secret else allow(READ_SECRET, arn)


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
