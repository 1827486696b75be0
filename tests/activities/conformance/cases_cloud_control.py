"""Types that have no provider of their own, one of each sort."""

from tests.activities.conformance.case import GONE, NAME, Case, of

HERE = ("cloud_control",)
RED, BLUE = ([{"Key": "team", "Value": color}] for color in ("red", "blue"))
UNPROVEN = "Without tags only the token of its create proves whose it is, so nothing finds it."
UNTAGGED = {
    f":{test}": UNPROVEN
    for test in (
        "two_creates_with_one_token_make_one",
        "a_create_converges_whichever_reply_is_lost",
        "what_a_stranger_made_is_refused_and_left_alone",
        "an_update_converges_whichever_reply_is_lost",
    )
}
FIXED = {":what_was_made_by_hand_is_refused_and_left_alone": "Nothing can change in place, tags included."}
FORGETFUL = {
    ":an_update_to_the_same_changes_nothing": "What is never told is only known to be the same from the record."
}

APPLICATION = Case("AWS::AppConfig::Application", {"Name": NAME}, endpoints=HERE, unique=False)
CASES = (
    Case(
        "AWS::Synthetics::Group",
        {"Name": NAME, "ResourceArns": ["arn:aws:synthetics:eu-west-1:111122223333:canary:a"]},
        updates=({"ResourceArns": ["arn:b", "arn:c"], "Tags": RED}, {"ResourceArns": GONE, "Tags": BLUE}, {"Tags": []}),
        endpoints=HERE,
        label="named",
    ),
    Case(
        "AWS::ApiGateway::UsagePlan",
        {"UsagePlanName": NAME, "Quota": {"Limit": 100, "Period": "DAY"}},
        updates=(
            {"Quota": {"Limit": 200, "Period": "DAY", "Offset": 1}, "Description": "more", "Tags": RED},
            {"Quota": {"Limit": 200, "Period": "WEEK"}, "Description": GONE, "Throttle": {"RateLimit": 2.5}},
        ),
        unique=False,
        endpoints=HERE,
        label="id-from-aws",
    ),
    Case(
        "AWS::Batch::SchedulingPolicy",
        {"Name": NAME, "FairsharePolicy": {"ShareDecaySeconds": 60}, "Tags": {"team": "red"}},
        updates=(
            {"FairsharePolicy": {"ShareDecaySeconds": 90, "ShareDistribution": [{"ShareIdentifier": "a"}]}},
            {"FairsharePolicy": GONE, "Tags": {"a/b~c": "d"}},
        ),
        unique=False,
        endpoints=HERE,
        label="map-of-tags-and-late-id",
    ),
    Case(
        "AWS::AppConfig::Environment",
        {"ApplicationId": of("application", "ApplicationId"), "Name": NAME, "DeletionProtectionCheck": "BYPASS"},
        updates=({"Name": f"{NAME}-2", "Description": "new", "Tags": RED}, {"Description": GONE}),
        needs={"application": APPLICATION},
        unread=frozenset({"DeletionProtectionCheck"}),
        unique=False,
        skip=FORGETFUL,
        endpoints=HERE,
        label="child",
    ),
    Case(
        "AWS::Athena::WorkGroup",
        {"Name": NAME, "Description": "one", "RecursiveDeleteOption": False, "Tags": RED},
        updates=(
            {"Description": "two", "RecursiveDeleteOption": True},
            {"WorkGroupConfiguration": {"RequesterPaysEnabled": True}, "Tags": []},
        ),
        unread=frozenset({"RecursiveDeleteOption"}),
        skip=FORGETFUL,
        endpoints=HERE,
        label="write-only",
    ),
    Case(
        "AWS::EC2::KeyPair",
        {"KeyName": NAME, "KeyType": "ed25519", "KeyFormat": "pem"},
        unread=frozenset({"KeyFormat"}),
        skip=FIXED,
        endpoints=HERE,
        label="fixed",
    ),
    Case(
        "AWS::Logs::MetricFilter",
        {
            "LogGroupName": NAME,
            "FilterName": "errors",
            "FilterPattern": "ERROR",
            "MetricTransformations": [{"MetricName": "errors", "MetricNamespace": "shop", "MetricValue": "1"}],
        },
        updates=({"FilterPattern": "WARN", "ApplyOnTransformedLogs": True}, {"ApplyOnTransformedLogs": GONE}),
        tagged=False,
        skip=UNTAGGED,
        endpoints=HERE,
        label="untagged",
    ),
)
