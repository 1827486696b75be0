"""API Gateway, HTTP and WebSocket APIs: what goes for all parts of an API and of a host name. None takes tags."""

from abc import abstractmethod
from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.providers.ownership import (
    foreign,
    is_marked,
    marked,
    of_our_stack,
    remarked,
    retagged,
    unmarked,
)
from panka.activities.providers.provider import (
    Ending,
    Observed,
    Provider,
    pruned,
)
from panka.activities.providers.shapes import covers, differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

GONE = frozenset({"NotFoundException"})
TAKEN = frozenset({"ConflictException"})


def api_arn(provider: Provider, api: str) -> str:
    """The ARN under which an API has its tags."""
    return f"arn:{provider.cloud.partition}:apigateway:{provider.cloud.region}::/apis/{api}"


async def tags_of(provider: Provider, arn: str) -> dict[str, str] | None:
    """The tags of an API or a stage; None when it is gone."""
    answer = await provider.maybe("get_tags", GONE, ResourceArn=arn)
    return None if answer is None else answer.get("Tags", {})


async def retag(provider: Provider, arn: str, old: Properties, new: Properties) -> None:
    """Brings the tags of something of API Gateway to those of `new`."""
    put, removed = retagged(old, new)
    if put:
        await provider.call("tag_resource", ResourceArn=arn, Tags=put)
    if removed:
        await provider.call("untag_resource", ResourceArn=arn, TagKeys=removed)


def cleared(values: dict[str, str]) -> dict[str, str]:
    """A map without what is set to nothing, which is how API Gateway is told to take it away."""
    return {name: value for name, value in values.items() if value != ""}


class PartProvider(Provider):
    """A part of something of API Gateway, which has an id of its own in its parent. Its id is the two ids.

    It is ours when its parent is of our stack. In a parent of somebody else it is ours when it says what we would say.
    """

    service = "apigatewayv2"
    _what: ClassVar[str]
    """As the operations call it: `integration`."""
    _id: ClassVar[tuple[str, str]]
    """The two ids, in CloudFormation's order."""
    _parent: ClassVar[str] = "ApiId"
    _key: ClassVar[str]
    """The property that no two parts of a parent have alike."""
    _names: ClassVar[tuple[str, ...]]
    """What can be set beside the parent."""
    _defaults: ClassVar[dict[str, Any]] = {}
    """What a property goes back to that is taken away."""

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe(f"get_{self._what}", GONE, **self._where(id))
        if live is None:
            return None
        where = self._where(id)
        own = next(name for name in self._id if name != self._parent)
        properties = {self._parent: where[self._parent], **self._told(live)}
        return Observed(told(properties), {own: where[own]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        parent = properties.get(self._parent)
        tags = await self._parent_tags(parent) if parent else None
        if parent is None or tags is None:
            return None
        if foreign(owner, tags):
            raise NotOurs(f"{self._parent} {parent} belongs to another tenant, so nothing is put into it.")
        for live in await every(
            self, f"get_{self._what}s", "Items", "NextToken", "NextToken", **{self._parent: parent}
        ):
            if self._is_it(owner, properties, live):
                if not self._is_ours(owner, properties, live, tags):
                    raise NotOurs(f"{parent} already has a {self._what} {properties.get(self._key, '')}.")
                return "|".join(parent if name == self._parent else live[name] for name in self._id)
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # no call takes one
        settable(self.type, properties, (*self._names, self._parent))
        if found := await self.find(owner, properties):
            return found
        asked = self._taken(owner, {name: properties[name] for name in self._names if name in properties})
        try:
            made = await self.call(f"create_{self._what}", **{self._parent: properties[self._parent]}, **asked)
        except AwsError as error:
            if error.code in TAKEN and (found := await self.find(owner, properties)):
                return found
            raise
        own = {**made, self._parent: properties[self._parent]}
        return "|".join(own[name] for name in self._id)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (*self._names, self._parent))
        if change := await self._changes(id, old, new):
            await self.call(f"update_{self._what}", **self._where(id), **change)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # it holds nothing
        try:
            await self.maybe(f"delete_{self._what}", GONE, **self._where(id))
        except AwsError as error:
            if error.code in TAKEN:
                raise TryLater(f"The {self._what} is still in use: {error.message}", seconds=5) from error
            raise

    @abstractmethod
    async def _parent_tags(self, parent: str) -> dict[str, str] | None:
        """The parent's tags; None: it is gone."""

    async def _changes(self, id: str, old: Properties, new: Properties) -> dict[str, Any]:  # noqa: ARG002  # some must look
        return differing(old, new, self._names, self._defaults)

    def _where(self, id: str) -> dict[str, str]:
        return dict(zip(self._id, id.split("|"), strict=True))

    def _told(self, live: dict[str, Any]) -> Properties:
        return {name: live.get(name) for name in self._names}

    def _taken(self, owner: Owner, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002  # some carry a mark
        return asked

    def _is_it(self, owner: Owner, properties: Properties, live: dict[str, Any]) -> bool:  # noqa: ARG002  # some carry a mark
        return bool((live.get(self._key) or "") == properties.get(self._key, ""))

    def _is_ours(self, owner: Owner, properties: Properties, live: dict[str, Any], tags: dict[str, str]) -> bool:
        wanted = {name: properties[name] for name in self._names if name in properties}
        return of_our_stack(owner, tags) or covers(pruned(self._told(live)), pruned(wanted))


class ApiPartProvider(PartProvider):
    """A part of an API."""

    async def _parent_tags(self, parent: str) -> dict[str, str] | None:
        return await tags_of(self, api_arn(self, parent))


class MarkedProvider(ApiPartProvider):
    """A part that nothing tells from others of its kind: its description carries its owner's mark."""

    _key = "Description"

    def _told(self, live: dict[str, Any]) -> Properties:
        return {**super()._told(live), "Description": unmarked(live.get("Description"))}

    def _taken(self, owner: Owner, asked: dict[str, Any]) -> dict[str, Any]:
        return {**asked, "Description": marked(owner, asked.get("Description", ""))}

    def _is_it(self, owner: Owner, properties: Properties, live: dict[str, Any]) -> bool:  # noqa: ARG002  # the mark alone tells
        return is_marked(owner, live.get("Description"))

    def _is_ours(self, owner: Owner, properties: Properties, live: dict[str, Any], tags: dict[str, str]) -> bool:  # noqa: ARG002  # the mark alone tells
        return True

    async def _changes(self, id: str, old: Properties, new: Properties) -> dict[str, Any]:
        change = await super()._changes(id, old, new)
        if "Description" in change:
            live = await self.call(f"get_{self._what}", **self._where(id))
            change["Description"] = remarked(live.get("Description"), change["Description"])
        return change
