"""ElastiCache: subnet groups and parameter groups."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list
from panka.activities.providers.resource_tags import retag, tags_of
from panka.activities.providers.shapes import as_text, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import PhysicalName, Properties

_AT_ONCE = 20
"""The most parameters that one call changes."""


class SubnetGroupProvider(Provider):
    """A subnet group's name is unique in account and region; ElastiCache keeps it in lower case."""

    type = "AWS::ElastiCache::SubnetGroup"
    service = "elasticache"
    _names = ("CacheSubnetGroupName", "Description", "SubnetIds")
    _gone = frozenset({"CacheSubnetGroupNotFoundFault"})

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await tags_of(self, live["ARN"], self._gone) if live else None
        if live is None or tags is None:
            return None
        properties = {
            "CacheSubnetGroupName": live["CacheSubnetGroupName"],
            "Description": live["CacheSubnetGroupDescription"],
            "SubnetIds": sorted(subnet["SubnetIdentifier"] for subnet in live["Subnets"]),
            "Tags": tag_list(tags),
        }
        return Observed(told(properties))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = str(properties["CacheSubnetGroupName"]).lower()
        live = await self._live(name)
        tags = await tags_of(self, live["ARN"], self._gone) if live else None
        return None if tags is None else claim(owner, name, f"The subnet group {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        name = str(properties["CacheSubnetGroupName"]).lower()
        made = self.call("create_cache_subnet_group", **_subnets(name, properties), Tags=properties.get("Tags", []))
        await unless_taken(made, frozenset({"CacheSubnetGroupAlreadyExists"}), lambda: self.find(owner, properties))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if _subnets(id, old) != _subnets(id, new):
            await self.call("modify_cache_subnet_group", **_subnets(id, new))
        live = await self._live(id) if retagged(old, new) != ({}, []) else None
        if live:
            await retag(self, live["ARN"], old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a subnet group holds nothing
        try:
            await self.maybe("delete_cache_subnet_group", self._gone, CacheSubnetGroupName=id)
        except AwsError as error:
            if error.code == "CacheSubnetGroupInUse":
                raise TryLater(f"The subnet group {id} is still in use.", seconds=10) from error
            raise

    async def _live(self, name: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_cache_subnet_groups", self._gone, CacheSubnetGroupName=name)
        return answer["CacheSubnetGroups"][0] if answer and answer["CacheSubnetGroups"] else None


class ParameterGroupProvider(Provider):
    """A parameter group's name is unique in account and region. Who says no name gets one made from the owner."""

    type = "AWS::ElastiCache::ParameterGroup"
    service = "elasticache"
    _names = ("CacheParameterGroupFamily", "CacheParameterGroupName", "Description", "Properties")
    _gone = frozenset({"CacheParameterGroupNotFound"})

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await tags_of(self, live["ARN"], self._gone) if live else None
        if live is None or tags is None:
            return None
        ours = await every(
            self,
            "describe_cache_parameters",
            "Parameters",
            "Marker",
            "Marker",
            CacheParameterGroupName=id,
            Source="user",
        )
        properties = {
            "CacheParameterGroupFamily": live["CacheParameterGroupFamily"],
            "Description": live["Description"],
            # An emulator does not heed that only the user's are asked for.
            "Properties": {
                one["ParameterName"]: one["ParameterValue"]
                for one in ours
                if "ParameterValue" in one and one.get("Source", "user") == "user"
            },
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"CacheParameterGroupName": live["CacheParameterGroupName"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = _name(owner, properties)
        live = await self._live(name)
        tags = await tags_of(self, live["ARN"], self._gone) if live else None
        return None if tags is None else claim(owner, name, f"The parameter group {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        name = _name(owner, properties)
        made = self.call(
            "create_cache_parameter_group",
            CacheParameterGroupName=name,
            CacheParameterGroupFamily=properties["CacheParameterGroupFamily"],
            Description=properties["Description"],
            Tags=properties.get("Tags", []),
        )
        await unless_taken(made, frozenset({"CacheParameterGroupAlreadyExists"}), lambda: self.find(owner, properties))
        await self._change("modify", name, _values(properties))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        live, wanted = _values(old), _values(new)
        await self._change("modify", id, {name: value for name, value in wanted.items() if live.get(name) != value})
        await self._change("reset", id, {name: value for name, value in live.items() if name not in wanted})
        group = await self._live(id) if retagged(old, new) != ({}, []) else None
        if group:
            await retag(self, group["ARN"], old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a parameter group holds nothing
        try:
            await self.maybe("delete_cache_parameter_group", self._gone, CacheParameterGroupName=id)
        except AwsError as error:
            if error.code == "InvalidCacheParameterGroupState":
                raise TryLater(f"The parameter group {id} is still in use.", seconds=10) from error
            raise

    async def _live(self, name: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_cache_parameter_groups", self._gone, CacheParameterGroupName=name)
        return answer["CacheParameterGroups"][0] if answer and answer["CacheParameterGroups"] else None

    async def _change(self, verb: str, name: str, values: dict[str, str]) -> None:
        pairs = [{"ParameterName": one, "ParameterValue": values[one]} for one in sorted(values)]
        for start in range(0, len(pairs), _AT_ONCE):
            some = pairs[start : start + _AT_ONCE]
            await self.call(f"{verb}_cache_parameter_group", CacheParameterGroupName=name, ParameterNameValues=some)


def _name(owner: Owner, properties: Properties) -> str:
    said = properties.get("CacheParameterGroupName") or owner.name(PhysicalName("CacheParameterGroupName", 255))
    return str(said).lower()


def _subnets(name: str, properties: Properties) -> dict[str, Any]:
    """The arguments that a create and a change take alike."""
    return {
        "CacheSubnetGroupName": name,
        "CacheSubnetGroupDescription": properties["Description"],
        "SubnetIds": sorted(properties["SubnetIds"]),
    }


def _values(properties: Properties) -> dict[str, str]:
    return {name: as_text(value) for name, value in properties.get("Properties", {}).items()}
