"""S3: a bucket that is private, encrypted and reached only over TLS, unless its spec says otherwise."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Grants, Kind, Lowered, Spec, Statement
from panka.planner.policies import allow, document, role, role_policy
from panka.planner.resource import Lifecycle, PhysicalName, Properties, Resource, text
from panka.planner.rules import broken, shaped, unique

Acl = Literal[
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "log-delivery-write",
    "bucket-owner-read",
    "bucket-owner-full-control",
]
StorageClass = Literal["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
Days = Annotated[int, Field(ge=1)]


class Bucket(Spec):
    """The bucket itself."""

    name: Annotated[
        str | None,
        shaped(
            r"(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "a bucket name: 3 to 63 lower-case letters, digits, `-` and `.`",
        ),
    ] = None
    """The bucket's name, unique in all of AWS; by default Panka makes one. A replacement then deletes the old one first."""
    acl: Acl = "private"
    """Who may use it beside the account. Public ones need the `publicAccessBlock` opened."""
    force_destroy: bool = False
    """Delete all objects when the bucket is deleted. Otherwise only an empty bucket goes."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Tags of the bucket alone."""


class Versioning(Spec):
    """Keeps overwritten and deleted objects."""

    enabled: bool = True
    """`false` suspends it; versions that exist stay."""


class Encryption(Spec):
    """How objects are encrypted at rest. S3 encrypts all of them."""

    enabled: Literal[True] = True
    """S3 has no unencrypted objects, so only `true` can be said."""
    algorithm: Literal["AES256", "aws:kms"] | None = None
    """`AES256`, or `aws:kms`, which is the default with a `kmsKeyId`."""
    kms_key_id: str | None = None
    """Id, ARN or alias of a KMS key; without it `aws:kms` uses `aws/s3`."""

    @model_validator(mode="after")
    def _key_needs_kms(self) -> Self:
        if self.kms_key_id and self.algorithm == "AES256":
            raise broken("PK310", "`kmsKeyId` needs `algorithm: aws:kms`")
        return self


class Transition(Spec):
    """Moves objects to a cheaper class."""

    days: Annotated[int, Field(ge=0)]
    """Days after an object was made."""
    storage_class: StorageClass
    """The class it moves to."""


class Expiration(Spec):
    days: Days
    """After how many days."""


class LifecycleRule(Spec):
    """What happens to objects as they grow old."""

    id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """The rule's name; by default `rule-1`, `rule-2` and so on."""
    enabled: bool = True
    """Whether the rule works."""
    prefix: str = ""
    """Only for objects whose key begins so."""
    transitions: tuple[Transition, ...] = ()
    """Moves to cheaper classes."""
    expiration: Expiration | None = None
    """Deletes objects so many days after they were made."""
    noncurrent_version_expiration: Expiration | None = None
    """Deletes overwritten and deleted versions so many days after that."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.transitions or self.expiration or self.noncurrent_version_expiration):
            raise broken(
                "PK311", "a lifecycle rule needs `transitions`, `expiration` or `noncurrentVersionExpiration`"
            )
        return self


class Cors(Spec):
    """Which pages of other origins may use the bucket from a browser."""

    allowed_origins: Annotated[tuple[str, ...], Field(min_length=1)]
    """Origins such as `https://shop.example`; `*` for all."""
    allowed_methods: Annotated[tuple[Literal["GET", "PUT", "POST", "DELETE", "HEAD"], ...], Field(min_length=1)]
    """HTTP methods."""
    allowed_headers: tuple[str, ...] = ()
    """Request headers."""
    expose_headers: tuple[str, ...] = ()
    """Response headers that scripts may read."""
    max_age_seconds: Annotated[int, Field(ge=0)] | None = None
    """How long browsers keep the answer."""


class Website(Spec):
    """Serves the objects as a website. Everybody may read it when the public access block lets policies be public."""

    enabled: bool = True
    """Whether it does."""
    index_document: str = "index.html"
    """The page of a folder."""
    error_document: str | None = None
    """The page for errors."""


class Replication(Spec):
    """Copies new objects to another bucket. Needs `versioning` here and there."""

    enabled: bool = True
    """Whether it does."""
    destination_bucket: str
    """Name or ARN of the other bucket, or `${component.bucketArn}`."""
    role_arn: str | None = None
    """The role that S3 takes on; by default Panka makes one."""


class PublicAccessBlock(Spec):
    """What holds whatever ACLs and policies say. All true by default."""

    block_public_acls: bool = True
    """Refuse public ACLs."""
    block_public_policy: bool = True
    """Refuse public policies."""
    ignore_public_acls: bool = True
    """Ignore public ACLs."""
    restrict_public_buckets: bool = True
    """Let only the account and AWS in while a policy is public."""

    @property
    def lets_policies_be_public(self) -> bool:
        return not (self.block_public_policy or self.restrict_public_buckets)


class S3Spec(ComponentSpec):
    bucket: Bucket = Bucket()
    """The bucket itself."""
    versioning: Versioning | None = None
    """Keeps overwritten and deleted objects."""
    encryption: Encryption = Encryption()
    """How objects are encrypted at rest; by default AES256."""
    lifecycle_rules: Annotated[tuple[LifecycleRule, ...], Field(max_length=1_000)] = ()
    cors: Cors | None = None
    """Which pages of other origins may use the bucket from a browser."""
    website: Website | None = None
    """Serves the objects as a website."""
    replication: Replication | None = None
    """Copies new objects to another bucket."""
    public_access_block: PublicAccessBlock = PublicAccessBlock()
    """What holds whatever ACLs and policies say."""
