"""A bucket's configurations between CloudFormation's shapes and those of S3's API."""

from collections.abc import Callable
from typing import Any

from panka.planner.resource import Properties

Shape = Callable[[Any], Any]


def _renaming(pairs: dict[str, str], inner: dict[str, tuple[Shape, Shape]] | None = None) -> tuple[Shape, Shape]:
    """Both ways of a mapping whose keys are called otherwise; keys without a pair keep their names.

    `inner` has the two ways of values, by CloudFormation's key.
    """
    deeper = inner or {}
    back = {api: cfn for cfn, api in pairs.items()}

    def to_api(value: Properties) -> Properties:
        return {
            pairs.get(key, key): deeper[key][0](item) if key in deeper else item
            for key, item in value.items()
            if item is not None
        }

    def from_api(value: Properties) -> Properties:
        named = {back.get(key, key): item for key, item in value.items()}
        return {key: deeper[key][1](item) if key in deeper else item for key, item in named.items()}

    return to_api, from_api


def _each(shape: tuple[Shape, Shape]) -> tuple[Shape, Shape]:
    to_api, from_api = shape
    return (lambda items: [to_api(item) for item in items], lambda items: [from_api(item) for item in items])


_TRANSITION = _renaming({"TransitionInDays": "Days", "TransitionDate": "Date"})
_NONCURRENT_TRANSITION = _renaming({"TransitionInDays": "NoncurrentDays"})
_RULE_PARTS: dict[str, tuple[Shape, Shape]] = {
    "Transitions": _each(_TRANSITION),
    "NoncurrentVersionTransitions": _each(_NONCURRENT_TRANSITION),
}
_EXPIRATION = {"ExpirationInDays": "Days", "ExpirationDate": "Date", "ExpiredObjectDeleteMarker": None}
_CONDITIONS = ("Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
_PLAIN = ("Status", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")


def _rule_to_api(rule: Properties) -> Properties:
    made: Properties = {name: rule[name] for name in _PLAIN if name in rule}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    made["Filter"] = _filter_to_api({name: rule[name] for name in _CONDITIONS if rule.get(name) not in (None, "", [])})
    expiration = {api or cfn: rule[cfn] for cfn, api in _EXPIRATION.items() if rule.get(cfn)}
    if expiration:
        made["Expiration"] = expiration
    for name, (to_api, _) in _RULE_PARTS.items():
        if name in rule:
            made[name] = to_api(rule[name])
    return made


def _filter_to_api(conditions: Properties) -> Properties:
    sizes = {name: int(conditions[name]) for name in _CONDITIONS[2:] if name in conditions}
    tags = conditions.get("TagFilters", [])
    if len(tags) + len(sizes) + ("Prefix" in conditions) > 1:
        both = {"Prefix": conditions["Prefix"]} if "Prefix" in conditions else {}
        return {"And": {**both, **({"Tags": tags} if tags else {}), **sizes}}
    if tags:
        return {"Tag": tags[0]}
    return sizes or {"Prefix": conditions.get("Prefix", "")}


def _rule_from_api(rule: Properties) -> Properties:
    told: Properties = {name: rule[name] for name in _PLAIN if name in rule}
    if "ID" in rule:
        told["Id"] = rule["ID"]
    # A prefix beside the filter is how rules were written before there were filters.
    found = {"Prefix": rule.get("Prefix", ""), **rule.get("Filter", {})}
    found |= found.pop("And", {})
    tags = found.get("Tags") or ([found["Tag"]] if "Tag" in found else [])
    told |= {name: str(found[name]) for name in ("Prefix", *_CONDITIONS[2:]) if found.get(name)}
    if tags:
        told["TagFilters"] = tags
    expiration = rule.get("Expiration", {})
    told |= {cfn: expiration[api or cfn] for cfn, api in _EXPIRATION.items() if expiration.get(api or cfn)}
    for name, (_, from_api) in _RULE_PARTS.items():
        if rule.get(name):
            told[name] = from_api(rule[name])
    return told


LIFECYCLE = _renaming({}, {"Rules": _each((_rule_to_api, _rule_from_api))})
CORS = _renaming(
    {"CorsRules": "CORSRules"},
    {"CorsRules": _each(_renaming({"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}))},
)
WEBSITE = _renaming(
    {},
    {
        "IndexDocument": (lambda suffix: {"Suffix": suffix}, lambda told: told["Suffix"]),
        "ErrorDocument": (lambda key: {"Key": key}, lambda told: told["Key"]),
        "RoutingRules": _each(_renaming({"RedirectRule": "Redirect", "RoutingRuleCondition": "Condition"})),
    },
)
ENCRYPTION = _renaming(
    {"ServerSideEncryptionConfiguration": "Rules"},
    {
        "ServerSideEncryptionConfiguration": _each(
            _renaming({"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"})
        )
    },
)
_LOG_TARGET = _renaming({"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"})
LOGGING: tuple[Shape, Shape] = (
    # S3 wants a prefix, even an empty one.
    lambda value: {"LoggingEnabled": {"TargetPrefix": "", **_LOG_TARGET[0](value)}} if value else {},
    lambda told: _LOG_TARGET[1](told["LoggingEnabled"]) if "LoggingEnabled" in told else {},
)
_AND = _renaming({"TagFilters": "Tags"})
_FILTER = _renaming({"TagFilter": "Tag"}, {"And": _AND})
REPLICATION = _renaming({}, {"Rules": _each(_renaming({"Id": "ID"}, {"Filter": _FILTER}))})
ACCELERATION = _renaming({"AccelerationStatus": "Status"})
SAME = _renaming({})

_TARGETS = {
    # CloudFormation's list and its key for the target; S3's list and key
    "LambdaConfigurations": ("Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    "QueueConfigurations": ("Queue", "QueueConfigurations", "QueueArn"),
    "TopicConfigurations": ("Topic", "TopicConfigurations", "TopicArn"),
}


def _notification_to_api(value: Properties) -> Properties:
    made: Properties = {}
    for name, (target, list_name, arn) in _TARGETS.items():
        if value.get(name):
            made[list_name] = [{arn: one[target], "Events": [one["Event"]], **_key_filter(one)} for one in value[name]]
    if value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", "EventBridgeConfiguration" in value):
        made["EventBridgeConfiguration"] = {}
    return made


def _key_filter(one: Properties) -> Properties:
    rules = one.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    return {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}


def _notification_from_api(told: Properties) -> Properties:
    """One entry per event, as CloudFormation has it, though S3 lists several in one, and in any order."""
    value: Properties = {}
    for name, (target, list_name, arn) in _TARGETS.items():
        entries = [
            {"Event": event, target: one[arn], **_told_filter(one)}
            for one in told.get(list_name, [])
            for event in one["Events"]
        ]
        if entries:
            value[name] = sorted(entries, key=repr)
    if "EventBridgeConfiguration" in told:
        value["EventBridgeConfiguration"] = {"EventBridgeEnabled": True}
    return value


def _told_filter(one: Properties) -> Properties:
    rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    # S3 tells `Prefix` of what was set as `prefix`.
    lowered = [{"Name": rule["Name"].lower(), "Value": rule["Value"]} for rule in rules]
    return {"Filter": {"S3Key": {"Rules": lowered}}} if lowered else {}


NOTIFICATION = (_notification_to_api, _notification_from_api)

_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
_ANY_ACCOUNT = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOG_WRITERS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_CANNED: dict[frozenset[tuple[str, str]], str] = {
    frozenset(): "Private",
    frozenset({(_EVERYBODY, "READ")}): "PublicRead",
    frozenset({(_EVERYBODY, "READ"), (_EVERYBODY, "WRITE")}): "PublicReadWrite",
    frozenset({(_ANY_ACCOUNT, "READ")}): "AuthenticatedRead",
    frozenset({(_LOG_WRITERS, "WRITE"), (_LOG_WRITERS, "READ_ACP")}): "LogDeliveryWrite",
}


def _acl_to_api(name: str) -> str:
    """`PublicRead` as `public-read`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")


def _acl_from_api(told: Properties) -> str | None:
    """The canned ACL that these grants are; None for others."""
    grants = frozenset(
        (grant["Grantee"]["URI"], grant["Permission"]) for grant in told.get("Grants", []) if "URI" in grant["Grantee"]
    )
    return _CANNED.get(grants)


ACL = (_acl_to_api, _acl_from_api)
