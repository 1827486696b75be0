"""Panka and its rivals, each as one command that is measured."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from far import Far
from measuring import Cost, once
from servers import ENVIRONMENT, PANKA, TENANT, Servers, peak
from temporalio.client import Client
from terraform import Terraform

from panka.cli.children import Child

_ONCE = 60
"""Seconds from which on a side has no second turn."""


@dataclass(frozen=True, slots=True)
class Row:
    """One side of one measurement."""

    side: str
    cost: Cost
    run: float = 0
    """Of Panka: seconds from the workflow's start to its end; 0: there was none."""
    used: dict[str, float] = field(default_factory=dict)
    """Seconds of CPU by process."""
    worker: float = 0
    """Of Panka: the worker's peak in megabytes."""
    calls: int = 0
    """Calls to an endpoint that counts them."""


@dataclass(slots=True)
class Bench:
    """What all measurements need."""

    servers: Servers
    home: Path
    runs: int
    patience: float
    terraform: Terraform | None
    """None: Panka is measured alone."""
    _folders: int = 0

    def folder(self) -> Path:
        """A new folder, whose name no stack has yet."""
        self._folders += 1
        made = self.home / f"b{self._folders}"
        made.mkdir()
        return made

    def turns(self, sides: Mapping[str, Callable[[], Row]]) -> list[Row]:
        """Each side in turn, so many times; the median of each. One that takes a minute has one turn only."""
        found: dict[str, list[Row]] = {name: [] for name in sides}
        for _ in range(self.runs):
            for name, side in sides.items():
                if not found[name] or found[name][-1].cost.seconds < _ONCE:
                    found[name].append(side())
        return [_middle(name, rows) for name, rows in found.items()]

    def apply(self, folder: Path, worker: Child, environment: Mapping[str, str]) -> Row:
        """`panka apply` of the stack in a folder, which has the folder's name, with a worker that waits for it."""
        line = [*PANKA, "apply", str(folder), "--yes", "--state-dir", str(folder / ".panka")]
        before = self.servers.used(worker)
        cost = once([line], environment, self.patience)
        used = {of: seconds - before[of] for of, seconds in self.servers.used(worker).items()}
        run = asyncio.run(_run(self.servers.address, folder.name, time.time() - cost.seconds))
        return Row("", cost, run, {"command": cost.cpu, **used}, peak(worker))

    def terraform_apply(self, folder: Path, *more: str) -> Row:
        """`terraform apply` of a folder that has been prepared."""
        assert self.terraform is not None
        line = self.terraform.line(folder, "apply", "-auto-approve", "-input=false", *more)
        return Row("", once([line], self.terraform.environment, self.patience))

    def program(self, *words: str) -> Row:
        """A Python program of the benchmarks'."""
        return Row("", once([[sys.executable, *words]], os.environ, self.patience))


def counted(endpoint: Far, side: Callable[[], Row]) -> Callable[[], Row]:
    """The same with the number of its calls."""

    def count() -> Row:
        before = endpoint.calls
        row = side()
        return replace(row, calls=endpoint.calls - before)

    return count


def _middle(side: str, rows: Sequence[Row]) -> Row:
    """What is told of several turns: of the one with the median time, but for the costs, which are of all."""
    one = sorted(rows, key=lambda row: row.cost.seconds)[len(rows) // 2]
    cost = Cost.of([row.cost for row in rows])
    return replace(one, side=side, cost=cost, worker=max(row.worker for row in rows))


async def _run(address: str, stack: str, since: float) -> float:
    """Seconds that the run lasted which has begun since then; one that nobody follows any more is ended."""
    client = await Client.connect(address)
    handle = client.get_workflow_handle(f"{TENANT}/{stack}/{ENVIRONMENT}")
    found = await handle.describe()
    if found.close_time is None:
        await handle.terminate("The measurement is over.")
    elif found.start_time.timestamp() >= since:
        return (found.close_time - found.start_time).total_seconds()
    return 0
