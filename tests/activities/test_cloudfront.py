"""What is special to CloudFront: whole configurations with their defaults, ETags, slow deployments, marks."""

import pytest
from tests.activities.conformance.cases_edge import ACCESS, SITE, host
from tests.activities.conformance.cases_edge import CASES as EDGE
from tests.activities.conformance.stage import FORCED, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.cloudfront import DistributionProvider
from panka.activities.providers.cloudfront_changes import latest, mark_in
from panka.activities.providers.cloudfront_policies import CachePolicyProvider
from panka.activities.providers.cloudfront_shapes import configuration, observed
from panka.activities.providers.provider import Readiness, Ready, Waiting
from panka.activities.providers.shapes import covers
from panka.planner.resource import Properties

DISTRIBUTION = next(case for case in EDGE if case.type == "AWS::CloudFront::Distribution")
LIVE = {
    "CallerReference": "token",
    "Aliases": {"Quantity": 0},
    "DefaultRootObject": "",
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "web",
                "DomainName": "web.shop.example",
                "OriginPath": "",
                "CustomHeaders": {"Quantity": 0},
                "CustomOriginConfig": {
                    "HTTPPort": 80,
                    "HTTPSPort": 443,
                    "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                    "OriginReadTimeout": 30,
                    "OriginKeepaliveTimeout": 5,
                    "IpAddressType": "ipv4",
                },
                "ConnectionAttempts": 3,
                "ConnectionTimeout": 10,
                "OriginShield": {"Enabled": False},
                "OriginAccessControlId": "",
            }
        ],
    },
    "OriginGroups": {"Quantity": 0},
    "DefaultCacheBehavior": {
        "TargetOriginId": "web",
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {
            "Quantity": 7,
            "Items": ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"],
            "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
        },
        "SmoothStreaming": False,
        "Compress": True,
        "LambdaFunctionAssociations": {"Quantity": 0},
        "FunctionAssociations": {"Quantity": 0},
        "FieldLevelEncryptionId": "",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        "GrpcConfig": {"Enabled": False},
    },
    "CacheBehaviors": {"Quantity": 0},
    "CustomErrorResponses": {"Quantity": 0},
    "Comment": "",
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_100",
    "Enabled": True,
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2and3",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
    "ConnectionMode": "direct",
}
"""What AWS tells of `SITE`."""


def described(status: str, *, enabled: bool = True) -> Answer:
    config = f"<DistributionConfig><Enabled>{str(enabled).lower()}</Enabled></DistributionConfig>"
    body = f'<Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>E1</Id><Status>{status}</Status>{config}</Distribution>'
    return Answer(200, body.encode(), {"content-type": "text/xml", "etag": "E"})


def test_the_defaults_that_cloudfront_fills_in_are_no_drift() -> None:
    assert covers(configuration(observed(LIVE)), configuration(SITE))


@pytest.mark.parametrize(
    "change",
    [
        {"Aliases": ["shop.example"]},
        {"Comment": "The shop"},
        {"HttpVersion": "http2"},
        {"Logging": {"Bucket": "logs.s3.amazonaws.com"}},
        {"WebACLId": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/1"},
        {"Origins": [host("web", OriginPath="/v1")]},
        {"Origins": [host("web", OriginAccessControlId="E1")]},
        {"DefaultCacheBehavior": {**SITE["DefaultCacheBehavior"], "ResponseHeadersPolicyId": "p"}},
        {"DefaultCacheBehavior": {**SITE["DefaultCacheBehavior"], "AllowedMethods": ["GET", "HEAD"]}},
        {"DefaultCacheBehavior": {**SITE["DefaultCacheBehavior"], "TrustedKeyGroups": ["k"]}},
        {"ViewerCertificate": {"AcmCertificateArn": "arn", "SslSupportMethod": "sni-only"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_added_is_a_change_and_so_is_what_is_taken_away(change: Properties) -> None:
    plain, more = configuration(SITE), configuration({**SITE, **change})

    assert not covers(plain, more)
    assert not covers(more, plain)


def test_what_is_told_is_what_was_asked_for() -> None:
    for update in ({}, *DISTRIBUTION.updates):
        asked = configuration({**DISTRIBUTION.properties, **update}["DistributionConfig"])

        assert configuration(observed({**asked, "CallerReference": "token"})) == asked


def test_a_behaviour_with_a_cache_policy_says_nothing_of_times() -> None:
    with_policy = configuration(SITE)["DefaultCacheBehavior"]
    without = configuration(
        {
            **SITE,
            "DefaultCacheBehavior": {
                "TargetOriginId": "web",
                "ViewerProtocolPolicy": "https-only",
                "ForwardedValues": {"QueryString": False},
            },
        }
    )["DefaultCacheBehavior"]

    assert {"MinTTL", "DefaultTTL", "MaxTTL", "ForwardedValues"}.isdisjoint(with_policy)
    assert (without["MinTTL"], without["DefaultTTL"], without["MaxTTL"]) == (0, 86_400, 31_536_000)
    assert without["ForwardedValues"]["Cookies"] == {"Forward": "none"}


async def test_a_create_with_a_token_that_was_used_finds_what_it_made(cloud: Cloud) -> None:
    stage = await staged(DISTRIBUTION, cloud)

    first = await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert await stage.provider.create(stage.owner, stage.properties(), stage.token) == first


@pytest.mark.parametrize(
    ("status", "expected"),
    [("InProgress", Waiting("CloudFront is deploying it to its edges")), ("Deployed", Ready())],
)
async def test_a_distribution_is_ready_when_it_is_deployed(
    cloud: Cloud, faults: Faults, status: str, expected: Readiness
) -> None:
    faults.instead = described(status)

    assert await DistributionProvider(cloud).ready("E1") == expected


async def test_a_distribution_is_deleted_when_it_has_left_the_edges(cloud: Cloud, faults: Faults) -> None:
    faults.instead = described("InProgress", enabled=False)

    with pytest.raises(TryLater, match="off its edges"):
        await DistributionProvider(cloud).delete("E1", FORCED)

    assert faults.mutations == []


async def test_a_property_inside_the_configuration_that_cannot_be_set_is_refused(cloud: Cloud) -> None:
    wanted = {"DistributionConfig": {**SITE, "TenantConfig": {}, "CNAMEs": ["shop.example"]}}

    with pytest.raises(AwsError, match="cannot set CNAMEs, TenantConfig of AWS::CloudFront::Distribution"):
        await DistributionProvider(cloud).update("E1", wanted, wanted)


async def test_a_comment_keeps_the_mark_of_its_owner_and_does_not_tell_it(cloud: Cloud) -> None:
    stage = await staged(ACCESS, cloud)
    id = await stage.apply(stage.properties())
    before = (await stage.live(id)).properties
    config = {**before["OriginAccessControlConfig"], "Description": "For tests"}

    await stage.provider.update(id, before, {"OriginAccessControlConfig": config})

    live = await cloud.call("cloudfront", "get_origin_access_control", Id=id)
    comment = live["OriginAccessControl"]["OriginAccessControlConfig"]["Description"]
    assert comment == f"For tests {mark_in(comment)}"
    assert mark_in(comment)
    assert (await stage.live(id)).properties == {"OriginAccessControlConfig": config}


async def test_a_change_that_met_another_is_made_to_what_is_there_now(cloud: Cloud, endpoint: str) -> None:
    if endpoint == "moto":
        pytest.skip("It takes any ETag.")
    stage = await staged(ACCESS, cloud)
    id = await stage.apply(stage.properties())
    stale = await cloud.call("cloudfront", "get_origin_access_control_config", Id=id)
    config = {**stale["OriginAccessControlConfig"], "SigningBehavior": "never"}
    await change_access(cloud, id, stale["ETag"], config)
    seen = iter([stale, await cloud.call("cloudfront", "get_origin_access_control_config", Id=id)])

    async def read() -> Properties:
        return next(seen)

    await latest(read, lambda live: change_access(cloud, id, live["ETag"], {**config, "Description": "Second"}))

    last = await cloud.call("cloudfront", "get_origin_access_control_config", Id=id)
    assert last["OriginAccessControlConfig"] == {**config, "Description": "Second"}


async def change_access(cloud: Cloud, id: str, etag: str, config: Properties) -> None:
    changed = {"Id": id, "IfMatch": etag, "OriginAccessControlConfig": config}
    await cloud.call("cloudfront", "update_origin_access_control", **changed)


async def test_what_is_still_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    error = "<Error><Code>CachePolicyInUse</Code><Message>It is attached to a behavior.</Message></Error>"
    faults.instead = Answer(409, f"<ErrorResponse>{error}</ErrorResponse>".encode(), {"content-type": "text/xml"})

    with pytest.raises(TryLater, match="cache policy is still in use"):
        await CachePolicyProvider(cloud).delete("policy", FORCED)
