"""RDS: instances. Subnet groups and parameter groups are in rds_groups."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    tag_map,
)
from panka.activities.providers.rds_groups import DBParameterGroupProvider, DBSubnetGroupProvider, retag
from panka.activities.providers.rds_shapes import changes, created, observed, settable_names
from panka.activities.providers.shapes import settable
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
_TAKEN = frozenset({"DBInstanceAlreadyExists"})
_BUSY = frozenset({"InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidDBClusterStateFault"})
_USABLE = frozenset({"available", "storage-optimization"})
_BROKEN = (
    "failed",
    "incompatible-",
    "inaccessible-",
    "insufficient-capacity",
    "restore-error",
    "storage-full",
    "stopped",
)


class DBInstanceProvider(Provider):
    """An instance's identifier is unique in account and region; RDS keeps it in lower case."""

    type = "AWS::RDS::DBInstance"
    service = "rds"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        endpoint = live.get("Endpoint", {})
        attributes = {
            "DBInstanceArn": live["DBInstanceArn"],
            "DbiResourceId": live.get("DbiResourceId"),
            "Endpoint.Address": endpoint.get("Address"),
            "Endpoint.Port": str(endpoint["Port"]) if "Port" in endpoint else None,
            "MasterUserSecret.SecretArn": live.get("MasterUserSecret", {}).get("SecretArn"),
        }
        known = {name: value for name, value in attributes.items() if value is not None}
        return Observed(observed(live), known)

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = str(properties["DBInstanceIdentifier"]).lower()
        live = await self._live(name)
        if live is None:
            return None
        claim(owner, name, f"The database {name}", tag_map(live.get("TagList")))
        if live.get("DBInstanceStatus") == "deleting":
            raise TryLater(f"The last database {name} is still being deleted.", seconds=15)
        return name

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the identifier is the token
        settable(self.type, properties, settable_names())
        replica = "SourceDBInstanceIdentifier" in properties
        operation = "create_db_instance_read_replica" if replica else "create_db_instance"
        made = self.call(operation, Tags=properties.get("Tags", []), **created(properties))
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        return str(properties["DBInstanceIdentifier"]).lower()

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, settable_names())
        if change := changes(old, new):
            try:
                await self.call("modify_db_instance", DBInstanceIdentifier=id, ApplyImmediately=True, **change)
            except AwsError as error:
                raise _later(id, error) from error
        if retagged(old, new) == ({}, []):
            return
        live = await self._live(id)
        if live is not None:
            await retag(self, live["DBInstanceArn"], old, new)

    async def delete(self, id: str, how: Ending) -> None:
        live = await self._live(id)
        if live is None or live.get("DBInstanceStatus") == "deleting":
            return
        # RDS takes no snapshot of replicas, nor of the members of a cluster.
        has_data = not live.get("ReadReplicaSourceDBInstanceIdentifier") and not live.get("DBClusterIdentifier")
        last: dict[str, Any] = {"SkipFinalSnapshot": True}
        if how.snapshot and has_data:
            last = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": how.snapshot}
        try:
            await self.maybe("delete_db_instance", _GONE, DBInstanceIdentifier=id, **last)
        except AwsError as error:
            raise _later(id, error) from error

    async def ready(self, id: str) -> Readiness:
        live = await self._live(id)
        if live is None:
            return Waiting("RDS does not show the database yet")
        status = str(live.get("DBInstanceStatus", "available"))
        if status.startswith(_BROKEN):
            return Failed(f"The database is {status}.")
        if status not in _USABLE:
            return Waiting(f"the database is {status}")
        if pending := live.get("PendingModifiedValues"):
            return Waiting(f"RDS has still to change {', '.join(sorted(pending))}")
        return Ready()

    async def gone(self, id: str) -> Readiness:
        live = await self._live(id)
        return Ready() if live is None else Waiting(f"the database is {live.get('DBInstanceStatus', 'deleting')}")

    async def _live(self, id: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_db_instances", _GONE, DBInstanceIdentifier=id)
        return answer["DBInstances"][0] if answer and answer["DBInstances"] else None


def _later(id: str, error: AwsError) -> Exception:
    if error.code in _BUSY:
        return TryLater(f"The database {id} is busy: {error.message}", seconds=15)
    return error


PROVIDERS = (DBSubnetGroupProvider, DBParameterGroupProvider, DBInstanceProvider)
