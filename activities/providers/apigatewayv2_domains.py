"""API Gateway: host names, and which APIs answer under them."""

from typing import Any, ClassVar

from panka.activities.providers.apigatewayv2_parts import GONE, TAKEN, PartProvider, retag
from panka.activities.providers.ownership import claim, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, Readiness, Ready, Waiting, pruned
from panka.activities.providers.shapes import covers, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_CONFIGURATION = (
    "CertificateArn",
    "CertificateName",
    "EndpointType",
    "IpAddressType",
    "OwnershipVerificationCertificateArn",
    "SecurityPolicy",
)
_WAITS = {
    "PENDING_CERTIFICATE_REIMPORT": "the certificate must be imported again",
    "PENDING_OWNERSHIP_VERIFICATION": "the certificate that proves the ownership of the name is missing",
    "UPDATING": "API Gateway sets up the host name",
}


class DomainNameProvider(Provider):
    """A host name exists once in a region, so a second create finds the first one's."""

    type = "AWS::ApiGatewayV2::DomainName"
    service = "apigatewayv2"
    _blocks = ("DomainNameConfigurations", "MutualTlsAuthentication", "RoutingMode")
    _names = (*_blocks, "DomainName")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_domain_name", GONE, DomainName=id)
        if live is None:
            return None
        configurations = live.get("DomainNameConfigurations") or [{}]
        mutual = live.get("MutualTlsAuthentication") or {}
        properties = {
            "DomainName": live["DomainName"],
            "DomainNameConfigurations": [
                told({name: one.get(name) for name in _CONFIGURATION}) for one in configurations
            ],
            "MutualTlsAuthentication": told(
                {name: mutual.get(name) for name in ("TruststoreUri", "TruststoreVersion")}
            ),
            "RoutingMode": live.get("RoutingMode"),
        }
        attributes = {
            "DomainName": live["DomainName"],
            "DomainNameArn": live.get("DomainNameArn"),
            "RegionalDomainName": configurations[0].get("ApiGatewayDomainName"),
            "RegionalHostedZoneId": configurations[0].get("HostedZoneId"),
        }
        return Observed({**told(properties), "Tags": live.get("Tags", {})}, told(attributes))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["DomainName"]
        live = await self.maybe("get_domain_name", GONE, DomainName=name)
        return None if live is None else claim(owner, name, f"The host name {name}", live.get("Tags", {}))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in self._names if name in properties}
        made = self.call("create_domain_name", Tags={**properties.get("Tags", {}), **owner.tags()}, **asked)
        await unless_taken(made, TAKEN, lambda: self.find(owner, properties))
        return str(properties["DomainName"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        change: dict[str, Any] = {
            name: new[name] for name in self._blocks if name in new and not covers(old.get(name), new[name])
        }
        if old.get("MutualTlsAuthentication") and not pruned(new.get("MutualTlsAuthentication")):
            # A host name asks nobody for a certificate when it has no list of whom to trust.
            change["MutualTlsAuthentication"] = {"TruststoreUri": ""}
        if "RoutingMode" not in new and old.get("RoutingMode", "API_MAPPING_ONLY") != "API_MAPPING_ONLY":
            change["RoutingMode"] = "API_MAPPING_ONLY"
        if change:
            await self.call("update_domain_name", DomainName=id, **change)
        await retag(self, self._arn(id), old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # mappings go with their host name
        await self.maybe("delete_domain_name", GONE, DomainName=id)

    async def ready(self, id: str) -> Readiness:
        live = await self.maybe("get_domain_name", GONE, DomainName=id)
        if live is None:
            return Waiting("API Gateway does not show the host name yet")
        configurations = live.get("DomainNameConfigurations") or [{}]
        status = configurations[0].get("DomainNameStatus", "AVAILABLE")
        return Ready() if status == "AVAILABLE" else Waiting(_WAITS.get(status, f"the host name is {status}"))

    def _arn(self, name: str) -> str:
        return f"arn:{self.cloud.partition}:apigateway:{self.cloud.region}::/domainnames/{name}"


class ApiMappingProvider(PartProvider):
    """Which stage of which API answers under a path of a host name. A host name has a path once."""

    type = "AWS::ApiGatewayV2::ApiMapping"
    _what = "api_mapping"
    _id = ("ApiMappingId", "DomainName")
    _parent = "DomainName"
    _key = "ApiMappingKey"
    _defaults: ClassVar = {"ApiMappingKey": ""}
    _names = ("ApiId", "ApiMappingKey", "Stage")

    async def _parent_tags(self, parent: str) -> dict[str, str] | None:
        live = await self.maybe("get_domain_name", GONE, DomainName=parent)
        return None if live is None else live.get("Tags", {})

    async def _changes(self, id: str, old: Properties, new: Properties) -> dict[str, Any]:
        change = await super()._changes(id, old, new)
        # API Gateway wants to hear of the API with every change.
        return {"ApiId": new["ApiId"], **change} if change else {}
