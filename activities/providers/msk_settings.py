"""MSK: what clusters are given: settings in revisions, and the secrets that hold the passwords of users."""

import re
from typing import Any

from panka.activities.aws.errors import AwsError, Cause, NotOurs, TryLater
from panka.activities.providers.ownership import is_marked, marked, of_our_stack, remarked, unmarked
from panka.activities.providers.provider import Ending, Observed, Provider, Readiness, Ready, Waiting
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NotFoundException"})
_AT_ONCE = 10
"""The most secrets that one call takes."""


class ConfigurationProvider(Provider):
    """A configuration's name is unique in account and region; its id is its ARN. A change makes another revision.

    MSK gives configurations no tags, so the description says whose one is.
    """

    type = "AWS::MSK::Configuration"
    service = "kafka"
    _names = ("Description", "KafkaVersionsList", "Name", "ServerProperties")

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        latest = live["LatestRevision"] if live else {}
        said = await self._revision(id, latest["Revision"]) if live else None
        if live is None or said is None:
            return None
        properties = {
            "Name": live["Name"],
            "Description": unmarked(latest.get("Description")),
            "KafkaVersionsList": live.get("KafkaVersions"),
            "ServerProperties": said["ServerProperties"].decode(),
        }
        attributes = {
            "Arn": id,
            "LatestRevision.CreationTime": str(latest["CreationTime"]),
            "LatestRevision.Description": latest.get("Description"),
            "LatestRevision.Revision": latest["Revision"],
        }
        return Observed(told(properties), told(attributes))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["Name"]
        listed = await every(self, "list_configurations", "Configurations", "NextToken", "NextToken")
        live = next((one for one in listed if one["Name"] == name), None)
        if live is None:
            return None
        if not is_marked(owner, live.get("Description")):
            raise NotOurs(f"The Kafka configuration {name} exists and is not of {owner.address} in {owner.scope}.")
        if live["State"] == "DELETING":
            raise TryLater(f"The last Kafka configuration {name} is still being deleted.", seconds=5)
        return str(live["Arn"])

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        settable(self.type, properties, self._names)
        asked = {
            "Name": properties["Name"],
            "Description": marked(owner, properties.get("Description", "")),
            "KafkaVersions": properties.get("KafkaVersionsList"),
            "ServerProperties": properties["ServerProperties"].encode(),
        }
        try:
            made = await self.call("create_configuration", **told(asked))
        except AwsError as error:
            found = await self.find(owner, properties) if error.code == "ConflictException" else None
            if found is None:
                raise
            return found
        return str(made["Arn"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if all(old.get(name) == new.get(name) for name in ("Description", "ServerProperties")):
            return
        live = await self.call("describe_configuration", Arn=id)
        await self.call(
            "update_configuration",
            Arn=id,
            Description=remarked(live.get("Description"), new.get("Description")),
            ServerProperties=new["ServerProperties"].encode(),
        )

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a configuration holds nothing
        try:
            await self.call("delete_configuration", Arn=id)
        except AwsError as error:
            if re.search(r"(?i)\bin use\b|\bused by\b|\bassociated\b", error.message):
                raise TryLater(f"The Kafka configuration {id} is still in use.", seconds=30) from error
            if not _missing(error):
                raise

    async def gone(self, id: str) -> Readiness:
        live = await self._live(id)
        return Waiting("MSK is deleting the configuration") if live else Ready()

    async def _live(self, id: str) -> dict[str, Any] | None:
        return await self._if_there("describe_configuration", Arn=id)

    async def _revision(self, id: str, revision: int) -> dict[str, Any] | None:
        return await self._if_there("describe_configuration_revision", Arn=id, Revision=revision)

    async def _if_there(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            return await self.call(operation, **arguments)
        except AwsError as error:
            if _missing(error):
                return None
            raise


class BatchScramSecretProvider(Provider):
    """All secrets of a cluster, under the cluster's ARN. Ours when the cluster is of the owner's stack."""

    type = "AWS::MSK::BatchScramSecret"
    service = "kafka"
    _names = ("ClusterArn", "SecretArnList")

    async def read(self, id: str) -> Observed | None:
        secrets = await self._listed(id)
        return Observed({"ClusterArn": id, "SecretArnList": sorted(secrets)}) if secrets else None

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        id: str | None = properties.get("ClusterArn")
        cluster = await self.maybe("describe_cluster_v2", _GONE, ClusterArn=id) if id else None
        if id is None or cluster is None:
            return None
        if not of_our_stack(owner, cluster["ClusterInfo"].get("Tags", {})):
            raise NotOurs(f"The Kafka cluster {id} does not belong to {owner.scope}, so it is given no secrets.")
        return id if await self._listed(id) else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a cluster has one such list
        settable(self.type, properties, self._names)
        await self.find(owner, properties)
        id = str(properties["ClusterArn"])
        await self._bring(id, await self._listed(id), properties.get("SecretArnList", []))
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        await self._bring(id, old.get("SecretArnList", []), new.get("SecretArnList", []))

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # the secrets themselves stay
        await self._bring(id, await self._listed(id), [])

    async def _listed(self, id: str) -> list[str]:
        try:
            return await every(self, "list_scram_secrets", "SecretArnList", "NextToken", "NextToken", ClusterArn=id)
        except AwsError as error:
            if error.code in _GONE:
                return []
            raise

    async def _bring(self, id: str, has: list[str], wanted: list[str]) -> None:
        await self._each(id, "batch_associate_scram_secret", [one for one in wanted if one not in has])
        await self._each(id, "batch_disassociate_scram_secret", [one for one in has if one not in wanted])

    async def _each(self, id: str, operation: str, secrets: list[str]) -> None:
        for start in range(0, len(secrets), _AT_ONCE):
            some = secrets[start : start + _AT_ONCE]
            answer = await self._when_free(id, operation, SecretArnList=some)
            for refused in answer.get("UnprocessedScramSecrets", []):
                message = f"{refused['SecretArn']}: {refused['ErrorMessage']}"
                raise AwsError(Cause.FINAL, refused["ErrorCode"], message, f"kafka:{operation}")

    async def _when_free(self, id: str, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return await self.call(operation, ClusterArn=id, **arguments)
        except AwsError as error:
            cluster = await self.maybe("describe_cluster_v2", _GONE, ClusterArn=id)
            if cluster and cluster["ClusterInfo"]["State"] not in {"ACTIVE", "FAILED"}:
                raise TryLater(f"The Kafka cluster {id} is being changed.", seconds=30) from error
            raise


def _missing(error: AwsError) -> bool:
    """Configurations that are not there are said to be so in two ways."""
    return error.code in _GONE or (error.code == "BadRequestException" and "does not exist" in error.message)
