"""A worker whose resources are nothing: what its runs spend is spent on lock, order, state and history alone.

It is put together of the same parts as `panka worker`; only its provider is another.
"""

import asyncio
import gc
import logging
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import uvloop

from panka.activities.aws.session import Cloud
from panka.activities.providers.provider import Ending, Observed, Provider
from panka.cli.accounts import Accounts
from panka.cli.settings import read_settings
from panka.cli.worker import COLLECTIONS, assemble, build_workers, connected, open_stores, roles
from panka.planner.owner import Owner
from panka.planner.resource import Properties


class Nothing(Provider):
    """A resource that is made by saying so. It tells of itself what a queue would."""

    type = "any"
    service = "any"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._properties: Properties = {}

    async def read(self, id: str) -> Observed | None:
        return Observed(self._properties, {"Arn": id, "QueueUrl": id, "QueueName": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        self._properties = properties
        return owner.address

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        self._properties = new

    async def delete(self, id: str, how: Ending) -> None:
        raise NotImplementedError


async def main() -> None:
    settings, stopped = read_settings({}), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    client = await connected(settings, stopped)
    if client is None:
        return
    with ThreadPoolExecutor(64) as aws, ThreadPoolExecutor(16) as store_threads:
        stores = open_stores(settings)
        accounts = Accounts(aws, endpoint_url=settings.endpoint_url, roles=roles(settings, stores, store_threads))
        work = assemble(stores, accounts, store_threads, lambda _, cloud: Nothing(cloud), lambda _: True)
        (worker,) = build_workers(client, work, settings.task_queue, graceful=1)
        async with worker:
            print("worker ready", flush=True)
            await stopped.wait()


if __name__ == "__main__":
    gc.set_threshold(*COLLECTIONS)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    uvloop.run(main())
