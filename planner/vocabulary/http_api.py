"""What calls a function through API Gateway: integration, route and permission, as APIs and functions make them."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from panka.planner.component import Component, ComponentSpec, Spec
from panka.planner.resource import Ref, Resource, Text, text
from panka.planner.rules import shaped

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"]
HttpPath = Annotated[str, shaped(r"/[A-Za-z0-9/._~{}+:@%-]*", "a path that begins with `/`")]


class Http(Spec):
    """Requests to an API."""

    method: Method = "ANY"
    """The HTTP method; `ANY` is every one that no other route takes."""
    path: HttpPath
    """The path: `/orders/{id}`, `/files/{name+}`."""

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


def words(method: str, path: str) -> str:
    """A part of an address that says method and path: `get-orders-id`."""
    greedy = path.replace("+", "-all")
    said = re.sub(r"[^a-z0-9]+", "-", f"{method} {greedy}".lower()).strip("-")
    return f"{said}-root" if path == "/" else said


def integration(
    component: Component[ComponentSpec], part: str, api: Ref | Text | str, function: Ref | Text | str
) -> Resource:
    """An HTTP API's way to a function."""
    return component.resource(
        part,
        "AWS::ApiGatewayV2::Integration",
        {
            "ApiId": api,
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": function,
            "PayloadFormatVersion": "2.0",
        },
    )


def route(
    component: Component[ComponentSpec], part: str, http: Http, way: Resource, authorizer: Resource | None = None
) -> Resource:
    """Requests of an HTTP API that go an integration's way."""
    guarded = {"AuthorizationType": "JWT", "AuthorizerId": authorizer.ref("AuthorizerId")} if authorizer else {}
    return component.resource(
        part,
        "AWS::ApiGatewayV2::Route",
        {
            "ApiId": way.properties["ApiId"],
            "RouteKey": http.key,
            "Target": text("integrations/", way.ref("IntegrationId")),
            **guarded,
        },
    )


def permission(
    component: Component[ComponentSpec],
    part: str,
    function: Ref | Text | str | int,
    api: Iterable[str | Ref | Text],
    after: tuple[Resource, ...] = (),
) -> Resource:
    """Lets an API, named by the parts of its ARN, call a function."""
    return component.resource(
        part,
        "AWS::Lambda::Permission",
        {
            "FunctionName": function,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": text(*api, "/*"),
        },
        depends_on=[one.address for one in after],
    )
