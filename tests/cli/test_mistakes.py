"""Bad input through the command itself: one clear message, the right exit code, nothing on stdout."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

STACK = """\
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: shop}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec: {visibilityTimeout: 30}
"""
SETTINGS = {
    "PANKA_TENANT": "acme",
    "PANKA_ENV": "dev",
    "PANKA_BUCKET": "b",
    "PANKA_TABLE": "t",
    "PANKA_REGION": "eu-west-1",
}
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True)
class Shell:
    """A folder with nothing of this machine's settings in reach."""

    folder: Path

    def panka(self, *arguments: str, **environ: str) -> Ran:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PANKA_", "AWS_", "XDG_"))}
        clean |= {"HOME": str(self.folder), "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        clean |= {"AWS_EC2_METADATA_DISABLED": "true", "NO_COLOR": "1"} | environ
        began = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "panka.cli", *arguments],
            cwd=self.folder,
            env=clean,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr, time.monotonic() - began)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "shop.yaml").write_text(STACK)
    return Shell(tmp_path)


@pytest.fixture
def closed() -> Iterator[str]:
    """An address where nobody listens: the port is taken by a socket that never does."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("command", ["validate", "graph", "plan", "apply"])
def test_a_path_that_is_not_there_is_a_usage_error(shell: Shell, command: str) -> None:
    ran = shell.panka(command, "nowhere", **SETTINGS)

    assert (ran.code, ran.out) == (64, "")
    assert ran.err.startswith("error: There is no stack at nowhere.\nhelp: ")


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (("{visibilityTimeout: 30}", "{visibilityTimeout: 30"), "PK001", "shop.yaml:"),
        (("kind: SQS", "kind: SQSS"), "PK102", "shop.yaml:6:"),
        (("visibilityTimeout: 30", 'visibilityTimeout: "${GONE}"'), "PK205", "shop.yaml:8:"),
        (("visibilityTimeout", "visibilityTimout"), "PK101", "shop.yaml:8:"),
        (("visibilityTimeout: 30", "dependsOn: [gone]"), "PK202", "shop.yaml:8:"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_an_invalid_stack_is_told_with_code_and_place(
    shell: Shell, command: str, change: tuple[str, str], code: str, place: str
) -> None:
    (shell.folder / "shop.yaml").write_text(STACK.replace(*change))

    ran = shell.panka(command, "shop.yaml", **SETTINGS)

    assert (ran.code, ran.out) == (65, "")
    assert f"error[{code}]" in ran.err
    assert f"--> {place}" in ran.err
    assert "Traceback" not in ran.err


def test_a_stack_is_held_to_the_config_of_its_tenant(shell: Shell) -> None:
    config = (
        "apiVersion: admin.panka.io/v1\nkind: TenantConfig\nmetadata: {name: acme}\nspec: {allowedResources: [SNS]}\n"
    )
    (shell.folder / "acme.yaml").write_text(config)

    ran = shell.panka("validate", "shop.yaml", "--tenant-config", "acme.yaml")
    wrong = shell.panka("validate", "shop.yaml", "--tenant-config", "shop.yaml")

    assert (ran.code, ran.out) == (65, "")
    assert "error[PK372]: tenant `acme` may have no SQS\n --> shop.yaml:6:7" in ran.err
    assert wrong.code == 65
    assert "error[PK102]: shop.yaml must hold one document, of kind TenantConfig" in wrong.err


def test_a_valid_stack_passes_with_what_it_becomes(shell: Shell) -> None:
    ran = shell.panka("validate", "shop.yaml")

    assert (ran.code, ran.out) == (0, "shop is valid: 1 component in 1 service, 1 AWS resource.\n")


@pytest.mark.parametrize(
    ("missing", "ways"),
    [
        ("PANKA_TENANT", ("No tenant is given.", "-t/--tenant", "PANKA_TENANT", "tenant =")),
        ("PANKA_ENV", ("No environment is given.", "-e/--env", "PANKA_ENV", "environment =")),
        ("PANKA_BUCKET", ("No bucket is given.", "--bucket", "PANKA_BUCKET", "bucket =")),
        ("PANKA_REGION", ("No region is given.", "--region", "PANKA_REGION", "region =")),
    ],
)
def test_a_missing_setting_names_every_way_to_give_it(shell: Shell, missing: str, ways: tuple[str, ...]) -> None:
    ran = shell.panka("plan", "shop.yaml", **{name: value for name, value in SETTINGS.items() if name != missing})

    assert (ran.code, ran.out) == (64, "")
    assert all(way in ran.err for way in ways)


@pytest.mark.parametrize("arguments", [("cancel", "shop"), ("watch", "shop"), ("status",)])
def test_a_temporal_that_does_not_answer_is_said_soon(shell: Shell, closed: str, arguments: tuple[str, ...]) -> None:
    ran = shell.panka(*arguments, "--temporal-address", closed, **SETTINGS, **KEYS)

    assert (ran.code, ran.out) == (69, "")
    assert ran.err.startswith(f"error: Temporal does not answer at {closed} (--temporal-address).\nhelp: ")
    assert ran.seconds < 15


@pytest.mark.parametrize("arguments", [("plan", "shop.yaml"), ("history", "shop"), ("state", "list", "shop")])
def test_an_endpoint_that_does_not_answer_is_said_soon(shell: Shell, closed: str, arguments: tuple[str, ...]) -> None:
    ran = shell.panka(*arguments, "--endpoint-url", f"http://{closed}", **SETTINGS, **KEYS)

    assert (ran.code, ran.out) == (69, "")
    assert ran.err.startswith("error: AWS does not answer: ")
    assert ran.seconds < 20


def test_no_credentials_are_a_denial(shell: Shell) -> None:
    ran = shell.panka("plan", "shop.yaml", **SETTINGS)

    assert (ran.code, ran.out) == (77, "")
    assert ran.err.startswith("error: There are no usable AWS credentials: ")


def test_local_without_a_session_says_how_to_start_one(shell: Shell) -> None:
    ran = shell.panka("status", "--local")

    assert (ran.code, ran.out) == (69, "")
    assert "panka dev starts one" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("aply",), "No such command 'aply'"),
        (("plan", "--nope"), "No such option"),
        (("plan", "shop.yaml", "--var", "X"), "`--var X` sets nothing."),
        (("plan", "shop.yaml", "--var-file", "nope.yaml"), "The variables in nope.yaml cannot be read"),
        (("apply", "--lock-timeout", "soon"), "is not a duration"),
        (("destroy", "Shop"), "`Shop` is neither a stack's name nor a path."),
        (("show", "first"), "`first` is no run."),
        (("history",), "No stack is named, and there is none in this folder."),
    ],
)
def test_a_misused_command_line_is_told_in_one_sentence(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    (shell.folder / "empty").mkdir()
    inside = Shell(shell.folder / "empty") if arguments == ("history",) else shell

    ran = inside.panka(*arguments, **SETTINGS, **KEYS)

    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err
    assert ran.err.startswith("error: ")


@pytest.mark.parametrize("command", ["plan", "show"])
def test_a_stack_that_is_taken_for_the_name_of_a_page_is_not_written_over(shell: Shell, command: str) -> None:
    ran = shell.panka(command, "--html", "shop.yaml", "1", **SETTINGS)

    assert (ran.code, ran.out) == (64, "")
    assert "`shop.yaml` is not the name of a page: FILE.html, or write --html last." in ran.err
    assert (shell.folder / "shop.yaml").read_text() == STACK


def test_settings_come_from_the_project_file_above(shell: Shell) -> None:
    (shell.folder / "panka.toml").write_text('tenannt = "acme"\n')
    (shell.folder / "deep").mkdir()

    ran = Shell(shell.folder / "deep").panka("validate", "../shop.yaml")

    assert ran.code == 64
    assert "has an unknown key `tenannt`" in ran.err
    assert "did you mean `tenant`?" in ran.err
