"""Volumes and config files of container tasks: what users write, and what stands in the task definition."""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import model_validator

from panka.planner.component import ComponentName, Context, Path, Spec, Statement
from panka.planner.resource import Address, Properties, Ref, Text
from panka.planner.rules import broken, shaped, some

WRITER_IMAGE = "public.ecr.aws/docker/library/busybox:1.37"
"""What writes config files into their volume before the component's own container starts."""
LARGEST_CONFIG = 32 * 1_024
"""Bytes of all config files of a component: ECS takes 64 KiB for a whole task definition, and Base64 adds a third."""
CONFIG_VOLUME = "config_files"
_WRITER = "config_writer"
"""With an underscore, which no component's name has: the component's own container is called as it is."""
_FOLDER = "/config"
_FILE_SYSTEM = re.compile(r"fs-[0-9a-f]{8,40}")

MountPath = Annotated[str, shaped(r"/[^:\s]+", "an absolute path in the container")]


class Volume(Spec):
    """A folder of the container that outlives it, or that is larger than its own disk."""

    name: Annotated[str, shaped(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", "a volume's name: letters, digits, `-` and `_`")]
    """The volume's name in the task."""
    mount_path: MountPath
    """Where the container sees it."""
    type: Literal["efs", "emptyDir"]
    """`efs` keeps files in a file system that tasks share; `emptyDir` begins empty with every task and ends with it."""
    source: ComponentName | None = None
    """Of `efs`: an EFS component, `${component.fileSystemId}`, or the id of a file system that exists (`fs-…`). Of a
    component with one access point, the container sees that."""
    read_only: bool = False
    """Whether the container may only read it."""

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if self.type == "efs" and not self.source:
            raise broken("PK311", f"the volume `{self.name}` is of type `efs` and needs a `source`")
        if self.type == "emptyDir" and self.source:
            raise broken("PK312", "`source` has no effect on a volume of type `emptyDir`", "source")
        return self

    @property
    def component(self) -> str | None:
        """The component that the source names, unless it is an id or a reference."""
        source = self.source
        return source if source and "${" not in source and not _FILE_SYSTEM.fullmatch(source) else None


class Configs(Spec):
    """Plain files that the container finds in a folder. A change of their content deploys the component again."""

    mount_path: MountPath
    """The folder; the container may only read it."""
    files: Annotated[
        tuple[Annotated[str, shaped(r"(?!/)(?!.*\.\.)[A-Za-z0-9._/-]+", "a relative path without `..`")], ...],
        some("file"),
    ]
    """Files of the nearest `config` folder, or beside the document; each keeps its path below the folder. Together up
    to 32 KiB: a container from the image `public.ecr.aws/docker/library/busybox` writes them before yours starts."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """What volumes and config files add to a task."""

    volumes: tuple[Properties, ...]
    mounts: tuple[Properties, ...]
    """Of the component's own container."""
    writers: tuple[Properties, ...]
    """Containers that must have ended well before the component's own starts."""
    statements: tuple[Statement, ...]
    """What the task may do with the file systems that it names."""
    sources: tuple[str, ...]
    """The components that are its file systems."""
    waits: tuple[Address, ...]
    """Mount targets, without which no task starts."""


def mentions(volumes: Sequence[Volume]) -> Iterable[tuple[str, Path]]:
    """The components that volumes name."""
    for index, volume in enumerate(volumes):
        if volume.component:
            yield volume.component, ("volumes", index, "source")


def mounted(volumes: Sequence[Volume], configs: Configs | None, context: Context, logging: Properties) -> Mounted:
    """Volumes and config files lowered; the writer of config files logs as `logging` says."""
    named = tuple(one.component.rpartition("/")[2] for one in volumes if one.component)
    targets = (
        resource.address
        for used in context.uses.values()
        for resource in used.lowered.resources
        if resource.type == "AWS::EFS::MountTarget"
    )
    made = [_volume(one, context) for one in volumes]
    mounts = [_mount(one.name, one.mount_path, read_only=one.read_only) for one in volumes]
    if configs:
        made.append({"Name": CONFIG_VOLUME})
        mounts.append(_mount(CONFIG_VOLUME, configs.mount_path, read_only=True))
    return Mounted(
        volumes=tuple(made),
        mounts=tuple(mounts),
        writers=(_writer(configs, context, logging),) if configs else (),
        statements=tuple(one for name in named for one in context.uses[name].lowered.grants.statements),
        sources=named,
        waits=tuple(targets),
    )


def _mount(name: str, path: str, *, read_only: bool) -> Properties:
    return {"SourceVolume": name, "ContainerPath": path, "ReadOnly": read_only}


def _volume(volume: Volume, context: Context) -> Properties:
    if volume.type == "emptyDir":
        return {"Name": volume.name}
    # A file system that is no component may have no policy for IAM; to the others the task's role has rights.
    by_role = volume.component is not None or "${" in (volume.source or "")
    point = _only_access_point(volume, context)
    authorized = {"IAM": "ENABLED", **({"AccessPointId": point} if point else {})}
    return {
        "Name": volume.name,
        "EFSVolumeConfiguration": {
            "FilesystemId": _file_system(volume, context),
            "TransitEncryption": "ENABLED",
            **({"AuthorizationConfig": authorized} if by_role else {}),
        },
    }


def _only_access_point(volume: Volume, context: Context) -> Ref | None:
    """The access point of a component that has one and no more; else the whole file system is mounted."""
    if volume.component is None:
        return None
    lowered = context.uses[volume.component.rpartition("/")[2]].lowered
    points = [one for one in lowered.resources if one.type == "AWS::EFS::AccessPoint"]
    return points[0].ref("AccessPointId") if len(points) == 1 else None


def _file_system(volume: Volume, context: Context) -> Ref | Text | str | int | None:
    if volume.component is None:
        return volume.source
    outputs = context.uses[volume.component.rpartition("/")[2]].lowered.outputs
    if "fileSystemId" not in outputs:
        raise broken("PK313", f"`{volume.component}` is no file system: a volume of type `efs` needs an EFS component")
    return outputs["fileSystemId"]


def _writer(configs: Configs, context: Context, logging: Properties) -> Properties:
    """Writes the files, which it gets in its environment, so that a new content is a new task definition."""
    contents = {path: context.read(path) for path in sorted(set(configs.files))}
    size = sum(len(content) for content in contents.values())
    if size > LARGEST_CONFIG:
        sentence = f"the config files have {size} bytes together; a task takes {LARGEST_CONFIG}"
        raise broken("PK320", sentence, "configs.files")
    variables = {f"FILE_{number:03}": path for number, path in enumerate(contents)}
    return {
        "Name": _WRITER,
        "Image": WRITER_IMAGE,
        "Essential": False,
        "EntryPoint": ["sh", "-c"],
        "Command": ["\n".join(["set -e", *(_write(name, f"{_FOLDER}/{path}") for name, path in variables.items())])],
        "Environment": [
            {"Name": name, "Value": base64.b64encode(contents[path]).decode()} for name, path in variables.items()
        ],
        "MountPoints": [_mount(CONFIG_VOLUME, _FOLDER, read_only=False)],
        "LogConfiguration": logging,
    }


def _write(variable: str, target: str) -> str:
    return f'mkdir -p {target.rpartition("/")[0]} && printf %s "${variable}" | base64 -d > {target}'
