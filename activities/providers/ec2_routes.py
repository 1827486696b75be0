"""EC2: route tables, their routes, and the subnets that they are for."""

import ipaddress
from functools import partial
from typing import Any

from panka.activities.aws.errors import NotOurs
from panka.activities.providers.ec2_unnamed import GONE, Listing, UnnamedProvider, belongs, retag
from panka.activities.providers.ownership import once
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_NO_ROUTE = GONE | {"InvalidRoute.NotFound"}
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "OdbNetworkArn",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
)


class RouteTableProvider(UnnamedProvider):
    """Where the traffic of some subnets goes. Its routes are resources of their own."""

    type = "AWS::EC2::RouteTable"
    listing = Listing(
        "describe_route_tables",
        "RouteTables",
        "RouteTableId",
        "route-table",
        "delete_route_table",
        "the route table",
    )

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        return Observed({"VpcId": live["VpcId"], "Tags": tag_list(tag_map(live.get("Tags")))}, {"RouteTableId": id})

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, ("VpcId",))
        return await self._make(owner, properties, "create_route_table", VpcId=properties["VpcId"], ClientToken=token)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, ("VpcId",))
        await retag(self, id, old, new)


class RouteProvider(Provider):
    """`<table>|<destination>`: a table has one route for a destination. Ours when the table is, or what it leads to."""

    type = "AWS::EC2::Route"
    service = "ec2"
    _names = ("RouteTableId", *_DESTINATIONS, *_TARGETS)

    async def read(self, id: str) -> Observed | None:
        table, _, destination = id.partition("|")
        live = await self._live(table, destination)
        if live is None:
            return None
        properties = {"RouteTableId": table, **{name: live.get(name) for name in (*_DESTINATIONS, *_TARGETS)}}
        return Observed(told(properties), {"CidrBlock": destination})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        table = properties.get("RouteTableId")
        live = await self._live(table, _destination(properties)) if table else None
        if table is None or live is None:
            return None
        wanted = [live[name] for name in _TARGETS if name in live and live[name] == properties.get(name)]
        if await belongs(self, owner, table) or any([await belongs(self, owner, target) for target in wanted]):
            return _id(properties)
        raise NotOurs(f"{table} has a route for {_destination(properties)}, and it is not of {owner.scope}.")

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the destination is the token
        settable(self.type, properties, self._names)

        async def make() -> str:
            id = _id(properties)
            target = {name: properties[name] for name in _TARGETS if name in properties}
            await self.call("create_route", **_place(id), **target)
            return id

        return await once(self, partial(self.find, owner, properties), make, frozenset({"RouteAlreadyExists"}))

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        # EC2 tells more of a target than was said: the instance behind an interface.
        if target := {name: new[name] for name in _TARGETS if name in new and new[name] != old.get(name)}:
            await self.call("replace_route", **_place(id), **target)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a route holds nothing
        if await self.read(id) is not None:
            await self.maybe("delete_route", _NO_ROUTE, **_place(id))

    async def ready(self, id: str) -> Readiness:
        return Ready() if await self.read(id) else Waiting("EC2 does not list the route yet")

    async def _live(self, table: str, destination: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_route_tables", GONE, RouteTableIds=[table])
        routes = (route for found in (answer or {}).get("RouteTables", []) for route in found.get("Routes", []))
        made = (route for route in routes if route.get("Origin", "CreateRoute") == "CreateRoute")
        found = next((route for route in made if _destination(route) == destination), None)
        if found and str(found.get("GatewayId", "")).startswith("vpce-"):
            return {**found, "VpcEndpointId": found["GatewayId"]}
        return found


class SubnetRouteTableAssociationProvider(Provider):
    """A subnet has one route table at most. The association is ours when the subnet is, or the table."""

    type = "AWS::EC2::SubnetRouteTableAssociation"
    service = "ec2"
    _names = ("RouteTableId", "SubnetId")

    async def read(self, id: str) -> Observed | None:
        live = await self._one("association.route-table-association-id", "RouteTableAssociationId", id)
        if live is None:
            return None
        return Observed({"RouteTableId": live["RouteTableId"], "SubnetId": live["SubnetId"]}, {"Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        """None also where our subnet has another of our tables, from which `create` takes it over."""
        live = await self._of_subnet(properties.get("SubnetId"))
        if live is None:
            return None
        same = live["RouteTableId"] == properties.get("RouteTableId")
        if await belongs(self, owner, live["SubnetId"]) or await belongs(self, owner, live["RouteTableId"]):
            return str(live["RouteTableAssociationId"]) if same else None
        raise NotOurs(
            f"{live['SubnetId']} has the route table {live['RouteTableId']}, and neither is of {owner.scope}."
        )

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a subnet has one
        settable(self.type, properties, self._names)
        subnet, table = properties["SubnetId"], properties["RouteTableId"]

        async def make() -> str:
            before = await self._of_subnet(subnet)
            if before is None:
                made = await self.call("associate_route_table", SubnetId=subnet, RouteTableId=table)
                return str(made["AssociationId"])
            # In one step, so that the subnet is never without its routes. The association that was is gone then.
            old = before["RouteTableAssociationId"]
            made = await self.call("replace_route_table_association", AssociationId=old, RouteTableId=table)
            return str(made["NewAssociationId"])

        return await once(self, partial(self.find, owner, properties), make, frozenset({"Resource.AlreadyAssociated"}))

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        """Nothing of an association can change: it is replaced."""

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # an association holds nothing
        if await self.read(id) is not None:
            await self.maybe("disassociate_route_table", GONE, AssociationId=id)

    async def ready(self, id: str) -> Readiness:
        live = await self._one("association.route-table-association-id", "RouteTableAssociationId", id)
        said = live.get("AssociationState", {}) if live else {"State": "not listed yet"}
        state = said.get("State", "associated")
        if state == "failed":
            return Failed(f"The subnet does not get its route table: {said.get('StatusMessage')}.")
        return Ready() if state == "associated" else Waiting(f"the route table is {state}")

    async def _of_subnet(self, subnet: str | None) -> dict[str, Any] | None:
        return await self._one("association.subnet-id", "SubnetId", subnet) if subnet else None

    async def _one(self, filter: str, name: str, value: str) -> dict[str, Any] | None:
        answer = await self.call("describe_route_tables", Filters=[{"Name": filter, "Values": [value]}])
        there = (one for table in answer["RouteTables"] for one in table.get("Associations", []))
        gone = {"disassociating", "disassociated"}
        stays = (one for one in there if one.get("AssociationState", {}).get("State") not in gone)
        return next((one for one in stays if one.get(name) == value), None)


def _destination(route: Properties) -> str:
    """Where a route leads, as EC2 keeps it: 10.1.2.3/8 becomes 10.0.0.0/8."""
    said = next((str(route[name]) for name in _DESTINATIONS if route.get(name)), "")
    return said if said.startswith("pl-") or not said else str(ipaddress.ip_network(said, strict=False))


def _id(properties: Properties) -> str:
    return f"{properties['RouteTableId']}|{_destination(properties)}"


def _place(id: str) -> dict[str, str]:
    """The arguments that name a route."""
    table, _, destination = id.partition("|")
    v6 = "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"
    return {"RouteTableId": table, "DestinationPrefixListId" if destination.startswith("pl-") else v6: destination}


PROVIDERS = (RouteTableProvider, RouteProvider, SubnetRouteTableAssociationProvider)
