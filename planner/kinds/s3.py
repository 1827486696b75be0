"""S3: a bucket that is private, encrypted and reached only over TLS, unless its spec says otherwise.

Who asks the bucket to be called (a Lambda with an `s3` trigger) stands in its `NotificationConfiguration`, which S3
takes only when the permission to call is there already: so the bucket is made after the function. What the function and
those before it say of the bucket then is its name as the plan gives it, and what is made of the name (`notices.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import (
    Component,
    ComponentSpec,
    Context,
    Grants,
    Kind,
    Lowered,
    Notice,
    Spec,
    Statement,
)
from panka.planner.naming import named
from panka.planner.resource import Address, Lifecycle, PhysicalName, Properties, Resource, text
from panka.planner.rules import beside, broken
from panka.planner.tagging import Tags
from panka.planner.units import Seconds
from panka.planner.vocabulary.aging import BucketLifecycle
from panka.planner.vocabulary.policies import allow, document, role, role_policy

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


class Bucket(Spec):
    """The bucket itself."""

    name: Annotated[str | None, named("AWS::S3::Bucket")] = None
    """The bucket's name, unique in all of AWS; by default Panka makes one. With your own, a replacement deletes the old
    bucket first."""
    acl: Acl = "private"
    """Who may use it beside the account. Public ones need the `publicAccessBlock` opened."""
    force_destroy: bool = False
    """Delete all objects when the bucket is deleted. Otherwise only an empty bucket goes."""
    tags: Tags = Field(default_factory=dict)
    """Tags of the bucket alone."""


class Versioning(Spec):
    """Keeps overwritten and deleted objects."""

    enabled: bool = True
    """`false` suspends it; versions that exist stay."""


class Encryption(Spec):
    """How objects are encrypted at rest. S3 encrypts all of them."""

    enabled: bool = True
    """S3 has no unencrypted objects, so `false` is refused."""
    algorithm: Literal["AES256", "aws:kms"] | None = None
    """`AES256`, or `aws:kms`, which is the default with a `kmsKeyId`."""
    kms_key_id: str | None = None
    """Id, ARN or alias of a KMS key; without it `aws:kms` uses `aws/s3`."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not self.enabled:
            raise broken("PK312", "`enabled: false` has no effect: S3 encrypts every object", "enabled")
        if self.kms_key_id and self.algorithm == "AES256":
            raise broken("PK310", "`kmsKeyId` needs `algorithm: aws:kms`")
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
    max_age_seconds: Annotated[Seconds, Field(ge=0)] | None = None
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
    lifecycle: BucketLifecycle = BucketLifecycle()
    """A list of rules for old objects, or a map: `retain`, `preventDestroy` and so on, with the list in `rules`."""
    cors: Cors | None = None
    """Which pages of other origins may use the bucket from a browser."""
    website: Website | None = None
    """Serves the objects as a website."""
    replication: Replication | None = None
    """Copies new objects to another bucket."""
    public_access_block: PublicAccessBlock = PublicAccessBlock()
    """What holds whatever ACLs and policies say."""

    @model_validator(mode="after")
    def _public(self) -> Self:
        block = self.public_access_block
        if self.bucket.acl in PUBLIC and (block.block_public_acls or block.ignore_public_acls):
            raise beside(
                "PK308",
                f"`acl: {self.bucket.acl}` needs `blockPublicAcls` and `ignorePublicAcls` of `publicAccessBlock` false",
                "bucket.acl",
                "publicAccessBlock",
            )
        return self

    @model_validator(mode="after")
    def _replicated(self) -> Self:
        if self.replication and self.replication.enabled and not (self.versioning and self.versioning.enabled):
            raise broken("PK311", "`replication` needs `versioning: {enabled: true}`", "replication")
        return self


PUBLIC = ("public-read", "public-read-write", "authenticated-read")


def lower(component: Component[S3Spec], context: Context) -> Lowered:
    """The role of its replication first, then the bucket, then who may do what."""
    spec = component.spec
    copier = _copier(component) if spec.replication and spec.replication.enabled else None
    name = None if spec.bucket.name else PhysicalName("BucketName", 63)
    bucket = replace(
        component.resource(
            "main",
            "AWS::S3::Bucket",
            _bucket(spec, context, copier),
            name=name,
            lifecycle=Lifecycle(force=spec.bucket.force_destroy),
        ),
        tags=dict(spec.bucket.tags),
    )
    policy = component.resource(
        "policy",
        "AWS::S3::BucketPolicy",
        {"Bucket": bucket.ref("BucketName"), "PolicyDocument": document(_statements(spec, bucket))},
    )
    arn = bucket.ref("Arn")
    return Lowered(
        resources=(*([copier] if copier else []), bucket, policy, *_copying(component, context, bucket, copier)),
        outputs={
            "bucketName": bucket.ref("BucketName"),
            "bucketArn": arn,
            "domainName": bucket.ref("RegionalDomainName"),
            **({"websiteUrl": bucket.ref("WebsiteURL")} if spec.website and spec.website.enabled else {}),
        },
        grants=Grants((allow(LIST, arn), allow(USE, text(arn, "/*")))),
    )


LIST = ("s3:ListBucket", "s3:GetBucketLocation")
USE = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")


def _bucket(spec: S3Spec, context: Context, copier: Resource | None) -> Properties:
    properties: Properties = {
        "BucketEncryption": _encryption(spec.encryption),
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": spec.public_access_block.block_public_acls,
            "BlockPublicPolicy": spec.public_access_block.block_public_policy,
            "IgnorePublicAcls": spec.public_access_block.ignore_public_acls,
            "RestrictPublicBuckets": spec.public_access_block.restrict_public_buckets,
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    }
    if spec.bucket.name:
        properties["BucketName"] = spec.bucket.name
    if spec.bucket.acl != "private":
        # A bucket has ACLs only when its owner does not own every object.
        properties["OwnershipControls"] = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
        properties["AccessControl"] = "".join(word.capitalize() for word in spec.bucket.acl.split("-"))
    if spec.versioning:
        properties["VersioningConfiguration"] = {"Status": "Enabled" if spec.versioning.enabled else "Suspended"}
    if spec.lifecycle.rules:
        properties["LifecycleConfiguration"] = spec.lifecycle.configuration
    if spec.cors:
        properties["CorsConfiguration"] = {"CorsRules": [_cors(spec.cors)]}
    if spec.website and spec.website.enabled:
        properties["WebsiteConfiguration"] = _website(spec.website)
    if spec.replication and spec.replication.enabled:
        properties["ReplicationConfiguration"] = _replication(spec.replication, context, copier)
    return properties


def _encryption(encryption: Encryption) -> Properties:
    algorithm = encryption.algorithm or ("aws:kms" if encryption.kms_key_id else "AES256")
    rule: Properties = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    if encryption.kms_key_id:
        rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] = encryption.kms_key_id
    if algorithm == "aws:kms":
        rule["BucketKeyEnabled"] = True
    return {"ServerSideEncryptionConfiguration": [rule]}


def _cors(cors: Cors) -> Properties:
    optional = {
        "AllowedHeaders": list(cors.allowed_headers),
        "ExposedHeaders": list(cors.expose_headers),
        "MaxAge": cors.max_age_seconds,
    }
    return {
        "AllowedOrigins": list(cors.allowed_origins),
        "AllowedMethods": list(cors.allowed_methods),
        **{name: value for name, value in optional.items() if value not in ([], None)},
    }


def _website(website: Website) -> Properties:
    error = {"ErrorDocument": website.error_document} if website.error_document else {}
    return {"IndexDocument": website.index_document, **error}


def _replication(replication: Replication, context: Context, copier: Resource | None) -> Properties:
    return {
        "Role": copier.ref("Arn") if copier else replication.role_arn,
        "Rules": [
            {
                "Id": "all",
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": _destination(replication, context)},
            }
        ],
    }


def _destination(replication: Replication, context: Context) -> str:
    """The destination's ARN, of which users may write the name alone."""
    named = replication.destination_bucket
    return named if named.startswith("arn:") or named.endswith("Arn}") else f"arn:{context.partition}:s3:::{named}"


def _statements(spec: S3Spec, bucket: Resource) -> Sequence[Statement]:
    arn = bucket.ref("Arn")
    tls: Statement = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*"],
        "Resource": [arn, text(arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    # The website endpoint of S3 speaks no TLS.
    if not (spec.website and spec.website.enabled and spec.public_access_block.lets_policies_be_public):
        return [tls]
    return [{"Sid": "Website", "Principal": "*", **allow(["s3:GetObject"], text(arn, "/*"))}]


def accept(component: Component[S3Spec], lowered: Lowered, statements: tuple[Statement, ...]) -> tuple[Resource, ...]:
    """The bucket's one policy, with those in it who may read."""
    policy = next(one for one in lowered.resources if one.address == Address.of(component.name, "policy"))
    own = policy.properties["PolicyDocument"]["Statement"]
    return (replace(policy, properties={**policy.properties, "PolicyDocument": document([*own, *statements])}),)


def notify(lowered: Lowered, notices: tuple[Notice, ...]) -> Resource:
    """The bucket that calls functions."""
    bucket = next(one for one in lowered.resources if one.type == "AWS::S3::Bucket")
    configuration = {"LambdaConfigurations": [one.properties for one in notices]}
    return replace(
        bucket,
        properties={**bucket.properties, "NotificationConfiguration": configuration},
        depends_on=(*bucket.depends_on, *dict.fromkeys(one.after for one in notices)),
    )


def _copier(component: Component[S3Spec]) -> Resource | None:
    """The role that copies objects, unless the user has one."""
    if component.spec.replication and component.spec.replication.role_arn:
        return None
    return role(component, "replication-role", "s3.amazonaws.com")


def _copying(
    component: Component[S3Spec], context: Context, bucket: Resource, copier: Resource | None
) -> tuple[Resource, ...]:
    """What the role that copies objects may do."""
    replication = component.spec.replication
    if copier is None or replication is None:
        return ()
    arn = bucket.ref("Arn")
    statements = (
        allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], arn),
        allow([f"s3:GetObjectVersion{what}" for what in ("ForReplication", "Acl", "Tagging")], text(arn, "/*")),
        allow(
            [f"s3:Replicate{what}" for what in ("Object", "Delete", "Tags")], f"{_destination(replication, context)}/*"
        ),
    )
    return (role_policy(component, "replication-policy", copier, statements),)


S3 = Kind(
    "S3",
    S3Spec,
    lower,
    outputs={
        "bucketName": "The bucket's name.",
        "bucketArn": "The bucket's ARN.",
        "domainName": "The bucket's regional domain name.",
        "websiteUrl": "The website's URL, when the bucket serves one.",
    },
    accept=accept,
    notify=notify,
)
