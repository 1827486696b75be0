"""ECS: clusters. Task definitions and services are in ecs_task and ecs_service."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ecs_service import ServiceProvider
from panka.activities.providers.ecs_shapes import ecs_tags, from_ecs, to_ecs, with_tags
from panka.activities.providers.ecs_task import TaskDefinitionProvider
from panka.activities.providers.ownership import claim, retagged
from panka.activities.providers.provider import Ending, Failed, Observed, Provider, Readiness, Ready, Waiting, tag_map
from panka.activities.providers.shapes import differing, settable
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ClusterNotFoundException"})
_HELD = frozenset({"ClusterContainsServicesException", "ClusterContainsTasksException", "UpdateInProgressException"})
_CAPACITY = ("CapacityProviders", "DefaultCapacityProviderStrategy")
_SETTINGS = ("ClusterSettings", "Configuration", "ServiceConnectDefaults")


class ClusterProvider(Provider):
    """A cluster's name is unique in account and region. ECS answers a second create with the first one's cluster."""

    type = "AWS::ECS::Cluster"
    service = "ecs"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        properties = {
            "ClusterName": live["clusterName"],
            "ClusterSettings": from_ecs(live.get("settings")),
            "Configuration": from_ecs(live.get("configuration")),
            "ServiceConnectDefaults": from_ecs(live.get("serviceConnectDefaults")),
            "CapacityProviders": sorted(live.get("capacityProviders", [])),
            "DefaultCapacityProviderStrategy": from_ecs(live.get("defaultCapacityProviderStrategy")),
        }
        return Observed(with_tags(properties, live.get("tags")), {"Arn": live["clusterArn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["ClusterName"]
        live = await self._live(name)
        return None if live is None else claim(owner, name, f"The cluster {name}", tag_map(live.get("tags")))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, ("ClusterName", *_SETTINGS, *_CAPACITY))
        if found := await self.find(owner, properties):
            return found
        asked = _spelled({key: properties[key] for key in (*_SETTINGS, *_CAPACITY) if key in properties})
        name: str = properties["ClusterName"]
        await self.call("create_cluster", clusterName=name, tags=ecs_tags(properties), **asked)
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, ("ClusterName", *_SETTINGS, *_CAPACITY))
        if change := differing(old, new, _SETTINGS):
            await self.call("update_cluster", cluster=id, **_spelled(change))
        nothing: dict[str, Any] = {name: [] for name in _CAPACITY}
        providers = {"CapacityProviders": sorted(new.get("CapacityProviders", []))}
        if differing(old, {**new, **providers}, _CAPACITY, nothing):
            wanted = {name: new.get(name, []) for name in _CAPACITY}
            await self.call("put_cluster_capacity_providers", cluster=id, **_spelled(wanted))
        put, removed = retagged(old, new)
        live = await self._live(id) if put or removed else None
        if live and put:
            tags = [{"key": key, "value": value} for key, value in put.items()]
            await self.call("tag_resource", resourceArn=live["clusterArn"], tags=tags)
        if live and removed:
            await self.call("untag_resource", resourceArn=live["clusterArn"], tagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a cluster with services is refused by AWS
        if await self._live(id) is None:
            return
        try:
            await self.maybe("delete_cluster", _GONE, cluster=id)
        except AwsError as error:
            if error.code in _HELD:
                raise TryLater(f"The cluster {id} still has services or tasks.", seconds=5) from error
            raise

    async def ready(self, id: str) -> Readiness:
        live = await self._live(id)
        match live and live.get("status"):
            case "ACTIVE":
                return Ready()
            case "FAILED":
                return Failed("ECS could not make the cluster.")
        return Waiting("ECS prepares the cluster")

    async def _live(self, name: str) -> dict[str, Any] | None:
        """The cluster, unless it is gone: ECS shows a deleted one as INACTIVE for a while."""
        include = ["TAGS", "SETTINGS", "CONFIGURATIONS"]
        answer = await self.call("describe_clusters", clusters=[name], include=include)
        return next((live for live in answer["clusters"] if live.get("status") != "INACTIVE"), None)


def _spelled(properties: Properties) -> dict[str, Any]:
    shaped = {**properties, "Settings": properties.get("ClusterSettings")}
    shaped.pop("ClusterSettings", None)
    asked: dict[str, Any] = to_ecs(shaped)
    # An emptied list of capacity providers is said, not left out.
    return {key: value for key, value in asked.items() if value is not None}


PROVIDERS = (ClusterProvider, TaskDefinitionProvider, ServiceProvider)
