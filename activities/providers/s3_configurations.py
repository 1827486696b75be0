"""The configurations of a bucket: each has calls of its own to read, set and remove it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from panka.activities.providers import s3_shapes as shapes
from panka.activities.providers.provider import pruned
from panka.activities.providers.s3_shapes import Shape
from panka.planner.resource import Properties


@dataclass(frozen=True, slots=True)
class Configuration:
    """One property of a bucket that S3 keeps under calls of its own."""

    property: str
    get: str
    put: str
    argument: str
    """Of `put`, for the configuration."""
    answer: str | None
    """The key under which `get` tells it; None: the answer itself is the configuration."""
    missing: str = ""
    """S3's code for a bucket without it."""
    shape: tuple[Shape, Shape] = shapes.SAME
    remove: str | None = None
    """The call that takes it away."""
    absent: Any = None
    """What a bucket has for which nobody set it; without `remove` this is set when the property is taken away."""
    implied: Any = None
    """What a bucket has that is said to have none."""
    given: bool = False
    """Whether a bucket can have it for which nobody has set it."""
    verbatim: bool = False
    """S3 tells exactly what was put, and nothing beside it."""

    def told(self, answer: Properties) -> Any:
        """The property as AWS told it; None or empty: the bucket has none."""
        value = answer.get(self.answer) if self.answer else {k: v for k, v in answer.items() if k not in _ASIDE}
        return _as_json(self.shape[1](value)) if value else None

    def told_as_set(self, properties: Properties) -> bool:
        """Whether a bucket that was made with these properties need not be asked."""
        value = properties.get(self.property)
        return self.verbatim and bool(value) and value != self.absent

    def sent(self, value: Any) -> Any:
        """The property as `put` takes it."""
        return self.shape[0](value)

    def differs(self, old: Properties, new: Properties) -> bool:
        """Whether the bucket must be changed; a property without `remove` and `absent` stays when it is taken away."""
        before, after = old.get(self.property, self.absent), new.get(self.property, self.absent)
        if after is None and self.remove is None:
            return False
        return bool(self._plain(before) != self._plain(after))

    def _plain(self, value: Any) -> Any:
        # There and back: S3 has one way to say what CloudFormation can say in two.
        return pruned(self.shape[1](self.shape[0](value))) if value and isinstance(value, dict) else value or None


_ASIDE = frozenset({"ResponseMetadata", "RequestCharged", "MFADelete", "TransitionDefaultMinimumObjectSize"})
"""What S3 says beside a configuration."""


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


_AES256 = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
"""S3 encrypts every object so if nothing else is said."""

# In the order in which they are set: what a later one needs comes first. A public ACL needs an open access block and
# an owner who allows ACLs; replication and object lock need versions.
CONFIGURATIONS: tuple[Configuration, ...] = (
    Configuration(
        "PublicAccessBlockConfiguration",
        "get_public_access_block",
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
        "PublicAccessBlockConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        given=True,
    ),
    Configuration(
        "OwnershipControls",
        "get_bucket_ownership_controls",
        "put_bucket_ownership_controls",
        "OwnershipControls",
        "OwnershipControls",
        "OwnershipControlsNotFoundError",
        given=True,
    ),
    Configuration(
        "AccessControl",
        "get_bucket_acl",
        "put_bucket_acl",
        "ACL",
        None,
        shape=shapes.ACL,
        absent="Private",
        given=True,
    ),
    Configuration(
        "VersioningConfiguration",
        "get_bucket_versioning",
        "put_bucket_versioning",
        "VersioningConfiguration",
        None,
        absent={"Status": "Suspended"},
        verbatim=True,
    ),
    Configuration(
        "BucketEncryption",
        "get_bucket_encryption",
        "put_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
        shapes.ENCRYPTION,
        "delete_bucket_encryption",
        _AES256,
        _AES256,
        given=True,
    ),
    Configuration(
        "LifecycleConfiguration",
        "get_bucket_lifecycle_configuration",
        "put_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        None,
        "NoSuchLifecycleConfiguration",
        shapes.LIFECYCLE,
        "delete_bucket_lifecycle",
    ),
    Configuration(
        "CorsConfiguration",
        "get_bucket_cors",
        "put_bucket_cors",
        "CORSConfiguration",
        None,
        "NoSuchCORSConfiguration",
        shapes.CORS,
        "delete_bucket_cors",
    ),
    Configuration(
        "WebsiteConfiguration",
        "get_bucket_website",
        "put_bucket_website",
        "WebsiteConfiguration",
        None,
        "NoSuchWebsiteConfiguration",
        shapes.WEBSITE,
        "delete_bucket_website",
    ),
    Configuration(
        "LoggingConfiguration",
        "get_bucket_logging",
        "put_bucket_logging",
        "BucketLoggingStatus",
        None,
        shape=shapes.LOGGING,
        absent={},
    ),
    Configuration(
        "NotificationConfiguration",
        "get_bucket_notification_configuration",
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
        None,
        shape=shapes.NOTIFICATION,
        absent={},
    ),
    Configuration(
        "AccelerateConfiguration",
        "get_bucket_accelerate_configuration",
        "put_bucket_accelerate_configuration",
        "AccelerateConfiguration",
        None,
        shape=shapes.ACCELERATION,
        absent={"AccelerationStatus": "Suspended"},
    ),
    Configuration(
        "ReplicationConfiguration",
        "get_bucket_replication",
        "put_bucket_replication",
        "ReplicationConfiguration",
        "ReplicationConfiguration",
        "ReplicationConfigurationNotFoundError",
        shapes.REPLICATION,
        "delete_bucket_replication",
    ),
    Configuration(
        "ObjectLockConfiguration",
        "get_object_lock_configuration",
        "put_object_lock_configuration",
        "ObjectLockConfiguration",
        "ObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
    ),
)
