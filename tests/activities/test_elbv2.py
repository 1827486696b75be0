"""What is special to load balancers, their target groups, listeners and rules."""

from dataclasses import replace

import pytest
from tests.activities.conformance.cases_balancing import BALANCER, CASES, TARGETS
from tests.activities.conformance.stage import FORCED, THEIRS, Stage, staged

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.elbv2 import LoadBalancerProvider
from panka.activities.providers.elbv2_shapes import (
    GROUP_ATTRIBUTES,
    asked_actions,
    attribute_changes,
    same_actions,
    same_conditions,
    unusual,
)
from panka.activities.providers.provider import Failed, Readiness, Ready, Waiting
from panka.planner.resource import Properties
from plugins.faults import Answer, Faults

RULE = next(case for case in CASES if case.type == "AWS::ElasticLoadBalancingV2::ListenerRule")
LISTENER = next(case for case in CASES if case.type == "AWS::ElasticLoadBalancingV2::Listener" and not case.label)
XML = {"content-type": "text/xml"}
NAMESPACE = 'xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"'


def refused(code: str) -> Answer:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message></Error>"
    body = f"<ErrorResponse {NAMESPACE}>{error}<RequestId>r</RequestId></ErrorResponse>"
    return Answer(400, body.encode(), XML)


def described(state: str, reason: str = "") -> Answer:
    why = f"<Reason>{reason}</Reason>" if reason else ""
    balancer = f"<member><State><Code>{state}</Code>{why}</State></member>"
    result = f"<DescribeLoadBalancersResult><LoadBalancers>{balancer}</LoadBalancers></DescribeLoadBalancersResult>"
    body = f"<DescribeLoadBalancersResponse {NAMESPACE}>{result}</DescribeLoadBalancersResponse>"
    return Answer(200, body.encode(), XML)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (described("provisioning"), Waiting("the load balancer is provisioning")),
        (described("active"), Ready()),
        (described("active_impaired"), Ready()),
        (described("failed", "There are no free addresses."), Failed("There are no free addresses.")),
        (refused("LoadBalancerNotFound"), Waiting("AWS does not show the load balancer yet")),
    ],
    ids=["provisioning", "active", "impaired", "failed", "absent"],
)
async def test_a_balancer_is_ready_when_it_takes_requests(
    cloud: Cloud, faults: Faults, answer: Answer, expected: Readiness
) -> None:
    faults.instead = Answer(answer.status, answer.body, answer.headers)

    assert await LoadBalancerProvider(cloud).ready("arn") == expected


async def test_a_balancer_tells_its_names_and_its_zone(cloud: Cloud) -> None:
    stage = await staged(BALANCER, cloud)

    id = await stage.apply(stage.properties())

    attributes = (await stage.live(id)).attributes
    assert attributes["LoadBalancerArn"] == id
    assert attributes["LoadBalancerFullName"].startswith(f"app/{stage.name}/")
    assert attributes["DNSName"].startswith(stage.name)
    assert attributes["CanonicalHostedZoneID"]


async def test_a_group_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(TARGETS, cloud)
    id = await stage.apply(stage.properties())
    faults.instead = refused("ResourceInUse")

    with pytest.raises(TryLater, match="still sends"):
        await stage.provider.delete(id, FORCED)

    assert await stage.provider.read(id) is not None


async def test_targets_that_others_registered_are_left_alone(cloud: Cloud) -> None:
    stage = await staged(TARGETS, cloud)
    id = await stage.apply(stage.properties())
    await cloud.call("elbv2", "register_targets", TargetGroupArn=id, Targets=[{"Id": "172.31.0.20", "Port": 80}])
    live = (await stage.live(id)).properties

    await stage.provider.update(id, live, {**live, "HealthCheckPath": "/health"})

    health = await cloud.call("elbv2", "describe_target_health", TargetGroupArn=id)
    assert [one["Target"]["Id"] for one in health["TargetHealthDescriptions"]] == ["172.31.0.20"]
    assert "Targets" not in live


async def _beside(stage: Stage, priority: int) -> tuple[Stage, str]:
    """Another rule of the same listener, of the owner's stack."""
    other = stage.again()
    return other, await other.apply({**other.properties(), "Priority": priority})


async def test_two_rules_of_a_stack_change_places(cloud: Cloud, endpoint: str, faults: Faults) -> None:
    if endpoint == "moto":
        pytest.skip("It refuses to change the places of two rules in one call.")
    stage = await staged(RULE, cloud)
    first = await stage.apply({**stage.properties(), "Priority": 10})
    other, second = await _beside(stage, 20)
    live = (await stage.live(first)).properties
    faults.instead = refused("PriorityInUse")

    await stage.provider.update(first, live, {**live, "Priority": 20})

    assert (await stage.live(first)).properties["Priority"] == 20
    assert (await other.live(second)).properties["Priority"] == 10


async def test_a_rule_of_a_stranger_keeps_its_place(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(RULE, cloud)
    id = await stage.apply(stage.properties())
    theirs = Stage(RULE, stage.provider, replace(stage.again().owner, scope=THEIRS), "x", stage.known)
    other = await theirs.apply({**theirs.properties(), "Priority": 20})
    live = (await stage.live(id)).properties
    faults.instead = refused("PriorityInUse")

    with pytest.raises(AwsError, match="PriorityInUse"):
        await stage.provider.update(id, live, {**live, "Priority": 20})

    assert (await theirs.live(other)).properties["Priority"] == 20


async def test_a_listener_that_moved_to_another_port_is_found(cloud: Cloud) -> None:
    stage = await staged(LISTENER, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    await stage.provider.update(id, live, {**live, "Port": 8080})

    assert await stage.provider.find(stage.owner, stage.properties()) == id


def forward(*groups: tuple[str, int], **more: Properties) -> Properties:
    weights = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": weights, **more}}


TO_ONE: Properties = {"Type": "forward", "TargetGroupArn": "one"}
ONWARD: Properties = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
ANSWER: Properties = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def signed_in(**more: str | int | bool) -> Properties:
    return {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"Issuer": "i", "ClientId": "c", **more}, "Order": 1}


@pytest.mark.parametrize(
    ("told", "wanted", "same"),
    [
        ([{**forward(("one", 1), TargetGroupStickinessConfig={"Enabled": False}), **TO_ONE}], [TO_ONE], True),
        ([TO_ONE], [forward(("one", 5))], True),
        ([forward(("one", 1), ("two", 3))], [forward(("two", 3), ("one", 1))], True),
        ([forward(("one", 1), ("two", 3))], [forward(("one", 1), ("two", 2))], False),
        ([TO_ONE], [forward(("one", 1), TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 60})], False),
        ([{**TO_ONE, "Order": 1}], [TO_ONE], True),
        ([TO_ONE], [ANSWER], False),
        ([{**ONWARD, "RedirectConfig": {**ONWARD["RedirectConfig"], "Port": "#{port}"}}], [ONWARD], True),
        ([{**ANSWER, "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}], [ANSWER], True),
        ([{**TO_ONE, "Order": 2}, signed_in(SessionTimeout=604_800)], [signed_in(), {**TO_ONE, "Order": 2}], True),
        ([signed_in()], [signed_in(SessionTimeout="60")], False),
        ([signed_in()], [signed_in(ClientSecret="s3cret")], False),
    ],
)
def test_actions_are_the_same_when_they_do_the_same(
    told: list[Properties], wanted: list[Properties], *, same: bool
) -> None:
    assert same_actions(told, wanted) is same


def test_the_timeout_of_a_session_is_asked_for_as_a_number() -> None:
    asked = asked_actions([signed_in(SessionTimeout="60")])

    assert asked[0]["AuthenticateOidcConfig"]["SessionTimeout"] == 60


PATHS: Properties = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", "/b"]}}
HEADER: Properties = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-One", "Values": ["1"]}}


@pytest.mark.parametrize(
    ("told", "wanted", "same"),
    [
        ([{**PATHS, "Values": ["/a", "/b"]}], [PATHS], True),
        ([PATHS], [{"Field": "path-pattern", "Values": ["/b", "/a"]}], True),
        ([PATHS, HEADER], [HEADER, PATHS], True),
        ([HEADER], [{**HEADER, "HttpHeaderConfig": {"HttpHeaderName": "X-Two", "Values": ["1"]}}], False),
        ([PATHS], [{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["/a", "/b"]}}], False),
        ([PATHS], [PATHS, HEADER], False),
    ],
)
def test_conditions_are_the_same_when_they_let_the_same_through(
    told: list[Properties], wanted: list[Properties], *, same: bool
) -> None:
    assert same_conditions(told, wanted) is same


def attributes(**values: str) -> list[Properties]:
    return [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]


DELAY = "deregistration_delay.timeout_seconds"
STICKY = attributes(stickiness__enabled="true", stickiness__type="lb_cookie")


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        (None, None, {}),
        (None, [{"Key": DELAY, "Value": "300"}], {}),
        ([{"Key": DELAY, "Value": "60"}], None, {DELAY: "300"}),
        ([{"Key": DELAY, "Value": "60"}], [{"Key": DELAY, "Value": 60}], {}),
        (None, STICKY, {"stickiness.enabled": "true", "stickiness.type": "lb_cookie"}),
        (STICKY, None, {"stickiness.enabled": "false"}),
        (None, attributes(stickiness__enabled="false", stickiness__type="lb_cookie"), {}),
        ([{"Key": "preserve_client_ip.enabled", "Value": "true"}], None, {}),
    ],
)
def test_only_attributes_that_differ_are_set(
    old: list[Properties] | None, new: list[Properties] | None, asked: dict[str, str]
) -> None:
    assert {one["Key"]: one["Value"] for one in attribute_changes(old, new, GROUP_ATTRIBUTES)} == asked


def test_attributes_that_nobody_set_are_not_told() -> None:
    live = [{"Key": DELAY, "Value": "300"}, {"Key": "stickiness.type", "Value": "lb_cookie"}, *attributes(new="1")]

    assert unusual(live, GROUP_ATTRIBUTES) == attributes(new="1")
