"""API Gateway, REST APIs. Their deployments and stages are in apigateway_stages."""

import hashlib
from typing import Any

from panka.activities.providers.apigateway_shapes import API, api_patches, api_told, beside_document
from panka.activities.providers.apigateway_stages import (
    GONE,
    DeploymentProvider,
    StageProvider,
    items,
    retag,
)
from panka.activities.providers.documents import written
from panka.activities.providers.ownership import remarked, unmarked
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, tag_list, tag_map
from panka.activities.providers.shapes import settable, small, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_IMPORT = ("Body", "FailOnWarnings", "Mode", "Parameters")


class RestApiProvider(Provider):
    """AWS gives an API its id and lets names be taken twice, so one is found by its tags.

    What was imported cannot be read back as it was written: the description carries a digest of it, so that the same
    document is imported once.
    """

    type = "AWS::ApiGateway::RestApi"
    service = "apigateway"
    _names = (*API, *_IMPORT)

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_rest_api", GONE, restApiId=id)
        if live is None:
            return None
        properties = {**api_told(live), "Description": unmarked(live.get("description"))}
        attributes = {"RestApiId": id, "RootResourceId": live.get("rootResourceId")}
        return Observed({**told(properties), "Tags": tag_list(live.get("tags", {}))}, told(attributes))

    async def find(self, owner: Owner, properties: Properties) -> str | None:  # noqa: ARG002  # the tags alone tell
        for live in await items(self, "get_rest_apis"):
            if is_ours(owner, live.get("tags", {})):
                return str(live["id"])
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, self._names)
        id = await self.find(owner, properties)
        if id is None:
            tags = tag_map(properties.get("Tags")) | owner.tags()
            made = await self.call("create_rest_api", tags=tags, **_asked(properties))
            id = str(made["id"])
        await self._converge(id, properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        await self._converge(id, beside_document(old, new))
        await retag(self, f"/restapis/{id}", old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # what it is made of goes with it
        if await self.maybe("get_rest_api", GONE, restApiId=id) is not None:
            await self.maybe("delete_rest_api", GONE, restApiId=id)

    async def _converge(self, id: str, wanted: Properties) -> None:
        """Imports the document unless it was, then sets what the import set otherwise, its digest last."""
        live = await self.call("get_rest_api", restApiId=id)
        about = remarked(live.get("description"), wanted.get("Description"))
        if wanted.get("Body"):
            about = f"{wanted.get('Description', '')} {_digest(wanted)}".lstrip()
            if not str(live.get("description", "")).endswith(_digest(wanted)):
                live = await self.call("put_rest_api", restApiId=id, **_import(wanted))
        patches = api_patches(live, {**wanted, "Description": about})
        if patches:
            await self.call("update_rest_api", restApiId=id, patchOperations=patches)


def _asked(properties: Properties) -> dict[str, Any]:
    asked = {API[name]: properties[name] for name in API if name in properties}
    if "Policy" in properties:
        asked["policy"] = written(properties["Policy"])
    if endpoint := properties.get("EndpointConfiguration"):
        asked["endpointConfiguration"] = {small(name): value for name, value in endpoint.items()}
    # Without a name of its own an API gets its document's when that is imported.
    return {"name": "imported", **asked}


def _import(properties: Properties) -> dict[str, Any]:
    optional = {"failOnWarnings": properties.get("FailOnWarnings"), "parameters": properties.get("Parameters")}
    mode = properties.get("Mode", "overwrite")
    return {"mode": mode, "body": written(properties["Body"]).encode(), **told(optional)}


def _digest(properties: Properties) -> str:
    said = written({name: properties.get(name) for name in ("Body", "Mode", "Parameters")})
    return f"[panka {hashlib.sha256(said.encode()).hexdigest()[:16]}]"


PROVIDERS: tuple[type[Provider], ...] = (
    RestApiProvider,
    DeploymentProvider,
    StageProvider,
)
