"""SNS: who may do what with topics. Every topic is born with a policy for its account, which stands for none."""

from typing import Any

from panka.activities.aws.errors import NotOurs
from panka.activities.providers.documents import as_parsed, parsed, written
from panka.activities.providers.ownership import of_our_stack
from panka.activities.providers.provider import Ending, Observed, Provider, tag_map
from panka.activities.providers.shapes import settable
from panka.activities.providers.shared_policies import SharedPolicyProvider
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"})
_BORN_WITH = "__default_policy_ID"
_OWN_ACCOUNT = (
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
)


class TopicInlinePolicyProvider(Provider):
    """The one policy of a topic, under the topic's ARN. Ours when the topic is of the owner's stack."""

    type = "AWS::SNS::TopicInlinePolicy"
    service = "sns"
    _names = ("PolicyDocument", "TopicArn")

    async def read(self, id: str) -> Observed | None:
        policy = await _policy(self, id)
        return Observed({"TopicArn": id, "PolicyDocument": policy}) if policy else None

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        topic = properties.get("TopicArn")
        tags = await _tags(self, topic) if topic else None
        if topic is None or tags is None:
            return None
        if not of_our_stack(owner, tags):
            raise NotOurs(f"The topic {topic} does not belong to {owner.scope}, so its policy is not set.")
        return str(topic) if await _policy(self, topic) else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a topic has one policy
        settable(self.type, properties, self._names)
        await self.find(owner, properties)
        await _put(self, properties["TopicArn"], properties["PolicyDocument"])
        return str(properties["TopicArn"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if as_parsed(new["PolicyDocument"]) != as_parsed(old.get("PolicyDocument")):
            await _put(self, id, new["PolicyDocument"])

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        if await _policy(self, id):
            await _reset(self, id)


class TopicPolicyProvider(SharedPolicyProvider):
    """One policy for several topics."""

    type = "AWS::SNS::TopicPolicy"
    service = "sns"
    _holders = "Topics"
    _what = "topic"

    async def _policy(self, holder: str) -> dict[str, Any] | None:
        return await _policy(self, holder)

    async def _put(self, holder: str, policy: dict[str, Any]) -> None:
        await _put(self, holder, policy)

    async def _reset(self, holder: str) -> None:
        await _reset(self, holder)

    async def _tags(self, holder: str) -> dict[str, str] | None:
        return await _tags(self, holder)


async def _policy(provider: Provider, topic: str) -> dict[str, Any] | None:
    got = await provider.maybe("get_topic_attributes", _GONE, TopicArn=topic)
    text = (got or {}).get("Attributes", {}).get("Policy")
    policy: dict[str, Any] = parsed(text) if text else {}
    return policy if policy and policy.get("Id") != _BORN_WITH else None


async def _put(provider: Provider, topic: str, policy: Any) -> None:
    await provider.call("set_topic_attributes", TopicArn=topic, AttributeName="Policy", AttributeValue=written(policy))


async def _reset(provider: Provider, topic: str) -> None:
    """A topic's policy cannot be taken away, so it gets the one that it was born with."""
    account = topic.split(":")[4]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(_OWN_ACCOUNT),
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    policy = {"Version": "2008-10-17", "Id": _BORN_WITH, "Statement": [statement]}
    await provider.maybe(
        "set_topic_attributes", _GONE, TopicArn=topic, AttributeName="Policy", AttributeValue=written(policy)
    )


async def _tags(provider: Provider, topic: str) -> dict[str, str] | None:
    answer = await provider.maybe("list_tags_for_resource", _GONE, ResourceArn=topic)
    return None if answer is None else tag_map(answer.get("Tags"))
