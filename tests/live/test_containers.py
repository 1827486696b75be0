"""Panka's image at work: built from the Dockerfile, between containers, against an endpoint and a Temporal server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from testcontainers.core.container import DockerContainer

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

SHOP = str(Path(__file__).parents[2] / "examples" / "shop")
Command: TypeAlias = Callable[..., str]


def _state(command: Command) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(command("state", "pull", "shop"))
    return state


def _planned(command: Command, tmp_path: Path) -> set[str]:
    """The addresses of the resources that a first apply makes."""
    command("plan", SHOP, "--out", str(tmp_path / "plan.json"))
    plan = json.loads((tmp_path / "plan.json").read_text())
    return {step["address"] for step in plan["forward"]}


def test_a_worker_container_deploys_the_shop_and_destroys_it(
    worker: DockerContainer, command: Command, tmp_path: Path
) -> None:
    planned = _planned(command, tmp_path)

    command("apply", SHOP, "-y")
    state = _state(command)
    command("plan", SHOP, "--detailed-exitcode")  # would end with 2 if anything were left to change
    command("destroy", "shop", "-y")
    left = _state(command)

    assert len(planned) >= 40
    assert set(state["resources"]) == planned
    assert state["operation"] is None
    assert left["resources"] == {}


def test_the_image_runs_as_nobody_in_particular_and_without_what_only_tests_need(worker: DockerContainer) -> None:
    user = worker.exec(["id", "-u"]).output.decode().strip()
    tools = worker.exec(["sh", "-c", "ls /opt/panka/bin"]).output.decode().split()

    assert user == "10001"
    assert "panka" in tools
    assert not {"pytest", "moto_server", "temporal"} & set(tools)


def test_a_stopped_worker_container_ends_by_itself(panka: Callable[..., DockerContainer], backend: None) -> None:
    with panka("worker") as container:
        wrapped = container.get_wrapped_container()
        while b"worker ready" not in wrapped.logs():
            wrapped.reload()
            assert wrapped.status in {"created", "running"}, wrapped.logs().decode(errors="replace")

        wrapped.stop(timeout=60)
        ended = wrapped.wait(timeout=60)

    assert ended["StatusCode"] == 0
