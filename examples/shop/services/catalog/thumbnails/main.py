"""Copies uploaded pictures to where the shop's pages look for thumbnails."""

import json
import logging
import os
from typing import Any

import boto3

logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "info").upper())
log = logging.getLogger(__name__)
s3 = boto3.client("s3")


def thumbnail_key(original: str) -> str:
    """Where the thumbnail of a picture belongs: `originals/a.jpg` gives `thumbnails/a.jpg`."""
    return f"thumbnails/{original.removeprefix('originals/')}"


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handles a batch of messages `{"key": "originals/…"}`; SQS delivers the whole batch again if one of them fails."""
    bucket = os.environ["IMAGES_BUCKET"]
    for record in event["Records"]:
        original = json.loads(record["body"])["key"]
        s3.copy_object(Bucket=bucket, CopySource={"Bucket": bucket, "Key": original}, Key=thumbnail_key(original))
        log.info("made a thumbnail of %s", original)
    return {"made": len(event["Records"])}
