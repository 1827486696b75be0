"""What became of a lock's holder, asked of a real Temporal server; no worker takes part."""

from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowHandle

from panka.cli.runs import Fate, Runs
from panka.workflows.messages import RUN


@pytest.fixture
def runs(temporal: Client) -> Runs:
    return Runs(temporal, f"q-{uuid4()}")


async def begun(temporal: Client, workflow: str) -> WorkflowHandle[object, object]:
    return await temporal.start_workflow(RUN, id=workflow, task_queue="nobody")


def owner(handle: WorkflowHandle[object, object]) -> str:
    return f"default/{handle.id}/{handle.first_execution_run_id}"


@pytest.fixture
def workflow() -> str:
    return f"acme/s{uuid4().hex[:8]}/prod"


async def test_a_run_that_goes_on_does(temporal: Client, runs: Runs, workflow: str) -> None:
    handle = await begun(temporal, workflow)

    assert await runs.fate(owner(handle)) == Fate("goes on")
    await handle.terminate()


async def test_a_run_that_was_terminated_has_ended(temporal: Client, runs: Runs, workflow: str) -> None:
    handle = await begun(temporal, workflow)
    await handle.terminate()

    assert await runs.fate(owner(handle)) == Fate("ended", "terminated")


async def test_an_ended_run_whose_stack_has_another_is_followed(temporal: Client, runs: Runs, workflow: str) -> None:
    first = await begun(temporal, workflow)
    await first.terminate()
    second = await begun(temporal, workflow)

    assert await runs.fate(owner(first)) == Fate("followed")
    assert await runs.fate(owner(second)) == Fate("goes on")
    await second.terminate()


@pytest.mark.parametrize(
    "holder",
    ["default/acme/never/prod/6c9a52b8-0000-4000-8000-000000000000", "elsewhere/acme/shop/prod/x", "by hand", ""],
    ids=["no such run", "no such namespace", "another program", "empty"],
)
async def test_a_holder_that_the_server_does_not_know_is_unknown(runs: Runs, holder: str) -> None:
    assert await runs.fate(holder) == Fate("unknown")


async def test_a_run_of_a_server_that_has_lost_its_data_is_unknown_also_when_its_stack_runs(
    temporal: Client, runs: Runs, workflow: str
) -> None:
    handle = await begun(temporal, workflow)

    fate = await runs.fate(f"default/{workflow}/{uuid4()}")

    assert fate == Fate("unknown")
    await handle.terminate()
