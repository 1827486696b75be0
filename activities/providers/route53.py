"""Route 53: hosted zones. The records in them are in route53_records."""

from typing import Any

from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, tag_list
from panka.activities.providers.route53_records import RecordSetProvider, plain_name, zone_tags
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import MANAGED_BY, Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NoSuchHostedZone"})
_NAMES = ("DelegationSetId", "HostedZoneConfig", "HostedZoneTags", "Name", "VPCs")
_BORN_WITH = ("NS", "SOA")
_AT_ONCE = 10
"""The most tags that one call changes."""


class HostedZoneProvider(Provider):
    """Any number of zones may have one name. Ours are found by their tags, or else by the reference of their create.

    A zone gets its tags by a second call; the reference says whose a zone is that never got them.
    """

    type = "AWS::Route53::HostedZone"
    service = "route53"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await zone_tags(self, id) if live else None
        if live is None or tags is None:
            return None
        zone = live["HostedZone"]
        properties = {
            "Name": plain_name(zone["Name"]),
            "HostedZoneConfig": told({"Comment": zone.get("Config", {}).get("Comment") or None}),
            "VPCs": sorted((told(vpc) for vpc in live.get("VPCs", [])), key=_vpc),
            "HostedZoneTags": tag_list(tags),
        }
        servers = live.get("DelegationSet", {}).get("NameServers", [])
        return Observed(told(properties), told({"Id": id, "NameServers": servers}))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = plain_name(properties["Name"])
        answer = await self.call("list_hosted_zones_by_name", DNSName=name)
        for zone in answer["HostedZones"]:
            id = _bare(zone["Id"])
            tags = await zone_tags(self, id) if plain_name(zone["Name"]) == name else None
            if tags is None:
                continue
            never_tagged = MANAGED_BY not in tags and zone["CallerReference"].startswith(_reference(owner))
            if never_tagged or is_ours(owner, tags):
                return id
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, _NAMES)
        networks = properties.get("VPCs", [])
        id = await self.find(owner, properties)
        if id is None:
            asked = {name: properties[name] for name in ("DelegationSetId", "Name") if name in properties}
            # A private zone is made in its first network.
            place = {"VPC": networks[0]} if networks else {}
            config = {**properties.get("HostedZoneConfig", {}), "PrivateZone": bool(networks)}
            made = await self.call(
                "create_hosted_zone",
                CallerReference=f"{_reference(owner)}{token}",
                HostedZoneConfig=config,
                **asked,
                **place,
            )
            id = _bare(made["HostedZone"]["Id"])
        live = await self.read(id)
        if live is not None:
            await self._sync(id, live.properties, {**live.properties, **properties})
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        comment = new.get("HostedZoneConfig", {}).get("Comment", "")
        if comment != old.get("HostedZoneConfig", {}).get("Comment", ""):
            await self.call("update_hosted_zone_comment", Id=id, Comment=comment)
        await self._sync(id, old, new)

    async def delete(self, id: str, how: Ending) -> None:
        live = await self._live(id)
        if live is None:
            return
        if how.force:
            await self._empty(id, live["HostedZone"]["Name"])
        await self.maybe("delete_hosted_zone", _GONE, Id=id)

    async def _live(self, id: str) -> dict[str, Any] | None:
        return await self.maybe("get_hosted_zone", _GONE, Id=id)

    async def _sync(self, id: str, old: Properties, new: Properties) -> None:
        """Brings tags and networks to those of `new`: tags first, and no network is left before the next is there."""
        put, removed = retagged({"Tags": old.get("HostedZoneTags")}, {"Tags": new.get("HostedZoneTags")})
        which = {"ResourceType": "hostedzone", "ResourceId": id}
        for some in _portions(tag_list(put)):
            await self.call("change_tags_for_resource", AddTags=some, **which)
        for keys in _portions(removed):
            await self.call("change_tags_for_resource", RemoveTagKeys=keys, **which)
        live, wanted = ({_vpc(one): one for one in side.get("VPCs", [])} for side in (old, new))
        for key in sorted(wanted.keys() - live.keys()):
            await self.call("associate_vpc_with_hosted_zone", HostedZoneId=id, VPC=wanted[key])
        for key in sorted(live.keys() - wanted.keys()):
            await self.call("disassociate_vpc_from_hosted_zone", HostedZoneId=id, VPC=live[key])

    async def _empty(self, id: str, name: str) -> None:
        """Deletes every record but the two that a zone is born with."""
        while True:
            page = await self.call("list_resource_record_sets", HostedZoneId=id)
            records = page["ResourceRecordSets"]
            there = [one for one in records if one["Name"] != name or one["Type"] not in _BORN_WITH]
            if there:
                changes = [{"Action": "DELETE", "ResourceRecordSet": one} for one in there]
                await self.call("change_resource_record_sets", HostedZoneId=id, ChangeBatch={"Changes": changes})
            if not page.get("IsTruncated"):
                return


def _reference(owner: Owner) -> str:
    """What the references of all creates of one owner begin with."""
    return f"panka-{owner.digest()[:32]}-"


def _bare(id: str) -> str:
    """`/hostedzone/Z1` as everyone else writes it."""
    return id.rpartition("/")[2]


def _vpc(one: Properties) -> tuple[str, str]:
    return str(one["VPCId"]), str(one["VPCRegion"])


def _portions(items: list[Any]) -> list[list[Any]]:
    return [items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE)]


PROVIDERS = (HostedZoneProvider, RecordSetProvider)
