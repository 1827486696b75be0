"""The bucket and the table that keep state and locks: how they must be, how they become so, what is missing of it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ServerSideEncryptionByDefaultTypeDef

Policy: TypeAlias = dict[str, Any]
"""A bucket policy as AWS writes it."""

TLS_ONLY = "PankaTlsOnly"
"""Sid of the statement that refuses plain HTTP."""
FORGET_ATTRIBUTE = "forget_after"
"""The table's TTL attribute; only locks carry it."""


class NotUsable(Exception):
    """The bucket or table of this name cannot be Panka's: it is somebody else's, or made for something else."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that must be so. `make` is called only when `holds` says no, and may be called again."""

    claim: str
    """What is so, as a clause: `bucket x keeps every version`."""
    holds: Callable[[], bool]
    make: Callable[[], None]


def create_backend(
    s3_client: "S3Client",
    dynamodb_client: "DynamoDBClient",
    bucket: str,
    table: str,
    kms_key: str | None = None,
    region: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Makes the bucket and the table what they must be, and says of each part whether it was so before.

    Safe to run again, also after it broke off; it loosens nothing that it finds. `region` defaults to the client's.
    A bucket at an endpoint that is itself plain HTTP (a local one) gets no policy against plain HTTP.

    Raises:
        NotUsable: the bucket belongs to another account, or the table has other keys or another TTL attribute.
    """
    bucket_parts = _Bucket(s3_client, bucket, kms_key, region or s3_client.meta.region_name).parts()
    return [_made(part) for part in (*bucket_parts, *_Table(dynamodb_client, table, sleep).parts())]


def check_backend(
    s3_client: "S3Client",
    dynamodb_client: "DynamoDBClient",
    bucket: str,
    table: str,
    kms_key: str | None = None,
    region: str | None = None,
) -> list[str]:
    """Names what is missing, changing nothing; of a bucket or table that is not there only that. Raises NotUsable."""
    bucket_parts = _Bucket(s3_client, bucket, kms_key, region or s3_client.meta.region_name).parts()
    return [*_missing(bucket_parts), *_missing(_Table(dynamodb_client, table, time.sleep).parts())]


def _made(part: Part) -> str:
    if part.holds():
        return f"It was so already: {part.claim}."
    part.make()
    return f"Now it is so: {part.claim}."


def _missing(parts: tuple[Part, ...]) -> list[str]:
    existence = parts[0]
    if not existence.holds():
        return [f"Not so: {existence.claim}."]
    return [f"Not so: {part.claim}." for part in parts[1:] if not part.holds()]


@dataclass(frozen=True, slots=True)
class _Bucket:
    client: "S3Client"
    name: str
    kms_key: str | None
    region: str

    def parts(self) -> tuple[Part, ...]:
        """Its existence first, since nothing else can be asked of what is not there."""
        key = f"KMS key {self.kms_key}" if self.kms_key else "a key of AWS's or ours"
        parts = (
            Part(f"bucket {self.name} exists", self.exists, self.create),
            Part(f"bucket {self.name} lets no one in from outside", self.private, self.close),
            Part(f"bucket {self.name} keeps every version", self.versioned, self.version),
            Part(f"bucket {self.name} encrypts with {key}", self.encrypted, self.encrypt),
        )
        if self.client.meta.endpoint_url.startswith("http://"):
            return parts  # a local endpoint without TLS would refuse everybody, us too
        return (*parts, Part(f"bucket {self.name} refuses plain HTTP", self.tls_only, self.refuse_plain_http))

    def exists(self) -> bool:
        try:
            self.client.head_bucket(Bucket=self.name)
        except ClientError as error:
            if _status(error) == 404:
                return False
            if _status(error) == 403:
                raise self.foreign() from error
            raise
        # A policy can open another account's bucket to us; ours is only what our own list names.
        pages = self.client.get_paginator("list_buckets").paginate(Prefix=self.name)
        if not any(found.get("Name") == self.name for page in pages for found in page["Buckets"]):
            raise self.foreign()
        return True

    def create(self) -> None:
        try:
            if self.region == "us-east-1":  # the one region that may not be named
                self.client.create_bucket(Bucket=self.name)
            else:
                where: Any = {"LocationConstraint": self.region}  # a Literal of all regions in the stubs
                self.client.create_bucket(Bucket=self.name, CreateBucketConfiguration=where)
        except self.client.exceptions.BucketAlreadyOwnedByYou:
            return
        except self.client.exceptions.BucketAlreadyExists as error:
            raise self.foreign() from error

    def foreign(self) -> NotUsable:
        return NotUsable(
            f"Bucket {self.name} is another account's, or closed to these credentials. "
            "Bucket names are shared by all of AWS: choose another one."
        )

    def private(self) -> bool:
        try:
            found = self.client.get_public_access_block(Bucket=self.name)["PublicAccessBlockConfiguration"]
        except ClientError as error:
            return _absent(error, "NoSuchPublicAccessBlockConfiguration")
        four = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        return all(found.get(name) for name in four)

    def close(self) -> None:
        self.client.put_public_access_block(
            Bucket=self.name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )

    def versioned(self) -> bool:
        return self.client.get_bucket_versioning(Bucket=self.name).get("Status") == "Enabled"

    def version(self) -> None:
        self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    def encrypted(self) -> bool:
        try:
            found = self.client.get_bucket_encryption(Bucket=self.name)["ServerSideEncryptionConfiguration"]["Rules"]
        except ClientError as error:
            return _absent(error, "ServerSideEncryptionConfigurationNotFoundError")
        defaults = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in found]
        if self.kms_key is None:
            return any(defaults)
        return any(default.get("KMSMasterKeyID") == self.kms_key for default in defaults)

    def encrypt(self) -> None:
        default: ServerSideEncryptionByDefaultTypeDef = {"SSEAlgorithm": "AES256"}
        if self.kms_key:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.kms_key}
        # With a bucket key S3 asks KMS once for many objects.
        rule: Any = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": self.kms_key is not None}
        self.client.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def tls_only(self) -> bool:
        ours = self.statement()
        # S3 may give the list of resources back in another order.
        return any({**one, "Resource": sorted(one.get("Resource", ()))} == ours for one in self.policy()["Statement"])

    def refuse_plain_http(self) -> None:
        policy = self.policy()
        others = [one for one in policy["Statement"] if one.get("Sid") != TLS_ONLY]
        document = json.dumps({**policy, "Statement": [*others, self.statement()]})
        self.client.put_bucket_policy(Bucket=self.name, Policy=document)

    def policy(self) -> Policy:
        try:
            found: Policy = json.loads(self.client.get_bucket_policy(Bucket=self.name)["Policy"])
        except ClientError as error:
            _absent(error, "NoSuchBucketPolicy")
            return {"Version": "2012-10-17", "Statement": []}
        statements = found["Statement"]
        return {**found, "Statement": statements if isinstance(statements, list) else [statements]}

    def statement(self) -> Policy:
        # Every partition has its own prefix of ARNs.
        partition = self.client.meta.partition
        return {
            "Sid": TLS_ONLY,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:{partition}:s3:::{self.name}", f"arn:{partition}:s3:::{self.name}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }


@dataclass(frozen=True, slots=True)
class _Table:
    client: "DynamoDBClient"
    name: str
    sleep: Callable[[float], None]

    def parts(self) -> tuple[Part, ...]:
        """Its existence first, since nothing else can be asked of what is not there."""
        return (
            Part(f"table {self.name} exists", self.exists, self.create),
            Part(f"table {self.name} is protected from deletion", self.protected, self.protect),
            Part(f"table {self.name} can be restored to any second of the last 35 days", self.kept, self.keep),
            Part(f"table {self.name} forgets locks that nobody uses", self.forgets, self.forget),
        )

    def exists(self) -> bool:
        try:
            found = self.client.describe_table(TableName=self.name)["Table"]
        except self.client.exceptions.ResourceNotFoundException:
            return False
        keys = {(key["AttributeName"], key["KeyType"]) for key in found["KeySchema"]}
        types = {one["AttributeName"]: one["AttributeType"] for one in found["AttributeDefinitions"]}
        if keys != {("pk", "HASH"), ("sk", "RANGE")} or (types["pk"], types["sk"]) != ("S", "S"):
            raise NotUsable(f"Table {self.name} has other keys than the strings pk and sk: choose another name.")
        self.settle()
        return True

    def create(self) -> None:
        try:
            self.client.create_table(
                TableName=self.name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                DeletionProtectionEnabled=True,
            )
        except self.client.exceptions.ResourceInUseException:
            self.exists()  # the first reply was lost, or somebody was faster: then it must be as ours
        self.settle()

    def settle(self) -> None:
        """Returns when the table is not being made or changed any more."""
        for _ in range(120):
            if self.client.describe_table(TableName=self.name)["Table"]["TableStatus"] == "ACTIVE":
                return
            self.sleep(1)
        raise NotUsable(f"Table {self.name} has not become active within two minutes.")

    def protected(self) -> bool:
        return bool(self.client.describe_table(TableName=self.name)["Table"].get("DeletionProtectionEnabled"))

    def protect(self) -> None:
        self.client.update_table(TableName=self.name, DeletionProtectionEnabled=True)
        self.settle()

    def kept(self) -> bool:
        found = self.client.describe_continuous_backups(TableName=self.name)["ContinuousBackupsDescription"]
        return found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"

    def keep(self) -> None:
        for _ in range(30):
            try:
                self.client.update_continuous_backups(
                    TableName=self.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
                )
            except self.client.exceptions.ContinuousBackupsUnavailableException:
                self.sleep(1)  # a new table's backups are still being set up
            else:
                return
        raise NotUsable(f"Backups of table {self.name} have not become available within 30 seconds.")

    def forgets(self) -> bool:
        found = self.client.describe_time_to_live(TableName=self.name).get("TimeToLiveDescription", {})
        if found.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            return False
        if found.get("AttributeName") != FORGET_ATTRIBUTE:
            raise NotUsable(f"Table {self.name} deletes items by another attribute than {FORGET_ATTRIBUTE}.")
        return True

    def forget(self) -> None:
        self.client.update_time_to_live(
            TableName=self.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": FORGET_ATTRIBUTE}
        )


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def _absent(error: ClientError, code: str) -> bool:
    """False when the error says that a configuration was never set; any other error goes on."""
    if error.response["Error"]["Code"] != code:
        raise error
    return False
