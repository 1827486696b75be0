"""Journeys go through the installed command, real servers and real processes."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plugins.world import World, world

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[World]:
    """A project with the shop in it, servers, and a backend; no worker yet."""
    shutil.copytree(SHOP, tmp_path / "shop")
    async with world(tmp_path) as one:
        yield one
