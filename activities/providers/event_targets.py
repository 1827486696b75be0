"""What rules and schedules invoke, between CloudFormation's spelling and that of the services."""

from panka.activities.providers.shapes import renamed
from panka.planner.resource import Properties

_SMALL = {
    "Base": "base",
    "CapacityProvider": "capacityProvider",
    "Expression": "expression",
    "Field": "field",
    "Type": "type",
    "Weight": "weight",
}
RULE = {
    **_SMALL,
    "AwsVpcConfiguration": "awsvpcConfiguration",
    "PlacementStrategies": "PlacementStrategy",
    "TagList": "Tags",
}
"""The words of a rule's target for which EventBridge has others."""
SCHEDULE = {**_SMALL, "AwsvpcConfiguration": "awsvpcConfiguration"}
"""The words of a schedule's target for which Scheduler has others."""
_FREE = frozenset({"HeaderParameters", "InputPathsMap", "QueryStringParameters", "TagList", "Tags"})


def taken(target: Properties, words: dict[str, str]) -> Properties:
    """A target as the service takes it."""
    shaped: Properties = renamed(target, lambda key: words.get(key, key), _FREE)
    return shaped


def told(target: Properties, words: dict[str, str]) -> Properties:
    """A target of the service as properties hold it."""
    back = {api: cfn for cfn, api in words.items()}
    shaped: Properties = renamed(target, lambda key: back.get(key, key), _FREE)
    return shaped
