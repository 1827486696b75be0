"""Queues, topics, buckets and tables."""

from tests.activities.conformance.case import CHOSEN, GONE, NAME, Case, of

QUEUE = Case(
    "AWS::SQS::Queue",
    {"QueueName": NAME, "VisibilityTimeout": 45},
    updates=(
        {"VisibilityTimeout": 60, "DelaySeconds": 3, "Tags": [{"Key": "team", "Value": "red"}]},
        {"VisibilityTimeout": GONE, "ReceiveMessageWaitTimeSeconds": 10, "Tags": [{"Key": "team", "Value": "blue"}]},
        {"Tags": []},
    ),
)
BUCKET = Case("AWS::S3::Bucket", {"BucketName": NAME, "VersioningConfiguration": {"Status": "Enabled"}})
LOGS = Case(
    "AWS::S3::Bucket",
    {
        "BucketName": NAME,
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
        "AccessControl": "LogDeliveryWrite",
    },
)
UNTAGGED = {
    "moto:a_create_converges_whichever_reply_is_lost": (
        "moto drops the tags of a create, and a name that the user chose does not prove whose the bucket is."
    )
}
TOPIC = Case("AWS::SNS::Topic", {"TopicName": NAME})
CLOSED = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}
EXPIRES = {"Id": "old", "Status": "Enabled", "Prefix": "tmp/", "ExpirationInDays": 7}
TIERS = {
    "Id": "tiers",
    "Status": "Disabled",
    "TagFilters": [{"Key": "keep", "Value": "long"}],
    "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 30}],
    "NoncurrentVersionExpiration": {"NoncurrentDays": 10},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
}


def encrypted(algorithm: str, **more: str) -> dict[str, object]:
    default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **more}}
    return {"ServerSideEncryptionConfiguration": [default]}


def unchangeable(reason: str) -> dict[str, str]:
    """Leaves out what updates on moto."""
    tests = ("every_update_reads_back_and_can_be_taken_back", "an_update_converges_whichever_reply_is_lost")
    return {f"moto:{test}": reason for test in tests}


def attribute(name: str, type: str = "S") -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": type}


def key(name: str, type: str = "HASH") -> dict[str, str]:
    return {"AttributeName": name, "KeyType": type}


def index(name: str, *keys: dict[str, str]) -> dict[str, object]:
    return {"IndexName": name, "KeySchema": list(keys), "Projection": {"ProjectionType": "ALL"}}


def units(count: int) -> dict[str, int]:
    return {"ReadCapacityUnits": count, "WriteCapacityUnits": count}


def allows(principal: str, action: str, resource: object) -> dict[str, object]:
    statement = {
        "Sid": "Let",
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": action,
        "Resource": resource,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


CASES: tuple[Case, ...] = (
    QUEUE,
    Case(
        "AWS::SQS::Queue",
        {
            "QueueName": f"{NAME}.fifo",
            "FifoQueue": True,
            "ContentBasedDeduplication": True,
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
            "MaximumMessageSize": 4096,
            "MessageRetentionPeriod": 86_400,
        },
        updates=({"ContentBasedDeduplication": False, "MaximumMessageSize": 2048, "MessageRetentionPeriod": GONE},),
        label="fifo",
    ),
    Case(
        "AWS::SQS::Queue",
        {
            "QueueName": NAME,
            "RedrivePolicy": {"deadLetterTargetArn": of("dead", "Arn"), "maxReceiveCount": 5},
            "KmsMasterKeyId": "alias/aws/sqs",
        },
        updates=(
            {"RedrivePolicy": {"deadLetterTargetArn": of("dead", "Arn"), "maxReceiveCount": 3}},
            {"RedrivePolicy": GONE, "KmsMasterKeyId": GONE},
        ),
        needs={"dead": QUEUE},
        label="dead-letter",
    ),
    Case(
        "AWS::SQS::QueueInlinePolicy",
        {
            "Queue": of("queue", "QueueUrl"),
            "PolicyDocument": allows("sns.amazonaws.com", "sqs:SendMessage", of("queue", "Arn")),
        },
        updates=({"PolicyDocument": allows("events.amazonaws.com", "sqs:SendMessage", of("queue", "Arn"))},),
        needs={"queue": QUEUE},
        tagged=False,
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketName": NAME,
            "PublicAccessBlockConfiguration": CLOSED,
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": encrypted("AES256"),
            "VersioningConfiguration": {"Status": "Enabled"},
        },
        updates=(
            {"Tags": [{"Key": "team", "Value": "red"}], "VersioningConfiguration": GONE},
            {"BucketEncryption": encrypted("aws:kms", KMSMasterKeyID="alias/aws/s3"), "Tags": []},
            {"BucketEncryption": GONE, "PublicAccessBlockConfiguration": {**CLOSED, "BlockPublicPolicy": False}},
        ),
        skip=UNTAGGED,
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketName": CHOSEN,
            "VersioningConfiguration": {"Status": "Enabled"},
            "BucketEncryption": encrypted("AES256"),
        },
        updates=({"VersioningConfiguration": {"Status": "Suspended"}},),
        skip={
            ":what_was_made_by_hand_is_refused_and_left_alone": (
                "An empty bucket without tags under the very name that Panka makes is what a lost create left."
            )
        },
        label="named-by-panka",
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketName": NAME,
            "LifecycleConfiguration": {"Rules": [EXPIRES]},
            "CorsConfiguration": {
                "CorsRules": [
                    {
                        "AllowedOrigins": ["https://shop.example"],
                        "AllowedMethods": ["GET", "PUT"],
                        "AllowedHeaders": ["*"],
                        "ExposedHeaders": ["ETag"],
                        "MaxAge": 300,
                    }
                ]
            },
            "WebsiteConfiguration": {"IndexDocument": "index.html", "ErrorDocument": "error.html"},
        },
        updates=(
            {
                "LifecycleConfiguration": {"Rules": [EXPIRES, TIERS]},
                "WebsiteConfiguration": {"IndexDocument": "start.html"},
            },
            {"LifecycleConfiguration": GONE, "CorsConfiguration": GONE, "WebsiteConfiguration": GONE},
        ),
        skip=UNTAGGED,
        label="site",
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketName": NAME,
            "PublicAccessBlockConfiguration": dict.fromkeys(CLOSED, False),
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
            "AccessControl": "PublicRead",
        },
        updates=({"AccessControl": GONE, "PublicAccessBlockConfiguration": CLOSED},),
        skip=UNTAGGED,
        label="public",
    ),
    Case(
        "AWS::S3::Bucket",
        {
            "BucketName": NAME,
            "VersioningConfiguration": {"Status": "Enabled"},
            "ReplicationConfiguration": {
                "Role": "arn:aws:iam::123456789012:role/replicates",
                "Rules": [
                    {
                        "Id": "all",
                        "Status": "Enabled",
                        "Priority": 1,
                        "Filter": {"Prefix": ""},
                        "DeleteMarkerReplication": {"Status": "Disabled"},
                        "Destination": {"Bucket": of("copy", "Arn")},
                    }
                ],
            },
            "LoggingConfiguration": {"DestinationBucketName": of("logs", "BucketName"), "LogFilePrefix": "logs/"},
            "NotificationConfiguration": {
                "QueueConfigurations": [
                    {
                        "Event": "s3:ObjectCreated:*",
                        "Queue": of("queue", "Arn"),
                        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}},
                    }
                ]
            },
        },
        updates=({"ReplicationConfiguration": GONE, "LoggingConfiguration": GONE, "NotificationConfiguration": GONE},),
        needs={"copy": BUCKET, "logs": LOGS, "queue": QUEUE},
        skip=UNTAGGED,
        label="connected",
    ),
    Case(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": of("bucket", "BucketName"),
            "PolicyDocument": allows("cloudfront.amazonaws.com", "s3:GetObject", of("bucket", "Arn")),
        },
        updates=({"PolicyDocument": allows("logging.s3.amazonaws.com", "s3:PutObject", of("bucket", "Arn"))},),
        needs={"bucket": BUCKET},
        tagged=False,
    ),
    Case(
        "AWS::DynamoDB::Table",
        {
            "TableName": NAME,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("order"), attribute("customer"), attribute("day")],
            "KeySchema": [key("order")],
            "GlobalSecondaryIndexes": [index("by-customer", key("customer"), key("day", "RANGE"))],
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "DeletionProtectionEnabled": False,
        },
        updates=(
            {
                "GlobalSecondaryIndexes": [index("by-day", key("day")), index("by-customer", key("customer"))],
                "TimeToLiveSpecification": {"AttributeName": "ends", "Enabled": True},
            },
            {
                "AttributeDefinitions": [attribute("order")],
                "GlobalSecondaryIndexes": GONE,
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {
                "TimeToLiveSpecification": GONE,
                "PointInTimeRecoverySpecification": GONE,
                "Tags": [],
            },
        ),
    ),
    Case(
        "AWS::DynamoDB::Table",
        {
            "TableName": NAME,
            "AttributeDefinitions": [attribute("order"), attribute("line", "N"), attribute("state")],
            "KeySchema": [key("order"), key("line", "RANGE")],
            "ProvisionedThroughput": units(2),
            "LocalSecondaryIndexes": [index("by-state", key("order"), key("state", "RANGE"))],
            "GlobalSecondaryIndexes": [{**index("all-states", key("state")), "ProvisionedThroughput": units(1)}],
        },
        updates=(
            {"ProvisionedThroughput": units(3)},
            {"GlobalSecondaryIndexes": [{**index("all-states", key("state")), "ProvisionedThroughput": units(4)}]},
            {
                "BillingMode": "PAY_PER_REQUEST",
                "ProvisionedThroughput": GONE,
                "GlobalSecondaryIndexes": [index("all-states", key("state"))],
            },
        ),
        label="provisioned",
    ),
    Case(
        "AWS::DynamoDB::Table",
        {
            "TableName": NAME,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("id")],
            "KeySchema": [key("id")],
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        },
        updates=({"SSESpecification": GONE}, {"TableClass": "STANDARD_INFREQUENT_ACCESS"}),
        skip=unchangeable("moto takes changes of a table's encryption and class and ignores them."),
        label="encrypted",
    ),
    Case(
        "AWS::DynamoDB::Table",
        {
            "TableName": NAME,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("id")],
            "KeySchema": [key("id")],
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        },
        updates=({"StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}}, {"StreamSpecification": GONE}),
        skip=unchangeable("moto starts no second stream on a table that had one."),
        label="stream",
    ),
    Case(
        "AWS::SNS::Topic",
        {"TopicName": NAME, "DisplayName": "Orders", "KmsMasterKeyId": "alias/aws/sns"},
        updates=(
            {
                "DisplayName": "All orders",
                "DeliveryPolicy": {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}},
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"DisplayName": GONE, "KmsMasterKeyId": GONE, "Tags": []},
        ),
    ),
    Case(
        "AWS::SNS::Topic",
        {"TopicName": f"{NAME}.fifo", "FifoTopic": True, "ContentBasedDeduplication": True},
        updates=({"ContentBasedDeduplication": False},),
        label="fifo",
    ),
    Case(
        "AWS::SNS::Subscription",
        {
            "TopicArn": of("topic", "TopicArn"),
            "Protocol": "sqs",
            "Endpoint": of("queue", "Arn"),
            "RawMessageDelivery": True,
            "FilterPolicy": {"event": ["paid"]},
        },
        updates=(
            {"RawMessageDelivery": False, "FilterPolicy": {"event": ["paid", "sent"]}},
            {"FilterPolicyScope": "MessageBody", "RedrivePolicy": {"deadLetterTargetArn": of("dead", "Arn")}},
            {"FilterPolicy": GONE, "FilterPolicyScope": GONE, "RedrivePolicy": GONE, "RawMessageDelivery": GONE},
        ),
        needs={"topic": TOPIC, "queue": QUEUE, "dead": QUEUE},
        tagged=False,
    ),
)
