"""Lambda: functions. What invokes them is in lambda_triggers, their versions and aliases in lambda_versions."""

import base64
from typing import Any

from panka.activities.aws.errors import waiting_out
from panka.activities.providers.lambda_code import ASSET, taken_code
from panka.activities.providers.lambda_layers import LayerVersionPermissionProvider, LayerVersionProvider
from panka.activities.providers.lambda_triggers import EventSourceMappingProvider, PermissionProvider
from panka.activities.providers.lambda_urls import UrlProvider
from panka.activities.providers.lambda_versions import AliasProvider, VersionProvider
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    pruned,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import as_text, differing, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_BUSY = frozenset({"ResourceConflictException"})
_AT_WORK = ("Lambda is still busy with the last change of the function", 2)

_PLAIN = ("Description", "Handler", "ImageConfig", "Layers", "MemorySize", "Role", "Runtime", "Timeout")
_BLOCKS = ("DeadLetterConfig", "EphemeralStorage", "FileSystemConfigs", "LoggingConfig", "SnapStart", "TracingConfig")
_CONFIGURATION = (*_PLAIN, *_BLOCKS, "Environment", "KmsKeyArn", "VpcConfig")
_CREATED_WITH = (*_CONFIGURATION, "Architectures", "FunctionName", "PackageType")
_NAMES = (*_CREATED_WITH, "Code", "ReservedConcurrentExecutions", "Tags")


class FunctionProvider(Provider):
    """A function's name is unique in account and region, so a second create finds the first one's function."""

    type = "AWS::Lambda::Function"
    service = "lambda"

    async def read(self, id: str) -> Observed | None:
        answer = await self.maybe("get_function", _GONE, FunctionName=id)
        if answer is None:
            return None
        live = answer["Configuration"]
        properties = {
            **{name: live.get(name) for name in (*_PLAIN, *_BLOCKS)},
            "FunctionName": live["FunctionName"],
            "PackageType": live.get("PackageType"),
            "Architectures": live.get("Architectures"),
            "Code": _code(answer),
            "Description": live.get("Description") or None,
            "DeadLetterConfig": live.get("DeadLetterConfig")
            if live.get("DeadLetterConfig", {}).get("TargetArn")
            else None,
            "SnapStart": {"ApplyOn": live["SnapStart"]["ApplyOn"]} if "SnapStart" in live else None,
            "ImageConfig": live.get("ImageConfigResponse", {}).get("ImageConfig"),
            "Layers": [layer["Arn"] for layer in live.get("Layers", [])],
            "Environment": _environment(live) if live.get("Environment", {}).get("Variables") else None,
            "KmsKeyArn": live.get("KMSKeyArn") or None,
            "VpcConfig": _vpc(live) if live.get("VpcConfig", {}).get("SubnetIds") else None,
            "ReservedConcurrentExecutions": answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            "Tags": tag_list(answer.get("Tags", {})),
        }
        return Observed(told(properties), {"Arn": live["FunctionArn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["FunctionName"]
        answer = await self.maybe("get_function", _GONE, FunctionName=name)
        return None if answer is None else claim(owner, name, f"The function {name}", answer.get("Tags", {}))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _NAMES)
        name: str = properties["FunctionName"]
        asked = {key: properties[key] for key in _CREATED_WITH if key in properties}
        made = self.call(
            "create_function",
            Code=await taken_code(self, "Code", properties["Code"]),
            Tags=tag_map(properties.get("Tags")),
            **_taken(asked),
        )
        await unless_taken(made, _BUSY, lambda: self.find(owner, properties))
        await self._reserve(name, None, properties.get("ReservedConcurrentExecutions"))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if self._differs(id, old, new):
            # AWS takes one change at a time, so this comes here again after each; what is done must not be done anew.
            live = await self.read(id)
            old = live.properties if live else old
        put, removed = retagged(old, new)
        if put or removed:
            arn = (await self.call("get_function_configuration", FunctionName=id))["FunctionArn"]
            if put:
                await self.call("tag_resource", Resource=arn, Tags=put)
            if removed:
                await self.call("untag_resource", Resource=arn, TagKeys=removed)
        await self._reserve(id, old.get("ReservedConcurrentExecutions"), new.get("ReservedConcurrentExecutions"))
        if change := _changes(id, old, new):
            await self._one_at_a_time("update_function_configuration", FunctionName=id, **_taken(change))
        # Last: code that lies in S3 cannot be compared, so it is sent with every attempt.
        if new["Code"] != old.get("Code") or differing(old, new, ("Architectures",)):
            platform = {"Architectures": new["Architectures"]} if "Architectures" in new else {}
            code = await taken_code(self, "Code", new["Code"])
            await self._one_at_a_time("update_function_code", FunctionName=id, **code, **platform)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # code is kept elsewhere
        with waiting_out(_BUSY, *_AT_WORK):
            await self.maybe("delete_function", _GONE, FunctionName=id)

    async def ready(self, id: str) -> Readiness:
        live = await self.maybe("get_function_configuration", _GONE, FunctionName=id)
        if live is None:
            return Waiting("Lambda does not show the function yet")
        state, last = live.get("State", "Active"), live.get("LastUpdateStatus", "Successful")
        if state == "Failed":
            return Failed(live.get("StateReason") or "Lambda could not make the function.")
        if last == "Failed":
            return Failed(live.get("LastUpdateStatusReason") or "Lambda could not update the function.")
        if state == "Pending" or last == "InProgress":
            return Waiting("Lambda prepares the function")
        return Ready()

    def _differs(self, id: str, old: Properties, new: Properties) -> bool:
        return bool(_changes(id, old, new)) or new["Code"] != old.get("Code")

    async def _reserve(self, id: str, old: int | None, new: int | None) -> None:
        if new is None and old is not None:
            await self.maybe("delete_function_concurrency", _GONE, FunctionName=id)
        elif new is not None and int(new) != old:
            await self._one_at_a_time(
                "put_function_concurrency", FunctionName=id, ReservedConcurrentExecutions=int(new)
            )

    async def _one_at_a_time(self, operation: str, **arguments: Any) -> None:
        with waiting_out(_BUSY, *_AT_WORK):
            await self.call(operation, **arguments)


def _changes(id: str, old: Properties, new: Properties) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "DeadLetterConfig": {"TargetArn": ""},
        "Description": "",
        "Environment": {"Variables": {}},
        "EphemeralStorage": {"Size": 512},
        "FileSystemConfigs": [],
        "ImageConfig": {},
        "KmsKeyArn": "",
        "Layers": [],
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{id}"},
        "MemorySize": 128,
        "SnapStart": {"ApplyOn": "None"},
        "Timeout": 3,
        "TracingConfig": {"Mode": "PassThrough"},
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    }
    logging = {"LoggingConfig": {**defaults["LoggingConfig"], **new.get("LoggingConfig", {})}}
    return differing(_same_shape(old), _same_shape({**new, **logging}), _CONFIGURATION, defaults)


def _same_shape(properties: Properties) -> Properties:
    shaped = dict(properties)
    if "Environment" in shaped:
        shaped["Environment"] = _environment(shaped)
    if "ImageConfig" in shaped:
        shaped["ImageConfig"] = pruned(shaped["ImageConfig"])
    if "VpcConfig" in shaped:
        shaped["VpcConfig"] = _vpc(shaped)
    return shaped


def _environment(properties: Properties) -> dict[str, Any]:
    variables = properties["Environment"].get("Variables", {})
    return {"Variables": {name: as_text(value) for name, value in variables.items()}}


def _vpc(properties: Properties) -> dict[str, Any]:
    """Subnets and groups are sets to Lambda; whether IPv6 may go out is told only when it may."""
    live = properties["VpcConfig"]
    shaped = {key: sorted(live.get(key, [])) for key in ("SubnetIds", "SecurityGroupIds")}
    return {**shaped, **({"Ipv6AllowedForDualStack": True} if live.get("Ipv6AllowedForDualStack") else {})}


def _taken(properties: Properties) -> dict[str, Any]:
    """Properties in the spelling of Lambda's own calls."""
    shaped = _same_shape(properties)
    if "KmsKeyArn" in shaped:
        shaped["KMSKeyArn"] = shaped.pop("KmsKeyArn")
    return shaped


def _code(answer: dict[str, Any]) -> dict[str, Any] | None:
    """The image, or the digest of the zip that runs, wherever it was taken from: AWS does not tell."""
    if uri := answer.get("Code", {}).get("ImageUri"):
        return {"ImageUri": uri}
    sha256 = answer["Configuration"].get("CodeSha256")
    return {"ZipFile": {ASSET: base64.b64decode(sha256).hex()}} if sha256 else None


PROVIDERS: tuple[type[Provider], ...] = (
    FunctionProvider,
    VersionProvider,
    AliasProvider,
    UrlProvider,
    EventSourceMappingProvider,
    PermissionProvider,
    LayerVersionProvider,
    LayerVersionPermissionProvider,
)
