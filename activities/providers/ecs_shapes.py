"""Between CloudFormation's spelling of ECS and that of ECS's own calls."""

from typing import Any

from panka.activities.providers.provider import tag_list, tag_map
from panka.activities.providers.shapes import capital, renamed, small, told
from panka.planner.resource import Properties

_ODD = {
    "EFSVolumeConfiguration": "efsVolumeConfiguration",
    "FSxWindowsFileServerVolumeConfiguration": "fsxWindowsFileServerVolumeConfiguration",
    "FilesystemId": "fileSystemId",
    "IAM": "iam",
    "ProxyConfigurationProperties": "properties",
}
_ODD_BACK = {theirs: ours for ours, theirs in _ODD.items()}
_USERS_OWN = frozenset({"DockerLabels", "DriverOpts", "Labels", "Options"})
"""Maps whose keys are the user's, not ECS's."""
_USERS_OWN_BACK = frozenset(small(name) for name in _USERS_OWN)


def to_ecs(value: Any) -> Any:
    """Properties as ECS's calls take them."""
    return renamed(value, lambda name: _ODD.get(name) or small(name), _USERS_OWN)


def from_ecs(value: Any) -> Any:
    """An answer of ECS as properties."""
    return renamed(value, lambda name: _ODD_BACK.get(name) or capital(name), _USERS_OWN_BACK)


def ecs_tags(properties: Properties) -> list[dict[str, str]]:
    """The tags of properties as ECS's calls take them."""
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags") or []]


def with_tags(properties: dict[str, Any], tags: list[dict[str, str]] | None) -> Properties:
    """Properties as read, with the live tags."""
    return told({**properties, "Tags": tag_list(tag_map(tags))})
