"""The installed command. The interpreter is left through `os._exit`: a Temporal client's threads may not outlive it."""

import gc
import os
import sys
from typing import NoReturn

_COLLECTIONS = (200_000, 20, 100)
"""A stack of 10,000 components is millions of objects and hardly a cycle.

Looking for cycles took about a quarter of a plan."""


def main() -> NoReturn:
    """Runs the command line and leaves with its exit code, output flushed, whatever happened."""
    gc.set_threshold(*_COLLECTIONS)
    from panka.cli.main import run  # noqa: PLC0415  # a broken installation is told of as every other error is

    leave(run(sys.argv[1:]))


def leave(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # the reader has gone; nobody is left to be told
    os._exit(code)


if __name__ == "__main__":
    main()
