"""What a command costs before it has said anything, against what Panka promises.

The help is compared with that of a bare click program, by the clock, in turns. The example is validated: of that the
processor's time counts. An apply is timed to its first line: in a session of its own, and at an endpoint of AWS, where
that line is the plan's. All are medians of processes of their own; the first run of each is not counted.
"""

import argparse
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from servers import PANKA, ROOT, endpoint, environment

from panka.cli.children import Group

SHOP = str(ROOT / "examples" / "shop")
BARE = "import click; click.command(help='Says nothing.')(lambda: None)()"
HELP, VALIDATE, APPLY = 1.5, 0.5, 1.2
"""What is promised: times a bare program, seconds of the processor, seconds."""


def wall(line: Sequence[str], within: Mapping[str, str]) -> float:
    """Seconds from the start of a process to its end."""
    began = time.monotonic()
    subprocess.run(line, env=within, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def processor(line: Sequence[str], within: Mapping[str, str]) -> float:
    """Seconds of the processor that a process takes, with those that it has waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall(line, within)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_line(line: Sequence[str], within: Mapping[str, str]) -> float:
    """Seconds from the start of a process to its first line, whichever stream it is on; then it is interrupted."""
    began = time.monotonic()
    process = subprocess.Popen(line, env=within, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    said = process.stdout.readline()
    spent = time.monotonic() - began
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=120)
    if not said.strip() or said.startswith(b"error"):
        raise SystemExit(f"{line} failed:\n{(said + rest).decode()[-4000:]}")
    return spent


def medians(runs: int, *measures: Callable[[], float]) -> list[float]:
    """Of each the median; they take turns, so that a busy moment meets all alike."""
    found = [[measure() for measure in measures] for _ in range(runs + 1)][1:]
    return [statistics.median(column) for column in zip(*found, strict=True)]


def told(what: str, measured: float, wanted: float, unit: str) -> bool:
    print(f"{what:<45}{measured:>7.2f} {unit:<14} wanted: at most {wanted} {unit}", flush=True)
    return measured <= wanted


def main(runs: int) -> bool:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PANKA_"))}
    quiet = kept | {"PYTHONPATH": str(ROOT / "typings")}
    own, bare = medians(
        runs, lambda: wall([*PANKA, "--help"], quiet), lambda: wall([sys.executable, "-c", BARE, "--help"], quiet)
    )
    (checked,) = medians(runs, lambda: processor([*PANKA, "validate", SHOP, "-e", "dev"], quiet))
    with tempfile.TemporaryDirectory(prefix="panka-bench-") as home:
        state_dir = ["--state-dir", str(Path(home) / ".panka")]
        line = [*PANKA, "apply", SHOP, *state_dir]
        (local,) = medians(min(runs, 5), lambda: first_line([*line, "--local"], quiet))
        with Group() as group, endpoint(Path(home), group) as (_, url):
            there = environment(url)
            (planned,) = medians(runs, lambda: first_line([*line, "-e", "dev"], there))
    kept_all = [
        told("panka --help, beside a bare click program", own / bare, HELP, "times"),
        told("panka validate examples/shop", checked, VALIDATE, "s of CPU"),
        told("panka apply --local, to its first line", local, APPLY, "s"),
        told("panka apply, to the first line of its plan", planned, APPLY, "s"),
    ]
    return all(kept_all)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=11)
    sys.exit(0 if main(asked.parse_args().runs) else 1)
