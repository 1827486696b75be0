"""Turns events of orders into mails, each once."""

import json
import os
import time
from typing import Any

import boto3

MONTH = 30 * 24 * 3600
table = boto3.resource("dynamodb").Table(os.environ["SENT_TABLE"])
sns = boto3.client("sns")


def mail_for(event: dict[str, Any]) -> dict[str, str]:
    """The mail that tells a customer about an event such as `{"order": "17", "event": "paid", "email": "…"}`."""
    subject = {"paid": "Thank you for your order", "sent": "Your order is on its way"}.get(event["event"], "Your order")
    return {
        "from": os.environ["SENDER"],
        "to": event["email"],
        "subject": f"{subject} (no. {event['order']})",
    }


def first_time(message_id: str) -> bool:
    """Whether this message has not been mailed yet; says so only once."""
    try:
        table.put_item(
            Item={"messageId": message_id, "expires": int(time.time()) + MONTH},
            ConditionExpression="attribute_not_exists(messageId)",
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Handles a batch of messages from the queue, each an SNS envelope around an event."""
    mailed = 0
    for record in event["Records"]:
        envelope = json.loads(record["body"])
        if first_time(envelope["MessageId"]):
            mail = mail_for(json.loads(envelope["Message"]))
            sns.publish(TopicArn=os.environ["OUTBOX_TOPIC"], Subject=mail["subject"], Message=json.dumps(mail))
            mailed += 1
    return {"mailed": mailed}
