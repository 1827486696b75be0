from typing import Any

import pytest

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/x"


def test_a_bucket_is_cached_and_signed_for_and_a_host_is_passed_through(bench: Any) -> None:
    spec = {
        "origins": [{"id": "files", "component": "files"}, {"id": "api", "domainName": "api.example", "path": "/v1"}],
        "behaviors": [{"path": "/api/*", "origin": "api"}],
        "aliases": ["shop.example"],
        "certificateArn": CERTIFICATE,
    }

    lowered = bench.lower("CloudFront", spec, uses={"files": bench.used("S3", {}, "files")})

    parts = bench.parts(lowered)
    said = parts["main"].properties["DistributionConfig"]
    files, api = said["Origins"]
    assert files["OriginAccessControlId"] == parts["access"].ref("Id")
    assert (api["OriginPath"], api["CustomOriginConfig"]["OriginProtocolPolicy"]) == ("/v1", "https-only")
    assert said["DefaultCacheBehavior"]["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert "DELETE" in said["CacheBehaviors"][0]["AllowedMethods"]
    assert said["ViewerCertificate"]["AcmCertificateArn"] == CERTIFICATE
    (asked,) = lowered.inbound
    assert asked.statement["Condition"] == {"StringEquals": {"AWS:SourceArn": lowered.outputs["arn"]}}


def test_without_buckets_nothing_is_signed(bench: Any) -> None:
    parts = bench.parts(bench.lower("CloudFront", {"origins": [{"id": "a", "domainName": "a.example"}]}))

    assert parts.keys() == {"main"}


ORIGINS = [{"id": "a", "domainName": "a.example"}]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"origins": []}, "PK311"),
        ({"origins": ORIGINS * 2}, "PK309"),
        ({"origins": ORIGINS, "behaviors": [{"path": "/x", "origin": "b"}]}, "PK340"),
        ({"origins": ORIGINS, "aliases": ["a.example"]}, "PK311"),
        ({"origins": ORIGINS, "waf": "arn:aws:wafv2:eu-west-1:1:x"}, "PK341"),
        ({"origins": ORIGINS, "defaultBehavior": {"cachePolicy": "Always"}}, "PK301"),
        ({"origins": [{"id": "a", "component": "jobs"}]}, "PK313"),
        ({"origins": [{"id": "a"}]}, "PK310"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    assert bench.refused("CloudFront", spec, uses={"jobs": bench.used("SQS", {}, "jobs")}) == code
