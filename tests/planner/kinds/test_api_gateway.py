from typing import Any

import pytest

from panka.planner.component import Lowered
from panka.planner.resource import text

ZIP = {"runtime": "python3.13", "handler": "main.handler", "code": {"zipFile": "code"}}
ROUTES = [
    {"method": "GET", "path": "/orders/{id}", "target": {"component": "fn"}},
    {"path": "/files/{name+}", "target": {"component": "shop/fn"}},
]


def lowered(bench: Any, **spec: Any) -> Lowered:
    made: Lowered = bench.lower("APIGateway", {"routes": ROUTES, **spec}, uses={"fn": bench.used("Lambda", ZIP, "fn")})
    return made


def test_routes_of_one_function_share_its_integration_and_permission(bench: Any) -> None:
    parts = bench.parts(lowered(bench))

    assert parts.keys() == {
        "main", "to-fn", "get-orders-id", "any-files-name-all", "logs", "stage", "may-call-fn",
    }  # fmt: skip
    assert parts["get-orders-id"].properties["RouteKey"] == "GET /orders/{id}"
    assert parts["any-files-name-all"].properties["Target"] == text(
        "integrations/", parts["to-fn"].ref("IntegrationId")
    )
    assert parts["stage"].properties["StageName"] == "$default"


def test_cors_authorizer_and_limits_have_their_properties(bench: Any) -> None:
    parts = bench.parts(
        lowered(
            bench,
            cors={"allowedOrigins": ["https://a.example"], "allowCredentials": True},
            authorizer={"jwt": {"issuer": "https://id.example", "audience": ["shop"]}},
            throttling={"rateLimit": 10, "burstLimit": 20},
            stage="v1",
        )
    )

    cors = parts["main"].properties["CorsConfiguration"]
    assert (cors["AllowOrigins"], cors["AllowCredentials"]) == (["https://a.example"], True)
    route = parts["get-orders-id"].properties
    assert (route["AuthorizationType"], route["AuthorizerId"]) == ("JWT", parts["authorizer"].ref("AuthorizerId"))
    limits = parts["stage"].properties["DefaultRouteSettings"]
    assert limits == {"ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 20}


def test_a_domain_of_ones_own_is_the_url(bench: Any) -> None:
    made = lowered(
        bench, domain={"name": "api.shop.example", "certificateArn": "arn:aws:acm:eu-west-1:1:certificate/x"}
    )

    assert made.outputs["url"] == "https://api.shop.example"
    assert made.outputs["domainTarget"] == bench.parts(made)["domain"].ref("RegionalDomainName")


def test_a_rest_api_is_one_document_and_another_document_another_deployment(bench: Any) -> None:
    cors = {"allowedOrigins": ["*"], "maxAgeSeconds": 60}

    first, second = lowered(bench, type="rest"), lowered(bench, type="rest", cors=cors)

    paths = bench.parts(second)["main"].properties["Body"]["paths"]
    assert paths["/files/{name+}"].keys() == {"x-amazon-apigateway-any-method", "options"}
    assert paths["/orders/{id}"]["get"]["parameters"][0]["name"] == "id"
    deployments = [
        one.address for made in (first, second) for one in made.resources if one.type.endswith("::Deployment")
    ]
    assert len(set(deployments)) == 2
    assert bench.parts(first)["stage"].properties["StageName"] == "live"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"routes": ROUTES[:1] * 2}, "PK309"),
        ({"routes": [{**ROUTES[0], "target": {"component": "jobs"}}]}, "PK313"),
        ({"type": "rest"}, "PK311"),
        ({"type": "rest", "routes": ROUTES, "stage": "$default"}, "PK343"),
        ({"type": "rest", "routes": ROUTES, "authorizer": {"jwt": {"issuer": "i", "audience": ["a"]}}}, "PK343"),
        ({"cors": {"allowedOrigins": ["*"], "allowCredentials": True}}, "PK310"),
        ({"routes": [{**ROUTES[0], "path": "orders"}]}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, spec: dict[str, Any], code: str) -> None:
    uses = {"jobs": bench.used("SQS", {}, "jobs"), "fn": bench.used("Lambda", ZIP, "fn")}

    assert bench.refused("APIGateway", spec, uses=uses) == code
