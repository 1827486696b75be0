"""Many trials, one after the other in a few worlds, and the table of what became of them.

PYTHONPATH=tests python -m chaos.run --seed 1 --trials 200
PYTHONPATH=tests python -m chaos.run --seed 17 --trials 1        # one of them again
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from chaos.trial import Report, draw_trial, play, staged
from chaos.troubles import TROUBLES, Stage

PAGE = Path(__file__).parents[2] / "docs" / "operate" / "reliability.md"
BEGIN, END = "<!-- trials begin -->", "<!-- trials end -->"
ENDS = ("succeeded", "rolled back", "cancelled", "failed", "terminated", "not begun")
_OUTAGE = 30.0
"""Seconds that the endpoint is down."""
_LARGEST = 25
"""Trials in one world."""


def table(reports: list[Report], seed: int) -> str:
    """What became of the runs, by trouble; a run with two troubles is in two rows."""
    head = f"| trouble | trials | {' | '.join(ENDS)} | promises broken |"
    lines = [head, "|---|" + "---:|" * (len(ENDS) + 2)]
    lines += [_row(one.name, [report for report in reports if one.name in report.struck]) for one in TROUBLES]
    lines += [_row("*none: the run was over before*", [one for one in reports if not one.struck])]
    lines += [_row("**all trials**", reports)]
    several = sum(len(one.struck) > 1 for one in reports)
    said = f"{datetime.now(UTC):%Y-%m-%d}, seeds {seed} to {seed + len(reports) - 1}: {len(reports)} trials"
    return "\n".join([f"{said}, {several} of them with more than one trouble.", "", *lines])


def _row(name: str, reports: list[Report]) -> str:
    ends = Counter(one.ended for one in reports)
    counts = [len(reports), *(ends[end] for end in ENDS), sum(bool(one.broken) for one in reports)]
    return f"| {name} | {' | '.join(str(count or '') for count in counts[:-1])} | {counts[-1]} |"


def tell(report: Report, stage: Stage) -> None:
    """One line for a trial whose promises held; everything that helps for another."""
    verdict = "BROKEN" if report.broken else "held"
    print(f"{verdict:7}{report.seconds:5.0f} s  {report.trial}: {report.ended}", flush=True)
    if report.broken:
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{report.trial.seed}-"))
        # Temporal writes on, so its files cannot be copied whole.
        without = shutil.ignore_patterns("temporal.db*")
        shutil.copytree(stage.place.folder, folder, dirs_exist_ok=True, ignore=without)
        calls = [f"  {one.status} {one.operation} {' '.join(one.names)}" for one in report.calls]
        print("\n".join([report.broken, f"struck: {', '.join(report.struck)}", f"logs and files: {folder}", *calls]))
        print(f"again: PYTHONPATH=tests python -m chaos.run --seed {report.trial.seed} --trials 1", flush=True)


async def lane(seeds: Iterator[int], only: list[str], reports: list[Report]) -> None:
    """Takes trials as long as there are any; after a broken promise in another world."""
    seed = next(seeds, None)
    while seed is not None:
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            async with staged(Path(folder), outage=_OUTAGE) as stage:
                for _ in range(_LARGEST):
                    report = await play(stage, draw_trial(seed, only=only))
                    reports.append(report)
                    tell(report, stage)
                    seed = next(seeds, None)
                    if seed is None or report.broken:
                        break


async def main(seed: int, trials: int, jobs: int, only: list[str], *, write: bool) -> int:
    began, reports = time.monotonic(), list[Report]()
    seeds = iter(range(seed, seed + trials))
    await asyncio.gather(*(lane(seeds, only, reports) for _ in range(min(jobs, trials))))
    found = table(reports, seed)
    print(f"\n{found}\n\n{(time.monotonic() - began) / 60:.0f} minutes.")
    if write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{found}\n\n{END}{after}", encoding="utf-8")
    return 1 if any(one.broken for one in reports) else 0


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seed", type=int, default=1, help="The first trial's; the others count on from it.")
    asked.add_argument("--trials", type=int, default=200)
    asked.add_argument("--jobs", type=int, default=2, help="Worlds side by side.")
    asked.add_argument("--only", action="append", default=[], choices=[one.name for one in TROUBLES], metavar="TROUBLE")
    asked.add_argument("--write", action="store_true", help=f"Put the table into {PAGE.name}.")
    given = asked.parse_args()
    sys.exit(asyncio.run(main(given.seed, given.trials, given.jobs, given.only, write=given.write)))
