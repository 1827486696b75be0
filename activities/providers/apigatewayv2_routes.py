"""API Gateway, HTTP and WebSocket APIs: what an API is made of."""

from typing import Any, ClassVar

from panka.activities.providers.apigatewayv2_parts import GONE, ApiPartProvider, MarkedProvider, cleared
from panka.activities.providers.provider import Failed, Readiness, Ready, Waiting
from panka.planner.owner import Owner
from panka.planner.resource import Properties


class IntegrationProvider(MarkedProvider):
    """One of an API's ways to whoever answers. Several may lead to the same place."""

    type = "AWS::ApiGatewayV2::Integration"
    _what = "integration"
    _id = ("ApiId", "IntegrationId")
    _defaults: ClassVar = {
        "ConnectionId": "",
        "ConnectionType": "INTERNET",
        "CredentialsArn": "",
        "Description": "",
        "RequestParameters": {},
        "RequestTemplates": {},
        "ResponseParameters": {},
        "TlsConfig": {},
    }
    _names = (
        *_defaults,
        "ContentHandlingStrategy",
        "IntegrationMethod",
        "IntegrationSubtype",
        "IntegrationType",
        "IntegrationUri",
        "PassthroughBehavior",
        "PayloadFormatVersion",
        "TemplateSelectionExpression",
        "TimeoutInMillis",
    )

    def _told(self, live: dict[str, Any]) -> Properties:
        lists = {
            status: {"ResponseParameters": [{"Destination": to, "Source": value} for to, value in sorted(one.items())]}
            for status, one in (live.get("ResponseParameters") or {}).items()
            if one
        }
        parameters = cleared(live.get("RequestParameters") or {})
        return {**super()._told(live), "RequestParameters": parameters, "ResponseParameters": lists}

    def _taken(self, owner: Owner, asked: dict[str, Any]) -> dict[str, Any]:
        return super()._taken(owner, _with_maps(asked))

    async def _changes(self, id: str, old: Properties, new: Properties) -> dict[str, Any]:
        change = _with_maps(await super()._changes(id, old, new))
        # What is set to nothing is taken away; what stays must be said again.
        if "RequestParameters" in change:
            live = dict.fromkeys(old.get("RequestParameters", {}), "")
            change["RequestParameters"] = live | change["RequestParameters"]
        if "ResponseParameters" in change:
            empty: dict[str, Any] = {status: {} for status in old.get("ResponseParameters", {})}
            change["ResponseParameters"] = empty | change["ResponseParameters"]
        return change


def _with_maps(properties: Properties) -> Properties:
    """CloudFormation lists the parameters of a response, API Gateway maps them."""
    if "ResponseParameters" not in properties:
        return properties
    maps = {
        status: {one["Destination"]: one["Source"] for one in said["ResponseParameters"]}
        for status, said in properties["ResponseParameters"].items()
    }
    return {**properties, "ResponseParameters": maps}


class RouteProvider(ApiPartProvider):
    """Requests of an API that go one way. Its key is unique in its API."""

    type = "AWS::ApiGatewayV2::Route"
    _what = "route"
    _id = ("ApiId", "RouteId")
    _key = "RouteKey"
    _defaults: ClassVar = {
        "ApiKeyRequired": False,
        "AuthorizationScopes": [],
        "AuthorizationType": "NONE",
        "AuthorizerId": "",
        "ModelSelectionExpression": "",
        "OperationName": "",
        "RequestModels": {},
        "RouteResponseSelectionExpression": "",
        "Target": "",
    }
    _names = (*_defaults, "RequestParameters", "RouteKey")

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        await super().update(id, old, new)
        for name in sorted(old.get("RequestParameters", {}).keys() - new.get("RequestParameters", {}).keys()):
            await self.maybe("delete_route_request_parameter", GONE, **self._where(id), RequestParameterKey=name)


class AuthorizerProvider(ApiPartProvider):
    """Who may call an API. Its name is unique in its API."""

    type = "AWS::ApiGatewayV2::Authorizer"
    _what = "authorizer"
    _id = ("AuthorizerId", "ApiId")
    _key = "Name"
    _defaults: ClassVar = {
        "AuthorizerCredentialsArn": "",
        "AuthorizerResultTtlInSeconds": 300,
        "EnableSimpleResponses": False,
        "IdentityValidationExpression": "",
    }
    _names = (
        *_defaults,
        "AuthorizerPayloadFormatVersion",
        "AuthorizerType",
        "AuthorizerUri",
        "IdentitySource",
        "JwtConfiguration",
        "Name",
    )

    async def _changes(self, id: str, old: Properties, new: Properties) -> dict[str, Any]:
        # Only authorizers that are functions keep their answers, so only they are told for how long.
        lasting = {"AuthorizerResultTtlInSeconds": 300} if new.get("AuthorizerType") == "JWT" else {}
        return await super()._changes(id, {**old, **lasting}, {**new, **lasting})


class DeploymentProvider(MarkedProvider):
    """An API as it stood at a time. `StageName` moves a stage on to it, once."""

    type = "AWS::ApiGatewayV2::Deployment"
    _what = "deployment"
    _id = ("ApiId", "DeploymentId")
    _defaults: ClassVar = {"Description": ""}
    _names = ("Description", "StageName")

    async def ready(self, id: str) -> Readiness:
        live = await self.maybe("get_deployment", GONE, **self._where(id))
        status = live.get("DeploymentStatus", "DEPLOYED") if live else "PENDING"
        if live and status == "FAILED":
            return Failed(live.get("DeploymentStatusMessage") or "API Gateway could not deploy the API.")
        return Ready() if status == "DEPLOYED" else Waiting("API Gateway deploys the API")

    async def _changes(self, id: str, old: Properties, new: Properties) -> dict[str, Any]:
        # AWS does not tell which stage it once moved.
        told_of = {name: value for name, value in new.items() if name != "StageName"}
        return await super()._changes(id, old, told_of)
