"""A hundred resources as three sides write them: 40 queues, 30 buckets, 20 tables, 10 topics with a subscription.

A bucket has versions, encryption and tags; everything else is as plain as can be. Panka's own tags come on top, and the
buckets are of the kind `Resource`, since its kind `S3` would give each a policy and more that the others do not have.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from graphs import write_stack

QUEUES, BUCKETS, TABLES, TOPICS = 40, 30, 20, 10
_ELSEWHERE = "arn:aws:sqs:eu-west-1:123456789012:elsewhere"
"""What the topics' subscriptions deliver to."""
_THREADS = 32

_BUCKET = """\
apiVersion: components.panka.io/v1
kind: Resource
metadata:
  name: bucket-{0}
spec:
  type: AWS::S3::Bucket
  properties:
    BucketName: STACK-bucket-{0}
    VersioningConfiguration:
      Status: Enabled
    BucketEncryption:
      ServerSideEncryptionConfiguration:
        - ServerSideEncryptionByDefault:
            SSEAlgorithm: aws:kms
    Tags:
      - Key: team
        Value: bench
"""
_QUEUE = """\
apiVersion: components.panka.io/v1
kind: SQS
metadata:
  name: queue-{}
spec:
  visibilityTimeout: 45
"""
_TABLE = """\
apiVersion: components.panka.io/v1
kind: DynamoDB
metadata:
  name: table-{}
spec:
  hashKey:
    name: id
"""
_TOPIC = """\
apiVersion: components.panka.io/v1
kind: SNS
metadata:
  name: topic-{}
spec:
  subscriptions:
    - protocol: sqs
      endpoint: ELSEWHERE
""".replace("ELSEWHERE", _ELSEWHERE)


def for_panka(folder: Path, name: str) -> None:
    """A folder with a stack of that name."""
    write_stack(folder, name)
    for kind, text, number in (
        ("queues", _QUEUE, QUEUES),
        ("buckets", _BUCKET, BUCKETS),
        ("tables", _TABLE, TABLES),
        ("topics", _TOPIC, TOPICS),
    ):
        (folder / "services" / "bench" / f"{kind}.yaml").write_text(
            "---\n".join(map(text.replace("STACK", name).format, range(number)))
        )


_PROVIDER = """
provider "aws" {
  region                      = "eu-west-1"
  s3_force_path_style         = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  endpoints {
    s3       = "URL"
    sqs      = "URL"
    sns      = "URL"
    sts      = "URL"
    iam      = "URL"
    ec2      = "URL"
    dynamodb = "URL"
  }
}
"""
_RESOURCES = """
resource "aws_sqs_queue" "queue" {
  count                      = QUEUES
  name                       = "NAME-queue-${count.index}"
  visibility_timeout_seconds = 45
}

resource "aws_s3_bucket" "bucket" {
  count  = BUCKETS
  bucket = "NAME-bucket-${count.index}"
  tags   = { team = "bench" }
  versioning {
    enabled = true
  }
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "aws:kms"
      }
    }
  }
}

resource "aws_dynamodb_table" "table" {
  count        = TABLES
  name         = "NAME-table-${count.index}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_sns_topic" "topic" {
  count = TOPICS
  name  = "NAME-topic-${count.index}"
}

resource "aws_sns_topic_subscription" "subscription" {
  count     = TOPICS
  topic_arn = aws_sns_topic.topic[count.index].arn
  protocol  = "sqs"
  endpoint  = "ELSEWHERE"
}
"""


def for_terraform(folder: Path, name: str, url: str) -> None:
    """One file; the provider is HashiCorp's, and reaches nothing but the endpoint."""
    text = _PROVIDER.replace("URL", url) + _RESOURCES.replace("NAME", name).replace("ELSEWHERE", _ELSEWHERE)
    for word, number in (("QUEUES", QUEUES), ("BUCKETS", BUCKETS), ("TABLES", TABLES), ("TOPICS", TOPICS)):
        text = text.replace(f"= {word}\n", f"= {number}\n")
    (folder / "main.tf").write_text(text)


def script(name: str, url: str) -> None:
    """The least that a program could call, from 32 threads; it looks at nothing and remembers nothing."""
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=_THREADS)
    session = boto3.Session("test", "test", region_name="eu-west-1")
    made = {one: session.client(one, endpoint_url=url, config=config) for one in ("sqs", "s3", "dynamodb", "sns")}
    with ThreadPoolExecutor(_THREADS) as threads:
        for done in [threads.submit(one) for one in _calls(name, made)]:
            done.result()


def _calls(name: str, made: dict[str, Any]) -> Iterator[Callable[[], None]]:
    def queue(number: int) -> None:
        made["sqs"].create_queue(QueueName=f"{name}-queue-{number}", Attributes={"VisibilityTimeout": "45"})

    def bucket(number: int) -> None:
        at, s3 = f"{name}-bucket-{number}", made["s3"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
        s3.create_bucket(Bucket=at, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_versioning(Bucket=at, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_encryption(Bucket=at, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_bucket_tagging(Bucket=at, Tagging={"TagSet": [{"Key": "team", "Value": "bench"}]})

    def table(number: int) -> None:
        made["dynamodb"].create_table(
            TableName=f"{name}-table-{number}",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )

    def topic(number: int) -> None:
        arn = made["sns"].create_topic(Name=f"{name}-topic-{number}")["TopicArn"]
        made["sns"].subscribe(TopicArn=arn, Protocol="sqs", Endpoint=_ELSEWHERE)

    for one, numbers in ((bucket, BUCKETS), (topic, TOPICS), (table, TABLES), (queue, QUEUES)):
        for number in range(numbers):
            yield lambda one=one, number=number: one(number)


if __name__ == "__main__":
    script(*sys.argv[1:])
