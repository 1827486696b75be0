"""EFS: a file system that containers and functions share."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Endpoint, Grants, Kind, Lowered, Spec
from panka.planner.resource import Properties, Ref, Resource, Text, text
from panka.planner.rules import broken, shaped, unique
from panka.planner.vocabulary import doors
from panka.planner.vocabulary.encryption import AtRest, Encryption
from panka.planner.vocabulary.policies import allow

NFS = 2_049
MOUNT = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
ROOT = "elasticfilesystem:ClientRootAccess"

After: TypeAlias = Literal[
    "AFTER_1_DAY",
    "AFTER_7_DAYS",
    "AFTER_14_DAYS",
    "AFTER_30_DAYS",
    "AFTER_60_DAYS",
    "AFTER_90_DAYS",
    "AFTER_180_DAYS",
    "AFTER_270_DAYS",
    "AFTER_365_DAYS",
]


def _days(after: str) -> int:
    return int(after.split("_")[1])


class LifecyclePolicy(Spec):
    """Where files go that nobody reads."""

    transition_to_ia: Annotated[After | None, Field(alias="transitionToIA")] = None
    """When a file moves to the cheaper storage for infrequent access."""
    transition_to_archive: After | None = None
    """When it moves on to the cheapest storage. Needs `throughputMode: elastic`."""
    transition_to_primary_storage_class: Literal["AFTER_1_ACCESS"] | None = None
    """Brings a file back when it is read."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, then = self.transition_to_ia, self.transition_to_archive
        if first and then and _days(first) >= _days(then):
            sentence = "files are archived later than they move to the storage for infrequent access"
            raise broken("PK334", sentence, "transitionToArchive")
        return self

    @property
    def properties(self) -> list[Properties]:
        """As EFS spells it: a policy for each transition."""
        said = {
            "TransitionToIA": self.transition_to_ia,
            "TransitionToArchive": self.transition_to_archive,
            "TransitionToPrimaryStorageClass": self.transition_to_primary_storage_class,
        }
        return [{name: value} for name, value in said.items() if value]


def _one_transition(value: object) -> object:
    """`AFTER_30_DAYS` for `{transitionToIA: AFTER_30_DAYS}`."""
    return {"transitionToIA": value} if isinstance(value, str) else value


class AccessPoint(Spec):
    """A folder of the file system, with the user that whoever mounts it becomes. Changing it replaces it."""

    path: Annotated[
        str,
        Field(max_length=100),
        shaped(r"/|(/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4}", "an absolute path of up to four folders"),
    ]
    """The folder, made when it is first mounted."""
    uid: Annotated[int, Field(ge=0, le=4_294_967_295)] = 1_000
    """The user's number."""
    gid: Annotated[int, Field(ge=0, le=4_294_967_295)] = 1_000
    """The group's number."""

    @property
    def part(self) -> str:
        """Its part of addresses, in which its place in the list has no part."""
        return f"access-point-{re.sub(r'[^a-z0-9]+', '-', self.path.lower()).strip('-') or 'root'}"


class EfsSpec(ComponentSpec):
    performance_mode: Literal["generalPurpose", "maxIO"] = "generalPurpose"
    """`maxIO` is for thousands of clients, and slower for each. Changing it replaces the file system."""
    throughput_mode: Literal["bursting", "elastic", "provisioned"] = "bursting"
    """`bursting` grows with the size, `elastic` with the load, `provisioned` is what you buy."""
    provisioned_throughput: Annotated[float, Field(ge=1, le=3_414)] | None = None
    """MiB per second, with `throughputMode: provisioned`."""
    encryption: Encryption = AtRest()
    """How it is encrypted: true, false, or with a key of one's own. Changing it replaces the file system."""
    lifecycle_policy: Annotated[
        LifecyclePolicy, BeforeValidator(_one_transition, json_schema_input_type=After | LifecyclePolicy)
    ] = LifecyclePolicy()
    """Where files go that nobody reads; a word alone (`AFTER_30_DAYS`) is `transitionToIA`."""
    access_points: tuple[AccessPoint, ...] = ()
    """Folders that can be mounted as if they were the whole file system."""
    backup: bool = True
    """Daily backups by AWS Backup, kept for 35 days."""

    @model_validator(mode="after")
    def _throughput(self) -> Self:
        provisioned = self.throughput_mode == "provisioned"
        if provisioned and self.provisioned_throughput is None:
            raise broken("PK311", "`throughputMode: provisioned` needs `provisionedThroughput`", "throughputMode")
        if not provisioned and self.provisioned_throughput is not None:
            sentence = "`provisionedThroughput` has no effect without `throughputMode: provisioned`"
            raise broken("PK312", sentence, "provisionedThroughput")
        if self.performance_mode == "maxIO" and self.throughput_mode == "elastic":
            raise broken("PK334", "`performanceMode: maxIO` has no `throughputMode: elastic`", "throughputMode")
        return self

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.lifecycle_policy.transition_to_archive and self.throughput_mode != "elastic":
            raise broken("PK334", "files are archived only with `throughputMode: elastic`", "lifecyclePolicy")
        unique((one.part.removeprefix("access-point-") for one in self.access_points), "the access point")
        return self


def lower(component: Component[EfsSpec], context: Context) -> Lowered:
    """The file system, its doors, then its access points."""
    spec = component.spec
    group = doors.security_group(component, context)
    files = component.resource("main", "AWS::EFS::FileSystem", _file_system(spec))
    points = tuple(_access_point(component, files, one) for one in spec.access_points)
    outputs: dict[str, Ref | Text | str | int] = {
        "fileSystemId": files.ref("FileSystemId"),
        "arn": files.ref("Arn"),
        "securityGroupId": group.ref("GroupId"),
    }
    if points:
        ids = (piece for point in points for piece in (",", point.ref("AccessPointId")))
        outputs["accessPointIds"] = text(*list(ids)[1:])
    # Without access points the folders belong to root, so only root can write at first.
    actions = MOUNT if points else (*MOUNT, ROOT)
    return Lowered(
        resources=(group, files, *_mount_targets(component, context, files, group), *points),
        outputs=outputs,
        grants=Grants((allow(actions, files.ref("Arn")),), Endpoint(group.ref("GroupId"), (NFS,))),
    )


def _file_system(spec: EfsSpec) -> Properties:
    optional = {
        "ProvisionedThroughputInMibps": spec.provisioned_throughput,
        "LifecyclePolicies": spec.lifecycle_policy.properties or None,
    }
    return {
        "PerformanceMode": spec.performance_mode,
        "ThroughputMode": spec.throughput_mode,
        "BackupPolicy": {"Status": "ENABLED" if spec.backup else "DISABLED"},
        **spec.encryption.properties,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _mount_targets(
    component: Component[EfsSpec], context: Context, files: Resource, group: Resource
) -> Iterable[Resource]:
    """A door in every subnet, called after it: a subnet more or less leaves the others as they are."""
    return [
        component.resource(
            f"mount-target-{subnet}",
            "AWS::EFS::MountTarget",
            {
                "FileSystemId": files.ref("FileSystemId"),
                "SubnetId": subnet,
                "SecurityGroups": [group.ref("GroupId")],
            },
        )
        for subnet in dict.fromkeys(doors.subnets(context))
    ]


def _access_point(component: Component[EfsSpec], files: Resource, point: AccessPoint) -> Resource:
    uid, gid = str(point.uid), str(point.gid)
    # EFS makes the folder for the point's owner; the root folder is there already and keeps its own.
    folder = {"CreationInfo": {"OwnerUid": uid, "OwnerGid": gid, "Permissions": "0755"}} if point.path != "/" else {}
    return component.resource(
        point.part,
        "AWS::EFS::AccessPoint",
        {
            "FileSystemId": files.ref("FileSystemId"),
            "PosixUser": {"Uid": uid, "Gid": gid},
            "RootDirectory": {"Path": point.path, **folder},
        },
    )


EFS = Kind(
    "EFS",
    EfsSpec,
    lower,
    outputs={
        "fileSystemId": "The id that it is mounted by.",
        "arn": "Its ARN.",
        "accessPointIds": "The ids of its access points in their order, with commas between, when it has any.",
        "securityGroupId": "The id of its security group.",
    },
    needs_network=True,
)
