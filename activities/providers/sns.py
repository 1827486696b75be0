"""SNS: topics and subscriptions. The policies of topics are in sns_policies."""

import asyncio
from collections.abc import Hashable
from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.ownership import claim, of_our_stack, retagged
from panka.activities.providers.provider import (
    Ending,
    Observed,
    Provider,
    pruned,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import settable
from panka.activities.providers.sns_policies import TopicInlinePolicyProvider, TopicPolicyProvider
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_MISSING = frozenset({"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"})
_REFUSED = frozenset({"InvalidParameter", "InvalidParameterException"})
_DOCUMENTS = frozenset(
    {"ArchivePolicy", "DeliveryPolicy", "FilterPolicy", "RedrivePolicy", "ReplayPolicy"},
)
_TRUTHS = frozenset({"ContentBasedDeduplication", "FifoTopic", "RawMessageDelivery"})

_NEW, _OLD = "new", "old"
"""Of a topic of our stack: this worker has just made it, so whatever is subscribed to it is new, or it was there."""

_TOPIC: dict[str, str] = {
    # property and attribute: what to write when the property is taken away
    "ArchivePolicy": "{}",
    "ContentBasedDeduplication": "false",
    "DeliveryPolicy": "",
    "DisplayName": "",
    "FifoThroughputScope": "Topic",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
_SUBSCRIPTION: dict[str, str] = {
    "DeliveryPolicy": "",
    "FilterPolicyScope": "MessageAttributes",
    "FilterPolicy": "{}",
    "RawMessageDelivery": "false",
    "RedrivePolicy": "",
    "ReplayPolicy": "",
    "SubscriptionRoleArn": "",
}


def _told(name: str, value: str) -> Any:
    if name in _DOCUMENTS:
        return parsed(value)
    return value == "true" if name in _TRUTHS else value


def _said(name: str, value: Any) -> str:
    if name in _DOCUMENTS:
        return written(value)
    return str(value).lower() if name in _TRUTHS else str(value)


def _comparable(name: str, value: Any) -> Any:
    return pruned(as_parsed(value or {})) if name in _DOCUMENTS else value


def _changes(defaults: dict[str, str], old: Properties, new: Properties) -> dict[str, str]:
    """Attributes to write, in the order of the table; what neither side has is at its default."""
    changes = {}
    for name, default in defaults.items():
        fallback = _told(name, default) if default else None
        before, after = old.get(name, fallback), new.get(name, fallback)
        if _comparable(name, before) != _comparable(name, after):
            changes[name] = _said(name, after) if after is not None else default
    return changes


def _observed(names: dict[str, str], told: dict[str, str]) -> Properties:
    properties = {name: _told(name, told[name]) for name in names if told.get(name, "") != ""}
    return {name: value for name, value in properties.items() if value != {}}


def _topic(arn: str, told: dict[str, str], tags: dict[str, str]) -> Observed:
    name = arn.rpartition(":")[2]
    properties = {"TopicName": name, **_observed(_TOPIC, told), "Tags": tag_list(tags)}
    if told.get("FifoTopic") == "true":
        properties["FifoTopic"] = True
    else:
        # A standard topic has no deduplication, whatever an endpoint tells of it.
        properties.pop("ContentBasedDeduplication", None)
    return Observed(properties, {"TopicArn": arn, "TopicName": name})


class TopicProvider(Provider):
    """Finds a topic by its name, which makes its ARN. Its id is the ARN.

    `DeliveryPolicy` is taken beside CloudFormation's properties: its type has no word for it.
    """

    type = "AWS::SNS::Topic"
    service = "sns"

    async def read(self, id: str) -> Observed | None:
        told, tags = await asyncio.gather(
            self._told(id), self.maybe("list_tags_for_resource", _MISSING, ResourceArn=id)
        )
        return None if told is None or tags is None else _topic(id, told, tag_map(tags.get("Tags")))

    async def read_new(self, id: str, properties: Properties) -> Observed | None:
        told = await self.told_alike(id, properties, ("TopicName", "Tags"), lambda: self._told(id))
        return None if told is None else _topic(id, told, tag_map(properties.get("Tags")))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["TopicName"]
        arn = f"arn:{self.cloud.partition}:sns:{self.cloud.region}:{self.cloud.account}:{name}"
        tags = await self.maybe("list_tags_for_resource", _MISSING, ResourceArn=arn)
        if tags is None:
            return None
        return claim(owner, arn, f"The topic {name}", tag_map(tags.get("Tags")))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        settable(self.type, properties, (*_TOPIC, "TopicName", "FifoTopic"))
        # SNS answers a create with the topic that has this name, whoever made it.
        found = await self.find(owner, properties)
        if found is not None:
            return found
        attributes = {name: _said(name, properties[name]) for name in _TOPIC if name in properties}
        if properties.get("FifoTopic"):
            attributes["FifoTopic"] = "true"
        tags = tag_list(tag_map(properties.get("Tags")) | owner.tags())
        made = await self.call("create_topic", Name=properties["TopicName"], Attributes=attributes, Tags=tags)
        arn = str(made["TopicArn"])
        self.untouched.add(arn)
        self.cloud.clients.alike.tell(_owned(owner, arn), answer=_NEW)  # its subscriptions need not ask
        return arn

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_TOPIC, "TopicName", "FifoTopic"))
        for name, value in _changes(_TOPIC, old, new).items():
            await self.call("set_topic_attributes", TopicArn=id, AttributeName=name, AttributeValue=value)
        wanted, unwanted = retagged(old, new)
        if wanted:
            await self.call("tag_resource", ResourceArn=id, Tags=tag_list(wanted))
        if unwanted:
            await self.call("untag_resource", ResourceArn=id, TagKeys=unwanted)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # nothing is held that a delete could ask about
        await self.maybe("delete_topic", _MISSING, TopicArn=id)

    async def _told(self, arn: str) -> dict[str, str] | None:
        got = await self.maybe("get_topic_attributes", _MISSING, TopicArn=arn)
        return None if got is None else got["Attributes"]


class SubscriptionProvider(Provider):
    """A topic has one subscription per protocol and endpoint. It takes no tags: ours when the topic is of our stack.

    SNS hides the ARN of a subscription that waits for its confirmation, except from who subscribes again: so `find`
    does not see it, and `create` returns it.
    """

    type = "AWS::SNS::Subscription"
    service = "sns"

    async def read(self, id: str) -> Observed | None:
        told = await self._told(id)
        return None if told is None else _subscription(id, told, told)

    async def read_new(self, id: str, properties: Properties) -> Observed | None:
        told = await self.told_alike(id, properties, ("TopicArn", "Endpoint"), lambda: self._told(id))
        return None if told is None else _subscription(id, properties, told)

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        arn = properties["TopicArn"]
        if await self._ours(owner, arn) is None:
            return None
        return await self._subscribed(arn, properties["Protocol"], properties["Endpoint"])

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # its name makes it once
        settable(self.type, properties, (*_SUBSCRIPTION, "TopicArn", "Protocol", "Endpoint"))
        whose = await self._ours(owner, properties["TopicArn"])
        # SNS answers with the subscription that is there, or refuses where it has other attributes.
        try:
            made = await self.call(
                "subscribe",
                TopicArn=properties["TopicArn"],
                Protocol=properties["Protocol"],
                Endpoint=properties["Endpoint"],
                Attributes={name: _said(name, properties[name]) for name in _SUBSCRIPTION if name in properties},
                ReturnSubscriptionArn=True,
            )
        except AwsError as error:
            found = await self.find(owner, properties) if error.code in _REFUSED else None
            if found is None:
                raise
            return found
        arn = str(made["SubscriptionArn"])
        if whose == _NEW:
            self.untouched.add(arn)
        return arn

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*_SUBSCRIPTION, "TopicArn", "Protocol", "Endpoint"))
        changes = list(_changes(_SUBSCRIPTION, old, new).items())
        if new.get("FilterPolicyScope", "MessageAttributes") == "MessageAttributes":
            # Only a scope of MessageBody takes nested policies, so the policy changes before the scope narrows.
            changes.sort(key=lambda change: change[0] == "FilterPolicyScope")
        for name, value in changes:
            await self.call("set_subscription_attributes", SubscriptionArn=id, AttributeName=name, AttributeValue=value)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # nothing is held that a delete could ask about
        await self.maybe("unsubscribe", _MISSING, SubscriptionArn=id)

    async def _told(self, id: str) -> dict[str, str] | None:
        got = await self.maybe("get_subscription_attributes", _MISSING, SubscriptionArn=id)
        return None if got is None else got["Attributes"]

    async def _ours(self, owner: Owner, topic: str) -> str | None:
        """Since when a topic is of our stack; None: there is no such topic. Raises NotOurs when it is of another."""

        async def ask() -> str | None:
            tags = await self.maybe("list_tags_for_resource", _MISSING, ResourceArn=topic)
            if tags is not None and not of_our_stack(owner, tag_map(tags.get("Tags"))):
                raise NotOurs(f"The topic {topic} does not belong to {owner.scope}, so nothing is subscribed to it.")
            return None if tags is None else _OLD

        return await self.cloud.clients.alike.ask(_owned(owner, topic), ask)

    async def _subscribed(self, topic: str, protocol: str, endpoint: str) -> str | None:
        page: dict[str, Any] = {}
        while True:
            got = await self.maybe("list_subscriptions_by_topic", _MISSING, TopicArn=topic, **page)
            if got is None:
                return None
            for one in got["Subscriptions"]:
                same = (one["Protocol"], one["Endpoint"]) == (protocol, endpoint)
                if same and one["SubscriptionArn"].startswith("arn:"):
                    return str(one["SubscriptionArn"])
            if not got.get("NextToken"):
                return None
            page = {"NextToken": got["NextToken"]}


def _subscription(arn: str, where: Properties, told: dict[str, str]) -> Observed:
    named = {name: where[name] for name in ("TopicArn", "Protocol", "Endpoint")}
    return Observed({**named, **_observed(_SUBSCRIPTION, told)}, {"Arn": arn})


def _owned(owner: Owner, topic: str) -> Hashable:
    """The question since when a topic is of the owner's stack."""
    return TopicProvider.type, owner.scope, topic


PROVIDERS: tuple[type[Provider], ...] = (
    TopicProvider,
    SubscriptionProvider,
    TopicInlinePolicyProvider,
    TopicPolicyProvider,
)
