"""SQS: queues and their policies."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from panka.activities.aws.errors import AwsError, Cause, NotOurs, TryLater
from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.ownership import claim, of_our_stack, retagged
from panka.activities.providers.provider import (
    Ending,
    Observed,
    Provider,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import every, settable
from panka.activities.providers.shared_policies import SharedPolicyProvider
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_DELETED_RECENTLY = frozenset({"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"})


def _truth(text: str) -> bool:
    return text == "true"


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class _Attribute:
    """A property that is an attribute of the same name: how AWS's text is read, and what its absence means."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = _said
    default: Any = None
    """None: AWS gives no fixed default, so a property that is taken away leaves the attribute as it is."""


_ATTRIBUTES = {
    "ContentBasedDeduplication": _Attribute(_truth),
    "DeduplicationScope": _Attribute(str),
    "DelaySeconds": _Attribute(int, default=0),
    "FifoQueue": _Attribute(_truth),
    "FifoThroughputLimit": _Attribute(str),
    "KmsDataKeyReusePeriodSeconds": _Attribute(int),
    "KmsMasterKeyId": _Attribute(str, default=""),
    "MaximumMessageSize": _Attribute(int),
    "MessageRetentionPeriod": _Attribute(int, default=345_600),
    "ReceiveMessageWaitTimeSeconds": _Attribute(int, default=0),
    "RedriveAllowPolicy": _Attribute(parsed, written, default=""),
    "RedrivePolicy": _Attribute(parsed, written, default=""),
    "SqsManagedSseEnabled": _Attribute(_truth),
    "VisibilityTimeout": _Attribute(int, default=30),
}


def _attributes(properties: Properties) -> dict[str, str]:
    # SQS refuses FifoQueue=false: a standard queue has no such attribute.
    return {
        name: attribute.write(properties[name])
        for name, attribute in _ATTRIBUTES.items()
        if name in properties and not (name == "FifoQueue" and not properties[name])
    }


def _changes(old: Properties, new: Properties) -> dict[str, str]:
    changes = {}
    for name, attribute in _ATTRIBUTES.items():
        before = old.get(name, attribute.default)
        after = new.get(name, attribute.default)
        if after is not None and _plain(before) != _plain(after) and not (before is None and after is False):
            changes[name] = attribute.write(after)
    return changes


def _plain(value: Any) -> Any:
    """RedrivePolicy's numbers come back as text from some endpoints, so they are compared as text."""
    if isinstance(value, str) and value.startswith("{"):
        value = as_parsed(value)
    return {key: str(item) for key, item in value.items()} if isinstance(value, dict) else value


class QueueProvider(Provider):
    """Finds a queue by its name. Its id is its URL."""

    type = "AWS::SQS::Queue"
    service = "sqs"

    async def read(self, id: str) -> Observed | None:
        told, tags = await asyncio.gather(self._told(id), self.maybe("list_queue_tags", _MISSING, QueueUrl=id))
        return None if told is None or tags is None else _observed(id, told, tags.get("Tags", {}))

    async def read_new(self, id: str, properties: Properties) -> Observed | None:
        told = await self.told_alike(id, properties, ("QueueName", "Tags"), lambda: self._told(id))
        if told is None:
            return None
        name = properties["QueueName"]
        arn = f"arn:{self.cloud.partition}:sqs:{self.cloud.region}:{self.cloud.account}:{name}"
        return _observed(id, {**told, "QueueArn": arn}, tag_map(properties.get("Tags")))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["QueueName"]
        found = await self.maybe("get_queue_url", _MISSING, QueueName=name)
        if found is None:
            return None
        url: str = found["QueueUrl"]
        tags = await self.maybe("list_queue_tags", _MISSING, QueueUrl=url)
        if tags is None:
            return None
        return claim(owner, url, f"The queue {name}", tags.get("Tags", {}))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        settable(self.type, properties, (*_ATTRIBUTES, "QueueName"))
        # SQS answers a create with the queue that has this name and these attributes, whoever made it.
        taken = await self._may_be_taken(owner, properties["QueueName"])
        found = await self.find(owner, properties) if taken else None
        if found is not None:
            return found
        try:
            made = await self.call(
                "create_queue",
                QueueName=properties["QueueName"],
                Attributes=_attributes(properties),
                tags=tag_map(properties.get("Tags")) | owner.tags(),
            )
        except AwsError as error:
            if error.code in _DELETED_RECENTLY:
                raise TryLater("SQS keeps a deleted queue's name for a minute.", seconds=60) from error
            raise
        url = str(made["QueueUrl"])
        self.untouched.add(url)
        return url

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_ATTRIBUTES, "QueueName"))
        changes = _changes(old, new)
        if changes:
            await self.call("set_queue_attributes", QueueUrl=id, Attributes=changes)
        wanted, unwanted = retagged(old, new)
        if wanted:
            await self.call("tag_queue", QueueUrl=id, Tags=wanted)
        if unwanted:
            await self.call("untag_queue", QueueUrl=id, TagKeys=unwanted)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a queue holds nothing that a delete could ask about
        await self.maybe("delete_queue", _MISSING, QueueUrl=id)

    async def _may_be_taken(self, owner: Owner, name: str) -> bool:
        """Whether to look whose queue it is that has this name. All who ask this of a stack at once look together."""
        first = f"{owner.scope.stack}-{owner.scope.environment}-"
        if not name.startswith(first):
            return True

        async def names() -> frozenset[str]:
            urls = await every(
                self, "list_queues", "QueueUrls", "NextToken", "NextToken", QueueNamePrefix=first, MaxResults=1000
            )
            return frozenset(url.rpartition("/")[2] for url in urls)

        try:
            known = await self.cloud.clients.alike.ask((self.type, first), names, good=0)
        except AwsError as error:
            if error.cause is Cause.FINAL:  # not everybody who may make queues may list them
                return True
            raise
        return known is None or name in known

    async def _told(self, url: str) -> dict[str, str] | None:
        got = await self.maybe("get_queue_attributes", _MISSING, QueueUrl=url, AttributeNames=["All"])
        return None if got is None else got["Attributes"]


def _observed(url: str, told: dict[str, str], tags: dict[str, str]) -> Observed:
    properties = {
        name: attribute.read(told[name]) for name, attribute in _ATTRIBUTES.items() if told.get(name, "") != ""
    }
    if "RedrivePolicy" in properties:
        properties["RedrivePolicy"] = _counted(properties["RedrivePolicy"])
    name = told["QueueArn"].rpartition(":")[2]
    return Observed(
        {"QueueName": name, **properties, "Tags": tag_list(tags)},
        {"Arn": told["QueueArn"], "QueueUrl": url, "QueueName": name},
    )


def _counted(policy: dict[str, Any]) -> dict[str, Any]:
    """`maxReceiveCount` is a number, though some endpoints tell it as text."""
    return policy | {"maxReceiveCount": int(policy["maxReceiveCount"])} if "maxReceiveCount" in policy else policy


class QueueInlinePolicyProvider(Provider):
    """The one policy of a queue, under the queue's URL. Ours when the queue is of the owner's stack."""

    type = "AWS::SQS::QueueInlinePolicy"
    service = "sqs"

    async def read(self, id: str) -> Observed | None:
        got = await self.maybe("get_queue_attributes", _MISSING, QueueUrl=id, AttributeNames=["Policy"])
        policy = "" if got is None else got.get("Attributes", {}).get("Policy", "")
        return Observed({"Queue": id, "PolicyDocument": parsed(policy)}) if policy else None

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        url = properties.get("Queue")
        if url is None:
            return None
        tags = await self.maybe("list_queue_tags", _MISSING, QueueUrl=url)
        if tags is None:
            return None
        if not of_our_stack(owner, tags.get("Tags", {})):
            raise NotOurs(f"The queue {url} does not belong to {owner.scope}, so its policy is not set.")
        return str(url) if await self.read(url) is not None else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        await self.find(owner, properties)
        url = str(properties["Queue"])
        await self._put(url, written(properties["PolicyDocument"]))
        return url

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        if as_parsed(old["PolicyDocument"]) != as_parsed(new["PolicyDocument"]):
            await self._put(id, written(new["PolicyDocument"]))

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a queue holds nothing that a delete could ask about
        await self.maybe("set_queue_attributes", _MISSING, QueueUrl=id, Attributes={"Policy": ""})

    async def _put(self, url: str, policy: str) -> None:
        await self.call("set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})


class QueuePolicyProvider(SharedPolicyProvider):
    """One policy for several queues."""

    type = "AWS::SQS::QueuePolicy"
    service = "sqs"
    _holders = "Queues"
    _what = "queue"

    async def _policy(self, holder: str) -> dict[str, Any] | None:
        got = await self.maybe("get_queue_attributes", _MISSING, QueueUrl=holder, AttributeNames=["Policy"])
        text = (got or {}).get("Attributes", {}).get("Policy")
        return parsed(text) if text else None

    async def _put(self, holder: str, policy: dict[str, Any]) -> None:
        await self.call("set_queue_attributes", QueueUrl=holder, Attributes={"Policy": written(policy)})

    async def _reset(self, holder: str) -> None:
        await self.maybe("set_queue_attributes", _MISSING, QueueUrl=holder, Attributes={"Policy": ""})

    async def _tags(self, holder: str) -> dict[str, str] | None:
        answer = await self.maybe("list_queue_tags", _MISSING, QueueUrl=holder)
        return None if answer is None else answer.get("Tags", {})


PROVIDERS: tuple[type[Provider], ...] = (QueueProvider, QueueInlinePolicyProvider, QueuePolicyProvider)
