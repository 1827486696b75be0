"""A place to try one case: its provider, its owner, what it needs, and the way a step goes about it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from tests.activities.conformance.case import CHOSEN, GONE, NAME, Case, filled, fresh_name, laid_over

from panka.activities.aws.errors import AwsError, Cause, TryLater
from panka.activities.aws.network import default_network
from panka.activities.aws.session import Cloud
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    pruned,
)
from panka.activities.providing import provider_of
from panka.planner.diff import with_tags
from panka.planner.owner import Owner, Scope
from panka.planner.resource import PhysicalName, Properties, references
from panka.planner.resource_types import facts

OURS = Scope(tenant="acme", stack="shop", environment="test")
THEIRS = Scope(tenant="globex", stack="shop", environment="test")
FORCED = Ending(force=True)
PATIENCE = 60.0


@dataclass(frozen=True)
class Stage:
    """One case with everything that it needs already there."""

    case: Case
    provider: Provider
    owner: Owner
    name: str
    known: dict[str, Properties]

    def properties(self, *updates: Properties, owner: Owner | None = None) -> Properties:
        """What is wanted after some updates, as a step would give it to the provider."""
        wanted = self.case.properties
        for update in updates:
            wanted = laid_over(wanted, update)
        names = {NAME: self.name, CHOSEN: self.owner.name(PhysicalName("Name", 63))}
        full = filled(wanted, names, self.known)
        if self.case.tagged:
            full = with_tags(self.case.type, full, (owner or self.owner).tags())
        return full

    @property
    def tags(self) -> str:
        """The property that holds the tags."""
        known = facts(self.case.type)
        return (known.tag_property if known else None) or "Tags"

    def taken_away(self, count: int) -> list[str]:
        """Properties that update number `count`, from 1, takes away."""
        return [name for name, value in self.case.updates[count - 1].items() if value is GONE]

    def again(self) -> "Stage":
        """The same under another name, beside the same needs."""
        return _stage(self.case, self.provider.cloud, self.owner.scope, fresh_name(), "thing", self.known)

    @property
    def token(self) -> str:
        return self.owner.token(1)

    async def live(self, id: str) -> Observed:
        observed = await self.provider.read(id)
        assert observed is not None
        return observed

    async def apply(self, properties: Properties) -> str:
        """What a step does, tried again as Temporal would: look, make, wait, compare, change."""
        for _ in range(10):
            try:
                return await self._once(properties)
            except AwsError as error:
                if error.cause is not Cause.TRANSIENT:
                    raise
            except TryLater as later:
                await asyncio.sleep(min(later.seconds, 1))
        raise AssertionError(f"{self.case} did not converge in ten tries.")

    async def _once(self, properties: Properties) -> str:
        id = await self.provider.find(self.owner, properties)
        if id is None:
            id = await self.provider.create(self.owner, properties, self.token)
        await self.ready(id)
        observed = await self.live(id)
        if self.drift(properties, observed):
            await self.provider.update(id, observed.properties, properties)
            await self.ready(id)
        return id

    async def change(self, id: str, properties: Properties) -> None:
        """An update as a step does it, tried again as long as AWS makes only a part of it at a time."""
        for _ in range(10):
            before = await self.live(id)
            try:
                await self.provider.update(id, before.properties, properties)
            except TryLater:
                await self.ready(id)
            else:
                return await self.ready(id)
        raise AssertionError(f"{self.case} was not changed in ten tries.")

    async def remove(self, id: str) -> None:
        """Deletes it as a step does, and waits until it is gone."""
        for _ in range(10):
            try:
                await self.provider.delete(id, FORCED)
            except AwsError as error:
                if error.cause is not Cause.TRANSIENT:
                    raise
            except TryLater as later:
                await asyncio.sleep(min(later.seconds, 1))
            else:
                return await until(lambda: self.provider.gone(id))
        raise AssertionError(f"{self.case} was not deleted in ten tries.")

    async def ready(self, id: str) -> None:
        await until(lambda: self.provider.ready(id))

    def drift(self, wanted: Properties, observed: Observed) -> list[str]:
        told = {name: value for name, value in wanted.items() if name not in self.case.unread}
        return list(differences(told, observed.properties))


async def until(ask: Any) -> None:
    """Waits until a resource is ready, or gone."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer: Readiness = await ask()
            assert not isinstance(answer, Failed), answer.reason
            if isinstance(answer, Ready):
                return
            await asyncio.sleep(0.05)


def differences(wanted: Any, live: Any, path: str = "") -> list[str]:
    """Paths of what was set and is not so. Lists of AWS have no order; what is false or empty may be left out."""
    wanted, live = pruned(wanted), pruned(live)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return [one for key in wanted for one in differences(wanted[key], live.get(key), f"{path}.{key}")]
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        left = sorted(live, key=_order)
        pairs = zip(sorted(wanted, key=_order), left, strict=True)
        return [one for at, (a, b) in enumerate(pairs) for one in differences(a, b, f"{path}.{at}")]
    return [] if wanted == live or not (wanted or live) else [f"{path}: {wanted!r} != {live!r}"]


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


async def staged(case: Case, cloud: Cloud, scope: Scope = OURS, name: str = "") -> Stage:
    """A stage with the case's needs made."""
    name = name or fresh_name()
    return await _with_needs(case, cloud, scope, name, "thing")


async def _with_needs(case: Case, cloud: Cloud, scope: Scope, name: str, part: str) -> Stage:
    known: dict[str, Properties] = {"@cloud": {"Account": cloud.account, "Region": cloud.region}}
    if _stands_in_network(case):
        known["@network"] = await _network(cloud)
    for key, need in case.needs.items():
        # A need may build on the needs before it.
        stage = _stage(need, cloud, scope, f"{name}-{key}", key, dict(known))
        if need.needs:
            stage = await _with_needs(need, cloud, scope, f"{name}-{key}", key)
        id = await stage.apply(stage.properties())
        observed = await stage.live(id)
        known[key] = {**observed.properties, **observed.attributes, "Id": id}
    return _stage(case, cloud, scope, name, part, known)


def _stands_in_network(case: Case) -> bool:
    asked = [ref.address for one in (case.properties, *case.updates) for ref in references(one)]
    return "@network" in asked or any(_stands_in_network(need) for need in case.needs.values())


async def _network(cloud: Cloud) -> Properties:
    """The default VPC that an account is born with, for what stands in one."""
    network = await default_network(cloud)
    subnets = list(network.private_subnets)
    return {"Vpc": network.vpc_id, "Subnets": subnets, "TwoSubnets": subnets[:2]}


def _stage(case: Case, cloud: Cloud, scope: Scope, name: str, part: str, known: dict[str, Properties]) -> Stage:
    owner = Owner(scope=scope, address=f"{name}:{part}", generation=1)
    return Stage(case, provider_of(case.type, cloud), owner, name, known)
