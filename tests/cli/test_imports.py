"""What a command costs before it does anything: the modules that it imports."""

import json
import subprocess
import sys

import pytest

from panka.cli.main import COMMANDS, panka

HEAVY = {"temporalio", "boto3", "botocore", "rich", "pydantic", "rustworkx", "yaml"}


def imported(*arguments: str) -> set[str]:
    """The top-level modules that are loaded after a command line has run in an interpreter of its own."""
    program = (
        "import sys, json\n"
        "from panka.cli.main import run\n"
        f"code = run({list(arguments)!r})\n"
        "print(json.dumps([code, sorted({name.partition('.')[0] for name in sys.modules})]), file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    code, modules = json.loads(ran.stderr.splitlines()[-1])
    assert code == 0, ran.stderr
    return set(modules)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("version",)])
def test_help_and_version_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not imported(*arguments) & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_neither_temporal_nor_aws(command: str) -> None:
    assert not imported(command, "--help") & {"temporalio", "boto3", "botocore", "rich"}


@pytest.mark.parametrize("module", ["panka.cli.worker", "panka.cli.applying", "panka.cli.session"])
def test_telemetry_that_is_off_is_not_imported(module: str) -> None:
    program = f"import sys, {module}; print(*(name.partition('.')[0] for name in sys.modules))"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert not {"opentelemetry", "prometheus_client"} & set(ran.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_can_be_loaded(command: str) -> None:
    loaded = panka.get_command(None, command)  # type: ignore[arg-type]  # the group needs no context for it

    assert loaded is not None
    assert loaded.help


def test_a_plan_needs_neither_temporal_nor_aws_in_its_own_process() -> None:
    program = "import panka.cli.applying, panka.cli.planned, panka.activities.planning, sys; print(*sys.modules)"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert not loaded & {"temporalio", "boto3", "botocore"}
    assert "panka.planner.tenancy" not in ran.stdout.split()  # most plans are of nobody registered
