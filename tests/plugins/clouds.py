"""A cloud in memory behind the provider protocol, with faults to order: for tests of what stands above providers."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from temporalio.exceptions import ApplicationError

from panka.activities.aws.errors import AwsError, Cause
from panka.activities.aws.session import Clients, Cloud
from panka.activities.providers.provider import Ending, Observed, Provider, Readiness, Ready
from panka.planner.owner import Owner
from panka.planner.resource import Properties
from panka.planner.state import Target
from panka.workflows.ports import Lease


@dataclass
class Sky:
    """What exists, who made it, and which calls go wrong."""

    resources: dict[str, Properties] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """(operation, address or id), mutating ones only, in order."""
    refuse: set[str] = field(default_factory=set)
    """Addresses whose create (or update) AWS refuses for good."""
    stumble: set[str] = field(default_factory=set)
    """Addresses whose create meets a mistake of its provider."""
    lose: Counter[str] = field(default_factory=Counter)
    """Addresses whose create takes effect and whose reply is lost, and how often."""
    unread: dict[str, Exception] = field(default_factory=dict)
    """Ids whose read ends in an error."""
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    """Addresses whose create (or, with `delete` before it, whose delete) waits for an event."""
    began: dict[str, asyncio.Event] = field(default_factory=dict)
    """Set when the create of an address begins."""
    on_read: Callable[[str], None] | None = None
    """Called with the id of each resource that is read."""
    peak: int = 0
    busy: int = 0

    unmade: set[str] = field(default_factory=set)
    """Types that nobody has a provider for."""

    def provider(self, type: str, cloud: Cloud) -> Provider:
        if type in self.unmade:
            raise ApplicationError(f"This worker has no provider for {type}.", non_retryable=True)
        return SkyProvider(cloud, self, type)

    async def cloud(self, _lease: Lease, target: Target) -> Cloud:
        return Cloud(Clients(target))

    def addresses(self) -> list[str]:
        return sorted(owner.address for owner in self.owners.values())


class SkyProvider(Provider):
    """Every type; ids are `<address>#<generation>`, so that a repeated create is seen as a duplicate."""

    type = "any"
    service = "any"

    def __init__(self, cloud: Cloud, sky: Sky, type: str) -> None:
        super().__init__(cloud)
        self.sky = sky
        self.aws_type = type

    async def read(self, id: str) -> Observed | None:
        if id in self.sky.unread:
            raise self.sky.unread[id]
        if self.sky.on_read is not None:
            self.sky.on_read(id)
        if id not in self.sky.resources:
            return None
        return Observed(dict(self.sky.resources[id]), {"Arn": f"arn:{id}", "QueueUrl": f"https://{id}"})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        return next((id for id, known in self.sky.owners.items() if known == owner), None)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        await self._mutate("create", owner.address)
        self.sky.busy += 1
        self.sky.peak = max(self.sky.peak, self.sky.busy)
        try:
            if owner.address in self.sky.began:
                self.sky.began[owner.address].set()
            if owner.address in self.sky.hold:
                await self.sky.hold[owner.address].wait()
            await asyncio.sleep(0)
        finally:
            self.sky.busy -= 1
        self._refuse(owner.address, "create")
        if owner.address in self.sky.stumble:
            raise KeyError("BucketName")
        count = sum(known == owner for known in self.sky.owners.values())
        id = f"{owner.address}#{owner.generation}" + (f"!duplicate{count}" if count else "")
        self.sky.resources[id] = dict(properties)
        self.sky.owners[id] = owner
        if self.sky.lose[owner.address] > 0:
            self.sky.lose[owner.address] -= 1
            raise AwsError(Cause.TRANSIENT, "ConnectionClosedError", "The reply was lost.", "any:Create")
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        if old == new:
            return
        address = self.sky.owners[id].address
        await self._mutate("update", address)
        self._refuse(address, "update")
        self.sky.resources[id] = dict(new)

    async def delete(self, id: str, how: Ending) -> None:
        if id not in self.sky.resources:
            return
        await self._mutate("delete", address := self.sky.owners[id].address)
        if f"delete {address}" in self.sky.hold:
            self.sky.began[f"delete {address}"].set()
            await self.sky.hold[f"delete {address}"].wait()
        self._refuse(self.sky.owners[id].address, "delete")
        del self.sky.resources[id], self.sky.owners[id]

    async def ready(self, id: str) -> Readiness:
        return Ready()

    async def _mutate(self, operation: str, address: str) -> None:
        if self.cloud.before_mutation is not None:
            await self.cloud.before_mutation()
        self.sky.calls.append((operation, address))

    def _refuse(self, address: str, operation: str) -> None:
        if address in self.sky.refuse or f"{operation} {address}" in self.sky.refuse:
            raise AwsError(Cause.FINAL, "AccessDenied", "You may not.", f"any:{operation}", "req-1")
