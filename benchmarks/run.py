"""What a run costs, from the command's start to its exit, beside Terraform and beside a script that only calls.

Everything is real: Temporal on an SQLite file, state, lock and history in S3 and DynamoDB served by moto, a worker, the
command. First resources call nothing, so that what is left is the run's own; Terraform's are its built-in ones that do
the same, with its state in S3, where it is written at the end, and in a file, where it is written after each. Then a
run alone, of more and more steps. Then a hundred resources, with 60 ms on every call to AWS, and so to Panka's state;
and once more, with nothing to change. Rivals have their turns one after the other, and times are medians.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import hundred
from far import Far
from graphs import for_panka, for_terraform, graph, services
from servers import servers
from sides import Bench, Row, counted
from terraform import FOLDER, Terraform

from panka.cli.children import Child

IDLE = (sys.executable, str(Path(__file__).with_name("idle.py")))
_BACKEND = """
terraform {
  backend "s3" {
    bucket                      = "bench"
    key                         = "NAME.tfstate"
    region                      = "eu-west-1"
    use_lockfile                = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_requesting_account_id  = true
    endpoints                   = { s3 = "URL" }
  }
}
"""
_AHEAD = 0.06
"""Seconds that every call to the far endpoint takes longer."""


def nothing(bench: Bench, steps: int) -> list[Row]:
    """So many steps that call nothing, all of it on record."""
    needs = graph(steps)

    def ours() -> Row:
        folder = bench.folder()
        for_panka(folder, needs, folder.name)
        return bench.apply(folder, worker, environment)

    def theirs(backend: str) -> Row:
        assert bench.terraform is not None
        folder = bench.folder()
        for_terraform(folder, needs)
        (folder / "backend.tf").write_text(backend.replace("NAME", folder.name).replace("URL", bench.servers.url))
        bench.terraform.prepare(folder)
        return bench.terraform_apply(folder)

    sides: dict[str, Callable[[], Row]] = {"Panka": ours}
    if bench.terraform:
        sides |= {"Terraform, state in S3": lambda: theirs(_BACKEND), "Terraform, state in a file": lambda: theirs("")}
    with bench.servers.worker(bench.servers.url, IDLE) as (worker, environment):
        return bench.turns(sides)


def alone(bench: Bench, steps: int) -> list[Row]:
    """A run, with a worker that has done nothing before, so that its peak is this run's."""

    def ours() -> Row:
        folder = bench.folder()
        for_panka(folder, services(steps), folder.name)
        with bench.servers.worker(bench.servers.url, IDLE) as (worker, environment):
            return bench.apply(folder, worker, environment)

    return bench.turns({"Panka": ours})


class Real:
    """A hundred resources at an endpoint that is far away."""

    def __init__(self, bench: Bench, endpoint: Far, worker: Child, environment: dict[str, str]) -> None:
        self._bench = bench
        self._endpoint = endpoint
        self._worker = worker
        self._environment = environment
        self._plugins = bench.terraform.plugins(bench.home) if bench.terraform else None
        self._last: dict[str, Path] = {}
        """What each side made last."""

    def made(self) -> list[Row]:
        sides: dict[str, Callable[[], Row]] = {"boto3, 32 threads": self._script, "Panka": self._ours}
        return self._turns(sides | self._rivals(self._theirs))

    def unchanged(self) -> list[Row]:
        """What has been made, once more."""
        sides: dict[str, Callable[[], Row]] = {"Panka": lambda: self._apply(self._last["Panka"])}
        return self._turns(sides | self._rivals(lambda many: self._terraform(self._last[str(many)], many)))

    def _turns(self, sides: dict[str, Callable[[], Row]]) -> list[Row]:
        return self._bench.turns({name: counted(self._endpoint, side) for name, side in sides.items()})

    def _rivals(self, side: Callable[[int], Row]) -> dict[str, Callable[[], Row]]:
        """Terraform with the parallelism that it has by default, and with a higher one."""
        if not self._plugins:
            return {}
        return {"Terraform": lambda: side(10), "Terraform, 32 at once": lambda: side(32)}

    def _script(self) -> Row:
        return self._bench.program(hundred.__file__, self._bench.folder().name, self._endpoint.url)

    def _ours(self) -> Row:
        folder = self._last["Panka"] = self._bench.folder()
        hundred.for_panka(folder, folder.name)
        return self._apply(folder)

    def _apply(self, folder: Path) -> Row:
        return self._bench.apply(folder, self._worker, self._environment)

    def _theirs(self, many: int) -> Row:
        assert self._bench.terraform is not None
        folder = self._last[str(many)] = self._bench.folder()
        hundred.for_terraform(folder, folder.name, self._endpoint.url)
        self._bench.terraform.prepare(folder, plugins=self._plugins)
        return self._terraform(folder, many)

    def _terraform(self, folder: Path, many: int) -> Row:
        return self._bench.terraform_apply(folder, f"-parallelism={many}")


def measure(bench: Bench, steps: list[int], lonely: list[int], *, real: bool) -> Iterator[tuple[str, list[Row]]]:
    """Each measurement with what it measured, as soon as it is done."""
    for one in steps:
        yield f"{one:,} steps that call nothing", nothing(bench, one)
    for one in lonely:
        yield f"{one:,} steps that call nothing, with a new worker", alone(bench, one)
    if real:
        with bench.servers.far(_AHEAD) as (endpoint, servers), servers.worker(endpoint.url) as (worker, environment):
            hundred_ = Real(replace(bench, servers=servers), endpoint, worker, environment)
            yield "100 resources, 60 ms away", hundred_.made()
            yield "100 resources, nothing to change", hundred_.unchanged()


def show(what: str, rows: list[Row]) -> None:
    """A table whose ratios are to Panka."""
    print(f"\n{what:<48} {'seconds':>9} {'CPU s':>7} {'peak MB':>8} {'calls':>6} {'/ Panka':>8}")
    (ours,) = (row for row in rows if row.side == "Panka")
    for row in rows:
        more = "" if row.cost.ended else ">"
        ratio = f"{more}{row.cost.seconds / ours.cost.seconds:.2f}x"
        numbers = f"{more + format(row.cost.seconds, '.2f'):>9} {row.cost.cpu:>7.2f} {row.cost.megabytes:>8.0f}"
        print(f"  {row.side:<46} {numbers} {row.calls or '':>6} {ratio:>8}")
    used = ", ".join(f"{name} {seconds:.2f}" for name, seconds in ours.used.items())
    if ours.run:
        print(f"  Panka: the run {ours.run:.2f} s; CPU s: {used}; the worker's peak {ours.worker:.0f} MB", flush=True)


def main(given: argparse.Namespace) -> None:
    found = []
    with tempfile.TemporaryDirectory(prefix="panka-bench-") as temporary, servers(Path(temporary)) as started:
        terraform = None if given.alone else Terraform(given.terraform)
        bench = Bench(started, Path(temporary), given.runs, given.patience, terraform)
        for what, rows in measure(bench, given.steps, given.lonely, real=given.real):
            show(what, rows)
            found.append({"measured": what, "sides": [asdict(row) for row in rows]})
            if given.json:
                given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--steps", type=int, nargs="*", default=[1_000], help="that call nothing, beside Terraform's")
    asked.add_argument("--lonely", type=int, nargs="*", default=[1_000, 2_500, 5_000, 10_000], help="for Panka alone")
    asked.add_argument("--real", action=argparse.BooleanOptionalAction, default=True, help="the hundred resources")
    asked.add_argument("--alone", action="store_true", help="measure Panka without Terraform")
    asked.add_argument("--terraform", type=Path, default=FOLDER, help="the environment that Terraform is in")
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--patience", type=float, default=300, help="seconds after which a measurement is stopped")
    asked.add_argument("--json", type=Path, help="a file for the results")
    main(asked.parse_args())
