"""EC2: what resources without names have in common. Their tags say whose they are, and are how they are found again.

EC2 lists what was just made only after some seconds. That there is one of each all the same:
- the tags are in the call that makes it, so it is never there without them, and `find` looks for all of them;
- it was announced in the state before the call, so a later run looks before it makes another;
- a worker that dies is missed after ten seconds of silence or more, and only then does another look and make;
- a call that takes a client token makes one, however often and however soon it is repeated;
- after a lost reply to a call that takes none, `once` looks until what was made turns up.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import of_our_stack, once, retagged
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    is_ours,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import capital, every
from panka.planner.owner import Owner
from panka.planner.resource import Properties

GONE = frozenset(
    {
        "InvalidAllocationID.NotFound",
        "InvalidAssociationID.NotFound",
        "InvalidInternetGatewayID.NotFound",
        "InvalidRouteTableID.NotFound",
        "InvalidSubnetID.NotFound",
        "InvalidVolume.NotFound",
        "InvalidVpcEndpointId.NotFound",
        "InvalidVpcID.NotFound",
        "NatGatewayNotFound",
    }
)
"""What EC2 says of an id that is not there, or not yet."""
_HELD = frozenset({"DependencyViolation", "InvalidIPAddress.InUse", "ResourceInUse", "VolumeInUse"})
_BROKEN = frozenset({"deleting", "error", "expired", "failed", "failed-insufficient-capacity", "partial", "rejected"})


@dataclass(frozen=True, slots=True)
class Listing:
    """How EC2 speaks of a type."""

    describe: str
    """The operation that lists it."""
    items: str
    """What the list is called in the answer: `Vpcs`. One alone is called `Vpc`, or has no wrapping."""
    id: str
    """`VpcId`; with an `s` it asks for some."""
    kind: str
    """What its tags are said to be for: `vpc`."""
    delete: str
    words: str
    """As people call it: `the VPC`."""
    filters: str = "Filters"
    usable: frozenset[str] = frozenset({"available"})
    passing: frozenset[str] = frozenset({"deleting"})
    """States in which it is not found any more, because it goes by itself."""


class UnnamedProvider(Provider):
    """One type of them. Names are not taken, so a stranger's resource is never met."""

    service = "ec2"
    listing: ClassVar[Listing]
    taken: ClassVar[frozenset[str]] = frozenset()
    """What EC2 says when the create has met what an earlier one made, of types of which it can say so."""

    async def find(self, owner: Owner, properties: Properties) -> str | None:  # noqa: ARG002  # the tags say it all
        ours = [{"Name": f"tag:{key}", "Values": [value]} for key, value in owner.tags().items()]
        # Emulators do not heed every filter.
        found = [live for live in await self._list(ours) if is_ours(owner, tag_map(live.get("Tags")))]
        return min((str(live[self.listing.id]) for live in found if not self._passes(live)), default=None)

    async def ready(self, id: str) -> Readiness:
        live = await self._live(id)
        words = self.listing.words
        if live is None:
            return Waiting(f"EC2 does not list {words} yet")
        state = _state(live)
        if state in _BROKEN:
            why = self._why(live)
            return Failed(f"{capital(words)} is {state}{': ' if why else ''}{why}.")
        return Ready() if state in self.listing.usable else Waiting(f"{words} is {state}")

    async def gone(self, id: str) -> Readiness:
        live = await self._live(id)
        return Ready() if live is None else Waiting(f"{self.listing.words} is {_state(live)}")

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # what holds anything says so itself
        live = await self._live(id)
        if live is None or _state(live) == "deleting":
            return
        try:
            await self.maybe(self.listing.delete, GONE, **{self.listing.id: id})
        except AwsError as error:
            if error.code in _HELD:
                # Network interfaces and addresses of what was just deleted live on for a while.
                raise TryLater(f"{capital(self.listing.words)} {id} is still in use.", seconds=5) from error
            raise

    def _why(self, live: dict[str, Any]) -> str:  # noqa: ARG002  # most types do not say
        """What EC2 says of a resource that is broken."""
        return ""

    async def _list(self, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        listing = self.listing
        return await every(
            self, listing.describe, listing.items, "NextToken", "NextToken", **{listing.filters: filters}
        )

    async def _live(self, id: str) -> dict[str, Any] | None:
        """The resource as EC2 lists it; what was deleted lingers in some lists, and is not there."""
        answer = await self.maybe(self.listing.describe, GONE, **{f"{self.listing.id}s": [id]})
        found: list[dict[str, Any]] = answer[self.listing.items] if answer else []
        return next((live for live in found if _state(live) != "deleted"), None)

    async def _make(self, owner: Owner, properties: Properties, operation: str, **asked: Any) -> str:
        """The id of what an earlier create left, or else of what this call makes."""

        async def make() -> str:
            tags = [{"ResourceType": self.listing.kind, "Tags": properties.get("Tags", [])}]
            made = await self.call(operation, TagSpecifications=tags, **asked)
            return str(made.get(self.listing.items.removesuffix("s"), made)[self.listing.id])

        find = partial(self.find, owner, properties)
        if "ClientToken" in asked:
            return await find() or await make()
        return await once(self, find, make, self.taken)

    def _passes(self, live: dict[str, Any]) -> bool:
        return _state(live) in {"deleted", *self.listing.passing}


async def retag(provider: Provider, id: str, old: Properties, new: Properties) -> None:
    """Brings the tags of a resource of EC2 to those of `new`."""
    put, removed = retagged(old, new)
    if put:
        await provider.call("create_tags", Resources=[id], Tags=tag_list(put))
    if removed:
        await provider.call("delete_tags", Resources=[id], Tags=[{"Key": key} for key in removed])


async def belongs(provider: Provider, owner: Owner, id: str | None) -> bool:
    """Whether a resource of EC2 is of the owner's stack, by its tags."""
    if not id:
        return False
    about = [{"Name": "resource-id", "Values": [id]}]
    tags = await every(provider, "describe_tags", "Tags", "NextToken", "NextToken", Filters=about)
    return of_our_stack(owner, tag_map(tags))


def _state(live: dict[str, Any]) -> str:
    """Some types say it with a capital, and some, which are there or not, say nothing."""
    return str(live.get("State", "available")).lower()
