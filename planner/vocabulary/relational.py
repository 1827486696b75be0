"""What users write of an RDS database: its engine, machines, content and figures."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from panka.planner.component import Spec
from panka.planner.rules import broken, shaped
from panka.planner.units import number
from panka.planner.vocabulary.databases import DatabasePort, InstanceClass, PasswordSecret, one_password_source
from panka.planner.vocabulary.environment import PlainText, Version
from panka.planner.vocabulary.zones import Zone

PORTS = {"postgres": 5_432, "mysql": 3_306, "mariadb": 3_306, "aurora-postgresql": 5_432, "aurora-mysql": 3_306}

LONGEST_USER = {"postgres": 63, "mysql": 32, "mariadb": 16, "aurora-postgresql": 63, "aurora-mysql": 32}
"""How many characters an engine takes as the master user's name."""


class Engine(Spec):
    """The database software."""

    type: Literal["postgres", "mysql", "mariadb", "aurora-postgresql", "aurora-mysql"]
    """The engine. Changing it replaces the database."""
    version: Version | None = None
    """The version, in quotes when it has a point; by default the newest that RDS recommends."""
    parameters: dict[str, PlainText] = Field(default_factory=dict)
    """Settings of the engine; Panka makes a parameter group for them."""
    parameter_group: str | None = None
    """A parameter group that exists."""

    @model_validator(mode="after")
    def _parameters(self) -> Self:
        if self.parameters and self.parameter_group:
            raise broken("PK310", "`parameters` and `parameterGroup` exclude each other")
        if self.parameters and self.version is None:
            raise broken("PK311", "`parameters` need a `version`, as each version has its own", "version")
        return self

    def check_user(self, name: str) -> None:
        """Raises PK301, at the `database`, when the engine takes no such master user."""
        if "${" in name:
            return
        longest = LONGEST_USER[self.type]
        if len(name) > longest:
            sentence = f"`{name}` is longer than the {longest} characters that {self.type} takes"
            raise broken("PK301", sentence, "database.username")
        if name.lower() == "rdsadmin" or (name.lower() == "admin" and "postgres" in self.type):
            raise broken("PK301", f"`{name}` is a user that {self.type} has for itself", "database.username")

    @property
    def aurora(self) -> bool:
        return self.type.startswith("aurora-")

    @property
    def family(self) -> str:
        """The family of parameter groups: `postgres16`, `mysql8.0`."""
        numbers = (self.version or "").split(".")
        kept = 1 if "postgres" in self.type else 2
        return self.type + ".".join(numbers[:kept])


class Storage(Spec):
    """The disk of an instance. Aurora's grows by itself."""

    type: Literal["gp2", "gp3", "io1", "io2", "standard"] = "gp3"
    """The kind of disk."""
    allocated_gb: Annotated[int, Field(ge=20, le=65_536, alias="allocatedGB")] = 20
    """Its size in GiB."""
    max_allocated_gb: Annotated[int | None, Field(ge=20, le=65_536, alias="maxAllocatedGB")] = None
    """Lets it grow by itself up to this size."""
    iops: Annotated[int, Field(ge=1_000)] | None = None
    """Provisioned operations per second: required for `io1` and `io2`, possible for `gp3` from 400 GiB."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.type.startswith("io") and self.iops is None:
            raise broken("PK311", f"storage `{self.type}` needs `iops`")
        if self.iops is not None and self.type in ("gp2", "standard"):
            raise broken("PK312", f"`iops` has no effect on storage `{self.type}`")
        least = {"gp3": 400, "io1": 100, "io2": 100}.get(self.type, 0)
        if self.iops is not None and self.allocated_gb < least:
            raise broken("PK333", f"`iops` of storage `{self.type}` need `allocatedGB` of at least {least}", "iops")
        if self.max_allocated_gb is not None and self.max_allocated_gb <= self.allocated_gb:
            raise broken("PK310", "`maxAllocatedGB` must be above `allocatedGB`")
        return self


class Instance(Spec):
    """The machines."""

    instance_class: InstanceClass
    """The instance class: `db.t4g.micro`."""
    storage: Storage | None = None
    """The disk; by default 20 GiB of `gp3`."""
    multi_az: Annotated[bool, Field(alias="multiAZ")] = False
    """Keeps a standby in another zone. For Aurora: at least one replica."""
    availability_zones: tuple[Zone, ...] = ()
    """The zone of a single instance; for Aurora the zones of its instances, in turn."""
    replicas: Annotated[int, Field(ge=0, le=15)] = 0
    """Instances that only read."""


class Database(Spec):
    """What is in it, and who owns it."""

    name: Annotated[str | None, shaped(r"[A-Za-z][A-Za-z0-9_]{0,62}", "a database name: letters, digits and `_`")] = (
        None
    )
    """The first database; by default none is made (Aurora and MySQL) or the engine's own (PostgreSQL)."""
    username: Annotated[str, shaped(r"[A-Za-z][A-Za-z0-9_]{0,62}", "a user name: letters, digits and `_`")] = "dbadmin"
    """The master user. Changing it replaces the database."""
    password_secret: PasswordSecret | None = None
    """A secret that holds the master user's password."""
    managed: bool = False
    """RDS makes the password, keeps it in Secrets Manager and rotates it."""
    port: DatabasePort | None = None
    """The port; by default the engine's usual one."""

    @model_validator(mode="after")
    def _password(self) -> Self:
        one_password_source(self.password_secret, managed=self.managed)
        return self


class Monitoring(Spec):
    """Figures of the operating system."""

    enhanced_monitoring: bool | None = None
    """Sends them to CloudWatch Logs; by default only with a `monitoringInterval`."""
    monitoring_interval: Annotated[Literal[1, 5, 10, 15, 30, 60], BeforeValidator(number)] | None = None
    """Seconds between two of them: 1, 5, 10, 15, 30 or 60, which is the default."""

    @property
    def enabled(self) -> bool:
        return self.monitoring_interval is not None if self.enhanced_monitoring is None else self.enhanced_monitoring
