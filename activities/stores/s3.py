"""Objects in an S3 bucket: immutable ones, and the few that change under a condition."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from panka.activities.stores.store import Changed, NotThere, Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between tries while S3 settles who of several writers of one key was first."""

_AT_ONCE = 8
"""Objects that are written at the same time."""


class S3Store:
    """An `ObjectStore` in a bucket. Timeouts and retries are those of the client's config."""

    def __init__(self, client: "S3Client", bucket: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._bucket = bucket
        self._sleep = sleep

    def put(self, key: str, body: bytes) -> None:
        for pause in _PAUSES:
            if self._put(key, body):
                return
            self._sleep(pause)
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")

    def put_all(self, objects: Mapping[str, bytes]) -> None:
        with ThreadPoolExecutor(min(len(objects), _AT_ONCE), thread_name_prefix="put") as threads:
            list(threads.map(self.put, objects, objects.values()))

    def get(self, key: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey as error:
            raise NotThere(f"There is no object {key} in bucket {self._bucket}.") from error

    def keys(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sorted(found["Key"] for page in pages for found in page.get("Contents", []))

    def look(self, key: str) -> Version:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise NotThere(f"There is no object {key} in bucket {self._bucket}.") from error
        return Version(answer["Body"].read(), answer["ETag"])

    def replace(self, key: str, body: bytes, over: Version | None) -> None:
        for pause in _PAUSES:
            if self._replaced(key, body, over):
                return
            self._sleep(pause)
        raise Changed(f"{key} in bucket {self._bucket} is being written by others all the time.")

    def _replaced(self, key: str, body: bytes, over: Version | None) -> bool:
        """Whether the key holds the body now; False when S3 wants to be asked again."""
        try:
            if over is None:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
            else:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfMatch=over.tag)
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "ConditionalRequestConflict":
                    return False
                case "PreconditionFailed" | "NoSuchKey":
                    self._refuse_other(key, body, error)
                case _:
                    raise
        return True

    def _refuse_other(self, key: str, body: bytes, error: ClientError) -> None:
        # A write whose reply was lost finds its own bytes here when it is repeated.
        try:
            present = self.get(key)
        except NotThere:
            present = None
        if present != body:
            raise Changed(f"{key} in bucket {self._bucket} is no longer what it was.") from error

    def _put(self, key: str, body: bytes) -> bool:
        """Whether the key holds the body now; False when S3 wants to be asked again."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "PreconditionFailed":
                    return self._holds(key, body)
                case "ConditionalRequestConflict":
                    return False
                case _:
                    raise
        return True

    def _holds(self, key: str, body: bytes) -> bool:
        # A put whose reply was lost finds its own object here when it is repeated.
        try:
            present = self.get(key)
        except NotThere:
            return False
        if present != body:
            raise FileExistsError(f"{key} in bucket {self._bucket} holds other bytes already.")
        return True
