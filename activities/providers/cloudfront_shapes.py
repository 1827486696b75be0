"""Between CloudFormation's shapes of CloudFront's properties and those of its API, both ways.

The API wraps every list as `{Quantity, Items}`, takes whole configurations and tells them with all its defaults.
"""

from collections.abc import Mapping
from typing import Any

from panka.planner.resource import Properties

_SPELLED = {
    "AcmCertificateArn": "ACMCertificateArn",
    "IPV6Enabled": "IsIPV6Enabled",
    "IamCertificateId": "IAMCertificateId",
    "OriginCustomHeaders": "CustomHeaders",
    "OriginSSLProtocols": "OriginSslProtocols",
    "SslSupportMethod": "SSLSupportMethod",
}
"""Properties that the API spells otherwise."""
_READ = {api: name for name, api in _SPELLED.items()}
_COUNTED = frozenset({"Members", "OriginGroups", "StatusCodes"})
"""Lists that CloudFormation wraps as the API does."""
_WRAPPED = _COUNTED | {
    "AccessControlAllowHeaders",
    "AccessControlAllowMethods",
    "AccessControlAllowOrigins",
    "AccessControlExposeHeaders",
    "CustomHeadersConfig",
    "RemoveHeadersConfig",
}
"""These and lists that CloudFormation wraps without their quantity."""
_SWITCHED = frozenset({"TrustedKeyGroups", "TrustedSigners"})
"""Lists that the API wants to be switched on."""
_RANKED = frozenset({"CacheBehaviors", "Members"})
"""Lists whose order says something."""
_KEYS = ("Id", "ErrorCode", "EventType", "HeaderName", "Header")
"""What tells the members of other lists apart."""
_LEFT_OUT = frozenset(
    {
        "CachePolicyId",
        "ContinuousDeploymentPolicyId",
        "OriginAccessControlId",
        "OriginRequestPolicyId",
        "RealtimeLogConfigArn",
        "ResponseHeadersPolicyId",
    }
)
"""Ids that the API is not told where there are none; it takes other texts empty."""
_UNSETTABLE = frozenset({"CallerReference", "Certificate", "CertificateSource", "OriginHttpVersion"})
"""What the API tells and CloudFormation knows no property for."""

SETTABLE = (
    "Aliases",
    "CacheBehaviors",
    "Comment",
    "ContinuousDeploymentPolicyId",
    "CustomErrorResponses",
    "DefaultCacheBehavior",
    "DefaultRootObject",
    "Enabled",
    "HttpVersion",
    "IPV6Enabled",
    "Logging",
    "OriginGroups",
    "Origins",
    "PriceClass",
    "Restrictions",
    "Staging",
    "ViewerCertificate",
    "WebACLId",
)
"""What a distribution's configuration may say."""
_DISTRIBUTION: Properties = {
    "Aliases": [],
    "CacheBehaviors": [],
    "Comment": "",
    "ContinuousDeploymentPolicyId": "",
    "CustomErrorResponses": [],
    "DefaultRootObject": "",
    "HttpVersion": "http1.1",
    "IPV6Enabled": False,
    "Logging": {},
    "OriginGroups": {"Items": []},
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none"}},
    "Staging": False,
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
    "WebACLId": "",
}
_BEHAVIOR: Properties = {
    "AllowedMethods": ["GET", "HEAD"],
    "CachePolicyId": "",
    "CachedMethods": ["GET", "HEAD"],
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "FunctionAssociations": [],
    "GrpcConfig": {"Enabled": False},
    "LambdaFunctionAssociations": [],
    "OriginRequestPolicyId": "",
    "RealtimeLogConfigArn": "",
    "ResponseHeadersPolicyId": "",
    "SmoothStreaming": False,
    "TrustedKeyGroups": [],
    "TrustedSigners": [],
}
_WITHOUT_POLICY: Properties = {"DefaultTTL": 86_400, "MaxTTL": 31_536_000, "MinTTL": 0}
"""What a behaviour says only where no cache policy does."""
_FORWARDED: Properties = {"Cookies": {"Forward": "none"}, "Headers": [], "QueryStringCacheKeys": []}
_ORIGIN: Properties = {
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginAccessControlId": "",
    "OriginCustomHeaders": [],
    "OriginPath": "",
    "OriginShield": {"Enabled": False},
}
_ORIGINS: dict[str, Properties] = {
    "CustomOriginConfig": {
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginKeepaliveTimeout": 5,
        "OriginReadTimeout": 30,
        # CloudFront documents no default; this is the safe one.
        "OriginSSLProtocols": ["TLSv1.2"],
    },
    "S3OriginConfig": {"OriginAccessIdentity": ""},
    "VpcOriginConfig": {"OriginKeepaliveTimeout": 5, "OriginReadTimeout": 30},
}
_ERROR: Properties = {"ErrorCachingMinTTL": 300, "ResponseCode": "", "ResponsePagePath": ""}
_LOGGING: Properties = {"Bucket": "", "IncludeCookies": False, "Prefix": ""}


def configuration(wanted: Properties) -> dict[str, Any]:
    """A distribution's configuration in the API's shape: whole, every default said, lists in one order."""
    said = {**_DISTRIBUTION, **wanted}
    said["DefaultCacheBehavior"] = _behavior(said["DefaultCacheBehavior"])
    said["CacheBehaviors"] = [_behavior(one) for one in said["CacheBehaviors"]]
    said["Origins"] = [_origin(one) for one in said.get("Origins", [])]
    said["CustomErrorResponses"] = [{**_ERROR, **one} for one in said["CustomErrorResponses"]]
    said["ViewerCertificate"] = _certificate(said["ViewerCertificate"])
    logging = {**_LOGGING, **said["Logging"]}
    said["Logging"] = {"Enabled": bool(logging["Bucket"]), **logging}
    return dict(asked(said))


def sendable(value: Any) -> Any:
    """A configuration as the API takes it: without the ids of what there is none of."""
    if isinstance(value, dict):
        return {name: sendable(item) for name, item in value.items() if item != "" or name not in _LEFT_OUT}
    return [sendable(one) for one in value] if isinstance(value, list) else value


def observed(live: Mapping[str, Any]) -> Properties:
    """A distribution's configuration as properties hold it."""
    told: Properties = told_of(live)
    logging = told.pop("Logging", {})
    if logging.pop("Enabled", False):
        told["Logging"] = logging
    return told


def asked(value: Any, name: str = "") -> Any:
    """The value of a property as the API takes it."""
    if isinstance(value, dict):
        return _asked_block(value, name)
    if isinstance(value, list):
        return _listed(value, name)
    return str(value) if name == "ResponseCode" else value


def told_of(value: Any, name: str = "") -> Any:
    """What the API tells as the value of a property."""
    if isinstance(value, dict):
        return _told_block(value, name)
    if isinstance(value, list):
        return [told_of(one) for one in value]
    return int(value) if name == "ResponseCode" else value


def _asked_block(block: Properties, name: str) -> dict[str, Any]:
    if name in _WRAPPED:
        return _listed(block.get("Items", []), name)
    if name == "GeoRestriction":
        return {"RestrictionType": block["RestrictionType"], **_listed(block.get("Locations", []), "Locations")}
    made = {_SPELLED.get(key, key): asked(item, key) for key, item in block.items()}
    if "CachedMethods" in made:
        made["AllowedMethods"]["CachedMethods"] = made.pop("CachedMethods")
    return made


def _listed(items: list[Any], name: str) -> dict[str, Any]:
    listed: dict[str, Any] = {"Enabled": bool(items)} if name in _SWITCHED else {}
    listed["Quantity"] = len(items)
    if items:
        listed["Items"] = [asked(one) for one in (items if name in _RANKED else sorted(items, key=_key))]
    return listed


def _key(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    return next((str(item[key]) for key in _KEYS if key in item), "")


def _told_block(block: Mapping[str, Any], name: str) -> Any:
    if "Quantity" in block:
        items = [told_of(one) for one in block.get("Items") or []]
        if name == "GeoRestriction":
            return {"RestrictionType": block["RestrictionType"], "Locations": items}
        if name in _COUNTED:
            return {"Quantity": len(items), "Items": items}
        return {"Items": items} if name in _WRAPPED else items
    told = {
        _READ.get(key, key): told_of(item, key)
        for key, item in block.items()
        if key not in _UNSETTABLE and (key, item) != ("ResponseCode", "")
    }
    if "AllowedMethods" in block:
        told["CachedMethods"] = told_of(block["AllowedMethods"].get("CachedMethods", {"Quantity": 0}))
    return told


def _behavior(said: Properties) -> Properties:
    full = {**_BEHAVIOR, **said}
    if "ForwardedValues" in full:
        full["ForwardedValues"] = {**_FORWARDED, **full["ForwardedValues"]}
    if full["CachePolicyId"]:
        return {name: value for name, value in full.items() if name not in (*_WITHOUT_POLICY, "ForwardedValues")}
    return {**_WITHOUT_POLICY, **full}


def _origin(said: Properties) -> Properties:
    full = {**_ORIGIN, **said}
    if not any(name in full for name in _ORIGINS):
        full["S3OriginConfig"] = {}
    for name, defaults in _ORIGINS.items():
        if name in full:
            full[name] = {**defaults, **full[name]}
    return full


def _certificate(said: Properties) -> Properties:
    if said.get("CloudFrontDefaultCertificate"):
        # The rest comes with it.
        return {"CloudFrontDefaultCertificate": True}
    return {"MinimumProtocolVersion": "TLSv1", **said, "CloudFrontDefaultCertificate": False}
