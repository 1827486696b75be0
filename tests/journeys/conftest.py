"""Journeys go through the installed command, real servers and real processes."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plugins.endpoints import emptied, moto
from plugins.world import World, world

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture(scope="session")
def shared_moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A moto server for one journey after the other; it takes longer to start one than to empty it."""
    with moto(tmp_path_factory.mktemp("moto") / "log") as url:
        yield url


@pytest.fixture
async def place(tmp_path: Path, shared_moto: str) -> AsyncIterator[World]:
    """A project with the shop in it, servers, and a backend; no worker yet."""
    shutil.copytree(SHOP, tmp_path / "shop")
    async with world(tmp_path, lambda _log: emptied(shared_moto)) as one:
        yield one
