"""Container workloads on ECS: the fields that their kinds share, and the task that runs one."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import model_validator

from panka.planner.component import Component, ComponentSpec, Context, Spec, Statement
from panka.planner.resource import STACK, Address, PhysicalName, Properties, Resource
from panka.planner.rules import broken, shaped, unique
from panka.planner.units import CpuUnits, MiB, fargate_size, mebibytes
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.environment import PlainText, ValueFrom, VariableName, Version
from panka.planner.vocabulary.logs import log_group, write_logs
from panka.planner.vocabulary.policies import allow, read_secret, role, role_policy, secret_arn
from panka.planner.vocabulary.volumes import CONFIG_VOLUME, Configs, Mounted, Volume, mounted


class Image(Spec):
    """The container image."""

    repository: Annotated[str, shaped(r"[^:@\s]+(:\d+/[^:@\s]+)?", "a repository; the tag has a field of its own")]
    """Where the image is, without its tag: `public.ecr.aws/nginx/nginx`."""
    tag: Version = "latest"
    """The tag, or a digest (`sha256:…`). Quote tags that look like numbers."""
    pull_policy: Literal["Always", "IfNotPresent"] = "Always"
    """Fargate pulls the image for every task, whatever stands here; on EC2 the host's agent decides."""

    @property
    def uri(self) -> str:
        return f"{self.repository}{'@' if self.tag.startswith('sha256:') else ':'}{self.tag}"


class Runtime(Spec):
    """Where and on what the containers run."""

    platform: Literal["fargate", "ec2"] = "fargate"
    """`ec2` needs container instances that have joined the stack's cluster."""
    cpu: CpuUnits | None = None
    """CPU units of 1024 per vCPU (`256`, `"256m"`) or vCPUs (`"0.5"`); by default 256. Fargate rounds it up."""
    memory: MiB | None = None
    """Memory: `512`, `"512Mi"`, `"1Gi"`; by default 512 MiB, on Fargate the least that goes with the CPU."""
    launch_type: Literal["FARGATE", "EC2"] | None = None
    """The same as `platform` in ECS's word."""
    network_mode: Literal["awsvpc", "bridge", "host"] = "awsvpc"
    """`awsvpc` gives every task a network interface and security group of its own. With `bridge` and `host`, on EC2
    only, it has its container instance's, and what may connect is said there."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.launch_type and "platform" in self.model_fields_set and self.launch_type.lower() != self.platform:
            raise broken(
                "PK310", f"`platform: {self.platform}` and `launchType: {self.launch_type}` contradict each other"
            )
        if self.on_fargate and not self.own_interface:
            raise broken("PK321", f"`networkMode: {self.network_mode}` needs `platform: ec2`", "networkMode")
        if self.on_fargate and fargate_size(*self.asked) is None:
            cpu, memory = self.asked
            raise broken("PK307", f"Fargate has no size with {cpu} CPU units and {mebibytes(memory)} of memory")
        return self

    @property
    def on_fargate(self) -> bool:
        return (self.launch_type or self.platform.upper()) == "FARGATE"

    @property
    def in_ecs_words(self) -> Literal["FARGATE", "EC2"]:
        return "FARGATE" if self.on_fargate else "EC2"

    @property
    def own_interface(self) -> bool:
        """Whether a task has an address and a security group of its own."""
        return self.network_mode == "awsvpc"

    @property
    def asked(self) -> tuple[int, int]:
        """CPU units and MiB as the user wrote them."""
        return self.cpu or 256, self.memory or 512

    @property
    def size(self) -> tuple[int, int]:
        """CPU units and MiB that a task gets."""
        return (fargate_size(*self.asked) if self.on_fargate else None) or self.asked

    def note(self, name: str) -> str | None:
        """What to tell the user when a size that they wrote was rounded up."""
        written = [(self.cpu, self.size[0]), (self.memory, self.size[1])]
        if all(said is None or said == got for said, got in written):
            return None
        (cpu, memory), (units, size) = self.asked, self.size
        return (
            f"`{name}` gets {units} CPU units and {mebibytes(size)}: "
            f"the next Fargate size above {cpu} and {mebibytes(memory)}."
        )


class EnvironmentEntry(Spec):
    """One variable: `value` or `valueFrom`."""

    name: VariableName
    """The variable's name."""
    value: PlainText | None = None
    """Its value; may contain `${component.output}`."""
    value_from: ValueFrom | None = None
    """An output of another component."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.value is None) == (self.value_from is None):
            raise broken("PK310", f"`{self.name}` needs exactly one of `value` and `valueFrom`")
        return self

    @property
    def text(self) -> str:
        return self.value_from.reference if self.value_from else self.value or ""


class SecretEntry(Spec):
    """A variable whose value ECS reads from Secrets Manager or the Parameter Store when the container starts."""

    name: str
    """What the secret is called here; in capitals also the variable's name, without `envVar`."""
    secret_ref: str
    """A secret's name or ARN, the ARN of an SSM parameter, or `${component.secretArn}`. `<ref>:key::` takes one key."""
    env_var: VariableName | None = None
    """The variable's name."""

    @model_validator(mode="after")
    def _has_variable(self) -> Self:
        if self.env_var is None and not self.name.replace("-", "_").isidentifier():
            raise broken("PK301", f"`{self.name}` is not the name of an environment variable: `envVar` is needed")
        return self

    @property
    def variable(self) -> str:
        return self.env_var or self.name.replace("-", "_").upper()


class Container(Spec):
    """How the container starts."""

    command: tuple[str, ...] = ()
    """Replaces the image's entry point."""
    args: tuple[str, ...] = ()
    """Replaces the image's command."""


class ContainerSpec(ComponentSpec):
    """Fields of every kind that runs a container on ECS."""

    image: Image
    """The container image."""
    runtime: Runtime = Runtime()
    """Where and on what the containers run."""
    environment: tuple[EnvironmentEntry, ...] = ()
    """Environment variables."""
    secrets: tuple[SecretEntry, ...] = ()
    """Variables with secret values; never in the plan, the state or a log."""
    command: tuple[str, ...] = ()
    """Replaces the image's entry point."""
    args: tuple[str, ...] = ()
    """Replaces the image's command."""
    container: Container | None = None
    """`command` and `args`, written together."""
    configs: Configs | None = None
    """Plain files that the container finds in a folder."""
    volumes: tuple[Volume, ...] = ()
    """Folders of the container that outlive it, or that are larger than its own disk."""

    @model_validator(mode="after")
    def _mounted_once(self) -> Self:
        folders = [one.mount_path for one in self.volumes] + ([self.configs.mount_path] if self.configs else [])
        unique(folders, "the mount path")
        unique([*(one.name for one in self.volumes), CONFIG_VOLUME], "the volume")
        return self

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if self.container and (self.command or self.args):
            raise broken("PK310", "`command` and `args` stand either in `container` or beside it")
        names = [one.name for one in self.environment] + [one.variable for one in self.secrets]
        unique(names, "the environment variable")
        return self


@dataclass(frozen=True, slots=True)
class Task:
    """A task definition with what it needs."""

    resources: tuple[Resource, ...]
    """In the order of creation, the cluster first."""
    cluster: Resource
    execution: Resource
    """The role with which ECS starts the container."""
    own: Resource
    """The role that the container's code has."""
    definition: Resource
    group: Resource | None
    """The tasks' security group; None when they share their host's network."""
    waits: tuple[Address, ...]
    """What must be ready before a task starts, beside what the definition refers to."""
    notes: tuple[str, ...]


def cluster() -> Resource:
    """The stack's ECS cluster: the same whichever component asks for it."""
    return Resource(
        address=Address.of(STACK, "cluster"),
        type="AWS::ECS::Cluster",
        properties={},
        kind="Stack",
        name=PhysicalName("ClusterName", 255),
    )


def task(component: Component[ContainerSpec], context: Context, extra: Properties, also: tuple[str, ...] = ()) -> Task:
    """The task of a component; `extra` are properties of its container beside those that every kind has.

    It gets what its references grant, and what the components `also` do.
    """
    spec = component.spec
    shared, logs = cluster(), log_group(component)
    execution = role(component, "execution-role", "ecs-tasks.amazonaws.com")
    own = role(component, "role", "ecs-tasks.amazonaws.com")
    disks = mounted(spec.volumes, spec.configs, context, _logging(component, context, logs))
    group = doors.security_group(component, context) if spec.runtime.own_interface else None
    ways = doors.ways(component, context, group.ref("GroupId"), (*also, *disks.sources)) if group else ()
    granted = tuple(one for name in also for one in context.uses[name].lowered.grants.statements)
    statements = (*context.statements(), *granted, *disks.statements)
    policies = [role_policy(component, "execution-policy", execution, _start(component, context, logs))]
    policies += [role_policy(component, "policy", own, statements)] if statements else []
    container = {**_container(component, context, logs), **extra, **_mounts(disks)}
    definition = component.resource(
        "task-definition",
        "AWS::ECS::TaskDefinition",
        {
            **_size(spec),
            "ExecutionRoleArn": execution.ref("Arn"),
            "TaskRoleArn": own.ref("Arn"),
            "ContainerDefinitions": [container, *disks.writers],
            **({"Volumes": list(disks.volumes)} if disks.volumes else {}),
        },
        name=PhysicalName("Family", 255, stable=True),
        depends_on=[policy.address for policy in policies],
    )
    made = (*((group,) if group else ()), *ways, shared, logs, execution, own, *policies, definition)
    waits = (*(way.address for way in ways), *disks.waits)
    return Task(made, shared, execution, own, definition, group, waits, _notes(component, context))


def _size(spec: ContainerSpec) -> Properties:
    cpu, memory = spec.runtime.size
    return {
        "Cpu": str(cpu),
        "Memory": str(memory),
        "NetworkMode": spec.runtime.network_mode,
        "RequiresCompatibilities": [spec.runtime.in_ecs_words],
    }


def _mounts(disks: Mounted) -> Properties:
    mounts: Properties = {"MountPoints": list(disks.mounts)} if disks.mounts else {}
    if disks.writers:
        mounts["DependsOn"] = [{"ContainerName": one["Name"], "Condition": "SUCCESS"} for one in disks.writers]
    return mounts


def placement(work: Task, context: Context) -> Properties:
    """Where tasks stand, as services and schedules take it; empty when they share their host's network."""
    if work.group is None:
        return {}
    return {
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": doors.subnets(context),
                "SecurityGroups": [work.group.ref("GroupId"), *context.network.security_groups],
                "AssignPublicIp": "ENABLED" if doors.needs_public_address(context) else "DISABLED",
            }
        }
    }


def _start(component: Component[ContainerSpec], context: Context, logs: Resource) -> tuple[Statement, ...]:
    """What ECS itself needs to start the container: to write logs, pull the image, and read secrets."""
    statements = [write_logs(logs, context)]
    repository = component.spec.image.repository
    if ".dkr.ecr." in repository or "${" in repository:
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
        statements.append(allow(["ecr:GetAuthorizationToken"], "*"))
        statements.append(allow(pull, f"arn:{context.partition}:ecr:*:*:repository/*"))
    statements += [read_secret(context, secret.secret_ref) for secret in component.spec.secrets]
    return tuple(statements)


def _container(component: Component[ContainerSpec], context: Context, logs: Resource) -> Properties:
    spec = component.spec
    start = spec.container or Container(command=spec.command, args=spec.args)
    container: Properties = {
        "Name": component.name,
        "Image": spec.image.uri,
        "Essential": True,
        "LogConfiguration": _logging(component, context, logs),
    }
    if start.command:
        container["EntryPoint"] = list(start.command)
    if start.args:
        container["Command"] = list(start.args)
    # Sorted, as ECS tells them: their order means nothing, and a new one would replace the task definition.
    if spec.environment:
        variables = sorted(spec.environment, key=lambda one: one.name)
        container["Environment"] = [{"Name": one.name, "Value": one.text} for one in variables]
    if spec.secrets:
        container["Secrets"] = [
            {"Name": one.variable, "ValueFrom": secret_arn(context, one.secret_ref)}
            for one in sorted(spec.secrets, key=lambda one: one.variable)
        ]
    return container


def _logging(component: Component[ContainerSpec], context: Context, logs: Resource) -> Properties:
    return {
        "LogDriver": "awslogs",
        "Options": {
            "awslogs-group": logs.ref("LogGroupName"),
            "awslogs-region": context.target.region,
            "awslogs-stream-prefix": component.name,
        },
    }


def _notes(component: Component[ContainerSpec], context: Context) -> tuple[str, ...]:
    notes = [component.spec.runtime.note(component.name)]
    if component.spec.image.pull_policy == "IfNotPresent":
        notes.append(
            f"`{component.name}` has `pullPolicy: IfNotPresent`, which ECS does not know: it pulls every time."
        )
    guarded = [name for name in context.granted if context.uses[name].lowered.grants.connect]
    if guarded and not component.spec.runtime.own_interface:
        notes.append(
            f"`{component.name}` shares its host's network: let the container instances' security group "
            f"into `{guarded[0]}`."
        )
    return tuple(note for note in notes if note)
