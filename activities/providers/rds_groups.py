"""RDS: subnet groups and parameter groups, which DocumentDB has too."""

from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list
from panka.activities.providers.resource_tags import retag, tags_of
from panka.activities.providers.shapes import as_text, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_AT_ONCE = 20
"""The most parameters that one call changes."""


class SubnetGroupProvider(Provider):
    """A subnet group's name is unique in account and region; RDS keeps it in lower case."""

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


class DBSubnetGroupProvider(SubnetGroupProvider):
    """The subnets of databases."""

    type = "AWS::RDS::DBSubnetGroup"
    service = "rds"


class ParameterGroupProvider(Provider):
    """A parameter group's name is unique in account and region; RDS keeps it in lower case."""

    kind: ClassVar[str] = "db_parameter_group"
    """As operations say it."""
    noun: ClassVar[str] = "DBParameterGroup"
    """As arguments and answers say it."""
    name: ClassVar[str] = "DBParameterGroupName"
    """The property that holds its name."""
    _gone = frozenset({"DBParameterGroupNotFound"})

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await tags_of(self, live[f"{self.noun}Arn"], self._gone) if live else None
        if live is None or tags is None:
            return None
        ours = await self._parameters(id, Source="user")
        properties = {
            self.name: live[f"{self.noun}Name"],
            "Description": live["Description"],
            "Family": live["DBParameterGroupFamily"],
            "Parameters": {one["ParameterName"]: one["ParameterValue"] for one in ours if "ParameterValue" in one},
            "Tags": tag_list(tags),
        }
        return Observed(told(properties), {f"{self.noun}Arn": live[f"{self.noun}Arn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = str(properties[self.name]).lower()
        live = await self._live(name)
        tags = await tags_of(self, live[f"{self.noun}Arn"], self._gone) if live else None
        return None if tags is None else claim(owner, name, f"The parameter group {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        self._check(properties)
        name = str(properties[self.name]).lower()
        made = self._call(
            "create",
            name,
            DBParameterGroupFamily=properties["Family"],
            Description=properties["Description"],
            Tags=properties.get("Tags", []),
        )
        await unless_taken(made, frozenset({"DBParameterGroupAlreadyExists"}), lambda: self.find(owner, properties))
        await self._set(name, _texts(properties))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        self._check(new)
        live, wanted = _texts(old), _texts(new)
        await self._set(id, {name: value for name, value in wanted.items() if live.get(name) != value})
        await self._reset(id, [name for name in live if name not in wanted])
        group = await self._live(id) if retagged(old, new) != ({}, []) else None
        if group:
            await retag(self, group[f"{self.noun}Arn"], old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a parameter group holds nothing
        try:
            await self._call("delete", id)
        except AwsError as error:
            if error.code == "InvalidDBParameterGroupState":
                raise TryLater(f"The parameter group {id} is still in use.", seconds=10) from error
            if error.code not in self._gone:
                raise

    def _check(self, properties: Properties) -> None:
        settable(self.type, properties, (self.name, "Description", "Family", "Parameters"))

    async def _call(self, verb: str, name: str, **arguments: Any) -> dict[str, Any]:
        return await self.call(f"{verb}_{self.kind}", **{f"{self.noun}Name": name}, **arguments)

    async def _live(self, name: str) -> dict[str, Any] | None:
        which: dict[str, Any] = {f"{self.noun}Name": name}
        answer = await self.maybe(f"describe_{self.kind}s", self._gone, **which)
        return answer[f"{self.noun}s"][0] if answer and answer[f"{self.noun}s"] else None

    async def _parameters(self, name: str, **which: str) -> list[dict[str, Any]]:
        operation = f"describe_{self.kind.removesuffix('_group')}s"
        which[f"{self.noun}Name"] = name
        return await every(self, operation, "Parameters", "Marker", "Marker", **which)

    async def _set(self, name: str, values: dict[str, str]) -> None:
        how = await self._methods(name) if values else {}
        changes = [
            {"ParameterName": one, "ParameterValue": values[one], "ApplyMethod": how.get(one, "pending-reboot")}
            for one in sorted(values)
        ]
        for start in range(0, len(changes), _AT_ONCE):
            await self._call("modify", name, Parameters=changes[start : start + _AT_ONCE])

    async def _reset(self, name: str, names: list[str]) -> None:
        how = await self._methods(name) if names else {}
        changes = [{"ParameterName": one, "ApplyMethod": how.get(one, "pending-reboot")} for one in sorted(names)]
        for start in range(0, len(changes), _AT_ONCE):
            await self._call("reset", name, Parameters=changes[start : start + _AT_ONCE])

    async def _methods(self, name: str) -> dict[str, str]:
        """When each parameter can take effect: RDS refuses `immediate` for static ones."""
        dynamic = {True: "immediate", False: "pending-reboot"}
        known = await self._parameters(name)
        return {one["ParameterName"]: dynamic[one.get("ApplyType") == "dynamic"] for one in known}


class ClusterParameterGroupProvider(ParameterGroupProvider):
    """The parameters of a cluster: other calls, and else the same."""

    kind, noun = "db_cluster_parameter_group", "DBClusterParameterGroup"


class DBParameterGroupProvider(ParameterGroupProvider):
    """The parameters of RDS's instances."""

    type = "AWS::RDS::DBParameterGroup"
    service = "rds"


class DBClusterParameterGroupProvider(ClusterParameterGroupProvider):
    """The parameters of RDS's clusters."""

    type = "AWS::RDS::DBClusterParameterGroup"
    service = "rds"
    name = "DBClusterParameterGroupName"


def _texts(properties: Properties) -> dict[str, str]:
    return {name: as_text(value) for name, value in properties.get("Parameters", {}).items()}
