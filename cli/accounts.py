"""The AWS clients of a worker, by where a stack lives and in whose role it is seen."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from panka.activities.aws.retries import Paces, Timing
from panka.activities.aws.roles import Role
from panka.activities.aws.session import Clients, Cloud
from panka.activities.telemetry import Traces, Untraced
from panka.planner.state import Target
from panka.workflows.ports import Lease

_MOST_TARGETS = 64
"""Targets whose clients are kept at hand; those of one take about 10 MB."""


@dataclass(slots=True)
class Accounts:
    """AWS clients by target, those used last. Settings of the worker go before those of a plan.

    What a service has shown of the pace that it allows is shared by all targets of an account and region, and is
    forgotten when none of them has clients.
    """

    threads: ThreadPoolExecutor
    profile: str | None = None
    endpoint_url: str | None = None
    traces: Traces = Untraced()  # noqa: RUF009  # it keeps nothing
    roles: Callable[[Lease], Awaitable[Role | None]] | None = None
    """The role of a run's tenant; without it all targets are seen with the credentials at hand."""
    _known: OrderedDict[tuple[Target, Role | None], Clients] = field(default_factory=OrderedDict)
    _paces: WeakValueDictionary[tuple[str, str], Paces] = field(default_factory=WeakValueDictionary)

    async def home(self, lease: Lease, target: Target) -> Cloud:
        """The target's cloud as the tenant of a run may see it. Raises what asking for its role does."""
        return self.cloud(target, await self.roles(lease) if self.roles else None)

    def cloud(self, target: Target, role: Role | None = None) -> Cloud:
        """The target's cloud, over clients that all its steps share."""
        clients = self._known.pop((target, role), None) or self._opened(target, role)
        self._known[target, role] = clients
        while len(self._known) > _MOST_TARGETS:
            self._known.popitem(last=False)  # steps under way keep theirs until they end
        return Cloud(clients, traces=self.traces)

    def _opened(self, target: Target, role: Role | None) -> Clients:
        place = target.account, target.region
        paces = self._paces.setdefault(place, Paces(Timing()))
        return Clients(
            target,
            executor=self.threads,
            profile=self.profile,
            role=role,
            endpoint_url=self.endpoint_url,
            paces=paces,
        )

    async def number(self, lease: Lease, target: Target) -> str:
        """The account that a run's credentials for a target belong to now."""
        return await (await self.home(lease, target)).identity()
