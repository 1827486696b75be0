"""Route 53: the records of a zone."""

import re
from typing import Any

from panka.activities.aws.errors import AwsError, Cause, NotOurs
from panka.activities.providers.ownership import of_our_stack
from panka.activities.providers.provider import Ending, Observed, Provider, tag_map
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NoSuchHostedZone"})
_SAME = (
    "CidrRoutingConfig",
    "Failover",
    "GeoLocation",
    "GeoProximityLocation",
    "HealthCheckId",
    "MultiValueAnswer",
    "Region",
    "SetIdentifier",
    "Type",
    "Weight",
)
"""Properties that Route 53 spells as CloudFormation does."""
_NAMES = (*_SAME, "AliasTarget", "Comment", "HostedZoneId", "HostedZoneName", "Name", "ResourceRecords", "TTL")


class RecordSetProvider(Provider):
    """A zone has one record of a name, type and set identifier; these and the zone's id, with `|` between, are its id.

    Records have no tags. In a zone of our stack, they are ours; in any other zone, which may hold the records of many,
    one is ours when it says what we would say. A zone of another tenant is left alone.
    """

    type = "AWS::Route53::RecordSet"
    service = "route53"

    async def read(self, id: str) -> Observed | None:
        name, zone, type, identifier = id.split("|")
        live = await self._live(zone, name, type, identifier)
        return None if live is None else Observed({"HostedZoneId": zone, **_told(live)})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        zone = await self._zone(properties)
        tags = await zone_tags(self, zone) if zone else None
        if zone is None or tags is None:
            return None
        if tags.get("panka:tenant", owner.scope.tenant) != owner.scope.tenant:
            raise NotOurs(f"The hosted zone {zone} belongs to another tenant.")
        id = _id(zone, properties)
        live = await self.read(id)
        if live is None or of_our_stack(owner, tags) or _meant(live.properties) == _meant(properties):
            return None if live is None else id
        raise NotOurs(f"The hosted zone {zone} has another record {properties['Name']} {properties['Type']}.")

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a name has one record
        settable(self.type, properties, _NAMES)
        found = await self.find(owner, properties)
        zone = await self._zone(properties)
        if zone is None:
            message = f"There is no hosted zone {properties.get('HostedZoneName', '')}."
            raise AwsError(Cause.FINAL, "NoSuchHostedZone", message, self.type, sent=False)
        # CREATE, unlike UPSERT, refuses where somebody else was faster.
        await self._change(zone, "UPSERT" if found else "CREATE", _record(properties), properties.get("Comment"))
        return _id(zone, properties)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if _meant(old) != _meant(new):
            await self._change(id.split("|")[1], "UPSERT", _record(new), new.get("Comment"))

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a record holds nothing
        name, zone, type, identifier = id.split("|")
        live = await self._live(zone, name, type, identifier)
        if live is None:
            return
        try:
            await self._change(zone, "DELETE", live)
        except AwsError as error:
            if error.code not in _GONE and "not found" not in error.message:
                raise

    async def _zone(self, properties: Properties) -> str | None:
        """The id of the zone, which may be named instead."""
        if "HostedZoneId" in properties or "HostedZoneName" not in properties:
            return properties.get("HostedZoneId")
        name = plain_name(properties["HostedZoneName"])
        zones = (await self.call("list_hosted_zones_by_name", DNSName=name))["HostedZones"]
        return next((zone["Id"].rpartition("/")[2] for zone in zones if plain_name(zone["Name"]) == name), None)

    async def _live(self, zone: str, name: str, type: str, identifier: str) -> dict[str, Any] | None:
        start = {"StartRecordName": name, "StartRecordType": type}
        if identifier:
            start["StartRecordIdentifier"] = identifier
        page = await self.maybe("list_resource_record_sets", _GONE, HostedZoneId=zone, **start)
        wanted = (name, type, identifier)
        found = page["ResourceRecordSets"] if page else []
        return next((one for one in found if _key(one) == wanted), None)

    async def _change(self, zone: str, action: str, record: dict[str, Any], comment: str | None = None) -> None:
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}], **told({"Comment": comment})}
        await self.call("change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)


async def zone_tags(provider: Provider, zone: str) -> dict[str, str] | None:
    """The tags of a hosted zone; None when it is gone."""
    answer = await provider.maybe("list_tags_for_resource", _GONE, ResourceType="hostedzone", ResourceId=zone)
    return None if answer is None else tag_map(answer["ResourceTagSet"].get("Tags"))


def plain_name(name: str) -> str:
    """A name in DNS as people write it: lower case, no dot at its end, no escapes."""
    unescaped = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), name)
    return unescaped.removesuffix(".").lower()


def _key(record: dict[str, Any]) -> tuple[str, str, str]:
    return plain_name(record["Name"]), str(record["Type"]), str(record.get("SetIdentifier", ""))


def _id(zone: str, properties: Properties) -> str:
    name, type, identifier = _key(properties)
    return f"{name}|{zone}|{type}|{identifier}"


def _record(properties: Properties) -> dict[str, Any]:
    """A record as Route 53 takes it."""
    record = {name: properties[name] for name in (*_SAME, "Name") if name in properties}
    if "Weight" in record:
        record["Weight"] = int(record["Weight"])
    if "TTL" in properties:
        record["TTL"] = int(properties["TTL"])
    if "ResourceRecords" in properties:
        record["ResourceRecords"] = [{"Value": value} for value in properties["ResourceRecords"]]
    if "AliasTarget" in properties:
        record["AliasTarget"] = {"EvaluateTargetHealth": False, **properties["AliasTarget"]}
    return record


def _told(live: dict[str, Any]) -> Properties:
    """A record of Route 53 as properties."""
    alias = live.get("AliasTarget")
    properties = {
        **{name: live.get(name) for name in _SAME},
        "Name": plain_name(live["Name"]),
        "TTL": str(live["TTL"]) if "TTL" in live else None,
        "ResourceRecords": [one["Value"] for one in live.get("ResourceRecords", [])],
        "AliasTarget": {**alias, "DNSName": plain_name(alias["DNSName"])} if alias else None,
    }
    return told(properties)


def _meant(properties: Properties) -> Properties:
    """What a record says, in one spelling."""
    meant = _told(_record(properties))
    if "ResourceRecords" in meant:
        meant["ResourceRecords"] = sorted(meant["ResourceRecords"])
    return meant
