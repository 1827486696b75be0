"""API Gateway, REST APIs: deployments, which are an API as it stood at a time, and the stages that serve them."""

from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.providers.apigateway_shapes import STAGE, stage_patches, stage_told
from panka.activities.providers.ownership import (
    claim,
    foreign,
    is_marked,
    marked,
    remarked,
    retagged,
    unless_taken,
    unmarked,
)
from panka.activities.providers.provider import (
    Ending,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

GONE = frozenset({"NotFoundException"})
TAKEN = frozenset({"ConflictException"})
_AT_CREATION = ("CacheClusterEnabled", "CacheClusterSize", "Description", "DocumentationVersion", "TracingEnabled")


async def items(provider: Provider, operation: str, **arguments: Any) -> list[Any]:
    """All that a list of API Gateway holds."""
    return await every(provider, operation, "items", "position", "position", **arguments)


async def retag(provider: Provider, path: str, old: Properties, new: Properties) -> None:
    """Brings the tags of something, named by its path (`/restapis/a1b2c3`), to those of `new`."""
    cloud = provider.cloud
    arn = f"arn:{cloud.partition}:apigateway:{cloud.region}::{path}"
    put, removed = retagged(old, new)
    if put:
        await provider.call("tag_resource", resourceArn=arn, tags=put)
    if removed:
        await provider.call("untag_resource", resourceArn=arn, tagKeys=removed)


class DeploymentProvider(Provider):
    """Nothing tells a deployment from others but its description, which carries its owner's mark.

    `StageName` moves a stage on to it, once.
    """

    type = "AWS::ApiGateway::Deployment"
    service = "apigateway"
    _names = ("Description", "RestApiId", "StageName")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_deployment", GONE, **_of_deployment(id))
        if live is None:
            return None
        where = _of_deployment(id)
        properties = {"RestApiId": where["restApiId"], "Description": unmarked(live.get("description"))}
        return Observed(told(properties), {"DeploymentId": where["deploymentId"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        api = properties.get("RestApiId")
        whose = await self.maybe("get_rest_api", GONE, restApiId=api) if api else None
        if whose is None:
            return None
        if foreign(owner, whose.get("tags", {})):
            raise NotOurs(f"The API {api} belongs to another tenant, so nothing is put into it.")
        for live in await items(self, "get_deployments", restApiId=api):
            if is_marked(owner, live.get("description")):
                return f"{live['id']}|{api}"
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        about = marked(owner, properties.get("Description", ""))
        stage = told({"stageName": properties.get("StageName")})
        made = await self.call("create_deployment", restApiId=properties["RestApiId"], description=about, **stage)
        return f"{made['id']}|{properties['RestApiId']}"

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if new.get("Description", "") == old.get("Description", ""):
            return
        live = await self.call("get_deployment", **_of_deployment(id))
        about = remarked(live.get("description"), new.get("Description"))
        patch = {"op": "replace", "path": "/description", "value": about}
        await self.call("update_deployment", **_of_deployment(id), patchOperations=[patch])

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a deployment holds nothing
        try:
            await self.maybe("delete_deployment", GONE, **_of_deployment(id))
        except AwsError as error:
            if error.code == "BadRequestException" and "stage" in error.message.lower():
                raise TryLater(f"A stage still serves the deployment: {error.message}", seconds=5) from error
            raise


class StageProvider(Provider):
    """A stage's name is unique in its API."""

    type = "AWS::ApiGateway::Stage"
    service = "apigateway"
    _names = (*STAGE, "AccessLogSetting", "MethodSettings", "RestApiId", "StageName", "Variables")

    async def read(self, id: str) -> Observed | None:
        where = _of_stage(id)
        live = await self.maybe("get_stage", GONE, **where)
        if live is None:
            return None
        named = {"RestApiId": where["restApiId"], "StageName": where["stageName"]}
        return Observed({**named, **stage_told(live), "Tags": tag_list(live.get("tags", {}))}, {})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "RestApiId" not in properties:
            return None
        id = f"{properties['RestApiId']}|{properties['StageName']}"
        live = await self.maybe("get_stage", GONE, **_of_stage(id))
        return None if live is None else claim(owner, id, f"The stage {properties['StageName']}", live.get("tags", {}))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        id = f"{properties['RestApiId']}|{properties['StageName']}"
        if await self.find(owner, properties) is None:
            asked = {STAGE[name]: properties[name] for name in _AT_CREATION if name in properties}
            made = self.call(
                "create_stage",
                **_of_stage(id),
                deploymentId=properties["DeploymentId"],
                variables=properties.get("Variables", {}),
                tags=tag_map(properties.get("Tags")) | owner.tags(),
                **asked,
            )
            await unless_taken(made, TAKEN, lambda: self.find(owner, properties))
        live = await self.call("get_stage", **_of_stage(id))
        await self._patch(id, stage_told(live), properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        await self._patch(id, old, new)
        where = _of_stage(id)
        await retag(self, f"/restapis/{where['restApiId']}/stages/{where['stageName']}", old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a stage holds nothing
        await self.maybe("delete_stage", GONE, **_of_stage(id))

    async def ready(self, id: str) -> Readiness:
        live = await self.maybe("get_stage", GONE, **_of_stage(id))
        status = live.get("cacheClusterStatus", "NOT_AVAILABLE") if live else "CREATE_IN_PROGRESS"
        if status == "DELETE_IN_PROGRESS":
            return Waiting("API Gateway deletes the stage's cache")
        if status == "FLUSH_IN_PROGRESS" or status in {"AVAILABLE", "NOT_AVAILABLE"}:
            return Ready()
        return Waiting("API Gateway makes the stage's cache")

    async def _patch(self, id: str, old: Properties, new: Properties) -> None:
        if patches := stage_patches(old, new):
            await self.call("update_stage", **_of_stage(id), patchOperations=patches)


def _of_deployment(id: str) -> dict[str, str]:
    deployment, _, api = id.partition("|")
    return {"restApiId": api, "deploymentId": deployment}


def _of_stage(id: str) -> dict[str, str]:
    api, _, stage = id.partition("|")
    return {"restApiId": api, "stageName": stage}
