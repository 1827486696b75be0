"""Runs on a real Temporal server, with stores and a cloud in memory."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from temporalio.client import Client

from plugins.runs import Place


@pytest.fixture(scope="session")
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(16)


@pytest.fixture
async def place(temporal: Client, threads: ThreadPoolExecutor) -> AsyncIterator[Place]:
    """A stack whose worker runs."""
    place = Place(temporal, threads)
    async with place.worker():
        yield place
