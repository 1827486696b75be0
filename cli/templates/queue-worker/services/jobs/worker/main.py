"""Handles the messages of the queue: each is kept with its text."""

import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["RESULTS_TABLE"])


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Handles a batch; when a message fails, SQS delivers the batch again."""
    for record in event["Records"]:
        table.put_item(Item={"id": record["messageId"], "text": record["body"]})
    return {"handled": len(event["Records"])}
