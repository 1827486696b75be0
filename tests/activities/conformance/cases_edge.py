"""Distributions and what they refer to, secrets, parameters, keys, and the rest of IAM."""

from dataclasses import replace

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import FUNCTION, ROLE, lets, trusts
from tests.activities.conformance.cases_storage import BUCKET, unchangeable

from panka.planner.resource import Properties

RED = [{"Key": "team", "Value": "red"}]
CACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
UNCACHED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def host(name: str, **more: object) -> Properties:
    return {
        "Id": name,
        "DomainName": f"{name}.shop.example",
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
        **more,
    }


def behavior(origin: str, **more: object) -> Properties:
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": UNCACHED,
        "Compress": True,
        **more,
    }


SITE: Properties = {
    "Enabled": True,
    "HttpVersion": "http2and3",
    "IPV6Enabled": True,
    "PriceClass": "PriceClass_100",
    "Origins": [host("web")],
    "DefaultCacheBehavior": behavior(
        "web",
        AllowedMethods=["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        OriginRequestPolicyId=ALL_BUT_HOST,
    ),
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
}
CERTIFICATE: Properties = {
    "AcmCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    "SslSupportMethod": "sni-only",
    "MinimumProtocolVersion": "TLSv1.2_2021",
}
ACCESS = Case(
    "AWS::CloudFront::OriginAccessControl",
    {
        "OriginAccessControlConfig": {
            "Name": NAME,
            "OriginAccessControlOriginType": "s3",
            "SigningBehavior": "always",
            "SigningProtocol": "sigv4",
        }
    },
    tagged=False,
)
ALL_OF_IT = {
    "Name": NAME,
    "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Accept", "X-Shop"]},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": ["page"]},
}
KEPT: Properties = {
    "Name": NAME,
    "Comment": "For tests",
    "DefaultTTL": 60,
    "MaxTTL": 600,
    "MinTTL": 1,
    "ParametersInCacheKeyAndForwardedToOrigin": {
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": True,
        **{name: value for name, value in ALL_OF_IT.items() if name != "Name"},
    },
}
HEADERS: Properties = {
    "Name": NAME,
    "Comment": "For tests",
    "CorsConfig": {
        "AccessControlAllowCredentials": False,
        "AccessControlAllowHeaders": {"Items": ["*"]},
        "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
        "AccessControlAllowOrigins": {"Items": ["https://shop.example"]},
        "AccessControlMaxAgeSec": 600,
        "OriginOverride": True,
    },
    "SecurityHeadersConfig": {
        "FrameOptions": {"FrameOption": "DENY", "Override": True},
        "StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000, "IncludeSubdomains": True, "Override": True},
    },
    "CustomHeadersConfig": {"Items": [{"Header": "X-Shop", "Value": "1", "Override": True}]},
    "RemoveHeadersConfig": {"Items": [{"Header": "Server"}]},
    "ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 50.0},
}

SECRET = Case(
    "AWS::SecretsManager::Secret",
    {"Name": NAME, "GenerateSecretString": {"PasswordLength": 20}},
    unread=frozenset({"GenerateSecretString"}),
)
KEY = Case("AWS::KMS::Key", {"Description": "For tests"}, unique=False)
RUNS = "function handler(event) {{ console.log('{}'); return event.request; }}"
NO_POLICIES = {"moto": "It has no cache policies and no policies of requests and headers."}


def root(*actions: str) -> Properties:
    statement = {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": of("@cloud", "Account")},
        "Action": list(actions),
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


CASES: tuple[Case, ...] = (
    Case(
        "AWS::CloudFront::Distribution",
        {"DistributionConfig": SITE},
        updates=(
            {
                "DistributionConfig": {
                    **SITE,
                    "Comment": "The shop",
                    "Aliases": [f"{NAME}.shop.example"],
                    "ViewerCertificate": CERTIFICATE,
                    "DefaultRootObject": "index.html",
                    "Origins": [host("api", OriginPath="/v1", ConnectionAttempts=2), host("web")],
                    "CacheBehaviors": [
                        behavior("api", PathPattern="/api/*", AllowedMethods=["GET", "HEAD"]),
                        behavior("web", PathPattern="*.html", CachePolicyId=CACHED),
                    ],
                    "CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": 200, "ResponsePagePath": "/404.html"}],
                },
                "Tags": RED,
            },
            {
                "DistributionConfig": {
                    **SITE,
                    "Enabled": False,
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "web",
                        "ViewerProtocolPolicy": "https-only",
                        "ForwardedValues": {
                            "QueryString": True,
                            "Headers": ["Accept"],
                            "Cookies": {"Forward": "whitelist", "WhitelistedNames": ["session"]},
                        },
                        "MinTTL": 10,
                    },
                    "Origins": [
                        host("spare"),
                        host("web", OriginCustomHeaders=[{"HeaderName": "X-From", "HeaderValue": "edge"}]),
                    ],
                    "OriginGroups": {
                        "Quantity": 1,
                        "Items": [
                            {
                                "Id": "both",
                                "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [500, 502]}},
                                "Members": {"Quantity": 2, "Items": [{"OriginId": "web"}, {"OriginId": "spare"}]},
                            }
                        ],
                    },
                    "Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", "Locations": ["DE", "FR"]}},
                    "Logging": {"Bucket": "logs.s3.amazonaws.com", "Prefix": "site/"},
                },
                "Tags": [],
            },
        ),
        unique=False,
        skip={"moto": "It keeps half of a configuration, and no ETag of it."},
    ),
    Case(
        "AWS::CloudFront::Distribution",
        {
            "DistributionConfig": {
                **SITE,
                "Origins": [
                    {
                        "Id": "pages",
                        "DomainName": of("pages", "RegionalDomainName"),
                        "OriginAccessControlId": of("access", "Id"),
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
                "DefaultCacheBehavior": behavior("pages", CachePolicyId=CACHED),
            }
        },
        needs={"pages": BUCKET, "access": ACCESS},
        unique=False,
        skip={"moto": "It keeps half of a configuration, and no ETag of it."},
        label="bucket",
    ),
    replace(
        ACCESS,
        updates=tuple(
            {"OriginAccessControlConfig": {**ACCESS.properties["OriginAccessControlConfig"], **change}}
            for change in ({"Description": "For tests", "SigningBehavior": "no-override"}, {"Description": "Other"})
        ),
    ),
    Case(
        "AWS::CloudFront::CachePolicy",
        {"CachePolicyConfig": KEPT},
        updates=({"CachePolicyConfig": {**KEPT, "Comment": "Other", "MaxTTL": 900}},),
        tagged=False,
        skip=NO_POLICIES,
    ),
    Case(
        "AWS::CloudFront::OriginRequestPolicy",
        {"OriginRequestPolicyConfig": ALL_OF_IT},
        updates=(
            {
                "OriginRequestPolicyConfig": {
                    **ALL_OF_IT,
                    "HeadersConfig": {"HeaderBehavior": "allViewer"},
                    "CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": ["session"]},
                }
            },
        ),
        tagged=False,
        skip=NO_POLICIES,
    ),
    Case(
        "AWS::CloudFront::ResponseHeadersPolicy",
        {"ResponseHeadersPolicyConfig": HEADERS},
        updates=(
            {"ResponseHeadersPolicyConfig": {"Name": NAME, "CorsConfig": HEADERS["CorsConfig"]}},
            {
                "ResponseHeadersPolicyConfig": {
                    "Name": NAME,
                    "CustomHeadersConfig": {"Items": [{"Header": "X-Shop", "Value": "2", "Override": False}]},
                }
            },
        ),
        tagged=False,
        skip=NO_POLICIES,
    ),
    Case(
        "AWS::CloudFront::Function",
        {
            "Name": NAME,
            "AutoPublish": True,
            "FunctionCode": RUNS.format("hello"),
            "FunctionConfig": {"Comment": "For tests", "Runtime": "cloudfront-js-2.0"},
        },
        updates=(
            {"FunctionCode": RUNS.format("hello again"), "Tags": RED},
            {"FunctionConfig": {"Comment": "Other", "Runtime": "cloudfront-js-2.0"}, "Tags": []},
        ),
        skip={"moto": "It neither changes nor publishes functions."},
    ),
    Case(
        "AWS::SecretsManager::Secret",
        {
            "Name": f"tests/{NAME}-value",
            "Description": "For tests",
            "GenerateSecretString": {
                "PasswordLength": 20,
                "ExcludeCharacters": "\"'@/\\",
                "SecretStringTemplate": '{"username": "panka"}',
                "GenerateStringKey": "password",
            },
        },
        updates=(
            {"Description": "Other", "KmsKeyId": "alias/tests", "Tags": RED},
            {"Description": GONE, "KmsKeyId": GONE, "Tags": []},
        ),
        unread=frozenset({"GenerateSecretString"}),
        skip={"moto:every_update_reads_back_and_can_be_taken_back": "moto takes an empty description for none."},
    ),
    Case(
        "AWS::SecretsManager::Secret",
        {"Name": NAME, "SecretString": "first", "ReplicaRegions": [{"Region": "eu-central-1"}]},
        updates=(
            {"SecretString": "second", "ReplicaRegions": [{"Region": "us-west-2"}]},
            {"ReplicaRegions": GONE},
        ),
        unread=frozenset({"SecretString"}),
        skip={"ministack": "It cannot take copies in other regions away again."},
        label="given",
    ),
    Case(
        "AWS::SecretsManager::RotationSchedule",
        {
            "SecretId": of("secret", "Id"),
            "RotationLambdaARN": of("function", "Arn"),
            "RotationRules": {"AutomaticallyAfterDays": 30},
            "RotateImmediatelyOnUpdate": False,
        },
        updates=({"RotationRules": {"AutomaticallyAfterDays": 7}},),
        needs={"secret": SECRET, "role": ROLE, "function": FUNCTION},
        tagged=False,
        unread=frozenset({"RotateImmediatelyOnUpdate"}),
        skip={"ministack": "It cannot end a rotation."},
    ),
    Case(
        "AWS::SecretsManager::ResourcePolicy",
        {"SecretId": of("secret", "Id"), "ResourcePolicy": root("secretsmanager:GetSecretValue")},
        updates=({"ResourcePolicy": root("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")},),
        needs={"secret": SECRET},
        tagged=False,
    ),
    Case(
        "AWS::SSM::Parameter",
        {
            "Name": f"/tests/{NAME}",
            "Type": "String",
            "Value": "24",
            "Description": "For tests",
            "AllowedPattern": "[0-9]+",
            "DataType": "text",
            "Tier": "Standard",
        },
        updates=(
            {"Value": "25", "Tags": {"team": "red"}},
            {"Description": GONE, "AllowedPattern": GONE, "Value": "many", "Tags": {}},
            {"Tier": "Advanced"},
        ),
    ),
    Case("AWS::SSM::Parameter", {"Name": NAME, "Type": "StringList", "Value": "a,b"}, label="list"),
    Case(
        "AWS::KMS::Key",
        {
            "Description": "For tests",
            "EnableKeyRotation": True,
            "KeyPolicy": root("kms:*"),
            "PendingWindowInDays": 7,
        },
        updates=(
            {"Description": "Other", "PendingWindowInDays": 10, "Enabled": False, "Tags": RED},
            {"Description": GONE, "EnableKeyRotation": GONE, "Enabled": True, "Tags": []},
            {"KeyPolicy": GONE, "PendingWindowInDays": GONE, "EnableKeyRotation": True, "RotationPeriodInDays": 180},
        ),
        unique=False,
        skip=unchangeable("moto forgets how often a key rotates."),
    ),
    Case(
        "AWS::KMS::Key",
        {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", "Enabled": False},
        updates=({"Enabled": True},),
        unique=False,
        skip={"ministack": "It makes no asymmetric keys as it is installed here."},
        label="signing",
    ),
    Case(
        "AWS::KMS::Alias",
        {"AliasName": f"alias/{NAME}", "TargetKeyId": of("key", "KeyId")},
        updates=({"TargetKeyId": of("other", "KeyId")},),
        needs={"key": KEY, "other": KEY},
        tagged=False,
    ),
    Case(
        "AWS::IAM::ManagedPolicy",
        {
            "ManagedPolicyName": NAME,
            "Path": "/tests/",
            "Description": "For tests",
            "PolicyDocument": lets("s3:GetObject"),
            "Roles": [of("role", "RoleName")],
        },
        updates=(
            {"PolicyDocument": lets("s3:GetObject", "s3:PutObject")},
            {"Roles": [of("other", "RoleName")]},
            {"Roles": GONE},
        ),
        needs={"role": ROLE, "other": ROLE},
        tagged=False,
    ),
    Case(
        "AWS::IAM::Policy",
        {
            "PolicyName": NAME,
            "PolicyDocument": lets("s3:GetObject"),
            "Roles": [of("role", "RoleName"), of("other", "RoleName")],
        },
        updates=({"PolicyDocument": lets("s3:GetObject", "s3:PutObject")},),
        needs={"role": ROLE, "other": ROLE},
        tagged=False,
    ),
    Case(
        "AWS::IAM::InstanceProfile",
        {"InstanceProfileName": NAME, "Path": "/tests/", "Roles": [of("role", "RoleName")]},
        updates=({"Roles": [of("other", "RoleName")]},),
        needs={
            "role": ROLE,
            "other": Case(
                "AWS::IAM::Role", {"RoleName": NAME, "AssumeRolePolicyDocument": trusts("ec2.amazonaws.com")}
            ),
        },
        tagged=False,
    ),
)
