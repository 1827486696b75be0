"""The names of stacks and components that were seen here, for a shell that completes them.

Nothing else depends on this file; it may be lost, be old, or not be writable.
"""

import json
from collections.abc import Iterable
from pathlib import Path

_FILE = "names.json"
_MOST = 200
"""Stacks that are remembered."""


def remember(folder: Path, stack: str, components: Iterable[str] | None = None) -> None:
    """Notes a stack, and its components as `service/name`; None leaves those that are known."""
    known = _read(folder)
    kept = known.pop(stack, [])
    known[stack] = kept if components is None else sorted(set(components))
    latest = dict(list(known.items())[-_MOST:])
    if latest == _read(folder):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n")
        (folder / _FILE).write_text(json.dumps(latest))
    except OSError:
        return  # a shell that completes less is no reason to stop a command


def stacks(folder: Path) -> list[str]:
    return sorted(_read(folder))


def components(folder: Path, stack: str | None = None) -> list[str]:
    """Those of a stack, or of all."""
    known = _read(folder)
    chosen = known.values() if stack is None or stack not in known else [known[stack]]
    return sorted({name for names in chosen for name in names})


def _read(folder: Path) -> dict[str, list[str]]:
    try:
        known = json.loads((folder / _FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    well = isinstance(known, dict) and all(isinstance(names, list) for names in known.values())
    return known if well else {}
