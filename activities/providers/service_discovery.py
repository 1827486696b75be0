"""Cloud Map: namespaces, and the services that have names in them."""

from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, Cause, NotOurs, TryLater
from panka.activities.providers.ownership import claim, retagged
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    is_ours,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NamespaceNotFound", "ResourceNotFoundException", "ServiceNotFound"})
_BLANK = {"Description": ""}
_AT_WORK = ("PENDING", "SUBMITTED")
_LOOKS = 10
"""How often an operation is asked which namespace it makes."""
_SERVICE = ("DnsConfig", "HealthCheckConfig", "HealthCheckCustomConfig", "Name", "NamespaceId", "Type")


class _NamespaceProvider(Provider):
    """A namespace. Cloud Map makes, changes and deletes one by an operation that takes a while."""

    service = "servicediscovery"
    _kind: ClassVar[str]
    _words: ClassVar[str]
    """As names of calls have them: `create_http_namespace`."""
    _fixed: ClassVar[tuple[str, ...]] = ("Name",)
    _changeable: ClassVar[tuple[str, ...]] = ("Description",)

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await _tags(self, live) if live else None
        if live is None or tags is None:
            return None
        properties = {
            "Name": live["Name"],
            "Description": live.get("Description") or None,
            "Properties": self._told(live),
            "Tags": tag_list(tags),
        }
        zone = live.get("Properties", {}).get("DnsProperties", {}).get("HostedZoneId")
        return Observed(told(properties), told({"Arn": live["Arn"], "HostedZoneId": zone, "Id": id}))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["Name"]
        there = [live for live in await self._of_kind(name) if live["Name"] == name and live["Type"] == self._kind]
        for live in there:
            if is_ours(owner, await _tags(self, live) or {}):
                return str(live["Id"])
        for live in there:
            if await self._is_in_the_way(live, properties):
                raise NotOurs(f"The namespace {name} exists and does not carry the tags of {owner.address}.")
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, (*self._fixed, *self._changeable))
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in (*self._fixed, *self._changeable) if name in properties}
        made = await self._begin(
            f"create_{self._words}", CreatorRequestId=token, Tags=properties.get("Tags", []), **asked
        )
        return await self._made_by(made["OperationId"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*self._fixed, *self._changeable))
        if differing(old, new, self._changeable, _BLANK):
            change = {**_BLANK, **{name: new[name] for name in self._changeable if name in new}}
            await self._begin(f"update_{self._words}", Id=id, Namespace=change)
        live = await self._live(id) if retagged(old, new) != ({}, []) else None
        if live:
            await _retag(self, live["Arn"], old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # one with services is refused by AWS
        try:
            # A duplicate: the deleting is under way.
            await self.maybe("delete_namespace", _GONE | {"DuplicateRequest"}, Id=id)
        except AwsError as error:
            if error.code == "ResourceInUse":
                raise TryLater(f"The namespace {id} still has services.", seconds=5) from error
            raise

    async def ready(self, id: str) -> Readiness:
        if await self._operations(id, _AT_WORK):
            return Waiting("Cloud Map is at work on the namespace")
        if await self._live(id) is not None:
            return Ready()
        failed = await self._operations(id, ("FAIL",), "CREATE_NAMESPACE")
        return Failed(await self._reason(failed[0])) if failed else Waiting("Cloud Map does not show the namespace yet")

    async def gone(self, id: str) -> Readiness:
        if await self._live(id) is None:
            return Ready()
        if not await self._operations(id, _AT_WORK):
            failed = await self._operations(id, ("FAIL",), "DELETE_NAMESPACE")
            if failed:
                return Failed(await self._reason(failed[0]))
        return Waiting("Cloud Map deletes the namespace")

    def _told(self, live: dict[str, Any]) -> Properties | None:
        """The namespace's `Properties`, where it has any that can be set."""
        soa = live.get("Properties", {}).get("DnsProperties", {}).get("SOA")
        return {"DnsProperties": {"SOA": soa}} if soa else None

    async def _is_in_the_way(self, live: dict[str, Any], properties: Properties) -> bool:  # noqa: ARG002  # others look closer
        """Whether a namespace of the same name and kind makes another impossible."""
        return True

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("get_namespace", _GONE, Id=id)
        return answer["Namespace"] if answer else None

    async def _of_kind(self, name: str) -> list[dict[str, Any]]:
        filters = [_filter("NAME", name), _filter("TYPE", self._kind)]
        return await every(self, "list_namespaces", "Namespaces", "NextToken", "NextToken", Filters=filters)

    async def _begin(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return await self.call(operation, **arguments)
        except AwsError as error:
            if error.code in {"DuplicateRequest", "ResourceInUse"}:
                raise TryLater("Cloud Map is still at work on the namespace.", seconds=5) from error
            raise

    async def _made_by(self, operation: str) -> str:
        """The id of the namespace that an operation makes, which it tells a moment after it began."""
        for _ in range(_LOOKS):
            answer = (await self.call("get_operation", OperationId=operation))["Operation"]
            if id := answer.get("Targets", {}).get("NAMESPACE"):
                return str(id)
            if answer["Status"] == "FAIL":
                code, message = answer.get("ErrorCode", "Failed"), answer.get("ErrorMessage", "Cloud Map says no more.")
                raise AwsError(Cause.FINAL, code, message, f"{self.service}:{self.type}")
            await self.cloud.pause(0.5, "Cloud Map begins with the namespace")
        raise TryLater("Cloud Map has not begun with the namespace yet.", seconds=5)

    async def _operations(self, id: str, states: tuple[str, ...], kind: str = "") -> list[str]:
        """The ids of the namespace's operations in some states."""
        filters = [_filter("NAMESPACE_ID", id), _filter("STATUS", *states)]
        if kind:
            filters.append(_filter("TYPE", kind))
        found = await every(self, "list_operations", "Operations", "NextToken", "NextToken", Filters=filters)
        return [one["Id"] for one in found if one["Status"] in states]

    async def _reason(self, operation: str) -> str:
        answer = (await self.call("get_operation", OperationId=operation))["Operation"]
        return answer.get("ErrorMessage") or f"Cloud Map says {answer.get('ErrorCode', 'no reason')}."


class PrivateDnsNamespaceProvider(_NamespaceProvider):
    """A DNS domain in a VPC, which has a domain once."""

    type = "AWS::ServiceDiscovery::PrivateDnsNamespace"
    _kind = "DNS_PRIVATE"
    _words = "private_dns_namespace"
    _fixed = ("Name", "Vpc")
    _changeable = ("Description", "Properties")

    async def _is_in_the_way(self, live: dict[str, Any], properties: Properties) -> bool:
        zone = live.get("Properties", {}).get("DnsProperties", {}).get("HostedZoneId")
        missing = frozenset({"NoSuchHostedZone"})
        answer = await self.cloud.maybe("route53", "get_hosted_zone", missing, Id=zone) if zone else None
        return answer is not None and properties.get("Vpc") in [vpc["VPCId"] for vpc in answer.get("VPCs", [])]


class HttpNamespaceProvider(_NamespaceProvider):
    """A namespace without DNS. Its name is unique in account and region."""

    type = "AWS::ServiceDiscovery::HttpNamespace"
    _kind = "HTTP"
    _words = "http_namespace"

    def _told(self, live: dict[str, Any]) -> Properties | None:  # noqa: ARG002  # it has none
        return None


class ServiceProvider(Provider):
    """A service's name is unique in its namespace."""

    type = "AWS::ServiceDiscovery::Service"
    service = "servicediscovery"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await _tags(self, live) if live else None
        if live is None or tags is None:
            return None
        properties = {
            **{name: live.get(name) for name in _SERVICE},
            "Description": live.get("Description") or None,
            # `HTTP` is the only one to choose.
            "Type": "HTTP" if live.get("Type") == "HTTP" else None,
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"Arn": live["Arn"], "Id": id, "Name": live["Name"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        namespace = properties.get("NamespaceId") or properties.get("DnsConfig", {}).get("NamespaceId")
        if namespace is None:
            return None
        name: str = properties["Name"]
        filters = [_filter("NAMESPACE_ID", namespace)]
        there = await every(self, "list_services", "Services", "NextToken", "NextToken", Filters=filters)
        for one in there:
            # Not every endpoint heeds the filter.
            live = await self._live(one["Id"]) if one["Name"] == name else None
            tags = await _tags(self, live) if live and live["NamespaceId"] == namespace else None
            if tags is not None:
                return claim(owner, one["Id"], f"The service {name} of the namespace {namespace}", tags)
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, (*_SERVICE, "Description"))
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in (*_SERVICE, "Description") if name in properties}
        tags = properties.get("Tags", [])
        made = await self.call("create_service", CreatorRequestId=token, Tags=tags, **asked)
        return str(made["Service"]["Id"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_SERVICE, "Description"))
        if _changeable(old) != _changeable(new):
            # What is left out of the call is deleted from the service.
            await self.call("update_service", Id=id, Service=_changeable(new))
        live = await self._live(id) if retagged(old, new) != ({}, []) else None
        if live:
            await _retag(self, live["Arn"], old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # one with instances is refused by AWS
        try:
            await self.maybe("delete_service", _GONE, Id=id)
        except AwsError as error:
            if error.code == "ResourceInUse":
                # Tasks that just stopped are taken out of it one by one.
                raise TryLater(f"The service {id} still has instances.", seconds=5) from error
            raise

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("get_service", _GONE, Id=id)
        return answer["Service"] if answer else None


def _changeable(properties: Properties) -> Properties:
    """What of a service can be changed, as the call takes it."""
    change: Properties = {"Description": properties.get("Description", "")}
    if records := properties.get("DnsConfig", {}).get("DnsRecords"):
        change["DnsConfig"] = {"DnsRecords": sorted(records, key=lambda record: str(record["Type"]))}
    if "HealthCheckConfig" in properties:
        change["HealthCheckConfig"] = properties["HealthCheckConfig"]
    return change


def _filter(name: str, *values: str) -> dict[str, Any]:
    return {"Name": name, "Values": list(values), "Condition": "EQ" if len(values) == 1 else "IN"}


async def _tags(provider: Provider, live: dict[str, Any]) -> dict[str, str] | None:
    answer = await provider.maybe("list_tags_for_resource", _GONE, ResourceARN=live["Arn"])
    return None if answer is None else tag_map(answer.get("Tags"))


async def _retag(provider: Provider, arn: str, old: Properties, new: Properties) -> None:
    put, removed = retagged(old, new)
    if put:
        await provider.call("tag_resource", ResourceARN=arn, Tags=tag_list(put))
    if removed:
        await provider.call("untag_resource", ResourceARN=arn, TagKeys=removed)


PROVIDERS = (PrivateDnsNamespaceProvider, HttpNamespaceProvider, ServiceProvider)
