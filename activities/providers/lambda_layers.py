"""Lambda: layers, whose versions never change, and who else may use them."""

import json
from typing import Any

from panka.activities.aws.errors import AwsError
from panka.activities.providers.lambda_code import taken_code
from panka.activities.providers.lambda_triggers import principal_of, statement_id
from panka.activities.providers.ownership import is_marked, marked, unmarked
from panka.activities.providers.provider import Ending, Observed, Provider
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_TAKEN = frozenset({"ResourceConflictException"})


class LayerVersionProvider(Provider):
    """Every publishing makes another version. It takes no tags: its description carries its owner's mark."""

    type = "AWS::Lambda::LayerVersion"
    service = "lambda"
    _plain = ("CompatibleArchitectures", "CompatibleRuntimes", "LayerName", "LicenseInfo")
    _names = (*_plain, "Content", "Description")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_layer_version", _GONE, **_of_version(id))
        if live is None:
            return None
        properties = {
            **{name: live.get(name) for name in self._plain},
            "LayerName": _of_version(id)["LayerName"],
            "LicenseInfo": live.get("LicenseInfo") or None,
            "Description": unmarked(live.get("Description")),
        }
        return Observed(told(properties), {"LayerVersionArn": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["LayerName"]
        for live in await every(self, "list_layer_versions", "LayerVersions", "Marker", "NextMarker", LayerName=name):
            if is_marked(owner, live.get("Description")):
                return str(live["LayerVersionArn"])
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        made = await self.call(
            "publish_layer_version",
            Content=await taken_code(self, "Content", properties["Content"]),
            Description=marked(owner, properties.get("Description", "")),
            **{name: properties[name] for name in self._plain if name in properties},
        )
        return str(made["LayerVersionArn"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        """Nothing of a version can change: it is replaced."""

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # functions keep what they use of it
        await self.maybe("delete_layer_version", _GONE, **_of_version(id))


class LayerVersionPermissionProvider(Provider):
    """A statement of a layer version's policy. Its id is made from its owner, so nobody else's can have it."""

    type = "AWS::Lambda::LayerVersionPermission"
    service = "lambda"
    _names = ("Action", "LayerVersionArn", "OrganizationId", "Principal")

    async def read(self, id: str) -> Observed | None:
        arn, _, statement = id.partition("#")
        live = await self._statement(arn, statement)
        if live is None:
            return None
        conditions = [value for test in live.get("Condition", {}).values() for value in test.values()]
        properties = {
            "LayerVersionArn": arn,
            "Action": live["Action"],
            "Principal": principal_of(live["Principal"]),
            "OrganizationId": conditions[0] if conditions else None,
        }
        return Observed(told(properties), {"Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        arn = properties.get("LayerVersionArn")
        if arn is None or await self._statement(arn, statement_id(owner)) is None:
            return None
        return f"{arn}#{statement_id(owner)}"

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the statement's id is the token
        settable(self.type, properties, self._names)
        arn, statement = properties["LayerVersionArn"], statement_id(owner)
        if await self._statement(arn, statement) is None:
            asked = {name: properties[name] for name in self._names if name in properties and name != "LayerVersionArn"}
            try:
                await self.call("add_layer_version_permission", **_of_version(arn), StatementId=statement, **asked)
            except AwsError as error:
                if error.code not in _TAKEN:
                    raise
        return f"{arn}#{statement}"

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        """Nothing of a statement can change: it is replaced."""

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a permission holds nothing
        arn, _, statement = id.partition("#")
        await self.maybe("remove_layer_version_permission", _GONE, **_of_version(arn), StatementId=statement)

    async def _statement(self, arn: str, statement: str) -> dict[str, Any] | None:
        answer = await self.maybe("get_layer_version_policy", _GONE, **_of_version(arn))
        statements: list[dict[str, Any]] = json.loads(answer["Policy"])["Statement"] if answer else []
        return next((live for live in statements if live.get("Sid") == statement), None)


def _of_version(arn: str) -> dict[str, Any]:
    """A layer version as the calls name it."""
    layer, _, version = arn.rpartition(":")
    return {"LayerName": layer.rpartition(":layer:")[2], "VersionNumber": int(version)}
