"""One policy for several topics or queues, each of which has room for one."""

from abc import abstractmethod
from typing import Any, ClassVar

from panka.activities.aws.errors import NotOurs
from panka.activities.providers.documents import as_parsed
from panka.activities.providers.ownership import marked, of_our_stack, unmarked
from panka.activities.providers.provider import Ending, Observed, Provider
from panka.activities.providers.shapes import settable
from panka.planner.owner import Owner
from panka.planner.resource import Properties


class SharedPolicyProvider(Provider):
    """Ours where its holders are of the owner's stack. The policy's `Id` carries the owner's mark.

    So the policy that replaces another one on the same topics is not taken away with it. The id is the mark and the
    holders; a list of other holders is another resource.
    """

    _holders: ClassVar[str]
    """The property that lists who holds the policy."""
    _what: ClassVar[str]

    @abstractmethod
    async def _policy(self, holder: str) -> dict[str, Any] | None:
        """The holder's policy; None: it has only the one that it was born with, or is gone."""

    @abstractmethod
    async def _put(self, holder: str, policy: dict[str, Any]) -> None: ...

    @abstractmethod
    async def _reset(self, holder: str) -> None: ...

    @abstractmethod
    async def _tags(self, holder: str) -> dict[str, str] | None:
        """The holder's tags; None: it is gone."""

    async def read(self, id: str) -> Observed | None:
        live = await self._marked(id)
        if not live:
            return None
        documents = [_plain(policy) for policy in live.values()]
        properties: Properties = {self._holders: list(live)}
        # Holders of different policies have none together, so that an update writes it to all of them.
        if all(one == documents[0] for one in documents):
            properties["PolicyDocument"] = documents[0]
        return Observed(properties, {"Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        for holder in properties.get(self._holders, []):
            tags = await self._tags(holder)
            if tags is not None and not of_our_stack(owner, tags):
                raise NotOurs(f"The {self._what} {holder} does not belong to {owner.scope}, so its policy is not set.")
        if self._holders not in properties:
            return None
        id = self._id(owner, properties)
        return id if await self._marked(id) else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # each has one policy
        settable(self.type, properties, (self._holders, "PolicyDocument"))
        await self.find(owner, properties)
        id = self._id(owner, properties)
        await self._write(id, properties)
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (self._holders, "PolicyDocument"))
        same = set(old.get(self._holders, [])) == set(new[self._holders])
        if not same or as_parsed(new["PolicyDocument"]) != as_parsed(old.get("PolicyDocument")):
            await self._write(id, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        for holder in await self._marked(id):
            await self._reset(holder)

    def _id(self, owner: Owner, properties: Properties) -> str:
        return "|".join([marked(owner), *sorted(properties[self._holders])])

    async def _marked(self, id: str) -> dict[str, dict[str, Any]]:
        """The policies with the id's mark, by their holders."""
        mark, *holders = id.split("|")
        found = [(holder, await self._policy(holder)) for holder in holders]
        return {holder: policy for holder, policy in found if policy and str(policy.get("Id", "")).endswith(mark)}

    async def _write(self, id: str, properties: Properties) -> None:
        mark, *holders = id.split("|")
        policy = as_parsed(properties["PolicyDocument"])
        named = {**policy, "Id": f"{policy.get('Id', '')} {mark}".lstrip()}
        for holder in holders:
            await self._put(holder, named)


def _plain(policy: dict[str, Any]) -> dict[str, Any]:
    name = unmarked(policy["Id"])
    rest = {key: value for key, value in policy.items() if key != "Id"}
    return {**rest, "Id": name} if name else rest
