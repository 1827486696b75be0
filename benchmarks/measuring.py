"""Command lines, measured from their start to their end."""

import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_MEASURED = """
import json, resource, subprocess, sys, time
began = time.monotonic()
for line in json.loads(sys.argv[1]):
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
took = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
"""A process that times others: its children are they alone, so the peak is theirs."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one measurement, or of several: the median of times and CPU times, and the highest peak."""

    seconds: float
    cpu: float
    """Seconds of user and system time of the commands and what they start."""
    megabytes: float
    ended: bool = True
    """False: it was stopped after so many seconds."""

    @classmethod
    def of(cls, costs: Sequence["Cost"]) -> Self:
        ended = all(one.ended for one in costs)
        seconds = statistics.median(one.seconds for one in costs)
        return cls(seconds, statistics.median(one.cpu for one in costs), max(one.megabytes for one in costs), ended)


def once(
    lines: Sequence[Sequence[str]], environment: Mapping[str, str], patience: float, folder: Path | None = None
) -> Cost:
    """Runs the command lines one after the other; gives up when they take longer than `patience`."""
    asked = [sys.executable, "-c", _MEASURED, json.dumps(lines)]
    # A group of its own: whoever gives up ends what it has started too.
    one = subprocess.Popen(
        asked,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, said = one.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        return Cost(patience, 0, 0, ended=False)
    finally:
        if one.returncode is None:
            os.killpg(one.pid, signal.SIGKILL)
            one.communicate()
    if one.returncode:
        raise SystemExit(f"{lines[-1]} failed ({one.returncode}):\n{said[-4000:]}")
    return Cost(*json.loads(out))


def often(lines: Sequence[Sequence[str]], runs: int, environment: Mapping[str, str], patience: float) -> Cost:
    """The same, so many times, until one takes too long."""
    found: list[Cost] = []
    while len(found) < runs and (not found or found[-1].ended):
        found.append(once(lines, environment, patience))
    return Cost.of(found) if found[-1].ended else found[-1]
