"""ECS: services, and how far their deployments are."""

from typing import Any

from panka.activities.aws.errors import TryLater
from panka.activities.providers.ecs_shapes import ecs_tags, from_ecs, to_ecs, with_tags
from panka.activities.providers.ownership import claim, retagged
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
from panka.activities.providers.shapes import covers, settable
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"})
_UPDATABLE = (
    "AvailabilityZoneRebalancing",
    "CapacityProviderStrategy",
    "DeploymentConfiguration",
    "DesiredCount",
    "EnableECSManagedTags",
    "EnableExecuteCommand",
    "HealthCheckGracePeriodSeconds",
    "LoadBalancers",
    "NetworkConfiguration",
    "PlacementConstraints",
    "PlacementStrategies",
    "PlatformVersion",
    "PropagateTags",
    "ServiceRegistries",
    "TaskDefinition",
)
_DEPLOYED = ("ServiceConnectConfiguration", "VolumeConfigurations", "VpcLatticeConfigurations")
"""What ECS tells of a deployment, not of the service."""
_SETTABLE = (*_UPDATABLE, *_DEPLOYED)
_FIXED = ("Cluster", "DeploymentController", "LaunchType", "Role", "SchedulingStrategy", "ServiceName")
_CLEARED: dict[str, Any] = {
    "EnableExecuteCommand": False,
    "HealthCheckGracePeriodSeconds": 0,
    "LoadBalancers": [],
    "PlacementConstraints": [],
    "PlacementStrategies": [],
    "ServiceConnectConfiguration": {"Enabled": False},
    "ServiceRegistries": [],
    "VolumeConfigurations": [],
    "VpcLatticeConfigurations": [],
}


class ServiceProvider(Provider):
    """A service's name is unique in its cluster."""

    type = "AWS::ECS::Service"
    service = "ecs"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        spelled, deployed = from_ecs(live), from_ecs(_primary(live) or {})
        properties = {
            **{name: spelled.get(name) for name in (*_UPDATABLE, *_FIXED)},
            **{name: deployed.get(name) for name in _DEPLOYED},
            "Cluster": id.partition("|")[0],
            "PlacementStrategies": spelled.get("PlacementStrategy"),
            "NetworkConfiguration": _network(spelled.get("NetworkConfiguration")),
            "Role": None,
        }
        attributes = {"ServiceArn": live["serviceArn"], "Name": live["serviceName"]}
        return Observed(with_tags(properties, live.get("tags")), attributes)

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "Cluster" not in properties:
            return None
        id = f"{properties['Cluster']}|{properties['ServiceName']}"
        live = await self._live(id)
        if live is None:
            return None
        claim(owner, id, f"The service {properties['ServiceName']}", tag_map(live.get("tags")))
        if live.get("status") == "DRAINING":
            raise TryLater(f"The last service {live['serviceName']} still drains.", seconds=5)
        return id

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, (*_SETTABLE, *_FIXED))
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in (*_SETTABLE, *_FIXED) if name in properties}
        await self.call("create_service", clientToken=token, tags=ecs_tags(properties), **_spelled(asked))
        return f"{properties['Cluster']}|{properties['ServiceName']}"

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_SETTABLE, *_FIXED))
        change = _changes(old, new)
        cluster, _, name = id.partition("|")
        live = await self._live(id)
        if live and _failed_since(live):
            # ECS went back by itself. Without a deployment of its own, this update would be taken for the failed one.
            change = {**change, "TaskDefinition": new["TaskDefinition"], "ForceNewDeployment": True}
        if change:
            await self.call("update_service", cluster=cluster, service=name, **_spelled(change))
        put, removed = retagged(old, new)
        if live and put:
            tags = [{"key": key, "value": value} for key, value in put.items()]
            await self.call("tag_resource", resourceArn=live["serviceArn"], tags=tags)
        if live and removed:
            await self.call("untag_resource", resourceArn=live["serviceArn"], tagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # running tasks are stopped in any case
        live = await self._live(id)
        if live is None or live.get("status") == "DRAINING":
            return
        cluster, _, name = id.partition("|")
        await self.maybe("delete_service", _GONE, cluster=cluster, service=name, force=True)

    async def ready(self, id: str) -> Readiness:
        live = await self._live(id)
        if live is None:
            return Waiting("ECS does not show the service yet")
        primary = _primary(live)
        desired, running = int(live["desiredCount"]), int(live["runningCount"])
        if primary and primary.get("rolloutState") == "FAILED":
            return Failed(primary.get("rolloutStateReason") or "The deployment failed.")
        if reason := _failed_since(live):
            return Failed(reason)
        rolled_out = primary is None or primary.get("rolloutState", "COMPLETED") == "COMPLETED"
        if primary:
            running = int(primary.get("runningCount", running))
        # Tasks above the number wanted belong to an earlier size and are on their way out: nothing waits for them.
        if rolled_out and running >= desired:
            return Ready()
        trouble = _trouble(live)
        return Waiting(f"{running} of {desired} tasks running{f': {trouble}' if trouble else ''}")

    async def gone(self, id: str) -> Readiness:
        live = await self._live(id)
        return Ready() if live is None else Waiting(f"{live.get('runningCount', 0)} tasks are stopping")

    async def _live(self, id: str) -> dict[str, Any] | None:
        """The service, unless it is gone: ECS shows a deleted one as INACTIVE for a while."""
        cluster, _, name = id.partition("|")
        answer = await self.maybe("describe_services", _GONE, cluster=cluster, services=[name], include=["TAGS"])
        found: list[dict[str, Any]] = answer["services"] if answer else []
        return next((live for live in found if live.get("status") != "INACTIVE"), None)


def _changes(old: Properties, new: Properties) -> Properties:
    live, wanted = {**_CLEARED, **old}, {**_CLEARED, **new}
    for side in (live, wanted):
        if "NetworkConfiguration" in side:
            side["NetworkConfiguration"] = _network(side["NetworkConfiguration"])
    change = {name: wanted[name] for name in _SETTABLE if name in wanted and not covers(live.get(name), wanted[name])}
    # A definition may be named without account and region, or by its family alone.
    named = str(change.get("TaskDefinition", ""))
    if named and str(live.get("TaskDefinition", "")).endswith(f"/{named}"):
        del change["TaskDefinition"]
    return change


def _network(configuration: dict[str, Any] | None) -> dict[str, Any] | None:
    """Subnets and security groups are sets to ECS."""
    if not configuration or "AwsvpcConfiguration" not in configuration:
        return configuration
    shaped = {
        name: sorted(value) if isinstance(value, list) else value
        for name, value in configuration["AwsvpcConfiguration"].items()
    }
    return {**configuration, "AwsvpcConfiguration": shaped}


def _spelled(properties: Properties) -> dict[str, Any]:
    asked: dict[str, Any] = to_ecs(properties)
    if "placementStrategies" in asked:
        asked["placementStrategy"] = asked.pop("placementStrategies")
    return asked


def _primary(live: dict[str, Any]) -> dict[str, Any] | None:
    return next((one for one in live.get("deployments", []) if one.get("status") == "PRIMARY"), None)


def _trouble(live: dict[str, Any]) -> str | None:
    """Why ECS says that it does not get tasks to run, the latest first, if it says so of this deployment."""
    since = (_primary(live) or {}).get("createdAt")
    for event in live.get("events", []):
        if since and event["createdAt"] > since and ("unable to" in event["message"] or "failed" in event["message"]):
            return str(event["message"])
    return None


def _failed_since(live: dict[str, Any]) -> str | None:
    """Why a deployment younger than the primary one failed: its circuit breaker made an older one primary again.

    The failed deployment leaves the list when its tasks have stopped; the service's events tell of it for longer.
    """
    primary = _primary(live)
    if primary is None or "createdAt" not in primary:
        return None
    for one in live["deployments"]:
        if one.get("rolloutState") == "FAILED" and one["createdAt"] > primary["createdAt"]:
            return str(one.get("rolloutStateReason") or "The deployment failed and ECS went back to the last one.")
    for event in live.get("events", []):
        if "deployment failed" in event["message"] and event["createdAt"] > primary["createdAt"]:
            return str(event["message"])
    return None
