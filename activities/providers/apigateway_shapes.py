"""REST APIs and their stages between CloudFormation's shapes and API Gateway's, which are changed by patches."""

import re
from typing import Any

from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.shapes import as_text, capital, told
from panka.planner.resource import Properties

Patches = list[dict[str, str]]

API = {
    # property and the API's own word for it
    "ApiKeySourceType": "apiKeySource",
    "BinaryMediaTypes": "binaryMediaTypes",
    "Description": "description",
    "DisableExecuteApiEndpoint": "disableExecuteApiEndpoint",
    "EndpointConfiguration": "endpointConfiguration",
    "MinimumCompressionSize": "minimumCompressionSize",
    "Name": "name",
    "Policy": "policy",
}
_API_DEFAULTS: dict[str, Any] = {"ApiKeySourceType": "HEADER", "DisableExecuteApiEndpoint": False}
_SAID_IN_BODY = {
    "ApiKeySourceType": "x-amazon-apigateway-api-key-source",
    "BinaryMediaTypes": "x-amazon-apigateway-binary-media-types",
    "MinimumCompressionSize": "x-amazon-apigateway-minimum-compression-size",
    "Policy": "x-amazon-apigateway-policy",
}
STAGE = {
    "CacheClusterEnabled": "cacheClusterEnabled",
    "CacheClusterSize": "cacheClusterSize",
    "ClientCertificateId": "clientCertificateId",
    "DeploymentId": "deploymentId",
    "Description": "description",
    "DocumentationVersion": "documentationVersion",
    "TracingEnabled": "tracingEnabled",
}
_STAGE_DEFAULTS: dict[str, Any] = {
    "CacheClusterEnabled": False,
    "ClientCertificateId": "",
    "Description": "",
    "DocumentationVersion": "",
    "TracingEnabled": False,
}
_METHOD = {
    # property, the API's own word, and its path in a patch
    "CacheDataEncrypted": ("cacheDataEncrypted", "caching/dataEncrypted"),
    "CacheTtlInSeconds": ("cacheTtlInSeconds", "caching/ttlInSeconds"),
    "CachingEnabled": ("cachingEnabled", "caching/enabled"),
    "DataTraceEnabled": ("dataTraceEnabled", "logging/dataTrace"),
    "LoggingLevel": ("loggingLevel", "logging/loglevel"),
    "MetricsEnabled": ("metricsEnabled", "metrics/enabled"),
    "ThrottlingBurstLimit": ("throttlingBurstLimit", "throttling/burstLimit"),
    "ThrottlingRateLimit": ("throttlingRateLimit", "throttling/rateLimit"),
}
_SWITCHES = {"CachingEnabled": False, "DataTraceEnabled": False, "LoggingLevel": "OFF", "MetricsEnabled": False}
"""Settings that are off unless somebody switches them on. The numbers that others have depend on the account."""


def api_told(live: dict[str, Any]) -> Properties:
    """A live API as properties hold it."""
    properties: Properties = {name: live.get(word) for name, word in API.items()}
    endpoint = {capital(name): value for name, value in (live.get("endpointConfiguration") or {}).items()}
    properties["EndpointConfiguration"] = told(endpoint)
    properties["Policy"] = _policy(live["id"], live["policy"]) if live.get("policy") else None
    return told(properties)


def api_patches(live: dict[str, Any], wanted: Properties) -> Patches:
    """What brings a live API to what is wanted. What the imported document says and the properties do not stays."""
    old = api_told(live)
    body = wanted.get("Body") or {}
    new = {**{name: old[name] for name, word in _SAID_IN_BODY.items() if word in body and name in old}, **wanted}
    # An API has a name, if not from the properties then from its document.
    new.setdefault("Name", old.get("Name"))
    patches = [
        _replaces(f"/{API[name]}", new.get(name, default))
        for name, default in {"Name": "", "Description": "", **_API_DEFAULTS}.items()
        if new.get(name, default) != old.get(name, default)
    ]
    before, after = as_parsed(old.get("Policy")), as_parsed(new.get("Policy"))
    if after != before:
        patches.append(_replaces("/policy", written(after) if after else ""))
    size = new.get("MinimumCompressionSize")
    if size != old.get("MinimumCompressionSize"):
        # Without a value nothing is compressed.
        path = "/minimumCompressionSize"
        patches.append({"op": "replace", "path": path} if size is None else _replaces(path, size))
    types = (old.get("BinaryMediaTypes", []), new.get("BinaryMediaTypes", []))
    patches += _list_patches("/binaryMediaTypes", *types, in_path=True)
    # How an API is reached stays when it is not said: it would not answer at its old addresses.
    endpoint: Properties = old.get("EndpointConfiguration", {})
    return [*patches, *_endpoint_patches(endpoint, new.get("EndpointConfiguration", endpoint))]


def beside_document(old: Properties, new: Properties) -> Properties:
    """What is wanted, without what is only as it was because the last document said so: the next one decides."""
    body = new.get("Body") or {}
    left = {name for name, word in _SAID_IN_BODY.items() if word in body and new.get(name) == old.get(name)}
    return {name: value for name, value in new.items() if name not in left}


def stage_told(live: dict[str, Any]) -> Properties:
    """A live stage as properties hold it."""
    properties: Properties = {name: live.get(word) or None for name, word in STAGE.items()}
    access = {capital(name): value for name, value in (live.get("accessLogSettings") or {}).items()}
    methods = [
        {**_method(path), **{name: said.get(word) for name, (word, _) in _METHOD.items() if said.get(word) is not None}}
        for path, said in sorted((live.get("methodSettings") or {}).items())
    ]
    return told(
        {**properties, "AccessLogSetting": access, "MethodSettings": methods, "Variables": live.get("variables")}
    )


def stage_patches(old: Properties, new: Properties) -> Patches:
    """What brings a stage from one to the other."""
    patches = [
        _replaces(f"/{word}", new.get(name, _STAGE_DEFAULTS.get(name)))
        for name, word in STAGE.items()
        if new.get(name, _STAGE_DEFAULTS.get(name)) not in (None, old.get(name, _STAGE_DEFAULTS.get(name)))
    ]
    live, wanted = old.get("Variables", {}), new.get("Variables", {})
    patches += [_removes(f"/variables/{name}") for name in sorted(live.keys() - wanted.keys())]
    patches += [_replaces(f"/variables/{name}", said) for name, said in wanted.items() if said != live.get(name)]
    before, after = old.get("AccessLogSetting") or {}, new.get("AccessLogSetting") or {}
    if before and not after:
        patches.append(_removes("/accessLogSettings"))
    words = {"DestinationArn": "destinationArn", "Format": "format"}
    patches += [
        _replaces(f"/accessLogSettings/{words[name]}", said) for name, said in after.items() if said != before.get(name)
    ]
    return [*patches, *_method_patches(old.get("MethodSettings", []), new.get("MethodSettings", []))]


def _policy(api: str, text: str) -> Any:
    """A policy comes back with its quotes escaped once more, and with the API's ARN for `execute-api:`."""
    plain = text if text.startswith('{"') else str(parsed(f'"{text}"'))
    return parsed(re.sub(rf'arn:[^:"]+:execute-api:[^:"]*:[^:"]*:{api}/', "execute-api:/", plain))


def _endpoint_patches(old: Properties, new: Properties) -> Patches:
    path = "/endpointConfiguration"
    patches: Patches = []
    live, wanted = old.get("Types", ["EDGE"]), new.get("Types", ["EDGE"])
    if wanted != live:
        patches.append(_replaces(f"{path}/types/0", wanted[0]))
    if (address := new.get("IpAddressType")) and address != old.get("IpAddressType"):
        patches.append(_replaces(f"{path}/ipAddressType", address))
    ids = (old.get("VpcEndpointIds", []), new.get("VpcEndpointIds", []))
    return [*patches, *_list_patches(f"{path}/vpcEndpointIds", *ids, in_path=False)]


def _list_patches(path: str, old: list[str], new: list[str], *, in_path: bool) -> Patches:
    """Adds first, so that the list is never empty in between. Some lists name their items in the path."""

    def patch(op: str, item: str) -> dict[str, str]:
        return {"op": op, "path": f"{path}/{_escaped(item)}"} if in_path else {"op": op, "path": path, "value": item}

    added = [patch("add", item) for item in new if item not in old]
    return [*added, *(patch("remove", item) for item in old if item not in new)]


def _method_patches(old: list[Properties], new: list[Properties]) -> Patches:
    """A method that is no longer mentioned goes back to the defaults, and so does a switch."""
    live, wanted = ({_method_path(one): _settings(one) for one in side} for side in (old, new))
    patches: Patches = [_removes(path) for path in sorted(live.keys() - wanted.keys())]
    for path, said in wanted.items():
        there = live.get(path, {})
        settings = {**{name: off for name, off in _SWITCHES.items() if there.get(name, off) != off}, **said}
        patches += [
            _replaces(f"{path}/{_METHOD[name][1]}", value)
            for name, value in settings.items()
            if value != there.get(name, _SWITCHES.get(name))
        ]
    return patches


def _settings(one: Properties) -> Properties:
    return {name: one[name] for name in _METHOD if name in one}


def _method(path: str) -> Properties:
    """`*/*` and `~1orders/GET` as properties say them."""
    resource, _, method = path.rpartition("/")
    plain = resource.replace("~1", "/").replace("~0", "~").lstrip("/")
    return {"HttpMethod": method, "ResourcePath": f"/{plain}"}


def _method_path(one: Properties) -> str:
    """`/*/*` and `/~1orders/GET`: where a method's settings are in a patch."""
    path = one.get("ResourcePath", "/*")
    return f"/{'*' if path == '/*' else _escaped(path)}/{one.get('HttpMethod', '*')}"


def _escaped(name: str) -> str:
    """A name as one step of a patch's path."""
    return name.replace("~", "~0").replace("/", "~1")


def _replaces(path: str, value: Any) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": as_text(value)}


def _removes(path: str) -> dict[str, str]:
    return {"op": "remove", "path": path}
