"""Whom a run waits for, as a real Temporal server tells it, and what a build is called."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionInfo, WorkflowExecutionVersioningInfo
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from panka.cli.build import own_build
from panka.cli.exits import Misused
from panka.cli.releases import Build, Release, Releases, _patiently, home
from panka.cli.runs import Handle, Runs
from panka.cli.settings import Settings
from panka.cli.worker import _pinned


@workflow.defn(name="waits")
class Waits:
    """Until it is terminated."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def here(self) -> bool:
        return True


@dataclass
class Room:
    """A task queue and a deployment of its own, with one run."""

    client: Client
    runs: Runs
    releases: Releases
    deployment: str
    handle: Handle

    def worker(self, build: str | None) -> Worker:
        return Worker(
            self.client,
            task_queue=self.runs.task_queue,
            workflows=[Waits],
            workflow_runner=UnsandboxedWorkflowRunner(),
            deployment_config=_pinned(Build(self.deployment, build)) if build else None,
        )

    async def known(self, build: str) -> Release:
        """The build, as soon as the server has heard of it."""
        async with asyncio.timeout(60):
            while not (found := [one for one in await self.releases.every() if one.build == build]):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.1)
        return found[0]

    async def begun(self) -> None:
        await self.handle.query(Waits.here, rpc_timeout=timedelta(seconds=60))

    async def waits_for(self, what: str) -> None:
        """Holds, or comes to hold: the server learns of a worker a moment after it has begun."""
        async with asyncio.timeout(60):
            while await self._missing() != what:  # noqa: ASYNC110  # another process makes it so
                await asyncio.sleep(0.1)

    async def _missing(self) -> str:
        absence = await self.runs.missing(self.handle)
        return absence.what if absence else ""


@pytest.fixture
async def room(temporal: Client) -> AsyncIterator[Room]:
    name = uuid4().hex[:8]
    handle = await temporal.start_workflow("waits", id=f"waits-{name}", task_queue=f"q-{name}")
    room = Room(temporal, Runs(temporal, f"q-{name}"), Releases(temporal, f"d-{name}"), f"d-{name}", handle)
    yield room
    await handle.terminate()


async def test_a_run_without_any_worker_waits_for_one(room: Room) -> None:
    await room.waits_for(f"no worker is polling task queue {room.runs.task_queue}")


async def test_a_worker_of_no_build_carries_on_any_run_that_belongs_to_none(room: Room) -> None:
    async with room.worker(None):
        await room.begun()

        await room.waits_for("")


async def test_a_run_waits_until_a_build_is_current_and_belongs_to_it_then(room: Room) -> None:
    async with room.worker("a"):
        assert (await room.known("a")).state == "inactive"
        await room.waits_for(f"no build on task queue {room.runs.task_queue} is current (a)")

        await room.releases.promote("a")
        await room.begun()

        await room.waits_for("")
        assert (await room.known("a")).state == "current"


@pytest.mark.parametrize(
    ("status", "asked"), [(RPCStatusCode.RESOURCE_EXHAUSTED, 3), (RPCStatusCode.FAILED_PRECONDITION, 1)]
)
async def test_only_what_temporal_was_asked_too_often_is_asked_again(status: RPCStatusCode, asked: int) -> None:
    refusals = [RPCError("no", status, b"")] * 2
    tries = 0

    async def ask() -> str:
        nonlocal tries
        tries += 1
        if refusals:
            raise refusals.pop()
        return "current"

    told = await asyncio.gather(_patiently(ask), return_exceptions=True)

    assert tries == asked
    assert (told == ["current"]) is (status is RPCStatusCode.RESOURCE_EXHAUSTED)


BEGAN = WorkflowExecutionVersioningInfo(
    behavior="VERSIONING_BEHAVIOR_PINNED",
    deployment_version=WorkerDeploymentVersion(deployment_name="panka", build_id="a"),
)
MOVED = VersioningOverride.PinnedOverride(
    behavior="PINNED_OVERRIDE_BEHAVIOR_PINNED",
    version=WorkerDeploymentVersion(deployment_name="panka", build_id="b"),
)


@pytest.mark.parametrize(
    ("override", "belongs"),
    [
        (None, Build("panka", "a")),
        (VersioningOverride(pinned=MOVED), Build("panka", "b")),
        (VersioningOverride(auto_upgrade=True), None),
    ],
    ids=["as it began", "moved by hand", "set free by hand"],
)
def test_a_run_belongs_to_the_build_it_began_on_unless_somebody_moves_it(
    override: VersioningOverride | None, belongs: Build | None
) -> None:
    told = WorkflowExecutionVersioningInfo(versioning_override=override)
    told.MergeFrom(BEGAN)

    assert home(WorkflowExecutionInfo(versioning_info=told)) == belongs


async def test_a_build_without_workers_is_not_promoted(room: Room) -> None:
    with pytest.raises(
        Misused, match=f"Build a of deployment {room.deployment} cannot take runs: no Worker Deployment"
    ):
        await room.releases.promote("a")

    assert await room.releases.every() == []


def test_a_worker_is_of_no_build_unless_a_deployment_is_named() -> None:
    assert Build.of(Settings(worker_build_id="7")) is None
    assert Build.of(Settings(worker_deployment="panka", worker_build_id="7")) == Build("panka", "7")
    assert Build.of(Settings(worker_deployment="panka")) == Build("panka", own_build())


def test_the_same_code_is_the_same_build_in_every_process() -> None:
    line = [sys.executable, "-c", "from panka.cli.build import own_build; print(own_build())"]

    other = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True).stdout.strip()

    assert other == own_build()
    assert re.fullmatch(r"\d+\.\d+\S*-[0-9a-f]{8}", other)
