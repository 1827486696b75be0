"""What shells complete, and what that costs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from panka.cli.main import COMMANDS
from panka.cli.names import components, remember, stacks

HEAVY = {"temporalio", "boto3", "botocore", "rich", "pydantic", "rustworkx", "yaml"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in which commands have seen two stacks."""
    remember(tmp_path / ".panka", "shop", ["api/server", "api/cache", "web/front"])
    remember(tmp_path / ".panka", "search", ["index"])
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PANKA_", "AWS_", "XDG_"))}
    return {**clean, "HOME": "/nowhere", **more}


def completed(project: Path, *words: str) -> list[str]:
    """What is offered for the last of the words."""
    asked = environment(_PANKA_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
    ran = subprocess.run(
        [sys.executable, "-m", "panka.cli"], env=asked, cwd=project, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert ran.stderr == ""
    return [line.partition(",")[2] for line in ran.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("panka", "wat"), ["watch"]),
        (("panka", "watch", "s"), ["search", "shop"]),
        (("panka", "drift", "s"), ["search", "shop"]),
        (("panka", "unlock", "sh"), ["shop"]),
        (("panka", "retry", "shop", ""), ["api/cache", "api/server", "web/front"]),
        (("panka", "why", "ser"), ["api/server"]),
        (("panka", "why", "--stack", "search", ""), ["index"]),
        (("panka", "plan", "--target", "web"), ["web/front"]),
        (("panka", "completion", "f"), ["fish"]),
        (("panka", "apply", "--on-failure", "p"), ["pause"]),
    ],
)
def test_a_shell_is_offered_what_fits(project: Path, words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(project, *words) == offered


def test_every_command_is_offered(project: Path) -> None:
    assert completed(project, "panka", "") == list(COMMANDS)


@pytest.mark.parametrize("words", ["panka w", "panka watch s", "panka plan --target a"])
def test_completing_imports_nothing_heavy(project: Path, words: str) -> None:
    program = (
        "import sys, json\n"
        "from panka.cli.main import panka\n"
        "try:\n    panka.main([], prog_name='panka', standalone_mode=False)\n"
        "except SystemExit:\n    pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr)\n"
    )
    asked = environment(_PANKA_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(words.count(" ")))

    ran = subprocess.run(
        [sys.executable, "-c", program], env=asked, cwd=project, capture_output=True, text=True, timeout=60, check=True
    )

    assert ran.stdout
    assert not HEAVY & set(json.loads(ran.stderr.splitlines()[-1]))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one_that_it_can_read(project: Path, shell: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "panka.cli", "completion", shell], env=environment(), capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip

    assert f"_PANKA_COMPLETE={shell}_complete" in ran.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=ran.stdout, text=True, check=True, timeout=60)


def test_bash_completes_with_the_script(project: Path, tmp_path: Path) -> None:
    command = tmp_path / "panka"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m panka.cli "$@"\n')
    command.chmod(0o755)
    line = (
        'source <(panka completion bash 2>/dev/null); COMP_WORDS=(panka watch se); COMP_CWORD=2; '
        '_panka_completion panka; echo "${COMPREPLY[@]}"'
    )  # fmt: skip

    ran = subprocess.run(
        ["bash", "-c", line], env=environment(PATH=f"{tmp_path}:{os.environ['PATH']}"), cwd=project,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert ran.stdout == "search\n"


def test_a_broken_file_of_names_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text("[1")

    assert stacks(tmp_path) == []
    remember(tmp_path, "shop")
    assert (stacks(tmp_path), components(tmp_path)) == (["shop"], [])


def test_a_stack_that_is_seen_again_keeps_its_components(tmp_path: Path) -> None:
    remember(tmp_path, "shop", ["api/server"])

    remember(tmp_path, "shop")

    assert components(tmp_path, "shop") == ["api/server"]
