"""RDS: subnet groups and parameter groups."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list, tag_map
from panka.activities.providers.shapes import as_text, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_AT_ONCE = 20
"""The most parameters that one call changes."""


class DBSubnetGroupProvider(Provider):
    """A subnet group's name is unique in account and region; RDS keeps it in lower case."""

    type = "AWS::RDS::DBSubnetGroup"
    service = "rds"
    _names = ("DBSubnetGroupDescription", "DBSubnetGroupName", "SubnetIds")
    _gone = frozenset({"DBSubnetGroupNotFoundFault"})

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await tags_of(self, live["DBSubnetGroupArn"], self._gone) if live else None
        if live is None or tags is None:
            return None
        properties = {
            "DBSubnetGroupName": live["DBSubnetGroupName"],
            "DBSubnetGroupDescription": live["DBSubnetGroupDescription"],
            "SubnetIds": sorted(subnet["SubnetIdentifier"] for subnet in live["Subnets"]),
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"DBSubnetGroupArn": live["DBSubnetGroupArn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["DBSubnetGroupName"].lower()
        live = await self._live(name)
        tags = await tags_of(self, live["DBSubnetGroupArn"], self._gone) if live else None
        return None if tags is None else claim(owner, name, f"The subnet group {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in self._names}
        made = self.call("create_db_subnet_group", **asked, Tags=properties.get("Tags", []))
        await unless_taken(made, frozenset({"DBSubnetGroupAlreadyExists"}), lambda: self.find(owner, properties))
        return str(properties["DBSubnetGroupName"]).lower()

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        described, subnets = new["DBSubnetGroupDescription"], sorted(new["SubnetIds"])
        if described != old.get("DBSubnetGroupDescription") or subnets != sorted(old.get("SubnetIds", [])):
            await self.call(
                "modify_db_subnet_group", DBSubnetGroupName=id, DBSubnetGroupDescription=described, SubnetIds=subnets
            )
        live = await self._live(id) if retagged(old, new) != ({}, []) else None
        if live:
            await retag(self, live["DBSubnetGroupArn"], old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a subnet group holds nothing
        try:
            await self.maybe("delete_db_subnet_group", self._gone, DBSubnetGroupName=id)
        except AwsError as error:
            if error.code in {"InvalidDBSubnetGroupStateFault", "InvalidDBSubnetStateFault"}:
                raise TryLater(f"The subnet group {id} is still in use.", seconds=10) from error
            raise

    async def _live(self, name: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_db_subnet_groups", self._gone, DBSubnetGroupName=name)
        return answer["DBSubnetGroups"][0] if answer and answer["DBSubnetGroups"] else None


class DBParameterGroupProvider(Provider):
    """A parameter group's name is unique in account and region."""

    type = "AWS::RDS::DBParameterGroup"
    service = "rds"
    _names = ("DBParameterGroupName", "Description", "Family", "Parameters")
    _gone = frozenset({"DBParameterGroupNotFound"})

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await tags_of(self, live["DBParameterGroupArn"], self._gone) if live else None
        if live is None or tags is None:
            return None
        ours = await self._parameters(id, Source="user")
        properties = {
            "DBParameterGroupName": live["DBParameterGroupName"],
            "Description": live["Description"],
            "Family": live["DBParameterGroupFamily"],
            "Parameters": {one["ParameterName"]: one["ParameterValue"] for one in ours if "ParameterValue" in one},
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {"DBParameterGroupArn": live["DBParameterGroupArn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["DBParameterGroupName"].lower()
        live = await self._live(name)
        tags = await tags_of(self, live["DBParameterGroupArn"], self._gone) if live else None
        return None if tags is None else claim(owner, name, f"The parameter group {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        name = str(properties["DBParameterGroupName"]).lower()
        made = self.call(
            "create_db_parameter_group",
            DBParameterGroupName=name,
            DBParameterGroupFamily=properties["Family"],
            Description=properties["Description"],
            Tags=properties.get("Tags", []),
        )
        await unless_taken(made, frozenset({"DBParameterGroupAlreadyExists"}), lambda: self.find(owner, properties))
        await self._set(name, _texts(properties))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        live, wanted = _texts(old), _texts(new)
        await self._set(id, {name: value for name, value in wanted.items() if live.get(name) != value})
        await self._reset(id, [name for name in live if name not in wanted])
        group = await self._live(id) if retagged(old, new) != ({}, []) else None
        if group:
            await retag(self, group["DBParameterGroupArn"], old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a parameter group holds nothing
        try:
            await self.maybe("delete_db_parameter_group", self._gone, DBParameterGroupName=id)
        except AwsError as error:
            if error.code == "InvalidDBParameterGroupState":
                raise TryLater(f"The parameter group {id} is still in use.", seconds=10) from error
            raise

    async def _live(self, name: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_db_parameter_groups", self._gone, DBParameterGroupName=name)
        return answer["DBParameterGroups"][0] if answer and answer["DBParameterGroups"] else None

    async def _parameters(self, name: str, **which: str) -> list[dict[str, Any]]:
        return await every(
            self, "describe_db_parameters", "Parameters", "Marker", "Marker", DBParameterGroupName=name, **which
        )

    async def _set(self, name: str, values: dict[str, str]) -> None:
        how = await self._methods(name) if values else {}
        changes = [
            {"ParameterName": one, "ParameterValue": values[one], "ApplyMethod": how.get(one, "pending-reboot")}
            for one in sorted(values)
        ]
        for start in range(0, len(changes), _AT_ONCE):
            some = changes[start : start + _AT_ONCE]
            await self.call("modify_db_parameter_group", DBParameterGroupName=name, Parameters=some)

    async def _reset(self, name: str, names: list[str]) -> None:
        how = await self._methods(name) if names else {}
        changes = [{"ParameterName": one, "ApplyMethod": how.get(one, "pending-reboot")} for one in sorted(names)]
        for start in range(0, len(changes), _AT_ONCE):
            some = changes[start : start + _AT_ONCE]
            await self.call("reset_db_parameter_group", DBParameterGroupName=name, Parameters=some)

    async def _methods(self, name: str) -> dict[str, str]:
        """When each parameter can take effect: RDS refuses `immediate` for static ones."""
        dynamic = {True: "immediate", False: "pending-reboot"}
        known = await self._parameters(name)
        return {one["ParameterName"]: dynamic[one.get("ApplyType") == "dynamic"] for one in known}


async def tags_of(provider: Provider, arn: str, gone: frozenset[str]) -> dict[str, str] | None:
    """The tags of a resource of RDS; None when it is gone."""
    answer = await provider.maybe("list_tags_for_resource", gone, ResourceName=arn)
    return None if answer is None else tag_map(answer.get("TagList"))


async def retag(provider: Provider, arn: str, old: Properties, new: Properties) -> None:
    """Brings the tags of a resource of RDS to those of `new`."""
    put, removed = retagged(old, new)
    if put:
        await provider.call("add_tags_to_resource", ResourceName=arn, Tags=tag_list(put))
    if removed:
        await provider.call("remove_tags_from_resource", ResourceName=arn, TagKeys=removed)


def _texts(properties: Properties) -> dict[str, str]:
    return {name: as_text(value) for name, value in properties.get("Parameters", {}).items()}
