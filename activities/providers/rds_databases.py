"""What instances and clusters have in common, at RDS and at DocumentDB, whose calls are RDS's under another name."""

from typing import Any, ClassVar

from panka.activities.providers.provider import Ending
from panka.activities.providers.rds_shapes import DatabaseShape
from panka.activities.providers.stateful import StatefulProvider
from panka.planner.resource import Properties


class DatabaseProvider(StatefulProvider):
    """An instance or a cluster."""

    shape: ClassVar[DatabaseShape]
    absent = frozenset({"DBClusterNotFoundFault", "DBInstanceNotFound", "DBInstanceNotFoundFault"})
    taken = frozenset({"DBClusterAlreadyExistsFault", "DBInstanceAlreadyExists", "DBInstanceAlreadyExistsFault"})
    busy = frozenset(
        {
            "InvalidDBClusterStateFault",
            "InvalidDBInstanceState",
            "InvalidDBInstanceStateFault",
            "InvalidResourceStateFault",
        }
    )
    usable = frozenset({"available", "storage-optimization"})
    broken = (
        "cloning-failed",
        "failed",
        "incompatible-",
        "inaccessible-",
        "insufficient-capacity",
        "migration-failed",
        "restore-error",
        "storage-full",
        "stopped",
    )

    def changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        """What the modifying call is to be told."""
        return self.shape.changes(old, new)

    def ending(self, live: dict[str, Any], how: Ending) -> dict[str, Any]:  # noqa: ARG002  # most hold data
        if how.snapshot:
            return {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": how.snapshot}
        return {"SkipFinalSnapshot": True}

    async def make(self, properties: Properties) -> dict[str, Any]:
        asked = self.shape.created(properties)
        return await self.call(f"create_{self.kind}", Tags=properties.get("Tags", []), **asked)

    async def change(self, id: str, old: Properties, new: Properties) -> None:
        if asked := self.changes(old, new):
            await self.when_free(id, f"modify_{self.kind}", **self.named(id), ApplyImmediately=True, **asked)


class InstanceProvider(DatabaseProvider):
    """A machine: one that holds a database, or one that computes for a cluster."""

    kind, noun, status = "db_instance", "DBInstance", "DBInstanceStatus"
    name, identifier, arn = "DBInstanceIdentifier", "DBInstanceIdentifier", "DBInstanceArn"


class ClusterProvider(DatabaseProvider):
    """It holds the data; its members, which only compute, are deleted before it."""

    kind, noun, status, word = "db_cluster", "DBCluster", "Status", "cluster"
    name, identifier, arn = "DBClusterIdentifier", "DBClusterIdentifier", "DBClusterArn"

    def changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        asked = super().changes(old, new)
        # No property allows it: who asks for a version means it.
        return {**asked, "AllowMajorVersionUpgrade": True} if "EngineVersion" in asked else asked
