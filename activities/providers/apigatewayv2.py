"""API Gateway, HTTP and WebSocket APIs: APIs and their stages. What they are made of is in apigatewayv2_routes."""

from typing import Any

from panka.activities.providers.apigatewayv2_domains import ApiMappingProvider, DomainNameProvider
from panka.activities.providers.apigatewayv2_parts import (
    GONE,
    TAKEN,
    api_arn,
    cleared,
    retag,
    tags_of,
)
from panka.activities.providers.apigatewayv2_routes import (
    AuthorizerProvider,
    DeploymentProvider,
    IntegrationProvider,
    RouteProvider,
)
from panka.activities.providers.ownership import claim, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, pruned
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_API_DEFAULTS: dict[str, Any] = {
    "Description": "",
    "DisableExecuteApiEndpoint": False,
    "DisableSchemaValidation": False,
    "IpAddressType": "ipv4",
    "Version": "",
}
_STAGE_DEFAULTS: dict[str, Any] = {
    "AutoDeploy": False,
    "ClientCertificateId": "",
    "Description": "",
}
_ROUTE_LIMITS: dict[str, Any] = {
    "DetailedMetricsEnabled": False,
    "ThrottlingBurstLimit": 5_000,
    "ThrottlingRateLimit": 10_000.0,
}
"""What routes have for which nobody set anything: as much as an account may."""


class ApiProvider(Provider):
    """AWS gives an API its id and lets names be taken twice, so one is found by its tags."""

    type = "AWS::ApiGatewayV2::Api"
    service = "apigatewayv2"
    _plain = ("ApiKeySelectionExpression", "Name", "RouteSelectionExpression", *_API_DEFAULTS)
    _names = (*_plain, "CorsConfiguration", "ProtocolType")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_api", GONE, ApiId=id)
        tags = await tags_of(self, api_arn(self, id)) if live else None
        if live is None or tags is None:
            return None
        properties = {name: live.get(name) for name in self._names}
        if not properties["CorsConfiguration"]:
            del properties["CorsConfiguration"]
        cloud = self.cloud
        attributes = {
            "ApiId": id,
            "ApiEndpoint": live.get("ApiEndpoint"),
            "ExecuteApiArn": f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:{id}",
        }
        return Observed({**told(properties), "Tags": tags}, told(attributes))

    async def find(self, owner: Owner, properties: Properties) -> str | None:  # noqa: ARG002  # the tags alone tell
        for live in await every(self, "get_apis", "Items", "NextToken", "NextToken"):
            if is_ours(owner, live.get("Tags", {})):
                return str(live["ApiId"])
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in self._names if name in properties}
        made = await self.call("create_api", Tags={**properties.get("Tags", {}), **owner.tags()}, **asked)
        return str(made["ApiId"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        change = differing(old, new, self._plain, _API_DEFAULTS)
        before, after = _unordered(old.get("CorsConfiguration")), _unordered(new.get("CorsConfiguration"))
        if after and after != before:
            change["CorsConfiguration"] = new["CorsConfiguration"]
        if change:
            await self.call("update_api", ApiId=id, **change)
        if before and not after:
            await self.maybe("delete_cors_configuration", GONE, ApiId=id)
        await retag(self, api_arn(self, id), old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # routes go with their API
        await self.maybe("delete_api", GONE, ApiId=id)


class StageProvider(Provider):
    """A stage's name is unique in its API."""

    type = "AWS::ApiGatewayV2::Stage"
    service = "apigatewayv2"
    _names = (
        *_STAGE_DEFAULTS,
        "AccessLogSettings",
        "ApiId",
        "DefaultRouteSettings",
        "DeploymentId",
        "RouteSettings",
        "StageName",
        "StageVariables",
    )

    async def read(self, id: str) -> Observed | None:
        where = _of_stage(id)
        live = await self.maybe("get_stage", GONE, **where)
        tags = await tags_of(self, self._arn(id)) if live else None
        if live is None or tags is None:
            return None
        properties = {**{name: live.get(name) for name in self._names}, **where}
        properties["StageVariables"] = cleared(live.get("StageVariables", {}))
        return Observed({**told(properties), "Tags": tags}, {})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "ApiId" not in properties:
            return None
        id = f"{properties['ApiId']}|{properties['StageName']}"
        if await self.maybe("get_stage", GONE, **_of_stage(id)) is None:
            return None
        tags = await tags_of(self, self._arn(id))
        return None if tags is None else claim(owner, id, f"The stage {properties['StageName']}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in self._names if name in properties}
        made = self.call("create_stage", Tags={**properties.get("Tags", {}), **owner.tags()}, **asked)
        await unless_taken(made, TAKEN, lambda: self.find(owner, properties))
        return f"{properties['ApiId']}|{properties['StageName']}"

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        change = differing(old, new, (*_STAGE_DEFAULTS, "DeploymentId"), _STAGE_DEFAULTS)
        if new.get("AutoDeploy"):
            # Then it is API Gateway that moves the stage on.
            change.pop("DeploymentId", None)
        change |= _settings(old, new)
        if change:
            await self.call("update_stage", **_of_stage(id), **change)
        if "AccessLogSettings" in old and "AccessLogSettings" not in new:
            await self.maybe("delete_access_log_settings", GONE, **_of_stage(id))
        for route in sorted(old.get("RouteSettings", {}).keys() - new.get("RouteSettings", {}).keys()):
            await self.maybe("delete_route_settings", GONE, **_of_stage(id), RouteKey=route)
        await retag(self, self._arn(id), old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a stage holds nothing
        await self.maybe("delete_stage", GONE, **_of_stage(id))

    def _arn(self, id: str) -> str:
        where = _of_stage(id)
        return f"{api_arn(self, where['ApiId'])}/stages/{where['StageName']}"


def _settings(old: Properties, new: Properties) -> dict[str, Any]:
    """Those blocks that are to be changed, with what brings their missing parts back to the defaults."""
    change: dict[str, Any] = {}
    if "AccessLogSettings" in new and new["AccessLogSettings"] != old.get("AccessLogSettings"):
        change["AccessLogSettings"] = new["AccessLogSettings"]
    before, after = (_limits(side.get("DefaultRouteSettings", {})) for side in (old, new))
    if after != before:
        change["DefaultRouteSettings"] = after
    routes = new.get("RouteSettings", {})
    if other := {key: one for key, one in routes.items() if one != old.get("RouteSettings", {}).get(key)}:
        change["RouteSettings"] = other
    live, wanted = old.get("StageVariables", {}), new.get("StageVariables", {})
    if live != wanted:
        # A variable that is set to nothing is taken away.
        change["StageVariables"] = {**dict.fromkeys(live, ""), **wanted}
    return change


def _limits(settings: Properties) -> Properties:
    return {**_ROUTE_LIMITS, **pruned(settings)}


def _of_stage(id: str) -> dict[str, str]:
    api, _, stage = id.partition("|")
    return {"ApiId": api, "StageName": stage}


def _unordered(cors: Properties | None) -> Properties:
    said: Properties = pruned(cors or {})
    return {name: sorted(value) if isinstance(value, list) else value for name, value in said.items()}


PROVIDERS: tuple[type[Provider], ...] = (
    ApiProvider,
    IntegrationProvider,
    RouteProvider,
    AuthorizerProvider,
    DeploymentProvider,
    StageProvider,
    DomainNameProvider,
    ApiMappingProvider,
)
