"""MSK: Kafka clusters, provisioned and serverless. Settings and passwords of users are in msk_settings."""

from abc import abstractmethod
from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.msk_changes import Change, changes
from panka.activities.providers.msk_settings import BatchScramSecretProvider, ConfigurationProvider
from panka.activities.providers.ownership import claim, retagged
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
)
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NotFoundException"})
_TAKEN = "ConflictException"
_REFUSED = "BadRequestException"
_WITHOUT_BROKERS = frozenset({"CREATING", "DELETING", "FAILED"})


class KafkaProvider(Provider):
    """A cluster's name is unique in account and region. Its id is its ARN."""

    service = "kafka"
    names: ClassVar[tuple[str, ...]]
    """The properties that can be set, tags aside."""

    @abstractmethod
    def asked(self, properties: Properties) -> dict[str, Any]:
        """What the creating call is told beside name and tags."""

    @abstractmethod
    def observed(self, live: dict[str, Any]) -> Properties:
        """What is described, as properties, name and tags aside."""

    async def read(self, id: str) -> Observed | None:
        live = await self.live(id)
        if live is None:
            return None
        tags = {key: value for key, value in live.get("Tags", {}).items() if not key.startswith("aws:")}
        properties = told({"ClusterName": live["ClusterName"], **self.observed(live), "Tags": tags})
        attributes = {"Arn": id, "CurrentVersion": live.get("CurrentVersion"), **await self._brokers(live)}
        return Observed(properties, told(attributes))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["ClusterName"]
        clusters = await every(
            self, "list_clusters_v2", "ClusterInfoList", "NextToken", "NextToken", ClusterNameFilter=name
        )
        # The filter asks for a beginning.
        live = next((one for one in clusters if one["ClusterName"] == name), None)
        if live is None:
            return None
        id = claim(owner, live["ClusterArn"], f"The Kafka cluster {name}", live.get("Tags", {}))
        if live["State"] == "DELETING":
            raise TryLater(f"The last Kafka cluster {name} is still being deleted.", seconds=30)
        return id

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        settable(self.type, properties, self.names)
        named = {"ClusterName": properties["ClusterName"], "Tags": properties.get("Tags", {})}
        try:
            made = await self.call("create_cluster_v2", **named, **self.asked(properties))
        except AwsError as error:
            found = await self.find(owner, properties) if error.code == _TAKEN else None
            if found is None:
                raise
            return found
        return str(made["ClusterArn"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self.names)
        put, removed = retagged(old, new)
        if put:
            await self.call("tag_resource", ResourceArn=id, Tags=put)
        if removed:
            await self.call("untag_resource", ResourceArn=id, TagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # MSK takes no snapshots
        live = await self.live(id)
        if live is None or live["State"] == "DELETING":
            return
        try:
            await self.maybe("delete_cluster", _GONE, ClusterArn=id)
        except AwsError as error:
            await self._wait_for_others(live, error)
            raise

    async def ready(self, id: str) -> Readiness:
        live = await self.live(id)
        state = live["State"] if live else "CREATING"
        if state == "FAILED":
            why = (live or {}).get("StateInfo", {}).get("Message")
            return Failed(f"MSK could not make the cluster: {why}" if why else "MSK could not make the cluster.")
        return Ready() if state == "ACTIVE" else Waiting(f"the Kafka cluster is {_said(state)}")

    async def gone(self, id: str) -> Readiness:
        live = await self.live(id)
        return Ready() if live is None else Waiting(f"the Kafka cluster is {_said(live['State'])}")

    async def live(self, id: str) -> dict[str, Any] | None:
        """What AWS describes; None when it is not there."""
        answer = await self.maybe("describe_cluster_v2", _GONE, ClusterArn=id)
        return answer["ClusterInfo"] if answer else None

    async def _brokers(self, live: dict[str, Any]) -> Properties:
        """The brokers' addresses by the ways of authentication that are on."""
        if live["State"] in _WITHOUT_BROKERS:
            return {}
        answer = await self.call("get_bootstrap_brokers", ClusterArn=live["ClusterArn"])
        return {name: value for name, value in answer.items() if name.startswith("BootstrapBrokerString")}

    async def _wait_for_others(self, live: dict[str, Any], error: AwsError) -> None:
        """Raises TryLater when a refusal comes of another change that began meanwhile."""
        now = await self.live(live["ClusterArn"]) if error.code == _REFUSED else None
        if now and (now["State"] != "ACTIVE" or now.get("CurrentVersion") != live.get("CurrentVersion")):
            raise _busy(now) from error


class ClusterProvider(KafkaProvider):
    """MSK makes one change of a cluster at a time, and a change takes from minutes to hours: a step that asks for
    several begins one, and is tried again for the next."""

    type = "AWS::MSK::Cluster"
    names = (
        "BrokerNodeGroupInfo",
        "ClientAuthentication",
        "ClusterName",
        "ConfigurationInfo",
        "EncryptionInfo",
        "EnhancedMonitoring",
        "KafkaVersion",
        "LoggingInfo",
        "NumberOfBrokerNodes",
        "OpenMonitoring",
        "Rebalancing",
        "StorageMode",
    )

    def asked(self, properties: Properties) -> dict[str, Any]:
        wanted = {name: value for name, value in properties.items() if name not in ("ClusterName", "Tags")}
        brokers = dict(wanted["BrokerNodeGroupInfo"])
        if storage := brokers.get("StorageInfo"):
            brokers["StorageInfo"] = {"EbsStorageInfo": storage["EBSStorageInfo"]}
        return {"Provisioned": {**wanted, "BrokerNodeGroupInfo": brokers}}

    def observed(self, live: dict[str, Any]) -> Properties:
        about = live["Provisioned"]
        software = about.get("CurrentBrokerSoftwareInfo", {})
        settings = {"Arn": software.get("ConfigurationArn"), "Revision": software.get("ConfigurationRevision")}
        brokers = {name: value for name, value in about["BrokerNodeGroupInfo"].items() if name != "ZoneIds"}
        if disk := brokers.get("StorageInfo", {}).get("EbsStorageInfo"):
            brokers["StorageInfo"] = {"EBSStorageInfo": disk}
        return {
            **{name: about.get(name) for name in self.names if name != "ClusterName"},
            "BrokerNodeGroupInfo": brokers,
            "ConfigurationInfo": settings if software.get("ConfigurationArn") else None,
            "KafkaVersion": software.get("KafkaVersion"),
        }

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        await super().update(id, old, new)
        todo = changes(old, new)
        if not todo:
            return
        await self._begin(id, todo[0])
        if len(todo) > 1:
            raise TryLater(f"MSK makes one change of {new['ClusterName']} at a time; {len(todo) - 1} wait.", seconds=30)

    async def _begin(self, id: str, change: Change) -> None:
        live = (await self.call("describe_cluster_v2", ClusterArn=id))["ClusterInfo"]
        if live["State"] != "ACTIVE":
            raise _busy(live)
        operation, arguments = change
        try:
            await self.call(operation, ClusterArn=id, CurrentVersion=live["CurrentVersion"], **arguments)
        except AwsError as error:
            await self._wait_for_others(live, error)
            raise


class ServerlessClusterProvider(KafkaProvider):
    """Nothing of it changes but its tags."""

    type = "AWS::MSK::ServerlessCluster"
    names = ("ClientAuthentication", "ClusterName", "VpcConfigs")

    def asked(self, properties: Properties) -> dict[str, Any]:
        networks = [
            told({"SubnetIds": one["SubnetIds"], "SecurityGroupIds": one.get("SecurityGroups")})
            for one in properties["VpcConfigs"]
        ]
        return {"Serverless": {"VpcConfigs": networks, "ClientAuthentication": properties["ClientAuthentication"]}}

    def observed(self, live: dict[str, Any]) -> Properties:
        about = live["Serverless"]
        networks = [
            told({"SubnetIds": one["SubnetIds"], "SecurityGroups": one.get("SecurityGroupIds")})
            for one in about["VpcConfigs"]
        ]
        return {"VpcConfigs": networks, "ClientAuthentication": about["ClientAuthentication"]}


def _busy(live: dict[str, Any]) -> TryLater:
    return TryLater(f"The Kafka cluster {live['ClusterName']} is {_said(live['State'])}.", seconds=30)


def _said(state: str) -> str:
    """`REBOOTING_BROKER` as people say it."""
    return state.lower().replace("_", " ")


PROVIDERS = (ConfigurationProvider, ClusterProvider, ServerlessClusterProvider, BatchScramSecretProvider)
