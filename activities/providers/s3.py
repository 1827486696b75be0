"""S3: buckets and their policies."""

import asyncio
from collections.abc import Sequence
from typing import Any

from panka.activities.aws.errors import NOT_EMULATED, AwsError, Cause, NotOurs
from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.ownership import claim, of_our_stack, retagged
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list, tag_map
from panka.activities.providers.s3_configurations import CONFIGURATIONS, Configuration
from panka.activities.providers.shapes import settable
from panka.planner.owner import Owner
from panka.planner.resource import PhysicalName, Properties

_MISSING = frozenset({"404", "NoSuchBucket"})
_NO_POLICY = _MISSING | {"NoSuchBucketPolicy"}
_GIVEN = tuple(one for one in CONFIGURATIONS if one.given)
_SETTABLE = ("BucketName", "ObjectLockEnabled", *(one.property for one in CONFIGURATIONS))
_DASHED = frozenset(
    {
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-west-1",
        "sa-east-1",
        "us-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)
"""Regions whose website endpoints are spelled `s3-website-<region>`; all others have a dot."""


async def _tags(provider: Provider, bucket: str) -> dict[str, str] | None:
    """A bucket's tags; None: there is no such bucket.

    Raises:
        NotOurs: the name belongs to another account.
    """
    try:
        told = await provider.call("get_bucket_tagging", Bucket=bucket)
    except AwsError as error:
        if error.code in _MISSING:
            return None
        if error.code == "NoSuchTagSet":
            return {}
        if error.denied and await _elsewhere(provider, bucket):
            raise NotOurs(f"The bucket {bucket} exists and this account may not look at it.") from error
        raise
    return tag_map(told["TagSet"])


async def _elsewhere(provider: Provider, bucket: str) -> bool:
    """Whether the account has no bucket of that name, so that it must be another's."""
    listed = await provider.call("list_buckets", Prefix=bucket)
    return all(one["Name"] != bucket for one in listed.get("Buckets", []))


class BucketProvider(Provider):
    """A bucket's name is its id, and is taken world-wide.

    Tags go with the create. Some endpoints drop them there, so they are set again at once; a bucket that was left
    between the two calls has no tags, holds nothing, and has the name that Panka makes from the owner's digest: that
    much proves that it is this owner's. A name that the user chose proves nothing.
    """

    type = "AWS::S3::Bucket"
    service = "s3"

    async def read(self, id: str) -> Observed | None:
        # The tags also say whether the bucket is there.
        tags = await _tags(self, id)
        return None if tags is None else self._observed(id, await self._told(id, CONFIGURATIONS), tags)

    async def read_new(self, id: str, properties: Properties) -> Observed | None:
        """Asks for what S3 gives to every bucket and for what it may tell otherwise than it was set.

        `create` leaves nothing else behind. What is given is the same for all that are made alike: one of them is
        asked about.
        """
        known = {one.property: properties[one.property] for one in CONFIGURATIONS if one.told_as_set(properties)}
        asked = [one for one in CONFIGURATIONS if not one.given and one.property in properties.keys() - known.keys()]
        others = properties.keys() - {one.property for one in _GIVEN}
        given, told = await asyncio.gather(
            self.told_alike(id, properties, others, lambda: self._told(id, _GIVEN)), self._told(id, asked)
        )
        return self._observed(id, known | (given or {}) | told, tag_map(properties.get("Tags")))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        bucket: str = properties["BucketName"]
        tags = await _tags(self, bucket)
        if tags is None:
            return None
        if not tags and await self._left_untagged(owner, bucket):
            return bucket
        return claim(owner, bucket, f"The bucket {bucket}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        settable(self.type, properties, _SETTABLE)
        bucket: str = properties["BucketName"]
        tags = tag_map(properties.get("Tags")) | owner.tags()
        # There S3 answers a create with the bucket that the account has by this name; elsewhere it refuses.
        left = await self.find(owner, properties) if self.cloud.region == "us-east-1" else None
        locked = bool(properties.get("ObjectLockEnabled"))
        made = left is None and await self._make(bucket, tags, locked=locked)
        if left is None and not made:
            left = await self.find(owner, properties)
        if made or await _tags(self, bucket) != tags:
            await self.call("put_bucket_tagging", Bucket=bucket, Tagging={"TagSet": tag_list(tags)})
        live = await self.read(bucket) if left else None
        # A bucket that was made just now has nothing but its tags.
        old = live.properties if live else {"Tags": tag_list(tags)}
        await self.update(bucket, old, {**properties, "Tags": tag_list(tags)})
        if made:
            self.untouched.add(bucket)
        return bucket

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _SETTABLE)
        changes = [one for one in CONFIGURATIONS if one.differs(old, new)]
        # What needs another configuration goes before it.
        for one in reversed(changes):
            if one.property not in new and one.remove is not None:
                await self.call(one.remove, Bucket=id)
        for one in changes:
            if one.property in new or one.remove is None:
                wanted = one.sent(new.get(one.property, one.absent))
                await self.call(one.put, Bucket=id, **{one.argument: wanted})
        if any(retagged(old, new)):
            await self._tag(id, tag_map(old.get("Tags")), tag_map(new.get("Tags")))

    async def delete(self, id: str, how: Ending) -> None:
        """A bucket that holds something is deleted only by force, with everything in it."""
        if how.force:
            await self._empty(id)
        await self.maybe("delete_bucket", _MISSING, Bucket=id)

    async def _told(self, bucket: str, asked: Sequence[Configuration]) -> Properties:
        """Of these configurations those that the bucket has."""
        told = await asyncio.gather(*(self._configuration(bucket, one) for one in asked))
        return {one.property: value for one, value in zip(asked, told, strict=True) if value}

    def _observed(self, bucket: str, told: Properties, tags: dict[str, str]) -> Observed:
        locked = {"ObjectLockEnabled": True} if "ObjectLockConfiguration" in told else {}
        return Observed({"BucketName": bucket, **told, **locked, "Tags": tag_list(tags)}, self._attributes(bucket))

    async def _configuration(self, bucket: str, one: Configuration) -> Any:
        told = await self.maybe(one.get, frozenset({one.missing, NOT_EMULATED}), Bucket=bucket)
        return one.told(told) if told is not None else one.implied

    async def _make(self, bucket: str, tags: dict[str, str], *, locked: bool) -> bool:
        """False: the account has a bucket by this name."""
        where: Properties = {"Tags": tag_list(tags)}
        if self.cloud.region != "us-east-1":
            where["LocationConstraint"] = self.cloud.region
        more = {"ObjectLockEnabledForBucket": True} if locked else {}
        try:
            await self.call("create_bucket", Bucket=bucket, CreateBucketConfiguration=where, **more)
        except AwsError as error:
            if error.code == "BucketAlreadyOwnedByYou":
                return False
            if error.code == "BucketAlreadyExists":
                raise NotOurs(f"The bucket name {bucket} is taken by another account.") from error
            raise
        return True

    async def _tag(self, bucket: str, old: dict[str, str], new: dict[str, str]) -> None:
        aws = {key: value for key, value in old.items() if key.startswith("aws:")}
        tags = tag_list(new) + [{"Key": key, "Value": value} for key, value in aws.items()]
        if tags:
            await self.call("put_bucket_tagging", Bucket=bucket, Tagging={"TagSet": tags})
        else:
            await self.call("delete_bucket_tagging", Bucket=bucket)

    async def _left_untagged(self, owner: Owner, bucket: str) -> bool:
        if bucket != owner.name(PhysicalName("BucketName", 63)):
            return False
        held = await self.call("list_object_versions", Bucket=bucket, MaxKeys=1)
        return not held.get("Versions") and not held.get("DeleteMarkers")

    async def _empty(self, bucket: str) -> None:
        while True:
            held = await self.maybe("list_object_versions", _MISSING, Bucket=bucket)
            if held is None:
                return
            found = [*held.get("Versions", []), *held.get("DeleteMarkers", [])]
            if not found:
                return
            self.cloud.tell(f"Emptying {bucket}")
            doomed = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            done = await self.call("delete_objects", Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
            for error in done.get("Errors", []):
                raise AwsError(Cause.FINAL, error["Code"], f"{error['Key']}: {error['Message']}", "s3:DeleteObjects")

    def _attributes(self, bucket: str) -> dict[str, str]:
        region, suffix = self.cloud.region, "amazonaws.com.cn" if self.cloud.partition == "aws-cn" else "amazonaws.com"
        website = f"s3-website{'-' if region in _DASHED else '.'}{region}"
        return {
            "Arn": f"arn:{self.cloud.partition}:s3:::{bucket}",
            "BucketName": bucket,
            "DomainName": f"{bucket}.s3.{suffix}",
            "DualStackDomainName": f"{bucket}.s3.dualstack.{region}.{suffix}",
            "RegionalDomainName": f"{bucket}.s3.{region}.{suffix}",
            "WebsiteURL": f"http://{bucket}.{website}.{suffix}",
        }


class BucketPolicyProvider(Provider):
    """The one policy of a bucket, under the bucket's name. Ours when the bucket is of the owner's stack."""

    type = "AWS::S3::BucketPolicy"
    service = "s3"

    async def read(self, id: str) -> Observed | None:
        told = await self.maybe("get_bucket_policy", _NO_POLICY, Bucket=id)
        return None if told is None else Observed({"Bucket": id, "PolicyDocument": parsed(told["Policy"])})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        bucket: str = properties["Bucket"]
        tags = await _tags(self, bucket)
        if tags is None:
            return None
        if not of_our_stack(owner, tags):
            raise NotOurs(f"The bucket {bucket} does not belong to {owner.scope}, so its policy is not set.")
        return bucket if await self.read(bucket) is not None else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        await self.find(owner, properties)
        bucket: str = properties["Bucket"]
        await self._put(bucket, properties)
        return bucket

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        if as_parsed(old["PolicyDocument"]) != as_parsed(new["PolicyDocument"]):
            await self._put(id, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        await self.maybe("delete_bucket_policy", _NO_POLICY, Bucket=id)

    async def _put(self, bucket: str, properties: Properties) -> None:
        await self.call("put_bucket_policy", Bucket=bucket, Policy=written(properties["PolicyDocument"]))


PROVIDERS: tuple[type[Provider], ...] = (BucketProvider, BucketPolicyProvider)
