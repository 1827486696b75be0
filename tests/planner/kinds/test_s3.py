from typing import Any

import pytest

from panka.planner.resource import text


def test_a_bucket_is_private_encrypted_and_tls_only(bench: Any) -> None:
    parts = bench.parts(bench.lower("S3", {}))

    bucket = parts["main"].properties
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (statement,) = parts["policy"].properties["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert parts["main"].name.limit == 63


def test_a_name_of_ones_own_is_used_as_written_and_force_is_kept(bench: Any) -> None:
    spec = {"bucket": {"name": "my-bucket", "forceDestroy": "true", "tags": {"team": "shop"}}}

    bucket = bench.parts(bench.lower("S3", spec))["main"]

    assert bucket.name is None
    assert bucket.properties["BucketName"] == "my-bucket"
    assert bucket.lifecycle.force is True
    assert bucket.tags == {"team": "shop"}


def test_a_key_means_kms(bench: Any) -> None:
    bucket = bench.parts(bench.lower("S3", {"encryption": {"kmsKeyId": "alias/mine"}}))["main"].properties

    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/mine"}


@pytest.mark.parametrize("wrap", [lambda rules: rules, lambda rules: {"retain": True, "rules": rules}])
def test_lifecycle_is_a_list_of_rules_or_a_map_that_holds_them(bench: Any, wrap: Any) -> None:
    rules = [
        {"prefix": "logs/", "transitions": [{"days": 30, "storageClass": "GLACIER"}], "expiration": {"days": "365"}},
        {"id": "old", "enabled": False, "noncurrentVersionExpiration": {"days": 7}},
    ]

    bucket = bench.parts(bench.lower("S3", {"lifecycle": wrap(rules)}))["main"].properties

    assert bucket["LifecycleConfiguration"]["Rules"] == [
        {
            "Id": "rule-1",
            "Status": "Enabled",
            "Prefix": "logs/",
            "Transitions": [{"TransitionInDays": 30, "StorageClass": "GLACIER"}],
            "ExpirationInDays": 365,
        },
        {
            "Id": "old",
            "Status": "Disabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
        },
    ]


def test_cors_and_website_have_their_properties(bench: Any) -> None:
    spec = {
        "cors": {"allowedOrigins": ["*"], "allowedMethods": ["GET"], "maxAgeSeconds": 60},
        "website": {"errorDocument": "404.html"},
    }

    lowered = bench.lower("S3", spec)

    bucket = bench.parts(lowered)["main"]
    (rule,) = bucket.properties["CorsConfiguration"]["CorsRules"]
    assert rule == {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "MaxAge": 60}
    assert bucket.properties["WebsiteConfiguration"] == {"IndexDocument": "index.html", "ErrorDocument": "404.html"}
    assert lowered.outputs["websiteUrl"] == bucket.ref("WebsiteURL")


def test_a_website_is_public_only_when_the_block_lets_policies_be(bench: Any) -> None:
    opened = {"blockPublicPolicy": False, "restrictPublicBuckets": False}

    closed = bench.parts(bench.lower("S3", {"website": {}}))["policy"]
    public = bench.parts(bench.lower("S3", {"website": {}, "publicAccessBlock": opened}))["policy"]

    effects = [policy.properties["PolicyDocument"]["Statement"][0]["Effect"] for policy in (closed, public)]
    assert effects == ["Deny", "Allow"]


def test_a_public_acl_comes_with_ownership_that_allows_acls(bench: Any) -> None:
    spec = {
        "bucket": {"acl": "public-read"},
        "publicAccessBlock": {"blockPublicAcls": False, "ignorePublicAcls": False},
    }

    bucket = bench.parts(bench.lower("S3", spec))["main"].properties

    assert bucket["AccessControl"] == "PublicRead"
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_replication_makes_a_role_that_may_copy_there_alone(bench: Any) -> None:
    spec = {"versioning": {}, "replication": {"destinationBucket": "copies"}}

    parts = bench.parts(bench.lower("S3", spec))

    configuration = parts["main"].properties["ReplicationConfiguration"]
    assert configuration["Role"] == parts["replication-role"].ref("Arn")
    assert configuration["Rules"][0]["Destination"] == {"Bucket": "arn:aws:s3:::copies"}
    statements = parts["replication-policy"].properties["PolicyDocument"]["Statement"]
    assert statements[-1]["Resource"] == ["arn:aws:s3:::copies/*"]


def test_a_role_of_ones_own_replaces_that_of_replication(bench: Any) -> None:
    replication = {"destinationBucket": "${copies.bucketArn}", "roleArn": "arn:aws:iam::1:role/r"}

    parts = bench.parts(bench.lower("S3", {"versioning": {}, "replication": replication}))

    assert parts.keys() == {"main", "policy"}
    rule = parts["main"].properties["ReplicationConfiguration"]["Rules"][0]
    assert rule["Destination"] == {"Bucket": "${copies.bucketArn}"}


def test_rights_reach_the_bucket_and_its_objects(bench: Any) -> None:
    lowered = bench.lower("S3", {})

    arn = bench.parts(lowered)["main"].ref("Arn")
    listing, using = lowered.grants.statements
    assert listing["Resource"] == [arn]
    assert using["Resource"] == [text(arn, "/*")]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"bucket": {"acl": "public-read"}}, "PK308"),
        ({"bucket": {"name": "Upper"}}, "PK301"),
        ({"bucket": {"name": "1.2.3.4"}}, "PK301"),
        ({"encryption": {"enabled": False}}, "PK312"),
        ({"encryption": {"algorithm": "AES256", "kmsKeyId": "k"}}, "PK310"),
        ({"lifecycle": [{"prefix": "a"}]}, "PK311"),
        ({"lifecycle": [{"id": "a", "expiration": {"days": 1}}] * 2}, "PK309"),
        ({"replication": {"destinationBucket": "b"}}, "PK311"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    assert bench.refused("S3", spec) == code
