"""What is special to APIs, their parts, and their host names."""

import json
from typing import Any

import pytest
from tests.activities.conformance.case import Case, of
from tests.activities.conformance.cases_apis import (
    API,
    BLUE_LOG,
    CASES,
    DEPLOYED,
    DOMAIN,
    IMPORTED,
    LOG_FORMAT,
    TO_FUNCTION,
    document,
)
from tests.activities.conformance.stage import FORCED, THEIRS, Stage, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.apigateway_shapes import api_patches, beside_document, stage_patches
from panka.activities.providers.apigatewayv2 import ApiProvider
from panka.activities.providers.apigatewayv2_domains import DomainNameProvider
from panka.activities.providers.apigatewayv2_routes import DeploymentProvider
from panka.activities.providers.provider import Failed, Readiness, Ready, Waiting
from panka.planner.owner import Owner
from panka.planner.resource import Properties

ROUTE = next(case for case in CASES if case.type == "AWS::ApiGatewayV2::Route")
LOGGED = Case(
    "AWS::ApiGatewayV2::Stage",
    {
        "ApiId": of("api", "ApiId"),
        "StageName": "live",
        "AccessLogSettings": {"DestinationArn": BLUE_LOG, "Format": LOG_FORMAT},
        "RouteSettings": {"GET /orders": {"ThrottlingBurstLimit": 5}},
    },
    needs={"api": API},
)


def told(**said: Any) -> Answer:
    return Answer(200, json.dumps(said).encode(), {"content-type": "application/json"})


def only(endpoint: str, wanted: str, why: str) -> None:
    if endpoint != wanted:
        pytest.skip(why)


def another(stage: Stage, part: str) -> Owner:
    return stage.owner.model_copy(update={"address": f"{stage.name}:{part}"})


async def test_two_ways_to_the_same_function_are_two(cloud: Cloud) -> None:
    stage = await staged(TO_FUNCTION, cloud)
    first = await stage.apply(stage.properties())

    second = await stage.provider.create(another(stage, "other"), stage.properties(), stage.token)

    assert first != second
    assert await stage.provider.find(stage.owner, stage.properties()) == first


async def test_an_integration_stays_its_owners_when_its_description_changes(cloud: Cloud) -> None:
    stage = await staged(TO_FUNCTION, cloud)
    id = await stage.apply(stage.properties())

    await stage.provider.update(id, (await stage.live(id)).properties, {**stage.properties(), "Description": "Mine"})

    assert (await stage.live(id)).properties["Description"] == "Mine"
    assert await stage.provider.find(stage.owner, stage.properties()) == id


async def test_a_route_gets_another_key_in_place(cloud: Cloud) -> None:
    stage = await staged(ROUTE, cloud)
    id = await stage.apply(stage.properties())

    await stage.provider.update(id, (await stage.live(id)).properties, {**stage.properties(), "RouteKey": "ANY /"})

    assert (await stage.live(id)).properties["RouteKey"] == "ANY /"


async def test_a_route_in_an_api_of_somebody_else_is_found_when_it_says_what_we_would_say(cloud: Cloud) -> None:
    stage = await staged(ROUTE, cloud)
    made = await cloud.call("apigatewayv2", "create_api", Name="theirs", ProtocolType="HTTP")
    wanted = {**stage.properties(), "ApiId": made["ApiId"]}

    id = await stage.provider.create(stage.owner, wanted, stage.token)

    assert await stage.provider.find(stage.owner, wanted) == id
    with pytest.raises(NotOurs, match="already has a route"):
        await stage.provider.find(stage.owner, {**wanted, "Target": "integrations/other"})


async def test_nothing_is_put_into_the_api_of_another_tenant(cloud: Cloud, faults: Faults) -> None:
    theirs = await staged(TO_FUNCTION, cloud, THEIRS)
    ours = theirs.owner.model_copy(update={"scope": THEIRS.model_copy(update={"tenant": "acme"})})
    faults.reset()

    with pytest.raises(NotOurs, match="another tenant"):
        await theirs.provider.create(ours, theirs.properties(), theirs.token)

    assert faults.mutations == []


async def test_a_part_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(TO_FUNCTION, cloud)
    id = await stage.apply(stage.properties())
    said = b'{"message": "Cannot delete Integration because it is referenced by 1 route."}'
    faults.instead = Answer(409, said, {"x-amzn-errortype": "ConflictException"})

    with pytest.raises(TryLater, match="still in use"):
        await stage.provider.delete(id, FORCED)


async def test_a_stage_loses_its_access_log_and_the_settings_of_routes(
    cloud: Cloud, faults: Faults, endpoint: str
) -> None:
    only(endpoint, "ministack", "moto tags no stages.")
    stage = await staged(LOGGED, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    faults.reset()

    await stage.provider.update(
        id, live, {name: value for name, value in live.items() if name not in {"AccessLogSettings", "RouteSettings"}}
    )

    path = f"DELETE /v2/apis/{live['ApiId']}/stages/live"
    assert faults.mutations == [f"{path}/accesslogsettings", f"{path}/routesettings/GET%20%2Forders"]


async def test_an_api_is_found_on_any_page(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(API, cloud)
    id = await stage.apply(stage.properties())
    faults.instead = told(items=[], nextToken="more")

    assert await ApiProvider(cloud).find(stage.owner, stage.properties()) == id


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told(deploymentStatus="PENDING"), Waiting("API Gateway deploys the API")),
        (told(deploymentStatus="FAILED", deploymentStatusMessage="No routes."), Failed("No routes.")),
        (told(deploymentStatus="DEPLOYED"), Ready()),
    ],
    ids=["pending", "failed", "deployed"],
)
async def test_a_deployment_is_ready_when_it_is_deployed(
    cloud: Cloud, faults: Faults, answer: Answer, expected: Readiness
) -> None:
    faults.instead = Answer(answer.status, answer.body, answer.headers)

    assert await DeploymentProvider(cloud).ready("api|deployment") == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATING", Waiting("API Gateway sets up the host name")),
        (
            "PENDING_OWNERSHIP_VERIFICATION",
            Waiting("the certificate that proves the ownership of the name is missing"),
        ),
        ("AVAILABLE", Ready()),
    ],
)
async def test_a_host_name_is_ready_when_it_is_available(
    cloud: Cloud, faults: Faults, status: str, expected: Readiness
) -> None:
    faults.instead = told(domainName="shop.example", domainNameConfigurations=[{"domainNameStatus": status}])

    assert await DomainNameProvider(cloud).ready("shop.example") == expected


async def test_a_host_name_tells_what_a_record_must_point_at(cloud: Cloud, endpoint: str) -> None:
    only(endpoint, "ministack", "moto has no names for a record to point at.")
    stage = await staged(DOMAIN, cloud)

    id = await stage.apply(stage.properties())

    attributes = (await stage.live(id)).attributes
    assert attributes["RegionalDomainName"].endswith(".execute-api.eu-west-1.amazonaws.com")
    assert attributes["RegionalHostedZoneId"]


async def test_a_document_is_imported_once(cloud: Cloud, faults: Faults, endpoint: str) -> None:
    only(endpoint, "moto", "ministack takes documents only from templates.")
    stage = await staged(IMPORTED, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    faults.reset()

    await stage.provider.update(id, live, stage.properties())
    assert faults.mutations == []

    await stage.provider.update(id, live, {**stage.properties(), "Body": document("/orders", "/carts")})
    assert faults.mutations == [f"PUT /restapis/{id}?mode=overwrite", f"PATCH /restapis/{id}"]
    held = await cloud.call("apigateway", "get_resources", restApiId=id)
    assert sorted(one["path"] for one in held["items"]) == ["/", "/carts", "/orders"]


async def test_a_deployment_that_a_stage_serves_is_deleted_later(cloud: Cloud, faults: Faults, endpoint: str) -> None:
    only(endpoint, "moto", "ministack takes documents only from templates.")
    stage = await staged(DEPLOYED, cloud)
    id = await stage.apply(stage.properties())
    said = b'{"message": "Active stages pointing to this deployment must be moved or deleted"}'
    faults.instead = Answer(400, said, {"x-amzn-errortype": "BadRequestException"})

    with pytest.raises(TryLater, match="still serves"):
        await stage.provider.delete(id, FORCED)


async def test_what_an_api_cannot_be_set_to_is_refused(cloud: Cloud) -> None:
    stage = await staged(API, cloud)

    with pytest.raises(AwsError, match="cannot set Target"):
        await stage.provider.create(stage.owner, {**stage.properties(), "Target": "https://a.example"}, stage.token)


REST: Properties = {"id": "a1", "name": "shop", "description": "", "apiKeySource": "HEADER"}


def replaces(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}


@pytest.mark.parametrize(
    ("live", "wanted", "patches"),
    [
        ({}, {"Name": "shop"}, []),
        ({}, {"Name": "desk", "Description": "d"}, [replaces("/name", "desk"), replaces("/description", "d")]),
        ({}, {"DisableExecuteApiEndpoint": True}, [replaces("/disableExecuteApiEndpoint", "true")]),
        ({"minimumCompressionSize": 9}, {}, [{"op": "replace", "path": "/minimumCompressionSize"}]),
        (
            {"binaryMediaTypes": ["a/b"]},
            {"BinaryMediaTypes": ["c/d"]},
            [{"op": "add", "path": "/binaryMediaTypes/c~1d"}, {"op": "remove", "path": "/binaryMediaTypes/a~1b"}],
        ),
        (
            {"endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]}},
            {"EndpointConfiguration": {"Types": ["REGIONAL"]}},
            [
                replaces("/endpointConfiguration/types/0", "REGIONAL"),
                {"op": "remove", "path": "/endpointConfiguration/vpcEndpointIds", "value": "vpce-1"},
            ],
        ),
        ({"endpointConfiguration": {"types": ["REGIONAL"]}}, {}, []),
        (
            {"policy": r"{\"Resource\":\"arn:aws:execute-api:eu-west-1:123456789012:a1/*\"}"},
            {"Policy": {"Resource": "execute-api:/*"}},
            [],
        ),
        ({"policy": r"{\"Resource\":\"*\"}"}, {}, [replaces("/policy", "")]),
        ({"policy": r"{\"Resource\":\"*\"}"}, {"Body": {"x-amazon-apigateway-policy": {"Resource": "*"}}}, []),
    ],
)
def test_an_api_is_patched_only_where_it_differs(
    live: Properties, wanted: Properties, patches: list[dict[str, str]]
) -> None:
    assert api_patches({**REST, **live}, wanted) == patches


def test_a_new_document_decides_what_the_last_one_decided() -> None:
    said = "x-amazon-apigateway-binary-media-types"
    old: Properties = {"Name": "shop", "BinaryMediaTypes": ["a/b"], "Policy": {"Resource": "*"}}
    new: Properties = {**old, "Body": {said: ["c/d"]}}

    assert beside_document(old, new) == {name: value for name, value in new.items() if name != "BinaryMediaTypes"}
    assert beside_document(old, {**new, "BinaryMediaTypes": ["e/f"]}) == {**new, "BinaryMediaTypes": ["e/f"]}


ALL: Properties = {"ResourcePath": "/*", "HttpMethod": "*"}
ORDERS: Properties = {"ResourcePath": "/orders/{id}", "HttpMethod": "GET"}


@pytest.mark.parametrize(
    ("old", "new", "patches"),
    [
        ({"Description": "d"}, {}, [replaces("/description", "")]),
        ({"DeploymentId": "a"}, {"DeploymentId": "b"}, [replaces("/deploymentId", "b")]),
        ({"DeploymentId": "a"}, {}, []),
        (
            {"Variables": {"a": "1", "b": "2"}},
            {"Variables": {"b": "3"}},
            [{"op": "remove", "path": "/variables/a"}, replaces("/variables/b", "3")],
        ),
        (
            {"AccessLogSetting": {"DestinationArn": BLUE_LOG, "Format": "f"}},
            {},
            [{"op": "remove", "path": "/accessLogSettings"}],
        ),
        (
            {},
            {"MethodSettings": [{**ORDERS, "ThrottlingRateLimit": 5.5}]},
            [replaces("/~1orders~1{id}/GET/throttling/rateLimit", "5.5")],
        ),
        ({"MethodSettings": [{**ALL, "ThrottlingRateLimit": 5}]}, {}, [{"op": "remove", "path": "/*/*"}]),
        (
            {"MethodSettings": [{**ALL, "LoggingLevel": "INFO", "ThrottlingBurstLimit": 5000}]},
            {"MethodSettings": [{**ALL, "MetricsEnabled": True}]},
            [replaces("/*/*/logging/loglevel", "OFF"), replaces("/*/*/metrics/enabled", "true")],
        ),
        (
            {"MethodSettings": [{**ALL, "MetricsEnabled": True, "CacheTtlInSeconds": 300}]},
            {"MethodSettings": [{**ALL, "MetricsEnabled": True}]},
            [],
        ),
    ],
)
def test_a_stage_is_patched_only_where_it_differs(
    old: Properties, new: Properties, patches: list[dict[str, str]]
) -> None:
    assert stage_patches(old, new) == patches
